"""The section “Layout and life cycle” of the traps: where things lie, and when they begin and end."""

from __future__ import annotations

import re
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.api import ModelRestApi
from flask_appbuilder.baseviews import BaseCRUDView
from flask_appbuilder.models.sqla.base import SQLA
from flask_babel import force_locale, gettext
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from app.extensions import appbuilder, db
from app.factory import create_app
from app.services import reference
from models import Comment, Department, JournalEntry, Staff, Ticket
from tests.support.databases import Place
from tests.support.factories import make_department, make_user
from tests.support.queries import count_queries
from tests.support.signing import sign_in

ROOT = Path(__file__).resolve().parents[3]
PAGES = (
    "/",
    "/login/",
    "/users/list/",
    "/departments/add",
    "/topics/list/",
    "/roles/list/",
    "/console/journal/",
    "/console/queues/",
    "/tickets/inbox",
    "/swagger/v1",
)


@pytest.fixture
def administrator(client: FlaskClient, session: Session) -> Staff:
    """Signed in."""
    person = make_user(session, administrator=True)
    sign_in(client, person)
    return person


def test_layout_the_tests_find_the_packages_from_the_root() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert settings["tool"]["pytest"]["ini_options"]["pythonpath"] == ["."]


def test_layout_nested_contexts_of_one_application_have_sessions_of_their_own(app: Flask) -> None:
    outer = db.session()
    assert db.session() is outer
    with app.app_context():
        assert db.session() is not outer
        db.session.remove()
    assert db.session() is outer


def test_layout_starting_writes_nothing_into_the_database(place: Place) -> None:
    with count_queries() as sent:
        made = create_app(place.settings(place.empty_database("sqlite")))
    assert not sent.texts
    with made.app_context():
        assert inspect(db.engine).get_table_names() == []
        assert appbuilder().update_perms is False
        db.engine.dispose()


def test_layout_the_menu_costs_one_question_about_permissions(
    client: FlaskClient, session: Session, administrator: Staff
) -> None:
    with count_queries() as sent:
        assert client.get("/topics/list/").status_code == 200
    asked = [text for text in sent.texts if "ab_permission_view_role" in text]
    assert len(asked) <= 1, sent
    assert len(sent) <= 14, sent


def test_layout_no_page_takes_anything_from_the_internet(
    client: FlaskClient, session: Session, administrator: Staff
) -> None:
    foreign = re.compile(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"']?(?:https?:)?//[^\"'\s>]+")
    for path in PAGES:
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code == 200, path
        assert not foreign.findall(answer.text), path
        assert "bootstrap/3." not in answer.text, path


@pytest.mark.parametrize(("locale", "text"), [("uk", "Додати"), ("ru", "Добавить")])
def test_layout_the_texts_of_fab_speak_our_languages(app: Flask, locale: str, text: str) -> None:
    with app.test_request_context(), force_locale(locale):
        assert gettext("Add").startswith(text[:4])
        assert not re.search("[A-Za-z]{3}", gettext("Invalid login. Please try again."))


def test_layout_the_database_is_of_the_class_that_fab_knows(app: Flask) -> None:
    assert isinstance(db, SQLA)
    with pytest.raises(ImportError):
        from flask_appbuilder import SQLA as gone  # noqa: F401  # that it is gone is the test


def test_layout_a_change_that_cannot_be_journalled_is_not_made(
    client: FlaskClient, session: Session, administrator: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = make_department(session, name="Kept")
    number = kept.id

    def fail(*_args: Any, **_values: Any) -> None:
        raise RuntimeError("no journal")

    data = {"name": "Other", "short_name": "", "position": "1"}
    monkeypatch.setattr(reference, "record", fail)
    for path in ("/departments/add", f"/departments/edit/{number}", f"/departments/delete/{number}"):
        with suppress(RuntimeError):
            client.post(path, data=data)
        session.rollback()
        assert session.scalars(select(Department.name)).all() == ["Kept"], path
    monkeypatch.undo()
    assert client.post("/departments/add", data=data).status_code == 302
    assert set(session.scalars(select(Department.name))) == {"Kept", "Other"}
    assert session.scalars(select(JournalEntry.id)).all()


def test_layout_no_form_of_fab_or_flask_admin_writes_tickets(app: Flask) -> None:
    ours = [v for v in appbuilder().baseviews if isinstance(v, BaseCRUDView | ModelRestApi)]
    assert len(ours) >= 17
    assert not {view.datamodel.obj for view in ours} & {Ticket, Comment, JournalEntry}
    (admin,) = app.extensions["admin"]
    assert not {getattr(view, "model", None) for view in admin._views} & {Ticket, Comment}
