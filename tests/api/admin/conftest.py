"""The web site as a browser without scripts sees it: a signed-in admin's session over real HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest
import requests

from api.admin import passwords, people
from api.store.store import Store

PASSWORD = "trois petits chats"


class Page(HTMLParser):
    """What is on a page: its elements with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every such element."""
        return [attributes for name, attributes in self.elements if name == tag]


@dataclass
class Browser:
    """A browser without scripts, at one server."""

    base: str
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, **arguments: Any) -> requests.Response:
        """A page; redirects are followed."""
        return self.session.get(self.base + path, timeout=60, **arguments)

    def post(self, path: str, form: dict[str, Any] | None = None, **arguments: Any) -> requests.Response:
        """Send a form as a page of this site would: with its token and its origin."""
        fields = {"csrf": self.token(), **(form or {})}
        headers = {"Origin": self.base, **arguments.pop("headers", {})}
        return self.session.post(self.base + path, data=fields, headers=headers, timeout=60, **arguments)

    def token(self) -> str:
        """The token that this session's forms carry; "" when nobody is signed in."""
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', self.get("/admin/account").text)
        return found[1] if found else ""

    def page(self, path: str) -> Page:
        """A page, taken apart; fails unless it is there."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
        return Page(answer.text)


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes of a millisecond instead of half a second, as each test signs in; see ``costly_passwords``."""
    monkeypatch.setattr(passwords, "_N", 2**7)


@pytest.fixture
def costly_passwords(quick_passwords: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes as costly as outside of tests."""
    monkeypatch.setattr(passwords, "_N", 2**16)


@pytest.fixture
def base(serve: Callable[..., str]) -> str:
    """The address of a server on the test's store, with pages in English."""
    return serve(organisation="La Raffinerie", language="en")


@pytest.fixture
def stranger(base: str) -> Browser:
    """A browser that nobody has signed in with."""
    return Browser(base)


@pytest.fixture
def browser(store: Store, base: str) -> Browser:
    """A browser that the admin « Camille » has signed in with."""
    it = Browser(base)
    answer = it.session.post(
        f"{base}/admin/set-up/{people.invite(store)}",
        data={"name": "Camille", "password": PASSWORD, "again": PASSWORD},
        headers={"Accept-Language": "en"},
        timeout=60,
    )
    assert answer.status_code == 200, answer.text
    return it
