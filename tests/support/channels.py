"""A channel that keeps what it is given, for tests of what surrounds channels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event
from typing import Any, ClassVar
from unittest.mock import patch

from flask import Flask
from sqlalchemy.orm import Session

from app.extensions import queue
from app.notify.channels import registry
from app.notify.channels.base import Channel, Message, Receipt
from app.notify.queues import queue_names
from jobs.courier import make_channel_worker
from models import ChannelSetting, Staff


@dataclass
class Post:
    """What a recording channel was given, and what it is to say next (an exception, or None)."""

    sent: list[Message] = field(default_factory=list)
    answers: list[Exception | None] = field(default_factory=list)

    @property
    def keys(self) -> list[str]:
        """The keys of what went, in order."""
        return [message.key for message in self.sent]


@contextmanager
def recording_channel(session: Session, name: str, **traits: Any) -> Iterator[Post]:
    """Put a recording channel in the place of the real one and switch it on."""
    post = Post()

    class Recorder(Channel):
        patience: ClassVar[timedelta] = traits.get("patience", timedelta(days=1))

        @staticmethod
        def address_of(person: Staff) -> str:
            return f"{person.username}@{name}"

        def send(self, message: Message) -> Receipt:
            answer = post.answers.pop(0) if post.answers else None
            if answer is not None:
                raise answer
            post.sent.append(message)
            return Receipt(provider_id=f"provider-{message.key}")

        def check(self) -> None: ...

        def is_reached_otherwise(self, person: Staff) -> bool:
            return bool(traits.get("online"))

    Recorder.name = name
    switch_on(session, name)
    with patch.dict(registry.CHANNELS, {name: Recorder}):
        yield post


def switch_on(session: Session, name: str, **values: Any) -> None:
    """Write the channel's row of the settings screen."""
    session.merge(ChannelSetting(channel=name, is_on=True, values=values))
    session.commit()


@contextmanager
def courier_of(app: Flask, *names: str) -> Iterator[None]:
    """Redis knows of a courier of these channels; what is queued is done by :func:`do_trials` alone."""
    workers = [make_channel_worker(app, name, Event()) for name in names]
    for worker in workers:
        worker.register_birth()  # type: ignore[no-untyped-call]  # rq gives it no types
    yield
    for worker in workers:
        worker.register_death()  # type: ignore[no-untyped-call]  # rq gives it no types


def do_trials(channel: str) -> int:
    """Do what lies in a channel's urgent queue, as its courier would; returns how many there were."""
    jobs = queue(queue_names(channel)[0]).jobs
    for job in jobs:
        job.func(*job.args)
        job.delete()
    return len(jobs)
