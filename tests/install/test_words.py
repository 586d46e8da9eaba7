"""What install.sh says: whole in both languages, and never less than what happened, what it means, what to do."""

import json
import re
import subprocess

import pytest

from tests.install.bash import ROOT, sourced

PARTS = sorted([ROOT / "install.sh", *(ROOT / "install").glob("*.sh")])
SOURCE = re.sub(r"(?m)(^|\s)#.*$", "", "\n".join(path.read_text("utf-8") for path in PARTS))
STEPS = set(re.findall(r"\bstep ([a-z_]+)\b", (ROOT / "install.sh").read_text()))


def _words(language):
    script = f"declare -A WORDS; . {ROOT}/install/words/{language}.sh"
    script += '; for key in "${!WORDS[@]}"; do printf "%s\\0%s\\0" "$key" "${WORDS[$key]}"; done'
    told = subprocess.run(["bash", "-c", script], check=True, capture_output=True, text=True)
    words = told.stdout.split("\0")[:-1]
    return dict(zip(words[::2], words[1::2], strict=True))


ENGLISH, FRENCH = _words("en"), _words("fr")


def test_both_languages_have_the_same_sentences_with_the_same_gaps():
    assert ENGLISH.keys() == FRENCH.keys()
    assert {key: text.count("%s") for key, text in ENGLISH.items()} == {
        key: text.count("%s") for key, text in FRENCH.items()
    }


def test_every_sentence_is_said_somewhere_and_every_one_that_is_said_exists():
    said = set(re.findall(r"\b(?:said|say|note|change|act|fail|wrong) ([a-z_0-9]+)\b", SOURCE))
    said |= {f"{key}_do" for key in re.findall(r"\bfail ([a-z_0-9]+)", SOURCE)}
    said |= {f"step_{step}" for step in STEPS} | {f"step_{step}_do" for step in STEPS}
    assert said == ENGLISH.keys()


def test_every_step_that_is_taken_exists():
    assert {f"step_{step}" for step in STEPS} <= set(re.findall(r"(?m)^(step_[a-z_]+)\(\)", SOURCE))


@pytest.mark.parametrize(("language", "word"), [("fr_FR.UTF-8", "Réglages"), ("C", "Settings"), ("de_DE", "Settings")])
def test_the_machine_s_language_is_spoken_and_english_where_there_is_none(language, word):
    assert sourced("say step_settings", language=language).stdout == f"{word}\n"


@pytest.mark.parametrize("path", PARTS, ids=lambda path: path.name)
def test_no_function_is_longer_than_thirty_lines_and_no_part_than_two_hundred_and_fifty(path):
    text = path.read_text("utf-8")
    assert text.count("\n") <= 250
    lengths = {match[1]: match[0].count("\n") + 1 for match in re.finditer(r"(?ms)^(\w+)\(\) \{.*?^\}$", text)}
    assert {name: length for name, length in lengths.items() if length > 30} == {}


def test_the_words_of_a_failure_are_data_and_never_formats_or_commands():
    done = sourced("fail bad_settings '%d%n $(touch /tmp/portillon-was-here) `id`'", check=False)
    assert "%d%n $(touch /tmp/portillon-was-here) `id`" in done.stderr
    assert json.dumps(done.returncode) == "1"
