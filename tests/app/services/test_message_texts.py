"""What people read: delivered texts of every event over every channel, the firm's own, and digests."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.errors import Conflict, Forbidden, Invalid
from app.events import Kind, record, unit_of_work
from app.notify.channels.base import Message
from app.notify.preferences import CHOSEN_KINDS
from app.notify.sms.text import parts_of
from app.services import sending
from app.services.comments import add_comment
from app.services.message_defaults import TEXT_CHANNELS, Text, delivered_text
from app.services.message_sandbox import ensure_usable
from app.services.message_templates import back_to_delivered, delivered, save_text
from app.services.message_variables import VARIABLES
from app.services.sending_checks import prepare
from models import ChannelName, Delivery, JournalEntry, MessageTemplate, OutboxEvent, Priority, Staff, Ticket
from tests.app.services.test_sending import only, tell
from tests.support.channels import Post, recording_channel
from tests.support.factories import actor_of, make_client, make_department, make_ticket, make_user

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture(autouse=True)
def post(app: object, session: Session) -> Iterator[Post]:
    """The e-mail channel keeps its letters."""
    with recording_channel(session, ChannelName.EMAIL) as post:
        yield post


def make_told(session: Session, locale: str = "en", **values: object) -> tuple[Ticket, Staff]:
    """A ticket of a client with a room and a telephone, sent to one person by name."""
    author, person = make_user(session), make_user(session, locale=locale)
    caller = make_client(session, "Ткаченко Оксана Петрівна", phones=["2-34"], room="214")
    values.setdefault("subject", "Принтер у бухгалтерії не друкує")
    ticket = make_ticket(
        session,
        author=author,
        department=make_department(session, "Desk"),
        client=caller,
        assignee=person,
        **values,
    )
    session.commit()
    return ticket, person


def letter(session: Session, post: Post, person: Staff, channel: str = ChannelName.EMAIL) -> Message:
    """What the person's one delivery said."""
    assert sending.deliver(session, only(session, person, channel).id) == "sent"
    return post.sent[-1]


def test_letter_says_everything_in_text_and_in_html(
    session: Session, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flask import current_app

    monkeypatch.setitem(current_app.config, "PUBLIC_URL", "https://desk.example")
    ticket, person = make_told(session, body="It blinks.\nRed.", priority=Priority.HIGH)
    tell(session, ticket, ticket.author)
    got = letter(session, post, person)
    url = f"https://desk.example/tickets/{ticket.id}"
    assert got.subject == f"#{ticket.id} Принтер у бухгалтерії не друкує"
    assert (got.url, got.thread, got.ticket_id) == (url, f"ticket-{ticket.id}", ticket.id)
    for part in ("Ткаченко Оксана Петрівна", "214", "2-34", "Desk", "High", "It blinks.\nRed.", url):
        assert part in got.text
    assert f'<a class="button" href="{url}">' in got.html
    assert f"<h1>#{ticket.id} Принтер" in got.html
    assert "It blinks.<br>" in got.html
    assert "prefers-color-scheme: dark" in got.html


def test_nothing_that_people_typed_becomes_html(session: Session, post: Post) -> None:
    ticket, person = make_told(session, subject=EVIL, body=f"{EVIL}\n\n{EVIL}")
    ticket.client.room = EVIL[:80]
    tell(session, ticket, ticket.author)
    got = letter(session, post, person)
    assert EVIL in got.text
    assert not re.search(r"<(script|img)", got.html)
    assert "&lt;script&gt;" in got.html


def test_comment_is_told_with_its_text(session: Session, post: Post) -> None:
    ticket, person = make_told(session)
    with unit_of_work(session):
        add_comment(session, ticket, "Come tomorrow", actor=actor_of(session, ticket.author))
    entry = session.scalars(select(JournalEntry).order_by(JournalEntry.id.desc()).limit(1)).one()
    event = session.scalars(select(OutboxEvent).where(OutboxEvent.journal_id == entry.id)).one()
    session.add(Delivery(event_id=event.id, user_id=person.id, channel=ChannelName.EMAIL))
    session.commit()
    assert "Come tomorrow" in letter(session, post, person).text


@pytest.mark.parametrize("locale", ["uk", "ru", "en"])
@pytest.mark.database("sqlite", reason="texts are the same on both")
def test_every_delivered_text_can_be_used_and_edited(session: Session, locale: str) -> None:
    for kind in CHOSEN_KINDS:
        for channel in TEXT_CHANNELS:
            text = delivered(kind, channel, locale)
            ensure_usable(text.subject, VARIABLES)
            ensure_usable(text.body, VARIABLES)
            assert text.body.strip()
            assert "@" not in text.body, "a little word was not put in"


def test_short_message_begins_with_the_number_and_ends_with_the_telephone(session: Session) -> None:
    with recording_channel(session, ChannelName.SMS) as sms:
        ticket, person = make_told(session, priority=Priority.HIGH)
        tell(session, ticket, ticket.author)
        delivery = only(session, person, ChannelName.SMS)
        session.execute(update(Delivery).values(due_at=delivery.created_at - timedelta(minutes=1)))
        session.commit()
        got = letter(session, sms, person, ChannelName.SMS)
    assert got.text.startswith(f"#{ticket.id} Принтер")
    assert got.text.endswith("2-34")
    assert "\n" not in got.text
    assert parts_of(got.text) <= 2


@pytest.mark.parametrize("channel", [ChannelName.JABBER, ChannelName.PUSH, ChannelName.OWN])
@pytest.mark.database("sqlite", reason="texts are the same on both")
def test_chat_gets_two_to_four_lines(session: Session, channel: str) -> None:
    for kind in CHOSEN_KINDS:
        text = delivered_text(kind, channel)
        assert 1 <= text.body.count("\n") <= 3


def test_own_text_takes_the_place_of_the_delivered_one(session: Session, post: Post) -> None:
    ticket, person = make_told(session)
    save(session, "Ours: {{ number }}", "{{ name }}: {{ subject|upper }}\n\n\n{{ client_room }}")
    tell(session, ticket, ticket.author)
    got = letter(session, post, person)
    assert got.subject == f"Ours: {ticket.id}"
    assert got.text == f"{person.full_name}: ПРИНТЕР У БУХГАЛТЕРІЇ НЕ ДРУКУЄ\n\n214"


def test_own_text_of_another_language_is_not_used(session: Session, post: Post) -> None:
    ticket, person = make_told(session)
    save(session, "Ours", "Ours", locale="uk")
    tell(session, ticket, ticket.author)
    assert letter(session, post, person).text != "Ours"


@pytest.mark.parametrize("body", ["{{ ''.__class__ }}", "{% for a in b %}", "{{ gone }}", "{{ x", "{% if"])
def test_broken_stored_text_never_stops_a_message(
    session: Session, post: Post, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    ticket, person = make_told(session)
    row = MessageTemplate(kind=Kind.TICKET_CREATED, channel="email", locale="en", subject="x", body=body)
    session.add(row)
    session.commit()
    tell(session, ticket, ticket.author)
    with caplog.at_level(logging.ERROR):
        got = letter(session, post, person)
    assert "Ткаченко" in got.text
    assert "cannot be used" in caplog.text


def test_line_ends_in_a_subject_are_none(session: Session, post: Post) -> None:
    ticket, person = make_told(session, subject="a\nBcc: evil@example.com")
    tell(session, ticket, ticket.author)
    assert "\n" not in letter(session, post, person).subject


def test_digest_is_a_list_by_ticket_with_links(
    session: Session, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flask import current_app

    monkeypatch.setitem(current_app.config, "PUBLIC_URL", "https://desk.example")
    ticket, person = make_told(session, subject=EVIL)
    other = make_ticket(
        session, author=ticket.author, department=ticket.department, assignee=person, subject="Other"
    )
    tell(session, ticket, ticket.author)
    tell(session, other, ticket.author)
    tell(session, ticket, ticket.author, Kind.TICKET_REOPENED)
    session.execute(update(Delivery).values(is_held=True))
    session.commit()
    first = session.scalars(
        select(Delivery).where(Delivery.channel == ChannelName.EMAIL).order_by(Delivery.id).limit(1)
    ).one()
    assert sending.deliver(session, first.id) == "sent"
    got = post.sent[0]
    assert got.subject == "3 pieces of news"
    assert got.text.count(f"#{ticket.id} ") == 1
    assert got.text.count("•") == 3
    for one in (ticket, other):
        assert f'href="https://desk.example/tickets/{one.id}"' in got.html
        assert f"https://desk.example/tickets/{one.id}" in got.text
    assert "<script" not in got.html
    assert "</h2>" in got.html


def save(
    session: Session,
    subject: str,
    body: str,
    *,
    version: int = 0,
    locale: str = "en",
    by: Staff | None = None,
) -> MessageTemplate:
    """An administrator writes the text of a new ticket's letter."""
    by = by or make_user(session, administrator=True)
    text = Text(subject, body)
    with unit_of_work(session):
        return save_text(
            session,
            Kind.TICKET_CREATED,
            "email",
            locale,
            text,
            version=version,
            actor=actor_of(session, by),
        )


def test_second_of_two_editors_is_told(session: Session) -> None:
    assert save(session, "One", "one").version == 1
    with pytest.raises(Conflict):
        save(session, "Two", "two")
    assert save(session, "Two", "two", version=1).version == 2
    with pytest.raises(Conflict):
        save(session, "Three", "three", version=1)
    entry = session.scalars(select(JournalEntry).where(JournalEntry.kind == Kind.TEMPLATE_EDITED)).all()[-1]
    assert (entry.old["body"], entry.new["body"]) == ("one", "two")


def test_administrator_goes_back_to_the_delivered_text(session: Session) -> None:
    save(session, "One", "one")
    actor = actor_of(session, make_user(session, administrator=True))
    with pytest.raises(Conflict):
        back_to_delivered(session, Kind.TICKET_CREATED, "email", "en", version=7, actor=actor)
    with unit_of_work(session):
        back_to_delivered(session, Kind.TICKET_CREATED, "email", "en", version=1, actor=actor)
    assert session.scalars(select(MessageTemplate)).all() == []


def test_nobody_else_writes_texts(session: Session) -> None:
    with pytest.raises(Forbidden):
        save(session, "x", "x", by=make_user(session, coordinator_of=[make_department(session)]))


def test_wrong_text_is_refused_field_by_field(session: Session) -> None:
    with pytest.raises(Invalid) as refused:
        save(session, "{{ nothing }}", "{% for a in b %}{% endfor %}")
    assert set(refused.value.fields) == {"subject", "body"}
    with pytest.raises(Invalid):
        save(session, "", " ")


def test_news_about_no_ticket_has_a_letter_too(session: Session, post: Post) -> None:
    administrator = make_user(session, administrator=True)
    facts = {"run": 1, "title": "Directory", "problem": "no answer"}
    entry = record(session, Kind.RUN_FAILED, actor=None, new=facts)
    event = session.scalars(select(OutboxEvent).where(OutboxEvent.journal_id == entry.id)).one()
    delivery = Delivery(event_id=event.id, user_id=administrator.id, channel=ChannelName.EMAIL)
    session.add(delivery)
    session.commit()
    assert prepare(session, delivery).ticket is None
    got = letter(session, post, administrator)
    assert (got.subject, got.ticket_id) == ("The directory sync failed", None)
    assert "no answer" in got.text
