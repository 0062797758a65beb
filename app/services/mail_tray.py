"""The tray: letters that nobody knows the client of, until a person says whose they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.orm import Session, selectinload

from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.events import Kind, record
from app.notify.mailbox.settings import filled
from app.policy import Actor, Verb
from app.services.attachments import find_file
from app.services.clients import create_client, update_client
from app.services.letter_people import mailbox_actor
from app.services.letters_in import write_ticket
from app.services.mailbox_settings import find_mailbox_row
from app.services.rows import find_row
from app.services.typed import clean_text
from models import Attachment, Client, LetterStatus, LetterWhy, MailLetter, Ticket, rows_changed, utcnow

REASON_LENGTH = 300


def ensure_may_sort(session: Session, actor: Actor) -> int:
    """The department that the mailbox's tickets go to.

    Raises Forbidden unless the person may write tickets down there, or is an administrator: what lies in the
    tray would otherwise be that department's to see.
    """
    department = filled(find_mailbox_row(session)).number("department")
    post = actor.posts.get(department)
    if not actor.is_administrator and not (post and Verb.CREATE in post.verbs):
        raise Forbidden(_("The letters are for those who write tickets down in the mailbox's department."))
    return department


def waiting_letters(session: Session, *, actor: Actor, limit: int = 50) -> Sequence[MailLetter]:
    """The oldest letters that wait, with their files. Raises Forbidden."""
    ensure_may_sort(session, actor)
    query = select(MailLetter).where(MailLetter.status == LetterStatus.WAITING)
    query = query.order_by(MailLetter.id).limit(limit).options(selectinload(MailLetter.attachments))
    return session.scalars(query).all()


def assign_letter(
    session: Session,
    letter_id: int,
    *,
    client_id: int | None,
    new_client: Mapping[str, Any] | None = None,
    remember: bool = False,
    actor: Actor,
) -> Ticket:
    """Say whose the letter is, a client's or a new one's: it becomes his ticket.

    ``remember``: the sender's address becomes the client's, if he has none: his next letter finds him.
    Raises Forbidden, NotFound, Invalid, Conflict when a colleague was faster.
    """
    department = ensure_may_sort(session, actor)
    letter = _letter(session, letter_id)
    if letter.why == LetterWhy.BROKEN:
        raise Invalid(_("This letter could not be read: look at it in the mailbox, then discard it here."))
    if new_client is not None:
        client_id = create_client(session, new_client, actor=actor).id
    author = mailbox_actor(session, filled(find_mailbox_row(session)), department)
    client = find_row(session, Client, client_id)
    if client is None or client.is_hidden:
        raise Invalid(fields={"client_id": _("Choose the client, or write down a new one.")})
    _decide(session, letter, LetterStatus.KEPT, actor)
    ticket = write_ticket(session, client.id, letter.subject, letter.text, department, actor=author)
    if ticket is None:
        raise Invalid(_("The ticket cannot be written: the mailbox's department or author is set no more."))
    if remember and letter.sender and not client.email:
        changes = {"email": letter.sender}
        update_client(session, client.id, changes=changes, version=client.version, actor=actor)
    owner = {"ticket_id": ticket.id}
    session.execute(update(Attachment).where(Attachment.letter_id == letter.id).values(**owner))
    session.execute(update(MailLetter).where(MailLetter.id == letter.id).values(**owner, text="", subject=""))
    subject = f"letter {letter.id}"
    record(session, Kind.LETTER_ASSIGNED, actor=actor, client_id=client.id, subject=subject, new=owner)
    return ticket


def discard_letter(session: Session, letter_id: int, *, reason: str, actor: Actor) -> None:
    """Nothing is to be done about the letter. It is kept for thirty days more.

    Raises Forbidden, NotFound, Invalid without a reason, Conflict when a colleague was faster.
    """
    ensure_may_sort(session, actor)
    letter = _letter(session, letter_id)
    reason = " ".join(clean_text(reason).split())
    if not reason:
        raise Invalid(fields={"reason": _("Write in a few words why.")})
    if len(reason) > REASON_LENGTH:
        raise Invalid(fields={"reason": _("Shorten to %(number)s characters.", number=REASON_LENGTH)})
    _decide(session, letter, LetterStatus.DISCARDED, actor, reason=reason)
    record(session, Kind.LETTER_DISCARDED, actor=actor, subject=f"letter {letter.id}", new={"reason": reason})


def access_letter_file(
    session: Session, letter_id: int, attachment_id: int, *, actor: Actor
) -> tuple[Attachment, Path]:
    """A file of a letter that still waits. Raises Forbidden, NotFound."""
    ensure_may_sort(session, actor)
    letter = _letter(session, letter_id)
    if letter.status != LetterStatus.WAITING:
        raise NotFound(_("There is no such letter."))
    return find_file(session, attachment_id, Attachment.letter_id == letter.id)


def _letter(session: Session, letter_id: int) -> MailLetter:
    letter = find_row(session, MailLetter, letter_id)
    if letter is None:
        raise NotFound(_("There is no such letter."))
    return letter


def _decide(session: Session, letter: MailLetter, status: LetterStatus, actor: Actor, **values: str) -> None:
    """Compare and set: of two people who decide at once, the second is told."""
    decided = session.execute(
        update(MailLetter)
        .where(MailLetter.id == letter.id, MailLetter.status == LetterStatus.WAITING)
        .values(status=status, decided_by_id=actor.id, decided_at=utcnow(), **values)
        .execution_options(synchronize_session=False)
    )
    if rows_changed(decided) != 1:
        raise Conflict(_("Someone was faster: this letter is decided about already."))
