"""What ends what: cookies, tokens, API keys and sockets after signing out everywhere, disabling and so on."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from app.events import Kind
from app.extensions import appbuilder, db
from app.notify import popup
from app.security import sessions
from models import JournalEntry, Staff, UserSession, utcnow
from tests.support.factories import make_department, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in
from tests.support.ways import ALL, FIREFOX, NONE, Ways

PASSWORD = "correct horse"


@pytest.fixture
def person(session: Session) -> Staff:
    """Somebody with a password."""
    person = make_user(session, "olena", employee_of=[make_department(session)])
    person.password = generate_password_hash(PASSWORD, method="pbkdf2:sha256:1000")
    session.commit()
    return person


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Whose open pages had to prove who they are."""
    people: list[int] = []
    monkeypatch.setattr(popup, "reconnect", people.append)
    return people


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("with_keys", [True, False])
def test_signing_out_everywhere_else_ends_all_but_this_browser(
    app: Flask, session: Session, person: Staff, asked: list[int], with_keys: bool
) -> None:
    ways, here = Ways(app, "olena", PASSWORD), sign_in(app.test_client(), person)
    assert ways.open() == ALL
    data = {"with_keys": "1"} if with_keys else {}
    answer = here.post("/settings/sessions/end-others", data=data)
    assert (answer.status_code, answer.location) == (303, "/settings/#sessions")
    assert ways.open() == {**NONE, "key": not with_keys}
    assert here.get("/tickets/inbox").status_code == 200
    assert asked == [person.id]
    entry = session.scalars(select(JournalEntry).where(JournalEntry.kind == Kind.SESSIONS_ENDED)).one()
    assert (entry.actor_id, entry.new) == (person.id, {"everywhere": True, "keys": with_keys})


@pytest.mark.usefixtures("client")
def test_new_password_ends_everything_but_the_browser_that_changed_it(
    app: Flask, session: Session, person: Staff, asked: list[int]
) -> None:
    ways, here = Ways(app, "olena", PASSWORD), sign_in(app.test_client(), person)
    data = {"old_password": PASSWORD, "new_password": "battery staple", "again": "battery staple"}
    assert here.post("/settings/password", data=data).status_code == 303
    assert ways.open() == NONE
    assert here.get("/tickets/inbox").status_code == 200
    assert asked == [person.id]


@pytest.mark.usefixtures("client")
def test_administrators_reset_of_a_password_ends_everything(
    app: Flask, session: Session, person: Staff, asked: list[int]
) -> None:
    ways, boss = (
        Ways(app, "olena", PASSWORD),
        sign_in(app.test_client(), make_user(session, administrator=True)),
    )
    data = {"password": "battery staple", "conf_password": "battery staple"}
    boss.post(f"/resetpassword/form?pk={person.id}", data=data)
    assert ways.open() == NONE
    assert boss.get("/").status_code == 200
    assert asked == [person.id]
    for nobody in ("900900", "x", "", "9" * 30):
        assert boss.post(f"/resetpassword/form?pk={nobody}", data=data).status_code == 404, nobody


def edit(person: Staff, **values: Any) -> dict[str, Any]:
    """The form of the person's screen."""
    form = {
        name: getattr(person, name) for name in ("first_name", "last_name", "username", "email", "locale")
    }
    return {**form, "active": "y", "roles": [str(role.id) for role in person.roles], **values}


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("way", ["screen", "api"])
def test_disabling_ends_everything_for_good(
    app: Flask, session: Session, person: Staff, asked: list[int], way: str
) -> None:
    ways, boss = (
        Ways(app, "olena", PASSWORD),
        sign_in(app.test_client(), make_user(session, administrator=True)),
    )
    number = person.id

    def set_active(on: bool) -> None:
        if way == "api":
            answer = boss.put(f"/api/v1/security/users/{number}", json={"active": on})
            assert answer.status_code == 200, answer.text
        else:
            form = edit(person, active="y") if on else edit(person)
            if not on:
                form.pop("active")
            assert boss.post(f"/users/edit/{number}", data=form).status_code == 302
        session.expire_all()
        assert person.active is on

    set_active(False)
    assert ways.open() == NONE
    assert asked == [number]
    set_active(True)
    assert ways.open() == NONE, "nothing comes back to life"


@pytest.mark.usefixtures("client")
def test_other_roles_count_at_once_and_open_pages_prove_who_they_are(
    app: Flask, session: Session, person: Staff, asked: list[int]
) -> None:
    ways, boss = (
        Ways(app, "olena", PASSWORD),
        sign_in(app.test_client(), make_user(session, administrator=True)),
    )
    empty = Role(name="Nothing")
    session.add(empty)
    session.commit()
    assert boss.post(f"/users/edit/{person.id}", data=edit(person, roles=[str(empty.id)])).status_code == 302
    assert ways.open() == {**NONE, "refresh": True}
    assert ways.browser.get("/tickets/inbox").status_code == 403, "still signed in, with no screen"
    assert asked == [person.id]


@pytest.mark.usefixtures("client")
def test_person_ends_one_session_and_the_others_go_on(
    app: Flask, session: Session, person: Staff, asked: list[int]
) -> None:
    ways, here = Ways(app, "olena", PASSWORD), sign_in(app.test_client(), person)
    listed = session.scalars(select(UserSession).where(UserSession.device == "Firefox · Windows")).one()
    assert here.post(f"/settings/sessions/{listed.id}/end").status_code == 303
    assert ways.open() == {**ALL, "cookie": False}
    token = session.scalars(select(UserSession).where(UserSession.kind == "api")).one()
    assert here.post(f"/settings/sessions/{token.id}/end").status_code == 303
    assert ways.open() == {**NONE, "key": True}
    assert asked == [person.id, person.id]
    assert here.post(f"/settings/sessions/{token.id}/end").status_code == 404


def test_nobody_ends_a_strangers_session(client: FlaskClient, session: Session, person: Staff) -> None:
    sign_in(client, person)
    row = session.scalars(select(UserSession)).one()
    number = row.id
    sign_in(client, make_user(session))
    assert client.post(f"/settings/sessions/{number}/end").status_code == 404
    assert session.get(UserSession, number) is not None


def test_own_sessions_are_listed_with_device_and_place(
    app: Flask, client: FlaskClient, session: Session, person: Staff
) -> None:
    data = {"username": "olena", "password": PASSWORD}
    app.test_client().post(
        "/login/", data=data, headers={"User-Agent": FIREFOX}, environ_base={"REMOTE_ADDR": "192.0.2.7"}
    )
    stranger = make_user(session)
    session.add(UserSession(key="k", user_id=stranger.id, device="Stranger's"))
    page = sign_in(client, person).get("/settings/").text
    assert "Firefox · Windows" in page
    assert "192.0.2.7" in page
    assert page.count("this one") == 1
    assert "Stranger" not in page


def test_session_that_was_ended_is_listed_no_more(session: Session, person: Staff) -> None:
    sessions.open_session(session, person)
    assert len(sessions.own_sessions(session, person)) == 1
    person.end_sessions()
    assert len(sessions.own_sessions(session, person)) == 0


def test_session_nobody_uses_runs_out_and_is_forgotten(
    client: FlaskClient, session: Session, person: Staff
) -> None:
    sign_in(client, person)
    row = session.scalars(select(UserSession)).one()
    row.last_seen_at = utcnow() - timedelta(days=31)
    assert client.get("/").status_code == 302
    marks = sessions.open_session(session, person)
    assert session.scalars(select(UserSession.key)).all() == [marks[sessions.KEY]]


def test_last_use_is_written_once_a_minute(client: FlaskClient, session: Session, person: Staff) -> None:
    sign_in(client, person)
    row = session.scalars(select(UserSession)).one()
    old = row.last_seen_at = utcnow() - timedelta(seconds=90)
    assert client.get("/").status_code == 200
    assert row.last_seen_at > old
    with count_queries() as sent:
        assert client.get("/").status_code == 200
    assert not [text for text in sent.texts if text.lstrip().startswith("UPDATE")], sent
    assert len([text for text in sent.texts if "user_session" in text]) == 1, sent


@pytest.mark.database("sqlite", reason="PostgreSQL has no lock on the whole database")
def test_busy_database_keeps_no_page_waiting_for_the_note(live_app: Flask) -> None:
    session = db.session()
    browser = sign_in(live_app.test_client(), make_user(session, employee_of=[make_department(session)]))
    old = utcnow() - timedelta(seconds=90)
    session.execute(update(UserSession).values(last_seen_at=old))
    session.commit()
    db.session.remove()
    with db.engine.connect() as import_run:
        import_run.execute(text("UPDATE user_session SET device = 'busy'"))
        began = time.monotonic()
        assert browser.get("/tickets/inbox").status_code == 200
        assert time.monotonic() - began < 5
        import_run.rollback()
    for name in list(g):  # the test's own context: the person of the request before must not linger
        g.pop(name)
    assert browser.get("/tickets/inbox").status_code == 200
    assert db.session.scalars(select(UserSession.last_seen_at)).one() > old


def test_key_of_somebody_else_opens_nothing(client: FlaskClient, session: Session, person: Staff) -> None:
    sign_in(client, person)
    other = make_user(session)
    with client.session_transaction() as cookie:
        cookie["_user_id"] = str(other.id)
        cookie[sessions.SEAL] = sessions.seal_of(other)
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("key", [None, "", 7, ["x"], "nothing"])
def test_cookie_with_a_key_that_makes_no_sense_opens_nothing(
    client: FlaskClient, session: Session, person: Staff, key: Any
) -> None:
    sign_in(client, person)
    with client.session_transaction() as cookie:
        cookie[sessions.KEY] = key
    assert client.get("/").status_code == 302


def test_refreshing_a_token_opens_no_new_session(app: Flask, client: FlaskClient, person: Staff) -> None:
    ways = Ways(app, "olena", PASSWORD)
    before = len(sessions.own_sessions(appbuilder().session, person))
    assert ways.open() == ALL
    assert len(sessions.own_sessions(appbuilder().session, person)) == before == 2
