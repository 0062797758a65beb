"""The form of a call: read from the request, filled in again after an error."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import make_response, request
from flask import session as cookie
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import literal_column, or_, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.policy import Actor, Verb, can_somewhere
from app.services.callers import latest_callers
from app.services.placement import open_departments
from app.services.tickets import TicketDraft
from models import Priority, State, Ticket, Topic, Unit
from views.base import Screen, current_actor, session

LARGEST_ID = 2**31 - 1
LAST_DEPARTMENT = "last_department"
OWN_TOPIC = "own"
# the names of the fields in the summary of errors
LABELS = {
    "client_id": lazy_gettext("Client"),
    "full_name": lazy_gettext("Full name"),
    "phones": lazy_gettext("Phone"),
    "room": lazy_gettext("Room"),
    "unit_id": lazy_gettext("Unit"),
    "login": lazy_gettext("Login"),
    "email": lazy_gettext("E-mail"),
    "job_title": lazy_gettext("Job title"),
    "note": lazy_gettext("Note"),
    "subject": lazy_gettext("What happened"),
    "body": lazy_gettext("Details"),
    "department_id": lazy_gettext("Department"),
    "assignee_id": lazy_gettext("For whom"),
    "priority": lazy_gettext("Priority"),
    "topic_id": lazy_gettext("Topic"),
    "topic_text": lazy_gettext("Topic in your own words"),
}
NEW_CLIENT_FIELDS = ("full_name", "room", "login", "email")
TARGETS = {
    "client_id": "who",
    "phones": "phone",
    "department_id": "department",
    "assignee_id": "people",
    "priority": "priority-1",
}


def read_id(text: str | None) -> int | None:
    """The id in a form or an address: None when empty, 0 (which nothing has) when it is none."""
    text = (text or "").strip()
    if not text:
        return None
    good = text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= LARGEST_ID
    return int(text) if good else 0


def read_key(text: str | None) -> str:
    """The page's name for one press of "save", or a new one when it is no uuid."""
    try:
        return str(uuid.UUID(text or ""))
    except ValueError:
        return str(uuid.uuid4())


def error_links(fields: Mapping[str, str], targets: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Errors as the summary over a form takes them: {id of the field: (its label, what to do)}."""
    return {targets.get(name, name): (str(LABELS.get(name, name)), text) for name, text in fields.items()}


@dataclass(frozen=True)
class CallForm:
    """What the operator has typed so far, and what is wrong with it."""

    request_key: str
    client_id: int | None = None
    is_new_client: bool = False
    client: Mapping[str, str] = field(default_factory=dict)
    unit_id: int | None = None
    subject: str = ""
    body: str = ""
    department_id: int | None = None
    assignee_id: int | None = None
    priority: int = Priority.NORMAL
    topic_id: int | None = None
    topic_text: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def draft(self) -> TicketDraft:
        """What the services take."""
        return TicketDraft(
            client_id=self.client_id,
            department_id=self.department_id,
            assignee_id=self.assignee_id,
            subject=self.subject,
            body=self.body,
            priority=self.priority,
            topic_id=self.topic_id,
            topic_text=self.topic_text,
            request_key=self.request_key,
        )

    @property
    def new_client(self) -> dict[str, Any] | None:
        """The values of the client to be written down, or None for a known one."""
        if not self.is_new_client:
            return None
        values: dict[str, Any] = {name: self.client.get(name, "") for name in NEW_CLIENT_FIELDS}
        phone = self.client.get("phone", "").strip()
        return {**values, "unit_id": self.unit_id, "phones": [phone] if phone else []}

    @property
    def summary(self) -> dict[str, tuple[str, str]]:
        """The errors as links to their fields."""
        return error_links(self.errors, TARGETS)


def read_call_form() -> CallForm:
    """The form as it was sent. Whatever makes no sense is left to the services to refuse."""
    sent = request.form
    topic = sent.get("topic_id", "")
    priority = sent.get("priority", "")
    is_new = sent.get("client_new") == "1"
    return CallForm(
        request_key=read_key(sent.get("request_key")),
        client_id=None if is_new else read_id(sent.get("client_id")),
        is_new_client=is_new,
        client={name: sent.get(name, "") for name in (*NEW_CLIENT_FIELDS, "phone")},
        unit_id=read_id(sent.get("unit_id")),
        subject=sent.get("subject", ""),
        body=sent.get("body", ""),
        department_id=read_id(sent.get("department_id")),
        assignee_id=read_id(sent.get("assignee_id")),
        priority=int(priority) if priority in {"0", "1", "2"} else -1 if priority else Priority.NORMAL,
        topic_id=None if topic == OWN_TOPIC else read_id(topic),
        topic_text=sent.get("topic_text", "") if topic in {OWN_TOPIC, ""} else "",
    )


def usual_department(session: Session, actor: Actor) -> int | None:
    """Where the person sent his last ticket: preselected in the next form."""
    if remembered := cookie.get(LAST_DEPARTMENT):
        return int(remembered)
    # rendered into the statement, not bound: only so does PostgreSQL see that the partial index fits
    live = Ticket.state.op("<>")(literal_column(f"'{State.ARCHIVED}'"))
    latest = select(Ticket.department_id).where(Ticket.author_id == actor.id, live)
    return session.scalars(latest.order_by(Ticket.id.desc()).limit(1)).first()


def remember_department(department_id: int) -> None:
    """Preselect this department in the person's next form."""
    cookie[LAST_DEPARTMENT] = department_id


def unit_choices(session: Session, chosen: int | None = None) -> list[Unit]:
    """The units for a select: those in use, and the one that is chosen already."""
    shown = or_(Unit.is_hidden.is_(False), Unit.id == chosen) if chosen else Unit.is_hidden.is_(False)
    return list(session.scalars(select(Unit).where(shown).order_by(Unit.name)))


def call_page(screen: Screen, form: CallForm, status: int = 200, **context: Any) -> Response:
    """The page of a new ticket with this form in it."""
    actor = current_actor()
    topics = select(Topic).where(Topic.is_hidden.is_(False)).order_by(Topic.name)
    html = screen.page(
        "new_ticket/page.html",
        form=form,
        departments=open_departments(session()),
        topics=session().scalars(topics).all(),
        units=unit_choices(session(), form.unit_id) if form.is_new_client else [],
        callers=latest_callers(session(), actor=actor),
        may_add_client=can_somewhere(actor, Verb.EDIT_CLIENTS),
        new_quiet=True,
        title=_("New ticket"),
        **context,
    )
    return make_response(html, status)
