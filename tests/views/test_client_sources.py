"""Where the fields of a client come from: on his page, in the form, in the history and in the journal."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.services.clients import update_client
from app.services.runs import finish_run, start_run
from app.services.telling import Statement, tell
from app.services.undo import undo_run
from models import Client, ImportRun, RunKind, Source, Staff
from tests.support.factories import actor_of, make_client, make_department, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in


@pytest.fixture
def boss(session: Session) -> Staff:
    """A coordinator: he may manage the client base."""
    return make_user(session, "boss", coordinator_of=[make_department(session, "Desk")])


@pytest.fixture
def caller(session: Session, boss: Staff) -> tuple[Client, ImportRun]:
    """The phone book said one thing, then a person another."""
    actor = actor_of(session, boss)
    client = make_client(session, "Ткаченко Оксана", room="214")
    run = start_run(session, RunKind.BOOK, title="phones.xlsx", actor=actor)
    tell(session, [Statement(client, {"room": "2071", "phones": ["2-34"]})], source=Source.BOOK, run=run)
    finish_run(session, run, counts={"changed": 1})
    update_client(session, client.id, changes={"room": "301"}, version=client.version, actor=actor)
    session.commit()
    return client, run


def test_page_says_where_each_field_comes_from(
    client: FlaskClient, session: Session, boss: Staff, caller: tuple[Client, ImportRun]
) -> None:
    person, run = caller
    sign_in(client, boss)
    assert f'hx-get="/clients/{person.id}/sources"' in client.get(f"/clients/{person.id}").text
    with count_queries() as sent:
        part = client.get(f"/clients/{person.id}/sources").text
    assert len(sent) <= 9, str(sent)
    for text in (
        "corrected by Boss Tester",
        "the phone book says 2071",
        "before it was 214",
        "from the phone book",
        "Let the import decide again",
        f'href="/client-base/runs/{run.id}"',
        "1 field differs elsewhere",
    ):
        assert text in part
    assert part.count("Let the import decide again") == 1  # nobody has corrected the phones


def test_form_says_it_under_each_field(
    client: FlaskClient, session: Session, boss: Staff, caller: tuple[Client, ImportRun]
) -> None:
    sign_in(client, boss)
    with count_queries() as sent:
        page = client.get(f"/clients/{caller[0].id}/edit").text
    assert len(sent) <= 12, str(sent)
    assert 'aria-describedby="room-source"' in page
    assert "<b>the phone book says 2071</b>" in page


def test_editor_lets_the_import_decide_again(
    client: FlaskClient, session: Session, boss: Staff, caller: tuple[Client, ImportRun]
) -> None:
    person = caller[0]
    sign_in(client, make_user(session, "employee", employee_of=[make_department(session)]))
    assert "/client-base/runs" not in client.get(f"/clients/{person.id}/sources").text
    address, late = f"/clients/{person.id}/release", {"field": "room", "version": person.version - 1}
    assert client.post(address, data=late).status_code == 303
    assert "Someone has changed this client" in client.get(f"/clients/{person.id}").text
    fresh = {"field": "room", "version": person.version}
    assert client.post(address, data=fresh).location == f"/clients/{person.id}"
    assert session.get_one(Client, person.id).room == "2071"
    assert "The imports decide about this field again: Room." in client.get(f"/clients/{person.id}").text
    again = {"field": "room", "version": session.get_one(Client, person.id).version}
    assert client.post(address, data=again).status_code == 303
    assert "Nobody has corrected this field." in client.get(f"/clients/{person.id}").text


def test_history_names_the_run_by_which_it_came(
    client: FlaskClient, session: Session, boss: Staff, caller: tuple[Client, ImportRun]
) -> None:
    person, run = caller
    undo_run(session, run.id, actor=actor_of(session, boss))
    session.commit()
    sign_in(client, boss)
    with count_queries() as sent:
        history = client.get(f"/clients/{person.id}/history").text
    assert len(sent) <= 10, str(sent)
    link = f'(<a href="/client-base/runs/{run.id}">run {run.id}</a>)'
    assert f"by the import of phones.xlsx {link}" in history
    assert f"by taking back {link}" in history
    sign_in(client, make_user(session, "employee", employee_of=[make_department(session)]))
    assert f"(run {run.id})" in client.get(f"/clients/{person.id}/history").text


def test_journal_links_to_the_run(
    client: FlaskClient, session: Session, caller: tuple[Client, ImportRun]
) -> None:
    sign_in(client, make_user(session, "administrator", administrator=True))
    journal = client.get("/console/journal/").text
    assert f'<a href="/client-base/runs/{caller[1].id}">run {caller[1].id}</a>' in journal


def test_others_read_sources_and_release_nothing(
    client: FlaskClient, session: Session, caller: tuple[Client, ImportRun]
) -> None:
    person = caller[0]
    address, data = f"/clients/{person.id}", {"field": "room", "version": person.version}
    assert client.get(f"{address}/sources").location.startswith("/login/")
    assert client.post(f"{address}/release", data=data).status_code == 401
    sign_in(client, make_user(session, "stranger"))
    assert "Let the import decide again" not in client.get(f"{address}/sources").text
    assert client.post(f"{address}/release", data=data).status_code == 403
    assert session.get_one(Client, person.id).room == "301"
    assert client.get("/clients/999999/sources").status_code == 404
    assert client.get("/clients/99999999999999999999/sources").status_code == 404
    assert client.get(f"{address}/release").status_code == 405
    sign_in(client, session.query(Staff).filter_by(username="boss").one())
    assert client.post("/clients/99999999999999999999/release", data=data).status_code == 404
