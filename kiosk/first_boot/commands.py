"""The commands of the first boot: join-wifi and first-boot for their units, cards for the printer."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

from kiosk import durable, settings
from kiosk.first_boot import keyfile, network, report, taking
from kiosk.first_boot.outcome import Outcome
from kiosk.wifi_code import WifiCode


def join_wifi(connections: Path) -> int:
    """One card on standard input, words on standard output; 0 when its network was joined."""
    outcome = network.serve(sys.stdin.buffer, lambda word: print(word, flush=True), connections)
    return 0 if outcome is Outcome.JOINED else 1


def first_boot(config: Path, state: Path | None, boot: Path, templates: Path, connections: Path) -> int:
    """Take portillon.toml; 0 also when it has mistakes, which its report names: the gate starts all the same.

    Before that a network is put back that was to be replaced when the power went. Raises OSError when something can't
    be written.
    """
    if keyfile.put_back(connections):
        print("the Wi-Fi network of before is back: the power went while another one was tried")
    try:
        chosen = settings.load(config, state, environment={})
    except settings.SettingsError:  # there is none yet, or the gate will say what is wrong with it
        chosen = settings.Settings.model_construct()
    folder = state or chosen.state_dir
    outcome = taking.take(taking.Places(boot, config, templates, connections, folder, chosen.unlock_file))
    told = {
        taking.Outcome.NOTHING: f"{boot / taking.FILE_NAME}: nothing to take",
        taking.Outcome.TAKEN: f"{boot / taking.FILE_NAME} was taken and emptied: see {report.FILE_NAME} beside it",
    }
    print(told.get(outcome, f"{boot / taking.FILE_NAME} was not taken: see {report.FILE_NAME} beside it"))
    return 0


def cards(out: Path, wifi: bool, hidden: bool) -> int:
    """Print the test card, and a Wi-Fi card of a name and a password from standard input. Raises OSError."""
    from kiosk.first_boot import cards as drawn  # noqa: PLC0415  (segno is only needed here)

    network_card = None
    if wifi:
        name, password = _asked()
        try:
            network_card = drawn.wifi_card(WifiCode(name.encode(), "wpa" if password else "open", password, hidden))
        except ValueError as error:
            print(f"No card was printed: {error}. Look at the access point's settings and try again.", file=sys.stderr)
            return 1
    out.mkdir(parents=True, exist_ok=True)
    written = [out / "test-card.svg"]
    durable.write(written[0], drawn.test_card().encode(), 0o644)
    if network_card is not None:
        written.append(out / "wifi-card.svg")
        durable.write(written[1], network_card.encode())
    print(*written, sep="\n")
    return 0


def _asked() -> tuple[str, str]:
    """Two lines, of which a terminal shows the first only: never an argument, where every user of a machine sees it."""
    if sys.stdin.isatty():
        return input("SSID: "), getpass.getpass("Password (empty: an open network): ")
    return sys.stdin.readline().rstrip("\r\n"), sys.stdin.readline().rstrip("\r\n")
