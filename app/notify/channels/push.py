"""Browser push for closed tabs (RFC 8030): through the browser's maker, readable to the browser alone."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import requests
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import current_app
from flask_babel import lazy_gettext as _l
from py_vapid import Vapid02
from pywebpush import WebPushException, webpush
from sqlalchemy import delete, select

from app.extensions import db
from app.notify.channels.base import (
    Channel,
    Field,
    FieldKind,
    Message,
    Permanent,
    Receipt,
    Settings,
    Temporary,
)
from models import ChannelName, PushSubscription, Staff, utcnow

TIMEOUT = 10  # seconds
LONGEST_TEXT = 500  # characters; a push service takes 4,096 bytes
# the order of the group of P-256 (SEC 2, 2.4.2)
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
DELIVERED_HOSTS = (
    "fcm.googleapis.com, updates.push.services.mozilla.com, *.notify.windows.com, web.push.apple.com"
)


class PushChannel(Channel):
    """A message to every browser in which the person has allowed it."""

    name = ChannelName.PUSH
    patience = timedelta(hours=4)
    seconds = 60
    fields = (
        Field(
            "contact",
            _l("Address for complaints"),
            is_required=True,
            help=_l("A mail address that the browsers' makers may write to."),
        ),
        Field("hosts", _l("Push services"), FieldKind.AREA, default=DELIVERED_HOSTS),
    )

    @staticmethod
    def address_of(person: Staff) -> str:
        """His number: which browsers are his is looked up when the message goes."""
        return str(person.id)

    def send(self, message: Message) -> Receipt:
        """Send to each browser; gone when one has it. Browsers that are no more are forgotten."""
        rows = list(
            db.session.scalars(select(PushSubscription).where(PushSubscription.user_id == int(message.to)))
        )
        failures: list[str] = []
        reached: list[int] = []
        for row in rows:
            problem = self._push(row, message)
            if problem is None:
                reached.append(row.id)
            elif problem:
                failures.append(problem)
        if reached:
            return Receipt(provider_id=f"{len(reached)} browsers", parts=len(reached))
        if failures:
            raise Temporary(failures[0])
        raise Permanent("no browser takes it any more")

    def send_to(self, row: PushSubscription, message: Message) -> Receipt:
        """Send to this browser alone. Raises Temporary or Permanent."""
        problem = self._push(row, message)
        if problem is None:
            return Receipt(provider_id="1 browser")
        raise Temporary(problem) if problem else Permanent("no browser takes it any more")

    def _push(self, row: PushSubscription, message: Message) -> str | None:
        """None: it went; an empty text: the browser is gone for good; else what went wrong."""
        if not is_allowed_endpoint(row.endpoint, self.settings):
            return ""
        try:
            webpush(
                {"endpoint": row.endpoint, "keys": {"p256dh": row.p256dh, "auth": row.auth}},
                data=_payload(message),
                vapid_private_key=_signer(),
                vapid_claims={"sub": f"mailto:{self.settings.text('contact')}"},
                ttl=int(self.patience.total_seconds()),
                timeout=TIMEOUT,
                headers={"Urgency": "high" if message.is_urgent else "normal", "Topic": message.key[:32]},
            )
        except WebPushException as error:
            status = getattr(error.response, "status_code", 0)
            if status in {400, 404, 410, 413}:
                db.session.execute(delete(PushSubscription).where(PushSubscription.id == row.id))
                return ""
            return f"status {status}"
        except (requests.RequestException, OSError) as error:
            return type(error).__name__
        except (ValueError, TypeError):
            db.session.execute(delete(PushSubscription).where(PushSubscription.id == row.id))
            return ""  # keys that are none
        row.worked_at = utcnow()
        return None

    def check(self) -> None:
        """Our key can be made; of a push service nothing can be asked but a message."""
        public_key()


def public_key() -> str:
    """Our public key as a browser wants it (``applicationServerKey``)."""
    point = _private_key().public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return urlsafe_b64encode(point).rstrip(b"=").decode()


def is_allowed_endpoint(endpoint: str, settings: Settings) -> bool:
    """Whether this is an address of a push service that the settings name: staff name no other servers."""
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    allowed = settings.text("hosts").replace(",", " ").split()
    if f"{host}:{port}" in allowed:  # named with its port: a push service of the firm's own
        return parts.scheme in {"https", "http"}
    return parts.scheme == "https" and port in {None, 443} and any(_matches(host, one) for one in allowed)


def _matches(host: str, pattern: str) -> bool:
    return host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:]))


def _payload(message: Message) -> str:
    """What the page's service worker shows: the policy has let its reader have it, and nobody else can."""
    shown: dict[str, Any] = {
        "title": message.subject[:120],
        "body": message.text[:LONGEST_TEXT],
        "url": urlsplit(message.url).path or "/",
        "tag": message.key,
        "urgent": message.is_urgent,
    }
    return json.dumps(shown, ensure_ascii=False)


def _private_key() -> ec.EllipticCurvePrivateKey:
    """Our key for signing (RFC 8292). It follows from ``SECRET_KEY``, so that there is none to keep or lose;
    with another ``SECRET_KEY`` every browser subscribes anew."""
    digest = sha256(f"vapid\0{current_app.config['SECRET_KEY']}".encode()).digest()
    return ec.derive_private_key(int.from_bytes(digest, "big") % (_ORDER - 1) + 1, ec.SECP256R1())


def _signer() -> Vapid02:
    return Vapid02(private_key=_private_key())
