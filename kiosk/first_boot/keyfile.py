"""One Wi-Fi network as NetworkManager's keyfile (nm-settings-keyfile(5)). Pure but for ``write``.

Nothing of a card is put into the file as it is: the name becomes numbers, and a password, which the card's grammar
holds to printable ASCII, has its backslashes and spaces escaped. So no name and no password can begin a line.
"""

from __future__ import annotations

from pathlib import Path

from kiosk import durable
from kiosk.wifi_code import WifiCode

FOLDER = Path("/etc/NetworkManager/system-connections")
FILE_NAME = "portillon-wifi.nmconnection"
BEFORE = ".portillon-wifi.before"  # what a network that is being tried replaces; NetworkManager ignores hidden files
UUID = "6f1c4f0e-54d5-4c3c-9a55-7b6e0c0f7a11"  # ours, and the same on every gate: there is one such connection on each
# autoconnect-retries=0: for ever, where NetworkManager would give up after four. powersave=2: off, since it costs
# 125 ms median and 1 s p99 (facts: A Pi nobody visits).
_KEYFILE = """\
# Written by portillon-kiosk from a Wi-Fi card or portillon.toml; the next one replaces it.
[connection]
id=portillon-wifi
uuid={uuid}
type=wifi
autoconnect=true
autoconnect-retries=0

[wifi]
mode=infrastructure
ssid={ssid}
hidden={hidden}
powersave=2
{security}
[ipv4]
method=auto

[ipv6]
method=auto
"""
_KEY_MGMT = {"wpa": "wpa-psk", "sae": "sae"}  # wpa-psk: WPA2, and WPA3 where card and network have it


def keyfile(network: WifiCode) -> bytes:
    """The whole file. It holds the password."""
    security = ""
    if network.security != "open":
        security = f"\n[wifi-security]\nkey-mgmt={_KEY_MGMT[network.security]}\npsk={_escaped(network.secret)}\n"
    return _KEYFILE.format(
        uuid=UUID,
        ssid="".join(f"{byte};" for byte in network.ssid),
        hidden=str(network.hidden).lower(),
        security=security,
    ).encode("ascii")


def write(folder: Path, network: WifiCode) -> Path:
    """Put it in its place, 0600 and durable: NetworkManager ignores a file that others may read. Raises OSError."""
    path = folder / FILE_NAME
    durable.write(path, keyfile(network))
    return path


def keep(folder: Path) -> None:
    """Until ``forget`` the network that is here now is the one to go back to, over a power cut too. Raises OSError."""
    path = folder / FILE_NAME
    if path.exists():
        durable.write(folder / BEFORE, path.read_bytes())


def forget(folder: Path) -> None:
    """The new network is joined. Raises OSError."""
    durable.remove(folder / BEFORE)


def put_back(folder: Path) -> bool:
    """The network that was kept is here again. False: none was. Raises OSError."""
    if not (folder / BEFORE).exists():
        return False
    durable.move(folder / BEFORE, folder / FILE_NAME)
    return True


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\s")
