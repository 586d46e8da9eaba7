"""Is the ticket server there, and is this gate's key good? Consumes nothing; doctor, pairing and odd answers use it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from kiosk.credentials import Credentials
from kiosk.scan_client.answers import fault_of
from kiosk.scan_client.exchange import Answer, Exchanges, NoAnswer
from kiosk.verdict import Fault


def probe(exchanges: Exchanges, credentials: Credentials, deadline: float) -> Fault | None:
    """None when all is well. ``deadline`` in monotonic seconds."""
    return examine(exchanges, credentials, deadline)[0]


def examine(
    exchanges: Exchanges, credentials: Credentials, deadline: float
) -> tuple[Fault | None, frozenset[str] | None]:
    """The same, and the extensions that the server offers now; None when it does not say (``/scan/`` never does)."""
    path = "check_api_scan/" if credentials.is_deployed else "test_api/"
    answer = exchanges.get(f"{credentials.prefix}/{path}", deadline)
    if isinstance(answer, NoAnswer):
        return answer.fault, None
    if answer.status == 200:
        fault = _of_success(answer, credentials)
        return fault, None if fault or credentials.is_deployed else _offered(answer.body)
    if credentials.is_deployed and is_key_perhaps_refused(answer):
        return _tell_apart(exchanges, credentials, deadline), None
    return fault_of(answer), None


def is_key_perhaps_refused(answer: Answer) -> bool:
    """True for a 500 that is no JSON: what deployed servers send for an unknown key, and for their own trouble."""
    return answer.status == 500 and answer.body is None


def _tell_apart(exchanges: Exchanges, credentials: Credentials, deadline: float) -> Fault:
    """A call with the key is a 500 page: when the same server answers one without a key, it is the key."""
    answer = exchanges.get(f"{credentials.prefix}/check_allow_any/", deadline, with_key=False)
    is_up = isinstance(answer, Answer) and answer.status == 200 and answer.body == {"allow_any": True}
    return Fault.KEY_REFUSED if is_up else Fault.SERVER_TROUBLE


def _offered(body: dict[str, Any]) -> frozenset[str]:
    listed = body.get("extensions")
    return frozenset(each for each in listed if isinstance(each, str)) if isinstance(listed, list) else frozenset()


def _of_success(answer: Answer, credentials: Credentials) -> Fault | None:
    body = answer.body if isinstance(answer.body, dict) else {}
    if credentials.is_deployed:
        return None if isinstance(body.get("scan_app"), str) else Fault.ODD_ANSWER
    device = body.get("device_info")
    if body.get("success") is not True or not isinstance(device, dict):
        return Fault.ODD_ANSWER
    if device.get("archived") is True:
        return Fault.KEY_REFUSED
    try:
        is_ours = str(UUID(str(device.get("uuid")))) == credentials.device_uuid
    except ValueError:
        is_ours = False
    return None if is_ours else Fault.ODD_ANSWER
