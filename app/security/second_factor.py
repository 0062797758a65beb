"""The second factor: codes of an authenticator (TOTP, RFC 6238) and recovery codes that work once.

A code is taken once only (RFC 6238, 5.2): the half minute of the last one is remembered, and none that is not
later is taken. A clock may be half a minute slow or fast.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

import pyotp
from flask import current_app
from flask_appbuilder.security.sqla.models import assoc_group_role, assoc_user_group, assoc_user_role
from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from app.security.sealing import seal, unseal
from models import RecoveryCode, SecondFactor, SecondFactorRole, Staff, utcnow

PURPOSE = "second factor"
ISSUER = "Helpdesk"
STEP = 30  # seconds
SKEW = (0, -1, 1)  # steps
CODES, CODE_LENGTH = 10, 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else
MOST_FAILURES = 5
LOCKED_FOR = timedelta(minutes=5)


class Answer(Enum):
    """What a typed code was worth."""

    CODE = "code"
    RECOVERY = "recovery"
    WRONG = "wrong"
    LOCKED = "locked"

    @property
    def is_right(self) -> bool:
        """Whether it lets the person in."""
        return self in {Answer.CODE, Answer.RECOVERY}


@dataclass(frozen=True)
class Standing:
    """Whether a person has a second factor, whether he must, and how many recovery codes are left."""

    is_on: bool
    is_required: bool
    codes_left: int

    @property
    def must_enrol(self) -> bool:
        """He can do nothing else before he has one."""
        return self.is_required and not self.is_on


def has_factor() -> ColumnElement[bool]:
    """The term of a query over Staff: the person's second factor is on."""
    return exists().where(SecondFactor.user_id == Staff.id, SecondFactor.confirmed_at.is_not(None))


def is_required() -> ColumnElement[bool]:
    """The term of a query over Staff: one of the person's roles, own or of a group, asks for one."""
    roles = select(SecondFactorRole.role_id)
    direct = exists().where(assoc_user_role.c.user_id == Staff.id, assoc_user_role.c.role_id.in_(roles))
    grouped = exists().where(
        assoc_user_group.c.user_id == Staff.id,
        assoc_group_role.c.group_id == assoc_user_group.c.group_id,
        assoc_group_role.c.role_id.in_(roles),
    )
    return or_(direct, grouped)


def must_enrol() -> ColumnElement[bool]:
    """The term of a query over Staff: he must have one and has none."""
    return and_(is_required(), ~has_factor())


def standing(session: Session, user_id: int) -> Standing:
    """How it stands with one person, in one statement."""
    left = select(func.count()).where(RecoveryCode.user_id == Staff.id).scalar_subquery()
    row = session.execute(select(has_factor(), is_required(), left).where(Staff.id == user_id)).one_or_none()
    return Standing(*row) if row else Standing(False, False, 0)


def start(session: Session, user_id: int) -> str:
    """The secret that is being set up, made when first asked for. Does not touch a factor that is on."""
    row = session.get(SecondFactor, user_id)
    secret = unseal(row.sealed_secret, PURPOSE) if row else None
    if secret is None:
        secret = pyotp.random_base32()
        row = row or SecondFactor(user_id=user_id)
        row.sealed_secret, row.confirmed_at = seal(secret, PURPOSE), None
        session.add(row)
        session.flush()
    return secret


def address_of(secret: str, name: str) -> str:
    """The otpauth address that authenticators read from the QR code."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER))


def confirm(session: Session, user_id: int, typed: str) -> list[str]:
    """Switch the factor on if the code is right, and return the recovery codes; otherwise an empty list."""
    row = session.get(SecondFactor, user_id)
    step = _step_of(row, typed) if row and row.confirmed_at is None else None
    if row is None or step is None:
        return []
    row.confirmed_at, row.last_step = utcnow(), step
    row.failures, row.locked_until = 0, None
    return make_recovery_codes(session, user_id)


def make_recovery_codes(session: Session, user_id: int) -> list[str]:
    """New recovery codes in place of all earlier ones: shown once, kept as hashes."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = ["".join(secrets.choice(ALPHABET) for _letter in range(CODE_LENGTH)) for _code in range(CODES)]
    session.add_all([RecoveryCode(user_id=user_id, code_hash=_hash(user_id, code)) for code in codes])
    session.flush()
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def switch_off(session: Session, user_id: int) -> None:
    """Forget the secret and the recovery codes."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    session.execute(delete(SecondFactor).where(SecondFactor.user_id == user_id))
    session.expire_all()


def check(session: Session, user_id: int, typed: str) -> Answer:
    """Take a code or a recovery code in the caller's transaction, which must be committed either way.

    After :data:`MOST_FAILURES` wrong ones in a row nothing is taken for :data:`LOCKED_FOR`.
    """
    row = session.scalars(
        select(SecondFactor)
        .where(SecondFactor.user_id == user_id, SecondFactor.confirmed_at.is_not(None))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        return Answer.WRONG
    if row.locked_until is not None and row.locked_until > utcnow():
        return Answer.LOCKED
    step = _step_of(row, typed)
    if step is not None and _claim_step(session, user_id, step):
        return Answer.CODE
    if _use_recovery_code(session, user_id, typed):
        _write(session, user_id, failures=0, locked_until=None)
        return Answer.RECOVERY
    return _count_failure(session, user_id)


def _step_of(row: SecondFactor, typed: str) -> int | None:
    """The half minute whose code was typed, later than the last one taken; None for a wrong code."""
    digits = "".join(typed.split())
    secret = unseal(row.sealed_secret, PURPOSE)
    if secret is None or not (len(digits) == 6 and digits.isascii() and digits.isdigit()):
        return None
    totp, now = pyotp.TOTP(secret), int(time.time()) // STEP
    steps = [now + skew for skew in SKEW if now + skew > (row.last_step or 0)]
    return next((step for step in steps if hmac.compare_digest(totp.generate_otp(step), digits)), None)


def _claim_step(session: Session, user_id: int, step: int) -> bool:
    """Two requests with the same code: one of them wins."""
    taken: Any = session.execute(
        update(SecondFactor)
        .where(SecondFactor.user_id == user_id, SecondFactor.last_step < step)
        .values(last_step=step, failures=0, locked_until=None)
    )
    return bool(taken.rowcount)


def _use_recovery_code(session: Session, user_id: int, typed: str) -> bool:
    code = "".join(letter for letter in typed.lower() if letter in ALPHABET)
    if len(code) != CODE_LENGTH:
        return False
    used: Any = session.execute(
        delete(RecoveryCode).where(
            RecoveryCode.user_id == user_id, RecoveryCode.code_hash == _hash(user_id, code)
        )
    )
    return bool(used.rowcount)


def _count_failure(session: Session, user_id: int) -> Answer:
    _write(session, user_id, failures=SecondFactor.failures + 1)
    failures = session.scalar(select(SecondFactor.failures).where(SecondFactor.user_id == user_id)) or 0
    if failures < MOST_FAILURES:
        return Answer.WRONG
    _write(session, user_id, failures=0, locked_until=utcnow() + LOCKED_FOR)
    return Answer.LOCKED


def _write(session: Session, user_id: int, **values: Any) -> None:
    session.execute(update(SecondFactor).where(SecondFactor.user_id == user_id).values(**values))


def _hash(user_id: int, code: str) -> str:
    """Fifty random bits need no slow hash; the key is not in the database."""
    secret: str = current_app.config["SECRET_KEY"]
    return hmac.new(secret.encode(), f"recovery|{user_id}|{code}".encode(), hashlib.sha256).hexdigest()
