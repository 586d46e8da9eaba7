"""The ticket server as the machine believes in it: one truth, told over a real socket in three manners.

It serves one request at a time: the race of two in a deployed server (check, then save) is left out.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

EVENT = "e0000000-0000-4000-8000-000000000001"
ANNUL_WITHIN = timedelta(minutes=15)
STATUS = {"valid": "Valid and not scanned", "scanned": "Valid and scanned", "cancelled": "Canceled"}
ERRORS = {"invalid_signature": (400, "Invalid ticket signature"), "wrong_event": (406, "Event error")}


class Manner(StrEnum):
    OURS = "ours"  # the documented calls with scan ids and annul
    DOCUMENTED = "documented"  # the published page, and nothing else
    DEPLOYED = "deployed"  # TiBillet as it runs today

    @property
    def prefix(self):
        return "/scan" if self is Manner.DEPLOYED else "/api/scan"

    @property
    def extensions(self):
        return frozenset({"scan_id", "annul"} if self is Manner.OURS else ())


class Fate(StrEnum):
    """What the network does to one request."""

    FINE = "fine"
    REQUEST_LOST = "request lost"
    REQUEST_LATE = "request late"  # the client has given it up; the server hears it some time
    ANSWER_LOST = "answer lost"
    ANSWER_CUT = "answer cut"
    PAGE = "page"  # the server acted, and a proxy before it says 502
    TWICE = "twice"  # the server hears it twice; the second answer is the one that arrives


@dataclass(frozen=True)
class Admission:
    """Who holds a ticket: a device, and the scan id where the server knows of such."""

    device: str
    scan_id: str | None


class ModelServer:
    """``book``: a code's text → (ticket, genuine or not); ``cancelled``: tickets nobody may enter with."""

    def __init__(self, manner, book, cancelled):
        self.manner, self.book, self.cancelled = manner, book, cancelled
        self.in_force = {}  # ticket → its Admission
        self.answered = {}  # (device, scan id) → (ticket, code): the same again
        self.given_back = set()  # (device, scan id)
        self.called_used = {}  # (device, ticket) → whose admission it was that the device was told of
        self.late = []  # requests that are still on their way
        self.fates = []  # of the next requests, in order; after them all is fine
        self.give_up = lambda: None  # the time for the question is over
        self.wrongs = []  # what no gate may ever send

    # ── the wire ─────────────────────────────────────────────────────────────────────────────────────────

    def script(self, heard):
        """For RawServer: what becomes of one request."""
        fate = self.fates.pop(0) if self.fates else Fate.FINE
        key = heard.headers.get("authorization", "")
        request = (key.removeprefix("Api-Key key."), heard.path, heard.json if heard.content else {})
        if fate is Fate.REQUEST_LATE:
            self.late.append(request)
        if fate not in {Fate.FINE, Fate.TWICE} and not self.fates:
            self.give_up()
        if fate in {Fate.REQUEST_LOST, Fate.REQUEST_LATE}:
            return _hang_up
        answer = _bytes(*self.act(*request))
        match fate:
            case Fate.TWICE:
                return _bytes(*self.act(*request))
            case Fate.ANSWER_LOST:
                return _hang_up
            case Fate.ANSWER_CUT:
                return lambda sock: sock.sendall(answer[:-9])
            case Fate.PAGE:
                return b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\nContent-Type: text/html\r\n\r\n<html>"
        return answer

    def is_genuine(self, code):
        return self.book[code.text][1]

    def late_request_arrives(self, which):
        """Nobody hears the answer any more."""
        self.act(*self.late.pop(which % len(self.late)))

    # ── the truth ────────────────────────────────────────────────────────────────────────────────────────

    def act(self, device, path, body):
        """One request, served whole: (status, answer)."""
        call = path.removeprefix(self.manner.prefix)
        if call == "/annul/" and self.manner is Manner.OURS:
            return self._annul(device, body)
        if call not in {"/check_ticket/", "/ticket/"}:
            return self._wrong(f"no such call: {path}")
        ticket, is_genuine = self.book[body["qrcode_data"]]
        if not is_genuine:
            return self._refusal("invalid_signature")
        if self.manner is Manner.OURS:
            return self._scan_once(device, ticket, call, body)
        if call == "/check_ticket/":
            return self._told(device, ticket, "ok")
        if self.manner is Manner.DEPLOYED and body.get("event_uuid") != EVENT:
            return self._wrong("a deployed server demands the event")
        return self._told(device, ticket, self._scan(Admission(device, None), ticket), is_scan=True)

    def _scan(self, admission, ticket):
        """Admit once. Only ours looks at the status here; a deployed one is recorded to admit a cancelled ticket."""
        if ticket in self.cancelled and self.manner is Manner.OURS:
            return "cancelled"
        return "ok" if self.in_force.setdefault(ticket, admission) is admission else "already_scanned"

    def _scan_once(self, device, ticket, call, body):
        if call != "/ticket/" or "scan_id" not in body:
            return self._wrong("a server with scan ids is asked once, with one")
        key = (device, body["scan_id"])
        if self.answered.get(key, (ticket,))[0] != ticket:
            return self._wrong("one scan id for two tickets")
        if key in self.given_back:
            return self._told(device, ticket, "annulled", is_scan=True)
        if key not in self.answered:
            self.answered[key] = (ticket, self._scan(Admission(*key), ticket))
        return self._told(device, ticket, self.answered[key][1], is_scan=True)

    def _annul(self, device, body):
        key = (device, body["scan_id"])
        ticket, code = self.answered.get(key, (None, None))
        if code is None:
            return 404, _error("unknown_scan")
        if key not in self.given_back:
            took = datetime.fromisoformat(body["annulled_at"]) - datetime.fromisoformat(body["scanned_at"])
            if took > ANNUL_WITHIN:
                return 409, _error("annul_too_late")
            if self.in_force.get(ticket) != Admission(*key):
                return 409, _error("not_in_force")
            del self.in_force[ticket]
            self.given_back.add(key)
        return 200, {"success": True, "message": "Admission annulled", "scan_id": body["scan_id"], "code": "ok"}

    # ── the words ────────────────────────────────────────────────────────────────────────────────────────

    def _told(self, device, ticket, code, is_scan=False):
        owner = self.in_force.get(ticket)
        is_used = owner is not None
        if is_used and code != "annulled" and (code == "already_scanned" or not is_scan):
            self.called_used[device, ticket] = owner
        status = "cancelled" if ticket in self.cancelled and not is_used else "scanned" if is_used else "valid"
        about = {"uuid": ticket, "status": STATUS[status], "scanned_by": owner and owner.device}
        if not is_scan:
            about["is_scanned"] = is_used
        message = "Ticket already scanned" if code == "already_scanned" else "Ticket successfully scanned"
        answer = {"success": code == "ok", "message": message, "ticket": about}
        return 200, answer | {"code": code} if self.manner is Manner.OURS else answer

    def _refusal(self, code):
        status, text = ERRORS[code]
        return status, _error(code) if self.manner is Manner.OURS else {"error": text}

    def _wrong(self, what):
        self.wrongs.append(what)
        self.give_up()  # or the client would try it again and again
        return 500, _error("server_error")


def _error(code):
    return {"success": False, "error": code, "message": code, "code": code}


def _bytes(status, body):
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


def _hang_up(sock):
    """Close without a word."""
