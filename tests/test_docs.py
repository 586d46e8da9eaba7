"""The docs are true: every setting, command, make target, dependency and refusal in them exists, and the reverse."""

import argparse
import re
import tomllib
from pathlib import Path

import pytest

from api.commands import arguments
from api.scan.errors import Refusal
from api.settings import Settings as ApiSettings
from api.store.scan import Code
from kiosk import settings
from kiosk.arguments import build_parser
from kiosk.attempt import Step
from kiosk.verdict import Fault, Reason

ROOT = Path(__file__).parents[1]
DOCS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
README = (ROOT / "README.md").read_text("utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
API_CONFIG = ROOT / "config" / "api.toml"
KIOSK_CONFIGS = [ROOT / "config" / "kiosk.toml", ROOT / "config" / "kiosk-light.toml"]


def _keys_of_toml(text):
    """Every ``section.key`` of the file, commented out or not."""
    section, keys = "", []
    for line in text.splitlines():
        if match := re.match(r"\[(\w+)\]", line):
            section = f"{match[1]}."
        elif match := re.match(r"(?:# )?(\w+) = ", line):
            keys.append(section + match[1])
    return keys


def _keys_of(model, prefix=""):
    for name, field in model.model_fields.items():
        if hasattr(field.annotation, "model_fields"):
            yield from _keys_of(field.annotation, f"{prefix}{name}.")
        else:
            yield prefix + name


@pytest.mark.parametrize("path", KIOSK_CONFIGS, ids=lambda path: path.name)
def test_every_setting_of_the_kiosk_is_in_its_settings_file_and_no_other(path):
    assert _keys_of_toml(path.read_text("utf-8")) == [key for key, _ in settings.describe()]


def test_every_setting_of_the_server_is_in_its_settings_file_and_no_other():
    assert sorted(_keys_of_toml((ROOT / "config" / "api.toml").read_text("utf-8"))) == sorted(_keys_of(ApiSettings))


@pytest.mark.parametrize("path", KIOSK_CONFIGS, ids=lambda path: path.name)
def test_the_settings_files_are_good_as_they_are_and_with_every_line_uncommented(path, tmp_path):
    settings.load(path, environment={})
    bare = re.sub(r"(?m)^# (\w+ = )", r"\1", path.read_text("utf-8"))
    (tmp_path / "all.toml").write_text(bare)
    settings.load(tmp_path / "all.toml", environment={})


def test_the_readme_names_every_setting_of_the_kiosk_with_its_description():
    table = README.partition("<!-- kiosk.toml -->")[2].partition("<!-- /kiosk.toml -->")[0]
    told = re.findall(r"(?m)^\| `([\w.]+)` \| .* \| (.+) \|$", table)
    assert told == settings.describe()


def test_commands_of_the_kiosk_in_the_docs_exist():
    parser = build_parser()
    for path in DOCS:
        text = path.read_text("utf-8")
        for line in re.findall(r"portillon-kiosk ([a-z-]+(?: (?:off|sheet|test|show|check))?)", text):
            words = {"pair": ["URL"], "config check": ["FILE"], "cards": ["--out", "DIR"]}.get(line, [])
            parser.parse_args([*line.split(), *words])


def _commands(parser, words=()):
    """Every whole command, as its words."""
    nested = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for action in nested:
        for word, below in action.choices.items():
            yield from _commands(below, (*words, word))
    if not nested:
        yield words


def test_commands_of_the_server_in_the_docs_exist():
    known = set(_commands(arguments.parser()))
    for path in DOCS:
        for line in re.findall(r"portillon-api ([a-z]+(?: [a-z]+)?)", path.read_text("utf-8")):
            words = tuple(line.split())
            assert words in known or words[:1] in known, f"{path.name}: portillon-api {line}"


def test_make_targets_in_the_docs_exist_and_every_one_is_explained_by_make_help():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"(?m)^([a-z]+):.*## ", makefile))
    assert targets == set(re.search(r"\.PHONY: (.+)", makefile)[1].split())
    for path in DOCS:
        assert set(re.findall(r"(?:`|^)make ([a-z]+)", path.read_text("utf-8"), re.M)) <= targets, path


def test_every_dependency_is_explained_in_contributing_and_no_other():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(each for extra in extras for each in extra)]
    explained = re.findall(r"(?m)^\| ([a-z][a-z0-9-]+) \|", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    assert set(explained) - {"package"} == {re.match(r"[\w-]+", each)[0] for each in wanted}


def test_every_refusal_and_fault_is_in_the_architecture_and_no_other_refusal():
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    table = text.partition("## Refusals and faults")[2].partition("## ")[0]
    assert set(re.findall(r"(?m)^\| `(\w+)` \|", table)) == set(Reason)
    assert set(re.findall(r"`(\w+)`", table.rpartition("Faults")[2])) == set(Fault)


def test_pictures_and_links_between_the_docs_lead_somewhere():
    for path in DOCS:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text("utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_no_address_of_a_package_registry_is_in_a_lock_file():
    for path in (ROOT / "requirements").iterdir():
        assert "://" not in path.read_text("utf-8")


def _defaults_of(model, prefix=""):
    for name, field in model.model_fields.items():
        if hasattr(field.annotation, "model_fields"):
            yield from _defaults_of(field.annotation, f"{prefix}{name}.")
        else:
            value = field.get_default(call_default_factory=True)
            yield prefix + name, list(value) if isinstance(value, tuple) else value


def _as_toml(value):
    match value:
        case bool():
            return str(value).lower()
        case list():
            return f"[{', '.join(map(_as_toml, value))}]"
        case str() | Path():
            return f'"{value}"'
    return f"{value:g}" if isinstance(value, float) else str(value)


def _table(descriptions, model):
    """What belongs into the README between the markers of a settings file."""
    defaults = {key: "none" if value is None else f"`{_as_toml(value)}`" for key, value in _defaults_of(model)}
    rows = [f"| `{key}` | {defaults[key]} | {text} |" for key, text in descriptions]
    return "\n".join(["", "| key | default | what it is |", "| --- | --- | --- |", *rows, ""])


def _comments_of_toml(text):
    """Every ``section.key`` with the comment right above it."""
    section, comment, found = "", [], []
    for line in text.splitlines():
        if match := re.match(r"\[(\w+)\]", line):
            section = f"{match[1]}."
        elif match := re.match(r"(\w+) = ", line):
            found.append((section + match[1], " ".join(comment)))
        comment = [*comment, line.removeprefix("# ")] if line.startswith("# ") else []
    return found


def test_the_readme_has_the_default_of_every_setting_of_the_kiosk():
    table = _table(settings.describe(), settings.Settings)
    assert README.partition("<!-- kiosk.toml -->")[2].partition("<!-- /kiosk.toml -->")[0] == table, table


def test_the_readme_tells_of_every_setting_of_the_server_what_its_file_tells():
    table = _table(_comments_of_toml(API_CONFIG.read_text("utf-8")), ApiSettings)
    assert README.partition("<!-- api.toml -->")[2].partition("<!-- /api.toml -->")[0] == table, table


@pytest.mark.parametrize("path", KIOSK_CONFIGS, ids=lambda path: path.name)
def test_what_a_settings_file_comments_out_is_the_default(path):
    section, defaults = "", dict(_defaults_of(settings.Settings))
    for line in path.read_text("utf-8").splitlines():
        if match := re.match(r"\[(\w+)\]", line):
            section = f"{match[1]}."
        elif (match := re.match(r"# (\w+) = (.+)", line)) and defaults[section + match[1]] is not None:
            assert _as_toml(tomllib.loads(f"value = {match[2]}")["value"]) == _as_toml(defaults[section + match[1]])


def _options(parser):
    for action in parser._actions:
        yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            for below in action.choices.values():
                yield from _options(below)


def test_options_in_the_docs_exist():
    for program, parser in (("portillon-kiosk", build_parser()), ("portillon-api", arguments.parser())):
        known = set(_options(parser))
        for path in DOCS:
            for words in re.findall(rf"{program} ([^`\n]+)", path.read_text("utf-8")):
                assert set(re.findall(r"(?<!\S)--[a-z-]+", words.partition(" #")[0])) <= known, f"{path.name}: {words}"


def _first_column(heading):
    """The words in backticks in the first column of the table of this part of the architecture."""
    part = ARCHITECTURE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    cells = re.findall(r"(?m)^\| (`[^|]+) \|", part)
    return {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}


def test_every_code_that_the_server_answers_is_in_the_architecture_and_no_other():
    assert _first_column("What the server answers") == {*map(str, Code), *map(str, Refusal)}


def test_every_step_of_the_journal_is_in_the_architecture_with_what_a_crash_after_it_means():
    assert _first_column("What is journaled, and what a crash means") == set(map(str, Step))


@pytest.mark.parametrize("package", ["kiosk", "api"])
def test_every_room_is_in_the_architecture_and_no_other(package):
    modules = {file.name for file in (ROOT / package).glob("*.py")} - {"__init__.py"}
    folders = {f"{init.parent.name}/" for init in (ROOT / package).glob("*/__init__.py")}
    assert _first_column(f"The rooms of {package}") == modules | folders


OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
INSTALLER = "\n".join((ROOT / name).read_text("utf-8") for name in ("install/options.sh", "install/words/en.sh"))


def _said_to_install_sh(text):
    """Every option of a line that runs install.sh, and every command that is given to it."""
    for words in re.findall(r"install\.sh([^`\n]*)", text):
        before_comment = words.partition(" #")[0]
        yield from re.findall(r"(?<!\S)--[a-z-]+", before_comment)
        yield from re.findall(r"^ ([a-z]+)\b(?! is| prints| was| refuses| run)", before_comment)


def test_every_option_of_install_sh_is_in_the_operations_and_no_other():
    known = set(re.findall(r"(?m)^ {12}(--[a-z-]+)(?: \| -h)?\)", (ROOT / "install" / "options.sh").read_text("utf-8")))
    table = OPERATIONS.partition("## install.sh")[2].partition("\n## ")[0]
    assert known == {
        option for cell in re.findall(r"(?m)^\| (`--.*?) \|", table) for option in re.findall(r"--[a-z-]+", cell)
    }


def test_what_the_docs_say_to_install_sh_it_understands():
    known = set(re.findall(r"--[a-z-]+", INSTALLER)) | {"upgrade", "uninstall"}
    for path in DOCS:
        assert set(_said_to_install_sh(path.read_text("utf-8"))) <= known, path.name


def test_every_unit_is_in_the_operations_or_a_part_of_one_that_is_and_no_other():
    table = OPERATIONS.partition("## Services")[2].partition("\n## ")[0]
    told = set(re.findall(r"`(portillon-[a-z-]+)\.[a-z]+`", table))
    assert told == {path.stem.rstrip("@") for path in (ROOT / "systemd").glob("portillon-*.*")}
