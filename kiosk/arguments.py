"""The command line of portillon-kiosk: every command and option, and what is meant where one is left out."""

from __future__ import annotations

import argparse
from pathlib import Path

from kiosk import settings
from kiosk.first_boot.keyfile import FOLDER as CONNECTIONS

BOOT = Path("/boot/firmware")
SHARE = Path("/opt/portillon/share")
_WHAT_IT_DOES = "Run the gate, pair and unpair it by hand, switch it off, look at its settings, see the demo."


def build_parser() -> argparse.ArgumentParser:
    """Every command and option; the docs are checked against it."""
    parser = argparse.ArgumentParser(prog="portillon-kiosk", description=_WHAT_IT_DOES)
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
