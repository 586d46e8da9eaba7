"""In the kernel with two Wi-Fi radios: an access point on one, the helper and NetworkManager on the other.

Only the standard library is here. Each line that it tells is JSON: one card, what the helper said, what came of it.
"""

import io
import json
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, "/mnt/repository")

from kiosk.first_boot import keyfile, network
from kiosk.wifi_code import WifiCode

NAME = "Salle des fêtes"
PASSWORD = "correct horse; \\battery"
CONNECTIONS = Path("/etc/NetworkManager/system-connections")
PATIENCE_S = 60
NM = """[main]
plugins=keyfile
auth-polkit=false
dns=none
rc-manager=unmanaged
[keyfile]
unmanaged-devices=interface-name:wlan1*
"""
# One access point with a network of each kind, each with addresses of its own, 10.9.0 to 10.9.4.
SAE = "wpa_key_mgmt=SAE\nieee80211w=2"
HOSTAPD = f"""interface=wlan1
driver=nl80211
hw_mode=g
channel=1
ssid2=P"{NAME}"
utf8_ssid=1
wpa=2
wpa_key_mgmt=WPA-PSK
rsn_pairwise=CCMP
wpa_passphrase={PASSWORD}

bss=wlan1_1
bssid=02:00:00:00:01:01
ssid=WPA3 only
wpa=2
rsn_pairwise=CCMP
{SAE}
sae_password={PASSWORD}

bss=wlan1_2
bssid=02:00:00:00:01:02
ssid=WPA3 short
wpa=2
rsn_pairwise=CCMP
{SAE}
sae_password=short

bss=wlan1_3
bssid=02:00:00:00:01:03
ssid=Hidden
ignore_broadcast_ssid=1
wpa=2
wpa_key_mgmt=WPA-PSK
rsn_pairwise=CCMP
wpa_passphrase={PASSWORD}

bss=wlan1_4
bssid=02:00:00:00:01:04
ssid=Open
"""
NETWORKS = {"wlan1": 0, "wlan1_1": 1, "wlan1_2": 2, "wlan1_3": 3, "wlan1_4": 4}


def start(*command):
    return subprocess.Popen(command, stdout=sys.stderr, stderr=sys.stderr)


def nmcli(*words):
    done = subprocess.run(["nmcli", "--escape", "no", *words], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def eventually(what, ask):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if ask():
            return
        time.sleep(0.2)
    raise TimeoutError(what)


def address_server():
    return start(
        *("dnsmasq", "--keep-in-foreground", "--port=0", "--bind-interfaces", "--conf-file=/dev/null"),
        *(f"--interface={name}" for name in NETWORKS),
        *(f"--dhcp-range=10.9.{number}.10,10.9.{number}.20,1h" for number in NETWORKS.values()),
        *("--dhcp-leasefile=/tmp/leases", "--dhcp-authoritative", "--user=root"),
    )


def set_up():
    Path("/etc/NetworkManager/conf.d/test.conf").write_text(NM)
    Path("/tmp/hostapd.conf").write_text(HOSTAPD)
    Path("/run/dbus").mkdir()
    start("dbus-daemon", "--system", "--nofork")
    eventually("the bus", Path("/run/dbus/system_bus_socket").exists)
    start("wpa_supplicant", "-u", "-s")
    start("hostapd", "/tmp/hostapd.conf")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for name, number in NETWORKS.items():
        eventually(name, Path(f"/sys/class/net/{name}").exists)
        subprocess.run(["ip", "address", "add", f"10.9.{number}.1/24", "dev", name], check=True)
    start("NetworkManager", "--debug", "--config-dir", "/etc/NetworkManager/conf.d")
    eventually("NetworkManager", lambda: "wlan0" in nmcli("-g", "DEVICE,STATE", "device"))


def card(what, code, tell):
    said = []
    network.serve(io.BytesIO(code.text.encode()), said.append, CONNECTIONS)
    tell(
        what=what,
        said=said,
        saved=(CONNECTIONS / keyfile.FILE_NAME).exists(),
        files=sorted(file.name for file in CONNECTIONS.iterdir()),
        device=nmcli("-g", "GENERAL.STATE", "device", "show", "wlan0"),
        address=nmcli("-g", "IP4.ADDRESS", "device", "show", "wlan0"),
    )


def main():
    with Path(sys.argv[1]).open("a") as file:

        def tell(**line):
            file.write(json.dumps(line) + "\n")
            file.flush()

        set_up()
        addresses = address_server()
        good = WifiCode(NAME.encode(), "wpa", PASSWORD)
        card("another password", WifiCode(NAME.encode(), "wpa", "not the password"), tell)
        card("another name", WifiCode(b"nowhere", "wpa", PASSWORD), tell)
        card("the right one", good, tell)
        card("another password again", WifiCode(NAME.encode(), "wpa", "not the password"), tell)
        eventually(
            "back on the network of before", lambda: "10.9.0." in nmcli("-g", "IP4.ADDRESS", "device", "show", "wlan0")
        )
        tell(what="back", secret_kept=keyfile.keyfile(good) == (CONNECTIONS / keyfile.FILE_NAME).read_bytes())
        card("WPA on a card, WPA3 on the air", WifiCode(b"WPA3 only", "wpa", PASSWORD), tell)
        card("SAE on a card, another password", WifiCode(b"WPA3 short", "sae", "other"), tell)
        card("SAE on a card", WifiCode(b"WPA3 short", "sae", "short"), tell)
        card("hidden", WifiCode(b"Hidden", "wpa", PASSWORD, hidden=True), tell)
        card("open", WifiCode(b"Open", "open"), tell)
        addresses.terminate()
        addresses.wait()
        card("nobody gives addresses", good, tell)
        tell(what="end")


main()
