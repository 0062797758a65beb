"""Answers from a messenger: the acts, rights and journal of the pages, each message exactly once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.events import Kind, record
from app.services.answer_senders import sender_by_jabber, sender_by_phone
from app.services.answer_words import Word, parse
from app.services.answers import answer
from models import (
    Comment,
    Delivery,
    DeliveryStatus,
    Department,
    Incoming,
    JournalEntry,
    OutboxEvent,
    Staff,
    State,
    Ticket,
    utcnow,
)
from tests.support.factories import (
    actor_of,
    make_client,
    make_department,
    make_ticket,
    make_unit,
    make_user,
)


class Office:
    """A department with two workers, and a ticket in it."""

    def __init__(self, session: Session, **traits: Any) -> None:
        self.session = session
        self.department: Department = make_department(session, f"Printers {uuid4().hex[:4]}")
        self.author: Staff = make_user(session)
        self.olena: Staff = make_user(
            session, employee_of=[self.department], first_name="Олена", last_name="Коваленко", **traits
        )
        self.petro: Staff = make_user(session, employee_of=[self.department], first_name="Петро")
        self.ticket = self.new_ticket(subject="Не друкує")
        session.commit()

    def new_ticket(self, **values: Any) -> Ticket:
        return make_ticket(self.session, author=self.author, department=self.department, **values)

    def say(self, text: str, *, by: Staff | None = None, number: str = "") -> str:
        return answer(
            self.session,
            source="jabber",
            external_id=number or uuid4().hex,
            sender_user=by or self.olena,
            text=text.replace("N", str(self.ticket.id)),
        )

    def tell(self, ticket: Ticket, *, to: Staff | None = None, minutes_ago: int = 1) -> None:
        """A message about the ticket has gone to him over Jabber."""
        author = actor_of(self.session, self.author)
        entry = record(self.session, Kind.TICKET_CREATED, actor=author, ticket_id=ticket.id)
        query = select(OutboxEvent.id).where(OutboxEvent.journal_id == entry.id)
        delivery = Delivery(
            event_id=self.session.scalars(query).one(),
            user_id=(to or self.olena).id,
            channel="jabber",
            status=DeliveryStatus.SENT,
            sent_at=utcnow() - timedelta(minutes=minutes_ago),
        )
        self.session.add(delivery)
        self.session.commit()

    def now(self) -> Ticket:
        self.session.expire_all()
        return self.session.get_one(Ticket, self.ticket.id)

    def count(self, table: type[Any]) -> int:
        return self.session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def office(session: Session) -> Office:
    return Office(session)


def test_worker_takes_comments_and_completes(office: Office) -> None:
    assert office.say("take #N") == f"#{office.ticket.id} is yours now: Не друкує"
    assert office.now().taken_by_id == office.olena.id
    assert office.say("take N") == f"#{office.ticket.id} is yours already."
    assert office.say("comment N I come at two") == f"Your comment stands under #{office.ticket.id}."
    assert office.say("done N: changed the cartridge") == f"#{office.ticket.id} is done."
    assert office.now().state == State.DONE
    comments = office.session.scalars(select(Comment.body).order_by(Comment.id)).all()
    assert comments[-2:] == ["I come at two", "changed the cartridge"]


def test_journal_tells_who_did_it_and_from_where(office: Office) -> None:
    office.say("take N")
    query = select(JournalEntry).where(JournalEntry.ticket_id == office.ticket.id)
    entry = office.session.scalars(query.order_by(JournalEntry.id.desc())).first()
    assert entry is not None
    assert (entry.kind, entry.actor_id, entry.address) == ("ticket.taken", office.olena.id, "jabber")


def test_free_ticket_is_done_in_one_word(office: Office) -> None:
    office.say("готово N")
    assert office.now().done_by_id == office.olena.id


def test_released_ticket_is_free(office: Office) -> None:
    office.say("take N")
    assert office.say("release N") == f"#{office.ticket.id} is free again."
    assert office.now().state == State.FREE


@pytest.mark.parametrize(("locale", "command"), [("uk", "взяти N"), ("ru", "взять N"), ("en", "take N")])
def test_worker_is_answered_in_his_language(session: Session, locale: str, command: str) -> None:
    office = Office(session, locale=locale)
    assert str(office.ticket.id) in office.say(command)
    assert office.now().taken_by_id == office.olena.id


def test_message_that_comes_again_acts_once_and_gets_the_first_answer(office: Office) -> None:
    first = office.say("comment N once", number="7")
    before = office.count(JournalEntry)
    office.say("release N", number="8")  # refused: it is nobody's
    assert office.say("comment N once", number="7") == first
    assert office.say("release N", number="8") == office.say("release N", number="8")
    assert office.count(JournalEntry) == before
    assert office.count(Incoming) == 2


def test_another_persons_number_gives_nobody_his_answer(office: Office) -> None:
    secret = office.new_ticket(assignee=office.olena, subject="таємне")
    office.session.commit()
    office.ticket = secret
    assert "таємне" in office.say("? N", number="7")
    assert "таємне" not in office.say("? N", number="7", by=office.petro)


def test_hidden_ticket_and_no_ticket_are_answered_alike(office: Office) -> None:
    office.ticket = office.new_ticket(assignee=office.olena)
    office.session.commit()
    for command in ("take", "done", "?", "release", "comment", "to printers"):
        hidden = office.say(f"{command} N", by=office.petro)
        assert hidden == office.say(f"{command} 2000000000", by=office.petro)
        assert hidden == office.say(f"{command} 99999999999999", by=office.petro)
    assert office.now().state == State.FREE


def test_what_is_refused_on_the_page_is_refused_here_and_leaves_nothing(office: Office) -> None:
    office.say("take N")
    before = office.count(Comment), office.count(JournalEntry)
    refusal = office.say("done N it was me", by=office.petro)
    assert refusal == "You see this ticket, but may not do this to it."
    assert office.now().taken_by_id == office.olena.id
    assert (office.count(Comment), office.count(JournalEntry)) == before


def test_slower_one_is_told_who_was_faster(office: Office) -> None:
    office.say("take N")
    told = office.say("take N", by=office.petro)
    assert told.startswith("Someone was faster")
    assert told.endswith("In work: Олена Коваленко")


def test_disabled_account_is_told_nothing(office: Office) -> None:
    office.olena.active = False
    office.session.commit()
    assert office.say("take N") == ""
    assert office.say("help") == ""
    assert office.now().state == State.FREE


def test_ticket_goes_where_the_words_say(office: Office) -> None:
    session = office.session
    accounts = make_department(session, "Бухгалтерія")
    make_user(session, "okhrim", employee_of=[accounts], first_name="Охрім", last_name="Сова")
    session.commit()
    for words in ("бухгалтерія", "в бухгалтерію", "бух", "okhrim", "Сова"):
        ticket = office.ticket = office.new_ticket()
        session.commit()
        assert f"#{ticket.id} was sent on" in office.say(f"to {words} N")
        assert office.now().department_id == accounts.id
        assert (office.now().assignee_id is not None) == (words in ("okhrim", "Сова"))


def test_reason_of_a_transfer_is_left_as_a_comment(office: Office) -> None:
    other = make_department(office.session, "Мережа")
    office.session.commit()
    office.say("кому мережа N кабель")
    assert office.now().department_id == other.id
    assert office.session.scalars(select(Comment.body).order_by(Comment.id.desc())).first() == "кабель"


def test_name_of_several_places_is_asked_about(office: Office) -> None:
    for name in ("Склад північ", "Склад південь"):
        make_department(office.session, name)
    office.session.commit()
    assert office.say("to склад N") == "Which one do you mean? Склад південь, Склад північ"
    assert office.say("to nowhere N") == "No department and no colleague is called “nowhere”."
    assert office.say("to N") == "Where to? Write a department or a colleague, such as: to printers 123."
    assert office.now().department_id == office.department.id


def test_question_shows_what_a_worker_on_his_way_needs(office: Office) -> None:
    client = make_client(
        office.session,
        "Іваненко Іван",
        phones=["050 111-22-33"],
        room="214",
        unit=make_unit(office.session, "Цех 4"),
    )
    office.ticket = office.new_ticket(client=client, subject="Екран", body="Темний.")
    office.session.commit()
    shown = office.say("? N").splitlines()
    assert shown == [
        f"#{office.ticket.id} Екран",
        "Free",
        "Іваненко Іван, Цех 4, room 214, 050 111-22-33",
        office.department.name,
        "Темний.",
    ]


def test_list_names_what_is_mine(office: Office) -> None:
    assert office.say("list") == "You have no open tickets."
    office.new_ticket(assignee=office.olena, subject="моє")
    office.new_ticket(taken_by=office.petro, subject="чуже")
    office.say("take N")
    listed = office.say("мої")
    assert "моє" in listed
    assert "Не друкує" in listed
    assert "чуже" not in listed


def test_talk_is_answered_with_the_way_to_help(office: Office) -> None:
    assert office.say("дякую") == "I did not understand that. Write ? for help."
    assert "take 123" in office.say("?")
    assert office.say("take 1 2") == "One ticket at a time, please: write one number."
    assert office.say("take") == "Which ticket? Write its number, such as: take 123."


def test_bare_word_means_the_one_ticket_just_told_of(office: Office) -> None:
    office.tell(office.ticket)
    assert "is yours now" in office.say("беру")
    office.tell(office.new_ticket())
    assert office.say("done").startswith("Which ticket?")
    office.tell(office.ticket, to=office.petro, minutes_ago=45)
    assert office.say("?", by=office.petro) != office.say("release", by=office.petro)
    assert office.say("release", by=office.petro).startswith("Which ticket?")


@pytest.mark.parametrize("locale", ["uk", "ru", "en"])
def test_help_names_commands_that_are_understood(session: Session, locale: str) -> None:
    office = Office(session, locale=locale)
    lines = [line.partition(":")[0] for line in office.say("?").splitlines()]
    words = [command.word for line in lines if (command := parse(line))]
    wanted = (Word.TAKE, Word.DONE, Word.COMMENT, Word.TO, Word.RELEASE, Word.SHOW, Word.LIST)
    assert words == list(wanted)


def test_sender_is_who_alone_has_the_address(session: Session) -> None:
    olena = make_user(session, jabber_id="Olena@Corp.Example")
    for _twin in range(2):
        make_user(session, jabber_id="twin@corp.example", phone="0671234567")
    make_user(session, jabber_id="gone@corp.example", active=False)
    phoned = make_user(session, phone="+38 (050) 111-22-33")
    make_user(session, phone="2-34")
    session.commit()
    assert sender_by_jabber(session, "olena@corp.example/phone") == olena
    for stranger in ("twin@corp.example", "gone@corp.example", "who@corp.example", "", "corp.example"):
        assert sender_by_jabber(session, stranger) is None
    assert sender_by_phone(session, "380501112233") == phoned
    for stranger in ("380671234567", "234", "", "CORP"):
        assert sender_by_phone(session, stranger) is None
