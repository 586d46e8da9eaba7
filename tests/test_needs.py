"""CI runs every test: what one lacks is a failure there, and nothing but tests/needs.py ever skips."""

import ast
from pathlib import Path

import pytest

from tests import needs

TESTS = Path(__file__).parent
# pytest's names and unittest's.
SKIPS = {"skip", "skipif", "importorskip", "xfail", "Skipped", "skipIf", "skipUnless", "skipTest", "SkipTest"}


def _skipping(path):
    """The lines on which something of that name is used, as ``pytest.skip`` or bare, or imported."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if SKIPS & {getattr(node, place, None) for place in ("attr", "id", "name")}:
            yield f"{path.relative_to(TESTS)}:{node.lineno}"


def test_only_one_room_skips():
    rooms = {*TESTS.rglob("*.py")} - {TESTS / "needs.py", Path(__file__)}
    assert [line for path in sorted(rooms) for line in _skipping(path)] == []
    assert len(list(_skipping(TESTS / "needs.py"))) == 1


def test_ci_says_that_it_is_ci():
    assert "\nexport CI=true" in (TESTS.parent / ".ci" / "run").read_text("utf-8")


def _end(ask):
    """How a test ends that asks for what is not here, and why."""
    with pytest.raises((pytest.fail.Exception, pytest.skip.Exception)) as ended:
        ask()
    return ended.type, str(ended.value)


LACKING = {
    "a program": (lambda: needs.program("no-such-program", "a-package"), "a-package"),
    "a file": (lambda: needs.file("/no/such/file", "a-package"), "a-package"),
    "anything": (lambda: needs.missing("no radio"), "no radio"),
}


@pytest.mark.parametrize("lacking", LACKING)
def test_what_a_test_lacks_fails_it_in_ci_and_skips_it_elsewhere_with_the_reason(monkeypatch, lacking):
    ask, why = LACKING[lacking]
    monkeypatch.setenv("CI", "true")
    how, told = _end(ask)
    assert (how, why in told) == (pytest.fail.Exception, True)
    monkeypatch.delenv("CI")
    how, told = _end(ask)
    assert (how, why in told) == (pytest.skip.Exception, True)


def test_what_is_here_ends_no_test():
    needs.program("sh", "dash")
    needs.file("/proc/self/stat", "linux")


def test_what_needs_root_has_it_or_says_what_for(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 0)
    needs.root("may do it")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert _end(lambda: needs.root("may do it"))[1] == "only root may do it"
