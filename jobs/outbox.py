"""Fan-out of outbox events, and the sweep that finds what a killed process left behind."""

from __future__ import annotations

from app.events import wake_outbox
from app.extensions import db
from app.notify import fanout
from jobs.context import with_app


@with_app
def fan_out(event_id: int) -> bool:
    """Tell people of one event; once, however often the job runs."""
    return fanout.fan_out(db.session(), event_id)


@with_app
def sweep_outbox() -> int:
    """Each minute: fan out events whose poke was lost, and repeat popups that no page has shown."""
    session = db.session()
    waiting = fanout.waiting_events(session)
    for event_id in waiting:
        fanout.fan_out(session, event_id)
    return len(waiting) + fanout.tell_again(session)


@with_app
def poke(event_ids: list[int]) -> None:
    """Wake the outbox for events written elsewhere (imports, repairs)."""
    wake_outbox(event_ids)
