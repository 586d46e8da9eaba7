"""portillon-kiosk: run the gate, pair and unpair it by hand, switch it off, look at its settings, see the demo."""

from __future__ import annotations

import argparse
import json
import os
import sys
from functools import cache
from pathlib import Path

from kiosk import codes, settings, wiring
from kiosk.credentials import CredentialStore
from kiosk.first_boot.keyfile import FOLDER as CONNECTIONS
from kiosk.pairing import Paired, pair, unpair

BOOT = Path("/boot/firmware")
SHARE = Path("/opt/portillon/share")


def build_parser() -> argparse.ArgumentParser:
    """Every command and option; the docs are checked against it."""
    parser = argparse.ArgumentParser(prog="portillon-kiosk", description=__doc__)
    place = argparse.ArgumentParser(add_help=False)
    place.add_argument("--config", type=Path, metavar="FILE", help=f"settings (default: {settings.DEFAULT_FILE})")
    place.add_argument("--state", type=Path, metavar="DIR", help="credentials and journal (default: from the settings)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("run", parents=[place], help="run the gate until told to stop")
    by_hand = commands.add_parser("pair", parents=[place], help="pair with a server, as if its QR had been shown")
    by_hand.add_argument("url", metavar="URL", help="the admin's pairing URL, ending in /TOKEN/pair")
    commands.add_parser("unpair", parents=[place], help="forget the server; the journal stays")
    doctor = commands.add_parser("doctor", parents=[place], help="what is wrong with this gate, and the fix for it")
    doctor.add_argument("--json", action="store_true", help="as a list of objects: check, level, found, fix")
    doctor.add_argument("--lamps", action="store_true", help="only what the lamps say, as tables, in both languages")
    # SUPPRESS: what was given before the word "bundle" is not overwritten by what was not given after it.
    again = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    for option, name in (("--config", "FILE"), ("--state", "DIR")):
        again.add_argument(option, type=Path, metavar=name, help="as above")
    bundle = doctor.add_subparsers(dest="doctor_command", metavar="bundle").add_parser(
        "bundle", parents=[again], help="an archive for whoever helps, without keys, passwords and tickets"
    )
    bundle.add_argument("file", type=Path, nargs="?", metavar="FILE", help="default: portillon-DATE.tar.gz, here")
    aim = commands.add_parser("aim", parents=[place], help="a live picture, and what to do for a better one")
    aim.add_argument("--web", action="store_true", help="as a page on this machine, instead of in the terminal")
    aim.add_argument("--port", type=int, default=8090, metavar="P", help="of the page (default: 8090; 0: any free one)")
    gate = commands.add_parser("gate", help="the relay, the lamps and the inputs").add_subparsers(
        dest="gate_command", required=True, metavar="off|test|sheet"
    )
    gate.add_parser("off", parents=[place], help="switch every output off")
    drawn = argparse.ArgumentParser(add_help=False)
    drawn.add_argument("--sheet", type=Path, metavar="FILE", help="also draw the wiring sheet, as SVG for A4")
    test = gate.add_parser("test", parents=[place, drawn], help="try every output and input, with somebody looking")
    test.add_argument("--yes", action="store_true", help="ask nobody: go through everything once")
    gate.add_parser("sheet", parents=[place, drawn], help="what goes to which pin, from the settings in force")
    config = commands.add_parser("config", help="look at settings").add_subparsers(
        dest="config_command", required=True, metavar="show|check"
    )
    config.add_parser("show", parents=[place], help="the settings in force, secrets masked")
    check = config.add_parser("check", help="every mistake in a file, with the nearest valid key")
    check.add_argument("file", type=Path, metavar="FILE")
    tech = commands.add_parser(
        "tech", parents=[place], help="have the running gate open its page for techs, for 30 minutes"
    )
    tech.add_argument("--close", action="store_true", help="close it")
    _add_first_boot(commands, place)
    commands.add_parser(
        "last-resort", parents=[place], help="systemd's, after the gate ended: a reboot, once an hour at most"
    )
    demo = commands.add_parser("demo", help="the whole way on rendered frames and mock pins; needs no hardware")
    demo.add_argument("--svg", type=Path, metavar="FILE", help="also draw what was shown, as a picture")
    demo.add_argument("--keep", type=Path, metavar="DIR", help="keep frames, traces and state here")
    play = commands.add_parser("play", help="hold up tickets with the mouse, in your own browser; needs no hardware")
    play.add_argument("--port", type=int, default=8091, metavar="P", help="of the page (default: 8091; 0: any free)")
    play.add_argument("--no-browser", action="store_true", help="only print the page's address")
    return parser


def _add_first_boot(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], place: argparse.ArgumentParser
) -> None:
    networks = argparse.ArgumentParser(add_help=False)
    networks.add_argument(
        "--connections",
        type=Path,
        metavar="DIR",
        default=CONNECTIONS,
        help=f"NetworkManager's (default: {CONNECTIONS})",
    )
    taken = commands.add_parser(
        "first-boot", parents=[place, networks], help="root's, at boot: take portillon.toml from the boot partition"
    )
    taken.add_argument("--boot", type=Path, metavar="DIR", default=BOOT, help=f"that partition (default: {BOOT})")
    taken.add_argument(
        "--templates", type=Path, metavar="DIR", default=SHARE, help=f"settings as shipped (default: {SHARE})"
    )
    commands.add_parser("join-wifi", parents=[networks], help="root's helper: join the Wi-Fi card on standard input")
    cards = commands.add_parser("cards", help="print the test card, and a Wi-Fi card, as SVG for A4")
    cards.add_argument("--out", type=Path, metavar="DIR", required=True, help="folder for the cards")
    cards.add_argument("--wifi", action="store_true", help="also one of the name and password on standard input")
    cards.add_argument("--hidden", action="store_true", help="with --wifi: the access point does not tell its name")


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
