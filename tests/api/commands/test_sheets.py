"""`ticket print` in this process: more tickets than one document holds."""

from __future__ import annotations

from argparse import Namespace
from uuid import UUID

from api.commands import sheets
from api.commands.console import Shell
from api.settings import Settings
from api.store.store import open_store
from api.tickets import events, issue


def test_more_tickets_than_one_document_holds_are_numbered_files(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sheets, "LARGEST", 2)
    store = open_store(f"sqlite:///{tmp_path}/tickets.sqlite3")
    event = UUID(events.add_event(store, "Concert").uuid)
    issue.add_tickets(store, event, count=5)
    args = Namespace(event=event, ticket=None, order="number", format="a4", output=tmp_path / "all.pdf")
    sheets.run(args, Settings(), store, Shell(as_json=False))
    store.close()
    names = ["all-00001-00002.pdf", "all-00003-00004.pdf", "all-00005-00005.pdf"]
    assert sorted(file.name for file in tmp_path.glob("*.pdf")) == names
    assert all(name in capsys.readouterr().out.replace("\n", "") for name in names[:1])
