"""The house keeps its walls: who may import whom, and a first line in every room."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = sorted(path for package in ("kiosk", "api") for path in (ROOT / package).rglob("*.py"))


def _imported(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module


@pytest.mark.parametrize(("package", "other"), [("kiosk", "api"), ("api", "kiosk")])
def test_the_wire_is_the_only_contract_between_gate_and_server(package, other):
    guilty = [
        str(path.relative_to(ROOT))
        for path in (ROOT / package).rglob("*.py")
        if any(name.partition(".")[0] == other for name in _imported(path))
    ]
    assert guilty == []


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_room_says_in_its_first_line_what_it_is(path):
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    assert docstring
    assert docstring.splitlines()[0].endswith((".", ":"))


PURE = ["passage", "presentation", "turns", "contacts", "shown", "enrolment", "attempt", "ledger", "verdict", "edges"]
PURE += ["codes", "entries", "liveness"]


@pytest.mark.parametrize("room", [f"{name}.py" for name in PURE])
def test_what_decides_touches_no_hardware_network_or_clock(room):
    forbidden = {"gpiozero", "requests", "socket", "time", "threading", "os", "subprocess", "pathlib"}
    assert not forbidden & {name.partition(".")[0] for name in _imported(ROOT / "kiosk" / room)}
