"""Rows as the API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.policy import Actor
from app.workflow import allowed_moves, can_comment, can_edit
from models import Client, Comment, Department, Priority, Staff, Ticket

TICKET_COLUMNS = (
    "id", "version", "state", "priority", "subject", "client", "department", "assignee", "author", "taken_by",
    "done_by", "topic_id", "topic_text", "comments_count", "created_at", "updated_at", "taken_at", "done_at",
    "archived_at", "moves",
)  # fmt: skip
CLIENT_COLUMNS = (
    "id", "full_name", "login", "email", "unit", "job_title", "room", "phones", "is_active", "tickets_count",
    "calls_count", "last_contact_at", "version",
)  # fmt: skip
DEPARTMENT_COLUMNS = ("id", "name", "short_name", "position")


def moment(value: datetime | None) -> str | None:
    """ISO 8601 in UTC."""
    return value.isoformat() if value else None


def _person(person: Staff | Client | None) -> dict[str, Any] | None:
    return {"id": person.id, "full_name": person.full_name} if person else None


def ticket_row(ticket: Ticket, *, actor: Actor) -> dict[str, Any]:
    """A ticket as a list shows it, with the moves that are the caller's to make now."""
    return {
        "id": ticket.id,
        "version": ticket.version,
        "state": ticket.state,
        "priority": Priority(ticket.priority).name.lower(),
        "subject": ticket.subject,
        "client": _person(ticket.client),
        "department": {"id": ticket.department.id, "name": ticket.department.name},
        "assignee": _person(ticket.assignee),
        "author": _person(ticket.author),
        "taken_by": _person(ticket.taken_by),
        "done_by": _person(ticket.done_by),
        "topic_id": ticket.topic_id,
        "topic_text": ticket.topic_text,
        "comments_count": ticket.comments_count,
        "created_at": moment(ticket.created_at),
        "updated_at": moment(ticket.updated_at),
        "taken_at": moment(ticket.taken_at),
        "done_at": moment(ticket.done_at),
        "archived_at": moment(ticket.archived_at),
        "moves": [str(verb) for verb in allowed_moves(actor, ticket)],
    }


def whole_ticket(ticket: Ticket, *, actor: Actor) -> dict[str, Any]:
    """A ticket with its text."""
    return {
        **ticket_row(ticket, actor=actor),
        "body": ticket.body,
        "topic": ticket.topic_name,
        "can_comment": can_comment(actor, ticket),
        "can_edit": can_edit(actor, ticket),
    }


def comment_row(comment: Comment) -> dict[str, Any]:
    """One comment."""
    return {
        "id": comment.id,
        "author": _person(comment.author),
        "body": comment.body,
        "created_at": moment(comment.created_at),
    }


def client_row(client: Client) -> dict[str, Any]:
    """A client with the true totals of his tickets and calls."""
    return {
        "id": client.id,
        "full_name": client.full_name,
        "login": client.login,
        "email": client.email,
        "unit": {"id": client.unit.id, "name": client.unit.name} if client.unit else None,
        "job_title": client.job_title,
        "room": client.room,
        "phones": [phone.number for phone in client.phones],
        "is_active": client.is_active,
        "tickets_count": client.tickets_count,
        "calls_count": client.calls_count,
        "last_contact_at": moment(client.last_contact_at),
        "version": client.version,
    }


def department_row(department: Department) -> dict[str, Any]:
    """A department that takes tickets."""
    return {name: getattr(department, name) for name in DEPARTMENT_COLUMNS}
