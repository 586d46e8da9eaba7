"""The page over real TLS: who is answered, what strangers get, and that nobody holds it up."""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kiosk.tech import stand
from kiosk.tech.channel import Closed, Entered, Gate, Pressed
from kiosk.tech.door import Over
from kiosk.tech.stand import _EACH, _PAGE

from .conftest import CODE, PATIENCE_S, Site

ALL = ["/live", "/settings", "/press", "/doctor", "/close", "/etc/passwd"]


def test_what_is_served_names_no_other_address_and_runs_no_script_in_the_page(site: Site) -> None:
    pages = [site.ask("/")]
    site.enter()
    pages += [site.ask("/"), *(site.ask(f"/{file.name}") for file in _PAGE.iterdir() if file.suffix != ".html")]
    for answer in pages:
        assert answer.status == 200
        policy = answer.getheader("Content-Security-Policy")
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.getheader("Cache-Control") == "no-store"
        text = answer.read().decode()
        assert "//" not in text.replace("// ", "").replace("https://", "")
        assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=", text)


@pytest.mark.parametrize("path", ALL)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_stranger_is_asked_for_the_code_and_gets_nothing_else(site: Site, path: str, method: str) -> None:
    answer = site.ask(path) if method == "GET" else site.post(path, {"what": "open", "changes": {}})
    assert answer.status == 403
    assert site.heard == []
    assert 'id="code"' in site.ask("/").read().decode()


def test_the_right_code_gives_a_session_that_scripts_and_other_sites_never_see(site: Site) -> None:
    cookie = site.enter().getheader("Set-Cookie")
    assert cookie.startswith("__Host-portillon-tech=")
    assert {part.strip() for part in cookie.split(";")[1:]} == {"Path=/", "Secure", "HttpOnly", "SameSite=Strict"}
    assert 'id="presentations"' in site.ask("/").read().decode()
    assert [type(each) for each in site.heard] == [Entered]


def test_the_code_is_good_once_and_a_wrong_one_never(site: Site) -> None:
    answer = site.post("/enter", {"code": "00000000"})
    assert (answer.status, json.loads(answer.read())) == (403, {"why": "wrong"})
    assert answer.getheader("Set-Cookie") is None
    soon = site.post("/enter", {"code": CODE})
    assert (soon.status, json.loads(soon.read())) == (403, {"why": "soon"})
    while site.post("/enter", {"code": CODE}).status == 403:
        pass
    again = site.post("/enter", {"code": CODE})
    assert (again.status, json.loads(again.read())) == (403, {"why": "used"})


@pytest.mark.parametrize(
    "cookie", ["", "x", "__Host-portillon-tech=", "__Host-portillon-tech=é", '__Host-portillon-tech="']
)
def test_another_session_is_a_stranger_s(site: Site, cookie: str) -> None:
    site.enter()
    site.cookie = cookie
    assert site.ask("/settings").status == 403


def test_a_name_of_somebody_else_that_points_here_is_refused(site: Site) -> None:
    site.enter()
    port = site.stand.server_port
    for host in ("gate.example", f"gate.example:{port}", "127.0.0.1", f"127.0.0.1:{port + 1}", ""):
        assert site.ask("/", Host=host).status == 403
        assert site.post("/press", {"what": "open"}, Host=host).status == 403
    assert site.ask("/", Host=f"localhost:{port}").status == 200


def test_a_machine_whose_name_has_capitals_answers_to_it_as_browsers_write_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "Gate1.example")
    site = Site(tmp_path)
    try:
        named = [f"{name}:{site.stand.server_port}" for name in ("gate1.local", "Gate1.local", "gate1")]
        assert [site.ask("/", Host=name).status for name in named] == [200, 200, 200]
    finally:
        site.close()


def test_another_site_s_page_presses_nothing_though_the_browser_was_let_in(site: Site) -> None:
    site.enter()
    for headers in (
        {"Origin": "https://gate.example"},
        {"Origin": "null"},
        {"Origin": f"http://{site.host}"},
        {"Content_Type": "text/plain"},
        {"Content_Length": "100000"},
        {"Content_Length": "-1"},
    ):
        assert site.post("/press", {"what": "open"}, **headers).status == 403
    without = site.ask("/press", "POST", b'{"what": "open"}', Content_Type="application/json")
    assert without.status == 403
    assert not any(isinstance(each, Pressed) for each in site.heard)


@pytest.mark.parametrize("body", [{}, {"what": "green"}, {"what": "open", "more": 1}, [], "open", None])
def test_what_is_no_press_is_none(site: Site, body: Any) -> None:
    site.enter()
    assert site.post("/press", body).status == 400
    assert not any(isinstance(each, Pressed) for each in site.heard)


def test_a_press_is_the_gate_s_to_decide_and_its_answer_comes_back(site: Site) -> None:
    site.enter()
    answer = site.post("/press", {"what": "open"})
    assert json.loads(answer.read()) == "did open"


def test_how_the_gate_is_comes_by_itself_and_log_lines_without_secrets(
    site: Site, read_event: Callable[[Any], Any]
) -> None:
    site.enter()
    site.desk.told(Gate(state="ready", active=["passage"], logged=["token=abcdefgh12345678 went by"]))
    live = site.ask("/live")
    seen = dict(read_event(live) for _ in range(4))
    assert (seen["gate"]["state"], seen["gate"]["active"], seen["gate"]["inputs"]) == (
        "ready",
        ["passage"],
        {"passage": 5},
    )
    assert "abcdefgh12345678" not in str(seen["log"])
    assert "went by" not in str(seen["log"]), "a named secret is taken out up to the line's end"
    site.desk.told(Gate(active=[]))
    while (event := read_event(live))[0] != "gate":
        pass
    assert event[1]["active"] == []


def test_the_stream_says_when_it_is_over_and_the_session_is_of_no_use(
    site: Site, read_event: Callable[[Any], Any]
) -> None:
    site.enter()
    live = site.ask("/live")
    assert json.loads(site.post("/close", {}).read()) == "closed"
    while (event := read_event(live))[0] != "over":
        pass
    assert event == ("over", "asked")
    assert site.ask("/settings").status == 403


def test_the_gate_is_told_that_the_page_is_closed_before_the_browser_is(site: Site) -> None:
    site.enter()
    site.post("/close", {}).read()
    site.gate.close()  # which ends what it hears with what was sent until now
    site._thread.join(PATIENCE_S)
    assert site.heard[-1] == Closed(why=Over.ASKED)


def test_settings_are_shown_without_secrets_and_a_mistake_is_told_at_its_field(site: Site) -> None:
    site.enter()
    rows = {row["key"]: row for row in json.loads(site.ask("/settings").read())["rows"]}
    assert (rows["gate.pulse_ms"]["value"], rows["gate.pulse_ms"]["is_editable"]) == ("300", True)
    assert not rows["gate.relay"]["is_editable"]
    before = site.config.read_text()
    answer = site.post("/settings", {"changes": {"gate.pulse_ms": "5"}})
    assert answer.status == 409
    assert "greater than" in json.loads(answer.read())["mistakes"]["gate.pulse_ms"][0]
    assert site.config.read_text() == before


def test_a_good_change_is_written_and_the_old_file_kept(site: Site) -> None:
    site.enter()
    before = site.config.read_text()
    told = json.loads(site.post("/settings", {"changes": {"gate.pulse_ms": "400"}}).read())
    assert told == {"written": True, "kept": "kiosk.toml.before"}
    assert "pulse_ms = 400" in site.config.read_text()
    assert site.config.with_name("kiosk.toml.before").read_text() == before


def test_where_the_gate_may_not_write_the_text_is_there_to_copy(site: Site) -> None:
    site.enter()
    before = site.config.read_text()
    site.config.with_name("kiosk.toml.before").mkdir()  # what no user can replace by a file, root neither
    told = json.loads(site.post("/settings", {"changes": {"gate.pulse_ms": "400"}}).read())
    assert (told["written"], "pulse_ms = 400" in told["text"], site.config.read_text()) == (False, True, before)


def test_doctor_looks_at_the_gate_when_asked(site: Site) -> None:
    site.enter()
    findings = json.loads(site.post("/doctor", {}).read())
    assert {"check", "level", "found", "fix"} == set(findings[0])


@pytest.mark.parametrize("address", ["192.168.1.20", "10.0.0.7", "172.16.3.4", "169.254.1.1"])
def test_the_local_network_is_answered(site: Site, address: str) -> None:
    with socket.socket() as connection:
        assert site.stand.verify_request(connection, (address, 1))


@pytest.mark.parametrize("address", ["8.8.8.8", "172.32.0.1", "100.1.2.3"])
def test_nobody_beyond_the_local_network_is(site: Site, address: str) -> None:
    with socket.socket() as connection:
        assert not site.stand.verify_request(connection, (address, 1))


def test_silent_connections_are_few_and_cut_off_and_then_others_are_answered(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stand, "_WITHIN_S", 1.0)
    silent = [socket.create_connection(("127.0.0.1", site.stand.server_port), PATIENCE_S) for _ in range(_EACH)]
    refused = socket.create_connection(("127.0.0.1", site.stand.server_port), PATIENCE_S)
    with refused:
        assert refused.recv(1) == b"", "one too many of this address"
    for each in silent:
        with each:
            assert each.recv(1) == b""
    monkeypatch.undo()
    assert site.ask("/").status == 200


def test_a_request_that_drips_is_cut_off_as_a_whole(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stand, "_WITHIN_S", 1.0)
    raw = socket.create_connection(("127.0.0.1", site.stand.server_port), PATIENCE_S)
    dripping = ssl._create_unverified_context().wrap_socket(raw)
    with dripping, pytest.raises(OSError):
        for _ in range(600):
            dripping.send(b"G")
            dripping.settimeout(0.1)
            try:
                if dripping.recv(1) == b"":
                    raise ConnectionResetError
            except TimeoutError:
                continue


def test_whoever_speaks_no_tls_gets_no_answer_and_harms_nobody(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", site.stand.server_port), PATIENCE_S) as plain:
        plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert b"200" not in plain.recv(100)
    assert site.ask("/").status == 200
