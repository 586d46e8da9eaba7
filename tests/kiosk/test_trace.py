"""The trace tells everything and stops nothing."""

import json
import threading

from kiosk.trace import Trace
from kiosk.verdict import Outcome, Reason


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_event_is_one_line_with_its_time_and_fields(tmp_path):
    trace = Trace(tmp_path / "new" / "trace.jsonl")
    trace("pin", pin="relay", value=1)
    trace("verdict", scan_id="s", verdict=Outcome.REFUSED, reason=Reason.CANCELLED, fault=None)
    first, second = lines(tmp_path / "new" / "trace.jsonl")
    assert list(first) == ["t", "event", "pin", "value"]
    assert (second["verdict"], second["reason"], second["fault"]) == ("refused", "cancelled", None)
    assert first["t"] <= second["t"]


def test_hostile_text_in_a_field_stays_within_its_line(tmp_path):
    trace = Trace(tmp_path / "trace.jsonl")
    trace("fault", why='a\n{"event":"pin"}\r\x1b[2J\u2028é\ud800')
    assert [line["event"] for line in lines(tmp_path / "trace.jsonl")] == ["fault"]
    assert (tmp_path / "trace.jsonl").read_bytes().isascii()


def test_a_trace_that_is_opened_again_goes_on_after_what_was_there(tmp_path):
    for number in range(2):
        trace = Trace(tmp_path / "trace.jsonl")
        trace("state", number=number)
        trace.close()
    assert [line["number"] for line in lines(tmp_path / "trace.jsonl")] == [0, 1]


def test_writers_that_share_the_file_never_mix_their_lines(tmp_path):
    path = tmp_path / "trace.jsonl"

    def write(number):
        trace = Trace(path)
        for turn in range(200):
            trace("turn", who=number, turn=turn, filler="x" * 300)
        trace.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for number in range(4):
        turns = [line["turn"] for line in lines(path) if line["who"] == number]
        assert turns == list(range(200))


def test_a_full_disk_loses_the_line_and_stops_nothing(tmp_path):
    (tmp_path / "trace.jsonl").symlink_to("/dev/full")
    Trace(tmp_path / "trace.jsonl")("state", state="ready")


def test_without_a_file_and_after_closing_events_go_nowhere(tmp_path):
    Trace(None)("state", state="ready")
    trace = Trace(tmp_path / "trace.jsonl")
    trace.close()
    trace("state", state="ready")
    trace.close()
    assert lines(tmp_path / "trace.jsonl") == []
