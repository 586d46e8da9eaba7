"""What doctor finds of the network: files as the kernel writes them, real connections, real certificates."""

import ssl
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.credentials import Credentials
from kiosk.doctor import network

GATE = "45e71a3f-aaeb-481f-a8b4-a76f35eda75f"
ROUTES = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
TO_ALL = "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
V6_TO_NOWHERE = f"{'0' * 32} 00 {'0' * 32} 00 {'0' * 32} ffffffff 00000001 00000000 00200200       lo\n"
V6_TO_ALL = f"{'0' * 32} 00 {'0' * 32} 00 fd00{'0' * 27}1 00000400 00000003 00000000 00000003     eth0\n"
WIRELESS = """Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
 face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
 wlan0: 0000   {link}.  -{signal}.  -256        0      0      0      0      0        0
"""


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path


def put(root, path, content):
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)


def card(root, name, state):
    put(root, f"sys/class/net/{name}/operstate", f"{state}\n")
    (root / f"sys/class/net/{name}/device").mkdir()


def links(root, is_server_here=False):
    return [(str(each.level), each.found) for each in network.links("en", is_server_here, root)]


def test_a_link_that_is_up_with_a_way_out_is_well(root):
    card(root, "eth0", "up")
    card(root, "wlan0", "down")
    put(root, "proc/net/route", ROUTES + TO_ALL)
    assert links(root) == [("ok", "eth0")]


def test_a_way_out_by_ipv6_alone_is_one_and_the_kernels_route_to_nowhere_is_none(root):
    card(root, "eth0", "up")
    put(root, "proc/net/route", ROUTES)
    put(root, "proc/net/ipv6_route", V6_TO_NOWHERE)
    assert [level for level, _ in links(root)] == ["ok", "warn"]
    put(root, "proc/net/ipv6_route", V6_TO_NOWHERE + V6_TO_ALL)
    assert [level for level, _ in links(root)] == ["ok"]


def test_without_any_link_nobody_gets_in_unless_the_server_is_here(root):
    card(root, "eth0", "down")
    assert [level for level, _ in links(root)] == ["fail"]
    assert [level for level, _ in links(root, is_server_here=True)] == ["warn"]


def test_what_has_no_card_is_no_fault(root):
    put(root, "sys/class/net/lo/operstate", "unknown\n")
    assert links(root) == []


@pytest.mark.parametrize(("signal", "level", "shown"), [(56, "ok", -55), (75, "ok", -75), (76, "warn", -75)])
def test_a_weak_signal_is_a_warning_and_told_roughly(root, signal, level, shown):
    put(root, "proc/net/wireless", WIRELESS.format(link=54, signal=signal))
    (finding,) = network.wifi("en", root)
    assert (str(finding.level), f"about {shown} dBm" in finding.found) == (level, True)


@pytest.mark.parametrize(("told", "levels"), [("on", ["ok", "warn"]), ("off", ["ok"])])
def test_power_saving_is_a_warning(root, told, levels):
    put(root, "proc/net/wireless", WIRELESS.format(link=54, signal=50))
    (root / "bin" / "iw").write_text(f"#!{sys.executable}\nprint('Power save: {told}')\n")
    (root / "bin" / "iw").chmod(0o755)
    assert [str(each.level) for each in network.wifi("en", root)] == levels


def test_a_machine_without_wifi_tells_nothing_of_it(root):
    assert list(network.wifi("en", root)) == []


def way_to(url, pin=""):
    credentials = Credentials(url, "/api/scan", "PREFIX01.secret", GATE, "Entrée", pin=pin)
    return {each.check: (str(each.level), each.found) for each in network.way_to(credentials, "en")}


def test_a_server_that_listens_is_near_and_without_tls_that_is_said(raw_server):
    server = raw_server(lambda heard: b"")
    found = way_to(server.url)
    assert [level for level, _ in found.values()] == ["ok", "ok", "ok"]
    assert found["tls"][1] == "Without TLS, on a private network"


def test_a_name_that_is_not_known_ends_the_way(monkeypatch):
    assert [(check, level) for check, (level, _) in way_to("https://nowhere.invalid").items()] == [("name", "fail")]


def test_a_port_that_nobody_listens_on_ends_the_way(raw_server):
    server = raw_server(lambda heard: b"")
    url = server.url
    server.stop_listening()
    assert way_to(url)["latency"][0] == "fail"


def test_something_that_speaks_no_tls_is_a_failure(raw_server):
    server = raw_server(lambda heard: b"")
    assert way_to(server.url.replace("http:", "https:"))["tls"][0] == "fail"


@pytest.mark.parametrize(("days", "key"), [(100, "is good until"), (13, "ends on"), (-1, "ends on")])
def test_a_certificate_is_told_with_its_end_and_one_that_ends_soon_is_a_warning(raw_server, certificate, days, key):
    server = raw_server(lambda heard: b"", certificate(ec.generate_private_key(ec.SECP256R1()), ends=days))
    level, found = way_to(server.url)["tls"]
    assert (level, key in found) == ("ok" if days == 100 else "warn", True)


def test_a_certificate_that_is_none_is_a_failure_and_no_traceback(raw_server, certificate, monkeypatch):
    server = raw_server(lambda heard: b"", certificate(ec.generate_private_key(ec.SECP256R1()), ends=100))
    monkeypatch.setattr(ssl.SSLSocket, "getpeercert", lambda self, binary_form=False: b"\x30\x03odd")
    assert way_to(server.url)["tls"][0] == "fail"


def test_a_pinned_certificate_has_no_end_that_matters(raw_server, certificate, pin_of):
    key = ec.generate_private_key(ec.SECP256R1())
    server = raw_server(lambda heard: b"", certificate(key, ends=1))
    level, found = way_to(server.url, pin_of(key))["tls"]
    assert (level, "known since pairing" in found) == ("ok", True)


def test_a_certificate_around_another_key_than_the_pinned_one_is_not_called_known(raw_server, certificate, pin_of):
    theirs, ours = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    server = raw_server(lambda heard: b"", certificate(theirs, ends=100))
    assert "tls" not in way_to(server.url, pin_of(ours))


@pytest.mark.parametrize(
    ("url", "is_here"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost", True),
        ("http://[::1]:80", True),
        ("http://10.0.0.1", False),
    ],
)
def test_a_server_on_this_machine_is_known(url, is_here):
    assert network.is_here(Credentials(url, "/api/scan", "PREFIX01.secret", GATE, "Entrée")) is is_here
