"""News in words: what has happened, what it is about, and where one reads on, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import Kind
from app.policy import Actor
from models import ImportRun, JournalEntry, Priority, RunStage, Ticket


@dataclass(frozen=True)
class Words:
    """``text``: what has happened, a headline; ``title``: what it is about; ``line``: whose or where.

    ``is_over``: it has been dealt with meanwhile, so that it pops up no more; the list keeps it.
    """

    text: str
    title: str
    line: str
    url: str
    icon: str
    is_over: bool = False


_TICKET_ICONS = {
    Kind.TICKET_CREATED: "envelope-plus",
    Kind.TICKET_TRANSFERRED: "arrow-right-circle",
    Kind.TICKET_TAKEN: "play-circle",
    Kind.TICKET_RELEASED: "arrow-counterclockwise",
    Kind.TICKET_COMPLETED: "check-circle",
    Kind.TICKET_REOPENED: "arrow-repeat",
    Kind.TICKET_COMMENTED: "chat-left-text",
}


def ticket_words(entry: JournalEntry, ticket: Ticket, actor: Actor) -> Words:
    """What has happened to a ticket; its client must be loaded."""
    return Words(
        text=_ticket_headline(entry, actor),
        title=ticket.subject,
        line=ticket.client.short_name,
        url=f"/tickets/{ticket.id}",
        icon=_TICKET_ICONS.get(Kind(entry.kind), "bell"),
    )


def other_words(session: Session, entries: Iterable[JournalEntry]) -> dict[int, Words]:
    """The words of entries about no ticket, by the entry's id: one statement per subject that occurs."""
    entries = list(entries)
    found: dict[int, Words] = {}
    for kinds, write in _WRITERS.items():
        some = [entry for entry in entries if entry.kind in kinds]
        found |= write(session, some) if some else {}
    return found


# ------------------------------------------------------------------------------------- tickets


def _ticket_headline(entry: JournalEntry, actor: Actor) -> str:
    name = entry.actor.full_name if entry.actor else _("Helpdesk")
    sentences: dict[str, Callable[[], object]] = {
        Kind.TICKET_CREATED: lambda: _created(entry, actor),
        Kind.TICKET_TRANSFERRED: lambda: _transferred(entry, actor, name),
        Kind.TICKET_TAKEN: lambda: _("%(name)s took it", name=name),
        Kind.TICKET_RELEASED: lambda: _("%(name)s released it", name=name),
        Kind.TICKET_COMPLETED: lambda: _("%(name)s completed it", name=name),
        Kind.TICKET_REOPENED: lambda: _("%(name)s reopened it", name=name),
        Kind.TICKET_COMMENTED: lambda: _("%(name)s commented", name=name),
        Kind.TICKET_EDITED: lambda: _edited(entry, name),
    }
    sentence = sentences.get(entry.kind)
    return str(sentence() if sentence else _("%(name)s changed it", name=name))


def _edited(entry: JournalEntry, name: str) -> object:
    """Only that it has become urgent calls anybody."""
    if entry.new.get("priority") == Priority.HIGH:
        return _("%(name)s made it urgent", name=name)
    return _("%(name)s changed it", name=name)


def _created(entry: JournalEntry, actor: Actor) -> object:
    mine = entry.new.get("assignee_id") == actor.id
    return _("New ticket for you") if mine else _("New ticket for your department")


def _transferred(entry: JournalEntry, actor: Actor, name: str) -> object:
    """To him by name, to a department of his, or past him (he wrote it or had it)."""
    place = entry.new
    if place.get("assignee_id") == actor.id:
        return _("Transferred to you")
    if place.get("department_id") in actor.departments:
        return _("Transferred to your department")
    return _("%(name)s sent it on", name=name)


# ------------------------------------------------------------------------------------- runs


def _run_words(session: Session, entries: list[JournalEntry]) -> dict[int, Words]:
    numbers = {int(entry.new["run"]) for entry in entries}
    waiting = set(
        session.scalars(
            select(ImportRun.id).where(ImportRun.id.in_(numbers), ImportRun.stage == RunStage.WAITING)
        )
    )
    return {
        entry.id: _stopped(entry, entry.new["run"] in waiting)
        if entry.kind == Kind.RUN_STOPPED
        else _failed(entry)
        for entry in entries
    }


def _stopped(entry: JournalEntry, waits: bool) -> Words:
    """A sync that asks first; ``waits``: nobody has answered it yet."""
    return Words(
        text=_("The directory sync waits for you") if waits else _("The directory sync waits no more"),
        title=_difference(entry.new),
        line=str(entry.new.get("title", "")),
        url=_run_url(entry),
        icon="pause-circle",
        is_over=not waits,
    )


def _failed(entry: JournalEntry) -> Words:
    return Words(
        text=_("The directory sync failed"),
        title=str(entry.new.get("problem", "")),
        line=str(entry.new.get("title", "")),
        url=_run_url(entry),
        icon="exclamation-octagon",
    )


def _run_url(entry: JournalEntry) -> str:
    return f"/client-base/runs/{entry.new['run']}"


def _difference(facts: Mapping[str, object]) -> str:
    """What a stopped run would do to the people we know, from its counts; without counts, its own words."""
    leaving, changing, known = (_number(facts, name) for name in ("deactivated", "changed", "known"))
    numbers = {
        "leaving": format_decimal(leaving),
        "changing": format_decimal(changing),
        "known": format_decimal(known),
    }
    text = str(facts.get("problem", ""))
    if leaving and changing:
        text = ngettext(
            "It would deactivate %(leaving)s and change %(changing)s of %(known)s person",
            "It would deactivate %(leaving)s and change %(changing)s of %(known)s people",
            known,
            **numbers,
        )
    elif leaving:
        text = ngettext(
            "It would deactivate %(leaving)s of %(known)s person",
            "It would deactivate %(leaving)s of %(known)s people",
            known,
            **numbers,
        )
    elif changing:
        text = ngettext(
            "It would change %(changing)s of %(known)s person",
            "It would change %(changing)s of %(known)s people",
            known,
            **numbers,
        )
    return text


def _number(facts: Mapping[str, object], name: str) -> int:
    value = facts.get(name, 0)
    return value if isinstance(value, int) else 0


# every ticketless kind that app.notify.audience lets somebody hear has its writer here
_WRITERS: dict[frozenset[Kind], Callable[[Session, list[JournalEntry]], dict[int, Words]]] = {
    frozenset({Kind.RUN_STOPPED, Kind.RUN_FAILED}): _run_words,
}
