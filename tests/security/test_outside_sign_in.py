"""Signing in with OpenID Connect and OAuth: whose account a real service on a socket opens."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.security.outside import OutsidePerson
from app.services import outside_sign_in
from models import JournalEntry, OutsideIdentity, SignInWay, Staff
from tests.support.codes import enrol
from tests.support.domain import LOCAL, by_form, with_local_password
from tests.support.factories import make_user
from tests.support.oidc import Service
from tests.support.outside import NO_ACCOUNT, NOT_COMPLETED, go, is_in, know, refused, start

one_database = pytest.mark.database("sqlite", reason="the service's faults are the same for both")


def test_person_signs_in_and_is_known_from_then_on(
    client: FlaskClient, session: Session, service: Service, user: Staff
) -> None:
    answer = go(client, service, target="/clients/")
    assert (answer.status_code, answer.location) == (302, "/clients/")
    assert is_in(client)
    with client.session_transaction() as cookie:
        assert not [name for name in cookie if "oauth" in name or "outside" in name]
    identity = session.get_one(OutsideIdentity, user.id)
    assert (identity.issuer, identity.subject) == (f"oidc:{service.url}", "s-1")
    kinds = session.scalars(select(JournalEntry.kind).order_by(JournalEntry.id)).all()
    assert kinds[-2:] == ["reference.edited", "user.signed_in"]
    client.post("/logout/")
    # a new e-mail there changes nothing, and nobody else inherits the account with the old one
    service.claims |= {"email": "married@corp.example"}
    assert go(client, service).status_code == 302
    assert is_in(client)
    client.post("/logout/")
    service.claims = {"sub": "s-2", "email": "olena@corp.example", "email_verified": True}
    refused(client, go(client, service), NO_ACCOUNT)


def test_request_has_state_nonce_and_challenge(client: FlaskClient, service: Service) -> None:
    asked = dict(parse_qsl(urlsplit(start(client)).query))
    assert asked["redirect_uri"].endswith("/oauth-authorized/keycloak")
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 20


def test_first_sign_in_in_two_windows_at_once_is_one_person(
    client: FlaskClient, session: Session, service: Service, user: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, looks = outside_sign_in._known, iter([False])

    def late(session: Session, person: OutsidePerson) -> Staff | None:
        """The first look is before the other window's writing, which comes in between."""
        if next(looks, True):
            return known(session, person)
        session.add(OutsideIdentity(user_id=user.id, issuer=person.issuer, subject=person.subject))
        session.commit()
        return None

    monkeypatch.setattr(outside_sign_in, "_known", late)
    monkeypatch.setattr(outside_sign_in, "_is_bound", lambda *_: False)
    monkeypatch.setattr(outside_sign_in, "_is_taken", lambda *_: False)
    assert go(client, service).status_code == 302
    assert is_in(client)


def test_second_factor_is_asked_here_as_well(
    client: FlaskClient, session: Session, service: Service, user: Staff
) -> None:
    enrol(session, user)
    assert go(client, service).location == "/login/code"
    assert not is_in(client)


def test_whoever_signs_in_otherwise_or_not_at_all_is_told_the_same(
    client: FlaskClient, session: Session, service: Service
) -> None:
    pages = []
    for number, values in enumerate(
        (
            {"sign_in_way": SignInWay.LOCAL},
            {"sign_in_way": SignInWay.DOMAIN},
            {"sign_in_way": SignInWay.OUTSIDE, "active": False},
            None,
        )
    ):
        if values is not None:
            make_user(session, f"p{number}", **values)
        service.claims = {"sub": f"s-{number}", "email": f"p{number}@corp.example", "email_verified": True}
        answer = go(client, service)
        refused(client, answer, NO_ACCOUNT)
        pages.append(answer.text.count(NO_ACCOUNT))
    assert len(set(pages)) == 1
    failed = select(JournalEntry.new).where(JournalEntry.kind == "user.sign_in_failed")
    assert [new["login"] for new in session.scalars(failed)] == [f"p{n}@corp.example" for n in range(4)]
    assert session.scalars(select(OutsideIdentity)).all() == []


@one_database
def test_bound_person_is_out_when_disabled_or_set_to_another_way(
    client: FlaskClient, session: Session, service: Service, user: Staff
) -> None:
    go(client, service)
    user.active = False
    session.commit()
    assert not is_in(client)
    refused(client, go(client, service), NO_ACCOUNT)
    user.active, user.sign_in_way = True, SignInWay.LOCAL
    refused(client, go(client, service), NO_ACCOUNT)


@one_database
@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "true"},
        {"email": None},
        {"email": "", "preferred_username": "olena"},
        {"email": "olena@corp.example\x00"},
    ],
)
def test_unproven_email_opens_nothing(
    client: FlaskClient, session: Session, service: Service, user: Staff, claims: dict[str, Any]
) -> None:
    service.claims |= claims
    refused(client, go(client, service), NO_ACCOUNT)


@one_database
def test_local_password_of_an_outside_user_is_nothing_unless_he_is_an_administrator(
    client: FlaskClient, session: Session, service: Service, user: Staff
) -> None:
    with_local_password(session, user)
    assert by_form(client, "olena", LOCAL).status_code == 401
    chief = make_user(session, "chief", administrator=True, sign_in_way=SignInWay.OUTSIDE)
    with_local_password(session, chief)
    assert by_form(client, "chief", LOCAL).status_code == 302


@one_database
def test_by_login_and_trusted_email_only_where_the_settings_say_so(
    app: Flask,
    client: FlaskClient,
    session: Session,
    service: Service,
    user: Staff,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service.claims = {"sub": "s-1", "preferred_username": "OLENA"}
    know(app, tmp_path, monkeypatch, service.provider(bind_by="login"))
    assert go(client, service).status_code == 302
    client.post("/logout/")
    make_user(session, "taras", sign_in_way=SignInWay.OUTSIDE)
    service.claims = {"sub": "s-2"}
    service.userinfo = {"sub": "s-2", "email": "taras@corp.example"}
    know(app, tmp_path, monkeypatch, service.provider(trust_email=True))
    assert go(client, service).status_code == 302
    client.post("/logout/")
    service.userinfo["sub"] = "s-3"
    refused(client, go(client, service), NOT_COMPLETED)
    know(app, tmp_path, monkeypatch, service.provider(trust_email=True, whitelist=["@other.example"]))
    service.userinfo["sub"] = "s-2"
    refused(client, go(client, service), NOT_COMPLETED)


@one_database
def test_plain_oauth_is_read_by_the_hook_of_its_name(
    app: Flask,
    client: FlaskClient,
    session: Session,
    service: Service,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_user(session, "github_olena", sign_in_way=SignInWay.OUTSIDE)
    provider = service.provider("github", bind_by="login")
    provider["remote_app"] = {
        "client_id": "helpdesk",
        "client_secret": "a secret of the service's",
        "api_base_url": f"{service.url}/",
        "client_kwargs": {"scope": "user:email"},
        "request_token_url": None,
        "access_token_url": f"{service.url}/token",
        "authorize_url": f"{service.url}/authorize",
    }
    know(app, tmp_path, monkeypatch, provider)
    service.userinfo = {"login": "olena", "id": 7}
    assert go(client, service, name="github").status_code == 302
    assert session.scalars(select(OutsideIdentity.subject)).all() == ["github_7"]
    client.post("/logout/")
    service.userinfo = {"login": "olena", "id": 8}  # the login went over to somebody else
    refused(client, go(client, service, name="github"), NO_ACCOUNT)


def test_buttons_are_there_for_the_configured_services_alone(
    app: Flask, client: FlaskClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = client.get("/login/?next=/clients/").text
    assert 'href="/login/keycloak?next=/clients/"' in page
    assert "Sign in with Keycloak" in page
    monkeypatch.setitem(app.config, "OAUTH_PROVIDERS", [])
    assert "Sign in with" not in client.get("/login/").text
