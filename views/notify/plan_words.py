"""Channels, events and plans of telling, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from flask_babel import format_date, format_time, gettext, lazy_gettext, ngettext, to_user_timezone

from app.events import Kind
from app.notify.channels.registry import kind_of
from app.notify.ladder import ADDRESSEES, COORDINATORS
from app.notify.planning import Plan
from app.notify.preferences import Person
from app.services.ladders import Rung
from models import ChannelName, DutyShift, utcnow

CHANNEL_WORDS = {
    ChannelName.POPUP: lazy_gettext("Pop-up"),
    ChannelName.PUSH: lazy_gettext("Browser"),
    ChannelName.JABBER: lazy_gettext("Jabber"),
    ChannelName.EMAIL: lazy_gettext("E-mail"),
    ChannelName.SMS: lazy_gettext("SMS"),
    ChannelName.OWN: lazy_gettext("Own messenger"),
}
CHANNEL_ICONS = {
    ChannelName.POPUP: "bell",
    ChannelName.PUSH: "window",
    ChannelName.JABBER: "chat-dots",
    ChannelName.EMAIL: "envelope",
    ChannelName.SMS: "phone",
    ChannelName.OWN: "send",
}
KIND_WORDS = {
    Kind.TICKET_CREATED: lazy_gettext("A new ticket has come"),
    Kind.TICKET_TRANSFERRED: lazy_gettext("A ticket was sent on"),
    Kind.TICKET_RELEASED: lazy_gettext("A ticket is free again"),
    Kind.TICKET_REOPENED: lazy_gettext("A finished ticket was opened again"),
    Kind.TICKET_TAKEN: lazy_gettext("Somebody took my ticket"),
    Kind.TICKET_COMPLETED: lazy_gettext("My ticket is done"),
    Kind.TICKET_COMMENTED: lazy_gettext("A comment on my ticket"),
    Kind.RUN_STOPPED: lazy_gettext("An import waits for a decision"),
    Kind.RUN_FAILED: lazy_gettext("An import has failed"),
}
AUDIENCE_WORDS = {
    ADDRESSEES: lazy_gettext("those it was sent to"),
    COORDINATORS: lazy_gettext("the coordinators"),
}
# what to do about a channel that does not reach the person: (words, address)
REMEDIES = {
    ChannelName.JABBER: (lazy_gettext("Write your Jabber address in your profile."), "/settings/#profile"),
    ChannelName.SMS: (lazy_gettext("Write your telephone in your profile."), "/settings/#profile"),
    ChannelName.EMAIL: (lazy_gettext("Ask an administrator to write your mailbox down."), ""),
    ChannelName.PUSH: (lazy_gettext("Allow it in this browser first."), "/settings/messengers"),
    ChannelName.OWN: (lazy_gettext("Add a messenger of your own first."), "/settings/messengers"),
}


def channel_word(channel: str) -> str:
    """The channel's name; of ``own:5`` that of all own messengers."""
    return str(CHANNEL_WORDS[ChannelName(kind_of(channel))])


def remedy(name: str) -> tuple[str, str]:
    """What to do about a channel that is on and does not reach the person: (words, address or nothing)."""
    words, url = REMEDIES[ChannelName(name)]
    return str(words), url


def listed(words: Iterable[str]) -> str:
    """``a, b and c``."""
    found = list(dict.fromkeys(words))
    if len(found) < 2:
        return "".join(found)
    return str(gettext("%(some)s and %(last)s", some=", ".join(found[:-1]), last=found[-1]))


def plan_words(plans: Sequence[Plan], person: Person) -> str:
    """``at once: Pop-up and Jabber; tomorrow at 08:00: E-mail; …``, in the person's time zone."""
    soon = utcnow() + timedelta(seconds=30)
    parts: list[str] = []
    at_once = [one.channel for one in plans if one.due_at <= soon]
    if at_once:
        parts.append(gettext("at once: %(channels)s", channels=listed(map(channel_word, at_once))))
    later = sorted((one for one in plans if one.due_at > soon), key=lambda one: one.due_at)
    for one in later:
        word = channel_word(one.channel)
        if one.rung:
            minutes = round((one.due_at - utcnow()).total_seconds() / 60)
            parts.append(
                ngettext(
                    "after %(num)d minute, if nobody takes it: %(channel)s",
                    "after %(num)d minutes, if nobody takes it: %(channel)s",
                    minutes,
                    channel=word,
                )
            )
        else:
            here = one.due_at.astimezone(person.zone)
            parts.append(
                gettext(
                    "%(day)s at %(time)s: %(channel)s",
                    day=format_date(here.date(), "EEE d MMM"),
                    time=f"{here:%H:%M}",
                    channel=word,
                )
            )
    return "; ".join(parts) or str(gettext("not at all"))


def rung_words(rungs: Sequence[Rung], on: Iterable[str]) -> list[str]:
    """The steps of a ladder, each as a part of one sentence."""
    return [_rung(rung, rung.channel in set(on)) for rung in rungs]


def _rung(rung: Rung, is_on: bool) -> str:
    channel, people = channel_word(rung.channel), str(AUDIENCE_WORDS[rung.audience])
    words = (
        gettext("at once %(channel)s to %(people)s", channel=channel, people=people)
        if not rung.after_minutes
        else ngettext(
            "after %(num)d minute %(channel)s to %(people)s",
            "after %(num)d minutes %(channel)s to %(people)s",
            rung.after_minutes,
            channel=channel,
            people=people,
        )
    )
    return str(words if is_on else gettext("%(step)s (left out: the channel is off)", step=words))


def shift_words(shift: DutyShift) -> str:
    """``Mon 30 Nov, 20:00 – Tue 1 Dec, 08:00`` by the helpdesk's clock."""
    start, end = shift.starts_at, shift.ends_at
    same = to_user_timezone(start).date() == to_user_timezone(end).date()
    first = f"{format_date(to_user_timezone(start).date(), 'EEE d MMM')}, {format_time(start, 'HH:mm')}"
    last = "" if same else f"{format_date(to_user_timezone(end).date(), 'EEE d MMM')}, "
    return f"{first} – {last}{format_time(end, 'HH:mm')}"
