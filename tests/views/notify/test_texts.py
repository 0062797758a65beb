"""The words of messages on screen: listed, edited, previewed, taken back."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import Kind
from app.notify.preferences import CHOSEN_KINDS
from models import JournalEntry, MessageTemplate, Staff
from tests.support.factories import make_client, make_department, make_ticket, make_user
from tests.support.ledger import make_event
from tests.support.queries import count_queries
from tests.support.signing import sign_in

PATH = "/notify/texts/"
LETTER = f"{PATH}ticket.created/email/en"
SMS = f"{PATH}ticket.created/sms/uk"
MOST_QUERIES = 16


@pytest.fixture
def administrator(client: FlaskClient, session: Session) -> Staff:
    """Who may edit, signed in."""
    person = make_user(session, "admin", administrator=True)
    sign_in(client, person)
    return person


def save(client: FlaskClient, body: str, *, subject: str = "S", version: int = 0, path: str = LETTER) -> Any:
    """What the form sends."""
    return client.post(path, data={"subject": subject, "body": body, "version": version})


def test_list_marks_own_texts(client: FlaskClient, session: Session, administrator: Staff) -> None:
    save(client, "Ours")
    with count_queries() as sent:
        page = client.get(PATH).text
    assert len(sent) <= MOST_QUERIES, str(sent)
    assert page.count("own text") == 1
    assert page.count("delivered text") == 9 * 5 * 3 - 1


def test_form_shows_the_delivered_text_its_variables_and_a_preview(
    client: FlaskClient, session: Session, administrator: Staff
) -> None:
    ticket = make_ticket(
        session,
        author=administrator,
        department=make_department(session),
        client=make_client(session, "Ткаченко Оксана"),
        subject="<b>Printer</b>",
    )
    make_event(session, ticket, Kind.TICKET_CREATED)
    with count_queries() as sent:
        page = client.get(LETTER).text
    assert len(sent) <= MOST_QUERIES, str(sent)
    assert "{{ headline }}" in page
    assert 'data-hd-insert="{{ client_phone }}"' in page
    assert f"On ticket {ticket.id}." in page
    assert "<b>Printer" not in page
    assert "&lt;b&gt;Printer" in page


def test_saved_text_is_journalled_and_can_be_taken_back(
    client: FlaskClient, session: Session, administrator: Staff
) -> None:
    answer = save(client, "Ours {{ number }}")
    assert (answer.status_code, answer.location) == (303, LETTER)
    assert "Ours {{ number }}" in client.get(LETTER).text
    entry = session.scalars(select(JournalEntry).where(JournalEntry.kind == Kind.TEMPLATE_EDITED)).one()
    assert (entry.subject, entry.old) == ("text ticket.created email en", {})
    assert client.post(f"{LETTER}/delivered", data={"version": 1}).status_code == 303
    assert session.scalars(select(MessageTemplate)).all() == []


def test_mistake_keeps_what_was_typed(client: FlaskClient, administrator: Staff) -> None:
    answer = client.post(LETTER, data={"subject": "Mine", "body": "a\n{{ nme }} </textarea>", "version": 0})
    assert answer.status_code == 422
    assert "Line 2: there is no “nme”" in answer.text
    assert 'value="Mine"' in answer.text
    assert "{{ nme }} &lt;/textarea&gt;" in answer.text


def test_second_editor_sees_both_texts(client: FlaskClient, administrator: Staff) -> None:
    save(client, "first one")
    answer = client.post(LETTER, data={"subject": "S", "body": "second one", "version": 0})
    assert answer.status_code == 409
    assert "first one" in answer.text
    assert "second one</textarea>" in answer.text
    assert 'name="version" value="1"' in answer.text


def test_preview_counts_the_parts_of_a_short_message(client: FlaskClient, administrator: Staff) -> None:
    page = client.post(f"{SMS}/preview", data={"body": "я" * 71}).text
    assert 'data-hd-parts="2"' in page
    assert "71 characters" in page
    long = client.post(f"{SMS}/preview", data={"body": "слово " * 100}).text
    assert "the end is cut off" in long
    wrong = client.post(f"{SMS}/preview", data={"body": "{% for a in b %}{% endfor %}"})
    assert wrong.status_code == 200
    assert "only names in" in wrong.text


@pytest.mark.database("sqlite", reason="examples are the same on both")
def test_every_text_has_an_example_in_an_empty_helpdesk(client: FlaskClient, administrator: Staff) -> None:
    for kind in CHOSEN_KINDS:
        for channel in ("email", "sms"):
            page = client.get(f"{PATH}{kind}/{channel}/en")
            assert page.status_code == 200
            assert "On an example." in page.text, kind


@pytest.mark.parametrize(
    "path", ["ticket.created/popup/en", "ticket.archived/email/en", "ticket.created/email/fr", "x/y/z"]
)
def test_text_that_is_none_is_not_found(client: FlaskClient, administrator: Staff, path: str) -> None:
    assert client.get(PATH + path).status_code == 404
    assert save(client, "x", path=PATH + path).status_code == 404
    assert client.post(f"{PATH}{path}/preview", data={"body": "x"}).status_code == 404
    assert client.post(f"{PATH}{path}/delivered").status_code == 404


def test_nobody_else_opens_or_changes_them(client: FlaskClient, session: Session) -> None:
    sign_in(client, make_user(session, coordinator_of=[make_department(session)]))
    for path in (PATH, LETTER):
        assert client.get(path).status_code == 403
    for path in (LETTER, f"{LETTER}/preview", f"{LETTER}/delivered"):
        assert client.post(path, data={"subject": "x", "body": "x"}).status_code == 403
    assert client.get(f"{LETTER}/preview").status_code == 405
    assert session.scalars(select(MessageTemplate)).all() == []
