"""The ladder of urgent tickets: whose rungs, to whom, and what does not climb."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.events import Kind
from models import (
    ChannelName,
    Department,
    LadderRung,
    NotificationChoice,
    Staff,
    State,
)
from tests.support.channels import recording_channel
from tests.support.factories import make_department, make_user
from tests.support.planned import EMAIL, NOW, SMS, over, planned, ticket_in


@pytest.fixture(autouse=True)
def channels(session: Session) -> Iterator[None]:
    """E-mail and SMS are on and reach everybody."""
    with recording_channel(session, EMAIL), recording_channel(session, SMS):
        yield


def test_own_rungs_stand_in_the_place_of_everybodys_and_no_grid_silences_them(
    session: Session, desk: Department, workers: list[Staff]
) -> None:
    chief = make_user(session, coordinator_of=[desk])
    session.add(LadderRung(department_id=desk.id, channel=EMAIL, after_minutes=20, audience="coordinators"))
    for person in (*workers, chief):
        session.add(
            NotificationChoice(user_id=person.id, kind=Kind.TICKET_CREATED, channel=EMAIL, is_on=False)
        )
    plans = planned(session, ticket_in(session, desk, urgent=True), *workers, chief)
    steps = [(plan.user_id, plan.channel, plan.due_at - NOW, plan.rung) for plan in plans if plan.rung]
    ten, twenty = timedelta(minutes=10), timedelta(minutes=20)
    assert steps == [(one.id, SMS, ten, 1) for one in workers] + [(chief.id, EMAIL, twenty, 2)]
    elsewhere = make_department(session)
    worker = make_user(session, employee_of=[elsewhere])
    other = planned(session, ticket_in(session, elsewhere, urgent=True), worker)
    assert [(plan.channel, plan.due_at - NOW) for plan in other if plan.rung] == [(SMS, timedelta(minutes=8))]


def test_department_without_anybody_elses_calls_its_coordinators_first(session: Session) -> None:
    desk = make_department(session)
    chief = make_user(session, coordinator_of=[desk])
    plans = planned(session, ticket_in(session, desk, urgent=True), chief)
    assert [(plan.user_id, plan.rung) for plan in over(plans, SMS)] == [(chief.id, 3)]


def test_ticket_sent_to_one_coordinator_calls_the_others_with_their_own_step_alone(session: Session) -> None:
    desk = make_department(session)
    named, other = (make_user(session, coordinator_of=[desk]) for _turn in range(2))
    ticket = ticket_in(session, desk, urgent=True, assignee=named)
    steps = {plan.user_id: plan.due_at - NOW for plan in over(planned(session, ticket, named, other), SMS)}
    assert steps == {named.id: timedelta(minutes=8), other.id: timedelta(minutes=15)}


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Kind.TICKET_COMMENTED, {}),
        (Kind.TICKET_CREATED, {"state": State.DONE}),
        (Kind.TICKET_CREATED, {"urgent": False}),
    ],
)
def test_only_what_waits_for_hands_climbs(
    session: Session, desk: Department, workers: list[Staff], kind: Kind, values: dict[str, Any]
) -> None:
    ticket = ticket_in(session, desk, **{"urgent": True, **values})
    assert [plan for plan in planned(session, ticket, *workers, kind=kind) if plan.rung] == []


def test_channel_that_is_off_is_left_out_of_the_ladder(session: Session) -> None:
    desk = make_department(session)
    worker = make_user(session, employee_of=[desk])
    session.execute(delete(LadderRung))
    session.add(LadderRung(channel=ChannelName.JABBER, after_minutes=1))
    assert [one for one in planned(session, ticket_in(session, desk, urgent=True), worker) if one.rung] == []
