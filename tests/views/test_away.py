"""A database that does not answer: plain words in the reader's language, nothing typed is lost, no 500."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app.extensions import db
from tests.support.databases import Place
from tests.support.factories import make_user
from tests.support.servers import free_port
from tests.support.signing import sign_in


@pytest.fixture
def away(app: Flask, client: FlaskClient, session: Session) -> Iterator[FlaskClient]:
    """A signed-in browser of a helpdesk whose database has just gone."""
    user = make_user(session)
    session.commit()
    sign_in(client, user)
    engines = db.engines
    there = engines[None]
    engines[None] = create_engine(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none")
    session.commit()
    try:
        yield client
    finally:
        engines[None] = there
        db.session.remove()


def test_connection_that_dies_before_the_end_spoils_no_answer(place: Place) -> None:
    application = place.application(place.new_database("postgres"))

    @application.get("/killed-at-the-end")
    def killed() -> str:
        number = db.session.scalar(text("SELECT pg_backend_pid()"))
        other = create_engine(application.config["SQLALCHEMY_DATABASE_URI"])
        with other.connect() as connection:
            connection.execute(text(f"SELECT pg_terminate_backend({number})"))
        other.dispose()
        return "done"

    assert application.test_client().get("/killed-at-the-end").text == "done"
    with application.app_context():
        db.engine.dispose()


LANGUAGES = [
    ("uk", "База даних не відповідає"),
    ("ru", "База данных не отвечает"),
    ("en", "database does not answer"),
]


@pytest.mark.parametrize(("language", "words"), LANGUAGES)
def test_page_says_so_in_the_readers_language(away: FlaskClient, language: str, words: str) -> None:
    answer = away.get("/tickets/inbox", headers={"Accept-Language": language})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert words in answer.text


def test_form_can_be_sent_once_more_with_all_that_was_typed(away: FlaskClient) -> None:
    typed = {"body": 'Принтер "не" <друкує>', "subject": "x", "csrf_token": "t1", "password": "secret"}
    answer = away.post("/tickets/new", data=typed, headers={"Accept-Language": "en"})
    assert answer.status_code == 503
    assert 'name="body" value="Принтер &#34;не&#34; &lt;друкує&gt;"' in answer.text
    assert 'name="csrf_token" value="t1"' in answer.text
    assert "secret" not in answer.text


def test_api_and_parts_of_pages_get_a_503_too(away: FlaskClient) -> None:
    assert away.get("/api/v1/ticket/").status_code == 503
    assert away.get("/tickets/inbox", headers={"HX-Request": "true"}).status_code == 503
