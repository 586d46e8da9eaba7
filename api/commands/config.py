"""``portillon-api config …``: check a settings file, show what is in force."""

from __future__ import annotations

import json
from argparse import Namespace

from api import settings
from api.commands.console import Shell


def check(args: Namespace, shell: Shell) -> None:
    """``config check FILE``: all mistakes at once (as SettingsError), or a word that there is none."""
    settings.load(args.file, environment={})
    if shell.as_json:
        shell.result({"file": str(args.file), "mistakes": []})
    else:
        shell.say(f"{args.file}: no mistakes")


def show(effective: settings.Settings, shell: Shell) -> None:
    """``config show``: file, environment and command line together, as TOML; passwords hidden."""
    values = effective.masked()
    if shell.as_json:
        shell.result(values)
        return
    sections = {name: value for name, value in values.items() if isinstance(value, dict)}
    for name, value in values.items():
        if name not in sections:
            shell.say(f"{name} = {_toml(value)}")
    for name, keys in sections.items():
        shell.say(f"\n[{name}]")
        for key, value in keys.items():
            shell.say(f"{key} = {_toml(value)}")


def _toml(value: object) -> str:
    """JSON is TOML for strings, numbers, booleans and lists of them."""
    return json.dumps(value, ensure_ascii=False)
