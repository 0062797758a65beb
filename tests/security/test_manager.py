"""A user's permissions: one statement a request, and changes count from the next request on."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.security.permissions import STAFF_ROLE
from models import Staff
from tests.support.factories import make_department, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in


@pytest.fixture
def user(session: Session) -> Staff:
    """A plain employee."""
    user = make_user(session, employee_of=[make_department(session)])
    session.commit()
    return user


def test_layout_page_asks_for_permissions_once(client: FlaskClient, user: Staff) -> None:
    sign_in(client, user)
    with count_queries() as sent:
        assert client.get("/tickets/inbox").status_code == 200
    asked = [text for text in sent.texts if "ab_permission_view_role" in text]
    assert len(asked) == 1, sent
    assert len(sent) <= 10, sent


def test_screen_taken_from_the_role_is_closed_at_once(
    client: FlaskClient, session: Session, user: Staff
) -> None:
    sign_in(client, user)
    assert client.get("/clients/").status_code == 200
    role = session.scalars(select(Role).where(Role.name == STAFF_ROLE)).one()
    role.permissions = [row for row in role.permissions if row.view_menu.name != "Clients"]
    session.commit()
    assert client.get("/clients/").status_code == 403
    assert client.get("/tickets/inbox").status_code == 200


def test_user_without_a_role_opens_nothing(client: FlaskClient, session: Session, user: Staff) -> None:
    user.roles = []
    session.commit()
    sign_in(client, user)
    assert client.get("/").status_code == 403
    assert client.get("/api/v1/ticket/").status_code in {401, 403, 404}


def test_administrator_opens_everything_without_stored_rights(client: FlaskClient, session: Session) -> None:
    boss = make_user(session, administrator=True)
    role = next(role for role in boss.roles)
    role.permissions = []
    session.commit()
    sign_in(client, boss)
    for path in ("/", "/tickets/inbox", "/clients/", "/users/list/"):
        assert client.get(path).status_code == 200, path


def test_disabled_user_is_signed_out_at_once(client: FlaskClient, session: Session, user: Staff) -> None:
    sign_in(client, user)
    assert client.get("/").status_code == 200
    user.active = False
    session.commit()
    answer = client.get("/")
    assert answer.status_code == 302
    assert "/login/" in answer.headers["Location"]


def test_anonymous_is_sent_to_sign_in_and_back(client: FlaskClient) -> None:
    answer = client.get("/tickets/inbox?state=free")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login/?next=/tickets/inbox?state")
    assert client.post("/tickets/bulk", data={"verb": "take"}).status_code == 401
