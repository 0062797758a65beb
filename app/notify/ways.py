"""The ways to a person: which channels are on, and over which of them he can be reached at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.notify.channels.registry import CHANNELS, channels_on
from models import ChannelName, OwnAddress, PushSubscription, Staff


class Way(StrEnum):
    """How it stands with one channel and one person."""

    OPEN = "open"
    OFF = "off"  # nobody is told over it
    NO_ADDRESS = "no_address"


@dataclass(frozen=True)
class Ways:
    """The channels that are on, and of some people the addresses that are not in their accounts."""

    on: frozenset[str]
    pushes: frozenset[int] = frozenset()
    own: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    def to(self, person: Staff, name: str) -> list[str]:
        """The channels of this name that reach the person: several messengers of his own, or one, or none."""
        if name not in self.on:
            return []
        if name == ChannelName.POPUP:
            return [name]
        if name == ChannelName.PUSH:
            return [name] if person.id in self.pushes else []
        if name == ChannelName.OWN:
            return [f"{name}:{number}" for number in self.own.get(person.id, ())]
        return [name] if CHANNELS[name].address_of(person) else []

    def standing(self, person: Staff, name: str) -> Way:
        """Whether it is open to him, or else why not."""
        if name not in self.on:
            return Way.OFF
        return Way.OPEN if self.to(person, name) else Way.NO_ADDRESS


def read_ways(session: Session, user_ids: Iterable[int]) -> Ways:
    """The ways to these people; three statements at most."""
    on, ids = channels_on(session), list(user_ids)
    pushes: frozenset[int] = frozenset()
    own: dict[int, tuple[int, ...]] = {}
    if ChannelName.PUSH in on:
        query = select(PushSubscription.user_id).where(PushSubscription.user_id.in_(ids))
        pushes = frozenset(session.scalars(query))
    if ChannelName.OWN in on:
        addresses = select(OwnAddress.user_id, OwnAddress.id).where(
            OwnAddress.user_id.in_(ids), OwnAddress.is_on.is_(True)
        )
        for user_id, number in session.execute(addresses.order_by(OwnAddress.id)):
            own[user_id] = (*own.get(user_id, ()), number)
    return Ways(on, pushes, own)
