"""The pages' words: complete in both languages, all used, none missing; and no script or style within a page."""

from __future__ import annotations

import itertools
import re
import string
from pathlib import Path
from typing import get_args

import pytest

from api.admin import words
from api.store.scan import Code
from api.watch import silence

ADMIN = Path(words.__file__).parent
SOURCES = [*ADMIN.glob("*.py"), *(ADMIN / "templates").glob("*.html")]
TEMPLATES = sorted((ADMIN / "templates").glob("*.html"))


def _places(sentence):
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_every_sentence_is_there_in_both_languages_with_the_same_places():
    for key, said in words.sentences().items():
        assert set(said) == {"fr", "en"}, key
        assert all(sentence.strip() for sentence in said.values()), key
        assert _places(said["fr"]) == _places(said["en"]), key


def test_every_sentence_is_used_somewhere_and_every_key_that_is_used_is_there():
    text = "\n".join(source.read_text("utf-8") for source in SOURCES)
    asked = set(re.findall(r"""(?:say|refuse|WeakPasswordError)\(\s*"(\w+)\"""", text))
    built = {key for key in asked if key.endswith("_")} | set(re.findall(r'f"(\w+_)\{', text))
    known = set(words.sentences())
    assert asked - known - built == set()
    assert {key for key in known if f'"{key}"' not in text and not key.startswith(tuple(built))} == set()


def test_every_refusal_of_a_scan_and_every_trouble_at_the_doors_has_its_words():
    wanted = {f"code_{code}" for code in Code} | {f"door_{kind}" for kind in get_args(silence.Kind)}
    of_annuls = {"code_unknown_scan", "code_annul_too_late", "code_not_in_force"}
    assert wanted - of_annuls - {"code_ok"} <= set(words.sentences())


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_a_script_style_or_handler_of_its_own_or_anything_from_elsewhere(template):
    text = template.read_text("utf-8")
    assert not re.search(r"<style|style=|\son\w+=|javascript:", text)
    assert all('src="/admin/static/' in tag for tag in re.findall(r"<script[^>]*>", text))
    assert "http://" not in text
    assert "https://" not in text


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_what_is_put_into_a_template_unescaped_is_made_here(template):
    allowed = ("visit.csrf_field()", "base", "live", "' ", '" ', '"" if')
    for raw in re.findall(r"\{\{!(.+?)\}\}", template.read_text("utf-8")):
        assert raw.startswith(allowed), raw


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_field_has_a_label_every_picture_a_text_and_every_column_a_head(template):
    text = template.read_text("utf-8")
    labelled = set(re.findall(r'<label[^>]* for="([^"]+)"', text))
    for field in re.findall(r"<(?:input|select|textarea)[^>]*>", text):
        if 'type="hidden"' not in field:
            assert re.search(r' id="([^"]+)"', field)[1] in labelled, field
    assert all(" alt=" in image for image in re.findall(r"<img[^>]*>", text))
    assert all(" scope=" in head for head in re.findall(r"<th[ >][^>]*", text))


def test_every_page_has_one_heading_its_language_and_a_way_past_the_bar(browser):
    browser.post("/admin/events/new", {"name": "Concert"})
    browser.post("/admin/devices", {"name": "Gate"})
    paths = ["/admin/", "/admin/events", "/admin/events/new", "/admin/devices", "/admin/devices/sheet", "/admin/audit"]
    for path in [*paths, "/admin/admins", "/admin/account"]:
        page = browser.page(path)
        assert len(page.all("h1")) == 1, path
        assert page.all("html")[0]["lang"] == "en"
        assert page.all("a")[0]["href"] == "#main"
        levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), (path, levels)
