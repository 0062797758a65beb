"""Words for events and outcomes, shared by the screens of notifications."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from app.events import Kind
from models import DeliveryStatus

KIND_WORDS: dict[str, LazyString] = {
    Kind.TICKET_CREATED: lazy_gettext("New ticket"),
    Kind.TICKET_TRANSFERRED: lazy_gettext("Ticket transferred"),
    Kind.TICKET_RELEASED: lazy_gettext("Ticket released"),
    Kind.TICKET_REOPENED: lazy_gettext("Ticket reopened"),
    Kind.TICKET_TAKEN: lazy_gettext("Ticket taken"),
    Kind.TICKET_COMPLETED: lazy_gettext("Ticket completed"),
    Kind.TICKET_COMMENTED: lazy_gettext("Comment"),
    Kind.RUN_STOPPED: lazy_gettext("Directory sync waits"),
    Kind.RUN_FAILED: lazy_gettext("Directory sync failed"),
}
STATUS_WORDS: dict[str, LazyString] = {
    DeliveryStatus.WAITING: lazy_gettext("waiting"),
    DeliveryStatus.SENT: lazy_gettext("sent or shown"),
    DeliveryStatus.DEAD: lazy_gettext("given up"),
    DeliveryStatus.SKIPPED: lazy_gettext("not sent"),
}


def kind_word(kind: str) -> str:
    """The name of a kind of event; one that nobody chooses is named as the journal does."""
    return str(KIND_WORDS.get(kind, kind))
