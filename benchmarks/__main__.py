"""Runs every bench, or those named: `python -m benchmarks [NAME …]`. A bench is a module here with `measure()`."""

from __future__ import annotations

import importlib
import pkgutil
import sys

from rich.console import Console
from rich.table import Table as Shown

import benchmarks


def main() -> int:
    """Run the benches and print their tables; 2 when one that was named doesn't exist."""
    modules = {name: importlib.import_module(f"benchmarks.{name}") for name in _names()}
    benches = {name: module for name, module in modules.items() if hasattr(module, "measure")}
    wanted = sys.argv[1:] or list(benches)
    if unknown := [name for name in wanted if name not in benches]:
        print(f"benchmarks: no such bench: {', '.join(unknown)}; there are: {', '.join(benches)}", file=sys.stderr)
        return 2
    console = Console(highlight=False)
    for name in wanted:
        for table in benches[name].measure():
            shown = Shown(*table.columns, title=f"{name}: {table.title}", title_justify="left", caption=table.note)
            for row in table.rows:
                shown.add_row(*row)
            console.print(shown)
    return 0


def _names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name != "__main__")


if __name__ == "__main__":
    sys.exit(main())
