"""A Kerberos proxy names the person in a header: believed only by setting, from a proxy, for domain users."""

from __future__ import annotations

import uuid

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import SignInWay, Staff
from tests.support.domain import make_domain_user, new_person, set_directory
from tests.support.factories import make_user
from tests.support.samba import Samba

HEADER = "X-Remote-User"


@pytest.fixture
def proxied(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The header is believed."""
    monkeypatch.setitem(app.config, "REMOTE_USER_HEADER", HEADER)
    monkeypatch.setitem(app.config, "TRUSTED_PROXIES", 1)
    return app


@pytest.fixture
def user(session: Session, samba: Samba) -> Staff:
    """A domain user."""
    set_directory(session, samba.settings())
    return make_domain_user(session, new_person(samba))


def is_in(client: FlaskClient, name: str, path: str = "/login/?next=/clients/") -> bool:
    """Whether the header opens the door; signs out again."""
    answer = client.get(path, headers={HEADER: name})
    if answer.status_code == 302:
        assert answer.location == "/clients/"
        assert client.get("/tickets/inbox").status_code == 200
        client.post("/logout/")
    else:
        assert answer.status_code == 200
        assert 'name="password"' in answer.text
    return bool(answer.status_code == 302)


def test_domain_user_is_recognised_however_his_name_is_written(
    proxied: Flask, client: FlaskClient, user: Staff
) -> None:
    name = user.username
    for written in (name, f"FIRM\\{name}", f"{name}@FIRM.TEST", name.upper()):
        assert is_in(client, written), written
    assert user.directory_guid
    assert not is_in(client, name, "/login/?form=1")


def test_nobody_else_is(
    proxied: Flask, client: FlaskClient, session: Session, samba: Samba, user: Staff
) -> None:
    name, stranger = user.username, new_person(samba)
    local = make_user(session, new_person(samba).login)
    gone = make_domain_user(session, new_person(samba), active=False)
    unreal = make_user(session, f"u{uuid.uuid4().hex[:8]}", sign_in_way=SignInWay.DOMAIN)
    names = (
        stranger.login,
        local.username,
        gone.username,
        unreal.username,
        "",
        "*",
        f"{name}, {name}",
        "\\",
        "@x",
    )
    for written in names:
        assert not is_in(client, written), written
    both = client.get("/login/", headers=[(HEADER, str(name)), (HEADER, "other")])
    assert both.status_code == 200


def test_disabled_in_the_directory_is_not_recognised(
    proxied: Flask, client: FlaskClient, session: Session, samba: Samba, user: Staff
) -> None:
    person = new_person(samba)
    make_domain_user(session, person)
    assert is_in(client, person.login)
    samba.disable(person.dn)
    assert not is_in(client, person.login)


@pytest.mark.parametrize(("header", "proxies"), [("", 1), (HEADER, 0)])
def test_header_is_nothing_without_the_setting_or_a_proxy(
    app: Flask, client: FlaskClient, user: Staff, monkeypatch: pytest.MonkeyPatch, header: str, proxies: int
) -> None:
    monkeypatch.setitem(app.config, "REMOTE_USER_HEADER", header)
    monkeypatch.setitem(app.config, "TRUSTED_PROXIES", proxies)
    assert not is_in(client, str(user.username))
