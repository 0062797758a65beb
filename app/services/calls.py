"""Requests answered at once on the telephone: counted, never a ticket unless made into one."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.events import Kind, record
from app.policy import Actor, Verb, ensure_can_somewhere
from app.services.client_lock import lock_for_history
from app.services.rows import find_row
from app.services.tickets import BODY_LENGTH, KEY_LENGTH, SUBJECT_LENGTH, TicketDraft
from app.services.typed import clean_text
from models import Call, Client, Department, Topic, utcnow


def record_call(session: Session, draft: TicketDraft, *, actor: Actor) -> Call:
    """Count a call that needed no ticket; the same ``request_key`` again returns the same call.

    Takes the form of a new ticket; only the client is required. Raises Forbidden or Invalid.
    """
    ensure_can_somewhere(actor, Verb.CREATE)
    if earlier := _written_before(session, draft.request_key, actor):
        return earlier
    client = lock_for_history(session, draft.client_id)
    if client is None:
        raise Invalid(fields={"client_id": _("Choose the client, or write down a new one.")})
    body = clean_text(draft.body)
    if len(body) > BODY_LENGTH:
        raise Invalid(fields={"body": _("Shorten to %(number)s characters.", number=BODY_LENGTH)})
    if len(draft.request_key or "") > KEY_LENGTH:
        raise Invalid(fields={"request_key": _("This page is out of date: reload it and send once more.")})
    subject = " ".join(clean_text(draft.subject).split()) or body.split("\n", 1)[0]
    call = Call(
        client_id=client.id,
        author_id=actor.id,
        department_id=_existing(session, Department, draft.department_id),
        topic_id=_existing(session, Topic, draft.topic_id),
        topic_text="" if draft.topic_id else clean_text(draft.topic_text)[:120],
        subject=subject[:SUBJECT_LENGTH],
        body=body,
        request_key=draft.request_key,
    )
    try:
        with session.begin_nested():
            session.add(call)
            session.flush()
    except IntegrityError:
        earlier = _written_before(session, draft.request_key, actor)
        if earlier is None:  # somebody else's key, or what it refers to has gone this moment
            raise Invalid(_("It could not be saved: reload the page and send it once more.")) from None
        return earlier
    session.execute(
        update(Client)
        .where(Client.id == client.id)
        .values(calls_count=Client.calls_count + 1, last_contact_at=utcnow())
        .execution_options(synchronize_session=False)
    )
    new = {"call_id": call.id, "subject": call.subject}
    record(session, Kind.CALL_RECORDED, actor=actor, client_id=client.id, new=new)
    return call


def _existing(session: Session, table: type[Department] | type[Topic], row_id: int | None) -> int | None:
    return row_id if find_row(session, table, row_id) is not None else None


def _written_before(session: Session, key: str | None, actor: Actor) -> Call | None:
    if not key:
        return None
    query = select(Call).where(Call.request_key == key, Call.author_id == actor.id)
    return session.scalars(query).one_or_none()
