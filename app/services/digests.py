"""Many held-back news in one message: which ones go together, and that they stay together."""

from __future__ import annotations

from sqlalchemy import Update, or_, select, update
from sqlalchemy.orm import Session, joinedload

from app.errors import NotFound
from app.policy import load_actor
from app.services.sending_checks import Reason, Skip, hearable_ticket
from models import Delivery, DeliveryStatus, JournalEntry, OutboxEvent, utcnow

MOST_TOGETHER = 200


def companions(session: Session, first: Delivery) -> list[Delivery]:
    """What goes together with this one, in one message.

    Only a first try takes others in: a later one tells exactly what the first has told, because under the
    same key nobody would read anything new.
    """
    if first.attempts == 1:
        session.execute(_claim(first))
        session.commit()
    loaded = joinedload(Delivery.event).joinedload(OutboxEvent.entry).joinedload(JournalEntry.actor)
    query = select(Delivery).where(Delivery.batch == first.key, Delivery.status == DeliveryStatus.WAITING)
    found = list(session.scalars(query.options(loaded).order_by(Delivery.id)))
    return [one for one in found if _may_go(session, one)]


def _claim(first: Delivery) -> Update:
    """Claim the person's other held deliveries over this channel that are due as well."""
    now = utcnow()
    others = (
        select(Delivery.id)
        .where(
            Delivery.user_id == first.user_id,
            Delivery.channel == first.channel,
            Delivery.status == DeliveryStatus.WAITING,
            Delivery.is_held.is_(True),
            Delivery.due_at <= now,
            Delivery.batch == "",
            Delivery.id != first.id,
            or_(Delivery.held_until.is_(None), Delivery.held_until <= now),
        )
        .order_by(Delivery.id)
        .limit(MOST_TOGETHER)
    )
    return (
        update(Delivery)
        .where(Delivery.id.in_(others), Delivery.batch == "")
        .values(batch=first.key, attempts=Delivery.attempts + 1)
        .execution_options(synchronize_session=False)
    )


def _may_go(session: Session, one: Delivery) -> bool:
    """Whether its reader may still hear of it; else it is skipped, without commit."""
    try:
        hearable_ticket(session, one.event.entry, load_actor(session, one.user_id))
    except (Skip, NotFound):
        one.status, one.error = DeliveryStatus.SKIPPED, Reason.NOT_ALLOWED
        return False
    return True


def free_companions(session: Session, first: Delivery) -> None:
    """Its leader does not go: the others find their own way. Without commit."""
    session.execute(
        update(Delivery)
        .where(Delivery.batch == first.key, Delivery.status == DeliveryStatus.WAITING)
        .values(batch="")
        .execution_options(synchronize_session=False)
    )
