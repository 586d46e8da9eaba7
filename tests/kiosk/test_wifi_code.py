"""Which texts are a Wi-Fi card, and what they say; everything else is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk import codes
from kiosk.codes import PairingCode, TestCard, TicketCode, Unreadable, parse
from kiosk.wifi_code import WifiCode

PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=32).filter(
    lambda name: name.isprintable() and "\ufffd" not in name and len(name.encode()) <= 32
)
passphrases = st.text(PRINTABLE, min_size=8, max_size=63)


def why(text: str) -> str:
    code = parse(text)
    assert isinstance(code, Unreadable), code
    return code.why


@given(names, passphrases, st.booleans())
def test_a_card_round_trips_whatever_its_name_and_password_hold(name: str, secret: str, hidden: bool) -> None:
    code = WifiCode(name.encode(), "wpa", secret, hidden)
    assert parse(code.text) == code


@given(st.binary(min_size=17, max_size=32))
def test_a_name_of_any_bytes_round_trips_in_hexadecimal(ssid: bytes) -> None:
    code = WifiCode(ssid, "sae", "x")
    assert parse(code.text) == code


@given(names)
def test_an_open_network_round_trips(name: str) -> None:
    assert parse(WifiCode(name.encode(), "open").text) == WifiCode(name.encode(), "open")


@given(st.text(alphabet=st.sampled_from('WIFI:TSPH;\\"\n[]=aé\x00,true')).map(lambda rest: f"WIFI:{rest}"))
def test_what_begins_as_a_card_is_a_card_or_unreadable_and_never_anything_else(text: str) -> None:
    assert isinstance(parse(text), WifiCode | Unreadable)


@given(st.text())
def test_no_text_is_taken_for_a_card_that_does_not_begin_as_one(text: str) -> None:
    code = parse(text)
    assert isinstance(code, TicketCode | PairingCode | Unreadable) or text.startswith(("WIFI:", codes.TEST_CARD))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WIFI:T:WPA;S:mynetwork;P:mypass12;;", WifiCode(b"mynetwork", "wpa", "mypass12")),
        ("WIFI:S:Salle;P:pass-word;T:WPA2;H:true;;", WifiCode(b"Salle", "wpa", "pass-word", hidden=True)),
        ("WIFI:T:SAE;S:Salle;P:court;R:1;;", WifiCode(b"Salle", "sae", "court")),
        ("WIFI:T:nopass;S:Ouvert;;", WifiCode(b"Ouvert", "open")),
        ("WIFI:S:Ouvert;P:;H:false;;", WifiCode(b"Ouvert", "open")),
        ("WIFI:T:WPA;S:Théâtre;P:12345678;;", WifiCode("Théâtre".encode(), "wpa", "12345678")),
        ('WIFI:T:WPA;S:"CAFE";P:"deadbeef";;', WifiCode(b"CAFE", "wpa", "deadbeef")),
        ("WIFI:T:WPA;S:CAFE;P:deadbeef;;", WifiCode(b"CAFE", "wpa", "deadbeef")),
        ('WIFI:T:WPA;S:\\"foo\\;bar\\\\baz\\";P:a\\:b\\,c\\;dx;;', WifiCode(b'"foo;bar\\baz"', "wpa", "a:b,c;dx")),
        ("WIFI:T:WPA;S:a:b,c;P:http://x;;", WifiCode(b"a:b,c", "wpa", "http://x")),
        (f"WIFI:T:WPA;S:x;P:{'0a' * 32};;", WifiCode(b"x", "wpa", "0a" * 32)),
        (f"WIFI:T:WPA;S:{'00' * 17};P:12345678;;", WifiCode(bytes(17), "wpa", "12345678")),
        ("WIFI:T:WPA;S:x;P:12345678;;\n", WifiCode(b"x", "wpa", "12345678")),
    ],
)
def test_what_phones_and_printers_write_is_read(text: str, expected: WifiCode) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "WIFI:",
        "WIFI:;",
        "WIFI:;;",
        "WIFI:T:WPA;P:12345678;;",  # no name
        "WIFI:T:WPA;S:;P:12345678;;",
        "WIFI:T:WPA;S:x;P:12345678;",  # cut short
        "WIFI:T:WPA;S:x;P:12345678",
        "WIFI:T:WPA;S:x;P:12345678;;;",
        "WIFI:T:WPA;S:x;P:12345678;;more",
        "WIFI:T:WPA;S:x;S:y;P:12345678;;",  # a field twice
        "WIFI:T:WPA;S:x;P:12345678;Z:1;;",  # an unknown one
        "wifi:T:WPA;S:x;P:12345678;;",
        "WIFI:T:wpa;S:x;P:12345678;;",
        "WIFI:T:WPA;S:x;P:1234567;;",  # too short for WPA
        f"WIFI:T:WPA;S:x;P:{'p' * 64};;",
        f'WIFI:T:WPA;S:x;P:"{"p" * 64}";;',
        "WIFI:T:WPA;S:x;;",
        "WIFI:T:nopass;S:x;P:12345678;;",  # a password that nobody would ask for
        "WIFI:S:x;P:12345678;;",
        "WIFI:T:WPA;S:x;P:motdépasse;;",  # not ASCII
        "WIFI:T:WPA;S:x;P:1234567\x7f8;;",
        f"WIFI:T:WPA;S:{'x' * 33};P:12345678;;",
        f"WIFI:T:WPA;S:{'é' * 17};P:12345678;;",  # 34 bytes
        "WIFI:T:WPA;S:a\nb;P:12345678;;",
        "WIFI:T:WPA;S:x\n[ipv4]\nmethod=manual;P:12345678;;",
        "WIFI:T:WPA;S:x;P:12345678\n[proxy];;",
        "WIFI:T:WPA;S:a\x00b;P:12345678;;",
        "WIFI:T:WPA;S:a\ufffdb;P:12345678;;",  # what a decoder could not read
        "WIFI:T:WPA;S:a\\nb;P:12345678;;",  # an escape that is none
        "WIFI:T:WPA;S:x\\;P:12345678;;",
        'WIFI:T:WPA;S:"x;P:12345678;;',  # half quoted
        "WIFI:T:WPA;S:x;P:12345678;H:maybe;;",
        "WIFI:T:WPA;S:\ud800;P:12345678;;",
    ],
)
def test_what_is_cut_ambiguous_or_hostile_is_no_card(text: str) -> None:
    assert why(text) in {"bad_wifi", "not_a_code"}


@pytest.mark.parametrize(
    "text",
    ["WIFI:T:WEP;S:x;P:12345;;", "WIFI:T:WPA2-EAP;S:x;E:PEAP;PH2:MSCHAPV2;I:me;P:secret;;"],
)
def test_a_network_that_the_gate_can_not_join_is_named_as_such(text: str) -> None:
    assert why(text) == "wifi_unsupported"


def test_a_card_of_ten_thousand_characters_is_not_even_looked_at() -> None:
    assert why(f"WIFI:T:WPA;S:{'x' * 10_000};P:12345678;;") == "too_long"


@given(passphrases)
def test_a_password_is_in_no_representation_of_its_card(secret: str) -> None:
    code = WifiCode(b"s", "wpa", f"{secret[:61]}!!")
    assert code.secret not in repr(code)


def test_an_impossible_network_says_why_and_does_not_quote_the_password() -> None:
    with pytest.raises(ValueError, match="8 to 63") as raised:
        WifiCode(b"s", "wpa", "short")
    assert "short" not in str(raised.value)


def test_the_test_card_is_one_exact_text() -> None:
    assert parse("PORTILLON-TEST") == TestCard()
    for other in ("portillon-test", "PORTILLON-TEST ", " PORTILLON-TEST", "PORTILLON-TEST\0", "PORTILLON-TESTS"):
        assert why(other) == "not_a_code"
