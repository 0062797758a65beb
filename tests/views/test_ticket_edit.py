"""The edit form: saved, stale, wrong, read-only."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import Priority, Staff, Ticket
from tests.support.cast import Cast, make_cast
from tests.support.signing import sign_in


@pytest.fixture
def cast(session: Session) -> Cast:
    return make_cast(session)


def as_person(client: FlaskClient, session: Session, cast: Cast, who: str) -> FlaskClient:
    person = session.get(Staff, cast.people[who])
    assert person is not None
    return sign_in(client, person)


def form_of(**changes: object) -> dict[str, object]:
    form = {
        "subject": "New title",
        "body": "New\r\ntext",
        "priority": 2,
        "topic_id": "",
        "topic_text": "Mail",
    }
    return {"version": 1, **form, **changes}


def test_the_author_edits(client: FlaskClient, session: Session, cast: Cast) -> None:
    author = as_person(client, session, cast, "author")
    number = cast.tickets["a_free"]
    assert 'name="version" value="1"' in author.get(f"/tickets/{number}/edit").text
    answer = author.post(f"/tickets/{number}/edit", data=form_of())
    assert answer.status_code == 303
    ticket = session.get(Ticket, number)
    assert ticket is not None
    assert (ticket.subject, ticket.body, ticket.priority) == ("New title", "New\ntext", Priority.HIGH)
    assert (ticket.topic_id, ticket.topic_text) == (None, "Mail")


def test_a_stale_form_gets_its_text_back_and_is_saved_knowingly(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    number = cast.tickets["a_free"]
    boss = as_person(client, session, cast, "boss_a")
    boss.post(f"/tickets/{number}/edit", data=form_of(subject="The boss's title"))
    author = as_person(client, session, cast, "author")
    answer = author.post(f"/tickets/{number}/edit", data=form_of(subject="My title", body="My text"))
    assert answer.status_code == 409
    assert 'value="My title"' in answer.text
    assert "My text" in answer.text
    assert "The boss&#39;s title" in answer.text
    assert session.get_one(Staff, cast.people["boss_a"]).full_name in answer.text
    assert 'name="version" value="2"' in answer.text
    again = author.post(f"/tickets/{number}/edit", data=form_of(subject="My title", version=2))
    assert again.status_code == 303
    assert session.get_one(Ticket, number).subject == "My title"


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "", "body": ""},
        {"subject": "x" * 201},
        {"body": "x" * 20_001},
        {"priority": "7"},
        {"topic_id": "abc"},
        {"topic_id": 99_999},
    ],
)
def test_a_wrong_form_is_refused_with_the_field_named(
    client: FlaskClient, session: Session, cast: Cast, wrong: dict[str, object]
) -> None:
    author = as_person(client, session, cast, "author")
    answer = author.post(f"/tickets/{cast.tickets['a_free']}/edit", data=form_of(**wrong))
    assert answer.status_code == 422
    assert "invalid-feedback" in answer.text
    assert session.get_one(Ticket, cast.tickets["a_free"]).version == 1


def test_the_archive_is_read_only(client: FlaskClient, session: Session, cast: Cast) -> None:
    boss = as_person(client, session, cast, "boss_a")
    number = cast.tickets["a_archived"]
    page = boss.get(f"/tickets/{number}").text
    assert "data-hd-composer" not in page
    assert f"/tickets/{number}/move/restore" in page
    assert boss.get(f"/tickets/{number}/edit").status_code == 403
    assert boss.post(f"/tickets/{number}/edit", data=form_of()).status_code == 403
    assert boss.post(f"/tickets/{number}/comments", data={"body": "x"}).status_code == 403
    assert boss.post(f"/tickets/{number}/move/take").status_code == 409
