"""The settings of a channel as administrators set them: read, saved by compare-and-set, journalled."""

from __future__ import annotations

import json
import secrets as random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.events import Kind, record
from app.notify import health
from app.notify.channels.base import Channel, FieldKind, Settings
from app.notify.channels.console import Console
from app.notify.channels.registry import (
    CHANNELS,
    CONSOLE_SWITCH,
    open_secrets,
    seal_secrets,
    secret_names,
    settings_of,
)
from app.policy import Actor
from app.services.channel_fields import clean_values, is_used, needed_fields, secret_problem
from models import ChannelName, ChannelSetting

HOOK_SECRET = "hook_secret"
# another server or account must not get what was meant for this one
BINDING = ("way", "host", "server", "domain", "url", "user", "jid", "account", "protection", "is_encrypted")
CHANGED = "changed"


@dataclass(frozen=True)
class Stored:
    """A channel's settings as they hold now. ``row`` None: the environment's, or nothing at all."""

    channel: type[Channel]
    row: ChannelSetting | None
    settings: Settings

    @property
    def version(self) -> int:
        """What the form carries; 0: never saved."""
        return self.row.version if self.row else 0

    @property
    def is_on(self) -> bool:
        """Whether people are told over it."""
        return self.row.is_on if self.row else self.is_of_environment

    @property
    def is_of_environment(self) -> bool:
        """Whether the environment gives the settings, because nobody has saved any."""
        given = getattr(self.channel, "environment", None)
        return self.row is None and bool(given and given())

    @property
    def kept_secrets(self) -> frozenset[str]:
        """The names of the secrets that are stored and can be read."""
        return frozenset(name for name in secret_names(self.channel) if self.settings.text(name))

    @property
    def is_unreadable(self) -> bool:
        """Whether there are secrets that nobody can open any more: ``SECRET_KEY`` is another one."""
        return bool(self.row and self.row.sealed and not open_secrets(self.row))


@dataclass(frozen=True)
class Typed:
    """A form of settings as it was sent. ``forgotten``: the secrets that are to be none any more."""

    values: Mapping[str, str]
    secrets: Mapping[str, str]
    forgotten: frozenset[str] = frozenset()
    is_on: bool = False
    is_console: bool = False


def ensure_administrator(actor: Actor) -> None:
    """Raise Forbidden for anybody else: these accounts are the whole organisation's."""
    if not actor.is_administrator:
        raise Forbidden(_("Only administrators set the channels."))


def stored_channel(session: Session, name: str, *, is_locked: bool = False) -> Stored:
    """The channel of this name as it is set. Raises NotFound."""
    channel = CHANNELS.get(name)
    if channel is None:
        raise NotFound(_("There is no such channel."))
    query = select(ChannelSetting).where(ChannelSetting.channel == name)
    if is_locked:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalars(query).one_or_none()
    return Stored(channel, row, settings_of(channel, row))


def is_complete(stored: Stored) -> bool:
    """Whether everything is there that the channel cannot work without; its console twin needs nothing."""
    settings = stored.settings
    needed = needed_fields(stored.channel, settings.text("way"))
    return settings.flag(CONSOLE_SWITCH) or all(settings.text(name) for name in needed)


def tried_channel(session: Session, name: str) -> Channel:
    """The channel with what is saved, on or off, for a check or a test; its twin if the switch says so."""
    stored = stored_channel(session, name)
    if stored.settings.flag(CONSOLE_SWITCH):
        return Console(stored.settings, stored.channel)
    return stored.channel(stored.settings)


def save_channel(session: Session, name: str, typed: Typed, *, version: int, actor: Actor) -> ChannelSetting:
    """Keep what was typed. Empty secrets stay as they are, unless the server or account is another one.

    Raises Forbidden unless an administrator asks, Invalid naming the fields, Conflict when a colleague has
    changed them since ``version``.
    """
    ensure_administrator(actor)
    stored = stored_channel(session, name, is_locked=True)
    if stored.version != version:
        raise Conflict(_("Someone has changed these settings meanwhile."), current=stored.version)
    values, wrong = clean_values(stored.channel, typed.values, stored.settings.values)
    secrets = _secrets(stored, values, typed, wrong)
    if typed.is_on:
        for needed in needed_fields(stored.channel, str(values.get("way", ""))):
            if not wrong.get(needed) and not (values.get(needed) or secrets.get(needed)):
                wrong[needed] = _("Write this, or the channel cannot be switched on.")
    if wrong:
        raise Invalid(fields=wrong)
    values[CONSOLE_SWITCH] = typed.is_console
    row = stored.row or ChannelSetting(channel=name, version=0, values={}, sealed="", is_on=False)
    before = {**stored.settings.values, "is_on": stored.is_on}
    changed = [one for one in (*values, "is_on") if before.get(one) != {**values, "is_on": typed.is_on}[one]]
    new_secrets = _changed_secrets(stored, secrets)
    row.values, row.sealed, row.is_on, row.version = values, seal_secrets(secrets), typed.is_on, version + 1
    _store(session, row)
    health.begin_anew(session, name)
    if changed or new_secrets:
        old = {one: before.get(one) for one in changed if one not in secret_names(stored.channel)}
        new = {one: {**values, "is_on": typed.is_on}[one] for one in changed}
        new |= dict.fromkeys(new_secrets, CHANGED)
        record(session, Kind.CHANNEL_EDITED, actor=actor, subject=name, old=old, new=new)
    return row


def make_hook_secret(session: Session, *, actor: Actor) -> str:
    """A new secret for the address that a gateway calls; the one before opens nothing any more.

    Raises Forbidden, and Invalid when nothing has been saved for short messages yet.
    """
    ensure_administrator(actor)
    stored = stored_channel(session, ChannelName.SMS, is_locked=True)
    if stored.row is None:
        raise Invalid(_("Save the settings first, then make the address."))
    if stored.is_unreadable:
        raise Invalid(_("The stored secrets cannot be read any more: write them once more and save."))
    secret = random.token_urlsafe(24)
    stored.row.sealed = seal_secrets({**open_secrets(stored.row), HOOK_SECRET: secret})
    stored.row.version += 1
    record(session, Kind.CHANNEL_EDITED, actor=actor, subject=ChannelName.SMS, new={HOOK_SECRET: CHANGED})
    session.flush()
    return secret


def is_hook_secret(session: Session, given: str) -> bool:
    """Whether this is the secret of the gateway's address, told in constant time."""
    row = session.get(ChannelSetting, ChannelName.SMS)
    kept = open_secrets(row).get(HOOK_SECRET, "") if row is not None else ""
    return random.compare_digest(kept.encode(), given.encode()) and bool(kept)


def _secrets(
    stored: Stored, values: Mapping[str, Any], typed: Typed, wrong: dict[str, str]
) -> dict[str, str]:
    """The secrets as they will be stored; what is wrong with them is added to ``wrong``."""
    secrets = dict(open_secrets(stored.row)) if stored.row else {}
    for name in secret_names(stored.channel):
        new, kept = typed.secrets.get(name, ""), stored.settings.text(name)
        if not is_used(stored.channel, name, str(values.get("way", ""))):
            new = ""
        if new:
            problem = secret_problem(stored.channel, name, new)
            if problem:
                wrong[name] = problem
            secrets[name] = new
        elif name in typed.forgotten:
            secrets.pop(name, None)
        elif kept and _is_moved(stored, values):
            wrong[name] = _("Write it anew, or tick “Forget it”: the server or the account is another one.")
        elif kept:
            secrets[name] = kept
    return secrets


def _is_moved(stored: Stored, values: Mapping[str, Any]) -> bool:
    """Whether these settings name another server or account than the stored secrets belong to."""
    kept = stored.settings.values
    return any(str(kept.get(name) or "") != str(values.get(name) or "") for name in BINDING)


def _changed_secrets(stored: Stored, secrets: Mapping[str, str]) -> list[str]:
    names = sorted(secret_names(stored.channel))
    return [name for name in names if stored.settings.text(name) != secrets.get(name, "").strip()]


def _store(session: Session, row: ChannelSetting) -> None:
    """Write the row; of several who save it for the first time at once, one wins."""
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        raise Conflict(_("Someone has changed these settings meanwhile."), current=1) from None


def plain_form(stored: Stored) -> dict[str, str]:
    """The stored settings as a form holds them; never a secret."""
    form: dict[str, str] = {}
    for field in stored.channel.fields:
        value = stored.settings.values.get(field.name)
        if field.kind == FieldKind.FLAG:
            form[field.name] = "1" if value else ""
        elif field.kind != FieldKind.SECRET:
            form[field.name] = "" if value is None else _as_text(value)
    return form


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
