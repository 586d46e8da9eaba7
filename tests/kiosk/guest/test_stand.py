"""The page and its stream over real HTTP: who is answered, what they hear, and that nobody holds the gate up."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from kiosk import guest, settings
from kiosk.edges import State
from kiosk.guest import GuestScreen
from kiosk.guest.stand import PAGE
from kiosk.serving import Listener
from kiosk.tech.invitation import Invitation
from kiosk.verdict import ADMITTED, Reason, refused

from .conftest import Reader

PATIENCE_S = 60


def ask(port: int, path: str = "/", host: str | None = None, method: str = "GET", **more: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    connection.request(method, path, headers={"Host": host or f"127.0.0.1:{port}", **more})
    return connection.getresponse()


@pytest.mark.parametrize("file", ["", *sorted(file.name for file in PAGE.iterdir())])
def test_the_page_and_its_files_are_served_and_name_no_other_address(screen, port_of, file) -> None:
    answer = ask(port_of(screen), f"/{file}")
    assert answer.status == 200
    policy = answer.getheader("Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.getheader("Cache-Control") == "no-store"
    text = answer.read().decode().replace("http://www.w3.org/2000/svg", "")
    assert "//" not in text.replace("// ", "")
    assert "style=" not in text
    assert not any(store in text for store in ("localStorage", "sessionStorage", "indexedDB", "history."))


@pytest.mark.parametrize("path", ["/etc/passwd", "/../settings.py", "/page/index.html", "/logo", "/live/"])
def test_anything_else_is_not_there(screen, port_of, path) -> None:
    assert ask(port_of(screen), path).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "HEAD", "CONNECT"])
def test_nothing_but_get_is_answered(screen, port_of, method) -> None:
    assert ask(port_of(screen), method=method).status == 501


def test_a_strangers_name_that_points_here_is_refused(screen, port_of) -> None:
    port = port_of(screen)
    assert ask(port, "/live", host="gate.example").status == 403
    assert ask(port, "/live", host="127.0.0.1").status == 403, "another port of this machine's name"
    assert ask(port, "/", host=f"localhost:{port}").status == 200


def test_another_page_of_the_browser_is_refused(screen, port_of) -> None:
    port = port_of(screen)
    assert ask(port, "/live", Origin="https://gate.example").status == 403
    assert ask(port, "/", Origin=f"http://127.0.0.1:{port}").status == 200


def test_it_listens_on_loopback_alone(screen, port_of) -> None:
    listening = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    assert f"0100007F:{port_of(screen):04X}" in listening
    assert not any(each.endswith(f":{port_of(screen):04X}") and each.startswith("00000000") for each in listening)


def test_a_page_hears_the_look_then_what_is_shown_then_each_change(screen, loop, read) -> None:
    screen.show(State.READY)
    reader = read(screen)
    kind, look = reader.next()
    assert kind == "look"
    assert look == {"theme": "auto", "camera": "below", "brand": {"name": None, "has_logo": False, "colours": None}}
    assert reader.next_of("message")["kind"] == "idle"
    screen.show(State.ADMITTED, ADMITTED)
    assert reader.next_of("message")["kind"] == "admitted"


def test_in_between_it_hears_a_beat(screen, loop, read) -> None:
    screen.show(State.READY)
    reader = read(screen)
    reader.next_of("message")
    assert [reader.next()[0] for _ in range(2)] == ["beat", "beat"]


def test_a_page_that_connects_late_is_told_how_little_is_left_of_a_verdict(screen, loop, read, eventually) -> None:
    screen.show(State.ADMITTED, ADMITTED)
    first = read(screen).next_of("message")["ends_ms"]
    eventually("time has passed", lambda: read(screen).next_of("message")["ends_ms"] < first)


def test_a_main_loop_that_hangs_is_told_as_gone_and_its_return_shows_what_is_shown_then(screen, loop, read) -> None:
    screen.show(State.READY)
    reader = read(screen)
    reader.next_of("message")
    loop.hang()
    reader.next_of("gone")
    screen.show(State.ADMITTED, ADMITTED)
    assert reader.next()[0] == "gone", "whatever was put there: nobody knows whether it is so"
    screen.turned(time.monotonic())
    assert reader.next_of("message")["kind"] == "admitted"


def test_before_the_first_turn_a_page_is_told_that_there_is_no_gate(screen, read) -> None:
    screen.show(State.READY)
    read(screen).next_of("gone")


def test_the_end_of_the_gate_ends_every_stream(screen, loop, read) -> None:
    screen.show(State.ADMITTED, ADMITTED)
    readers = [read(screen), read(screen)]
    for reader in readers:
        reader.next_of("message")
    screen.close()
    for reader in readers:
        reader.next_of("gone")
        assert reader.next() == ("end", None)


def test_a_reader_that_reads_nothing_is_dropped_and_holds_nothing_up(screen, loop, port_of, read, eventually) -> None:
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect(("127.0.0.1", port_of(screen)))
    deaf.sendall(f"GET /live HTTP/1.0\r\nHost: 127.0.0.1:{port_of(screen)}\r\n\r\n".encode())
    screen.show(State.READY)
    other = read(screen)
    other.next_of("message")
    message = refused(Reason.TOO_EARLY, guest_message="✗" * 120)

    def is_dropped() -> bool:
        for _ in range(50):
            screen.show(State.REFUSED, message)
            time.sleep(0.0005)  # so that the reader's thread takes each one
        return _threads() == 1

    eventually("only the reader that reads has a thread", is_dropped)
    assert other.next_of("message")["kind"] == "refused"
    deaf.close()


def test_what_waits_for_a_reader_that_reads_nothing_is_little(screen, loop, port_of, eventually) -> None:
    """Else it would hold one of the few threads for hours: what is sent to a screen at rest is some bytes a second."""
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect(("127.0.0.1", port_of(screen)))
    deaf.sendall(f"GET /live HTTP/1.0\r\nHost: 127.0.0.1:{port_of(screen)}\r\n\r\n".encode())
    eventually("it has a thread", lambda: _threads() == 1)
    message = refused(Reason.TOO_EARLY, guest_message="✗" * 120)
    for _ in range(60):  # of about a kilobyte
        screen.show(State.REFUSED, message)
        time.sleep(0.02)  # so that the reader's thread takes each one
    eventually("it is dropped", lambda: _threads() == 0)
    deaf.close()


def _threads() -> int:
    return sum("process_request_thread" in thread.name for thread in threading.enumerate())


def test_a_few_readers_are_served_and_not_one_more_until_one_has_left(screen, loop, read, port_of, eventually) -> None:
    screen.show(State.READY)
    readers = [read(screen) for _ in range(Listener.readers)]
    for reader in readers:
        reader.next_of("message")
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        ask(port_of(screen))
    readers[0].close()

    def is_served() -> bool:
        try:
            return bool(ask(port_of(screen)).status == 200)
        except (http.client.HTTPException, ConnectionError):
            return False

    eventually("there is room again", is_served)


def test_a_request_that_never_ends_is_dropped(screen, port_of) -> None:
    slow = socket.create_connection(("127.0.0.1", port_of(screen)), timeout=PATIENCE_S)
    slow.sendall(b"GET / HTT")
    assert slow.recv(1) == b""
    slow.close()


def test_a_port_that_another_program_has_is_a_trouble_with_what_to_do_and_is_tried_again(eventually) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        screen = GuestScreen(settings.Screen(), port)
        trouble = screen.turned(time.monotonic())
        assert trouble is not None
        assert "guest_port" in trouble
        screen.show(State.READY)  # nothing is raised
    later = time.monotonic() + 10  # as the daemon's clock says it
    eventually("it listens", lambda: screen.turned(later) is None)
    assert ask(port).status == 200
    screen.close()


def test_a_page_whose_thread_died_is_opened_again_and_told_until_then(screen, eventually) -> None:
    screen._stand.shutdown()  # as if serve_forever had raised
    eventually("the thread has ended", lambda: not screen._stand.is_alive())
    assert "died" in screen.turned(time.monotonic() - 1000.0)
    eventually("it is opened again", lambda: screen.turned(time.monotonic() + 1000.0) is None)
    assert screen.url is not None


def test_techs_are_shown_the_way_to_their_page_until_it_is_taken_back(screen, loop, read) -> None:
    screen.show(State.READY)
    before = read(screen)
    assert before.next_of("message")["kind"] == "idle"
    screen.invite(Invitation(("https://192.168.1.20:8443/",), "12345678", ":".join(["AB"] * 32)))
    assert before.next_of("invited")["code"] == "1234 5678"
    after = read(screen)
    assert after.next_of("invited")["url"] == "https://192.168.1.20:8443/"
    screen.invite(None)
    assert before.next_of("invited") is None
    assert after.next_of("invited") is None


def test_the_screen_s_own_browser_is_missed_and_a_page_that_somebody_looked_at_is_not(
    screen, loop, read, port_of, eventually, monkeypatch
) -> None:
    monkeypatch.setattr(guest, "LEFT_S", 0.5)
    screen.show(State.READY)
    passer_by = read(screen)
    passer_by.next_of("message")
    passer_by.close()
    own = Reader(port_of(screen), "/live?kiosk")
    own.next_of("message")
    assert screen.turned(time.monotonic() + 60) is None
    own.close()
    why = eventually("that it is missed", lambda: screen.turned(time.monotonic() + 1))
    assert "systemctl restart portillon-screen" in why
    again = Reader(port_of(screen), "/live?kiosk")
    again.next_of("message")
    assert screen.turned(time.monotonic() + 60) is None
    again.close()
