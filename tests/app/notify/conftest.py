"""A department with a ladder of its own, and who works there."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from models import Department, LadderRung, Staff
from tests.support.factories import make_department, make_user
from tests.support.planned import SMS


@pytest.fixture
def desk(session: Session) -> Department:
    """A department whose ladder has one step, an SMS after ten minutes."""
    desk = make_department(session)
    session.add(LadderRung(department_id=desk.id, channel=SMS, after_minutes=10))
    return desk


@pytest.fixture
def workers(session: Session, desk: Department) -> list[Staff]:
    """Two employees of it."""
    return [make_user(session, employee_of=[desk]) for _turn in range(2)]
