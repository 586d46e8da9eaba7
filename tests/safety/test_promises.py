"""Claims of docs/safety.md that no other folder proves: what is seen, kept, never read, and said."""

import json
import re
from pathlib import Path

import pytest

from kiosk import settings
from kiosk.attempt import Entry, Step
from kiosk.codes import PairingCode
from kiosk.credentials import Credentials
from kiosk.daemon import Daemon
from kiosk.edges import Contact, State
from kiosk.gate import open_gate
from kiosk.journal import FILE_NAME, Journal
from kiosk.news import PairingEnded, Seen, Touched
from kiosk.pairing import Paired
from kiosk.screen.console import Console
from kiosk.signs import LampsAndScreen
from kiosk.trace import Trace
from kiosk.verdict import Fault, Reason, refused, unknown

ROOT = Path(__file__).parents[2]
DEVICE = "d0000000-0000-4000-8000-000000000001"
TICKET = "00000000-0000-4000-8000-000000000001"
NOBODY = Credentials("http://127.0.0.1:1", "/api/scan", "key-of-the-gate", DEVICE, "Gate")
PAIRING = PairingCode("http://127.0.0.1:1", "/api/scan", "token")
LAMPS = {"green": 27, "red": 22, "amber": 23}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "trace.jsonl"


@pytest.fixture
def traced(file):
    """``traced(event)``: the trace's lines of this kind."""
    return lambda event: [
        told for line in file.read_text().splitlines() if (told := json.loads(line))["event"] == event
    ]


@pytest.fixture
def daemon(tmp_path, file):
    """A gate that has just been paired, and takes nothing from its camera."""
    (tmp_path / "frames").mkdir()
    chosen = settings.Settings(
        state_dir=tmp_path / "state",
        camera={"source": "replay", "path": tmp_path / "frames"},
        gate={"pins": "mock", "relay": 17, "unlock": 19},
        trace={"file": file},
    )
    it = Daemon(chosen)
    it._take(PairingEnded(Paired(NOBODY)), 100.0)
    yield it
    it.stop()
    assert it.run() == 0


@pytest.fixture
def lit(file, traced):
    """``lit(state, verdict)``: the lamps that are on when this is shown."""
    trace = Trace(file)
    gate = open_gate(settings.Gate(pins="mock", relay=17, **LAMPS), trace, file, print)
    signs = LampsAndScreen(gate, [Console(("en",), None)], looks_only=False)

    def show(state, verdict=None):
        signs.show(state, verdict)
        return {lamp for lamp in LAMPS if [line["value"] for line in traced("pin") if line["pin"] == lamp][-1]}

    yield show
    gate.close()


def test_a_paired_gate_reads_a_pairing_code_only_after_somebody_unlocked_it(daemon, traced):
    daemon._take(Seen((PAIRING,), 100.0), 100.0)
    daemon._take(Seen((PAIRING,), 103.0), 103.0)
    assert State.PAIRING not in [line["state"] for line in traced("state")]
    daemon._take(Touched(Contact.UNLOCK, True), 104.0)
    daemon._take(Seen((PAIRING,), 105.0), 105.0)
    assert traced("state")[-1]["state"] == State.PAIRING


@pytest.mark.parametrize("fault", Fault)
def test_without_an_answer_the_lamps_are_amber_and_never_red(lit, fault):
    assert lit(State.UNKNOWN, unknown(fault)) == {"amber"}


def test_who_is_sent_to_the_staff_sees_amber_and_who_is_refused_sees_red(lit):
    assert lit(State.REFUSED, refused(Reason.ASK_STAFF)) == {"amber"}
    assert lit(State.REFUSED, refused(Reason.ALREADY_SCANNED)) == {"red"}


def test_a_damaged_journal_is_kept_whole_beside_the_new_one(tmp_path):
    Journal(tmp_path).write(Entry(Step.ATTEMPT, "scan-1", TICKET, "scan"), Entry(Step.ASKED, "scan-1"))
    path = tmp_path / FILE_NAME
    damaged = path.read_bytes().replace(b"asked", b"esked")
    path.write_bytes(damaged)
    kept = Journal(tmp_path).set_aside
    assert kept is not None
    assert kept.read_bytes() == damaged


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("README.md", "no safety device"),
        ("docs/safety.md", "no safety device"),
        ("docs/wiring.md", "no safety device"),
        ("docs/fr/README.md", "pas un organe de sécurité"),
        ("docs/fr/cablage.md", "pas un organe de sécurité"),
        ("docs/fr/securite.md", "pas un organe de sécurité"),
        ("config/kiosk.toml", "no safety device"),
        ("config/kiosk-light.toml", "no safety device"),
    ],
)
def test_the_documents_say_that_it_is_no_safety_device(document, words):
    assert words in re.sub(r"\s+#?\s*", " ", (ROOT / document).read_text("utf-8"))
