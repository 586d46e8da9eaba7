"""The page's own process, from its opening to its end, and the gate that never waits for it."""

from __future__ import annotations

import contextlib
import errno
import http.client
import json
import logging
import os
import queue
import resource
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kiosk import settings
from kiosk.codes import TestCard
from kiosk.credentials import PAIRED_FILE
from kiosk.demo.stage import free_port
from kiosk.edges import Contact, State
from kiosk.news import TechAsked, TechTold
from kiosk.tech import asking, command, door, opening
from kiosk.tech.channel import Entered, Pressed, Ready, Saved
from kiosk.tech.invitation import Invitation
from kiosk.tech.opening import Parts, TechPage
from kiosk.turns import STALL_S
from tests.kiosk.decision.world import World

PATIENCE_S = 60
SETTINGS = """
state_dir = "{folder}"
[camera]
source = "replay"
path = "street"
[gate]
pins = "mock"
relay = 17
passage = 5
[tech]
port = {port}
"""


READY = Ready(urls=["https://192.0.2.1:8443/"], fingerprint=":".join(["AB"] * 32))


class Gate(World):
    """A main loop with a tech page: ``turn`` takes the news that there are."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.config = folder / "kiosk.toml"
        self.config.write_text(SETTINGS.format(folder=folder, port=self.port))
        self.chosen = settings.load(self.config, environment={})
        self.news: queue.SimpleQueue[TechAsked | TechTold] = queue.SimpleQueue()
        self.invited: list[Invitation | None] = []
        self.troubles: list[str | None] = []
        self.later = 0.0  # seconds that the main loop believes to have passed
        super().__init__(folder, passage_s=8.0)
        self.display.state(State.READY)
        parts = Parts(
            turns=self.turns,
            shown=self.display,
            trace=self.trace,
            journal=self.journal,
            is_idle=lambda now: self.turns.is_idle() and self.turns.is_free(now) and self.passage.is_idle(),
            faults=lambda: ["camera"],
            restart=None,
            invite=self.invited.append,
            clock=lambda: "2026-11-28T23:37:00+00:00",
        )
        self.tech = TechPage(self.chosen, self.config, parts, self.news.put)

    def show(self, state: State, verdict: Any = None, trouble: str | None = None) -> None:
        super().show(state, verdict, trouble)
        self.troubles.append(trouble)

    def turn(self, seconds: float = 0.02) -> None:
        """What is in the queue, and a tick."""
        now = time.monotonic()
        try:
            news = self.news.get(timeout=seconds)
        except queue.Empty:
            pass
        else:
            (self.tech.asked if isinstance(news, TechAsked) else self.tech.told)(news, now)  # type: ignore[arg-type]
        self.tech.tick(now + self.later, self.contacts.is_emergency)

    def turn_until(self, ask: Callable[[], Any]) -> Any:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if answer := ask():
                return answer
            self.turn()
        raise AssertionError("waited for a minute")

    def noted(self) -> list[str]:
        """What the journal has of the page."""
        return [line["what"] for line in self.lines() if line.get("note") == "tech_page"]

    def open(self) -> Invitation:
        self.tech.unlocked(time.monotonic())
        return self.turn_until(lambda: self.invited and self.invited[-1])

    def post(self, path: str, content: Any, cookie: str = "") -> http.client.HTTPResponse:
        host = f"127.0.0.1:{self.port}"
        connection = http.client.HTTPSConnection(host, timeout=PATIENCE_S, context=ssl._create_unverified_context())
        headers = {"Host": host, "Origin": f"https://{host}", "Content-Type": "application/json", "Cookie": cookie}
        connection.request("POST", path, json.dumps(content), headers)
        return connection.getresponse()

    def enter(self, code: str) -> str:
        answer = self.post("/enter", {"code": code})
        assert answer.status == 200
        return str(answer.getheader("Set-Cookie")).partition(";")[0]

    def live(self, cookie: str) -> http.client.HTTPResponse:
        """The stream of the browser that was let in."""
        host = f"127.0.0.1:{self.port}"
        connection = http.client.HTTPSConnection(host, timeout=PATIENCE_S, context=ssl._create_unverified_context())
        connection.request("GET", "/live", headers={"Host": host, "Cookie": cookie})
        return connection.getresponse()

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.INFO)
    it = Gate(tmp_path)
    yield it
    it.tech.close()
    logging.getLogger().setLevel(level)


def children() -> set[int]:
    """Processes of a tech page that this process started."""
    return started_by(os.getpid(), b"kiosk.tech")


def started_by(parent: int, named: bytes) -> set[int]:
    """Processes that this one started, with this in their command line."""
    threads = Path(f"/proc/{parent}/task").iterdir()
    pids = {int(pid) for thread in threads for pid in _read(thread / "children").split()}
    return {pid for pid in pids if named in _read(Path(f"/proc/{pid}/cmdline"))}


def _read(file: Path) -> bytes:
    """What is in there; nothing where the thread or process has just ended."""
    try:
        return file.read_bytes()
    except OSError:
        return b""


def test_nothing_listens_and_no_process_runs_until_the_page_is_opened(gate: Gate) -> None:
    gate.turn()
    assert (gate.listens(), children()) == (False, set())


def test_the_unlock_input_opens_it_and_the_screen_shows_how_until_the_code_was_used(gate: Gate) -> None:
    invitation = gate.open()
    assert gate.listens()
    gate.enter(invitation.code)
    gate.turn_until(lambda: gate.invited[-1] is None)
    assert gate.noted() == ["opened", "entered"]


def test_the_fingerprint_that_is_shown_is_that_of_the_certificate(gate: Gate) -> None:
    invitation = gate.open()
    shown = ssl.get_server_certificate(("127.0.0.1", gate.port), timeout=PATIENCE_S)
    digest = sha256(ssl.PEM_cert_to_DER_cert(shown)).hexdigest().upper()
    assert invitation.fingerprint.replace(":", "") == digest


def test_a_page_that_is_opened_anew_has_another_code_another_key_and_forgets_who_was_in(gate: Gate) -> None:
    first = gate.open()
    cookie = gate.enter(first.code)
    gate.turn_until(lambda: gate.invited[-1] is None)
    second = gate.open()
    assert (first.code != second.code, first.fingerprint != second.fingerprint) == (True, True)
    assert gate.post("/press", {"what": "open"}, cookie).status == 403
    gate.turn_until(lambda: len(children()) == 1)


def test_a_press_is_decided_by_the_main_loop_and_opens_once(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "STALL_S", PATIENCE_S)
    cookie = gate.enter(gate.open().code)
    answers: queue.SimpleQueue[str] = queue.SimpleQueue()
    press_in_a_thread(gate, cookie, answers)
    gate.turn_until(lambda: not answers.empty())
    assert (answers.get(), gate.pulses()) == ("begun", ["test"])
    press_in_a_thread(gate, cookie, answers)
    gate.turn_until(lambda: not answers.empty())
    assert (answers.get(), gate.pulses()) == ("busy", ["test"])


def test_a_save_is_a_line_in_the_journal_and_one_that_is_refused_is_none(gate: Gate) -> None:
    cookie = gate.enter(gate.open().code)
    assert gate.post("/settings", {"changes": {"gate.pulse_ms": "5"}}, cookie).status == 409
    assert gate.post("/settings", {"changes": {"gate.pulse_ms": "400"}}, cookie).status == 200
    gate.turn_until(lambda: gate.noted()[-1] == "saved")
    assert gate.noted() == ["opened", "entered", "saved"]


def test_however_many_saves_the_page_s_process_tells_the_journal_has_a_line_a_second(gate: Gate) -> None:
    code = gate.open().code
    now = time.monotonic()
    gate.tech.told(TechTold(gate.tech._life, Saved()), now)
    assert gate.noted() == ["opened"], "nobody is in who could have saved"
    gate.enter(code)
    gate.turn_until(lambda: gate.noted()[-1] == "entered")
    for tenth in range(25):
        gate.tech.told(TechTold(gate.tech._life, Saved()), now + tenth / 10)
    assert gate.noted().count("saved") == 3


def press_in_a_thread(gate: Gate, cookie: str, answers: queue.SimpleQueue[str]) -> None:
    def press() -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):  # a page that ends leaves it without an answer
            answers.put(json.loads(gate.post("/press", {"what": "open"}, cookie).read()))

    threading.Thread(target=press, daemon=True).start()


def test_a_press_of_a_page_that_was_closed_meanwhile_opens_nothing(gate: Gate) -> None:
    gate.open()
    life = gate.tech._life
    gate.tech.asked(TechAsked("close", lambda _told: None), time.monotonic())
    for late in (life, life + 1, 0):
        now = time.monotonic()
        gate.tech.told(TechTold(late, Pressed(number=1, at=now, what="open")), now)
    assert gate.pulses() == []


def test_a_press_that_a_gate_at_a_standstill_hears_late_opens_nothing(gate: Gate) -> None:
    cookie = gate.enter(gate.open().code)
    gate.turn_until(lambda: gate.invited[-1] is None)
    answers: queue.SimpleQueue[str] = queue.SimpleQueue()
    press_in_a_thread(gate, cookie, answers)
    gate.tech.told(gate.news.get(timeout=PATIENCE_S), time.monotonic() + STALL_S)  # type: ignore[arg-type]
    assert (answers.get(timeout=PATIENCE_S), gate.pulses()) == ("late", [])


def test_a_press_of_a_page_that_closed_itself_before_the_loop_came_to_it_opens_nothing(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "STALL_S", PATIENCE_S)
    cookie = gate.enter(gate.open().code)
    gate.turn_until(lambda: gate.invited[-1] is None)
    helper = gate.tech._helper
    assert helper is not None
    press_in_a_thread(gate, cookie, queue.SimpleQueue())
    press = gate.news.get(timeout=PATIENCE_S)
    gate.post("/close", {}, cookie).read()
    gate.news.put(press)
    while not helper.has_ended:
        time.sleep(0.01)
    gate.turn_until(lambda: gate.noted()[-1] == "asked")
    assert gate.pulses() == []


def test_however_often_the_key_switch_is_used_one_process_runs_at_a_time(gate: Gate) -> None:
    gate.open()
    seen: list[set[int]] = []
    for _ in range(6):
        gate.tech.unlocked(time.monotonic())
        gate.turn(0.03)
        seen.append(children())
    gate.turn_until(lambda: seen.append(children()) or gate.invited[-1])
    assert max(map(len, seen)) == 1
    assert len(set().union(*seen)) == 2, "no process for those that were closed before their turn came"
    assert gate.enter(gate.invited[-1].code)  # type: ignore[union-attr]


def test_a_page_that_the_gate_closes_is_told_why(gate: Gate, read_event: Callable[[Any], Any]) -> None:
    live = gate.live(gate.enter(gate.open().code))
    gate.tech.asked(TechAsked("close", lambda _told: None), time.monotonic())
    while (event := read_event(live))[0] != "over":
        pass
    assert event == ("over", "asked")


def test_long_lines_in_any_script_are_told_and_hold_nothing_else_up(
    gate: Gate, read_event: Callable[[Any], Any]
) -> None:
    live = gate.live(gate.enter(gate.open().code))
    for number in range(100):
        logging.getLogger("test").warning("%s number %d", "\N{GRINNING FACE}" * 340, number)
    told: dict[str, Any] = {}
    while "number 99" not in str(told.get("log")) or told["gate"].get("state") != "ready":
        gate.turn()
        told.update([read_event(live)])


def test_of_a_secret_in_a_long_line_no_half_is_told(gate: Gate, read_event: Callable[[Any], Any]) -> None:
    (gate.folder / PAIRED_FILE).write_text(json.dumps({"api_key": "sesame1ouvretoi2grandement"}))
    live = gate.live(gate.enter(gate.open().code))
    for before in range(330, 400):
        logging.getLogger("test").warning("%s sesame1ouvretoi2grandement", "x" * before)
    logging.getLogger("test").warning("the last one")
    log: list[str] = []
    while "the last one" not in str(log):
        gate.turn()
        kind, content = read_event(live)
        log = content if kind == "log" else log
    assert [line for line in log if "ses" in line] == []


def test_pictures_are_taken_only_while_somebody_looks(gate: Gate) -> None:
    gray = np.full((240, 320), 200, np.uint8)
    cookie = gate.enter(gate.open().code)
    for _ in range(30):
        gate.tech.look(gray, (TestCard(),))
        gate.turn()
    helper = gate.tech._helper
    assert helper is not None
    assert not helper._wants_picture.is_set()
    live = gate.live(cookie)
    gate.turn_until(helper._wants_picture.is_set)
    gate.tech.look(gray, (TestCard(),))
    kinds: dict[str, Any] = {}
    while not kinds.get("picture"):
        gate.turn()
        name = live.readline().decode().strip().removeprefix("event: ")
        kinds[name] = json.loads(live.readline().decode().removeprefix("data: "))
        live.readline()
    assert kinds["picture"]["found"] == ["TestCard"]
    assert set(kinds["picture"]["advice"]) == {"fr", "en"}


def test_the_page_closes_itself_when_its_time_is_over_and_nothing_is_left(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "LASTS_S", 20.0)  # for a busy machine to come in
    cookie = gate.enter(gate.open().code)
    gate.turn_until(lambda: "time" in gate.noted())
    assert not gate.listens()
    gate.turn_until(lambda: not children())
    gate.tech.told(TechTold(gate.tech._life, READY), time.monotonic())
    assert gate.invited[-1] is None
    with pytest.raises(OSError):
        gate.post("/press", {"what": "open"}, cookie)


def test_a_process_that_does_not_end_by_itself_is_ended(gate: Gate) -> None:
    gate.open()
    for pid in children():
        os.kill(pid, signal.SIGSTOP)
    gate.turn()
    assert gate.noted() == ["opened"]
    gate.later = door.LASTS_S + 60
    gate.turn_until(lambda: gate.noted()[-1] == "time")
    gate.turn_until(lambda: not children())


def test_a_process_that_dies_is_told_and_takes_nothing_with_it(gate: Gate) -> None:
    gate.open()
    for pid in children():
        os.kill(pid, signal.SIGKILL)
    gate.turn_until(lambda: gate.noted()[-1] == "failed")
    assert gate.invited[-1] is None
    gate.open()
    assert gate.listens()


class Looking:
    """A doctor that the page has started and that does not get on: it is stopped."""

    def __init__(self, gate: Gate) -> None:
        cookie = gate.enter(gate.open().code)
        self.answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=self._ask, args=(gate, cookie), daemon=True).start()
        (self.page,) = children()
        (self.doctor,) = gate.turn_until(lambda: started_by(self.page, b"doctor"))
        os.kill(self.doctor, signal.SIGSTOP)

    def is_there(self) -> bool:
        return b"doctor" in _read(Path(f"/proc/{self.doctor}/cmdline"))  # a zombie's is empty

    def _ask(self, gate: Gate, cookie: str) -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):  # the page may be gone before
            self.answers.put(json.loads(gate.post("/doctor", {}, cookie).read()))


@pytest.fixture
def looking(gate: Gate) -> Iterator[Looking]:
    it = Looking(gate)
    yield it
    if it.is_there():
        os.kill(it.doctor, signal.SIGKILL)


def test_a_doctor_of_the_page_s_ends_when_the_service_is_told_to(looking: Looking) -> None:
    for number in (signal.SIGTERM, signal.SIGCONT):
        os.kill(looking.doctor, number)
    assert looking.answers.get(timeout=PATIENCE_S) is None, "it came to no end of its own"


def test_the_gate_hears_that_its_page_died_though_a_doctor_of_it_goes_on(gate: Gate, looking: Looking) -> None:
    os.kill(looking.page, signal.SIGKILL)
    gate.turn_until(lambda: gate.noted()[-1] == "failed")
    assert looking.is_there()


def test_a_page_that_is_closed_takes_its_doctor_with_it(gate: Gate, looking: Looking) -> None:
    gate.tech.asked(TechAsked("close", lambda _told: None), time.monotonic())
    gate.turn_until(lambda: not looking.is_there())


ODD = {
    "no address": {"urls": []},
    "more addresses than a machine has": {"urls": READY.urls * 17},
    "an address longer than any QR code": {"urls": ["https://192.0.2.1:8443/" + "a" * 5000]},
    "an address that is none of ours": {"urls": ["https://elsewhere.example:8443/"]},
    "a fingerprint that is none": {"fingerprint": "AB"},
}


@pytest.mark.parametrize("odd", ODD)
def test_a_process_that_says_odd_things_of_where_it_is_invites_nobody_and_takes_nothing_with_it(
    gate: Gate, monkeypatch: pytest.MonkeyPatch, odd: str
) -> None:
    said = json.dumps(["Ready", READY.model_dump() | ODD[odd]])
    broken = gate.folder / "broken page"
    broken.write_text(f"#!{sys.executable}\nimport os\nos.read(0, 200_000)\nos.write(0, {said.encode()!r})\n")
    broken.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(broken))
    gate.tech.unlocked(time.monotonic())
    gate.turn_until(lambda: "failed" in gate.noted())
    assert not any(gate.invited)


def test_what_a_page_says_again_is_not_shown_to_guests_nor_journaled_again(
    gate: Gate, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(gate, closes=False) == 0
    assert "SHA-256" in capfd.readouterr().out
    for message in (READY, Entered(), Entered()):
        gate.tech.told(TechTold(gate.tech._life, message), time.monotonic())
    assert not any(gate.invited)
    assert gate.noted() == ["opened", "entered"]


def test_five_wrong_codes_close_it(gate: Gate) -> None:
    gate.open()
    for _ in range(door.TRIES):
        while json.loads(gate.post("/enter", {"code": "x"}).read())["why"] == "soon":
            pass
    gate.turn_until(lambda: gate.noted()[-1] == "guessed")
    assert not gate.listens()


def test_it_ends_with_the_gate(gate: Gate) -> None:
    gate.open()
    gate.tech.close()
    assert (children(), gate.noted()[-1]) == (set(), "gate")


def test_a_port_that_is_taken_is_told_to_whoever_asked(gate: Gate, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", gate.port)):
        assert run(gate, closes=False) == 1
    assert str(gate.port) in capfd.readouterr().err


def test_a_port_that_is_taken_is_told_on_the_screen_to_whoever_used_the_key_switch(gate: Gate) -> None:
    with socket.create_server(("127.0.0.1", gate.port)):
        gate.tech.unlocked(time.monotonic())
        gate.turn_until(lambda: "tech_page" in gate.troubles)
    assert gate.noted()[-1] == "failed"


def test_a_process_that_dies_before_it_is_ready_is_told_on_the_screen_to_whoever_used_the_key_switch(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    gate.tech.unlocked(time.monotonic())
    gate.turn_until(lambda: "failed" in gate.noted())
    assert "tech_page" in gate.troubles


def test_a_page_for_which_nothing_is_left_is_told_on_the_screen_too(gate: Gate) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    next_free = os.dup(0)
    os.close(next_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (next_free, limits[1]))
    try:
        gate.tech.unlocked(time.monotonic())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert "tech_page" in gate.troubles


def _no_sockets(*_: Any) -> Any:
    raise OSError(errno.EMFILE, "no descriptor left")


def _no_thread(_thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


@pytest.mark.parametrize(
    ("owner", "name", "missing"), [(socket, "socketpair", _no_sockets), (threading.Thread, "start", _no_thread)]
)
def test_a_page_that_could_not_be_opened_leaves_no_descriptor_behind(
    gate: Gate, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, missing: Callable[..., Any]
) -> None:
    monkeypatch.setattr(owner, name, missing)
    held: list[int] = []
    for _ in range(3):
        gate.tech.unlocked(time.monotonic())
        held.append(len(list(Path("/proc/self/fd").iterdir())))
    assert gate.noted() == ["failed"] * 3
    assert held[1:] == held[:1] * 2, "the journal's own is open since the first line"


def test_the_command_opens_it_and_says_how_and_closes_it(gate: Gate, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(gate, closes=False) == 0
    told = capfd.readouterr().out
    assert (f":{gate.port}/" in told, "SHA-256" in told) == (True, True)
    code = next(line for line in told.splitlines() if " code" in line).rpartition(": ")[2].replace(" ", "")
    assert gate.enter(code)
    assert gate.invited == [], "the terminal has it, so the guests' screen does not"
    assert (run(gate, closes=True), run(gate, closes=True)) == (0, 0)
    gate.turn_until(lambda: not gate.listens())


def run(gate: Gate, closes: bool) -> int:
    """The command, in a thread, while the main loop turns here."""
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(command.run(gate.chosen, closes)), daemon=True)
    thread.start()
    gate.turn_until(lambda: codes)
    return codes[0]


def test_without_a_port_in_the_settings_there_is_no_page_and_the_command_says_so(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "off.toml"
    file.write_text(SETTINGS.format(folder=tmp_path, port=8443).partition("[tech]")[0])
    assert command.run(settings.load(file, environment={}), closes=False) == 1
    assert "port = 8443" in capfd.readouterr().err
    assert not (tmp_path / asking.FILE_NAME).exists()


def test_a_gate_that_does_not_run_is_named(gate: Gate, capfd: pytest.CaptureFixture[str]) -> None:
    gate.tech.close()
    assert command.run(gate.chosen, closes=False) == 1
    assert "systemctl" in capfd.readouterr().err


def test_only_root_and_the_gate_s_own_user_may_ask(gate: Gate) -> None:
    file = gate.folder / asking.FILE_NAME
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_contact_is_told_as_it_changes(gate: Gate) -> None:
    gate.tech.touched(Contact.PASSAGE, active=True)
    gate.tech.touched(Contact.PASSAGE, active=False)
    gate.tech.touched(Contact.TAMPER, active=True)
    assert gate.tech._active == {Contact.TAMPER}


def test_a_process_that_ends_before_it_is_ready_is_told_to_whoever_asked(
    gate: Gate, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert run(gate, closes=False) == 1
    assert "failed" in capfd.readouterr().err


def test_the_key_switch_throws_out_whoever_was_faster(gate: Gate) -> None:
    cookie = gate.enter(gate.open().code)
    gate.turn_until(lambda: gate.invited[-1] is None)
    second = gate.open()
    assert gate.post("/press", {"what": "open"}, cookie).status == 403
    assert gate.enter(second.code)
