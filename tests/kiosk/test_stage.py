"""The ports of a demo: none that the kernel gives to others meanwhile, and one also where it leaves none to users."""

import pytest

from kiosk.demo import stage


@pytest.fixture
def handed_out(tmp_path, monkeypatch):
    """Writes the range that the kernel hands out."""
    monkeypatch.setattr(stage, "_HANDED_OUT", tmp_path / "range")
    return (tmp_path / "range").write_text


def test_a_port_is_none_that_the_kernel_hands_out(handed_out):
    handed_out("32768\t60999\n")
    assert {1024 <= stage.free_port() < 32768 for _ in range(50)} == {True}


@pytest.mark.parametrize("told", ["1024\t65535\n", "15\t65535\n"])
def test_where_all_ports_are_handed_out_any_has_to_do(handed_out, told):
    handed_out(told)
    assert stage.free_port() >= 1024


def test_a_kernel_that_does_not_tell_gives_any(handed_out):
    assert stage.free_port() >= 1024
