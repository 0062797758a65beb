"""No address changes anything for a page of somebody else's: every method of every route is tried (M8)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.baseviews import BaseCRUDView
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.extensions import appbuilder
from app.factory import create_app
from models import Staff
from tests.support.databases import Place
from tests.support.factories import make_topic, make_user
from tests.support.signing import sign_in

CHANGING = ("DELETE", "PATCH", "POST", "PUT")
WORDS = {
    "version": "v1",
    "name": "muldelete",
    "export_type": "csv",
    "token": "t",
    "uuid": "u",
    "key_uuid": "u",
}
# a password for a token: the browser's cookie plays no part in it, and none is set
TAKES_NO_COOKIE = {("POST", "/api/v1/security/login")}
# where SAML's services post to from their own pages: signed, and nothing of the cookie's session is touched
POSTED_FROM_OUTSIDE = {("POST", "/saml/acs/")}
# what an SMS company calls: proven by the secret in the address, and no cookie plays a part
HOOKS = {("POST", f"/hooks/sms/<secret>/{name}") for name in ("incoming", "receipt")}
# what anybody may open: the doors themselves
DOORS = ("/login/", "/first-login/")
OPEN_TO_READ = (*DOORS, "/static/", "/console/static/", "/sw.js")
pytestmark = [
    pytest.mark.timeout(200),
    # FAB 5.3.0's select fields yield tuples, which WTForms 4 will refuse
    pytest.mark.filterwarnings("ignore:Yielding raw tuples:DeprecationWarning"),
]


def requests(app: Flask, *methods: str) -> Iterator[tuple[str, str, str]]:
    """(method, rule, path) of everything that takes one of the methods."""
    for rule in sorted(app.url_map.iter_rules(), key=str):
        values = {name: _value(rule, name) for name in rule.arguments}
        with app.test_request_context():
            built = rule.build(values, append_unknown=False)
        assert built is not None, rule
        for method in sorted((rule.methods or set()) & set(methods)):
            yield method, rule.rule, built[1]


def _value(rule: Any, name: str) -> Any:
    choices = getattr(rule._converters.get(name), "items", None)
    return sorted(choices)[0] if choices else WORDS.get(name, "1")


@pytest.fixture
def guarded(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The check of tokens is on, as in production."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    return app


@pytest.fixture
def administrator(client: FlaskClient, session: Session) -> Staff:
    """Who may change everything."""
    return make_user(session, administrator=True)


@pytest.mark.parametrize("token", ["", "IjAxMjM0NTY3ODlhYmNkZWYi.forged.token"])
def test_m08_no_address_changes_anything_by_the_cookie_alone(
    guarded: Flask, client: FlaskClient, session: Session, administrator: Staff, token: str
) -> None:
    sign_in(client, administrator)
    let_through, tried = set(), 0
    headers = {"X-CSRFToken": token} if token else {}
    for method, rule, path in requests(guarded, *CHANGING):
        body: dict[str, Any] = {"json": {}} if path.startswith("/api/") else {"data": {"name": "x"}}
        answer = client.open(path, method=method, headers=headers, **body)
        tried += 1
        if answer.status_code != 400 or "out of date" not in answer.text:
            let_through.add((method, rule))
    assert tried > 120
    assert let_through == TAKES_NO_COOKIE | POSTED_FROM_OUTSIDE | HOOKS
    assert client.get("/api/v1/me/").status_code == 200, "nothing has signed him out"


def test_m08_no_form_is_taken_from_somebody_who_has_not_opened_it(
    guarded: Flask, client: FlaskClient
) -> None:
    for method, rule, path in requests(guarded, *CHANGING):
        answer = client.open(path, method=method, data={"username": "x", "password": "y", "login": "z"})
        is_other = path.startswith("/api/") or (method, rule) in POSTED_FROM_OUTSIDE | HOOKS
        wanted = {400, 401, 404} if is_other else {400}
        assert answer.status_code in wanted, (method, rule, answer.status_code)


@pytest.mark.parametrize("credentials", ["Bearer forged", "bearer hd_forged", "Basic b2xlbmE6eA==", "Bearer"])
def test_m08_a_header_that_proves_nothing_does_not_open_the_api_to_the_cookie(
    guarded: Flask, client: FlaskClient, session: Session, administrator: Staff, credentials: str
) -> None:
    sign_in(client, administrator)
    for method, rule, path in requests(guarded, *CHANGING):
        if not path.startswith("/api/") or (method, rule) in TAKES_NO_COOKIE:
            continue
        answer = client.open(path, method=method, json={}, headers={"Authorization": credentials})
        assert answer.status_code in {400, 401, 422}, (method, rule, answer.status_code)


def test_m08_looking_deletes_nothing(
    guarded: Flask, client: FlaskClient, session: Session, administrator: Staff
) -> None:
    make_topic(session)
    sign_in(client, administrator)
    for view in appbuilder().baseviews:
        if isinstance(view, BaseCRUDView) and "delete" not in view.exclude_route_methods:
            table = view.datamodel.obj
            count = select(func.count()).select_from(table)
            before = session.scalar(count)
            number = session.scalar(select(func.max(table.id))) or 1
            client.get(f"{view.route_base}/delete/{number}")
            assert session.scalar(count) == before, view


def test_m08_nobody_without_a_signing_in_gets_past_the_door(app: Flask, client: FlaskClient) -> None:
    for method, rule, path in requests(app, "GET", *CHANGING):
        if path.startswith(OPEN_TO_READ if method == "GET" else DOORS):
            continue
        body: dict[str, Any] = {"json": {}} if path.startswith("/api/") else {}
        answer = client.open(path, method=method, **body)
        led = answer.status_code == 302 and answer.location.startswith("/login/")
        refused = answer.status_code in {400, 401, 403, 404, 405}
        harmless = rule in {"/lang/<string:locale>", "/back", "/settings/language", "/logout/"}
        assert led or refused or (harmless and answer.status_code in {302, 303, 422}), (method, rule, answer)


def test_m08_cookies_go_encrypted_to_nobody_elses_pages_and_no_script_reads_them(place: Place) -> None:
    import config

    settings = place.settings(place.new_database("sqlite"))
    given = config.load(
        {"HELPDESK_URL": "https://help.corp.example", "HELPDESK_VAR": str(place.folder / "var")}
    )
    app = create_app({**given, **settings})
    answer = app.test_client().get("/login/", base_url="https://help.corp.example")
    (cookie,) = [line for line in answer.headers.getlist("Set-Cookie") if line.startswith("__Host-helpdesk=")]
    parts = {part.strip() for part in cookie.split(";")}
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= parts, cookie
    assert {app.config[f"REMEMBER_COOKIE_{name}"] for name in ("SECURE", "HTTPONLY")} == {True}
    assert app.config["REMEMBER_COOKIE_SAMESITE"] == "Lax"
    assert answer.headers["Strict-Transport-Security"]
