"""One delivery: claimed once, checked at the last moment, tried again, given up, never told twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.events import Kind, record
from app.notify import fanout, queues
from app.notify.channels.base import Permanent, Temporary
from app.services import sending
from models import (
    ChannelName,
    Delivery,
    DeliveryStatus,
    JournalEntry,
    NotificationHabit,
    OutboxEvent,
    Priority,
    Staff,
    State,
    Ticket,
    TicketWatch,
    utcnow,
)
from tests.support.channels import Post, recording_channel
from tests.support.factories import actor_of, make_department, make_ticket, make_user


@pytest.fixture
def post(session: Session) -> Iterator[Post]:
    """The e-mail channel keeps its letters."""
    with recording_channel(session, ChannelName.EMAIL) as post:
        yield post


def tell(session: Session, ticket: Ticket, by: Staff, kind: Kind = Kind.TICKET_CREATED) -> None:
    """Let this have happened to the ticket, and fan it out."""
    entry = record(session, kind, actor=actor_of(session, by), ticket_id=ticket.id)
    event_id = session.scalars(select(OutboxEvent.id).where(OutboxEvent.journal_id == entry.id)).one()
    session.commit()
    assert fanout.fan_out(session, event_id)


def make_told(session: Session, **values: Any) -> tuple[Ticket, Staff, Delivery]:
    """A new ticket, the one person it was sent to, and his delivery by e-mail."""
    author, person = make_user(session), make_user(session)
    department = make_department(session)
    ticket = make_ticket(session, author=author, department=department, assignee=person, **values)
    tell(session, ticket, author)
    return ticket, person, only(session, person)


def only(session: Session, person: Staff, channel: str = ChannelName.EMAIL) -> Delivery:
    """The person's one delivery over the channel."""
    query = select(Delivery).where(Delivery.user_id == person.id, Delivery.channel == channel)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def let_time_pass(session: Session, delta: timedelta) -> None:
    """Everything that waits was planned so much earlier."""
    for row in session.scalars(select(Delivery)):
        row.due_at -= delta
        row.wanted_at -= delta
        row.created_at -= delta
        row.held_until = row.held_until - delta if row.held_until else None
        row.queued_until = row.queued_until - delta if row.queued_until else None
    session.commit()


def test_told_person_gets_one_message_however_often_it_is_tried(session: Session, post: Post) -> None:
    ticket, person, delivery = make_told(session)
    assert [sending.deliver(session, delivery.id) for _turn in range(3)] == [DeliveryStatus.SENT, None, None]
    assert [(message.key, message.ticket_id) for message in post.sent] == [(delivery.key, ticket.id)]
    assert post.sent[0].to == f"{person.username}@email"
    assert (delivery.provider_id, delivery.attempts) == (f"provider-{delivery.key}", 1)


def test_temporary_failure_is_tried_again_later_under_the_same_key(session: Session, post: Post) -> None:
    _ticket, _person, delivery = make_told(session)
    post.answers = [Temporary("busy")]
    assert sending.deliver(session, delivery.id) == DeliveryStatus.WAITING
    assert (delivery.error, delivery.attempts) == ("busy", 1)
    assert sending.deliver(session, delivery.id) is None  # not yet
    let_time_pass(session, sending.BACK_OFF[0])
    assert queues.due(session, utcnow()) == [(delivery.id, ChannelName.EMAIL, False)]
    assert sending.deliver(session, delivery.id) == DeliveryStatus.SENT
    assert post.keys == [delivery.key]


def test_permanent_failure_waits_on_the_screen_for_send_again(session: Session, post: Post) -> None:
    _ticket, _person, delivery = make_told(session)
    post.answers = [Permanent("no such mailbox")]
    assert sending.deliver(session, delivery.id) == DeliveryStatus.DEAD
    let_time_pass(session, timedelta(days=1))
    assert queues.due(session, utcnow()) == []
    assert sending.send_again(session, [delivery.id]) == 1
    session.commit()
    session.refresh(delivery)
    assert sending.deliver(session, delivery.id) == DeliveryStatus.SENT


def test_message_that_breaks_stays_its_own_affair_and_dies_in_the_end(session: Session, post: Post) -> None:
    _ticket, _person, delivery = make_told(session)
    post.answers = [ZeroDivisionError() for _turn in range(20)]
    states = []
    for pause in (*sending.BACK_OFF, timedelta()):
        states.append(sending.deliver(session, delivery.id))
        let_time_pass(session, pause)
    assert states == [DeliveryStatus.WAITING] * len(sending.BACK_OFF) + [DeliveryStatus.DEAD]
    _other, _person, next_one = make_told(session)
    post.answers = []
    assert sending.deliver(session, next_one.id) == DeliveryStatus.SENT


def test_worker_killed_while_sending_leaves_a_claim_that_ends(session: Session, post: Post) -> None:
    _ticket, _person, delivery = make_told(session)
    post.answers = [KeyboardInterrupt()]  # type: ignore[list-item]  # what kills no channel may catch
    with pytest.raises(KeyboardInterrupt):
        sending.deliver(session, delivery.id)
    session.rollback()
    assert sending.deliver(session, delivery.id) is None  # its lease still holds
    let_time_pass(session, timedelta(minutes=2))
    assert sending.deliver(session, delivery.id) == DeliveryStatus.SENT
    assert post.keys == [delivery.key]


def test_person_who_lost_the_ticket_meanwhile_is_not_told(session: Session, post: Post) -> None:
    ticket, _person, delivery = make_told(session)
    ticket.assignee_id = ticket.author_id
    session.commit()
    assert sending.deliver(session, delivery.id) == DeliveryStatus.SKIPPED
    assert (delivery.error, post.sent) == ("not_allowed", [])


def test_disabled_person_is_not_told(session: Session, post: Post) -> None:
    _ticket, person, delivery = make_told(session)
    person.active = False
    session.commit()
    assert sending.deliver(session, delivery.id) == DeliveryStatus.SKIPPED


def test_muted_ticket_is_silent_unless_it_is_sent_by_name(session: Session, post: Post) -> None:
    author, colleague = make_user(session), make_user(session)
    department = make_department(session)
    worker = make_user(session, employee_of=[department])
    for person in (colleague, worker):
        session.add(NotificationHabit(user_id=person.id))
    ticket = make_ticket(session, author=author, department=department)
    session.add(TicketWatch(user_id=worker.id, ticket_id=ticket.id, watches=False))
    session.commit()
    tell(session, ticket, author)
    assert session.scalars(select(Delivery).where(Delivery.user_id == worker.id)).all() == []
    ticket.assignee_id = worker.id
    session.commit()
    tell(session, ticket, author, Kind.TICKET_TRANSFERRED)
    assert sending.deliver(session, only(session, worker).id) == DeliveryStatus.SENT


def test_watcher_is_told_of_what_he_has_no_part_in(session: Session, post: Post) -> None:
    author, department = make_user(session), make_department(session)
    ticket = make_ticket(session, author=author, department=department)
    watcher = make_user(session, employee_of=[department])
    session.add(TicketWatch(user_id=watcher.id, ticket_id=ticket.id, watches=True))
    session.commit()
    tell(session, ticket, author, Kind.TICKET_COMMENTED)
    told = session.scalars(select(Delivery.user_id).where(Delivery.channel == ChannelName.POPUP)).all()
    assert list(told) == [watcher.id]


def test_quiet_hours_keep_usual_news_and_tell_them_together(session: Session, post: Post) -> None:
    author, person = make_user(session), make_user(session)
    department = make_department(session)
    # quiet all day but one minute long gone
    minute = (utcnow().hour * 60 + utcnow().minute + 720) % 1440
    session.add(
        NotificationHabit(user_id=person.id, quiet_from=minute + 1, quiet_until=minute, time_zone="UTC")
    )
    session.commit()
    for _turn in range(3):
        tell(session, make_ticket(session, author=author, department=department, assignee=person), author)
    waiting = session.scalars(select(Delivery).where(Delivery.channel == ChannelName.EMAIL)).all()
    assert [row.is_held for row in waiting] == [True] * 3
    assert queues.due(session, utcnow()) == []
    let_time_pass(session, timedelta(days=1))
    assert sending.deliver(session, waiting[0].id) == DeliveryStatus.SENT
    assert [sending.deliver(session, row.id) for row in waiting[1:]] == [None, None]
    assert len(post.sent) == 1
    session.expire_all()
    assert {row.status for row in waiting} == {DeliveryStatus.SENT}


def test_digest_tried_again_tells_the_same_news(session: Session, post: Post) -> None:
    author, person, department = make_user(session), make_user(session), make_department(session)
    session.commit()

    def new() -> Ticket:
        ticket = make_ticket(session, author=author, department=department, assignee=person)
        tell(session, ticket, author)
        return ticket

    new(), new()
    session.execute(update(Delivery).values(is_held=True))
    session.commit()
    first, second = session.scalars(
        select(Delivery).where(Delivery.channel == ChannelName.EMAIL).order_by(Delivery.id)
    )
    post.answers = [Temporary("the answer was lost")]
    assert sending.deliver(session, first.id) == DeliveryStatus.WAITING
    new()
    session.execute(update(Delivery).values(is_held=True))
    session.commit()
    let_time_pass(session, timedelta(minutes=5))
    assert sending.deliver(session, second.id) is None  # it goes with the first
    assert sending.deliver(session, first.id) == DeliveryStatus.SENT
    states = session.scalars(
        select(Delivery.status).where(Delivery.channel == ChannelName.EMAIL).order_by(Delivery.id)
    ).all()
    assert list(states) == ["sent", "sent", "waiting"]


def test_take_stops_the_ladder_for_everyone(session: Session, post: Post) -> None:
    author, department = make_user(session), make_department(session)
    workers = [make_user(session, employee_of=[department]) for _turn in range(2)]
    chief = make_user(session, coordinator_of=[department])
    ticket = make_ticket(session, author=author, department=department, priority=Priority.HIGH)
    with recording_channel(session, ChannelName.SMS) as sms:
        tell(session, ticket, author)
        rungs = session.scalars(select(Delivery).where(Delivery.channel == ChannelName.SMS)).all()
        assert {row.user_id for row in rungs} == {one.id for one in (*workers, chief)}
        let_time_pass(session, timedelta(minutes=9))
        first = only(session, workers[0], ChannelName.SMS)
        assert sending.deliver(session, first.id) == DeliveryStatus.SENT
        ticket.state, ticket.taken_by_id = State.IN_WORK, workers[0].id
        session.commit()
        tell(session, ticket, workers[0], Kind.TICKET_TAKEN)
        session.expire_all()
        let_time_pass(session, timedelta(minutes=9))
        rest = [row for row in rungs if row.id != first.id and row.rung]
        assert {sending.deliver(session, row.id) for row in rest} == {None}
        assert {(row.status, row.error) for row in rest} == {(DeliveryStatus.SKIPPED, "taken")}
        assert len(sms.sent) == 1


def test_channel_that_fails_again_and_again_rests_without_using_up_tries(
    session: Session, post: Post
) -> None:
    told = [make_told(session)[2] for _turn in range(5)]
    post.answers = [Temporary("refused") for _turn in range(3)]
    for row in told:
        sending.deliver(session, row.id)
    assert [row.attempts for row in told] == [1, 1, 1, 0, 0]
    assert all(row.status == DeliveryStatus.WAITING for row in told)
    assert len({row.due_at for row in told[3:]}) == 1


def test_journal_is_not_touched_by_sending(session: Session, post: Post) -> None:
    _ticket, _person, delivery = make_told(session)
    before = session.scalars(select(JournalEntry.id)).all()
    sending.deliver(session, delivery.id)
    assert session.scalars(select(JournalEntry.id)).all() == before


def test_free_ticket_that_becomes_urgent_climbs_the_ladder(session: Session, post: Post) -> None:
    author, department = make_user(session), make_department(session)
    worker = make_user(session, employee_of=[department])
    ticket = make_ticket(session, author=author, department=department, priority=Priority.HIGH)
    session.commit()
    with recording_channel(session, ChannelName.SMS):
        entry = record(
            session,
            Kind.TICKET_EDITED,
            actor=actor_of(session, author),
            ticket_id=ticket.id,
            old={"priority": Priority.NORMAL.value},
            new={"priority": Priority.HIGH.value},
        )
        event_id = session.scalars(select(OutboxEvent.id).where(OutboxEvent.journal_id == entry.id)).one()
        session.commit()
        assert fanout.fan_out(session, event_id)
        assert only(session, worker, ChannelName.SMS).rung
        assert sending.deliver(session, only(session, worker).id) == DeliveryStatus.SENT
    assert "urgent" in post.sent[0].text or "термінов" in post.sent[0].text
