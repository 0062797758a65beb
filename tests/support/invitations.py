"""A white list with people of the directory behind it, and letters that are really sent."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.services.white_list import NewRules, add_rules
from jobs.worker import run_worker
from models import Client, ClientClaim, Department, Invitation, JournalEntry, Role, Source, Staff
from tests.support.factories import actor_of, make_client, make_department, make_user
from tests.support.mail import SENDER, MailServer, Received

PASSWORD = "correct horse battery"
URL = "https://helpdesk.corp.example"


def send_by(app: Flask, monkeypatch: Any, server: MailServer) -> None:
    """Let the application send its letters by this server."""
    monkeypatch.setitem(app.config, "MAIL_SERVER", server.settings())
    monkeypatch.setitem(app.config, "MAIL_FROM", SENDER)
    monkeypatch.setitem(app.config, "PUBLIC_URL", URL)


def make_listed(
    session: Session, patterns: str, *, role: str = Role.EMPLOYEE, days: int = 0
) -> tuple[Staff, Department]:
    """An administrator who has put these on the list, and the department."""
    admin, department = make_user(session, administrator=True), make_department(session)
    add_rules(session, NewRules(patterns, department.id, role, days=days), actor=actor_of(session, admin))
    session.flush()
    return admin, department


def make_person(
    session: Session, login: str, email: str = "", *, name: str = "Ткаченко Олена Василівна", **more: Any
) -> Client:
    """Somebody whom the last reading of the directory has left in the client base."""
    email = email or f"{login}@corp.example"
    guid = f"00000000-0000-0000-0000-{abs(hash(login)) % 10**12:012d}"
    client = make_client(session, name, **{"login": login, "email": email, "object_guid": guid, **more})
    said = {"login": login, "email": email, "full_name": name}
    values = {field: {"value": value} for field, value in said.items()}
    session.add(ClientClaim(client_id=client.id, source=Source.DIRECTORY, values=values))
    session.flush()
    return client


def ask(client: FlaskClient, session: Session, login: str) -> Any:
    """Type a login at the door and let the worker do what follows; the page's answer."""
    answer = client.post("/first-login/", data={"login": login})
    work(client.application, session)
    return answer


def work(app: Flask, session: Session) -> None:
    """Let the worker empty its queues."""
    session.commit()
    run_worker(app, burst=True)
    session.expire_all()


def listed_letter(client: FlaskClient, session: Session, mail: MailServer) -> Received:
    """The letter of somebody who is on the list."""
    make_listed(session, "olena")
    make_person(session, "olena")
    ask(client, session, "olena")
    return mail.wait()


def choose(client: FlaskClient, letter: Received, *, token: str = "", **more: str) -> Any:
    """Send the letter's form."""
    usual = {"temporary": letter.password, "password": PASSWORD, "repeated": more.get("password", PASSWORD)}
    return client.post(f"/first-login/{token or letter.token}", data={**usual, **more})


def letters_of(session: Session, login: str = "olena") -> list[Invitation]:
    """The letters' rows, oldest first."""
    return list(session.scalars(select(Invitation).where(Invitation.login == login).order_by(Invitation.id)))


def journalled(session: Session, kind: str) -> list[dict[str, Any]]:
    """What the journal says was new in entries of this kind."""
    query = select(JournalEntry).where(JournalEntry.kind == kind).order_by(JournalEntry.id)
    return [dict(entry.new or {}) for entry in session.scalars(query)]
