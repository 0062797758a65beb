"""Too many letters, too much in one, reports, forged senders."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.events import Kind
from app.notify.mailbox.letter import read_letter
from app.notify.mailbox.reply_address import reply_address
from app.services.letter_answers import send_answer
from app.services.letter_sight import Outcome
from app.services.letters_in import take_in
from app.services.sending import deliver
from models import (
    Attachment,
    ChannelName,
    Comment,
    DeliveryStatus,
    Incoming,
    LetterStatus,
    LetterWhy,
    MailLetter,
    Ticket,
    utcnow,
)
from tests.support.channels import switch_on
from tests.support.factories import actor_of, make_user
from tests.support.letter_office import Office
from tests.support.letters import OWN, set_up_mailbox, write_letter
from tests.support.mail import mail_server


@pytest.fixture
def office(session: Session, app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """The firm; attachments lie in a folder of the test's."""
    monkeypatch.setitem(app.config, "VAR_DIR", tmp_path)
    return Office(session)


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


def test_client_hears_his_number_once_an_hour_at_an_address_that_leads_back(office: Office) -> None:
    session = office.session
    office.settings = set_up_mailbox(session, office.department, office.robot, confirm=True)
    taken = [office.receive(text=str(number), Message_ID=f"<{number}@corp.example>") for number in range(3)]
    assert [one.answer is not None for one in taken] == [True, False, False]
    answer = taken[0].answer
    assert answer is not None
    assert not send_answer(session, answer, own=OWN)  # no mail server yet
    with mail_server() as server:
        switch_on(session, ChannelName.EMAIL, sender="news@corp.example", **server.settings())
        assert send_answer(session, answer, own=OWN)
        letter = server.wait().message
    assert letter["To"] == "olena@corp.example"
    assert letter["Reply-To"] == reply_address(OWN, answer.ticket_id)
    assert (letter["Auto-Submitted"], letter["In-Reply-To"]) == ("auto-replied", "<0@corp.example>")
    office.session.execute(update(Incoming).values(at=utcnow() - timedelta(hours=2)))
    assert office.receive(text="later").answer is not None
    machine = office.receive(text="machine", Auto_Submitted="auto-generated")
    assert machine.answer is None


def test_news_by_e_mail_say_where_an_answer_goes(office: Office) -> None:
    session, ticket = office.session, office.ticket(author=make_user(office.session))
    with mail_server() as server:
        switch_on(session, ChannelName.EMAIL, sender="news@corp.example", **server.settings())
        delivery = office.told(ticket, office.worker)
        delivery.status = DeliveryStatus.WAITING
        session.commit()
        assert deliver(session, delivery.id) == DeliveryStatus.SENT
        letter = server.wait().message
    assert letter["Reply-To"] == reply_address(OWN, ticket.id)
    office.receive(sender=office.worker.email, to=letter["Reply-To"], text="зроблено")
    assert office.only(Comment).author_id == office.worker.id
