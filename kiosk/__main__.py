"""portillon-kiosk: run the gate, pair and unpair it by hand, switch it off, look at its settings, see the demo."""

from __future__ import annotations

import argparse
import json
import os
import sys
from functools import cache
from pathlib import Path

from kiosk import codes, settings, wiring
from kiosk.arguments import build_parser
from kiosk.credentials import CredentialStore
from kiosk.pairing import Paired, pair, unpair


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 done, 1 it did not work (said on stderr, with what to do), 2 wrong usage or settings."""
    given = build_parser().parse_args(arguments)
    try:
        return _COMMANDS[given.command](given)
    except settings.SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    except PermissionError as error:
        print(f"{error}. Nothing was changed. Run this as root or as the user portillon.", file=sys.stderr)
        return 1
    except OSError as error:  # pins, guardian, disk: each says in its message what to do
        print(f"portillon-kiosk: {error}", file=sys.stderr)
        return 1


def _load(given: argparse.Namespace) -> settings.Settings:
    """The settings the command is to use: --config, else the default file."""
    return settings.load(given.config or settings.DEFAULT_FILE, given.state)


def _state_dir(given: argparse.Namespace) -> Path:
    """--state alone is enough where nothing else of the settings is needed."""
    return given.state if given.state is not None and given.config is None else _load(given).state_dir


def _run(given: argparse.Namespace) -> int:
    from kiosk import daemon  # noqa: PLC0415  (gpiozero and the decoders are only needed here)
    from kiosk.reader import ReaderFault  # noqa: PLC0415

    try:
        return daemon.run(_load(given), given.config or settings.DEFAULT_FILE)
    except ReaderFault as fault:
        print(f"portillon-kiosk: {fault}", file=sys.stderr)
        return 1


def _pair(given: argparse.Namespace) -> int:
    code = codes.parse(given.url)
    if not isinstance(code, codes.PairingCode):
        why = "plain HTTP goes to private addresses only" if getattr(code, "why", "") == "plain_http" else "no such URL"
        print(
            f"This is no pairing code ({why}). The gate is unchanged. It looks like "
            "https://HOST/api/scan/TOKEN/pair: copy it whole from the admin.",
            file=sys.stderr,
        )
        return 1
    outcome = pair(code, CredentialStore(_state_dir(given)))
    if isinstance(outcome, Paired):
        print(f"paired with {outcome.credentials.base_url} as {outcome.credentials.device_name}")
        return 0
    print(outcome.message, file=sys.stderr)
    return 1


def _unpair(given: argparse.Namespace) -> int:
    was_paired = unpair(CredentialStore(_state_dir(given)))
    print("unpaired: the next pairing code is taken" if was_paired else "this gate was not paired")
    return 0


def _gate(given: argparse.Namespace) -> int:
    return {"off": _gate_off, "test": _gate_test, "sheet": _gate_sheet}[given.gate_command](given)


def _gate_off(given: argparse.Namespace) -> int:
    from kiosk.gate import force_off  # noqa: PLC0415

    troubles = force_off(_load(given).gate)
    for trouble in troubles:
        print(f"not switched off: {trouble}. If the gate runs, stop it first.", file=sys.stderr)
    return 1 if troubles else 0


def _gate_test(given: argparse.Namespace) -> int:
    from kiosk import trial  # noqa: PLC0415
    from kiosk.edges import Note  # noqa: PLC0415
    from kiosk.journal import Journal  # noqa: PLC0415

    chosen = _load(given)
    journal = cache(lambda: Journal(chosen.state_dir))  # read at the first opening: until then another may write it
    code = trial.run(chosen, _origin(given), lambda cause: journal().note(Note.TEST, cause=cause), not given.yes)
    _draw(given, chosen)
    return code


def _gate_sheet(given: argparse.Namespace) -> int:
    chosen = _load(given)
    print(wiring.as_text(wiring.draw_up(chosen.gate, _origin(given), chosen.screen.languages[0])), end="")
    _draw(given, chosen)
    return 0


def _draw(given: argparse.Namespace, chosen: settings.Settings) -> None:
    if given.sheet is not None:
        sheet = wiring.draw_up(chosen.gate, _origin(given), chosen.screen.languages[0])
        given.sheet.write_text(wiring.as_svg(sheet), "utf-8")


def _origin(given: argparse.Namespace) -> str:
    return str(given.config or settings.DEFAULT_FILE)


def _doctor(given: argparse.Namespace) -> int:
    from kiosk import doctor  # noqa: PLC0415  (its rooms are only needed here)

    if given.lamps:
        return doctor.show_lamps()
    if given.doctor_command == "bundle":
        return doctor.bundle(given.config or settings.DEFAULT_FILE, given.state, given.file)
    return doctor.run(given.config or settings.DEFAULT_FILE, given.state, given.json)


def _config(given: argparse.Namespace) -> int:
    if given.config_command == "check":
        settings.load(given.file, environment={})
        print(f"{given.file}: good")
        return 0
    loaded = _load(given)
    shown = loaded.model_dump(mode="json")
    credentials = CredentialStore(loaded.state_dir).load()
    shown["pairing"] = credentials and {
        "server": credentials.base_url + credentials.prefix,
        "device": credentials.device_name,
        "api_key": credentials.masked_key,
    }
    print(json.dumps(shown, indent=2, ensure_ascii=False))
    return 0


def _aim(given: argparse.Namespace) -> int:
    from kiosk import aim  # noqa: PLC0415  (the decoder is only needed here)

    return aim.run(_load(given), given.web, given.port)


def _tech(given: argparse.Namespace) -> int:
    from kiosk.tech import command  # noqa: PLC0415

    return command.run(_load(given), given.close)


def _join_wifi(given: argparse.Namespace) -> int:
    from kiosk.first_boot import commands  # noqa: PLC0415

    return commands.join_wifi(given.connections)


def _first_boot(given: argparse.Namespace) -> int:
    from kiosk.first_boot import commands  # noqa: PLC0415

    config = given.config or settings.DEFAULT_FILE
    return commands.first_boot(config, given.state, given.boot, given.templates, given.connections)


def _cards(given: argparse.Namespace) -> int:
    from kiosk.first_boot import commands  # noqa: PLC0415

    return commands.cards(given.out, given.wifi, given.hidden)


def _last_resort(given: argparse.Namespace) -> int:
    from kiosk import last_resort  # noqa: PLC0415

    return last_resort.run(_load(given), os.environ)


def _play(given: argparse.Namespace) -> int:
    from kiosk import play  # noqa: PLC0415  (numpy and Pillow's drawing are only needed here)

    return play.run(given.port, not given.no_browser)


def _demo(given: argparse.Namespace) -> int:
    from kiosk import demo  # noqa: PLC0415

    return demo.run(svg=given.svg, keep=given.keep)


_COMMANDS = {
    "run": _run,
    "pair": _pair,
    "unpair": _unpair,
    "doctor": _doctor,
    "aim": _aim,
    "tech": _tech,
    "gate": _gate,
    "config": _config,
    "first-boot": _first_boot,
    "join-wifi": _join_wifi,
    "cards": _cards,
    "last-resort": _last_resort,
    "demo": _demo,
    "play": _play,
}

if __name__ == "__main__":
    sys.exit(main())
