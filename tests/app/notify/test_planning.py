"""Who hears over which channel, and when: the grid, quiet time, absence, duty, mute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.events import Kind, record
from app.notify.planning import plan
from models import (
    Absence,
    ChannelName,
    Department,
    NotificationChoice,
    NotificationHabit,
    OwnAddress,
    PushSubscription,
    Staff,
    TicketWatch,
)
from tests.support.channels import recording_channel, switch_on
from tests.support.factories import actor_of, make_department, make_user
from tests.support.planned import EMAIL, MORNING, NOW, POPUP, SMS, over, planned, quiet, shift, ticket_in
from tests.support.queries import count_queries


@pytest.fixture(autouse=True)
def channels(session: Session) -> Iterator[None]:
    """E-mail and SMS are on and reach everybody."""
    with recording_channel(session, EMAIL), recording_channel(session, SMS):
        yield


def test_grid_decides_and_the_choice_of_one_touches_no_other(
    session: Session, desk: Department, workers: list[Staff]
) -> None:
    one, other = workers
    session.add(NotificationChoice(user_id=one.id, kind=Kind.TICKET_CREATED, channel=EMAIL, is_on=False))
    plans = planned(session, ticket_in(session, desk), *workers)
    assert [(plan.user_id, plan.channel) for plan in plans] == [
        (one.id, POPUP),
        (other.id, EMAIL),
        (other.id, POPUP),
    ]
    assert {plan.due_at for plan in plans} == {NOW}


def test_sms_is_spared_for_what_is_urgent_unless_chosen_otherwise(
    session: Session, desk: Department, workers: list[Staff]
) -> None:
    one, other = workers
    for person in workers:
        session.add(NotificationChoice(user_id=person.id, kind=Kind.TICKET_CREATED, channel=SMS, is_on=True))
    session.add(NotificationHabit(user_id=other.id, sms_only_high=False))
    usual = over(planned(session, ticket_in(session, desk), *workers), SMS)
    assert [plan.user_id for plan in usual] == [other.id]
    urgent = over(planned(session, ticket_in(session, desk, urgent=True), *workers), SMS)
    assert [(plan.user_id, plan.due_at, plan.rung) for plan in urgent] == [
        (one.id, NOW, 0),
        (other.id, NOW, 0),
    ]


def test_usual_news_wait_for_the_morning_together_and_the_pop_up_does_not(
    session: Session, desk: Department, workers: list[Staff]
) -> None:
    one, other = workers
    quiet(session, one)
    quiet(session, other, digest_on=False)
    plans = planned(session, ticket_in(session, desk), *workers)
    assert [(plan.due_at, plan.is_held) for plan in over(plans, EMAIL)] == [(MORNING, True), (MORNING, False)]
    assert {plan.due_at for plan in over(plans, POPUP)} == {NOW}


def test_urgent_news_wake_everybody_when_nobody_is_on_duty(
    session: Session, desk: Department, workers: list[Staff]
) -> None:
    for person in workers:
        quiet(session, person)
    plans = planned(session, ticket_in(session, desk, urgent=True), *workers)
    assert {plan.due_at for plan in over(plans, EMAIL)} == {NOW}
    assert {(plan.due_at, plan.rung) for plan in over(plans, SMS)} == {(NOW + timedelta(minutes=10), 1)}


def test_duty_alone_is_woken_by_what_is_urgent_and_by_nothing_else(
    session: Session, desk: Department, workers: list[Staff]
) -> None:
    on_duty, asleep = workers
    for person in workers:
        quiet(session, person)
    shift(session, on_duty, desk, (-1, 8))
    urgent = planned(session, ticket_in(session, desk, urgent=True), *workers)
    assert [plan.due_at for plan in over(urgent, EMAIL, on_duty)] == [NOW]
    assert [plan.due_at for plan in over(urgent, EMAIL, asleep)] == [MORNING]
    assert [plan.user_id for plan in over(urgent, SMS)] == [on_duty.id]
    usual = planned(session, ticket_in(session, desk), *workers)
    assert {plan.due_at for plan in over(usual, EMAIL)} == {MORNING}


def test_rung_asks_who_is_on_duty_when_it_is_climbed(
    session: Session, desk: Department, workers: list[Staff]
) -> None:
    early, late = workers
    for person in workers:
        quiet(session, person)
    shift(session, early, desk, (-1, 0.1))  # six minutes more
    shift(session, late, desk, (0.1, 8))
    plans = planned(session, ticket_in(session, desk, urgent=True), *workers)
    assert [plan.user_id for plan in over(plans, SMS)] == [late.id]
    assert [plan.due_at for plan in over(plans, EMAIL, early)] == [NOW]


@pytest.mark.parametrize("deaf", ["away", "muted", "not told", "did it himself"])
def test_duty_that_hears_nothing_leaves_nobody_asleep(
    session: Session, desk: Department, workers: list[Staff], deaf: str
) -> None:
    on_duty, other = workers
    quiet(session, other)
    shift(session, on_duty, desk, (-1, 8))
    ticket = ticket_in(session, desk, urgent=True)
    told = list(workers)
    if deaf == "away":
        session.add(Absence(user_id=on_duty.id, until=date(2026, 12, 1), stand_in_id=other.id))
    elif deaf == "muted":
        session.add(TicketWatch(user_id=on_duty.id, ticket_id=ticket.id, watches=False))
    else:
        told = [other]
    by = on_duty if deaf == "did it himself" else None
    plans = planned(session, ticket, *told, by=by)
    # whoever is on duty and wrote it down knows of it: the others may sleep
    assert [plan.due_at for plan in over(plans, EMAIL, other)] == [MORNING if by else NOW]


def test_who_is_away_gets_one_letter_when_he_is_back_and_it_is_not_quiet(
    session: Session, desk: Department, workers: list[Staff]
) -> None:
    away, other = workers
    session.add(Absence(user_id=away.id, until=date(2026, 11, 27), stand_in_id=other.id))  # a Friday
    session.add(NotificationHabit(user_id=away.id, quiet_days="67"))
    plans = planned(session, ticket_in(session, desk, urgent=True), *workers)
    assert over(plans, SMS, away) == []
    letter = over(plans, EMAIL, away)
    monday = datetime(2026, 11, 29, 22, 0, tzinfo=UTC)
    assert [(plan.due_at, plan.is_held) for plan in letter] == [(monday, True)]


def test_muted_ticket_is_silent_on_the_ladder_too(
    session: Session, desk: Department, workers: list[Staff]
) -> None:
    ticket = ticket_in(session, desk, urgent=True)
    session.add(TicketWatch(user_id=workers[0].id, ticket_id=ticket.id, watches=False))
    plans = planned(session, ticket, *workers)
    assert {plan.user_id for plan in plans} == {workers[1].id}


def test_browser_and_own_messengers_reach_only_who_has_them(
    session: Session, desk: Department, workers: list[Staff]
) -> None:
    one, other = workers
    for name in (ChannelName.PUSH, ChannelName.OWN):
        switch_on(session, name)
    session.add(PushSubscription(user_id=one.id, endpoint="https://push.example/1", p256dh="x", auth="y"))
    messengers = [OwnAddress(user_id=one.id, name=name, sealed="", is_on=name != "off") for name in "ab"]
    session.add_all([*messengers, OwnAddress(user_id=one.id, name="off", sealed="", is_on=False)])
    session.flush()
    plans = planned(session, ticket_in(session, desk), *workers)
    own = {f"own:{row.id}" for row in messengers}
    assert {plan.channel for plan in plans if plan.user_id == one.id} == {POPUP, EMAIL, "push", *own}
    assert {plan.channel for plan in plans if plan.user_id == other.id} == {POPUP, EMAIL}


def test_sixty_people_cost_as_many_statements_as_three(session: Session) -> None:
    costs = []
    for number in (3, 60):
        desk = make_department(session)
        people = [make_user(session, employee_of=[desk]) for _turn in range(number)]
        ticket = ticket_in(session, desk, urgent=True)
        author = actor_of(session, session.get_one(Staff, ticket.author_id))
        entry = record(session, Kind.TICKET_CREATED, actor=author, ticket_id=ticket.id)
        told = [actor_of(session, one) for one in people]
        session.commit()
        session.refresh(ticket)
        session.refresh(entry)
        with count_queries() as sent:
            assert len(plan(session, entry, ticket, told)) == 3 * number
        costs.append(len(sent))
    assert costs[0] == costs[1] <= 11, costs
