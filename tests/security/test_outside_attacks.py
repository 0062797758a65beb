"""Signing in with OpenID Connect: everything that may be wrong with a service and its answers."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.extensions import appbuilder, redis
from models import Staff
from tests.support.domain import LOCAL, by_form, with_local_password
from tests.support.factories import make_user
from tests.support.oidc import OTHER_KEY, Service
from tests.support.outside import NOT_COMPLETED, SILENT, go, is_in, know, local, refused, start

one_database = pytest.mark.database("sqlite", reason="the service's faults are the same for both")


@one_database
@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["helpdesk", "another"], "azp": "another"},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
        {"sub": ""},
    ],
)
def test_statement_that_is_not_for_us_is_refused(
    client: FlaskClient, service: Service, user: Staff, claims: dict[str, Any]
) -> None:
    service.claims |= claims
    refused(client, go(client, service), NOT_COMPLETED)


@one_database
def test_statement_must_be_there_and_signed_by_the_service(
    client: FlaskClient, service: Service, user: Staff
) -> None:
    service.unsigned = True
    refused(client, go(client, service), NOT_COMPLETED)
    service.unsigned, service.key = False, OTHER_KEY
    refused(client, go(client, service), NOT_COMPLETED)
    service.no_statement = True
    refused(client, go(client, service), NOT_COMPLETED)


@one_database
def test_coming_back_needs_the_browser_that_went_and_works_once(
    app: Flask, client: FlaskClient, service: Service, user: Staff
) -> None:
    back = local(service.authorize(start(client)))
    stranger = app.test_client()
    stranger.post("/settings/language", data={"locale": "en"})
    refused(stranger, stranger.get(back), NOT_COMPLETED)
    refused(client, client.get(back.replace("state=", "state=x")), NOT_COMPLETED)
    old = client.get_cookie("helpdesk")
    assert old is not None
    assert client.get(back).status_code == 302
    client.post("/logout/")
    # the same browser with the cookie of before, and a code that nobody has used
    client.set_cookie("helpdesk", old.value)
    again = dict(parse_qsl(urlsplit(back).query))
    service.codes["fresh"] = {}
    refused(
        client, client.get(f"/oauth-authorized/keycloak?code=fresh&state={again['state']}"), NOT_COMPLETED
    )
    assert "fresh" in service.codes


@one_database
def test_used_code_and_a_no_are_refused(client: FlaskClient, service: Service, user: Staff) -> None:
    state = dict(parse_qsl(urlsplit(start(client)).query))["state"]
    refused(client, client.get(f"/oauth-authorized/keycloak?code=used&state={state}"), NOT_COMPLETED)
    state = dict(parse_qsl(urlsplit(start(client)).query))["state"]
    no = f"/oauth-authorized/keycloak?error=access_denied&error_description=<script>&state={state}"
    answer = client.get(no)
    refused(client, answer, NOT_COMPLETED)
    assert "<script>" not in answer.text


@one_database
def test_answer_of_another_service_is_refused(
    app: Flask,
    client: FlaskClient,
    service: Service,
    user: Staff,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    know(app, tmp_path, monkeypatch, service.provider(), service.provider("okta"))
    back = local(service.authorize(start(client)))
    refused(client, client.get(back.replace("keycloak", "okta")), NOT_COMPLETED)
    back = local(service.authorize(start(client)))
    refused(client, client.get(f"{back}&iss=https%3A%2F%2Fevil.example"), NOT_COMPLETED)
    assert service.used == []


@one_database
@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "\\\\evil.example", "javascript:alert(1)", "/x" * 400],
)
def test_next_never_leads_away(client: FlaskClient, service: Service, user: Staff, target: str) -> None:
    location = go(client, service, target=target).location
    assert location == "/" or not (urlsplit(location).netloc or location.startswith(("/", "\\")))
    assert is_in(client)


@one_database
@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys"])
def test_hanging_service_costs_seconds_and_only_its_own_people(
    app: Flask,
    client: FlaskClient,
    session: Session,
    service: Service,
    user: Staff,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
) -> None:
    monkeypatch.setitem(app.config, "SIGN_IN_OUTSIDE_SECONDS", 0.5)
    service.hangs[path] = 1.5
    began = time.monotonic()
    answer = client.get("/login/keycloak")
    if answer.status_code == 302:
        answer = client.get(local(service.authorize(answer.location)))
    assert time.monotonic() - began < 1.4
    refused(client, answer, SILENT, 503)
    with_local_password(session, make_user(session, "taras"))
    assert by_form(client, "taras", LOCAL).status_code == 302


@one_database
def test_description_of_another_service_is_refused_unless_the_settings_name_it(
    app: Flask,
    client: FlaskClient,
    service: Service,
    user: Staff,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service.issuer = "https://other.example"
    refused(client, client.get("/login/keycloak"), SILENT, 503)
    provider = service.provider()
    provider["remote_app"]["issuer"] = "https://other.example"
    know(app, tmp_path, monkeypatch, provider)
    service.claims |= {"iss": "https://other.example"}
    assert go(client, service).status_code == 302
    client.post("/logout/")
    service.issuer = "https://third.example"
    know(app, tmp_path, monkeypatch, provider)
    refused(client, client.get("/login/keycloak"), SILENT, 503)


@one_database
def test_absent_service_is_told_plainly(client: FlaskClient, service: Service, user: Staff) -> None:
    remote = appbuilder().sm.oauth_remotes["keycloak"]
    remote._server_metadata_url = "http://127.0.0.1:1/"
    refused(client, client.get("/login/keycloak"), SILENT, 503)
    assert (
        client.get("/login/nobody").status_code == client.get("/oauth-authorized/nobody").status_code == 404
    )


@one_database
def test_redis_away_opens_nothing(
    app: Flask, client: FlaskClient, service: Service, user: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = local(service.authorize(start(client)))

    def away(*_args: object, **_named: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(redis(), "set", away)
    refused(client, client.get(back), NOT_COMPLETED)
