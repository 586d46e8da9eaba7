"""Contacts on a real kernel's lines: an edge is told once, when it is no bounce, whichever way the contact rests."""

RELAY = 17
CONTACTS = {"passage": 5, "exit_request": 6, "emergency": 13, "unlock": 19, "tamper": 26}


def test_every_contact_that_closes_and_opens_is_told_and_no_other(start_daemon, chip, eventually):
    daemon = start_daemon(relay=RELAY, **CONTACTS)
    for name, line in CONTACTS.items():
        chip.pull(line, 0)  # the contact is closed: the pin lies on ground
        eventually(f"{name} closed", lambda: daemon.said()[-1] == f"{name} 1")  # noqa: B023  (asked at once)
        chip.pull(line, 1)
        eventually(f"{name} open", lambda: daemon.said()[-1] == f"{name} 0")  # noqa: B023
    told = [f"{name} {value}" for name in CONTACTS for value in (1, 0)]
    assert [line for line in daemon.said() if line != "ready"] == told


def test_a_contact_closed_at_rest_is_active_when_it_opens(start_daemon, chip, eventually):
    daemon = start_daemon(relay=RELAY, passage=CONTACTS["passage"], normally_closed=["passage"])
    chip.pull(CONTACTS["passage"], 0)
    eventually("at rest", lambda: daemon.said()[-1] == "passage 0")
    chip.pull(CONTACTS["passage"], 1)
    eventually("active", lambda: daemon.said()[-1] == "passage 1")


def test_a_contact_that_bounces_is_told_once(start_daemon, chip, eventually):
    daemon = start_daemon(relay=RELAY, passage=CONTACTS["passage"], debounce_ms=200)
    for _ in range(50):
        chip.pull(CONTACTS["passage"], 0)
        chip.pull(CONTACTS["passage"], 1)
    chip.pull(CONTACTS["passage"], 0)
    eventually("passage", lambda: "passage 1" in daemon.said())
    assert [line for line in daemon.said() if line != "ready"] == ["passage 1"]


def test_contacts_are_seen_while_the_relay_moves_and_move_none_themselves(start_daemon, chip, eventually):
    daemon = start_daemon(relay=RELAY, pulse_ms=10_000, **CONTACTS)
    daemon.tell("pulse")
    chip.pull(CONTACTS["passage"], 0)
    eventually("passage", lambda: "passage 1" in daemon.said())
    assert chip.levels(RELAY) == [0, 1]
    assert [chip.levels(line) for line in CONTACTS.values()] == [[]] * len(CONTACTS)
