"""The courier's Jabber desk with a real server and a worker's real telephone."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.events import Kind, record
from app.extensions import db
from app.notify import fanout
from app.notify.channels.base import Message, Settings, Temporary
from app.notify.channels.jabber import JabberChannel
from app.notify.channels.registry import seal_secrets
from app.notify.jabber import office, presence
from app.notify.jabber.hearing import Heard
from app.services import sending
from app.services.answers import answer
from jobs import courier
from jobs import jabber as jabber_jobs
from jobs.jabber import LOOK_EVERY, Desk, close_desk, open_desk
from models import (
    ChannelName,
    ChannelSetting,
    Comment,
    Delivery,
    DeliveryStatus,
    Incoming,
    OutboxEvent,
    Staff,
    State,
    Ticket,
)
from tests.support.factories import actor_of, make_department, make_ticket, make_user
from tests.support.prosody import PASSWORD, Prosody
from tests.support.telephone import Telephone, telephone, until


@pytest.fixture
def desk(live_app: Flask) -> Iterator[Desk]:
    """A courier's desk in this process."""
    yield open_desk(live_app)
    close_desk()


def set_up(prosody: Prosody, jid: str, **more: Any) -> None:
    """What an administrator writes on the channel's screen."""
    values = {"jid": jid, "host": "127.0.0.1", "port": prosody.port}
    values |= {"ca_file": str(prosody.authority.certificate), **more}
    sealed = seal_secrets({"password": PASSWORD})
    db.session.merge(ChannelSetting(channel="jabber", is_on=True, values=values, sealed=sealed))
    db.session.commit()


def look_again(desk: Desk) -> None:
    desk._looked_at -= LOOK_EVERY
    desk.keep()


def make_worker(jid: str, **values: Any) -> tuple[Staff, Ticket]:
    """A worker with this Jabber ID, and a ticket sent to him."""
    department = make_department(db.session)
    worker = make_user(db.session, employee_of=[department], jabber_id=jid.upper(), **values)
    author = make_user(db.session)
    ticket = make_ticket(
        db.session, author=author, department=department, assignee=worker, subject="Не друкує"
    )
    db.session.commit()
    return worker, ticket


def tell(ticket: Ticket, worker: Staff) -> Delivery:
    """The ticket's author writes it down, and the worker's delivery over Jabber is there."""
    author = actor_of(db.session, ticket.author)
    entry = record(db.session, Kind.TICKET_CREATED, actor=author, ticket_id=ticket.id)
    event_id = db.session.scalars(select(OutboxEvent.id).where(OutboxEvent.journal_id == entry.id)).one()
    db.session.commit()
    fanout.fan_out(db.session(), event_id)
    query = select(Delivery).where(Delivery.user_id == worker.id, Delivery.channel == ChannelName.JABBER)
    delivery: Delivery = db.session.scalars(query).one()
    return delivery


def count(table: type[Any]) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_worker_in_the_field_is_told_and_answers(desk: Desk, prosody: Prosody) -> None:
    bot, own = prosody.new_account(), prosody.account()
    worker, ticket = make_worker(own.jid, locale="uk")
    set_up(prosody, bot)
    with telephone(own) as phone, telephone(prosody.account()) as stranger:
        desk.keep()  # nothing has been sent, and yet it listens
        until(lambda: presence.is_online(own.jid), "the worker is online")
        delivery = tell(ticket, worker)
        assert sending.deliver(db.session(), delivery.id) == DeliveryStatus.SENT
        told = phone.read()
        assert (told["id"], told["from"].bare) == (delivery.key, bot)
        assert f"#{ticket.id} Не друкує" in told["body"]
        answer_twice(phone, bot, ticket)
        stranger.write(bot, f"взяти {ticket.id}", number="1")
        stranger.write(bot, "?", number="2")
        assert stranger.hears_nothing()
        phone.show("away")
        until(lambda: not presence.is_online(own.jid), "the worker is away")


def answer_twice(phone: Telephone, bot: str, ticket: Ticket) -> None:
    """Each command comes twice, as from a telephone with a bad connection, and is done once."""
    for number, text in enumerate(("взяти N", "comment N їду", "сделано №N: замінив картридж")):
        for _turn in range(2):
            phone.write(bot, text.replace("N", str(ticket.id)), number=f"{number}")
        first, second = phone.read(), phone.read()
        assert (first["id"], first["body"]) == (second["id"], second["body"])
        assert str(ticket.id) in first["body"]
    db.session.expire_all()
    assert db.session.get_one(Ticket, ticket.id).state == State.DONE
    assert list(db.session.scalars(select(Comment.body).order_by(Comment.id))) == ["їду", "замінив картридж"]
    assert count(Incoming) == 3


@pytest.mark.database("sqlite", reason="what is tried here asks no database anything of its own")
def test_link_follows_its_settings(desk: Desk, prosody: Prosody) -> None:
    first, second, own = prosody.new_account(), prosody.new_account(), prosody.account()
    make_worker(own.jid)
    with telephone(own) as phone:
        for bot in (first, second):
            set_up(prosody, bot)
            look_again(desk)
            message = Message("key", own.jid, "", "привіт", locale="en", is_urgent=True)
            JabberChannel(Settings(_values(prosody, bot))).send(message)
            told = phone.read()
            assert (told["from"].bare, told["body"]) == (bot, "‼ Urgent\nпривіт")
        db.session.get_one(ChannelSetting, "jabber").is_on = False
        db.session.commit()
        look_again(desk)
        assert office._link is None
        until(lambda: not presence.is_online(own.jid), "nobody is known to be online")


@pytest.mark.database("sqlite", reason="what is tried here asks no database anything of its own")
def test_strangers_are_noted_once_and_staff_are_told_of_our_own_fault(
    live_app: Flask, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(live_app)
    make_worker("olena@jabber.test")
    assert [desk.heard(Heard("who@jabber.test", key, "?")) for key in "12"] == ["", ""]
    assert len([one for one in caplog.records if "who@jabber.test" in one.getMessage()]) == 1
    monkeypatch.setattr(jabber_jobs, "answer", lambda *_args, **_more: 1 / 0)
    told = desk.heard(Heard("olena@jabber.test", "3", "?"))
    assert told.startswith("That did not work just now.")


def _values(prosody: Prosody, bot: str) -> dict[str, Any]:
    values = db.session.get_one(ChannelSetting, "jabber").values
    return {**values, "protection": "starttls", "password": PASSWORD, "jid": bot}


@pytest.mark.database("sqlite", reason="what is tried here asks no database anything of its own")
def test_courier_signs_in_and_out_with_its_channel(
    live_app: Flask, prosody: Prosody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "EVERY", 0.05)
    monkeypatch.setattr(courier, "_start", lambda *_: None)  # its channels' workers are not needed here
    set_up(prosody, prosody.new_account())
    stop = Event()
    running = Thread(target=courier.run_courier, args=(live_app,), kwargs={"stop": stop})
    running.start()
    try:
        until(lambda: office._link is not None and office._link.is_up, "the courier is signed in")
    finally:
        stop.set()
        running.join(10)
    assert office._link is None


@pytest.mark.database("sqlite", reason="nothing is asked of it")
def test_no_other_process_than_the_courier_sends(live_app: Flask, prosody: Prosody) -> None:
    values = {"jid": prosody.new_account(), "password": PASSWORD, "host": "127.0.0.1", "port": prosody.port}
    with pytest.raises(Temporary, match="only the courier"):
        JabberChannel(Settings(values)).send(Message("key", "olena@jabber.test", "", "?"))


def test_same_message_at_the_same_moment_acts_once(live_app: Flask) -> None:
    worker, ticket = make_worker("olena@jabber.test")
    number, user_id, start = ticket.id, worker.id, Barrier(4)

    def say(_turn: int) -> str:
        with live_app.app_context():
            person = db.session.get_one(Staff, user_id)
            start.wait(10)
            try:
                return answer(
                    db.session(),
                    source="jabber",
                    external_id="7",
                    sender_user=person,
                    text=f"comment {number} раз",
                )
            finally:
                db.session.remove()

    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(say, range(4)))
    assert answers == {f"Your comment stands under #{number}."}
    assert (count(Comment), count(Incoming)) == (1, 1)
