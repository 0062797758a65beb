"""The delivered texts, by what kind of message a channel carries; written as an administrator would."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from app.events import Kind
from models import ChannelName

# the channels whose texts may be edited, in the order of the screen; a pop-up fetches its own
TEXT_CHANNELS: tuple[ChannelName, ...] = (
    ChannelName.EMAIL,
    ChannelName.JABBER,
    ChannelName.PUSH,
    ChannelName.OWN,
    ChannelName.SMS,
)
# a message over these has a subject beside its text
WITH_SUBJECT = frozenset({ChannelName.EMAIL, ChannelName.PUSH, ChannelName.OWN})
_WHOSE = (
    "{{ client_short }}"
    "{% if client_room %}, @ROOM {{ client_room }}{% endif %}"
    "{% if client_phone %}, @TEL {{ client_phone }}{% endif %}"
)
_TITLE = "{% if number %}#{{ number }} {% endif %}{{ subject }}"


@dataclass(frozen=True)
class Text:
    """A template of a message: of its subject (where the channel has one) and of its text."""

    subject: str
    body: str


def delivered_text(kind: str, channel: str) -> Text:
    """The delivered template of this event over this channel, in the language that is spoken now."""
    about_ticket = kind.startswith("ticket.")
    if channel == ChannelName.EMAIL:
        return Text(_TITLE if about_ticket else "{{ headline }}", _letter(kind))
    if channel == ChannelName.SMS:
        return Text("", _short(kind))
    if channel in WITH_SUBJECT:
        return Text(_TITLE if about_ticket else "{{ headline }}", _note(kind))
    first = "{{ headline }}\n" + _TITLE + "\n" if about_ticket else "{{ headline }}\n{{ subject }}\n"
    return Text("", first + _whose(kind) + "\n{{ link }}")


def _words(template: str, *, is_short: bool = False) -> str:
    """The template with its little words in the language that is spoken now."""
    # L10N: before a room's number; the other one stands in an SMS, where each letter counts
    room = _("rm") if is_short else _("room")
    # L10N: before a telephone number; the other one stands in an SMS
    telephone = _("t.") if is_short else _("tel.")
    return template.replace("@ROOM", room).replace("@TEL", telephone)


def _whose(kind: str) -> str:
    """The line under the subject: the comment itself, or whose ticket it is."""
    if kind == Kind.TICKET_COMMENTED:
        return "{{ comment|truncate(300) }}"
    return _words(_WHOSE) if kind.startswith("ticket.") else "{{ body }}"


def _note(kind: str) -> str:
    """Two or three lines under a title that names the ticket."""
    if not kind.startswith("ticket."):
        return "{{ subject }}\n{{ body }}"
    return "{{ headline }}\n" + _whose(kind)


def _short(kind: str) -> str:
    """One line, the number first; what it is about is cut before the telephone is."""
    if not kind.startswith("ticket."):
        return "{{ headline }}: {{ subject|truncate(80) }}"
    if kind == Kind.TICKET_COMMENTED:
        return "#{{ number }} {{ headline }}: {{ comment|truncate(80) }}"
    if kind in (Kind.TICKET_TAKEN, Kind.TICKET_COMPLETED):
        return "#{{ number }} {{ headline }}: {{ subject|truncate(60) }}"
    return _words("#{{ number }} {{ subject|truncate(60) }}; " + _WHOSE, is_short=True)


def _letter(kind: str) -> str:
    """A letter: what has happened, the facts, the text, the address."""
    if not kind.startswith("ticket."):
        return "{{ headline }}\n\n{{ subject }}\n{{ body }}\n\n{{ link }}"
    facts = [
        _("Client: %(name)s", name=_words(_WHOSE).replace("client_short", "client")),
        _("Department: %(name)s", name="{{ department }}"),
        _("Priority: %(name)s", name="{{ priority }}"),
        _("Written down by: %(name)s", name="{{ author }}"),
    ]
    parts = ["{{ headline }}", _TITLE, "\n".join(facts)]
    if kind == Kind.TICKET_COMMENTED:
        parts = ["{{ headline }}", "{{ comment }}", _TITLE + "\n" + facts[0]]
    elif kind not in (Kind.TICKET_TAKEN, Kind.TICKET_COMPLETED):
        parts.append("{{ body }}")
    return "\n\n".join([*parts, "{{ link }}"])
