"""api.toml, environment and command line: precedence, mistakes, and that the shipped file tells every key."""

from __future__ import annotations

import re
import tomllib
from ipaddress import ip_network
from pathlib import Path

import pytest

from api.settings import Settings, SettingsError, describe, load
from api.store.urls import mask_password

SHIPPED = Path(__file__).parents[2] / "config" / "api.toml"


def _mistakes(text, tmp_path, **environment):
    (tmp_path / "api.toml").write_text(text)
    with pytest.raises(SettingsError) as caught:
        load(tmp_path / "api.toml", environment=environment)
    return caught.value.mistakes


def test_the_shipped_file_says_the_defaults():
    assert load(SHIPPED, environment={}) == Settings()


def test_the_shipped_file_has_every_key_with_a_comment_above_it():
    lines = SHIPPED.read_text("utf-8").splitlines()
    section, told = "", set()
    for above, line in zip(["", *lines], lines, strict=False):
        if header := re.fullmatch(r"\[(\w+)\]", line):
            section = header[1] + "."
        elif key := re.match(r"(\w+) = ", line):
            assert above.startswith("# "), f"{line} has no comment"
            told.add(section + key[1])
    assert told == {key for key, _ in describe()}


def test_the_command_line_goes_before_the_environment_and_that_before_the_file(tmp_path):
    (tmp_path / "api.toml").write_text('[server]\nhost = "file"\nport = 1\nthreads = 3\n')
    environment = {"PORTILLON_API__SERVER__HOST": "environment", "PORTILLON_API__SERVER__PORT": "2", "HOME": "/"}
    server = load(tmp_path / "api.toml", {"server.port": 3, "server.host": None}, environment).server
    assert (server.host, server.port, server.threads) == ("environment", 3, 3)


def test_a_list_in_the_environment_is_written_with_commas():
    proxies = load(SHIPPED, environment={"PORTILLON_API__SERVER__TRUSTED_PROXIES": "10.0.0.1, fd00::/8"}).server
    assert proxies.trusted_proxies == (ip_network("10.0.0.1"), ip_network("fd00::/8"))


def test_every_mistake_is_told_at_once_with_the_nearest_key(tmp_path):
    text = 'databse = "x"\n[server]\nprot = 1\nport = 99999\n[log]\nlevel = "warn"\n[organization]\nname = "x"\n'
    told = "\n".join(_mistakes(text, tmp_path))
    for part in ("did you mean database?", "did you mean server.port?", "less than or equal to 65535"):
        assert part in told
    assert "did you mean 'warning'?" in told
    assert "did you mean [organisation]?" in told
    assert len(told.splitlines()) == 5


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("port = 8000", "did you mean server.port?"),
        ("server = 3", "server: "),
        ('database = "tickets.sqlite3"', 'sqlite:///tickets.sqlite3"'),
        ('[server]\npublic_url = "tickets.example.org"', "https://"),
        ('[server]\ntrusted_proxies = ["proxy"]', "server.trusted_proxies.0"),
        ("[server", "is not TOML"),
    ],
)
def test_a_mistake_says_what_to_write_instead(tmp_path, text, part):
    (mistake,) = _mistakes(text, tmp_path)
    assert part in mistake


def test_an_environment_below_something_that_is_no_section_is_a_mistake_and_no_crash(tmp_path):
    assert _mistakes("server = 3", tmp_path, PORTILLON_API__SERVER__PORT="1")


def test_where_mistakes_may_come_from_is_told_and_nothing_else(tmp_path):
    def origin(file=None, overrides=None, environment=None):
        with pytest.raises(SettingsError) as caught:
            load(file, overrides, environment or {})
        return caught.value.origin

    (tmp_path / "api.toml").write_text("[server]\nport = -1\n")
    assert origin(tmp_path / "api.toml", {"database": None}) == str(tmp_path / "api.toml")
    assert origin(None, {"tls.certificate": "a.pem"}) == "the command line"
    assert origin(None, None, {"PORTILLON_API__SERVER__PORT": "-1"}) == "the environment"
    assert origin(tmp_path / "api.toml", {"tls.key": "k"}) == f"{tmp_path / 'api.toml'} and the command line"


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(SettingsError, match="can't be read"):
        load(tmp_path / "gone.toml", environment={})


def test_a_password_in_a_mistake_is_hidden(tmp_path):
    told = _mistakes('database = ["postgresql://user:hunter2@host/db"]', tmp_path)
    assert "hunter2" not in "".join(told)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://user:p:w/d@host/db", "postgresql://user:***@host/db"),
        ("postgresql://user@host/db", "postgresql://user@host/db"),
        ("sqlite:////var/lib/a:b@c", "sqlite:////var/lib/a:b@c"),
    ],
)
def test_only_the_password_of_a_url_is_hidden(url, shown):
    assert mask_password(url) == shown


def test_what_is_shown_can_be_read_again(tmp_path):
    values = load(SHIPPED, environment={}).masked()
    assert values == tomllib.loads(SHIPPED.read_text("utf-8"))
