"""What may be put into a message: texts alone, each already in its reader's language and time."""

from __future__ import annotations

from datetime import datetime

from babel.dates import format_datetime
from flask import current_app
from flask_babel import get_locale, lazy_gettext
from flask_babel import gettext as _
from flask_babel.speaklater import LazyString
from sqlalchemy.orm import Session

from app.events import Kind
from app.notify.preferences import zone_of
from app.services.news_words import Words
from models import Comment, JournalEntry, NotificationHabit, Priority, Staff, Ticket

# every variable, in the order of the screen, with what it holds
VARIABLES: dict[str, LazyString] = {
    "number": lazy_gettext("number of the ticket"),
    "headline": lazy_gettext("what has happened"),
    "subject": lazy_gettext("subject of the ticket"),
    "client": lazy_gettext("client, the full name"),
    "client_short": lazy_gettext("client, surname and initials"),
    "client_phone": lazy_gettext("client's telephone"),
    "client_room": lazy_gettext("client's room"),
    "department": lazy_gettext("department"),
    "priority": lazy_gettext("priority"),
    "author": lazy_gettext("who wrote the ticket down"),
    "assignee": lazy_gettext("to whom it was sent by name"),
    "comment": lazy_gettext("text of the comment"),
    "body": lazy_gettext("text of the ticket"),
    "link": lazy_gettext("address of the ticket"),
    "name": lazy_gettext("the reader's name"),
    "time": lazy_gettext("when it happened, in the reader's time zone"),
}


def variables_of(
    session: Session, entry: JournalEntry, ticket: Ticket | None, words: Words, *, reader: Staff
) -> dict[str, str]:
    """All variables of one event for one reader; what there is nothing to say of is empty."""
    base = current_app.config["PUBLIC_URL"]
    values = dict.fromkeys(VARIABLES, "")
    values |= {
        "headline": words.text,
        "subject": words.title,
        "link": f"{base}{words.url}" if base else "",
        "name": reader.full_name,
        "time": moment_of(entry.at, session.get(NotificationHabit, reader.id)),
    }
    if ticket is None:
        return {**values, "body": words.line}
    return {**values, **_of_ticket(ticket), "comment": _comment(session, entry)}


def moment_of(at: datetime, habit: NotificationHabit | None) -> str:
    """A moment as its reader's clock shows it: ``24 Nov, 10:21``."""
    return format_datetime(at.astimezone(zone_of(habit)), "d MMM, HH:mm", locale=get_locale())


def priority_word(priority: int) -> str:
    """The word of a priority in the language that is spoken now."""
    words = {Priority.LOW: _("Low"), Priority.NORMAL: _("Normal"), Priority.HIGH: _("High")}
    return str(words.get(Priority(priority), ""))


def example_of(kind: str, reader: Staff) -> dict[str, str]:
    """Variables of something that never happened, for a preview in an empty helpdesk."""
    if not kind.startswith("ticket."):
        failed = {"headline": _("The directory sync failed"), "subject": _("The directory does not answer")}
        return {**dict.fromkeys(VARIABLES, ""), **failed, "name": reader.full_name, "time": "10:21"}
    return {**_example_ticket(reader), "headline": _example_headline(kind, reader.full_name)}


def _example_headline(kind: str, name: str) -> str:
    headlines = {
        Kind.TICKET_TAKEN: _("%(name)s took it", name=name),
        Kind.TICKET_RELEASED: _("%(name)s released it", name=name),
        Kind.TICKET_COMPLETED: _("%(name)s completed it", name=name),
        Kind.TICKET_REOPENED: _("%(name)s reopened it", name=name),
        Kind.TICKET_COMMENTED: _("%(name)s commented", name=name),
        Kind.TICKET_TRANSFERRED: _("Transferred to your department"),
    }
    return str(headlines.get(Kind(kind), _("New ticket for your department")))


def _example_ticket(reader: Staff) -> dict[str, str]:
    base = current_app.config["PUBLIC_URL"]
    return {
        "number": "1024",
        "subject": _("The printer in the accounting office does not print"),
        "client": _("Tkachenko Oksana Petrivna"),
        "client_short": _("Tkachenko O. P."),
        "client_phone": "2-34",
        "client_room": "214",
        "department": _("Users' support"),
        "priority": priority_word(Priority.HIGH),
        "author": reader.full_name,
        "assignee": "",
        "comment": _("A new cartridge is on its way."),
        "body": _("It blinks red. The report must be handed in today."),
        "link": f"{base}/tickets/1024" if base else "",
        "name": reader.full_name,
        "time": "10:21",
    }


def _of_ticket(ticket: Ticket) -> dict[str, str]:
    client = ticket.client
    return {
        "number": str(ticket.id),
        "client": client.full_name,
        "client_short": client.short_name,
        "client_phone": client.phones[0].number if client.phones else "",
        "client_room": client.room,
        "department": ticket.department.name,
        "priority": priority_word(ticket.priority),
        "author": ticket.author.full_name,
        "assignee": ticket.assignee.full_name if ticket.assignee else "",
        "body": ticket.body,
    }


def _comment(session: Session, entry: JournalEntry) -> str:
    """The text of the comment that the entry tells of."""
    number = (entry.new or {}).get("comment_id")
    if entry.kind != Kind.TICKET_COMMENTED or not isinstance(number, int):
        return ""
    comment = session.get(Comment, number)
    return comment.body if comment and comment.ticket_id == entry.ticket_id else ""
