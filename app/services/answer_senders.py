"""Who writes to us from a messenger: staff by their own addresses, and nobody else."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.notify.jabber.account import bare_jid
from app.notify.sms.numbers import mobile_number
from app.text import phone_digits
from models import Staff

# a shorter one is an extension of the house, which nobody sends messages from
LEAST_DIGITS = 7


def sender_by_jabber(session: Session, jid: str) -> Staff | None:
    """The one active person with this Jabber ID, whatever its case and device; None if nobody or several."""
    return _only(session, (user_id for user_id, own in jabber_ids(session) if own == bare_jid(jid)))


def sender_by_phone(session: Session, number: str, *, region: str = "UA") -> Staff | None:
    """The one active person with this telephone number, however it is written; None if nobody or several.

    ``number`` is as operators write it, with the country's code; ``region`` is the country of numbers that
    people have written without one.
    """
    digits = phone_digits(number)
    if len(digits) < LEAST_DIGITS:
        return None
    whole = mobile_number(f"+{digits}", region)
    rows = session.execute(select(Staff.id, Staff.phone).where(Staff.active.is_(True), Staff.phone != ""))
    return _only(session, (row.id for row in rows if _is_number(row.phone, digits, whole, region)))


def jabber_ids(session: Session) -> list[tuple[int, str]]:
    """(id, bare Jabber ID) of all active staff who have one."""
    rows = session.execute(
        select(Staff.id, Staff.jabber_id).where(Staff.active.is_(True), Staff.jabber_id != "")
    )
    return [(row.id, jid) for row in rows if (jid := bare_jid(row.jabber_id))]


def _is_number(typed: str, digits: str, whole: str, region: str) -> bool:
    return phone_digits(typed) == digits or bool(whole and mobile_number(typed, region) == whole)


def _only(session: Session, user_ids: Iterable[int]) -> Staff | None:
    found = list(user_ids)
    return session.get(Staff, found[0]) if len(found) == 1 else None
