"""A delivery on the ledger in words: over what it went, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from flask_babel.speaklater import LazyString

from app.notify.channels.registry import kind_of
from app.services.receipts import ReceiptStatus
from app.services.sending_checks import Reason
from models import ChannelName, Delivery, DeliveryStatus, utcnow

CHANNEL_WORDS: dict[str, LazyString | str] = {
    ChannelName.POPUP: lazy_gettext("Pop-up"),
    ChannelName.PUSH: lazy_gettext("Browser push"),
    ChannelName.JABBER: "Jabber",
    ChannelName.EMAIL: lazy_gettext("E-mail"),
    ChannelName.SMS: "SMS",
    ChannelName.OWN: lazy_gettext("Own messenger"),
}
CHANNEL_ICONS = {
    ChannelName.POPUP: "window",
    ChannelName.PUSH: "bell",
    ChannelName.JABBER: "chat-dots",
    ChannelName.EMAIL: "envelope",
    ChannelName.SMS: "phone",
    ChannelName.OWN: "send",
}
REASON_WORDS: dict[str, LazyString] = {
    Reason.TAKEN: lazy_gettext("somebody had taken the ticket already"),
    Reason.NOT_ALLOWED: lazy_gettext("the person may not see it any more"),
    Reason.MUTED: lazy_gettext("the person has muted the ticket"),
    Reason.NO_ADDRESS: lazy_gettext("the person has no address for this channel"),
    Reason.OFF: lazy_gettext("the channel was switched off"),
    Reason.ONLINE: lazy_gettext("the person saw it on the screen"),
    Reason.TOO_LATE: lazy_gettext("it was too late to be of use"),
    Reason.CAP: lazy_gettext("the limit of the day was reached"),
    "undelivered": lazy_gettext("the provider could not deliver it"),
}


@dataclass(frozen=True)
class Outcome:
    """How a delivery stands: ``text`` ends before the ``moment``, if there is one; ``why`` follows it.

    ``tone`` is a state of the look (done, free, other, late); ``is_dead``: it can be sent again.
    """

    icon: str
    tone: str
    text: str
    moment: datetime | None = None
    why: str = ""
    is_dead: bool = False


def channel_word(channel: str) -> str:
    """The name of a delivery's channel."""
    return str(CHANNEL_WORDS.get(ChannelName(kind_of(channel)), channel)) if _is_known(channel) else channel


def channel_icon(channel: str) -> str:
    """The icon of a delivery's channel."""
    return CHANNEL_ICONS[ChannelName(kind_of(channel))] if _is_known(channel) else "question-circle"


def outcome_of(delivery: Delivery, *, in_full: bool) -> Outcome:
    """How this delivery stands. ``in_full``: with what the provider said, which may name addresses."""
    if delivery.status == DeliveryStatus.SENT:
        return _sent(delivery)
    if delivery.channel == ChannelName.POPUP:
        return Outcome("eye-slash", "free", _("not shown yet"))
    if delivery.status == DeliveryStatus.SKIPPED:
        return Outcome("slash-circle", "archived", _("not sent"), why=_why(delivery, in_full))
    if delivery.status == DeliveryStatus.DEAD:
        why = _why(delivery, in_full)
        return Outcome("x-octagon", "late", _("given up"), why=why, is_dead=True)
    return _waiting(delivery, in_full)


def _is_known(channel: str) -> bool:
    return kind_of(channel) in set(ChannelName)


def _sent(delivery: Delivery) -> Outcome:
    if delivery.channel == ChannelName.POPUP:
        return Outcome("eye", "done", _("shown"), delivery.sent_at)
    if delivery.receipt == ReceiptStatus.DELIVERED:
        return Outcome("check2-all", "done", _("delivered"), delivery.receipt_at)
    return Outcome("check2", "done", _("sent"), delivery.sent_at)


def _waiting(delivery: Delivery, in_full: bool) -> Outcome:
    is_later = delivery.due_at > utcnow()
    if delivery.attempts and is_later:
        tries = ngettext("tried %(num)s time, next try", "tried %(num)s times, next try", delivery.attempts)
        return Outcome("arrow-repeat", "free", tries, delivery.due_at, _why(delivery, in_full))
    if is_later and delivery.rung:
        return Outcome("ladder", "other", _("if nobody takes it by then:"), delivery.due_at)
    if is_later:
        why = _("quiet hours or absence") if delivery.is_held else ""
        return Outcome("hourglass-split", "free", _("waits until"), delivery.due_at, why)
    return Outcome("hourglass-split", "free", _("goes out now"))


def _why(delivery: Delivery, in_full: bool) -> str:
    """The reason in words; what a provider said is for administrators alone."""
    known = REASON_WORDS.get(delivery.error)
    if known is not None:
        return str(known)
    return delivery.error if in_full else ""
