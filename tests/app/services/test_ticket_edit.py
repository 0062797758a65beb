"""Editing a ticket and its priority: what is kept, journaled and refused."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.errors import Conflict, Forbidden, Invalid
from app.policy import Verb
from app.services.tickets import (
    edit_ticket,
    move_ticket,
    set_priority,
)
from app.services.typed import clean_text
from models import State, TicketRead
from tests.support.factories import (
    make_ticket,
)
from tests.support.firm import Firm, journal


@pytest.fixture
def firm(session: Session) -> Firm:
    """The firm of these tests."""
    return Firm(session)


# ------------------------------------------------------------------------------------ edit


def test_author_edits_and_the_journal_has_the_difference(session: Session, firm: Firm) -> None:
    ticket = make_ticket(session, author=firm.worker, department=firm.there, subject="Old", body="text")
    edit_ticket(session, ticket, {"subject": "New", "priority": 2}, version=1, actor=firm.actor)
    assert (ticket.subject, ticket.body, ticket.priority, ticket.version) == ("New", "text", 2, 2)
    (entry,) = journal(session, ticket)
    assert (entry.old, entry.new) == ({"subject": "Old", "priority": 1}, {"subject": "New", "priority": 2})


def test_edit_that_changes_nothing_writes_nothing(session: Session, firm: Firm) -> None:
    ticket = make_ticket(session, author=firm.worker, department=firm.there, subject="Old", body="text")
    edit_ticket(session, ticket, {"subject": "Old", "body": "text"}, version=1, actor=firm.actor)
    assert (ticket.version, journal(session, ticket)) == (1, [])


def test_edit_refusals(session: Session, firm: Firm) -> None:
    ticket = make_ticket(session, author=firm.worker, department=firm.there)
    with pytest.raises(Conflict) as stale:
        edit_ticket(session, ticket, {"subject": "New"}, version=5, actor=firm.actor)
    assert stale.value.details["current"] == 1
    with pytest.raises(Forbidden):
        edit_ticket(session, ticket, {"subject": "New"}, version=1, actor=firm.other)
    with pytest.raises(Invalid) as wrong:
        edit_ticket(session, ticket, {"subject": "", "priority": 7}, version=1, actor=firm.actor)
    assert set(wrong.value.fields) == {"subject", "priority"}
    archived = make_ticket(session, author=firm.worker, department=firm.there, state=State.ARCHIVED)
    with pytest.raises(Forbidden):
        edit_ticket(session, archived, {"subject": "New"}, version=1, actor=firm.actor)


def test_priority_alone(session: Session, firm: Firm) -> None:
    ticket = make_ticket(session, author=firm.boss, department=firm.here)
    with pytest.raises(Forbidden):
        set_priority(session, ticket, 2, actor=firm.actor)
    with pytest.raises(Conflict):
        set_priority(session, ticket, 2, actor=firm.chief, version=9)
    with pytest.raises(Invalid):
        set_priority(session, ticket, 5, actor=firm.chief)
    set_priority(session, ticket, 1, actor=firm.chief)
    assert journal(session, ticket) == []
    set_priority(session, ticket, 2, actor=firm.chief, version=1)
    (entry,) = journal(session, ticket)
    assert (entry.kind, entry.old, entry.new) == ("ticket.edited", {"priority": 1}, {"priority": 2})


def test_mover_has_read_his_own_move(session: Session, firm: Firm) -> None:
    ticket = make_ticket(session, author=firm.boss, department=firm.here)
    move_ticket(session, ticket, Verb.TAKE, actor=firm.actor)
    assert session.get_one(TicketRead, (firm.worker.id, ticket.id)).activity == ticket.activity
    assert session.get(TicketRead, (firm.boss.id, ticket.id)) is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        (" \u200bx\x00\x07 ", "x"),
        ("tab\there", "tab\there"),
        ("ї́ ґ 🖨", "ї́ ґ 🖨"),
        ("non\u00a0breaking", "non breaking"),
        ("👨\u200d💻", "👨\u200d💻"),
    ],
)
def test_typed_text_loses_only_what_nobody_sees(typed: str, kept: str) -> None:
    assert clean_text(typed) == kept
