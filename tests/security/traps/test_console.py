"""Flask-Admin behind our gate: every address of the console, for everybody (M12)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_admin.form import SecureForm
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.events import Kind, record
from models import Delivery, JournalEntry, OutboxEvent, PeriodicRun, Staff
from tests.support.factories import make_department, make_user
from tests.support.signing import sign_in
from views.console import ForAdministrators, ReadOnlyTable

FORMULA = "=cmd|' /C calc'!A0"
TABLES = (JournalEntry, OutboxEvent, Delivery, PeriodicRun)


def addresses(app: Flask) -> Iterator[tuple[str, str]]:
    """(method, path) of everything that Flask-Admin serves, without its own scripts."""
    found = 0
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/console/") and rule.endpoint != "console.static":
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                found += 1
                yield method, rule.rule.replace("<export_type>", "csv")
    assert found >= 40


@pytest.fixture
def entry(session: Session) -> int:
    """An entry of the journal whose words a spreadsheet would compute."""
    record(session, Kind.SIGNED_IN, actor=None, subject=FORMULA)
    session.commit()
    return session.scalars(select(func.max(JournalEntry.id))).one()


def send(client: FlaskClient, method: str, path: str, entry: int) -> Any:
    """As Flask-Admin's own page would."""
    data = {"id": entry, "rowid": entry, "action": "delete", "subject": "x", "list_form_pk": entry}
    return client.open(
        path, method=method, query_string={"id": entry}, data=data if method == "POST" else None
    )


def counts(session: Session) -> list[int]:
    """How long the tables are."""
    return [session.scalars(select(func.count()).select_from(table)).one() for table in TABLES]


@pytest.mark.parametrize("who", ["nobody", "employee", "coordinator"])
def test_m12_nobody_without_the_right_gets_any_answer(
    app: Flask, client: FlaskClient, session: Session, entry: int, who: str
) -> None:
    department = make_department(session)
    if who == "employee":
        sign_in(client, make_user(session, employee_of=[department]))
    elif who == "coordinator":
        sign_in(client, make_user(session, coordinator_of=[department]))
    before = counts(session)
    for method, path in addresses(app):
        answer = send(client, method, path, entry)
        if who == "nobody":
            assert (answer.status_code, answer.location[:7]) == (302, "/login/"), (method, path)
        else:
            assert answer.status_code == 403, (method, path)
        assert FORMULA not in answer.text
    assert counts(session) == before


def test_m12_the_right_opens_reading_and_nothing_more(
    app: Flask, client: FlaskClient, session: Session, entry: int
) -> None:
    administrator: Staff = make_user(session, administrator=True)
    sign_in(client, administrator)
    before = counts(session)
    for method, path in addresses(app):
        answer = send(client, method, path, entry)
        reads = method == "GET" and path.endswith(("/journal/", "/details/", "/queues/"))
        assert answer.status_code < 500, (method, path)
        if not reads:
            assert "text/csv" not in answer.content_type, path
        if method == "POST":
            assert answer.status_code in {302, 404, 405}, (method, path, answer.status_code)
    assert counts(session) == before
    assert session.get_one(JournalEntry, entry).subject == FORMULA


def test_m12_every_view_is_gated_names_its_columns_and_exports_none(app: Flask) -> None:
    (admin,) = app.extensions["admin"]
    for view in admin._views:
        assert isinstance(view, ForAdministrators), view
        if hasattr(view, "model"):
            assert isinstance(view, ReadOnlyTable), view
            assert not any((view.can_create, view.can_edit, view.can_delete, view.can_export)), view
            assert not view.column_editable_list, view
            assert view.column_list, view
            assert view.form_base_class is SecureForm
            assert not {"password", "secret", "key"} & {*view.column_list, *view.column_details_list}, view
