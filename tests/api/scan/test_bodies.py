"""Hostile bodies: whatever is sent, the answer is a 400 or a 413 in JSON, and the server goes on."""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.scan import bodies
from api.scan.errors import ApiError

NOT_JSON = [
    *(b"", b"hello", b'{"qrcode_data": "abc', b"{'qrcode_data': 1}", b"\xef\xbb\xbf{}", b"\x00", b"nul"),
    *(b'{"qrcode_data":"\xff\xfe"}', b'{"qrcode_data": NaN}', b'{"qrcode_data": "x", "y": Infinity}', b"[" * 8000),
    *(b'{"a":' * 2500, b'{"qrcode_data": ' + b"9" * 5000 + b"}", '{"qrcode_data": "x"}'.encode("utf-16")),
]
NOT_WANTED = [
    *("[]", "null", '"text"', "12", "true", "{}", '{"qrcode_data": null}', '{"qrcode_data": 123}'),
    *('{"qrcode_data": true}', '{"qrcode_data": {"a": 1}}', '{"qrcode_data": ["a:b"]}', '{"qrcode_data": 1e999}'),
    *('{"qrcode_data": "a\\u0000b"}', '{"qrcode_data": "x", "scan_id": 1}', '{"qrcode_data": "x", "scan_id": "1"}'),
    *('{"qrcode_data": "x", "event_uuid": 1}', '{"qrcode_data": "x", "event_uuid": "\\u0000"}'),
    *('{"qrcode_data": "x", "scan_id": "\\ud800"}', '{"qrcode_data": "x", "event_uuid": "\\ud800"}'),
    *(f'{{"qrcode_data": "x", "scanned_at": {moment}}}' for moment in ("0", "true", "1.5", "[]", '"now"', '""')),
    *(
        f'{{"qrcode_data": "x", "scanned_at": "{moment}"}}'
        for moment in (
            *("2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "1700000000"),
            *("2026-01-01T25:00:00Z", "2026-01-01T00:00:00+99:00", "20260101T000000Z", "0001-01-01T00:00:00+23:00"),
            *("2026-01-01T00:00:00Z\\n", "२०२६-01-01T00:00:00Z", "2026-01-01T00:00:60Z"),
        )
    ),
]


@pytest.mark.parametrize("call", ["check_ticket", "ticket"])
@pytest.mark.parametrize("content", NOT_JSON + [text.encode() for text in NOT_WANTED])
def test_a_body_that_is_not_what_the_call_takes_is_a_bad_request(house, gate, call, content):
    answer = gate.ask("POST", f"/api/scan/{call}/", data=content)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert house.lines() == []


def test_keys_that_nobody_knows_are_ignored(house, gate):
    assert gate.scan(house.ticket().qrcode_data, colour={"deep": [1, None]}).json()["code"] == "ok"


@pytest.mark.parametrize("call", ["check_ticket", "ticket", "list_tickets", "search_ticket"])
@pytest.mark.parametrize("in_chunks", [False, True])
def test_a_body_over_16_kib_is_too_large(gate, call, in_chunks):
    content = json.dumps({"qrcode_data": "A" * bodies.LIMIT}).encode()
    answer = gate.ask("POST", f"/scan/{call}/", data=iter([content[:5000], content[5000:]]) if in_chunks else content)
    assert (answer.status_code, answer.json()["code"]) == (413, "bad_request")


@pytest.mark.parametrize("in_chunks", [False, True])
def test_a_body_of_exactly_16_kib_is_read(house, gate, in_chunks):
    content = json.dumps({"qrcode_data": house.ticket().qrcode_data}).encode().ljust(bodies.LIMIT)
    answer = gate.ask("POST", "/scan/ticket/", data=iter([content]) if in_chunks else content)
    assert answer.json()["code"] == "ok"


def _raw(gate, head, content=b"", *, hang_up=False):
    """Send these bytes as they are; the answer's status line and JSON."""
    parts = urlsplit(gate.base)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as connection:
        lines = ["POST /scan/ticket HTTP/1.1", "Host: x", f"Authorization: Api-Key {gate.key}", *head, "", ""]
        connection.sendall("\r\n".join(lines).encode() + content)
        if hang_up:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.split(b"\r\n")[0], json.loads(body)


@pytest.mark.parametrize("length", ["17000", "999999999", "9" * 18])
def test_a_length_that_only_claims_to_be_large_is_refused_unread(gate, length):
    status, body = _raw(gate, [f"Content-Length: {length}"], b"{}", hang_up=True)
    assert b"413" in status
    assert body["success"] is False


def test_a_body_that_ends_before_its_length_is_a_bad_request(gate):
    status, body = _raw(gate, ["Content-Length: 100", "Connection: close"], b'{"qrcode_data": "x"}', hang_up=True)
    assert b"400" in status
    assert body["code"] == "bad_request"


def test_chunks_that_are_no_chunks_are_a_bad_request(gate):
    status, body = _raw(gate, ["Transfer-Encoding: chunked", "Connection: close"], b"zz\r\n{}\r\n", hang_up=True)
    assert b"400" in status
    assert body["code"] == "bad_request"


@pytest.mark.parametrize("length", ["-5", "1e3", "٣", "0x10", " "])
def test_a_length_that_is_no_number_is_no_server_error(length):
    environ = {"CONTENT_LENGTH": length, "wsgi.input": None}
    with pytest.raises(ApiError) as caught:
        bodies.read(environ, bodies.TicketBody)
    assert caught.value.status == 400


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "qrcode_data": ANY_JSON,
        "event_uuid": ANY_JSON,
        "scan_id": ANY_JSON | st.uuids().map(str),
        "scanned_at": ANY_JSON | st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()),
    },
)


@given(st.binary(max_size=300) | ANY_JSON.map(json.dumps).map(str.encode) | NEARLY.map(json.dumps).map(str.encode))
@settings(max_examples=400, deadline=None)
def test_any_bytes_are_a_checked_body_or_a_bad_request(content):
    try:
        body = bodies.parse(content, bodies.TicketBody)
    except ApiError as error:
        assert (error.status, error.code) == (400, "bad_request")
    else:
        assert "\0" not in body.qrcode_data
        body.qrcode_data.encode("utf-8")


@given(content=st.binary(max_size=200) | NEARLY.map(json.dumps).map(str.encode))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_body_makes_the_server_fail(gate, content):  # one server for all examples, as at a door
    answer = gate.ask("POST", "/api/scan/ticket/", data=content)
    assert answer.status_code in {400, 404, 406, 409}
    assert answer.json()["success"] is False
