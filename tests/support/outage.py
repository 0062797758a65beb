"""A time without Redis: pages go on, and afterwards everything that was to be told is told."""

from __future__ import annotations

import time
from dataclasses import dataclass

from flask import Flask
from sqlalchemy import func, select

from app.extensions import db
from models import Ticket
from tests.support.courier import wait_until
from tests.support.databases import Place
from tests.support.mail import MailServer
from tests.support.servers import free_port
from tests.support.signing import session_cookie
from tests.support.storm import TOLD, firm, let_go, processes, wait_for, write
from tests.support.victims import servers_of


@dataclass
class Outage:
    """A time without Redis: the slowest answer of a page meanwhile, and how long it took afterwards until
    everything had arrived (seconds); letters lost."""

    slowest: float
    until_all: float
    lost: int


def outage(place: Place, application: Flask, post: MailServer, *, tickets: int, seconds: float) -> Outage:
    """Redis dies with all it holds; tickets are written down without it; then it comes back empty."""
    with application.app_context():
        operators, department_id, client_id = firm(post)
        port = free_port()
        cookie = session_cookie(application, operators[0], f"http://127.0.0.1:{port}")["value"]
        before = db.session.scalar(select(func.count()).select_from(Ticket)) or 0
        letters = len(post.letters)
        db.session.remove()
    running = processes(place, application, port)
    redis = next(one for one in servers_of(place.servers) if one.name == "redis")
    for process in running:
        process.start()
    try:
        wait_for(port)
        write(port, cookie, 1, department_id, client_id)
        redis.kill()
        down_at, slowest = time.monotonic(), 0.0
        for _turn in range(tickets - 1):
            began = time.monotonic()
            write(port, cookie, 1, department_id, client_id)
            slowest = max(slowest, time.monotonic() - began)
        redis.down_for = max(0.0, seconds - (time.monotonic() - down_at))
        redis.start()
        back_at = time.monotonic()
        wanted = tickets * TOLD
        wait_until(lambda: len(post.letters) - letters >= wanted, seconds=180)
        until_all = time.monotonic() - back_at
        with application.app_context():
            written = (db.session.scalar(select(func.count()).select_from(Ticket)) or 0) - before
            db.session.remove()
        return Outage(slowest, until_all, written * TOLD - (len(post.letters) - letters))
    finally:
        for process in running:
            process.kill()
        let_go(application)
