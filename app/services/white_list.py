"""The white list: who may open an account for himself, and what he becomes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session, joinedload

from app.errors import Forbidden, Invalid, NotFound
from app.events import Kind, record
from app.notify.mail import is_address
from app.policy import Actor
from app.services.invitations import end_letters
from app.services.typed import clean_text
from models import Department, Ending, Invitation, InvitationRule, Role, rows_changed, utcnow

MOST_AT_ONCE = 2000
LONGEST_NOTE = 200
LONGEST_LIFE = 3650
_SIGNS = re.compile(r"[^\s@*,;<>\"/\\\[\]:|=+?]{1,128}")
_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")


@dataclass(frozen=True)
class NewRules:
    """What was typed into the form. ``days``: how long the rules hold, 0 for ever."""

    patterns: str
    department_id: int | None
    role: str
    note: str = ""
    days: int | None = 0


def ensure_administrator(actor: Actor) -> None:
    """Raise Forbidden for anybody else: who is listed gets in."""
    if not actor.is_administrator:
        raise Forbidden(_("Only administrators keep the white list."))


def read_patterns(text: str) -> tuple[list[str], list[str]]:
    """The logins, e-mails and ``*@domain`` of a text, one to a line or with commas; and what is none."""
    typed = [clean_text(part).lower() for part in re.split(r"[\n,;]", clean_text(text))]
    words = list(dict.fromkeys(word.rpartition("\\")[2] for word in typed if word))
    return [word for word in words if is_pattern(word)], [word for word in words if not is_pattern(word)]


def is_pattern(word: str) -> bool:
    """Whether a word in small letters is a login, an e-mail or ``*@domain``."""
    if word.startswith("*@"):
        return _DOMAIN.fullmatch(word[2:]) is not None and "." in word
    return is_address(word) if "@" in word else _SIGNS.fullmatch(word) is not None


def add_rules(session: Session, new: NewRules, *, actor: Actor) -> tuple[int, int]:
    """Write the rules down; returns how many are new and how many were there and are as typed now.

    Raises Forbidden, or Invalid naming the fields: nothing is written then.
    """
    ensure_administrator(actor)
    patterns = _checked(session, new)
    expires_at = utcnow() + timedelta(days=new.days) if new.days else None
    there = {rule.pattern: rule for rule in open_rules(session, patterns)}
    values = {"department_id": new.department_id, "role": new.role, "note": clean_text(new.note)}
    for pattern in patterns:
        rule = there.get(pattern) or InvitationRule(pattern=pattern, created_by_id=actor.id)
        for name, value in values.items():
            setattr(rule, name, value)
        rule.expires_at = expires_at
        session.add(rule)
    session.flush()
    facts = {**values, "expires_at": expires_at, "patterns": patterns}
    record(session, Kind.INVITATION_RULE_ADDED, actor=actor, subject="white list", new=facts)
    return len(patterns) - len(there), len(there)


def _checked(session: Session, new: NewRules) -> list[str]:
    wrong: dict[str, str] = {}
    patterns, others = read_patterns(new.patterns)
    if others:
        wrong["patterns"] = _(
            "This is neither a login nor an e-mail nor *@domain: %(words)s", words=", ".join(others[:5])[:200]
        )
    elif not patterns:
        wrong["patterns"] = _("Write at least one login, e-mail or *@domain.")
    elif len(patterns) > MOST_AT_ONCE:
        wrong["patterns"] = _("Write at most %(number)s lines at once.", number=MOST_AT_ONCE)
    if new.department_id is None or session.get(Department, new.department_id) is None:
        wrong["department_id"] = _("Choose a department.")
    if new.role not in set(Role):
        wrong["role"] = _("Choose a role.")
    if len(clean_text(new.note)) > LONGEST_NOTE:
        wrong["note"] = _("Shorten to %(number)s characters.", number=LONGEST_NOTE)
    if new.days is None or not 0 <= new.days <= LONGEST_LIFE:
        wrong["days"] = _("Write a number of days, or nothing if the list holds for ever.")
    if wrong:
        raise Invalid(fields=wrong)
    return patterns


def is_in_force() -> ColumnElement[bool]:
    """The condition that a rule still lets people in."""
    expires = InvitationRule.expires_at
    return InvitationRule.revoked_at.is_(None) & or_(expires.is_(None), expires > utcnow())


def open_rules(session: Session, patterns: Iterable[str]) -> list[InvitationRule]:
    """The rules with these patterns that nobody has revoked."""
    wanted, found = list(patterns), list[InvitationRule]()
    for start in range(0, len(wanted), 500):
        some = InvitationRule.pattern.in_(wanted[start : start + 500])
        found += session.scalars(select(InvitationRule).where(some, InvitationRule.revoked_at.is_(None)))
    return found


def matching_rule(session: Session, login: str, email: str) -> InvitationRule | None:
    """The rule that lets this person in: his login before his e-mail before his domain."""
    login, email = login.lower(), email.lower()
    wanted = [login, email, f"*@{email.rpartition('@')[2]}"]
    query = select(InvitationRule).where(InvitationRule.pattern.in_(wanted), is_in_force())
    return min(session.scalars(query), key=lambda rule: wanted.index(rule.pattern), default=None)


def revoke_rule(session: Session, rule_id: int, *, actor: Actor) -> InvitationRule:
    """Take a rule back, and with it the letters that still lie unopened. Raises Forbidden, NotFound."""
    ensure_administrator(actor)
    rule = session.get(InvitationRule, rule_id) if 0 < rule_id < 2**31 else None
    if rule is None:
        raise NotFound(_("There is no such line on the white list."))
    done = session.execute(
        update(InvitationRule)
        .where(InvitationRule.id == rule_id, InvitationRule.revoked_at.is_(None))
        .values(revoked_at=utcnow())
    )
    if rows_changed(done):
        end_letters(session, Ending.REVOKED, Invitation.rule_id == rule_id)
        record(
            session,
            Kind.INVITATION_RULE_REVOKED,
            actor=actor,
            subject=f"white list {rule_id}",
            old={"pattern": rule.pattern},
        )
    return rule


def list_rules(session: Session, wanted: str = "", *, most: int = 200) -> list[InvitationRule]:
    """The rules that nobody has revoked, newest first; ``wanted`` is a part of the pattern."""
    query = (
        select(InvitationRule)
        .where(InvitationRule.revoked_at.is_(None))
        .options(joinedload(InvitationRule.department), joinedload(InvitationRule.created_by))
        .order_by(InvitationRule.id.desc())
        .limit(most)
    )
    if wanted:
        query = query.where(InvitationRule.pattern.contains(wanted.lower(), autoescape=True))
    return list(session.scalars(query))
