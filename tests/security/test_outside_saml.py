"""Signing in with SAML: statements signed with xmlsec, and everything that may be wrong with them."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.security.outside_settings import read_providers
from models import OutsideIdentity, SignInWay, Staff
from tests.support.factories import make_user
from tests.support.outside import NO_ACCOUNT, NOT_COMPLETED, is_in, refused
from tests.support.saml_service import ACS, ENTITY, OURS, SamlService, xmlsec

one_database = pytest.mark.database("sqlite", reason="the service's faults are the same for both")
OLD = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
OTHER = "<saml:AudienceRestriction><saml:Audience>https://other.example</saml:Audience></saml:AudienceRestriction>"


@pytest.fixture
def service(app: Flask, client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SamlService:
    """Everything is well with it, the helpdesk knows it, and the visitor reads English."""
    service = SamlService()
    know(app, tmp_path, monkeypatch, service.settings())
    client.post("/settings/language", data={"locale": "en"})
    return service


def know(app: Flask, folder: Path, monkeypatch: pytest.MonkeyPatch, content: dict[str, Any]) -> None:
    """The settings name this service, as at a start."""
    path = folder / "saml.json"
    path.write_text(json.dumps(content))
    for name, value in read_providers(str(path), "https://helpdesk.corp.example").items():
        monkeypatch.setitem(app.config, name, value)


@pytest.fixture
def user(session: Session) -> Staff:
    """Who may come in this way."""
    return make_user(session, "olena", sign_in_way=SignInWay.OUTSIDE)


def start(client: FlaskClient, service: SamlService, target: str = "") -> str:
    """The id of the request that the person is sent away with."""
    answer = client.get("/login/adfs", query_string={"next": target} if target else {})
    assert answer.status_code == 302, answer.text
    return service.request_id(answer.location)


def post(app: Flask, response: str) -> str:
    """The service's form, as a browser posts it from another site: without our cookie. Where it leads."""
    answer = app.test_client().post("/saml/acs/", data={"SAMLResponse": response})
    assert answer.status_code == 303
    assert not answer.headers.getlist("Set-Cookie"), "it would end the session of whoever is in"
    return str(answer.location)


def go(app: Flask, client: FlaskClient, service: SamlService, target: str = "") -> Any:
    """The whole way; the last answer."""
    return client.get(post(app, service.answer(start(client, service, target))))


def test_person_signs_in_and_is_known_from_then_on(
    app: Flask, client: FlaskClient, session: Session, service: SamlService, user: Staff
) -> None:
    answer = go(app, client, service, "/clients/")
    assert (answer.status_code, answer.location) == (302, "/clients/")
    assert is_in(client)
    identity = session.get_one(OutsideIdentity, user.id)
    assert (identity.issuer, identity.subject) == (f"saml:{ENTITY}", "s-1")
    client.post("/logout/")
    service.email = "married@corp.example"
    assert go(app, client, service).status_code == 302
    client.post("/logout/")
    service.name, service.email = "s-2", "olena@corp.example"
    refused(client, go(app, client, service), NO_ACCOUNT)


@one_database
@pytest.mark.parametrize(
    ("values", "more", "reason"),
    [
        ({}, {"signs": ""}, "is not signed"),
        ({}, {"signs": "Response"}, "Assertion of the Response is not signed"),
        ({}, {"key": "wrong"}, "Signature validation failed"),
        ({}, {"transform": xmlsec.Transform.RSA_SHA1}, "Deprecated"),
        ({"audience": OTHER}, {}, "is not a valid audience"),
        ({"audience": ""}, {}, "not written for us"),
        ({"destination": "https://other.example/saml/acs/"}, {}, "instead of"),
        ({"recipient": "https://other.example/saml/acs/"}, {}, "SubjectConfirmation was not found"),
        ({"recipient": f"https://other.example/?{ACS}"}, {}, "no request of ours"),
        ({"until": OLD}, {}, "expired"),
        ({"issuer": "https://other.example"}, {}, "none of ours"),
        ({"response_to": "", "confirms": ""}, {}, "no request of ours"),
        ({"confirms": ""}, {}, "no request of ours"),
        ({"confirms": 'InResponseTo="another"'}, {}, "SubjectConfirmation was not found"),
        ({"response_to": "", "confirms": 'InResponseTo="another"'}, {}, "had not gone"),
        ({"name_format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"}, {}, "another each time"),
        ({"name": ""}, {}, "empty NameID"),
    ],
)
def test_statement_that_is_wrong_opens_nothing(
    app: Flask,
    client: FlaskClient,
    service: SamlService,
    user: Staff,
    caplog: pytest.LogCaptureFixture,
    values: dict[str, str],
    more: dict[str, Any],
    reason: str,
) -> None:
    service.values = values
    for name, value in more.items():
        setattr(service, name, value)
    refused(client, go(app, client, service), NOT_COMPLETED)
    assert reason in caplog.text


@one_database
def test_changed_statement_and_garbage_open_nothing(
    app: Flask, client: FlaskClient, service: SamlService, user: Staff
) -> None:
    text = base64.b64decode(service.answer(start(client, service)))
    forged = text.replace(b">s-1<", b">s-9<")
    bomb = b'<!DOCTYPE a [<!ENTITY e "e">]><a>&e;</a>'
    for document in (forged, bomb, b"", b"<a/>", b"\xff\x00", b"x" * 400_000):
        led = post(app, base64.b64encode(document).decode())
        assert led == "/saml/finish/-", document[:40]
    assert post(app, "%%%") == "/saml/finish/-"
    refused(client, client.get("/saml/finish/-"), NOT_COMPLETED)


@one_database
def test_wrapped_statement_opens_only_what_is_signed(
    app: Flask, client: FlaskClient, session: Session, service: SamlService, user: Staff
) -> None:
    make_user(session, "victim", sign_in_way=SignInWay.OUTSIDE)
    text = base64.b64decode(service.answer(start(client, service))).decode()
    begin, end = text.index("<saml:Assertion "), text.index("</saml:Assertion>") + len("</saml:Assertion>")
    signed = text[begin:end]
    evil = signed[: signed.index("<ds:Signature")] + signed[signed.index("</ds:Signature>") + 15 :]
    evil = evil.replace("s-1", "s-9").replace("olena@", "victim@").replace('ID="a', 'ID="b', 1)
    for wrapped in (evil + signed, signed + evil, evil[:-17] + signed + "</saml:Assertion>"):
        led = post(app, base64.b64encode((text[:begin] + wrapped + text[end:]).encode()).decode())
        assert led == "/saml/finish/-"


@one_database
def test_answer_belongs_to_the_browser_that_asked_and_works_once(
    app: Flask, client: FlaskClient, service: SamlService, user: Staff
) -> None:
    response = service.answer(start(client, service))
    stranger = app.test_client()
    stranger.post("/settings/language", data={"locale": "en"})
    refused(stranger, stranger.get(post(app, response)), NOT_COMPLETED)
    old = client.get_cookie("helpdesk")
    assert old is not None
    led = post(app, response)
    assert client.get(led).status_code == 302
    client.post("/logout/")
    client.set_cookie("helpdesk", old.value)
    refused(client, client.get(led), NOT_COMPLETED)
    refused(client, client.get(post(app, response)), NOT_COMPLETED)


@one_database
def test_metadata_tells_our_address_and_no_secret(client: FlaskClient, service: SamlService) -> None:
    for path in ("/saml/metadata/", "/saml/metadata/adfs"):
        answer = client.get(path)
        assert (answer.status_code, answer.mimetype) == (200, "text/xml")
        assert ACS in answer.text
        assert f'entityID="{OURS}"' in answer.text
        assert 'WantAssertionsSigned="true"' in answer.text
    assert client.get("/saml/metadata/nobody").status_code == 404
    assert 'href="/login/adfs"' in client.get("/login/").text


@one_database
def test_without_saml_its_addresses_are_not_there(client: FlaskClient) -> None:
    assert client.post("/saml/acs/").status_code == 404
    for path in ("/saml/finish/x", "/saml/metadata/", "/saml/metadata/adfs", "/login/adfs"):
        assert client.get(path).status_code == 404, path
