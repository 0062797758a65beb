"""The tray of letters and the mailbox's settings on the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import Kind
from app.notify.channels.registry import open_secrets
from models import Attachment, ChannelSetting, Client, JournalEntry, LetterStatus, Ticket
from tests.support.dovecot import PASSWORD, Dovecot
from tests.support.factories import make_client, make_department, make_user
from tests.support.letter_office import Office
from tests.support.queries import count_queries
from tests.support.signing import sign_in

STRANGER = "Петро Новий <petro@else.example>"
PAGE = "/notify/mailbox/"


@pytest.fixture
def office(session: Session, app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The firm with one letter in the tray; attachments lie in a folder of the test's."""
    monkeypatch.setitem(app.config, "VAR_DIR", tmp_path)
    office = Office(session)
    office.receive(sender=STRANGER, files=(("a.txt", b"text"),))
    return office


def test_colleague_says_whose_letter_it_is(client: FlaskClient, office: Office) -> None:
    sign_in(client, office.worker)
    found = make_client(office.session, "Новий Петро Іванович")
    letter = office.tray()
    page = client.post(f"/letters/{letter.id}/assign", data={"look": "1", "q": "новий"})
    assert f'value="{found.id}"' in page.get_data(as_text=True)
    file = office.only(Attachment)
    with client.get(f"/letters/{letter.id}/attachments/{file.id}") as answer:
        assert answer.data == b"text"
    data = {"client_id": found.id, "remember": "1"}
    assert client.post(f"/letters/{letter.id}/assign", data=data).status_code == 303
    ticket: Ticket = office.only(Ticket)
    assert (ticket.client_id, ticket.author_id, ticket.subject) == (found.id, office.robot.id, "Принтер")
    assert office.only(Attachment).ticket_id == ticket.id
    assert office.session.get_one(Client, found.id).email == "petro@else.example"
    assert (letter.status, letter.decided_by_id) == (LetterStatus.KEPT, office.worker.id)
    entry = office.session.scalars(
        select(JournalEntry).where(JournalEntry.kind == Kind.LETTER_ASSIGNED)
    ).one()
    assert entry.actor_id == office.worker.id
    # the file is the ticket's now, and the letter decided about
    assert client.get(f"/letters/{letter.id}/attachments/{file.id}").status_code == 404
    client.post(f"/letters/{letter.id}/assign", data=data)
    client.post(f"/letters/{letter.id}/discard", data={"reason": "x"})
    assert office.count(Ticket) == 1


def test_new_client_is_written_down_with_his_ticket(client: FlaskClient, office: Office) -> None:
    sign_in(client, office.worker)
    letter = office.tray()
    data = {"client_new": "1", "full_name": "", "email": "petro@else.example"}
    answer = client.post(f"/letters/{letter.id}/assign", data=data)
    assert (answer.status_code, office.count(Ticket)) == (422, 0)
    assert (
        client.post(f"/letters/{letter.id}/assign", data={**data, "full_name": "Новий П."}).status_code == 303
    )
    ticket = office.only(Ticket)
    assert ticket.client.full_name == "Новий П."
    office.receive(sender=STRANGER, text="again")
    assert office.count(Ticket) == 2


def test_letter_is_discarded_with_a_reason(client: FlaskClient, office: Office) -> None:
    sign_in(client, office.worker)
    letter = office.tray()
    assert client.post(f"/letters/{letter.id}/discard", data={"reason": " "}).status_code == 422
    assert client.post(f"/letters/{letter.id}/discard", data={"reason": "реклама"}).status_code == 303
    office.session.refresh(letter)
    assert (letter.status, letter.reason) == (LetterStatus.DISCARDED, "реклама")
    assert "No letters wait" in client.get("/letters/").get_data(as_text=True)


def test_tray_is_the_departments_alone(client: FlaskClient, office: Office) -> None:
    letter = office.tray()
    file = office.only(Attachment)
    sign_in(client, make_user(office.session, employee_of=[make_department(office.session)]))
    answers = [
        client.get("/letters/"),
        client.get(f"/letters/{letter.id}/attachments/{file.id}"),
        client.post(f"/letters/{letter.id}/assign", data={"client_id": office.client.id}),
        client.post(f"/letters/{letter.id}/discard", data={"reason": "x"}),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert all("Не друкує" not in answer.get_data(as_text=True) for answer in answers)
    sign_in(client, make_user(office.session, administrator=True))
    assert "Не друкує" in client.get("/letters/").get_data(as_text=True)
    assert client.post("/letters/999999/discard", data={"reason": "x"}).status_code == 404


def test_tray_costs_the_same_however_much_waits(client: FlaskClient, office: Office) -> None:
    sign_in(client, office.worker)
    client.get("/letters/")
    with count_queries() as few:
        client.get("/letters/")
    for number in range(10):
        office.receive(sender=f"s{number}@else.example", text=str(number), files=(("a.txt", b"x"),))
    with count_queries() as many:
        client.get("/letters/")
    assert len(many) == len(few) <= 7, str(many)


# ---------------------------------------------------------------------------- the settings


def form(office: Office, dovecot: Dovecot, **more: Any) -> dict[str, Any]:
    """What an administrator types."""
    usual = {**dovecot.values("someone"), "password": PASSWORD, "version": 1, "is_on": "1"}
    usual |= {"folder": "INBOX", "done_folder": "done", "failed_folder": "failed", "max_mb": "10"}
    usual |= {"address": "Help@corp.example", "department": office.department.id, "author": office.robot.id}
    return {**usual, **more}


def test_administrator_checks_and_saves_the_mailbox(
    client: FlaskClient, office: Office, dovecot: Dovecot
) -> None:
    sign_in(client, make_user(office.session, administrator=True))
    assert client.get(PAGE).status_code == 200
    good = client.post(f"{PAGE}check", data=form(office, dovecot))
    assert "It works: 0 letters" in good.get_data(as_text=True)
    bad = client.post(f"{PAGE}check", data=form(office, dovecot, port="1"))
    assert "The mailbox cannot be read." in bad.get_data(as_text=True)
    assert office.only(ChannelSetting).version == 1
    assert client.post(PAGE, data=form(office, dovecot)).status_code == 303
    row: ChannelSetting = office.only(ChannelSetting)
    assert (row.version, row.values["address"], row.values["max_mb"]) == (2, "help@corp.example", 10)
    assert open_secrets(row) == {"password": PASSWORD}
    page = client.get(PAGE).get_data(as_text=True)
    assert PASSWORD not in page
    entry = office.session.scalars(select(JournalEntry).where(JournalEntry.kind == Kind.MAILBOX_EDITED)).one()
    assert PASSWORD not in f"{entry.old}{entry.new}{row.values}"
    late = client.post(PAGE, data=form(office, dovecot, host="other.example"))
    assert late.status_code == 409
    assert 'value="other.example"' in late.get_data(as_text=True)


def test_secret_is_kept_but_follows_to_no_other_server(
    client: FlaskClient, office: Office, dovecot: Dovecot
) -> None:
    sign_in(client, make_user(office.session, administrator=True))
    client.post(PAGE, data=form(office, dovecot))
    client.post(PAGE, data=form(office, dovecot, version=2, password=""))
    assert open_secrets(office.only(ChannelSetting)) == {"password": PASSWORD}
    moved = client.post(
        f"{PAGE}check", data=form(office, dovecot, version=3, password="", host="thief.example")
    )
    assert moved.status_code == 422


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("host", ""),
        ("port", "70000"),
        ("protection", "none"),
        ("address", "help+x@corp.example"),
        ("department", "999"),
        ("author", "x"),
        ("done_folder", "inbox"),
        ("sign_in", "oauth2"),
    ],
)
def test_what_cannot_be_is_named(
    client: FlaskClient, office: Office, dovecot: Dovecot, name: str, value: str
) -> None:
    sign_in(client, make_user(office.session, administrator=True))
    data = form(office, dovecot, host="imap.corp.example") | {name: value}
    answer = client.post(PAGE, data=data)
    assert answer.status_code == 422
    assert office.only(ChannelSetting).version == 1
    if name != "sign_in":
        assert f'id="{name}-error"' in answer.get_data(as_text=True)


def test_nobody_else_opens_the_settings(client: FlaskClient, office: Office, dovecot: Dovecot) -> None:
    sign_in(client, make_user(office.session, coordinator_of=[office.department]))
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, data=form(office, dovecot)).status_code == 403
    assert client.post(f"{PAGE}check", data=form(office, dovecot)).status_code == 403
