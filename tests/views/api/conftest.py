"""One department, its employee and a caller: whom the API's tests act for."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import Client, Department, Staff
from tests.support.factories import make_client, make_department, make_user
from tests.support.signing import sign_in


@pytest.fixture
def department(session: Session) -> Department:
    return make_department(session)


@pytest.fixture
def employee(session: Session, department: Department) -> Staff:
    return make_user(session, employee_of=[department])


@pytest.fixture
def caller(session: Session) -> Client:
    return make_client(session, full_name="Ткаченко Олена Василівна")


@pytest.fixture
def api(client: FlaskClient, employee: Staff) -> FlaskClient:
    return sign_in(client, employee)
