"""The three boxes: what stands in them, what they cost, and whom they refuse."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.policy import load_actor
from app.services.saved_views import saved_views
from models import Priority, SavedView, Staff, State
from tests.support.cast import Cast, canaries, expected_box, make_cast
from tests.support.factories import make_department, make_ticket, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in


@pytest.fixture
def cast(session: Session) -> Cast:
    return make_cast(session)


def as_person(client: FlaskClient, session: Session, cast: Cast, who: str) -> FlaskClient:
    person = session.get(Staff, cast.people[who])
    assert person is not None
    return sign_in(client, person)


@pytest.mark.parametrize("box", ["inbox", "outbox", "archive"])
@pytest.mark.parametrize("who", ["worker_a", "boss_a", "worker_b", "administrator", "stranger"])
def test_everyone_sees_exactly_his_tickets(
    client: FlaskClient, session: Session, cast: Cast, who: str, box: str
) -> None:
    answer = as_person(client, session, cast, who).get(f"/tickets/{box}")
    assert answer.status_code == 200
    assert canaries(answer.text) == expected_box(box, who)
