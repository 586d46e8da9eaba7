"""``portillon-api admin …``: who may use the web pages."""

from __future__ import annotations

from argparse import Namespace

from api.admin import people
from api.commands.address import site_url
from api.commands.console import Shell
from api.devices import reach
from api.settings import Settings
from api.store.store import Store


def invite(_args: Namespace, settings: Settings, store: Store, shell: Shell) -> None:
    """``admin invite``: a link that makes one account, or gives an account a new password; once, for 24 hours."""
    url = f"{site_url(settings, reach.last_start(store))}/admin/set-up/{people.invite(store)}"
    if shell.as_json:
        shell.result({"url": url})
        return
    shell.say(url)
    shell.note(f"good once, and for {people.INVITATION_HOURS} hours; whoever has it, becomes an admin")


def show(_args: Namespace, store: Store, shell: Shell) -> None:
    """``admin list``."""
    found = people.everybody(store)
    if shell.as_json:
        shell.result(
            [{"uuid": p.uuid, "name": p.name, "language": p.language, "disabled": p.is_disabled} for p in found]
        )
    elif found:
        rows = [(p.name, p.language, "shut out" if p.is_disabled else "may sign in") for p in found]
        shell.table(("name", "language", "state"), rows)
    else:
        shell.say("No admin yet: portillon-api admin invite")


def disable(args: Namespace, store: Store, shell: Shell) -> None:
    """``admin disable NAME``: signed out at once, and shut out until invited anew."""
    people.disable(store, args.name)
    if shell.as_json:
        shell.result({"name": args.name, "disabled": True})
    else:
        shell.say(f"{args.name} is signed out, and can't sign in any more; set-up links that were open are void")
