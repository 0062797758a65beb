"""The journal in words: who did what to a ticket, with names in place of ids and both values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session

from app.events import Kind
from app.policy import Actor
from models import Department, JournalEntry, Priority, Staff, Topic

_STAFF, _DEPARTMENT, _TOPIC = "staff", "department", "topic"
_HOLDS = {
    "assignee_id": _STAFF,
    "taken_by_id": _STAFF,
    "department_id": _DEPARTMENT,
    "topic_id": _TOPIC,
}
_ICONS = {
    Kind.TICKET_CREATED: "plus-circle",
    Kind.TICKET_TAKEN: "play-circle",
    Kind.TICKET_RELEASED: "arrow-counterclockwise",
    Kind.TICKET_TRANSFERRED: "arrow-right-circle",
    Kind.TICKET_COMPLETED: "check-circle",
    Kind.TICKET_REOPENED: "arrow-repeat",
    Kind.TICKET_ARCHIVED: "archive",
    Kind.TICKET_RESTORED: "box-arrow-up",
    Kind.TICKET_COMMENTED: "chat-left-text",
    Kind.TICKET_EDITED: "pencil",
}


@dataclass(frozen=True)
class Happening:
    """One line of a timeline. ``who`` is empty for the reader himself, None for the system."""

    at: datetime
    kind: str
    icon: str
    who: str | None
    what: str


@dataclass
class Names:
    """The names behind the ids in journal entries, loaded in one statement at most."""

    known: dict[str, dict[int, str]] = field(
        default_factory=lambda: {_STAFF: {}, _DEPARTMENT: {}, _TOPIC: {}}
    )

    def of(self, column: str, value: Any) -> str:
        """The name that stands behind ``value`` of ``column``; an id nobody has any more is ``#7``."""
        return self.known[_HOLDS[column]].get(value) or f"#{value}"


def describe(
    session: Session, entries: Iterable[JournalEntry], *, actor: Actor, names: Names | None = None
) -> list[Happening]:
    """The entries in words, in their order, in the language of the request."""
    entries = list(entries)
    names = names or Names()
    _load_names(session, entries, names)
    return [
        Happening(
            at=entry.at,
            kind=entry.kind,
            icon=_ICONS.get(Kind(entry.kind), "dot"),
            who=_who(entry, actor),
            what=_WORDS[Kind(entry.kind)](entry.old or {}, entry.new or {}, names),
        )
        for entry in entries
        if entry.kind in _WORDS
    ]


def _who(entry: JournalEntry, actor: Actor) -> str | None:
    if entry.actor_id is None:
        return None
    return "" if entry.actor_id == actor.id or entry.actor is None else entry.actor.full_name


def _load_names(session: Session, entries: list[JournalEntry], names: Names) -> None:
    """One statement for every name that is not known yet."""
    wanted: dict[str, set[int]] = {_STAFF: set(), _DEPARTMENT: set(), _TOPIC: set()}
    for entry in entries:
        for values in (entry.old or {}, entry.new or {}):
            for column, holder in _HOLDS.items():
                value = values.get(column)
                if isinstance(value, int) and value not in names.known[holder]:
                    wanted[holder].add(value)
    columns: dict[str, tuple[Any, Any]] = {
        _STAFF: (Staff.id, Staff.first_name + " " + Staff.last_name),
        _DEPARTMENT: (Department.id, Department.name),
        _TOPIC: (Topic.id, Topic.name),
    }
    parts = [
        select(literal(holder).label("holder"), columns[holder][0].label("id"), columns[holder][1]).where(
            columns[holder][0].in_(ids)
        )
        for holder, ids in wanted.items()
        if ids
    ]
    if parts:
        for holder, number, name in session.execute(union_all(*parts)):
            names.known[holder][number] = name


# ---------------------------------------------------------------------------------- words


def _created(old: dict[str, Any], new: dict[str, Any], names: Names) -> str:
    if new.get("department_id") is None:
        return str(_("written down"))
    return str(_("written down for %(place)s", place=_place(new, names)))


def _transferred(old: dict[str, Any], new: dict[str, Any], names: Names) -> str:
    return str(_("sent on: %(old)s → %(new)s", old=_place(old, names), new=_place(new, names)))


def _place(values: dict[str, Any], names: Names) -> str:
    parts = []
    if values.get("department_id") is not None:
        parts.append(names.of("department_id", values["department_id"]))
    if values.get("assignee_id") is not None:
        parts.append(names.of("assignee_id", values["assignee_id"]))
    elif "assignee_id" in values and not parts:
        parts.append(_("the whole department"))
    return ", ".join(parts) or _("the same place")


def _released(old: dict[str, Any], new: dict[str, Any], names: Names) -> str:
    if old.get("taken_by_id") is None:
        return str(_("released"))
    name = names.of("taken_by_id", old["taken_by_id"])
    return str(_("released, was in work: %(name)s", name=name))


def _edited(old: dict[str, Any], new: dict[str, Any], names: Names) -> str:
    parts = []
    if "priority" in new:
        values = {"old": _priority(old.get("priority")), "new": _priority(new["priority"])}
        parts.append(_("priority: %(old)s → %(new)s", **values))
    if "subject" in new:
        parts.append(_("title: “%(old)s” → “%(new)s”", old=old.get("subject", ""), new=new["subject"]))
    if "topic_id" in new or "topic_text" in new:
        parts.append(_("topic: %(old)s → %(new)s", old=_topic(old, names), new=_topic(new, names)))
    if "body" in new:
        parts.append(_("the text was changed"))
    return "; ".join(parts) or _("changed")


def _topic(values: dict[str, Any], names: Names) -> str:
    if values.get("topic_id") is not None:
        return names.of("topic_id", values["topic_id"])
    return str(values.get("topic_text") or _("none"))


def _priority(value: Any) -> str:
    words = {Priority.LOW: _("low"), Priority.NORMAL: _("normal"), Priority.HIGH: _("high")}
    return str(words.get(value, value))


_Words = Callable[[dict[str, Any], dict[str, Any], Names], str]
_WORDS: dict[Kind, _Words] = {
    Kind.TICKET_CREATED: _created,
    Kind.TICKET_TAKEN: lambda old, new, names: _("taken into work"),
    Kind.TICKET_RELEASED: _released,
    Kind.TICKET_TRANSFERRED: _transferred,
    Kind.TICKET_COMPLETED: lambda old, new, names: _("completed"),
    Kind.TICKET_REOPENED: lambda old, new, names: _("reopened"),
    Kind.TICKET_ARCHIVED: lambda old, new, names: _("sent to the archive"),
    Kind.TICKET_RESTORED: lambda old, new, names: _("restored from the archive"),
    Kind.TICKET_COMMENTED: lambda old, new, names: _("left a comment"),
    Kind.TICKET_EDITED: _edited,
}
