"""A page whose session is over: its socket is closed at the latest with its next heartbeat."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.extensions import db
from models import SecondFactorRole, Staff, UserSession
from tests.support.factories import make_user
from tests.support.live import LiveServer
from tests.support.wire import open_wire, wait_until


@pytest.fixture
def session(live_server: LiveServer) -> Iterator[Session]:
    """The live server's database."""
    with live_server.app.app_context():
        yield db.session()
        db.session.remove()


@pytest.fixture
def person(session: Session) -> Staff:
    """Somebody with an open page."""
    person = make_user(session)
    session.commit()
    return person


def test_heartbeat_of_a_session_that_is_over_closes_the_socket(
    live_server: LiveServer, session: Session, person: Staff
) -> None:
    with closing(open_wire(live_server, person)) as page:
        page.emit("alive")
        session.execute(delete(UserSession).where(UserSession.user_id == person.id))
        session.commit()
        assert page.state == "connected"
        page.emit("alive")
        wait_until(lambda: page.state == "closed", "the socket is closed")


def test_person_who_must_enrol_first_has_no_socket(
    live_server: LiveServer, session: Session, person: Staff
) -> None:
    role = Role(name="Guarded")
    session.add(role)
    session.flush()
    session.add(SecondFactorRole(role_id=role.id))
    person.roles = [role]
    session.commit()
    with closing(open_wire(live_server, person)) as page:
        assert page.state == "refused"
