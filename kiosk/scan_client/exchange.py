"""One HTTP exchange with the ticket server: a request, and an answer or the reason why there is none. Never raises."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
import urllib3.exceptions

from kiosk.scan_client.connection import Budget, TimedAdapter, within
from kiosk.scan_client.pinned import PinnedAdapter, ServerKeyChangedError
from kiosk.verdict import Fault

BODY_LIMIT = 64 * 1024  # bytes; the longest answer to a scan is below 2 KiB
# Seconds an answer may take before the request is given up and sent again, when the whole budget is short:
# ours wants 250 ms, TiBillet 100 ms and more in the field (facts: gates; scan-api: pace).
LEAST_PATIENCE = 0.5

# OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED, of any certificate in the chain.
_BY_DATE = {9, 10}

_TROUBLE = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,  # raised as it is while a body is read
    http.client.HTTPException,
    OSError,
    ValueError,  # http.client and urllib3 let it through for header values that are no numbers
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server sent back, whole. ``body`` is the parsed JSON, None when it was not JSON in UTF-8."""

    status: int
    body: Any
    location: str | None = None
    retry_after: float | None = None  # seconds


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nothing usable came back. ``may_have_arrived``: the server may have acted on the request all the same."""

    fault: Fault
    may_have_arrived: bool


class Exchanges:
    """HTTP with one server over one ``requests.Session``: keep-alive, no cookies, no proxies, no redirects.

    ``api_key`` None: without Authorization (pairing). One thread at a time gets the most out of keep-alive; more are
    allowed. ``clock_is_good`` False: a certificate that its dates alone make invalid is Fault.CLOCK and not TLS.
    ``pin``: only the holder of this key is spoken to (see ``pinned``), by https alone; "": any authority is believed.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str | None,
        session: requests.Session | None = None,
        clock_is_good: Callable[[], bool] = lambda: True,
        pin: str = "",
    ) -> None:
        self._clock_is_good = clock_is_good
        self._base_url = base_url
        self._session = session or requests.Session()
        self._session.trust_env = False  # no proxy, no .netrc; saves 0.2 ms as well (facts)
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # a cookie brings a CSRF 403
        adapter = TimedAdapter(pool_connections=2, pool_maxsize=2)
        if pin:
            self._session.adapters.clear()  # plain HTTP, above all
            self._session.mount("https://", PinnedAdapter(pin, pool_connections=2, pool_maxsize=2))
        else:
            self._session.mount("https://", adapter)
            self._session.mount("http://", adapter)
        self._session.headers.update(
            {
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "Accept-Language": "en",
                "User-Agent": "portillon-kiosk",
            }
        )
        # With each request and not in the session, which pairing may use for another server as well.
        self._key = {} if api_key is None else {"Authorization": f"Api-Key {api_key}"}

    def get(self, path: str, deadline: float, limit: int = BODY_LIMIT, with_key: bool = True) -> Answer | NoAnswer:
        """GET; ``deadline`` in monotonic seconds, ``limit`` in bytes of body."""
        request = requests.Request("GET", self._base_url + path, headers=self._key if with_key else {})
        return self._exchange(request, deadline, limit)

    def post(self, path: str, body: dict[str, Any], deadline: float) -> Answer | NoAnswer:
        """POST a JSON object."""
        request = requests.Request("POST", self._base_url + path, headers=self._key, json=body)
        return self._exchange(request, deadline, BODY_LIMIT)

    def close(self) -> None:
        """Close the idle connections."""
        self._session.close()

    def _exchange(self, request: requests.Request, deadline: float, limit: int) -> Answer | NoAnswer:
        left = deadline - time.monotonic()
        if left <= 0:
            return NoAnswer(Fault.TIMEOUT, may_have_arrived=False)
        budget = Budget(deadline, patience=max(LEAST_PATIENCE, left / 2))
        prepared = self._session.prepare_request(request)
        try:
            with (
                within(budget),
                self._session.send(prepared, timeout=left, allow_redirects=False, stream=True) as response,
            ):
                content = response.raw.read(limit + 1, decode_content=True)
                return _answer(response, content) if len(content) <= limit else _odd(budget)
        except _TROUBLE as error:
            fault = _fault(error, budget)
            if fault is Fault.TLS and _is_by_date(error) and not self._clock_is_good():
                fault = Fault.CLOCK
            return NoAnswer(fault, budget.may_have_arrived)


def _odd(budget: Budget) -> NoAnswer:
    return NoAnswer(Fault.ODD_ANSWER, budget.may_have_arrived)


def _answer(response: requests.Response, content: bytes) -> Answer:
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return Answer(
        status=response.status_code,
        body=_json(content) if kind == "application/json" else None,
        location=response.headers.get("Location"),
        retry_after=_seconds(response.headers.get("Retry-After", "")),
    )


def _json(content: bytes) -> Any:
    try:
        return json.loads(content.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _seconds(text: str) -> float | None:
    """Retry-After in seconds. A date is ignored: a gate's clock may be wrong."""
    return float(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None


def _fault(error: BaseException, budget: Budget) -> Fault:
    """What kept the answer away: the innermost cause that says something, then how far the request had come."""
    causes = list(_causes(error))
    if any(isinstance(cause, ServerKeyChangedError) for cause in causes):
        return Fault.SERVER_KEY_CHANGED
    is_tls = any(isinstance(cause, ssl.SSLError | urllib3.exceptions.SSLError) for cause in causes)
    if is_tls:  # later than the handshake it is a connection that broke
        return Fault.NO_NETWORK if budget.may_have_arrived else Fault.TLS
    if not budget.is_connected:
        return Fault.NO_NETWORK
    if any(isinstance(cause, TimeoutError | urllib3.exceptions.TimeoutError) for cause in causes):
        return Fault.TIMEOUT
    if any(isinstance(cause, ConnectionError) for cause in causes):  # reset, or closed without a word
        return Fault.NO_NETWORK
    return Fault.ODD_ANSWER


def _is_by_date(error: BaseException) -> bool:
    """True for a certificate that is not valid yet, or no longer, by this machine's clock."""
    refused = (cause for cause in _causes(error) if isinstance(cause, ssl.SSLCertVerificationError))
    return any(cause.verify_code in _BY_DATE for cause in refused)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and everything inside it; requests and urllib3 wrap by cause, by context, by ``reason`` and by args."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
