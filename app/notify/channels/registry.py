"""All channels by name, and one of them opened with the settings of this moment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.notify.channels.base import Channel, FieldKind, Settings
from app.notify.channels.console import Console
from app.notify.channels.email import EmailChannel
from app.notify.channels.jabber import JabberChannel
from app.notify.channels.own import OwnChannel
from app.notify.channels.push import PushChannel
from app.notify.channels.sms import SmsChannel
from app.security.sealing import seal, unseal
from models import ChannelName, ChannelSetting

SECRET_PURPOSE = "channel"
# the order of the screens; the pop-up is no row here: it has no settings and its own way (app.notify.popup)
CHANNELS: Mapping[str, type[Channel]] = {
    ChannelName.JABBER: JabberChannel,
    ChannelName.EMAIL: EmailChannel,
    ChannelName.PUSH: PushChannel,
    ChannelName.OWN: OwnChannel,
    ChannelName.SMS: SmsChannel,
}
# every channel has this switch beside its own settings
CONSOLE_SWITCH = "console"


def kind_of(channel: str) -> str:
    """``own`` of ``own:5``: the channel that a delivery's or choice's channel belongs to."""
    return channel.partition(":")[0]


def stored_settings(session: Session) -> dict[str, ChannelSetting]:
    """The rows of the settings screen by channel."""
    return {row.channel: row for row in session.scalars(select(ChannelSetting))}


def channels_on(session: Session) -> frozenset[str]:
    """The names of the channels over which anybody is told anything now, the pop-up always among them."""
    rows = stored_settings(session)
    on = {name for name, channel in CHANNELS.items() if _is_on(channel, rows.get(name))}
    return frozenset(on) | {ChannelName.POPUP}


def open_channel(session: Session, channel: str) -> Channel | None:
    """The channel with its settings of this moment, or its console twin; None when it is switched off."""
    name = kind_of(channel)
    made = CHANNELS.get(name)
    row = session.get(ChannelSetting, name)
    if made is None or not _is_on(made, row):
        return None
    settings = settings_of(made, row)
    if settings.flag(CONSOLE_SWITCH):
        return Console(settings, made)
    return made(settings)


def settings_of(channel: type[Channel], row: ChannelSetting | None) -> Settings:
    """Defaults, over them the environment's (where the screen has said nothing), over them the screen's."""
    values: dict[str, Any] = {field.name: field.default for field in channel.fields}
    if row is None:
        return Settings({**values, **_from_environment(channel)})
    return Settings({**values, **row.values, **open_secrets(row)})


def open_secrets(row: ChannelSetting) -> dict[str, str]:
    """The secrets of a row; empty when ``SECRET_KEY`` is another one now (the screen says so)."""
    text = unseal(row.sealed, SECRET_PURPOSE) if row.sealed else None
    secrets: dict[str, str] = json.loads(text) if text else {}
    return secrets


def seal_secrets(secrets: Mapping[str, str]) -> str:
    """Secrets as they are stored."""
    return seal(json.dumps(dict(secrets)), SECRET_PURPOSE) if secrets else ""


def secret_names(channel: type[Channel]) -> frozenset[str]:
    """Which of a channel's settings are secrets."""
    return frozenset(field.name for field in channel.fields if field.kind == FieldKind.SECRET)


def _is_on(channel: type[Channel], row: ChannelSetting | None) -> bool:
    return row.is_on if row is not None else bool(_from_environment(channel))


def _from_environment(channel: type[Channel]) -> dict[str, Any]:
    given = getattr(channel, "environment", None)
    return dict(given()) if given else {}
