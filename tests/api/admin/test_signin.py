"""Set-up, sign-in and sign-out: who gets in, and who does not."""

from __future__ import annotations

from api.admin import people

from .conftest import PASSWORD, Browser


def test_the_set_up_link_makes_one_account_and_is_dead_then(store, base):
    link = f"/admin/set-up/{people.invite(store)}"
    form = {"name": "Camille", "password": PASSWORD, "again": PASSWORD}
    first, second = Browser(base), Browser(base)
    assert first.get(link).status_code == 200  # looking uses nothing up
    assert "Hello Camille" in first.session.post(base + link, data=form, headers={"Accept-Language": "en"}).text
    assert second.get(link).status_code == 410
    assert second.session.post(base + link, data={**form, "name": "Mallory"}).status_code == 410
    assert [person.name for person in people.everybody(store)] == ["Camille"]
