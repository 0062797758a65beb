"""Letters of a first login: asked for, written, sent, tried again, taken back."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from app.errors import Conflict, NotFound
from app.events import Kind, record, unit_of_work
from app.notify.mail import MailError, send_letter
from app.policy import Actor
from app.services.invitation_letter import Secrets, hash_password, hash_token, new_secrets, write_letter
from models import Ending, Invitation, InvitationRule, Staff, rows_changed, utcnow

log = logging.getLogger(__name__)
LIFE = timedelta(hours=24)
# a worker that is killed while it sends: another takes the letter over after this
LEASE = timedelta(minutes=5)
# minutes until the next attempt, the last one again and again until the letter is a day old
PAUSES = (1, 2, 5, 10, 30, 60)


def is_open() -> ColumnElement[bool]:
    """The condition that a letter is neither used nor ended."""
    return Invitation.used_at.is_(None) & Invitation.ended_at.is_(None)


def end_letters(session: Session, ending: Ending, *conditions: ColumnElement[bool]) -> int:
    """Close open letters: their links open nothing from now on. Returns how many there were."""
    done = session.execute(
        update(Invitation)
        .where(is_open(), *conditions)
        .values(ended_at=utcnow(), ending=ending, token_hash=None, password_hash="", next_try_at=None)
        .execution_options(synchronize_session="fetch")
    )
    return int(rows_changed(done))


def has_account(session: Session, login: str, email: str) -> bool:
    """Whether somebody works here already under this login or e-mail, switched off or not."""
    known = or_(func.lower(Staff.username) == login.lower(), func.lower(Staff.email) == email.lower())
    return session.scalar(select(Staff.id).where(known).limit(1)) is not None


def open_letter(
    session: Session,
    *,
    rule: InvitationRule,
    login: str,
    email: str,
    names: tuple[str, str],
    asked_from: str = "",
    actor: Actor | None = None,
) -> Invitation | None:
    """Put a letter into the queue in place of the earlier one; None if another asks at this very moment."""
    end_letters(session, Ending.REPLACED, Invitation.login == login)
    letter = Invitation(
        rule_id=rule.id,
        login=login,
        email=email,
        first_name=names[0],
        last_name=names[1],
        asked_from=asked_from,
        asked_by_id=actor.id if actor else None,
    )
    try:
        with session.begin_nested():
            session.add(letter)
    except IntegrityError:
        return None
    return letter


def waiting_letters(session: Session, *, most: int = 100) -> list[int]:
    """The letters whose turn has come to be sent (again)."""
    query = (
        select(Invitation.id)
        .where(is_open(), Invitation.sent_at.is_(None), Invitation.next_try_at <= utcnow())
        .order_by(Invitation.next_try_at)
        .limit(most)
    )
    return list(session.scalars(query))


def deliver(session: Session, invitation_id: int) -> bool:
    """Write the letter with fresh secrets and send it; once, however many workers try. Whether it went.

    The secrets exist in this process and in the letter alone. Every step is committed by itself.
    """
    secrets = new_secrets()
    with unit_of_work(session):
        if not _take(session, invitation_id, secrets):
            return False
    letter = session.get_one(Invitation, invitation_id)
    if letter.asked_at + LIFE <= utcnow():
        with unit_of_work(session):
            _give_up(session, letter)
        return False
    try:
        send_letter(write_letter(letter, secrets))
    except MailError as error:
        log.warning("letter %s to %s did not go: %s", letter.id, letter.login, error)
        with unit_of_work(session):
            _note_failure(session, letter, error)
        return False
    with unit_of_work(session):
        letter.sent_at, letter.next_try_at, letter.problem = utcnow(), None, ""
        facts = {"login": letter.login, "email": letter.email, "attempts": letter.attempts}
        record(session, Kind.INVITATION_SENT, actor=None, subject=f"invitation {letter.id}", new=facts)
    return True


def _take(session: Session, invitation_id: int, secrets: Secrets) -> bool:
    """Claim the letter and give it its secrets; of several workers one gets it."""
    now = utcnow()
    done = session.execute(
        update(Invitation)
        .where(
            Invitation.id == invitation_id,
            is_open(),
            Invitation.sent_at.is_(None),
            Invitation.next_try_at <= now,
        )
        .values(
            token_hash=hash_token(secrets.token),
            password_hash=hash_password(secrets.password),
            expires_at=now + LIFE,
            next_try_at=now + LEASE,
            attempts=Invitation.attempts + 1,
        )
        .execution_options(synchronize_session="fetch")
    )
    return bool(rows_changed(done) == 1)


def _note_failure(session: Session, letter: Invitation, error: MailError) -> None:
    letter.problem = error.problem
    pause = PAUSES[min(letter.attempts, len(PAUSES)) - 1]
    letter.next_try_at = _later(letter.asked_at, pause)
    if error.is_final or letter.next_try_at is None:
        _give_up(session, letter)


def _give_up(session: Session, letter: Invitation) -> None:
    end_letters(session, Ending.UNDELIVERABLE, Invitation.id == letter.id)
    facts = {"login": letter.login, "problem": letter.problem}
    record(session, Kind.INVITATION_FAILED, actor=None, subject=f"invitation {letter.id}", new=facts)


def _later(asked_at: datetime, minutes: int) -> datetime | None:
    """When to try again; None once the letter is a day old."""
    moment = utcnow() + timedelta(minutes=minutes)
    return moment if moment < asked_at + LIFE else None


def revoke_letter(session: Session, invitation_id: int, *, actor: Actor) -> Invitation:
    """Close a letter that nobody has used. Raises NotFound, Conflict when it is used or closed already."""
    letter = access_letter(session, invitation_id)
    if not end_letters(session, Ending.REVOKED, Invitation.id == invitation_id):
        raise Conflict(_("This letter has been used or closed already."))
    facts = {"login": letter.login, "email": letter.email}
    record(session, Kind.INVITATION_REVOKED, actor=actor, subject=f"invitation {letter.id}", old=facts)
    return letter


def access_letter(session: Session, invitation_id: int) -> Invitation:
    """The letter of this number. Raises NotFound."""
    letter = session.get(Invitation, invitation_id) if 0 < invitation_id < 2**31 else None
    if letter is None:
        raise NotFound(_("There is no such letter."))
    return letter


def list_letters(session: Session, wanted: str = "", *, most: int = 200) -> list[Invitation]:
    """The letters, newest first; ``wanted`` is a part of the login or the e-mail."""
    query = (
        select(Invitation)
        .options(joinedload(Invitation.user), joinedload(Invitation.asked_by))
        .order_by(Invitation.id.desc())
        .limit(most)
    )
    if wanted:
        part = wanted.lower()
        columns = (Invitation.login, Invitation.email)
        query = query.where(or_(*(column.contains(part, autoescape=True) for column in columns)))
    return list(session.scalars(query))
