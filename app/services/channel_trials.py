"""Trying a channel out: a check or a test message, done by the courier, its outcome read from a page.

What was asked and what came of it lie in Redis for some minutes; nobody but the one who asked reads it.
"""

from __future__ import annotations

import json
import logging
import secrets
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from redis.exceptions import RedisError
from rq import Worker
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound
from app.extensions import queue, redis
from app.notify import health
from app.notify.channels.base import Channel, ChannelError, Message, Permanent, Receipt
from app.notify.channels.push import PushChannel
from app.notify.channels.registry import CHANNELS, open_channel
from app.notify.queues import queue_names
from app.policy import Actor, load_actor
from app.services.channel_settings import (
    ensure_administrator,
    is_complete,
    stored_channel,
    tried_channel,
)
from models import ChannelName, OwnAddress, PushSubscription, Staff

log = logging.getLogger(__name__)
RUN = "jobs.channel_trials.run"
KEPT = 600  # seconds
ALLOWED = 10  # trials of one person within KEPT: a test message may cost money
LONGEST = 40  # characters of a token


class TrialKind(StrEnum):
    """What is tried."""

    CHECK = "check"  # ask the provider, sending nothing
    SEND = "send"  # a message to the administrator himself
    BROWSER = "browser"  # to one of his browsers
    ADDRESS = "address"  # to one of his messengers


@dataclass(frozen=True)
class Trial:
    """A trial and what came of it. ``target``: the row of a browser or a messenger; ``error``: the provider's
    words as the ledger holds them."""

    kind: str
    channel: str
    user_id: int
    target: int = 0
    is_done: bool = False
    error: str = ""
    provider_id: str = ""
    parts: int = 0
    address: str = ""


def ask_check(session: Session, channel: str, *, actor: Actor) -> str:
    """Have the channel checked as it is saved; returns the token of the outcome. Raises Invalid."""
    return _ask_as_administrator(session, TrialKind.CHECK, channel, actor)


def ask_send(session: Session, channel: str, *, actor: Actor) -> str:
    """Have a test message sent to the administrator; returns the token of the outcome. Raises Invalid."""
    return _ask_as_administrator(session, TrialKind.SEND, channel, actor)


def ask_browser(session: Session, subscription_id: int, *, actor: Actor) -> str:
    """Have a test message sent to one of the person's browsers. Raises NotFound, Invalid."""
    row = session.get(PushSubscription, subscription_id)
    if row is None or row.user_id != actor.id:
        raise NotFound(_("This browser is not on your list any more."))
    return _ask(Trial(TrialKind.BROWSER, ChannelName.PUSH, actor.id, row.id))


def ask_address(session: Session, address_id: int, *, actor: Actor) -> str:
    """Have a test message sent to one of the person's messengers. Raises NotFound, Invalid."""
    row = session.get(OwnAddress, address_id)
    if row is None or row.user_id != actor.id:
        raise NotFound(_("This messenger is not on your list any more."))
    return _ask(Trial(TrialKind.ADDRESS, ChannelName.OWN, actor.id, row.id))


def outcome_of(token: str, *, actor: Actor) -> Trial:
    """What came of a trial so far. Raises NotFound when it is another's or too long ago."""
    trial = _read(token)
    if trial is None or trial.user_id != actor.id:
        raise NotFound(_("The outcome is not kept any more. Try once more."))
    return trial


def has_courier(channel: str) -> bool:
    """Whether any process sends over this channel now, as far as Redis knows."""
    try:
        return bool(Worker.all(queue=queue(queue_names(channel)[0])))
    except (RedisError, OSError):
        return False


def run_trial(session: Session, token: str) -> str:
    """In the courier: do it and write down what came of it; returns the error, empty when it went well."""
    trial = _read(token)
    if trial is None or trial.is_done:
        return ""
    try:
        done = _try(session, trial, f"test-{token}")
    except ChannelError as error:
        done = replace(trial, error=str(error)[:300] or "failed")
    except Exception as error:  # nonsense from a provider must not stay without an answer on the page
        log.exception("the trial of %s broke", trial.channel)
        session.rollback()
        done = replace(trial, error=type(error).__name__)
    session.commit()
    redis().set(_key(token), json.dumps(asdict(replace(done, is_done=True))), ex=KEPT)
    return done.error


def _ask_as_administrator(session: Session, kind: TrialKind, channel: str, actor: Actor) -> str:
    ensure_administrator(actor)
    if not is_complete(stored_channel(session, channel)):
        raise Invalid(_("Fill in the form and save it first: what is saved is tried."))
    if kind is TrialKind.SEND and not _own_address(session, channel, actor.id):
        raise Invalid(
            _("You have no address for this channel yourself: write it into your own settings first.")
        )
    return _ask(Trial(kind, channel, actor.id))


def _ask(trial: Trial) -> str:
    """Put it into the channel's urgent queue. Raises Invalid when nobody would do it."""
    if not has_courier(trial.channel):
        raise Invalid(_("The courier is not running, so nothing is sent at all. Start it: flask courier."))
    token = secrets.token_urlsafe(16)
    try:
        counted = f"helpdesk:trials:{trial.user_id}"
        with redis().pipeline() as pipe:
            pipe.incr(counted)
            pipe.expire(counted, KEPT, nx=True)
            number = int(pipe.execute()[0])
        if number > ALLOWED:
            raise Invalid(_("This was a lot of tests. Wait ten minutes and try again."))
        redis().set(_key(token), json.dumps(asdict(trial)), ex=KEPT)
        seconds = CHANNELS[trial.channel].seconds + 30
        queue(queue_names(trial.channel)[0]).enqueue(
            RUN, token, job_timeout=seconds, result_ttl=0, failure_ttl=3600, ttl=KEPT
        )
    except (RedisError, OSError):
        raise Invalid(_("The queue of background work does not answer. Try again in a minute.")) from None
    return token


def _try(session: Session, trial: Trial, key: str) -> Trial:
    if trial.kind == TrialKind.CHECK:
        channel = tried_channel(session, trial.channel)
        session.commit()
        channel.check()
        return trial
    actor = load_actor(session, trial.user_id)
    administered = trial.kind == TrialKind.SEND
    channel = tried_channel(session, trial.channel) if administered else _opened(session, trial.channel)
    to = _own_address(session, trial.channel, actor.id) if administered else _target(trial)
    if not to:
        raise Permanent("no_address")
    message = _message(actor, to, key)
    receipt = _send(session, channel, trial, message)
    health.has_worked(session, trial.channel)
    shown = to if trial.channel not in (ChannelName.PUSH, ChannelName.OWN) else ""
    return replace(trial, provider_id=receipt.provider_id[:200], parts=receipt.parts, address=shown)


def _send(session: Session, channel: Channel, trial: Trial, message: Message) -> Receipt:
    if trial.kind == TrialKind.BROWSER and isinstance(channel, PushChannel):
        row = session.get(PushSubscription, trial.target)
        if row is None or row.user_id != trial.user_id:
            raise Permanent("no browser takes it any more")
        return channel.send_to(row, message)
    session.commit()  # no lock is held while a provider thinks
    return channel.send(message)


def _opened(session: Session, name: str) -> Channel:
    channel = open_channel(session, name)
    if channel is None:
        raise Permanent("channel_off")
    return channel


def _target(trial: Trial) -> str:
    return f"own:{trial.target}" if trial.kind == TrialKind.ADDRESS else str(trial.user_id)


def _own_address(session: Session, channel: str, user_id: int) -> str:
    """Where this person is reached over the channel; empty: nowhere."""
    if channel == ChannelName.OWN:
        query = select(OwnAddress.id).where(OwnAddress.user_id == user_id, OwnAddress.is_on)
        number = session.scalar(query.order_by(OwnAddress.id).limit(1))
        return f"own:{number}" if number else ""
    if channel == ChannelName.PUSH:
        query = select(PushSubscription.id).where(PushSubscription.user_id == user_id).limit(1)
        return str(user_id) if session.scalar(query) else ""
    return CHANNELS[channel].address_of(session.get_one(Staff, user_id))


def _message(actor: Actor, to: str, key: str) -> Message:
    with force_locale(actor.locale):
        text = _("This is a test message of the helpdesk. Nothing needs to be done.")
        return Message(
            key=key,
            to=to,
            subject=_("Test of the helpdesk"),
            text=text,
            html=text,
            url=f"{current_app.config['PUBLIC_URL']}/settings/messengers",
            locale=actor.locale,
        )


def _key(token: str) -> str:
    return f"helpdesk:trial:{token[:LONGEST]}"


def _read(token: str) -> Trial | None:
    try:
        kept = redis().get(_key(token))
    except (RedisError, OSError):
        return None
    return Trial(**json.loads(kept)) if isinstance(kept, (bytes, str)) else None
