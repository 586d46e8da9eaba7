"""A certificate of one's own: what the log says of its dates, by which gates refuse it."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from cryptography import x509

from api.tls import self_made
from api.tls.identity import Identity


@pytest.fixture
def bought(tmp_path):
    """The files of a certificate, and its beginning and end."""
    files = self_made.kept(tmp_path / "bought", ["localhost"])
    shown = x509.load_pem_x509_certificate(files[0].read_bytes())
    return files, shown.not_valid_before_utc, shown.not_valid_after_utc


@pytest.fixture
def told(caplog):
    """``told()``: the lines of warnings and errors since it was last asked."""
    caplog.set_level(logging.WARNING, "api.tls")

    def ask():
        lines = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return lines

    return ask


@pytest.mark.parametrize(
    ("days", "of_end", "said"),
    [(-1, False, "begins on"), (1, False, None), (-15, True, None), (-13, True, "ends on"), (1, True, "ended on")],
)
def test_a_start_tells_of_a_certificate_that_gates_refuse_by_its_dates_or_soon_will(bought, told, days, of_end, said):
    files, begins, ends = bought
    now = (ends if of_end else begins) + timedelta(days=days)
    Identity(lambda: files, is_self_made=False, clock=lambda: now)
    lines = told()
    assert len(lines) == (said is not None)
    assert said is None or (said in lines[0] and str(files[0]) in lines[0])


def test_while_it_runs_a_certificate_that_is_over_is_told_once_a_day_until_another_lies_there(bought, told):
    files, _, ends = bought
    clock = [ends - timedelta(days=20)]
    identity = Identity(lambda: files, is_self_made=False, clock=lambda: clock[0])
    seen = []
    for hours in (0, 20 * 24 + 1, 20 * 24 + 2, 21 * 24 + 1):
        clock[0] = ends - timedelta(days=20) + timedelta(hours=hours)
        identity.refresh(every_s=0)
        seen.append(len(told()))
    assert seen == [0, 1, 0, 1]
    self_made.kept(files[0].parent, ["localhost"], clock[0])
    for _ in range(2):
        identity.refresh(every_s=0)
        clock[0] += timedelta(days=1)
    assert told() == []


def test_of_one_that_the_server_renews_itself_nothing_is_told(bought, told):
    files, _, ends = bought
    Identity(lambda: files, is_self_made=True, clock=lambda: ends + timedelta(days=1))
    assert told() == []
