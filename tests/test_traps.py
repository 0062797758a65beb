"""One test per trap of the building blocks that applies: what went wrong elsewhere does not here."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.api import BaseApi
from flask_appbuilder.baseviews import BaseCRUDView
from flask_appbuilder.security.sqla.models import PermissionView, Role
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from app.extensions import appbuilder, queue, redis
from models import Staff, Ticket, Topic
from tests.support.factories import make_department, make_ticket, make_topic, make_user
from tests.support.signing import sign_in

PASSWORD = "a long one 12"


@pytest.fixture
def administrator(session: Session) -> Staff:
    return make_user(session, administrator=True)


def token_of(client: FlaskClient, session: Session, person: Staff) -> dict[str, str]:
    """The headers of a signed-in API caller."""
    person.password = generate_password_hash(PASSWORD)
    body = {"username": person.username, "password": PASSWORD, "provider": "db"}
    answer: Any = client.post("/api/v1/security/login", json=body)
    return {"Authorization": f"Bearer {answer.json['access_token']}"}


def with_rights(session: Session, *rights: str) -> Staff:
    """A person with these rights ("can list on TopicView") and no others."""
    found = [row for row in session.scalars(select(PermissionView)) if str(row) in rights]
    assert len(found) == len(rights)
    person = make_user(session)
    person.roles = [Role(name="Special", permissions=found)]
    session.flush()
    return person


def test_m01_bulk_actions_load_rows_through_the_base_filters(
    app: Flask, client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    view: Any = next(v for v in appbuilder().baseviews if type(v).__name__ == "TopicView")
    shown, hidden = make_topic(session), make_topic(session, is_hidden=True)
    only_shown = view.datamodel.get_filters().add_filter("is_hidden", view.datamodel.FilterEqual, False)
    monkeypatch.setattr(view, "_base_filters", only_shown)
    sign_in(
        client, with_rights(session, "can list on TopicView", "merge on TopicView", "can merge on TopicView")
    )
    url, data = "/topics/action_post", {"action": "merge", "rowid": [shown.id, hidden.id]}
    assert client.post(url, data=data).status_code == 404
    assert client.post(f"/topics/action/merge/{hidden.id}").status_code == 404
    assert client.get(f"/topics/action/merge/{shown.id}").status_code == 405
    merging = {"id": [hidden.id], "target": shown.id}
    assert client.post("/topics/merge", data=merging).status_code == 404
    assert client.post(url, data={"action": "merge", "rowid": [shown.id]}).status_code == 302
    assert client.post(url, data={"action": "nothing", "rowid": [shown.id]}).status_code == 404
    assert session.get(Topic, hidden.id) is not None


def test_m01_bulk_actions_need_their_own_right(client: FlaskClient, session: Session) -> None:
    topic = make_topic(session)
    sign_in(client, with_rights(session, "can list on TopicView"))
    data = {"action": "merge", "rowid": [topic.id]}
    assert client.post("/topics/action_post", data=data).status_code == 403
    assert client.post("/topics/merge", data={"id": [topic.id], "target": topic.id}).status_code == 403
    assert session.get(Topic, topic.id) is not None


def test_m04_every_screen_names_its_search_columns(app: Flask) -> None:
    ours = [
        view
        for view in appbuilder().baseviews
        if isinstance(view, BaseCRUDView) and type(view).__module__.startswith("views.")
    ]
    assert len(ours) >= 8
    for view in ours:
        assert "search_columns" in vars(type(view)), view
        assert not {"password", "search_text"} & set(view.search_columns), view
        assert not [name for name in view.search_columns if "." in name], view


def test_m04_hidden_columns_are_no_oracle(
    client: FlaskClient, session: Session, administrator: Staff
) -> None:
    sign_in(client, administrator)
    whole = client.get("/users/list/").text
    assert administrator.username in whole
    assert administrator.username in client.get("/users/list/?_flt_0_password=zzz").text
    assert client.get("/users/list/?_oc_UserDBModelView=password&_od_UserDBModelView=asc").status_code == 404
    filtered = client.get("/api/v1/ticket/?q=(filters:!((col:body,opr:sw,value:x)))")
    assert filtered.status_code == 422


def test_m05_a_disabled_account_is_out_at_once_everywhere(client: FlaskClient, session: Session) -> None:
    person = make_user(session, employee_of=[make_department(session)])
    headers = token_of(client, session, person)
    sign_in(client, person)
    assert client.get("/api/v1/me/").status_code == 200
    assert client.get("/api/v1/me/", headers=headers).status_code == 200
    person.active = False
    session.flush()
    assert client.get("/api/v1/me/", headers=headers).status_code == 401
    assert client.get("/api/v1/me/").status_code == 401


@pytest.fixture
def guarded(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    return app


def _tries(ticket: Ticket) -> list[tuple[str, str]]:
    return [
        ("POST", "/api/v1/ticket/"),
        ("POST", f"/api/v1/ticket/{ticket.id}/take"),
        ("POST", "/api/v1/security/api_keys/"),
        ("DELETE", "/api/v1/security/api_keys/none"),
        ("PUT", "/api/v1/security/roles/1"),
        ("DELETE", "/api/v1/security/users/1"),
    ]


def test_m08_a_cookie_alone_changes_nothing(
    guarded: Flask, client: FlaskClient, session: Session, administrator: Staff
) -> None:
    department = make_department(session)
    ticket = make_ticket(session, author=administrator, department=department)
    number = ticket.id
    tries = _tries(ticket)
    sign_in(client, administrator)
    for method, url in tries:
        assert client.open(url, method=method, json={}).status_code == 400, url
    assert session.get_one(Ticket, number).state == "free"


def test_m08_the_pages_token_or_a_bearer_token_lets_changes_in(
    guarded: Flask, client: FlaskClient, session: Session
) -> None:
    department = make_department(session)
    person = make_user(session, employee_of=[department])
    ticket = make_ticket(session, author=person, department=department)
    number = ticket.id
    bearer = token_of(client, session, person)
    assert client.post(f"/api/v1/ticket/{number}/take", headers=bearer).status_code == 200
    sign_in(client, person)
    page = client.get("/settings/").text
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    assert client.post(f"/api/v1/ticket/{number}/release").status_code == 400
    headers = {"X-CSRFToken": token}
    assert client.post(f"/api/v1/ticket/{number}/release", headers=headers).status_code == 200


def test_m08_headers_stand_on_every_answer(
    client: FlaskClient, session: Session, administrator: Staff
) -> None:
    sign_in(client, administrator)
    for url in ("/", "/departments/list/", "/console/journal/", "/swagger/v1", "/api/v1/me/", "/nothing"):
        headers = client.get(url).headers
        assert headers["X-Frame-Options"] == "DENY", url
        assert "default-src 'none'" in headers["Content-Security-Policy"], url
        assert headers["X-Content-Type-Options"] == "nosniff", url


def test_m08_signing_out_needs_a_post(client: FlaskClient, session: Session) -> None:
    sign_in(client, make_user(session))
    assert client.get("/logout/").status_code == 405
    assert client.get("/api/v1/me/").status_code == 200
    client.post("/logout/")
    assert client.get("/api/v1/me/").status_code == 401


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_m09_signing_in_redirects_to_our_own_pages_only(
    client: FlaskClient, session: Session, target: str
) -> None:
    person = make_user(session)
    person.password = generate_password_hash(PASSWORD)
    data = {"username": person.username, "password": PASSWORD}
    answer = client.post("/login/", query_string={"next": target}, data=data)
    assert answer.status_code == 302
    # a backslash comes out percent-encoded, as a path of our own
    assert urlsplit(answer.location)[:2] == ("", "")
    assert "\\" not in answer.location


def test_m12_the_console_writes_nothing_and_exports_nothing(app: Flask) -> None:
    from flask_admin.form import SecureForm

    from views.console import ForAdministrators, ReadOnlyTable

    (admin,) = app.extensions["admin"]
    for view in admin._views:
        assert isinstance(view, ForAdministrators), view
        if isinstance(view, ReadOnlyTable):
            assert {view.can_create, view.can_edit, view.can_delete, view.can_export} == {False}, view
            assert view.form_base_class is SecureForm
            assert view.column_list
            assert view.column_details_list


def test_m14_sockets_take_no_foreign_origin(app: Flask) -> None:
    from app.factory import _origins

    hosts = {"ALLOWED_HOSTS": ["help.corp.example"], "HTTPS": True}
    app.config.update(hosts)
    try:
        assert _origins(app) == ["https://help.corp.example"]
    finally:
        app.config.update({"ALLOWED_HOSTS": [], "HTTPS": False})


def test_m15_jobs_travel_as_json(app: Flask) -> None:
    import json
    import zlib

    job = queue().enqueue("jobs.outbox.fan_out", 7)
    stored: Any = redis().hget(f"rq:job:{job.id}", "data")
    assert json.loads(zlib.decompress(stored) if stored[:1] == b"\x78" else stored)[2] == [7]


def test_m21_api_keys_are_made_used_and_revoked(client: FlaskClient, session: Session) -> None:
    person = make_user(session, employee_of=[make_department(session)])
    bearer = token_of(client, session, person)
    made: Any = client.post("/api/v1/security/api_keys/", json={"name": "script"}, headers=bearer)
    assert made.status_code == 201
    key = made.json["result"]["key"]
    assert key.startswith("hd_")
    listed: Any = client.get("/api/v1/security/api_keys/", headers=bearer)
    assert [row["name"] for row in listed.json["result"]] == ["script"]
    assert key not in listed.text
    headers = {"Authorization": f"Bearer {key}"}
    me: Any = client.get("/api/v1/me/", headers=headers)
    assert me.json["id"] == person.id
    uuid = listed.json["result"][0]["uuid"]
    assert client.delete(f"/api/v1/security/api_keys/{uuid}", headers=bearer).status_code == 200
    assert client.get("/api/v1/me/", headers=headers).status_code == 401


def test_m22_pages_are_capped(client: FlaskClient, session: Session, administrator: Staff) -> None:
    sign_in(client, administrator)
    for url in ("/users/list/?psize_UserDBModelView=1000000", "/topics/list/?psize_TopicView=1000000"):
        assert client.get(url).status_code == 404
    answer: Any = client.get("/api/v1/client/?q=(page_size:1000000)")
    assert answer.status_code == 200
    assert client.application.config["MAX_CONTENT_LENGTH"]


def test_security_apis_are_closed_to_everybody_but_administrators(
    client: FlaskClient, session: Session, administrator: Staff
) -> None:
    boss = make_user(session, coordinator_of=[make_department(session)])
    names = ("users", "roles", "groups", "permissions", "resources", "permissions-resources")
    headers = {
        "administrator": token_of(client, session, administrator),
        "boss": token_of(client, session, boss),
    }
    paths = {
        api.route_base
        for api in appbuilder().baseviews
        if isinstance(api, BaseApi) and str(api.route_base).startswith("/api/v1/security/")
    } - {"/api/v1/security/api_keys"}
    assert {f"/api/v1/security/{name}" for name in names} == paths
    for path in paths:
        assert client.get(f"{path}/").status_code == 401, path
        assert client.get(f"{path}/", headers=headers["boss"]).status_code == 403, path
        answer = client.get(f"{path}/", headers=headers["administrator"])
        assert answer.status_code == 200, path
        assert "scrypt" not in answer.text
        assert '"password"' not in answer.text
