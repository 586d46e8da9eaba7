"""Alerts of a running server at somebody's address: a real gate with a real fault, real HTTP, the signature checked."""

import hashlib
import hmac
import json
import queue
import shutil
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

SECRET = "correct horse battery staple"
PATIENCE_S = 150  # a gate tells of itself every 30 s, and the server looks at it every few


class _Receiver(BaseHTTPRequestHandler):
    """Refuses the first post, as a receiver that is being started anew; takes the rest."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        is_first = self.server.heard.empty() and not self.server.has_refused
        self.server.has_refused = True
        self.server.heard.put((dict(self.headers), body))
        self.send_response(503 if is_first else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Receiver)
    server.heard, server.has_refused = queue.SimpleQueue(), False
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join(60)
    server.server_close()


def _next(receiver):
    """The next post's body, after its signature was checked as a receiver ought to."""
    headers, body = receiver.heard.get(timeout=PATIENCE_S)
    at = headers["X-Portillon-Timestamp"]
    assert abs(time.time() - int(at)) < PATIENCE_S
    expected = hmac.new(SECRET.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["X-Portillon-Signature"] == f"sha256={expected}"
    assert headers["Content-Type"] == "application/json"
    return json.loads(body)


def test_a_gate_that_loses_its_camera_is_told_with_a_signature_until_it_was_taken_and_so_is_its_end(
    make_server, make_kiosk, receiver
):
    url = f"http://127.0.0.1:{receiver.server_port}/alerts"
    alerts = {"PORTILLON_API__ALERTS__WEBHOOK": url, "PORTILLON_API__ALERTS__WEBHOOK_SECRET": SECRET}
    server, gate = make_server(environment=alerts), make_kiosk()
    server.start()
    gate.pair(server.device("North")["pairing_url"])
    shutil.rmtree(gate.street)
    gate.start()
    refused, taken = _next(receiver), _next(receiver)
    assert refused == taken
    assert {"kind": "gate_fault", "name": "North", "over_at": None, "faults": ["camera"]}.items() <= taken.items()
    gate.street.mkdir()
    gate.hold_up("nothing of ours")
    over = _next(receiver)
    assert (over["id"], over["kind"], over["name"]) == (taken["id"], "gate_fault", "North")
    assert over["over_at"] > taken["since"]
