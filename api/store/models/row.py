"""What every model is: unbound, and kept in a table of its name with underscores."""

from __future__ import annotations

from peewee import Model


class Row(Model):
    """A row of a table; ``ScanLine`` is kept in ``scan_line``."""

    class Meta:
        legacy_table_names = False
