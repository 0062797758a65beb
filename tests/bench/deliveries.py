"""How many news the worker fans out in a second, and how many e-mails and short messages the courier sends.

``python -m tests.bench deliveries --tickets 125 --channels email,sms``; eight people are told of each ticket.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psutil
from sqlalchemy import delete, func, select

from app.events import Kind, unit_of_work
from app.extensions import db
from app.services.tickets import TicketDraft, create_ticket
from models import (
    ChannelName,
    Delivery,
    DeliveryStatus,
    LadderRung,
    NotificationChoice,
    OutboxEvent,
    Priority,
)
from tests.bench.crowd import TOGETHER
from tests.bench.stack import start_flask
from tests.support.channels import switch_on
from tests.support.databases import Place
from tests.support.factories import actor_of, make_client, make_department, make_user
from tests.support.mail import MailServer, mail_server
from tests.support.servers import stop_servers
from tests.support.sms_gateway import Gateway, sms_gateway

PATIENCE = 300.0  # seconds for everything to be done
HEAD = "| what | how many | a second | CPU ms of the process each |\n|---|---:|---:|---:|"
MANY = 1_000_000  # a cap that is counted and never reached


def main(arguments: list[str]) -> None:
    """Write tickets down, fan them out, send; print how fast each was."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench deliveries")
    parser.add_argument("--tickets", type=int, default=125, help="each is told to eight people")
    parser.add_argument("--channels", default="email,sms", help="which of them are switched on")
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="helpdesk-bench-"))
    place = Place(folder, 1)
    print(
        "\n## Deliveries\n\n| what | how many | a second | CPU ms of the process each |\n|---|---:|---:|---:|"
    )
    try:
        with ExitStack() as stack:
            post, gateway = stack.enter_context(mail_server()), stack.enter_context(sms_gateway())
            _measure(place, post, gateway, options.tickets, options.channels.split(","))
    finally:
        stop_servers(folder)


def _measure(place: Place, post: MailServer, gateway: Gateway, tickets: int, channels: list[str]) -> None:
    url = place.new_database("postgres")
    application = place.application(url)
    with application.app_context():
        _write_tickets(tickets, post, gateway, channels)
        worker = start_flask(place, url, "worker", "--prompt")
        used = _watch(
            worker, lambda: _count(OutboxEvent.id, OutboxEvent.fanned_out_at.is_not(None)) >= tickets
        )
        first, last = _ends(OutboxEvent.fanned_out_at)
        print(_row("fan-outs to eight people", tickets, last - first, used), flush=True)
        courier = start_flask(place, url, "courier")
        waiting = Delivery.status == DeliveryStatus.WAITING, Delivery.channel != ChannelName.POPUP
        used = _watch(courier, lambda: not _count(Delivery.id, *waiting))
        for channel in channels:
            sent = Delivery.channel == channel, Delivery.status == DeliveryStatus.SENT
            first, last = _ends(Delivery.sent_at, *sent)
            print(_row(channel, _count(Delivery.id, *sent), last - first, None), flush=True)
        everything = Delivery.status == DeliveryStatus.SENT, Delivery.channel != ChannelName.POPUP
        first, last = _ends(Delivery.sent_at, *everything)
        print(_row("both", _count(Delivery.id, *everything), last - first, used), flush=True)
        db.engine.dispose()


def _write_tickets(tickets: int, post: MailServer, gateway: Gateway, channels: list[str]) -> None:
    """Urgent ones, because a short message goes for those alone; the ladder stays out of it."""
    session = db.session()
    session.execute(delete(LadderRung))
    department, other = make_department(session), make_department(session)
    for number in range(TOGETHER):
        user = make_user(session, phone=f"067 123-45-{number:02}", employee_of=[department])
        session.add(
            NotificationChoice(user_id=user.id, kind=Kind.TICKET_CREATED, channel=ChannelName.SMS, is_on=True)
        )
    operator, client_id = make_user(session, employee_of=[other]), make_client(session).id
    session.commit()
    if ChannelName.EMAIL in channels:
        where = {"host": "127.0.0.1", "port": post.port, "protection": "none"}
        switch_on(session, ChannelName.EMAIL, **where, sender="h@corp.example")
    if ChannelName.SMS in channels:
        fields, caps = "to={to}\ntext={text}\nkey={key}", {"cap_person": MANY, "cap_all": MANY}
        switch_on(session, ChannelName.SMS, url=gateway.url, fields=fields, **caps)
    actor, department_id = actor_of(session, operator), department.id
    for number in range(tickets):
        draft = TicketDraft(
            client_id=client_id,
            department_id=department_id,
            body=f"It broke, case {number}",
            priority=Priority.HIGH,
        )
        with unit_of_work(session):
            create_ticket(session, draft, actor=actor)


def _watch(process: subprocess.Popen[bytes], is_done: Callable[[], bool]) -> float:
    """Let the process work until all is done, and end it; its CPU seconds, those of its start not counted."""
    watched, deadline = psutil.Process(process.pid), time.monotonic() + PATIENCE
    try:
        started = _cpu_seconds(watched)
        while not is_done():
            if time.monotonic() > deadline:
                raise RuntimeError("not everything was done in time")
            if not _has_begun():
                started = _cpu_seconds(watched)
            time.sleep(0.2)
        return _cpu_seconds(watched) - started
    finally:
        process.terminate()
        process.wait()


def _has_begun() -> bool:
    """Whether anything was sent, or, before anything could be, fanned out."""
    fanned_out = _count(OutboxEvent.id, OutboxEvent.fanned_out_at.is_not(None))
    if _count(OutboxEvent.id, OutboxEvent.fanned_out_at.is_(None)):
        return bool(fanned_out)
    return bool(_count(Delivery.id, Delivery.sent_at.is_not(None)))


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _count(column: object, *conditions: object) -> int:
    query = select(func.count(column)).where(*conditions)  # type: ignore[arg-type]  # columns
    found = db.session().scalar(query) or 0
    db.session().rollback()
    return found


def _ends(column: object, *conditions: object) -> tuple[float, float]:
    """The first and the last moment in a column, in seconds."""
    query = select(func.min(column), func.max(column)).where(*conditions)  # type: ignore[arg-type]  # columns
    first, last = db.session().execute(query).one()
    db.session().rollback()
    return first.timestamp(), last.timestamp()


def _row(what: str, count: int, seconds: float, cpu: float | None) -> str:
    each = f"{cpu * 1000 / count:.1f}" if cpu is not None and count else "—"
    return f"| {what} | {count:,} | {(count - 1) / seconds:.0f} | {each} |"
