"""The files of a ticket: kept, listed, fetched only by who sees the ticket, swept when nothing names them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.policy import Actor, access_ticket
from app.services import attachment_files
from app.services.rows import is_id
from app.services.typed import clean_text
from models import Attachment, Comment, LetterStatus, MailLetter, Ticket, utcnow

Files = Mapping[int, Sequence[Attachment]]
NAME_LENGTH = 200
ORPHAN_AFTER = timedelta(days=1)  # no unit of work takes so long
DISCARDED_FOR = timedelta(days=30)
_SEPARATORS = str.maketrans({"/": "_", "\\": "_", "\n": " ", "\t": " "})


@dataclass(frozen=True)
class Stored:
    """A file that lies on the disk and has no row yet."""

    original_name: str
    stored_name: str
    content_type: str
    size: int
    sha256: str


def store(data: bytes, name: str) -> Stored:
    """Write a file, before the transaction that will name it: writing takes its time and holds no locks."""
    return Stored(
        original_name=clean_name(name),
        stored_name=attachment_files.write_file(data),
        content_type=attachment_files.type_of(data, name),
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def attach(
    session: Session,
    files: Sequence[Stored],
    *,
    letter_id: int | None = None,
    ticket_id: int | None = None,
    comment_id: int | None = None,
    added_by_id: int | None = None,
) -> None:
    """Give stored files their rows, within the caller's transaction."""
    owner = {"letter_id": letter_id, "ticket_id": ticket_id, "comment_id": comment_id}
    session.add_all(Attachment(**vars(file), **owner, added_by_id=added_by_id) for file in files)
    session.flush()


def clean_name(name: str) -> str:
    """A file's name as it is shown and sent: one line, no folders, its ending kept when it is cut."""
    name = clean_text(name).translate(_SEPARATORS).strip(" .")
    if len(name) > NAME_LENGTH:
        stem, dot, ending = name.rpartition(".")
        ending = f"{dot}{ending}" if dot and len(ending) <= 10 else ""
        name = f"{(stem or name)[: NAME_LENGTH - len(ending) - 1]}…{ending}"
    return name or str(_("file"))


def attachments_of(session: Session, ticket: Ticket) -> Sequence[Attachment]:
    """All files of a ticket that was accessed, in one statement; those of comments have ``comment_id``."""
    query = select(Attachment).where(Attachment.ticket_id == ticket.id).order_by(Attachment.id)
    return session.scalars(query).all()


def files_by_comment(session: Session, ticket: Ticket, comments: Iterable[Comment]) -> Files:
    """The same by comment; the ticket's own under 0. Files come with letters alone, so that a page without
    a letter on it is spared the statement."""
    if ticket.letter is None and not any(comment.letter for comment in comments):
        return {}
    found: dict[int, list[Attachment]] = {}
    for one in attachments_of(session, ticket):
        found.setdefault(one.comment_id or 0, []).append(one)
    return found


def access_attachment(
    session: Session, ticket_id: int, attachment_id: int, *, actor: Actor
) -> tuple[Attachment, Path]:
    """A file of a ticket that this person sees, and where it lies.

    Raises NotFound: no such ticket, one hidden from him, no such file of this ticket. The answer is the same.
    """
    ticket = access_ticket(session, ticket_id, actor=actor)
    return find_file(session, attachment_id, Attachment.ticket_id == ticket.id)


def find_file(
    session: Session, attachment_id: int, *conditions: ColumnElement[bool]
) -> tuple[Attachment, Path]:
    """The row and the file under these conditions, which the caller must have proved. Raises NotFound."""
    query = select(Attachment).where(Attachment.id == attachment_id, *conditions)
    found = session.scalars(query).one_or_none() if is_id(attachment_id) else None
    path = attachment_files.path_of(found.stored_name) if found else None
    if found is None or path is None or not path.is_file():
        raise NotFound(_("There is no such ticket, or it is not yours to see."))
    return found, path


def sweep(session: Session) -> int:
    """Take away files that no row names, and letters discarded long ago with theirs. Returns how many files.

    Commits.
    """
    cut = utcnow() - DISCARDED_FOR
    session.execute(
        delete(MailLetter).where(MailLetter.status == LetterStatus.DISCARDED, MailLetter.decided_at < cut)
    )
    session.commit()
    old = dict(attachment_files.old_files(ORPHAN_AFTER.total_seconds()))
    names, swept = list(old), 0
    for start in range(0, len(names), 500):
        batch = names[start : start + 500]
        known = set(session.scalars(select(Attachment.stored_name).where(Attachment.stored_name.in_(batch))))
        for name in set(batch) - known:
            old[name].unlink(missing_ok=True)
            swept += 1
    return swept
