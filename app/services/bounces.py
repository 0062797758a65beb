"""Delivery reports: a letter of ours did not arrive, and its delivery says so."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.events import Kind, record
from app.notify.mailbox.marks import Report
from app.services.letter_threads import own_delivery
from models import DeliveryStatus, utcnow

BOUNCED = "bounced"


def note_report(session: Session, report: Report) -> bool:
    """Mark the delivery that a report is about as dead; whether there is one.

    Only failures count, and only of letters named by our own key, which nobody guesses: else anybody could
    silence a colleague's mail. Within the caller's transaction.
    """
    if not report.has_failed or report.status.startswith("2"):
        return False
    for message_id in report.keys:
        delivery = own_delivery(session, message_id)
        if delivery is None:
            continue
        if delivery.receipt != BOUNCED:
            delivery.status, delivery.held_until = DeliveryStatus.DEAD, None
            delivery.receipt, delivery.receipt_at = BOUNCED, utcnow()
            delivery.error = f"{BOUNCED} {report.status}".strip()
            record(session, Kind.LETTER_BOUNCED, actor=None, subject=f"delivery {delivery.id}")
        return True
    return False
