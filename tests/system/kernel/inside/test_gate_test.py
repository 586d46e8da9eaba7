"""``gate test`` on a real kernel's lines: it opens the gate again and again, in one process, and leaves it shut."""

import re
import threading

from kiosk import settings, trial

RELAY, RED, UNLOCK = 17, 23, 19


class Tech:
    """Says no the first time that all should be at rest, yes to everything else, and does what is asked for."""

    looks = True

    def __init__(self, acts):
        self.said = []
        self._acts = acts
        self._has_objected = False

    def say(self, text):
        self.said.append(text)
        for pattern, act in self._acts.items():
            if re.search(pattern, text):
                act()

    def ask(self, question, otherwise):
        self.say(question)
        if question.startswith("Relay released") and not self._has_objected:
            self._has_objected = True
            return trial.Answer.NO
        return otherwise


class ClosedContact:
    """A contact that stays as it is, whatever pull a line is claimed with: gpio-sim takes that for the contact's."""

    def __init__(self, chip, line):
        self._chip, self._line = chip, line
        self.level = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._hold)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        self._thread.join()

    def move(self, level):
        self.level = level

    def _hold(self):
        while not self._is_over.wait(0.01):
            self._chip.pull(self._line, self.level)


def test_drivers_that_are_active_low_and_a_contact_closed_at_rest_are_found(chip, tmp_path):
    chip.pull(RELAY, 1)
    journaled = []
    # Longer than the moment between a claim and the contact's next word.
    gate = {"relay": RELAY, "red": RED, "unlock": UNLOCK, "debounce_ms": 300}
    chosen = settings.Settings(state_dir=tmp_path, gate=gate, screen={"languages": ["en"]})
    with ClosedContact(chip, UNLOCK) as contact:
        tech = Tech({"^Turn the key": lambda: contact.move(1), " active$": lambda: contact.move(0)})
        assert trial.conduct(chosen, "kiosk.toml", journaled.append, tech) == 1
    said = "\n".join(tech.said)
    assert 'active_high = false\n  normally_closed = ["unlock"]\n' in said
    assert re.findall(r"works once set|worked|FAILED", said.partition("Summary")[2]) == [
        "works once set",
        "worked",
        "worked",
        "works once set",
    ]
    assert journaled == ["active_high = False", "relay, 300 ms"]
    # Off as the settings had it, off the other way round, one pulse, off.
    assert chip.levels(RELAY) == [0, 1, 0, 1]
    assert chip.level(RELAY) == 1
    assert chip.levels(RED)[-1] == 1
