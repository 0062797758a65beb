"""What providers say afterwards of a message that they had taken: it arrived, or it did not."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Delivery, DeliveryStatus, utcnow


class ReceiptStatus(StrEnum):
    """How a message ended at the provider."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


# SMPP 3.4, appendix B; others (ENROUTE, ACCEPTD) say nothing of the end
_SMPP = {
    "DELIVRD": ReceiptStatus.DELIVERED,
    "UNDELIV": ReceiptStatus.UNDELIVERED,
    "REJECTD": ReceiptStatus.UNDELIVERED,
    "EXPIRED": ReceiptStatus.UNDELIVERED,
    "DELETED": ReceiptStatus.UNDELIVERED,
}


def smpp_status(word: str) -> ReceiptStatus | None:
    """The status of a receipt's ``stat:`` word; None: the message is still on its way."""
    return _SMPP.get(word.upper())


def note_receipt(
    session: Session, channel: str, status: ReceiptStatus, *, provider_id: str = "", key: str = ""
) -> bool:
    """Write down how a message ended; False if we never sent such a one.

    By our own ``key`` or the provider's number. What did not arrive waits on the screen of dead deliveries.
    Within the caller's transaction.
    """
    if not key and not provider_id:
        return False
    named = Delivery.key == key if key else Delivery.provider_id == provider_id
    query = select(Delivery).where(named, Delivery.channel == channel)
    delivery = session.scalars(query.order_by(Delivery.id.desc()).limit(1)).first()
    if delivery is None or delivery.status not in (DeliveryStatus.SENT, DeliveryStatus.DEAD):
        return False
    delivery.receipt, delivery.receipt_at = status, utcnow()
    if status is ReceiptStatus.UNDELIVERED:
        delivery.status, delivery.error = DeliveryStatus.DEAD, "undelivered"
    return True
