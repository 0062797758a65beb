"""The first login: asking for a letter, and opening an account with what stands in it."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from flask_appbuilder.security.sqla.models import Role as ScreenRole
from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash

from app.directory import DirectoryError
from app.errors import Invalid, NotFound
from app.events import Kind, record, unit_of_work
from app.policy import Actor
from app.security.permissions import STAFF_ROLE
from app.services.invitation_letter import hash_password, hash_token
from app.services.invitations import end_letters, has_account, is_open, open_letter
from app.services.mailbox import Mailbox, find_mailbox
from app.services.typed import clean_text
from app.services.white_list import is_in_force, matching_rule
from models import Ending, Invitation, InvitationRule, Membership, Staff, rows_changed, utcnow

log = logging.getLogger(__name__)
LONGEST_LOGIN = 128
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 200
LOGIN_SHOWN = 64


@dataclass(frozen=True)
class Chosen:
    """What was typed on the letter's page. ``locale``: the language in which it was read."""

    temporary: str
    password: str
    repeated: str
    locale: str
    address: str = ""


# ------------------------------------------------------------------------------ asking for a letter


def read_login(typed: str) -> str:
    """The login in small letters, without a domain before it (``FIRM\\olena``)."""
    return clean_text(typed).rpartition("\\")[2].lower()[:LONGEST_LOGIN]


def ask(session: Session, typed: str, *, asked_from: str = "", actor: Actor | None = None) -> int | None:
    """Put a letter into the queue if this login is on the list; its number, or None. Committed.

    What was not sent, and why, stands in the journal alone: whoever has asked is told nothing.
    """
    login = read_login(typed)
    mailbox, reason = _mailbox(session, login)
    rule = matching_rule(session, mailbox.login, mailbox.email) if mailbox else None
    if mailbox and rule is None:
        reason = "not_listed"
    elif mailbox and has_account(session, mailbox.login, mailbox.email):
        reason = "has_account"
    with unit_of_work(session):
        if mailbox is None or rule is None or reason:
            facts = {"login": login[:LOGIN_SHOWN], "address": asked_from, "reason": reason}
            record(session, Kind.INVITATION_REFUSED, actor=actor, subject="white list", new=facts)
            return None
        letter = open_letter(
            session,
            rule=rule,
            login=mailbox.login,
            email=mailbox.email,
            names=(mailbox.first_name, mailbox.last_name),
            asked_from=asked_from,
            actor=actor,
        )
        return letter.id if letter else None


def _mailbox(session: Session, login: str) -> tuple[Mailbox | None, str]:
    """The mailbox, or why there is none."""
    listed = session.scalar(select(InvitationRule.id).where(is_in_force()).limit(1))
    if listed is None or not login:
        return None, "not_listed"
    try:
        mailbox = find_mailbox(session, login)
    except (DirectoryError, Invalid) as error:
        log.warning("the mailbox of a first login cannot be looked up: %s", error)
        return None, "directory"
    return mailbox, "" if mailbox else "no_mailbox"


# ------------------------------------------------------------------------------ opening an account


def access_open_letter(session: Session, token: str) -> Invitation:
    """The letter that this link belongs to, while it opens something.

    Raises NotFound for a link that is unknown, used, too old, replaced or taken back: always the same.
    """
    query = (
        select(Invitation)
        .join(InvitationRule, Invitation.rule_id == InvitationRule.id)
        .where(
            Invitation.token_hash == hash_token(token),
            is_open(),
            is_in_force(),
            Invitation.expires_at > utcnow(),
            Invitation.tries_left > 0,
        )
    )
    letter = session.scalars(query).one_or_none() if token.isascii() else None
    if letter is None:
        raise NotFound(_("This link opens nothing any more. Ask for a new letter."))
    return letter


def join(session: Session, token: str, chosen: Chosen) -> Staff:
    """Open the account of the letter and return it. Each step is committed by itself.

    Raises Invalid naming the fields, NotFound when the link opens nothing (any more). A wrong temporary
    password uses up one of five tries, whatever is typed at the same moment elsewhere.
    """
    letter = access_open_letter(session, token)
    _ensure_good(letter, chosen)
    with unit_of_work(session):
        _spend_try(session, letter)
    if not check_password_hash(letter.password_hash, chosen.temporary.strip().lower()):
        with unit_of_work(session):
            _note_wrong(session, letter, chosen.address)
        if letter.ended_at is not None:
            access_open_letter(session, token)
        raise Invalid(fields={"temporary": _("This is not the temporary password of the letter.")})
    try:
        with unit_of_work(session):
            return _open_account(session, letter.id, chosen)
    except IntegrityError:
        with unit_of_work(session):
            end_letters(session, Ending.OVERTAKEN, Invitation.id == letter.id)
        raise NotFound(_("This link opens nothing any more. Ask for a new letter.")) from None


def _ensure_good(letter: Invitation, chosen: Chosen) -> None:
    wrong: dict[str, str] = {}
    if not chosen.temporary.strip():
        wrong["temporary"] = _("Type the temporary password of the letter.")
    if not SHORTEST_PASSWORD <= len(chosen.password) <= LONGEST_PASSWORD:
        wrong["password"] = _("Choose a password of %(number)s characters or more.", number=SHORTEST_PASSWORD)
    elif len(chosen.password.lower().replace(letter.login, "")) < SHORTEST_PASSWORD // 2:
        wrong["password"] = _("Choose a password that is not made of your login.")
    elif chosen.password.strip().lower() == chosen.temporary.strip().lower():
        wrong["password"] = _("Choose another password than the temporary one.")
    elif not _is_storable(chosen.password):
        wrong["password"] = _("Choose a password of letters, digits and signs alone.")
    if chosen.password != chosen.repeated:
        wrong["repeated"] = _("The two passwords differ.")
    if wrong:
        raise Invalid(fields=wrong)


def _is_storable(password: str) -> bool:
    return not any(ord(sign) < 32 or 0xD800 <= ord(sign) < 0xE000 for sign in password)


def _spend_try(session: Session, letter: Invitation) -> None:
    done = session.execute(
        update(Invitation)
        .where(Invitation.id == letter.id, is_open(), Invitation.tries_left > 0)
        .values(tries_left=Invitation.tries_left - 1)
        .execution_options(synchronize_session="fetch")
    )
    if not rows_changed(done):
        raise NotFound(_("This link opens nothing any more. Ask for a new letter."))


def _note_wrong(session: Session, letter: Invitation, address: str) -> None:
    burnt = end_letters(session, Ending.BURNT, Invitation.id == letter.id, Invitation.tries_left <= 0)
    facts = {"login": letter.login, "address": address, "burnt": bool(burnt)}
    subject = f"invitation {letter.id}"
    record(session, Kind.INVITATION_WRONG_PASSWORD, actor=None, subject=subject, new=facts)


def _open_account(session: Session, letter_id: int, chosen: Chosen) -> Staff:
    """The letter is used and the account is there, both or neither. Raises NotFound for the second of two."""
    now = utcnow()
    done = session.execute(
        update(Invitation)
        .where(Invitation.id == letter_id, is_open(), Invitation.expires_at > now)
        .values(used_at=now, token_hash=None, password_hash="", next_try_at=None)
        .execution_options(synchronize_session="fetch")
    )
    if not rows_changed(done):
        raise NotFound(_("This link opens nothing any more. Ask for a new letter."))
    letter = session.get_one(Invitation, letter_id)
    rule = session.get(InvitationRule, letter.rule_id) if letter.rule_id else None
    if rule is None or rule.revoked_at is not None:
        raise NotFound(_("This link opens nothing any more. Ask for a new letter."))
    user = _new_staff(session, letter, chosen)
    session.add(Membership(user_id=user.id, department_id=rule.department_id, role=rule.role))
    letter.user_id = user.id
    actor = Actor(id=user.id, full_name=user.full_name, locale=user.locale, address=chosen.address)
    facts = {"login": letter.login, "department_id": rule.department_id, "role": rule.role}
    record(session, Kind.INVITATION_USED, actor=actor, subject=f"invitation {letter.id}", new=facts)
    return user


def _new_staff(session: Session, letter: Invitation, chosen: Chosen) -> Staff:
    if has_account(session, letter.login, letter.email):
        raise IntegrityError("somebody has this login or e-mail", None, ValueError(letter.login))
    user = Staff(
        username=letter.login,
        email=letter.email,
        first_name=letter.first_name or letter.login[:64],
        last_name=letter.last_name,
        password=hash_password(chosen.password),
        locale=chosen.locale,
    )
    user.active = True
    user.roles = list(session.scalars(select(ScreenRole).where(ScreenRole.name == STAFF_ROLE)))
    session.add(user)
    session.flush()
    return user
