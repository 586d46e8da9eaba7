"""Who is asking: the peer's address, or what a trusted proxy says; and one line a request."""

from __future__ import annotations

import logging
from ipaddress import ip_network
from wsgiref.util import setup_testing_defaults

import bottle
import pytest

from api import log
from api.access import Access
from api.app import make_app
from api.lane import ARRIVED, Together

PEERS = ["192.168.1.7", "192.168.1.8"]
PROXIES = (ip_network("127.0.0.0/8"), ip_network("10.0.0.9"))


def _no_app(_environ, _start_response):
    raise AssertionError("asked past the lane")


def _ask(proxies, peer, **headers):
    """The address that the application and Bottle see, and the headers left."""
    seen = {}

    def application(environ, start_response):
        seen.update(environ)
        seen["bottle"] = bottle.BaseRequest(environ).remote_addr
        start_response("200 OK", [])
        return [b""]

    environ = {"REMOTE_ADDR": peer, **headers}
    setup_testing_defaults(environ)
    list(Access(application, proxies, write_lines=False)(environ, lambda *_: None))
    return seen


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "client"),
    [
        ((), "192.168.1.7", "1.2.3.4", "192.168.1.7"),
        ((), "127.0.0.1", "1.2.3.4", "127.0.0.1"),
        (PROXIES, "192.168.1.7", "1.2.3.4", "192.168.1.7"),
        (PROXIES, "127.0.0.1", "1.2.3.4", "1.2.3.4"),
        (PROXIES, "127.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (PROXIES, "127.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.9", "1.2.3.4"),
        (PROXIES, "127.0.0.1", "10.0.0.9", "10.0.0.9"),
        (PROXIES, "127.0.0.1", "1.2.3.4, rubbish", "127.0.0.1"),
        (PROXIES, "127.0.0.1", "fd00::1", "fd00::1"),
        (PROXIES, "", "1.2.3.4", ""),
    ],
)
def test_the_client_is_who_the_last_trusted_hop_saw(proxies, peer, forwarded, client):
    seen = _ask(proxies, peer, HTTP_X_FORWARDED_FOR=forwarded)
    assert seen["REMOTE_ADDR"] == client
    assert (seen["bottle"] or "") == client


def test_a_proxy_that_names_nobody_is_the_client():
    assert _ask(PROXIES, "127.0.0.1")["REMOTE_ADDR"] == "127.0.0.1"


def test_forwarding_headers_of_strangers_never_reach_the_application():
    seen = _ask(PROXIES, "192.168.1.7", HTTP_X_FORWARDED_HOST="evil", HTTP_FORWARDED="for=evil", HTTP_X_OTHER="kept")
    assert not {"HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED"} & set(seen)
    assert seen["HTTP_X_OTHER"] == "kept"


def test_a_request_that_breaks_the_application_has_its_line_too(caplog):
    def broken(_environ, _start_response):
        raise RuntimeError("broken")

    environ = {"REMOTE_ADDR": "192.168.1.7", "PATH_INFO": "/a b\nc"}
    setup_testing_defaults(environ)
    with caplog.at_level(logging.INFO, "api.access"), pytest.raises(RuntimeError):
        Access(broken, (), write_lines=True)(environ, lambda *_: None)
    assert 'method=GET path="/a b\\nc" status=500' in caplog.text


def test_requests_that_break_the_lane_s_calls_have_their_lines_too(caplog):
    def broken(_environs):
        raise RuntimeError("broken")

    calls = Access(_no_app, (), write_lines=True).around(Together(frozenset(), broken, lambda _is_quiet: None))
    environs = [{"REMOTE_ADDR": peer, "PATH_INFO": "/api/scan/ticket/", ARRIVED: 0.0} for peer in PEERS]
    for environ in environs:
        setup_testing_defaults(environ)
    with caplog.at_level(logging.INFO, "api.access"), pytest.raises(RuntimeError):
        calls.answer(environs)
    lines = [record.getMessage() for record in caplog.records if record.name == "api.access"]
    assert [line.partition(" client=")[2] for line in lines] == PEERS
    assert all(" path=/api/scan/ticket/ status=500 " in line for line in lines)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/api/scan/ticket/", "/api/scan/ticket/"),
        ("/api/scan/eyJ1dWlkIjog.abc/pair", "/api/scan/***/pair"),
        ("/admin/events/8b1b6f1e-0000-4000-8000-0000000000ff", "/admin/events/<uuid>"),
        ("/Quatremère", "/***"),
        ("/scan/ticket/eyJ1dWlkIjog:kz+/8w==", "/scan/ticket/***/***"),
        ("/admin/tickets/zephyrine@example.org/cancel/now", "/admin/tickets/***/cancel/***"),
    ],
)
def test_of_an_address_the_log_tells_the_words_that_are_ours_whoever_puts_what_into_it(store, capsys, path, told):
    environ = {"REMOTE_ADDR": "192.168.1.7", "PATH_INFO": path.encode().decode("latin-1")}
    setup_testing_defaults(environ)
    logger = logging.getLogger()
    before = logger.handlers[:], logger.level
    try:
        log.start("info")
        list(Access(make_app(store), (), write_lines=True)(environ, lambda *_: None))
    finally:
        logger.handlers[:], level = before
        logger.setLevel(level)
    assert f" path={told} " in capsys.readouterr().err
