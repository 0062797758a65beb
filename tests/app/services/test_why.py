"""Why and who: the answers are those of the rules that are enforced."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.errors import Forbidden, Invalid, NotFound
from app.events import Kind
from app.notify.fanout import fan_out
from app.policy import Actor, Rule, Standing, Verb, access_ticket, load_actor, viewers
from app.services.comments import add_comment
from app.services.tickets import TicketDraft, create_ticket, transfer_ticket
from app.services.why import audience, explain, readers
from app.workflow import MOVE_VERBS, allowed_moves
from models import (
    ChannelName,
    Delivery,
    Department,
    NotificationChoice,
    OutboxEvent,
    Sight,
    Ticket,
    TicketWatch,
)
from tests.support.cast import ACTIVE, VISIBLE, Cast
from tests.support.channels import recording_channel
from tests.support.factories import make_membership, make_role, make_user

REASONS = [
    ("administrator", "a_free", {Rule.ADMINISTRATOR}),
    ("boss_a", "a_named", {Rule.DEPARTMENT}),
    ("worker_a", "a_free", {Rule.SHARED}),
    ("worker_a", "a_own", {Rule.SHARED, Rule.AUTHOR}),
    ("worker_a", "a_named", {Rule.ASSIGNEE}),
    ("worker_a", "b_by_worker_a", {Rule.AUTHOR}),
    ("worker_a", "a_both", set()),
    ("expired_boss_a", "a_free", set()),
]


@pytest.mark.parametrize(("who", "ticket", "rules"), REASONS)
def test_reasons_are_the_rules_that_hold(
    session: Session, cast: Cast, boss: Actor, who: str, ticket: str, rules: set[Rule]
) -> None:
    found = explain(session, cast.people[who], cast.tickets[ticket], actor=boss)
    assert {rule for rule, holds in found.rules if holds} == rules
    assert found.sees == bool(rules)


def test_explanation_agrees_with_what_is_enforced(session: Session, cast: Cast, boss: Actor) -> None:
    for who in ACTIVE:
        person = load_actor(session, cast.people[who])
        for name in ("a_free", "a_other", "a_named", "a_archived"):
            found = explain(session, person.id, cast.tickets[name], actor=boss)
            assert found.sees == (name in VISIBLE[who])
            moves = {
                answer.verb for answer in found.answers if answer.verb in MOVE_VERBS and answer.is_possible
            }
            assert moves == (set(allowed_moves(person, found.ticket)) if found.sees else set())


def test_answers_name_their_grounds(session: Session, cast: Cast, boss: Actor) -> None:
    found = explain(session, cast.people["worker_a"], cast.tickets["a_own"], actor=boss)
    answers = {answer.verb: answer for answer in found.answers}
    assert answers[Verb.EDIT].by == {Standing.AUTHOR}
    assert answers[Verb.TAKE].by == {Standing.EMPLOYEE, Standing.AUTHOR}
    assert answers[Verb.ARCHIVE].by == frozenset()
    assert (answers[Verb.COMPLETE].by != frozenset(), answers[Verb.COMPLETE].is_possible) == (True, False)


def test_disabled_person_sees_nothing(session: Session, cast: Cast, boss: Actor) -> None:
    found = explain(session, cast.people["disabled"], cast.tickets["a_free"], actor=boss)
    assert (found.person, found.sees) == (None, False)


def test_coordinator_asks_of_his_own_tickets_alone(session: Session, cast: Cast) -> None:
    head = load_actor(session, cast.people["boss_a"])
    assert explain(session, cast.people["worker_a"], cast.tickets["a_named"], actor=head).sees
    with pytest.raises(NotFound):
        explain(session, cast.people["worker_a"], cast.tickets["b_free"], actor=head)
    worker = load_actor(session, cast.people["worker_a"])
    with pytest.raises(Forbidden):
        explain(session, head.id, cast.tickets["a_free"], actor=worker)


@pytest.mark.parametrize("assignee", [None, "worker_a"])
def test_audience_of_a_new_ticket_is_who_sees_it_and_who_is_told(
    session: Session, cast: Cast, assignee: str | None
) -> None:
    observer, a = make_user(session), cast.departments["a"]
    role = make_role(session, sight=Sight.DEPARTMENT)
    make_membership(session, observer, session.get_one(Department, a), role.key)
    author = load_actor(session, cast.people["both"])
    to = cast.people[assignee] if assignee else None
    foretold = audience(session, department_id=a, assignee_id=to, actor=author)
    draft = TicketDraft(client_id=cast.client_id, department_id=a, assignee_id=to, subject="x")
    ticket = create_ticket(session, draft, actor=author)
    session.commit()
    assert {one.id for one in foretold} == viewers(session, ticket)
    assert {one.id for one in foretold if one.channels} == told(session)
    assert observer.id not in told(session)


def test_audience_of_a_transfer_is_who_sees_it_and_who_is_told(session: Session, cast: Cast) -> None:
    actor = load_actor(session, cast.people["boss_a"])
    ticket = access_ticket(session, cast.tickets["a_named"], actor=actor)
    place: dict[str, Any] = {"department_id": cast.departments["b"], "assignee_id": cast.people["both"]}
    foretold = audience(session, **place, actor=actor, ticket=ticket)
    ticket = transfer_ticket(session, ticket, actor=actor, **place)
    session.commit()
    assert {one.id for one in foretold} == viewers(session, ticket)
    assert {one.id for one in foretold if one.channels} == told(session)


def test_audience_needs_a_place_and_writes_nothing(session: Session, cast: Cast) -> None:
    actor = load_actor(session, cast.people["both"])
    before = len(session.scalars(select(Ticket.id)).all())
    with pytest.raises(Invalid):
        audience(session, department_id=None, assignee_id=None, actor=actor)
    audience(session, department_id=cast.departments["a"], assignee_id=None, actor=actor)
    session.commit()
    assert len(session.scalars(select(Ticket.id)).all()) == before


def told(session: Session) -> set[int]:
    """Who got a delivery, after the worker has done its work."""
    for event_id in session.scalars(select(OutboxEvent.id).where(OutboxEvent.fanned_out_at.is_(None))).all():
        fan_out(session, event_id)
    return set(session.scalars(select(Delivery.user_id)))


def test_those_who_will_read_a_comment_are_those_who_do(session: Session, cast: Cast) -> None:
    for name in ("a_free", "a_named", "a_other"):
        ticket = session.get_one(Ticket, cast.tickets[name])
        head = load_actor(session, cast.people["boss_a"])
        foretold = readers(session, ticket, actor=head)
        assert {one.id for one in foretold} == viewers(session, ticket)
        session.execute(delete(Delivery))
        add_comment(session, ticket, "It is the cable", actor=head)
        assert {one.id for one in foretold if one.channels} == told(session), name


def test_channels_are_those_that_are_planned(session: Session, cast: Cast) -> None:
    worker, head = cast.people["worker_a"], load_actor(session, cast.people["boss_a"])
    ticket = session.get_one(Ticket, cast.tickets["a_free"])
    row = {"kind": Kind.TICKET_TRANSFERRED, "channel": ChannelName.POPUP, "is_on": False}
    session.add(NotificationChoice(user_id=worker, **row))
    session.add(TicketWatch(user_id=cast.people["both"], ticket_id=ticket.id, watches=False))
    session.flush()
    place: dict[str, Any] = {"department_id": cast.departments["a"], "assignee_id": None}
    with recording_channel(session, ChannelName.EMAIL):
        found = {one.id: one.channels for one in audience(session, **place, actor=head, ticket=ticket)}
    assert found[worker] == ("email",)
    assert found[cast.people["both"]] == ()
    assert found[cast.people["boss_b_worker_a"]] == ("email", "popup")
