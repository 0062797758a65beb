"""A storm: tickets are written down while web server, worker and courier are killed again and again.

What must hold afterwards: every ticket whose saving was answered (or repeated with the same key) is there
once; every person to be told has exactly one delivery per channel; every letter arrived; a letter that
arrived twice did so under one Message-ID.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

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


@dataclass
class _Process:
    """One of our processes, started again whenever it is killed."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """At once, with its children, as a power cut would."""
        if self.running is not None:
            with suppress(ProcessLookupError):  # it has ended by itself: its log says why
                os.killpg(self.running.pid, signal.SIGKILL)
            self.running.wait()


def storm(
    place: Place, application: Flask, post: MailServer, *, events: int, pause: float, seed: int
) -> Outcome:
    """Let ``events`` tickets be written down; every ``pause`` seconds or so one process is killed."""
    started = time.monotonic()
    with application.app_context():
        operators, department_id, client_id = _firm(post)
        port = free_port()
        cookies = [session_cookie(application, one, f"http://127.0.0.1:{port}") for one in operators]
        db.session.remove()
    processes = _processes(place, application, port)
    for process in processes:
        process.start()
    over = threading.Event()
    kills: Counter[str] = Counter()
    killer = threading.Thread(target=_kill, args=(processes, pause, random.Random(seed), over, kills))
    try:
        killer.start()
        _wait_for(port)
        share = [events // HANDS + (number < events % HANDS) for number in range(HANDS)]
        with ThreadPoolExecutor(HANDS) as hands:
            list(
                hands.map(
                    lambda pair: _write(port, pair[0]["value"], pair[1], department_id, client_id),
                    zip(cookies, share, strict=True),
                )
            )
        over.set()
        killer.join()
        _settle(application, events)
        outcome = _count(application, post, events, kills)
    finally:
        over.set()
        if killer.is_alive():
            killer.join()
        for process in processes:
            process.kill()
    outcome.seconds = time.monotonic() - started
    return outcome


def _firm(post: MailServer) -> tuple[list[Staff], int, int]:
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


def _processes(place: Place, application: Flask, port: int) -> list[_Process]:
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
    return [_Process(name, command, environment, log) for name, command in commands.items()]


def _kill(
    processes: list[_Process], pause: float, dice: random.Random, over: threading.Event, kills: Counter[str]
) -> None:
    """A killed process is started again at once, as systemd would."""
    while not over.wait(pause * dice.uniform(0.5, 1.5)):
        process = dice.choice(processes)
        process.kill()
        process.start()
        kills[process.name] += 1


def _write(port: int, cookie: str, count: int, department_id: int, client_id: int) -> None:
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
                assert answer.status_code in {200, 201, 502, 503}, answer.text
                if answer.status_code < 300:
                    break


def _token(browser: requests.Session, port: int) -> str:
    page = browser.get(f"http://127.0.0.1:{port}/tickets/new", timeout=30).text
    found = re.search(r'name="csrf-token" content="([^"]+)"', page) or re.search(
        r'name="csrf_token"[^>]*value="([^"]+)"', page
    )
    assert found, page[:300]
    return found[1]


def _wait_for(port: int) -> None:
    def answers() -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{port}/login/", timeout=5).ok
        except requests.RequestException:
            return False

    assert wait_until(answers, seconds=60), "the web server did not start"


def _settle(application: Flask, events: int) -> None:
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
