"""A storm: tickets are written down while web server, worker and courier are killed again and again.

What must hold afterwards: every ticket whose saving was answered (or repeated with the same key) is there
once; every person to be told has exactly one delivery per channel; every letter arrived; a letter that
arrived twice did so under one Message-ID.
"""

from __future__ import annotations

import os
import random
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psycopg
import requests
from flask import Flask
from sqlalchemy import func, select

from app.extensions import db
from models import ChannelName, Delivery, DeliveryStatus, OutboxEvent, Staff, Ticket
from tests.support.channels import switch_on
from tests.support.courier import wait_until
from tests.support.databases import Place
from tests.support.factories import make_client, make_department, make_user
from tests.support.mail import MailServer
from tests.support.servers import free_port
from tests.support.signing import session_cookie
from tests.support.victims import Program, Victim, end, servers_of

ROOT = Path(__file__).resolve().parents[2]
HANDS = 4  # operators at once
TOLD = 3  # people of the department


@dataclass
class Outcome:
    """What came of it."""

    asked: int
    tickets: int
    deliveries: int
    sent: int
    letters: int
    repeated: int
    foreign: int
    kills: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def lost(self) -> int:
        """Letters that should have arrived and did not."""
        return self.tickets * TOLD - (self.letters - self.repeated)


def storm(
    place: Place, application: Flask, post: MailServer, *, events: int, pause: float, seed: int
) -> Outcome:
    """Let ``events`` tickets be written down; every ``pause`` seconds or so one is killed: a process of ours,
    Redis (which keeps nothing) or PostgreSQL. ``place`` must be one that no other test shares.
    """
    started = time.monotonic()
    with application.app_context():
        operators, department_id, client_id = firm(post)
        port = free_port()
        cookies = [session_cookie(application, one, f"http://127.0.0.1:{port}") for one in operators]
        db.session.remove()
    running = processes(place, application, port)
    servers = [
        one for one in servers_of(place.servers) if one.name == "redis" or place_is_postgres(application)
    ]
    for process in running:
        process.start()
    over = threading.Event()
    kills: Counter[str] = Counter()
    killer = threading.Thread(
        target=_kill, args=([*running, *servers], pause, random.Random(seed), over, kills)
    )
    try:
        killer.start()
        wait_for(port)
        share = [events // HANDS + (number < events % HANDS) for number in range(HANDS)]
        with ThreadPoolExecutor(HANDS) as hands:
            list(
                hands.map(
                    lambda pair: write(port, pair[0]["value"], pair[1], department_id, client_id),
                    zip(cookies, share, strict=True),
                )
            )
        over.set()
        killer.join()
        let_go(application)  # our own connections may have died with PostgreSQL
        _settle(application)
        outcome = _count(application, post, events, kills)
    except BaseException:
        print(_tail(place.folder / f"storm-{port}.log"))
        raise
    finally:
        over.set()
        if killer.is_alive():
            killer.join()
        for process in running:
            process.kill()
        let_go(application)
        end(servers)
    outcome.seconds = time.monotonic() - started
    return outcome


def _tail(log: Path) -> str:
    """The end of what our processes said, for whoever looks for the reason."""
    return log.read_text(errors="replace")[-60000:] if log.exists() else ""


def let_go(application: Flask) -> None:
    """Close this process's own connections, before their server is gone for good."""
    with application.app_context():
        db.session.remove()
        db.engine.dispose()


def durable(place: Place, url: str) -> str:
    """Let this database keep what it has confirmed, as a firm's does: the tests' own does not."""
    if url.startswith("postgresql"):
        name = url.rpartition("/")[2]
        where = {"host": "127.0.0.1", "port": place.servers.postgres_port, "user": "postgres"}
        with psycopg.connect(**where, dbname="postgres", autocommit=True) as connection:  # type: ignore[arg-type]  # as keywords
            connection.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = on')
    return url


def place_is_postgres(application: Flask) -> bool:
    """Whether the application's database is one of PostgreSQL's."""
    return str(application.config["SQLALCHEMY_DATABASE_URI"]).startswith("postgresql")


def firm(post: MailServer) -> tuple[list[Staff], int, int]:
    """Operators, the department that is told, a client; letters go to this server."""
    session = db.session()
    department, other = make_department(session), make_department(session)
    for _turn in range(TOLD):
        make_user(session, employee_of=[department])
    operators = [make_user(session, employee_of=[other]) for _turn in range(HANDS)]
    client = make_client(session)
    session.commit()
    switch_on(
        session,
        ChannelName.EMAIL,
        host="127.0.0.1",
        port=post.port,
        protection="none",
        sender="h@corp.example",
    )
    return operators, department.id, client.id


def processes(place: Place, application: Flask, port: int) -> list[Program]:
    """Our processes on the application\'s database, not started yet."""
    environment = {
        **os.environ,
        **place.environment(application.config["SQLALCHEMY_DATABASE_URI"]),
        "PYTHONPATH": str(ROOT),
    }
    flask = [sys.executable, "-m", "flask", "--app", "app.wsgi:app"]
    web = [sys.executable, "-m", "gunicorn", "-k", "gthread", "-w", "1", "--threads", "20"]
    commands = {
        "web": [*web, "-b", f"127.0.0.1:{port}", "app.wsgi:app"],
        "worker": [*flask, "worker", "--prompt"],
        "courier": [*flask, "courier"],
        "scheduler": [*flask, "scheduler"],
    }
    log = place.folder / f"storm-{port}.log"
    return [Program(name, command, environment, log) for name, command in commands.items()]


def _kill(
    victims: Sequence[Victim], pause: float, dice: random.Random, over: threading.Event, kills: Counter[str]
) -> None:
    """A killed process is started again at once, as systemd would."""
    while not over.wait(pause * dice.uniform(0.5, 1.5)):
        process = dice.choice(victims)
        process.kill()
        process.start()
        kills[process.name] += 1


def write(port: int, cookie: str, count: int, department_id: int, client_id: int) -> None:
    """One operator: each ticket is sent until it is answered, always under its own key."""
    with requests.Session() as browser:
        browser.trust_env = False
        browser.cookies.set("helpdesk", cookie, domain="127.0.0.1", path="/")
        token = ""
        for _turn in range(count):
            body = {
                "client_id": client_id,
                "department_id": department_id,
                "body": "It broke",
                "request_key": str(uuid4()),
            }
            while True:
                try:
                    token = token or _token(browser, port)
                    answer = browser.post(
                        f"http://127.0.0.1:{port}/api/v1/ticket/",
                        json=body,
                        headers={"X-CSRFToken": token},
                        timeout=30,
                    )
                except requests.RequestException:
                    time.sleep(0.1)
                    continue
                assert answer.status_code in {200, 201, 503}, (answer.status_code, answer.text)
                if answer.status_code < 300:
                    break
                time.sleep(0.1)


def _token(browser: requests.Session, port: int) -> str:
    answer = browser.get(f"http://127.0.0.1:{port}/tickets/new", timeout=30)
    answer.raise_for_status()  # the database may be away just now
    page = answer.text
    found = re.search(r'name="csrf-token" content="([^"]+)"', page) or re.search(
        r'name="csrf_token"[^>]*value="([^"]+)"', page
    )
    assert found, page[:300]
    return found[1]


def wait_for(port: int) -> None:
    """Until the web server answers."""

    def answers() -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{port}/login/", timeout=5).ok
        except requests.RequestException:
            return False

    assert wait_until(answers, seconds=60), "the web server did not start"


def _settle(application: Flask) -> None:
    """Until everything is sent, or nothing has moved for three minutes."""

    def counts() -> tuple[int, int]:
        with application.app_context():
            session = db.session()
            waiting = session.scalar(
                select(func.count()).where(
                    Delivery.status == DeliveryStatus.WAITING, Delivery.channel == ChannelName.EMAIL
                )
            )
            unfanned = session.scalar(select(func.count()).where(OutboxEvent.fanned_out_at.is_(None)))
            db.session.remove()
            return waiting or 0, unfanned or 0

    last, since = counts(), time.monotonic()
    while last != (0, 0) and time.monotonic() - since < 180:
        time.sleep(0.3)
        now = counts()
        if now != last:
            last, since = now, time.monotonic()


def _count(application: Flask, post: MailServer, events: int, kills: Counter[str]) -> Outcome:
    with application.app_context():
        session = db.session()

        def number(table: type[Ticket] | type[Delivery], *conditions: object) -> int:
            query = select(func.count()).select_from(table).where(*conditions)  # type: ignore[arg-type]  # columns
            return session.scalar(query) or 0

        mail = Delivery.channel == ChannelName.EMAIL
        keys = set(session.scalars(select(Delivery.key).where(mail)))
        outcome = Outcome(
            asked=events,
            tickets=number(Ticket),
            deliveries=number(Delivery, mail),
            sent=number(Delivery, mail, Delivery.status == DeliveryStatus.SENT),
            letters=len(post.letters),
            repeated=0,
            foreign=0,
            kills=kills,
        )
        db.session.remove()
    seen = Counter(str(letter.message["Message-ID"]).strip("<>").partition("@")[0] for letter in post.letters)
    outcome.repeated = sum(count - 1 for count in seen.values())
    outcome.foreign = len(set(seen) - keys)
    return outcome
