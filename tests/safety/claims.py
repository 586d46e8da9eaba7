"""The tables of docs/safety.md, as the tests of this folder read them."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BREAKS = Path(__file__).parent / "breaks"
_RULE = re.compile(r"## Rule (\d): .+")
_ROW = re.compile(r"\| (.+) \| `(tests/\S+::test_\w+)` \| `([a-z0-9-]+)` \|")


@dataclass(frozen=True)
class Claim:
    """One row: ``test`` is a pytest node, ``broken_by`` the name of a patch in ``breaks/``."""

    rule: int
    text: str
    test: str
    broken_by: str


def claims() -> list[Claim]:
    """Every row of every rule, in the order of the document. A row of another shape in there is an error."""
    rule: int | None = None
    found: list[Claim] = []
    for line in (ROOT / "docs" / "safety.md").read_text("utf-8").splitlines():
        if line.startswith("## "):
            rule = int(match[1]) if (match := _RULE.fullmatch(line)) else None
        elif rule is not None and line.startswith("|") and not line.startswith(("| claim |", "| --- |")):
            row = _ROW.fullmatch(line)
            assert row is not None, f"docs/safety.md: this is no row of claim, test and break: {line}"
            found.append(Claim(rule, row[1], row[2], row[3]))
    return found
