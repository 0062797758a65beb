"""What becomes of a letter: ticket, comment, tray, nothing; and each letter once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import Kind
from app.notify.mailbox.reply_address import reply_address
from app.services.letter_sight import Outcome
from app.services.letters_in import Taken
from models import (
    Attachment,
    Comment,
    Incoming,
    JournalEntry,
    LetterWhy,
    MailLetter,
    State,
    Ticket,
)
from tests.support.factories import make_client, make_user
from tests.support.letter_office import Office
from tests.support.letters import OWN, write_letter


@pytest.fixture
def office(session: Session, app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The firm; attachments lie in a folder of the test's."""
    monkeypatch.setitem(app.config, "VAR_DIR", tmp_path)
    return Office(session)


def test_clients_letter_becomes_his_ticket(office: Office) -> None:
    taken = office.receive(subject="Re: Принтер", files=(("Інструкція.pdf", b"%PDF-1.4 text"),))
    ticket: Ticket = office.only(Ticket)
    assert taken.outcome is Outcome.TICKET
    assert (ticket.client_id, ticket.department_id) == (office.client.id, office.department.id)
    assert (ticket.author_id, ticket.assignee_id) == (office.robot.id, None)
    assert (ticket.subject, ticket.body) == ("Принтер", "Не друкує принтер у 12 кабінеті.")
    kept: Attachment = office.only(Attachment)
    assert (kept.ticket_id, kept.original_name) == (ticket.id, "Інструкція.pdf")
    assert kept.content_type == "application/pdf"
    assert office.only(Incoming).ticket_id == ticket.id
    kinds = set(office.session.scalars(select(JournalEntry.kind)))
    assert {Kind.TICKET_CREATED, Kind.LETTER_RECEIVED} <= kinds


def test_letter_read_twice_is_one_ticket(office: Office) -> None:
    raw = write_letter(files=(("a.txt", b"text"),))
    copy = b"Received: from another.way\r\n" + raw
    outcomes = [office.receive(each).outcome for each in (raw, raw, copy)]
    assert outcomes == [Outcome.TICKET, Outcome.DUPLICATE, Outcome.DUPLICATE]
    assert (office.count(Ticket), office.count(Attachment)) == (1, 1)


def test_another_letter_under_a_taken_message_id_is_not_lost(office: Office) -> None:
    office.receive(Message_ID="<same@corp.example>", text="one")
    assert office.receive(Message_ID="<same@corp.example>", text="two").outcome is Outcome.TICKET
    assert office.count(Ticket) == 2


def test_letter_that_fails_half_way_leaves_nothing_and_is_read_again(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = write_letter(files=(("a.txt", b"text"),))

    def die(*_args: Any, **_how: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("app.services.letters_in.attach", die)
        with pytest.raises(KeyboardInterrupt):
            office.receive(raw)
    assert (office.count(Ticket), office.count(Incoming)) == (0, 0)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert office.receive(raw).outcome is Outcome.TICKET


@pytest.mark.parametrize(
    ("why", "prepare"),
    [
        (LetterWhy.UNKNOWN, lambda office: office.receive(sender="stranger@else.example")),
        (LetterWhy.SEVERAL, lambda office: _with_double(office).receive()),
        (LetterWhy.NO_SENDER, lambda office: office.receive(sender="a@corp.example, olena@corp.example")),
        (LetterWhy.AUTOMATIC, lambda office: office.receive(List_Id="<news.corp.example>")),
        (LetterWhy.AUTOMATIC, lambda office: office.receive(Auto_Submitted="auto-generated")),
        (LetterWhy.AUTOMATIC, lambda office: office.receive(X_Auto_Response_Suppress="All")),
        (LetterWhy.REFUSED, lambda office: _without_department(office).receive()),
    ],
)
def test_letter_that_needs_a_person_waits_in_the_tray(
    office: Office, why: LetterWhy, prepare: Callable[[Office], Taken]
) -> None:
    assert prepare(office).outcome is Outcome.TRAY
    letter = office.tray()
    assert (letter.why, letter.text) == (why, "Не друкує принтер у 12 кабінеті.")
    assert office.count(Ticket) == 0


def _with_double(office: Office) -> Office:
    make_client(office.session, email="olena@CORP.example")
    return office


def _without_department(office: Office) -> Office:
    office.department.is_hidden = True
    office.session.commit()
    return office


def test_one_who_left_and_a_merged_one_are_not_the_sender(office: Office) -> None:
    make_client(office.session, email="olena@corp.example", is_active=False)
    make_client(office.session, email="olena@corp.example", is_hidden=True, merged_into_id=office.client.id)
    assert office.receive().outcome is Outcome.TICKET
    assert office.only(Ticket).client_id == office.client.id


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-replied; owner-email=x"},
        {"Precedence": "auto_reply"},
        {"X_Autoreply": "yes"},
        {"Return_Path": "<>"},
        {"sender": OWN},
        {"sender": "helpdesk+anything@corp.example"},
    ],
)
def test_machines_answer_and_our_own_letter_are_nothing(office: Office, headers: dict[str, str]) -> None:
    ticket = office.ticket()
    to = reply_address(OWN, ticket.id)
    assert office.receive(b"", to=to, **headers).outcome in {Outcome.AUTOMATIC, Outcome.OWN}
    assert (office.count(Comment), office.count(MailLetter)) == (0, 0)


# ------------------------------------------------------------------------------- answers


def test_clients_answer_to_the_signed_address_is_his_comment(office: Office) -> None:
    ticket = office.ticket()
    text = "Дякую!\n\n24.11.2026 10:21, Helpdesk пише:\n> Спробуйте ще раз."
    taken = office.receive(to=reply_address(OWN, ticket.id).upper(), text=text, files=(("a.txt", b"x"),))
    comment: Comment = office.only(Comment)
    assert taken.outcome is Outcome.COMMENT
    assert (comment.ticket_id, comment.author_id, comment.body) == (ticket.id, office.robot.id, "Дякую!")
    assert comment.letter is not None
    assert (comment.letter.who, comment.letter.folded[:10]) == ("Коваленко Олена", "24.11.2026")
    assert office.only(Attachment).comment_id == comment.id


def test_colleagues_answer_is_his_own_comment(office: Office) -> None:
    ticket = office.ticket(author=make_user(office.session))
    delivery = office.told(ticket, office.worker)
    office.receive(sender=office.worker.email, In_Reply_To=f"<{delivery.key}@corp.example>")
    assert office.only(Comment).author_id == office.worker.id


def test_colleague_who_does_not_see_the_ticket_waits(office: Office) -> None:
    ticket = office.ticket(author=make_user(office.session))
    stranger = make_user(office.session)
    taken = office.receive(sender=stranger.email, to=reply_address(OWN, ticket.id))
    assert (taken.outcome, office.tray().why) == (Outcome.TRAY, LetterWhy.NOT_ALLOWED)
    assert office.count(Comment) == 0


def test_guessed_number_of_a_ticket_opens_nothing(office: Office) -> None:
    """A colleague's address can be forged and the thread's name guessed: together they are no proof."""
    ticket = office.ticket()
    office.receive(sender=office.worker.email, References=f"<ticket-{ticket.id}@corp.example>")
    forged = f"helpdesk+t{ticket.id}.{'a' * 20}@corp.example"
    office.receive(sender="thief@else.example", to=forged)
    other = reply_address(OWN, ticket.id + 1).replace(f"+t{ticket.id + 1}.", f"+t{ticket.id}.")
    office.receive(sender="thief@else.example", to=other)
    assert (office.count(Comment), office.count(MailLetter)) == (0, 3)


def test_client_goes_on_by_the_name_of_the_thread_or_of_his_own_letter(office: Office) -> None:
    office.receive(Message_ID="<first@corp.example>")
    ticket = office.only(Ticket)
    office.receive(text="one", References=f"<ticket-{ticket.id}@corp.example>")
    office.receive(text="two", In_Reply_To="<first@corp.example>")
    assert list(office.session.scalars(select(Comment.body).order_by(Comment.id))) == ["one", "two"]
    assert office.count(Ticket) == 1


def test_other_client_in_the_thread_begins_a_matter_of_his_own(office: Office) -> None:
    make_client(office.session, email="petro@corp.example")
    ticket = office.ticket()
    office.receive(sender="petro@corp.example", References=f"<ticket-{ticket.id}@corp.example>")
    assert (office.count(Comment), office.count(Ticket)) == (0, 2)


def test_answer_to_an_archived_ticket_is_a_new_one(office: Office) -> None:
    ticket = office.ticket(state=State.ARCHIVED)
    assert office.receive(to=reply_address(OWN, ticket.id)).outcome is Outcome.TICKET


def test_signature_ends_with_the_key(office: Office, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = office.ticket()
    address = reply_address(OWN, ticket.id)
    monkeypatch.setitem(app.config, "SECRET_KEY", "another key, long enough to pass as one")
    assert office.receive(sender="stranger@else.example", to=address).outcome is Outcome.TRAY
