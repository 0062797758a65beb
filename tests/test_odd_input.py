"""Characters that nobody can type reach no database: PostgreSQL refuses NUL even in a question."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import Group, Role
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Client, Comment, SavedView, Staff, Ticket
from tests.support.factories import make_client, make_department, make_ticket, make_user
from tests.support.signing import sign_in

ODD = "1\x002\u202e"


@pytest.fixture
def administrator(client: FlaskClient, session: Session) -> Staff:
    """Who may open everything."""
    person = make_user(session, administrator=True)
    sign_in(client, person)
    return person


@pytest.fixture
def ticket(session: Session, administrator: Staff) -> Ticket:
    """A ticket to write under."""
    return make_ticket(session, author=administrator, department=make_department(session))


@pytest.mark.parametrize(
    "path",
    [
        "/tickets/search?q=%00",
        "/tickets/search?q=topic:%00",
        "/tickets/search?q=from:%00 to:%00",
        "/clients/?q=a%00b",
        "/clients/lookup?q=12%0034",
    ],
)
def test_looking_for_nul_finds_nothing(client: FlaskClient, administrator: Staff, path: str) -> None:
    assert client.get(path).status_code == 200


def test_an_api_key_named_nul_is_not_there(client: FlaskClient, administrator: Staff) -> None:
    assert client.get("/api/v1/security/api_keys/%00").status_code == 404


def test_a_saved_view_has_a_readable_name(
    client: FlaskClient, session: Session, administrator: Staff
) -> None:
    data = {"name": f" a {ODD}", "list": "inbox?state=free"}
    assert client.post("/tickets/views", data=data).status_code == 303
    assert list(session.scalars(select(SavedView.name))) == ["a 12"]


def test_a_comment_with_an_unreadable_key_is_written_once(
    client: FlaskClient, session: Session, ticket: Ticket
) -> None:
    for _press in range(2):
        answer = client.post(f"/tickets/{ticket.id}/comments", data={"body": "x", "request_key": ODD})
        assert answer.status_code == 303
    assert len(list(session.scalars(select(Comment.id)))) == 1


def test_a_phone_is_kept_without_what_is_not_seen(
    client: FlaskClient, session: Session, administrator: Staff
) -> None:
    person: Client = make_client(session)
    data: dict[str, Any] = {"name": "phone", "value": ODD, "version": person.version}
    assert client.post(f"/clients/{person.id}/field", data=data).status_code == 303
    session.expire_all()
    assert person.phones[0].number == "12"


@pytest.mark.parametrize(("path", "table"), [("/roles/add", Role), ("/groups/add", Group)])
def test_roles_and_groups_have_readable_names(
    client: FlaskClient, session: Session, administrator: Staff, path: str, table: Any
) -> None:
    assert client.post(path, data={"name": ODD}).status_code == 200
    assert client.post(path, data={"name": "Readable"}).status_code == 302
    assert session.scalars(select(table).where(table.name == "Readable")).one()
    assert not session.scalars(select(table).where(table.name.like("1%"))).all()
