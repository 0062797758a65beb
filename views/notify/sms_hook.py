"""``/hooks/sms/<secret>/…``: what an SMS gateway tells us. Its secret in the address is its sign-in."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from flask import Flask, Response, abort, request
from flask_appbuilder import AppBuilder
from flask_limiter.util import get_remote_address

from app.events import unit_of_work
from app.extensions import csrf
from app.services.channel_settings import is_hook_secret, stored_channel
from app.services.receipts import ReceiptStatus, note_receipt
from app.services.sms_answers import take_answer
from app.text import is_storable
from models import ChannelName
from views.base import session

LARGEST = 64 * 1024  # bytes
REPEATED = 600  # seconds
LONGEST_TEXT, LONGEST_ID = 2000, 200  # characters
WRONG_LIMIT, LIMIT = "30 per minute", "1200 per minute"
# how gateways call the same thing
_ID = ("id", "MessageSid", "SmsSid", "messageId", "message_id", "smsid")
_KEY = ("key", "client-ref", "client_ref")
_STATUS = ("status", "MessageStatus", "SmsStatus", "stat")
_FROM = ("from", "From", "msisdn", "phone", "sender")
_TEXT = ("text", "Body", "message", "mes")


def register_hook(app: Flask, builder: AppBuilder) -> None:
    """Add both addresses: without the check of our pages' tokens, limited, for nobody without the secret."""
    for name, view in (("receipt", hear_receipt), ("incoming", hear_incoming)):
        limited: Any = view
        csrf.exempt(view)
        if app.config["AUTH_RATE_LIMITED"]:
            limiter = builder.sm.limiter
            limited = limiter.limit(LIMIT, key_func=get_remote_address)(limited)
            limited = limiter.limit(
                WRONG_LIMIT, key_func=get_remote_address, deduct_when=lambda answer: answer.status_code == 404
            )(limited)
        app.add_url_rule(f"/hooks/sms/<secret>/{name}", f"sms_hook_{name}", limited, methods=["GET", "POST"])


def hear_receipt(secret: str) -> Any:
    """How a message ended: ``id`` or ``key``, and ``status`` in the words of the settings."""
    told = _told(secret)
    settings = stored_channel(session(), ChannelName.SMS).settings
    status = _status(_first(told, _STATUS), settings.text("arrived"), settings.text("lost"))
    number, key = _first(told, _ID)[:LONGEST_ID], _first(told, _KEY)[:64]
    if status is not None and (number or key):
        with unit_of_work(session()):
            note_receipt(session(), ChannelName.SMS, status, provider_id=number, key=key)
    return _heard()


def hear_incoming(secret: str) -> Any:
    """A message from a telephone: ``from``, ``text`` and ``id``."""
    told = _told(secret)
    sender, text = _first(told, _FROM)[:40], _first(told, _TEXT)[:LONGEST_TEXT]
    number = _first(told, _ID)[:LONGEST_ID]
    if not number:  # a gateway that numbers nothing: the same words soon again are the same message
        turn = int(time.time() // REPEATED)
        number = hashlib.sha256(f"{sender}|{text}|{turn}".encode()).hexdigest()[:32]
    if sender and text:
        take_answer(session(), sender=sender, text=text, external_id=number)
    return Response("", mimetype="text/plain")  # what stands here some gateways send back as a message


def _told(secret: str) -> dict[str, str]:
    """What was sent, wherever it stands. Answers 404 to whoever does not know the secret, 413 to too much."""
    request.max_content_length = LARGEST
    if not is_hook_secret(session(), secret):
        abort(404)
    told: dict[str, str] = dict(request.values.items())
    body = request.get_json(silent=True) if request.is_json else None
    if isinstance(body, dict):
        told |= {str(name): str(value) for name, value in body.items() if isinstance(value, (str, int))}
    return {name: value for name, value in told.items() if is_storable(value)}


def _first(told: dict[str, str], names: tuple[str, ...]) -> str:
    return next((told[name].strip() for name in names if told.get(name, "").strip()), "")


def _status(word: str, arrived: str, lost: str) -> ReceiptStatus | None:
    """None: nothing that the settings know, such as “still on its way”."""
    for status, words in ((ReceiptStatus.DELIVERED, arrived), (ReceiptStatus.UNDELIVERED, lost)):
        if word and word.lower() in {one.strip().lower() for one in words.split(",")}:
            return status
    return None


def _heard() -> Response:
    """What gateways take for a yes."""
    return Response("OK", mimetype="text/plain")
