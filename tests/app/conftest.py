"""A firm and its people, for the tests of roles."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.policy import Actor, load_actor
from models import Department, WorkRole
from tests.support.cast import Cast, Hold, make_cast
from tests.support.factories import make_membership, make_user


@pytest.fixture
def cast(session: Session) -> Cast:
    """The firm of tests.support.cast."""
    return make_cast(session)


@pytest.fixture
def boss(session: Session, cast: Cast) -> Actor:
    """The administrator who makes roles."""
    return load_actor(session, cast.people["administrator"])


@pytest.fixture
def hold(session: Session, cast: Cast) -> Hold:
    """Gives a new person a role in department A and returns his id."""

    def give(role: WorkRole | str, **dates: Any) -> int:
        person = make_user(session)
        department = session.get_one(Department, cast.departments["a"])
        make_membership(session, person, department, role if isinstance(role, str) else role.key, **dates)
        user_id: int = person.id
        return user_id

    return give
