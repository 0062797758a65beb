"""An authenticator for tests."""

from __future__ import annotations

import time

import pyotp
from sqlalchemy.orm import Session

from app.security import second_factor
from models import SecondFactor, Staff


def enrol(session: Session, person: Staff) -> tuple[str, list[str]]:
    """Give the person a second factor; returns its secret and the recovery codes. No code is used up."""
    secret = second_factor.start(session, person.id)
    codes = second_factor.confirm(session, person.id, code_of(secret))
    session.get_one(SecondFactor, person.id).last_step = 0
    session.commit()
    return secret, codes


def code_of(secret: str, *, steps: int = 0) -> str:
    """What the authenticator shows, ``steps`` half minutes from now."""
    return pyotp.TOTP(secret).at(time.time() + steps * 30)
