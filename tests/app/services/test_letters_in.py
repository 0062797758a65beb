"""What becomes of a letter: ticket, comment, tray, nothing; and each letter once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.events import Kind, record
from app.notify.channels.base import Settings
from app.notify.mailbox.letter import read_letter
from app.notify.mailbox.reply_address import reply_address
from app.services.letter_sight import Outcome
from app.services.letters_in import Taken, take_in
from models import (
    Attachment,
    ChannelName,
    Client,
    Comment,
    Delivery,
    DeliveryStatus,
    Department,
    Incoming,
    JournalEntry,
    LetterStatus,
    LetterWhy,
    MailLetter,
    OutboxEvent,
    Staff,
    State,
    Ticket,
)
from tests.support.factories import actor_of, make_client, make_department, make_ticket, make_user
from tests.support.letters import OWN, set_up_mailbox, write_letter


class Office:
    """A firm with a mailbox, one client, one colleague in the department."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.department: Department = make_department(session)
        self.robot: Staff = make_user(session, "mailbox", active=False)
        self.worker: Staff = make_user(session, employee_of=[self.department])
        self.client: Client = make_client(session, "Коваленко Олена", email="Olena@corp.example")
        self.settings: Settings = set_up_mailbox(session, self.department, self.robot)

    def receive(self, raw: bytes = b"", **how: Any) -> Taken:
        """The letter comes in; without one, a usual one with these traits."""
        self.session.commit()
        return take_in(self.session, read_letter(raw or write_letter(**how)), self.settings)

    def ticket(self, **values: Any) -> Ticket:
        """A ticket of the client that the colleague wrote down."""
        values = {"author": self.worker, "client": self.client, **values}
        ticket = make_ticket(self.session, department=self.department, **values)
        self.session.commit()
        return ticket

    def told(self, ticket: Ticket, person: Staff) -> Delivery:
        """A letter about the ticket that went to the person."""
        entry = record(self.session, Kind.TICKET_TAKEN, actor=None, ticket_id=ticket.id)
        event = self.session.scalars(select(OutboxEvent).where(OutboxEvent.journal_id == entry.id)).one()
        delivery = Delivery(event_id=event.id, user_id=person.id, channel=ChannelName.EMAIL)
        delivery.status = DeliveryStatus.SENT
        self.session.add(delivery)
        self.session.commit()
        return delivery

    def only(self, table: type[Any]) -> Any:
        """The one row of a table."""
        return self.session.scalars(select(table).execution_options(populate_existing=True)).one()

    def count(self, table: type[Any]) -> int:
        """How many rows there are."""
        return self.session.scalar(select(func.count()).select_from(table)) or 0

    def tray(self) -> MailLetter:
        """The one letter that waits."""
        query = select(MailLetter).where(MailLetter.status == LetterStatus.WAITING)
        return self.session.scalars(query).one()


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
    assert office.receive(to=to, **headers).outcome in {Outcome.AUTOMATIC, Outcome.OWN}
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


# ------------------------------------------------------------------------------- limits


def test_sender_of_too_many_letters_waits_then_is_not_heard(office: Office) -> None:
    outcomes = [office.receive(text=f"number {number}").outcome for number in range(22)]
    assert outcomes.count(Outcome.TICKET) == 20
    assert outcomes[20:] == [Outcome.TRAY, Outcome.TRAY]
    session = office.session
    session.add_all(
        Incoming(source="mailbox", external_id=f"x{number}", sender="olena@corp.example")
        for number in range(80)
    )
    session.commit()
    assert office.receive(text="one more").outcome is Outcome.FLOOD


def test_what_is_too_large_is_named_and_a_long_text_is_kept_as_a_file(office: Office) -> None:
    office.settings = set_up_mailbox(
        office.session, office.department, office.robot, max_files=1, max_file_mb=1
    )
    big = b"x" * (1024 * 1024 + 1)
    office.receive(text="слово " * 5000, files=(("big.bin", big), ("a.txt", b"x"), ("b.txt", b"y")))
    ticket = office.only(Ticket)
    assert "big.bin, b.txt" in ticket.body
    names = list(office.session.scalars(select(Attachment.original_name).order_by(Attachment.id)))
    assert names == ["a.txt", "letter.txt"]


def test_report_marks_the_delivery_that_it_names(office: Office) -> None:
    delivery = office.told(office.ticket(), office.worker)
    report = (
        "From: MAILER-DAEMON@corp.example\nTo: helpdesk@corp.example\nMIME-Version: 1.0\nReturn-Path: <>\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nIt did not arrive.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
        "Final-Recipient: rfc822; x@corp.example\nAction: failed\nStatus: 5.1.1\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{delivery.key}@corp.example>\n\n--b--\n"
    )
    assert office.receive(report.replace("failed", "delayed").encode()).outcome is Outcome.REPORT
    assert office.receive(report.encode()).outcome is Outcome.BOUNCE
    office.session.refresh(delivery)
    assert (delivery.status, delivery.receipt, delivery.error) == ("dead", "bounced", "bounced 5.1.1")
    assert office.count(Ticket) == 1


def test_forged_sender_waits(office: Office) -> None:
    office.settings = set_up_mailbox(office.session, office.department, office.robot, auth_server="mx.corp")
    results = "mx.corp; spf=pass; dmarc=fail header.from=corp.example"
    letter = read_letter(write_letter(Authentication_Results=results), authority="mx.corp")
    assert take_in(office.session, letter, office.settings).outcome is Outcome.TRAY
    assert office.tray().why == LetterWhy.FORGED
    office.session.execute(update(MailLetter).values(status=LetterStatus.DISCARDED))


def test_colleague_is_told_of_a_clients_letter(office: Office) -> None:
    office.receive()
    ticket = office.only(Ticket)
    from app.notify.recipients import told_of

    told = told_of(office.session, Kind.TICKET_CREATED, ticket, actor_id=office.robot.id)
    assert told == {office.worker.id}
    assert actor_of(office.session, office.worker).id in told
