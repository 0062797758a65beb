"""The courier process: real letters and short messages, each channel by itself, back-offs, a polite end."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.events import unit_of_work
from app.extensions import db, redis
from app.notify import fanout
from app.services.tickets import TicketDraft, create_ticket
from models import ChannelName, Delivery, DeliveryStatus, LadderRung, OutboxEvent, Priority
from tests.support.channels import switch_on
from tests.support.courier import courier, wait_until
from tests.support.databases import Place
from tests.support.factories import actor_of, make_client, make_department, make_user
from tests.support.mail import MailServer, mail_server
from tests.support.sms_gateway import Gateway, sms_gateway

pytestmark = pytest.mark.database("postgres", reason="a process of its own: what matters is in both the same")


@pytest.fixture
def session(live_app: Flask) -> Session:
    """A session whose commits other processes see."""
    current: Session = db.session()
    return current


@pytest.fixture
def post() -> Iterator[MailServer]:
    """A mail server."""
    with mail_server() as server:
        yield server


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """An SMS gateway."""
    with sms_gateway() as running:
        yield running


def switch_on_all(session: Session, post: MailServer | None, gateway: Gateway) -> None:
    """E-mail and SMS as the screen would have set them."""
    port = post.port if post else 1
    switch_on(
        session, ChannelName.EMAIL, host="127.0.0.1", port=port, protection="none", sender="h@corp.example"
    )
    switch_on(session, ChannelName.SMS, url=gateway.url, fields="to={to}\ntext={text}\nkey={key}")


def create_urgent(session: Session) -> list[Delivery]:
    """An urgent ticket for one person who has a mailbox and a telephone; his deliveries but the pop-up."""
    session.execute(update(LadderRung).values(after_minutes=0))
    department = make_department(session)
    operator = make_user(session, employee_of=[department])
    worker = make_user(session, phone="067 123-45-67", employee_of=[department])
    draft = TicketDraft(
        client_id=make_client(session).id,
        department_id=department.id,
        assignee_id=worker.id,
        body="It broke",
        priority=Priority.HIGH,
    )
    session.commit()
    with unit_of_work(session):
        create_ticket(session, draft, actor=actor_of(session, operator))
    for event_id in session.scalars(select(OutboxEvent.id).where(OutboxEvent.fanned_out_at.is_(None))).all():
        fanout.fan_out(session, event_id)
    query = select(Delivery).where(Delivery.user_id == worker.id, Delivery.channel != ChannelName.POPUP)
    return list(session.scalars(query.order_by(Delivery.channel)))


def address_of(session: Session) -> str:
    """The address of the session's database."""
    return session.get_bind().engine.url.render_as_string(hide_password=False)


def status_of(session: Session, delivery: Delivery) -> str:
    """How it stands in the database now."""
    session.rollback()
    session.refresh(delivery)
    return delivery.status


def test_urgent_ticket_goes_out_by_letter_and_sms(
    session: Session, place: Place, post: MailServer, gateway: Gateway
) -> None:
    switch_on_all(session, post, gateway)
    with courier(place, address_of(session)):
        letter, sms = create_urgent(session)
        assert wait_until(lambda: post.letters and gateway.asked)
        assert wait_until(
            lambda: status_of(session, letter) == status_of(session, sms) == DeliveryStatus.SENT
        )
    assert post.letters[0].message["Message-ID"] == f"<{letter.key}@corp.example>"
    assert gateway.asked[0].fields["key"] == sms.key


def test_hanging_mail_server_does_not_touch_sms(session: Session, place: Place, gateway: Gateway) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hole:
        switch_on_all(session, None, gateway)
        switch_on(session, ChannelName.EMAIL, host="127.0.0.1", port=hole.getsockname()[1], sender="h@c.ex")
        with courier(place, address_of(session)):
            letter, sms = create_urgent(session)
            assert wait_until(lambda: status_of(session, sms) == DeliveryStatus.SENT)
            assert status_of(session, letter) == DeliveryStatus.WAITING


def test_courier_told_to_stop_ends_soon(session: Session, place: Place) -> None:
    redis().flushdb()
    with courier(place, address_of(session)) as process:
        assert wait_until(lambda: redis().scard("rq:workers"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
