"""What is a ticket code, what is a pairing code, and what is neither."""

from __future__ import annotations

import base64
import json
import string
import uuid as uuids
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import codes
from kiosk.codes import PairingCode, TestCard, TicketCode, Unreadable, parse
from kiosk.wifi_code import WifiCode

FRAMES = Path(__file__).parents[1] / "frames"
UUID = "e8566431-e258-4268-8806-d26f27401fa0"
TOKEN = "NDVlNzFhM2YtYWFlYi00ODFm.LWE4YjQ_YTc2:ZjM1ZWRhNzVm"
URLSAFE = string.ascii_letters + string.digits + "-_="

signatures = st.one_of(st.binary(min_size=64, max_size=64), st.binary(min_size=256, max_size=512))


def ticket(payload: str, signature: bytes = bytes(64)) -> str:
    data = base64.urlsafe_b64encode(payload.encode()).decode()
    return f"{data}:{base64.urlsafe_b64encode(signature).decode()}"


def payload(uuid: str, compact: bool = False) -> str:
    return json.dumps({"uuid": uuid}, separators=(",", ":") if compact else None)


def why(text: str) -> str:
    code = parse(text)
    assert isinstance(code, Unreadable), code
    return code.why


@given(st.uuids(), signatures, st.booleans())
def test_a_ticket_code_round_trips(uuid: uuids.UUID, signature: bytes, compact: bool) -> None:
    text = ticket(payload(str(uuid), compact), signature)
    code = parse(text)
    assert code == TicketCode(text, str(uuid), text.split(":")[0].encode(), signature)


@given(st.uuids())
def test_a_uuid_in_capitals_is_known_by_its_canonical_form(uuid: uuids.UUID) -> None:
    code = parse(ticket(payload(str(uuid).upper())))
    assert isinstance(code, TicketCode)
    assert code.uuid == str(uuid)


@given(st.text())
def test_no_text_makes_the_parser_raise(text: str) -> None:
    assert isinstance(parse(text), TicketCode | PairingCode | WifiCode | TestCard | Unreadable)


@given(st.text(alphabet=st.characters(codec=None), max_size=3000))
def test_lone_surrogates_and_long_texts_do_not_make_the_parser_raise(text: str) -> None:
    assert isinstance(parse(text), Unreadable)


@given(st.uuids(), st.integers(0, 63), st.sampled_from(URLSAFE + ":/ \n\0é"))
def test_a_changed_character_in_the_data_never_gives_the_same_code(uuid: uuids.UUID, at: int, new: str) -> None:
    text = ticket(payload(str(uuid)))
    if text[at] == new:
        return
    code = parse(text[:at] + new + text[at + 1 :])
    assert isinstance(code, Unreadable | TicketCode)
    if isinstance(code, TicketCode):
        assert code.data.decode() != text[:64]
        assert code.text != text


@given(st.uuids(), signatures, st.data())
def test_a_changed_character_in_the_signature_never_gives_the_same_signature(
    uuid: uuids.UUID, signature: bytes, data: st.DataObject
) -> None:
    text = ticket(payload(str(uuid)), signature)
    at = data.draw(st.integers(65, len(text) - 1))
    new = data.draw(st.sampled_from([c for c in URLSAFE if c != text[at]]))
    code = parse(text[:at] + new + text[at + 1 :])
    assert isinstance(code, Unreadable) or (isinstance(code, TicketCode) and code.signature != signature)


@given(st.uuids(), st.integers(0, 152))
def test_a_ticket_code_cut_short_is_unreadable(uuid: uuids.UUID, length: int) -> None:
    assert isinstance(parse(ticket(payload(str(uuid)))[:length]), Unreadable)


@given(st.text(min_size=1))
def test_an_unreadable_text_is_known_again_and_not_kept(text: str) -> None:
    code = parse(text)
    assert isinstance(code, Unreadable)
    assert code == parse(text)
    assert len(code.digest) == 16
    assert set(code.digest) <= set("0123456789abcdef")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_one_line_break_at_the_end_is_dropped(end: str) -> None:
    text = ticket(payload(UUID))
    assert parse(text + end) == parse(text)


@pytest.mark.parametrize("end", ["\n\n", " ", "\t", "\0", "\r\n\r\n", "=", ":"])
def test_anything_else_after_a_code_is_refused(end: str) -> None:
    assert isinstance(parse(ticket(payload(UUID)) + end), Unreadable)


@pytest.mark.parametrize(
    "text",
    [
        f'{{"uuid": "{UUID}", "uuid": "{UUID}"}}',
        f'{{"uuid": "{UUID}", "admin": true}}',
        f'{{"UUID": "{UUID}"}}',
        f'{{"uuid":  "{UUID}"}}',
        f'[{{"uuid": "{UUID}"}}]',
        f'{{"uuid": "{UUID.replace("-", "")}"}}',
        '{"uuid": "e8566431-e258-4268-8806-d26f27401faé"}',
        '{"uuid": ""}',
        '{"uuid": null}',
        "{}",
        UUID,
    ],
)
def test_data_of_another_shape_is_refused(text: str) -> None:
    assert why(ticket(text)) == "bad_data"


@pytest.mark.parametrize("size", [0, 1, 63, 65, 128, 255, 513])
def test_a_signature_of_another_length_is_refused(size: int) -> None:
    assert why(ticket(payload(UUID), bytes(size))) in {"bad_signature", "not_a_code"}


def test_the_standard_alphabet_and_missing_padding_are_refused() -> None:
    text = ticket(payload(UUID), b"\xff" * 64)
    assert isinstance(parse(text.replace("_", "/")), Unreadable)
    assert isinstance(parse(text.rstrip("=")), Unreadable)


def test_stray_bits_at_the_end_of_base64_are_refused() -> None:
    text = ticket(payload(UUID), bytes(64))
    assert why(text.removesuffix("A==") + "B==") == "bad_signature"
    compact = ticket(payload(UUID, compact=True))
    assert compact[62:65] == "0=:"
    assert why(compact.replace("0=:", "1=:")) == "bad_data"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "empty"),
        ("\n", "empty"),
        ("BEGIN:VCARD\nVERSION:3.0\nN:Doe;Jane\nEND:VCARD", "not_a_code"),
        ("https://example.org/menu", "not_a_code"),
        ("javascript:alert(1)", "not_a_code"),
        ("'; DROP TABLE ticket; --", "not_a_code"),
        ("x" * 3072, "too_long"),
        ("Entrée", "not_ascii"),
        ("ticket\u200b", "not_ascii"),
    ],
)
def test_what_people_hold_up_is_named(text: str, word: str) -> None:
    assert why(text) == word


def test_the_longest_code_of_either_kind_fits_under_the_cap() -> None:
    assert isinstance(parse(ticket(payload(UUID), bytes(512))), TicketCode)
    host = ".".join(["h" * 62] * 4)
    assert isinstance(parse(f"https://{host}:65535/api/scan/{'t' * 400}==/pair/"), PairingCode)
    assert why(f"https://a.org/scan/t/pair#{'x' * codes.MAX_LENGTH}") == "too_long"


@pytest.mark.parametrize(
    ("url", "base", "prefix", "dialect"),
    [
        (f"https://demo.tibillet.org/scan/{TOKEN}/pair", "https://demo.tibillet.org", "/scan", "deployed"),
        (f"https://gate.example/api/scan/{TOKEN}/pair/", "https://gate.example", "/api/scan", "documented"),
        (f"https://Gate.Example:8443/scan/{TOKEN}/pair", "https://gate.example:8443", "/scan", "deployed"),
        (f"https://[2001:db8::1]/scan/{TOKEN}/pair", "https://[2001:db8::1]", "/scan", "deployed"),
        (f"https://a.org/scan/{TOKEN}/pair#gate=abc_123", "https://a.org", "/scan", "deployed"),
        (
            f"http://lespass.tibillet.localhost:8042/scan/{TOKEN}/pair",
            *("http://lespass.tibillet.localhost:8042", "/scan", "deployed"),
        ),
    ],
)
def test_a_pairing_code_tells_server_prefix_and_token(url: str, base: str, prefix: str, dialect: str) -> None:
    code = parse(url)
    assert isinstance(code, PairingCode)
    assert (code.base_url, code.prefix, code.token, code.dialect) == (base, prefix, TOKEN, dialect)


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "172.31.255.255"),
        *("192.168.1.9:8000", "169.254.3.4", "[::1]:8000", "[fd00::5]", "[fe80::1]"),
    ],
)
def test_plain_http_is_taken_from_near_by(host: str) -> None:
    assert isinstance(parse(f"http://{host}/scan/{TOKEN}/pair"), PairingCode)


@pytest.mark.parametrize(
    "host",
    [
        *("demo.tibillet.org", "8.8.8.8", "172.32.0.1", "11.0.0.1", "0.0.0.0", "[2001:db8::1]"),
        *("localhost.evil.org", "evillocalhost", "10.0.0.1.evil.org", "192.168.1.evil", "[::ffff:10.0.0.1]"),
    ],
)
def test_plain_http_from_anywhere_else_is_named(host: str) -> None:
    assert why(f"http://{host}/scan/{TOKEN}/pair") == "plain_http"


@pytest.mark.parametrize(
    "host",
    [
        "127.1",
        "2130706433",
        "0x7f000001",
        "10.0.0.1.5",
        "a..b",
        "-a.org",
        "a.org.",
        "[::1::2]",
        "a.org:65536",
        "256.1.1.1",
    ],
)
def test_a_host_that_resolvers_read_in_their_own_way_is_refused(host: str) -> None:
    assert why(f"https://{host}/scan/{TOKEN}/pair") == "bad_host"


@pytest.mark.parametrize(
    "url",
    [
        f"https://user:secret@a.org/scan/{TOKEN}/pair",
        f"https://a.org/scan/{TOKEN}/pair?next=1",
        f"https://a.org/other/scan/{TOKEN}/pair",
        "https://a.org/scan/../pair",
        "https://a.org/scan/./pair",
        "https://a.org/scan//pair",
        "https://a.org/scan/a%2Fb/pair",
        f"https://a.org/scan/{TOKEN}/pair//",
        f"https://a.org/scan/{TOKEN}/pair/now",
        f"https://a.org\\@b.org/scan/{TOKEN}/pair",
        f"https://a_b.org/scan/{TOKEN}/pair",
        f"ftp://a.org/scan/{TOKEN}/pair",
        f"HTTPS://a.org/scan/{TOKEN}/pair",
        f"https://a.org/scan/{'t' * 401}/pair",
        f"https://a.org:0/scan/{TOKEN}/pair",
        f"https://a.org/scan/{TOKEN}/pair\nHost: b.org",
    ],
)
def test_a_url_outside_the_grammar_is_not_a_pairing_code(url: str) -> None:
    assert why(url) == "not_a_code"


@given(st.text(alphabet="htps:/.[]@#?%\\0x1:af-_ \n", max_size=80))
def test_no_url_like_text_makes_the_parser_raise(text: str) -> None:
    assert isinstance(parse(f"https://{text}/scan/x/pair"), PairingCode | Unreadable)
    assert isinstance(parse(f"http://{text}"), Unreadable)


@pytest.mark.parametrize(
    "frame",
    [json.loads(line) for line in (FRAMES / "manifest.jsonl").read_text().splitlines()],
    ids=lambda f: f["file"],
)
def test_every_payload_of_the_corpus_is_a_code(frame: dict[str, str | None]) -> None:
    if frame["payload"] is not None:
        assert not isinstance(parse(frame["payload"]), Unreadable)
