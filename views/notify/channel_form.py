"""The form of a channel's settings: which fields stand together, and what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from app.notify.channels.base import Channel, Field, FieldKind
from app.services.channel_fields import WAYS, needed_fields
from app.services.channel_settings import Typed
from models import ChannelName


@dataclass(frozen=True)
class Group:
    """Fields that stand together. ``is_rare``: folded away while nothing is wrong in it."""

    title: LazyString | str
    fields: tuple[Field, ...]
    is_rare: bool = False


# of each channel its groups: title, names, folded away; fields named in none come last
_GROUPS: Mapping[str, tuple[tuple[LazyString | str, tuple[str, ...], bool], ...]] = {
    ChannelName.EMAIL: (
        (lazy_gettext("Server"), ("host", "port", "protection", "user", "password"), False),
        (lazy_gettext("Letters"), ("sender",), False),
        (lazy_gettext("More"), ("ca_file",), True),
    ),
    ChannelName.SMS: (
        (lazy_gettext("Way"), ("way",), False),
        (
            lazy_gettext("Account"),
            ("url", "host", "port", "is_encrypted", "apprise", "user", "password", "token"),
            False,
        ),
        (lazy_gettext("What is sent"), ("method", "body", "fields", "headers"), False),
        (lazy_gettext("How answers are read"), ("success", "refusal", "number"), False),
        (
            lazy_gettext("Messages and limits"),
            ("sender", "region", "most_parts", "price", "cap_person", "cap_all"),
            False,
        ),
        (lazy_gettext("More"), ("ca_file", "arrived", "lost"), True),
    ),
}  # fmt: skip
WIDE = frozenset(
    {"url", "fields", "headers", "success", "refusal", "number", "apprise", "hosts", "schemes", "way"}
)


def groups_of(channel: type[Channel]) -> list[Group]:
    """The fields of a channel as the page shows them."""
    fields = {field.name: field for field in channel.fields}
    groups: list[Group] = []
    for title, names, is_rare in _GROUPS.get(channel.name, ()):
        here = tuple(fields.pop(name) for name in names if name in fields)
        if here:
            groups.append(Group(title, here, is_rare))
    if fields:
        title = lazy_gettext("Further settings") if groups else lazy_gettext("Settings")
        groups.append(Group(title, tuple(fields.values())))
    return groups


def ways_of(channel: type[Channel], name: str) -> str:
    """The ways for which a field is shown, by name with spaces; empty: for all."""
    if channel.name != ChannelName.SMS:
        return ""
    return " ".join(way for way, names in WAYS.items() if name in names)


def group_ways(channel: type[Channel], group: Group) -> str:
    """The ways for which a group is shown; empty: for all."""
    each = [ways_of(channel, field.name) for field in group.fields]
    if not all(each):
        return ""
    return " ".join(sorted({way for ways in each for way in ways.split()}))


def needed_for(channel: type[Channel], name: str) -> bool:
    """Whether the channel cannot be switched on without the field, in a way that shows it."""
    return any(name in needed_fields(channel, way) for way in ("", *WAYS))


def sent_form(channel: type[Channel]) -> Typed:
    """The form as it was sent."""
    form = request.form
    names = {field.name: field.kind for field in channel.fields}
    secrets = {name: form.get(name, "") for name, kind in names.items() if kind == FieldKind.SECRET}
    return Typed(
        values={name: form.get(name, "") for name, kind in names.items() if kind != FieldKind.SECRET},
        secrets=secrets,
        forgotten=frozenset(name for name in secrets if form.get(f"forget_{name}") == "1"),
        is_on=form.get("is_on") == "1",
        is_console=form.get("console") == "1",
    )


def error_links(channel: type[Channel], errors: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Errors as the summary over the form takes them, in the order of the page."""
    labels = {field.name: str(field.label) for group in groups_of(channel) for field in group.fields}
    order = list(labels)
    ordered = sorted(errors.items(), key=lambda pair: order.index(pair[0]) if pair[0] in labels else 0)
    return {name: (labels.get(name, name), text) for name, text in ordered}


def shown(field: Field, value: Any) -> str:
    """A stored value as people read it."""
    for choice, label in field.choices:
        if choice == value:
            return str(label)
    return str(value)
