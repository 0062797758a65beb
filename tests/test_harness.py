"""The fixtures themselves: both databases, rolled back, requests and tests seeing each other's rows."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.events import unit_of_work
from app.policy import Verb
from app.services.tickets import TicketDraft, create_ticket, move_ticket
from models import Department, JournalEntry, Ticket
from tests.support.factories import actor_of, make_client, make_department, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in


def test_two_tests_never_see_each_others_rows_first(session: Session) -> None:
    assert session.scalar(select(func.count()).select_from(Department)) == 0
    make_department(session)
    session.commit()
    assert session.scalar(select(func.count()).select_from(Department)) == 1


def test_two_tests_never_see_each_others_rows_second(session: Session) -> None:
    assert session.scalar(select(func.count()).select_from(Department)) == 0
    make_department(session)
    session.commit()


def test_unit_of_work_commits_all_or_nothing(session: Session) -> None:
    department = make_department(session)
    operator = make_user(session, employee_of=[department])
    draft = TicketDraft(client_id=make_client(session).id, department_id=department.id, body="It broke")
    session.commit()
    actor = actor_of(session, operator)
    try:
        with unit_of_work(session):
            create_ticket(session, draft, actor=actor)
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert session.scalar(select(func.count()).select_from(Ticket)) == 0
    assert session.scalar(select(func.count()).select_from(JournalEntry)) == 0
    with unit_of_work(session):
        ticket = create_ticket(session, draft, actor=actor)
        move_ticket(session, ticket, Verb.COMPLETE, actor=actor)
    assert session.scalar(select(func.count()).select_from(JournalEntry)) == 3


def test_signed_in_client_opens_a_page(session: Session, client: FlaskClient, app: Flask) -> None:
    user = make_user(session, administrator=True)
    answer = sign_in(client, user).get("/departments/list/")
    assert answer.status_code in {200, 404}
    with count_queries() as sent:
        session.scalars(select(Department)).all()
    assert len(sent) == 1
