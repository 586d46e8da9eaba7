"""From a pairing code to credentials: asked, kept as pending, tested, promoted. A power cut at any point costs nothing.

Deployed TiBillet servers give the key once for a token, so nothing is asked before it could be kept, and what was
given is on disk before it is tested. Ours gives it again until it was used.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated
from urllib.parse import urljoin, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kiosk import codes
from kiosk.codes import PairingCode
from kiosk.credentials import ApiKey, CanonicalUuid, Credentials, CredentialStore, printable
from kiosk.scan_client.answers import fault_of
from kiosk.scan_client.exchange import Answer, Exchanges, NoAnswer
from kiosk.scan_client.probe import probe
from kiosk.verdict import Fault

ClockIsGood = Callable[[], bool]  # see Exchanges

ASK_S = 10.0  # a tech waits for it; TiBillet makes a key in well below a second
TEST_S = 5.0
_REDIRECTS = 2  # a secondary domain to the primary one, and to the slash


class PairingTrouble(StrEnum):
    """Why a pairing did not come about."""

    ALREADY_PAIRED = "already_paired"
    CODE_REFUSED = "code_refused"  # used up, unknown, tampered with; or expired, where the server does not say
    CODE_EXPIRED = "code_expired"
    KEY_REFUSED = "key_refused"
    UNTESTED = "untested"  # the credentials are kept as pending
    NO_ANSWER = "no_answer"  # nothing, or nothing sensible, came back
    CERTIFICATE_REFUSED = "certificate_refused"
    ANOTHER_KEY = "another_key"  # than the one that the code names
    DISK = "disk"


_MESSAGES = {
    PairingTrouble.ALREADY_PAIRED: "This gate is paired already. The code was not used. Unpair the gate first.",
    PairingTrouble.CODE_REFUSED: "The server refused this pairing code: it was used, has expired, or belongs to "
    "another server. The gate is not paired. Make a new code in the admin and show it.",
    PairingTrouble.CODE_EXPIRED: "This pairing code has expired. The gate is not paired. Make a new code in the admin "
    "and show it.",
    PairingTrouble.KEY_REFUSED: "The server gave a key and then refused it. The gate is not paired. Look whether the "
    "device was archived, make a new code and show it.",
    PairingTrouble.UNTESTED: "The server gave a key, but it could not be tested ({fault}). The key is kept. It is "
    "tested again at the next start; check the network.",
    PairingTrouble.NO_ANSWER: "The server gave no usable answer ({fault}). The gate is not paired. Check the network, "
    "and show the code again; if it is refused then, make a new one.",
    PairingTrouble.CERTIFICATE_REFUSED: "The server's certificate is not trusted here, or it speaks no TLS. Nothing "
    "was sent, and the gate is not paired. Check the gate's clock, the certificate's dates and its authority. A server "
    "that is started with --tls needs no authority: make a new code while it runs, and show it.",
    PairingTrouble.ANOTHER_KEY: "The server does not have the key that this code names. Nothing was sent, and the gate "
    "is not paired. Look whether the address leads to your server. If it was set up anew, make a new code and show it.",
    PairingTrouble.DISK: "The state folder can't be written. The gate is not paired. Look for a full or read-only "
    "disk, then show the code again.",
}
# Why nothing was sent at all; anything else is no answer.
_NOT_SENT = {Fault.TLS: PairingTrouble.CERTIFICATE_REFUSED, Fault.SERVER_KEY_CHANGED: PairingTrouble.ANOTHER_KEY}


@dataclass(frozen=True, slots=True)
class Paired:
    """The credentials in force, on disk and tested."""

    credentials: Credentials


@dataclass(frozen=True, slots=True)
class PairingFailed:
    """``message``: what happened, what it means, what to do. ``fault`` says more with UNTESTED and NO_ANSWER."""

    why: PairingTrouble
    message: str
    fault: Fault | None = None


class _PairAnswer(BaseModel):
    """The documented answer with its types; ``tenant_name`` is TiBillet's, ``extensions`` ours."""

    model_config = ConfigDict(strict=True)

    success: bool
    message: str
    api_key: ApiKey
    device_uuid: CanonicalUuid
    device_name: str
    tenant_name: str = ""
    extensions: Annotated[list[str], Field(max_length=64)] = []


def pair(
    code: PairingCode,
    store: CredentialStore,
    replacing: bool = False,
    clock_is_good: ClockIsGood = lambda: True,
) -> Paired | PairingFailed:
    """Exchange a pairing code for credentials; at most ``ASK_S`` and then ``TEST_S`` seconds. Never raises.

    ``replacing``: the gate was unlocked; the pairing in force stays until the new one has been tested.
    """
    try:
        if store.load() is not None and not replacing:
            return _failed(PairingTrouble.ALREADY_PAIRED)
        store.prepare()
        pending = store.load_pending()
        # The same code shown again after a test without an answer: it may be used up, the key we have is not.
        if pending is not None and (pending.base_url, pending.pin) == (code.base_url, code.pin):
            settled = _settle(pending, store, clock_is_good)
            if isinstance(settled, Paired):
                return settled
        given = _ask(code, clock_is_good)
        if isinstance(given, PairingFailed):
            return given
        store.save_pending(given)
        return _settle(given, store, clock_is_good)
    except OSError:
        return _failed(PairingTrouble.DISK)


def resume(store: CredentialStore, clock_is_good: ClockIsGood = lambda: True) -> Paired | PairingFailed | None:
    """What a start finds: a pending pairing, tested now; else the one in force; None when the gate is unpaired."""
    try:
        credentials = store.load()
        pending = store.load_pending()
        settled = None if pending is None else _settle(pending, store, clock_is_good)
    except OSError:
        return _failed(PairingTrouble.DISK)
    return Paired(credentials) if credentials is not None and not isinstance(settled, Paired) else settled


def unpair(store: CredentialStore) -> bool:
    """Forget the pairing and anything pending; True when there was something to forget. Raises OSError."""
    was_paired = store.load() is not None or store.load_pending() is not None
    store.forget()
    return was_paired


def _settle(pending: Credentials, store: CredentialStore, clock_is_good: ClockIsGood) -> Paired | PairingFailed:
    """Test pending credentials and act on the outcome."""
    exchanges = Exchanges(pending.base_url, pending.api_key, clock_is_good=clock_is_good, pin=pending.pin)
    try:
        fault = probe(exchanges, pending, time.monotonic() + TEST_S)
    finally:
        exchanges.close()
    if fault is None:
        store.promote()
        return Paired(pending)
    # A deployed server's database trouble looks just like a refused key, and its token is used up: keep it there.
    if fault is Fault.KEY_REFUSED and not pending.is_deployed:
        store.forget_pending()
        return _failed(PairingTrouble.KEY_REFUSED)
    return _failed(PairingTrouble.UNTESTED, fault)


def _ask(code: PairingCode, clock_is_good: ClockIsGood) -> Credentials | PairingFailed:
    """GET the pairing path, with at most two redirects that lead to the same path on an equally safe host."""
    slash = "/" if code.dialect == "deployed" else ""
    path = f"{code.prefix}/{code.token}/pair{slash}"
    deadline = time.monotonic() + ASK_S
    for _ in range(1 + _REDIRECTS):
        exchanges = Exchanges(code.base_url, None, clock_is_good=clock_is_good, pin=code.pin)
        try:
            answer = exchanges.get(path, deadline)
        finally:
            exchanges.close()
        if isinstance(answer, NoAnswer):
            return _failed(_NOT_SENT.get(answer.fault, PairingTrouble.NO_ANSWER), answer.fault)
        if answer.status not in {301, 302, 303, 307, 308}:
            return _given(answer, code)
        target = urljoin(code.base_url + path, answer.location or "")
        followed = _followed(target, code)
        if followed is None:
            break
        code, path = followed, urlsplit(target).path
    return _failed(PairingTrouble.NO_ANSWER, Fault.ODD_ANSWER)


def _followed(target: str, code: PairingCode) -> PairingCode | None:
    """The pairing code at a redirect's target, None when it leads to anything but the same one, or away from HTTPS."""
    found = codes.parse(target)
    if not isinstance(found, PairingCode) or (found.prefix, found.token) != (code.prefix, code.token):
        return None
    is_downgrade = code.base_url.startswith("https:") and not found.base_url.startswith("https:")
    return None if is_downgrade else replace(found, pin=code.pin)  # the key that the admin's code named, or nobody


def _given(answer: Answer, code: PairingCode) -> Credentials | PairingFailed:
    if answer.status == 400 and isinstance(answer.body, dict):
        error = answer.body.get("error")
        # Django's signing says "Signature age 300183.1 > 300000 seconds" (wire.jsonl).
        is_expired = isinstance(error, str) and error.startswith("Signature age ")
        return _failed(PairingTrouble.CODE_EXPIRED if is_expired else PairingTrouble.CODE_REFUSED)
    if answer.status != 200:
        return _failed(PairingTrouble.NO_ANSWER, fault_of(answer))
    try:
        given = _PairAnswer.model_validate(answer.body)
    except ValidationError:  # its text would show the key
        given = None
    if given is None or not given.success:
        return _failed(PairingTrouble.NO_ANSWER, Fault.ODD_ANSWER)
    return Credentials(
        base_url=code.base_url,
        prefix=code.prefix,
        api_key=given.api_key,
        device_uuid=given.device_uuid,
        device_name=printable(given.device_name),
        tenant=printable(given.tenant_name),
        extensions=frozenset(given.extensions),
        pin=code.pin,
    )


def _failed(why: PairingTrouble, fault: Fault | None = None) -> PairingFailed:
    return PairingFailed(why, _MESSAGES[why].format(fault=fault), fault)
