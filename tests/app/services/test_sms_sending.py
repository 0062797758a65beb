"""Short messages from the ticket to the gateway: cut, counted, paid for, capped."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.orm import Session

from app.services import sending
from models import ChannelName, Delivery, DeliveryStatus, NotificationChoice, Priority
from tests.app.services.test_sending import only, tell
from tests.support.channels import switch_on
from tests.support.factories import make_department, make_ticket, make_user
from tests.support.sms_gateway import sms_gateway

SETTINGS = {"fields": "to={to}\ntext={text}", "success": "200 OK", "number": r"id: (\d+)", "price": "0.85"}


def make_called(session: Session, count: int, phone: str) -> list[Delivery]:
    """So many urgent tickets for one person who wants to hear of them by SMS at once."""
    author, worker = make_user(session), make_user(session, phone=phone)
    session.add(NotificationChoice(user_id=worker.id, kind="ticket.created", channel="sms", is_on=True))
    session.flush()
    department, made = make_department(session), []
    for _turn in range(count):
        ticket = make_ticket(
            session, author=author, department=department, assignee=worker, priority=Priority.HIGH
        )
        tell(session, ticket, author)
        made.append(session.query(Delivery).order_by(Delivery.id.desc()).filter_by(channel="sms").first())
    assert len(made) == count
    return [row for row in made if row is not None]


def test_short_message_is_counted_and_paid_for(session: Session) -> None:
    with sms_gateway() as gateway:
        switch_on(session, ChannelName.SMS, url=gateway.url, **SETTINGS)
        delivery = make_called(session, 1, phone="067 123-45-67")[0]
        assert sending.deliver(session, delivery.id) == DeliveryStatus.SENT
    assert gateway.asked[0].fields["to"] == "+380671234567"
    assert (delivery.provider_id, delivery.cost) == ("77", delivery.parts * Decimal("0.85"))


def test_telephone_on_a_wall_gets_none(session: Session) -> None:
    with sms_gateway() as gateway:
        switch_on(session, ChannelName.SMS, url=gateway.url, **SETTINGS)
        delivery = make_called(session, 1, phone="12-34")[0]
        assert sending.deliver(session, delivery.id) == DeliveryStatus.DEAD
    assert (gateway.asked, delivery.error) == ([], "not a mobile number")


def test_daily_cap_of_a_person_holds(session: Session) -> None:
    with sms_gateway() as gateway:
        switch_on(session, ChannelName.SMS, url=gateway.url, cap_person=2, most_parts=1, **SETTINGS)
        made = make_called(session, 4, phone="067 123-45-67")
        states = [sending.deliver(session, row.id) for row in made]
    assert states == [DeliveryStatus.SENT] * 2 + [DeliveryStatus.SKIPPED] * 2
    assert (len(gateway.asked), made[3].error) == (2, "cap")


def test_person_without_a_telephone_is_not_planned(session: Session) -> None:
    switch_on(session, ChannelName.SMS, url="http://127.0.0.1:1", **SETTINGS)
    author, worker = make_user(session), make_user(session)
    ticket = make_ticket(
        session, author=author, department=make_department(session), assignee=worker, priority=Priority.HIGH
    )
    tell(session, ticket, author)
    assert session.query(Delivery).filter_by(channel="sms").count() == 0
    assert only(session, worker, ChannelName.POPUP)
