"""Phone books sent through the form, as a coordinator does it."""

from __future__ import annotations

import io
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.extensions import queue
from jobs.client_base import read_book_run
from models import ImportRun, Staff
from tests.support.factories import make_client, make_department, make_unit, make_user
from tests.support.signing import sign_in

PAGE = "/client-base/imports"
BOOK = """ПІБ;Телефон;Кабінет;Відділ
Ткаченко Оксана Іванівна;2-34;214;Бухгалтерія
Лисенко Марія Петрівна;5-67;301;Каса
Нікому Невідомий Сергійович;9-99;;
Зайва Клітинка;1-11;1;2;3;4
"""


def sign_in_boss(client: FlaskClient, session: Session) -> Staff:
    """A signed-in coordinator, and two clients of the book."""
    person = make_user(session, "boss", coordinator_of=[make_department(session)])
    unit = make_unit(session, "Бухгалтерія")
    make_client(session, "Ткаченко Оксана Іванівна", unit_id=unit.id)
    make_client(session, "Лисенко Марія Петрівна")
    sign_in(client, person)
    return person


def send(client: FlaskClient, content: bytes = BOOK.encode(), name: str = "Книга.csv", **values: Any) -> Any:
    """The form as the page sends it."""
    data = {"mode": "balanced", "book": (io.BytesIO(content), name), **values}
    return client.post(PAGE, data=data, content_type="multipart/form-data")


def only_run(session: Session) -> ImportRun:
    """The run there is."""
    return session.scalars(select(ImportRun)).one()


def asked_jobs() -> list[tuple[str | None, list[Any]]]:
    """What the worker has been asked for."""
    return [(job.func_name, list(job.args)) for job in queue("low").get_jobs()]


def read_one(client: FlaskClient, session: Session, boss: Staff, **how: Any) -> int:
    """An uploaded book that has been read; its run's number."""
    number = int(send(client, **how).location.rpartition("/")[2])
    read_book_run(number, boss.id)
    session.expire_all()
    return number
