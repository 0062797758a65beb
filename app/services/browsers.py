"""The browsers in which a person is told while no page is open (Web Push)."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from binascii import Error as NoBase64
from collections.abc import Sequence
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec
from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid, NotFound
from app.events import Kind, record
from app.notify.channels.push import PushChannel, is_allowed_endpoint
from app.notify.channels.registry import settings_of
from app.policy import Actor
from app.security.devices import device_name
from models import ChannelName, ChannelSetting, PushSubscription, Staff, rows_changed

MOST = 10
LONGEST_ENDPOINT = 1000
AUTH_BYTES = 16  # RFC 8291, 3.2
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+={0,2}")


def own_browsers(session: Session, user_id: int) -> Sequence[PushSubscription]:
    """The person's browsers, the newest first."""
    query = select(PushSubscription).where(PushSubscription.user_id == user_id)
    return session.scalars(query.order_by(PushSubscription.id.desc())).all()


def mark_of(endpoint: str) -> str:
    """By what a browser's page knows its own line; tells nobody the address."""
    return sha256(endpoint.encode()).hexdigest()[:32]


def add_browser(
    session: Session, endpoint: str, p256dh: str, auth: str, *, agent: str, actor: Actor
) -> PushSubscription:
    """Keep what a browser has subscribed to, for the person who uses it now. Raises Invalid, Conflict.

    The same browser again, also of somebody who used it before, is one row; its keys prove that it is the
    same.
    """
    settings = settings_of(PushChannel, session.get(ChannelSetting, ChannelName.PUSH))
    if not 1 <= len(endpoint) <= LONGEST_ENDPOINT or not is_allowed_endpoint(endpoint, settings):
        raise Invalid(_("The push service of this browser is not allowed here. Ask an administrator."))
    if not _is_point(p256dh) or len(_bytes(auth)) != AUTH_BYTES:
        raise Invalid(_("The keys of this browser cannot be used. Reload the page and try again."))
    # a row of the person's is held, so that two requests at once do not pass the limit together
    session.scalars(select(Staff.id).where(Staff.id == actor.id).with_for_update()).one()
    row = session.scalars(select(PushSubscription).where(PushSubscription.endpoint == endpoint)).one_or_none()
    if row is not None and (row.p256dh, row.auth) != (p256dh, auth):
        raise Invalid(_("The keys of this browser cannot be used. Reload the page and try again."))
    if (row is None or row.user_id != actor.id) and len(own_browsers(session, actor.id)) >= MOST:
        raise Invalid(_("There are %(number)s browsers already: remove one first.", number=MOST))
    if row is None:
        row = PushSubscription(endpoint=endpoint, p256dh=p256dh, auth=auth)
    elif row.user_id == actor.id:
        return row
    row.user_id, row.device, row.worked_at = actor.id, device_name(agent), None
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise Conflict(_("Another page of this browser was faster. Reload the page.")) from None
    _note(session, actor, new={"browser": row.device})
    return row


def remove_browser(session: Session, subscription_id: int, *, actor: Actor) -> str:
    """Forget one of the person's browsers; its name. Raises NotFound."""
    row = session.get(PushSubscription, subscription_id)
    if row is None or row.user_id != actor.id:
        raise NotFound(_("This browser is not on your list any more."))
    device = row.device
    session.delete(row)
    _note(session, actor, old={"browser": device})
    return device


def forget_endpoint(session: Session, endpoint: str, *, user_id: int) -> bool:
    """Forget the browser that has just unsubscribed; False when it was none of the person's."""
    named = (PushSubscription.endpoint == endpoint[:LONGEST_ENDPOINT], PushSubscription.user_id == user_id)
    result = session.execute(delete(PushSubscription).where(*named))
    return bool(rows_changed(result))


def _bytes(text: str) -> bytes:
    """base64url with or without its padding; empty when it is none."""
    if len(text) > 200 or not _BASE64URL.fullmatch(text):
        return b""
    try:
        return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except (NoBase64, ValueError):
        return b""


def _is_point(text: str) -> bool:
    """Whether it is a public key on P-256 (RFC 8291, 3.1)."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(text))
    except ValueError:
        return False
    return True


def _note(
    session: Session,
    actor: Actor,
    *,
    old: dict[str, object] | None = None,
    new: dict[str, object] | None = None,
) -> None:
    record(session, Kind.SETTINGS_EDITED, actor=actor, subject=f"user {actor.id}", old=old, new=new)
