"""Who a staff member is at a sign-in service outside (OAuth, OpenID Connect, SAML)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Model, UtcDateTime, utcnow

LONGEST_ISSUER, LONGEST_SUBJECT = 300, 300


class OutsideIdentity(Model):
    """The one person outside who opens an account, known from his first sign-in on.

    ``subject`` is his unchanging name at ``issuer``: an e-mail or a login may go over to somebody else there.
    """

    __tablename__ = "outside_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject", name="uq_outside_identity"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True)
    issuer: Mapped[str] = mapped_column(String(LONGEST_ISSUER))
    subject: Mapped[str] = mapped_column(String(LONGEST_SUBJECT))
    bound_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
