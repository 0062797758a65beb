"""One delivery over its channel. What may go wrong in a try has its ladder in app.services.sending."""

from __future__ import annotations

from app.extensions import db
from app.notify import queues
from app.services import sending
from jobs.context import with_app


@with_app
def send(delivery_id: int) -> str:
    """Try this delivery now; how it stands afterwards, empty if it was not ours to try."""
    return sending.deliver(db.session(), delivery_id) or ""


@with_app
def queue_due() -> int:
    """Put into their queues the deliveries whose moment has come."""
    return queues.queue_due(db.session())
