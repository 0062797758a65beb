"""A directory set for signing in, and people of it who work in the helpdesk."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from app.directory import DirectorySettings
from app.services.directory_source import TEXTS, clean_settings, seal
from models import DirectorySource, SignInWay, Staff
from tests.support.factories import make_user
from tests.support.people_ldif import Person
from tests.support.samba import Samba

PASSWORD = "Пароль!Passw0rd"
LOCAL = "local password 1"


def set_directory(session: Session, settings: DirectorySettings, **more: Any) -> DirectorySource:
    """Store the settings as the screen does."""
    values = {name: getattr(settings, name) for name in (*TEXTS, "port", "security", "timeout")}
    source = DirectorySource(
        settings=clean_settings(values), sealed_password=seal(settings.password), cursor={}, **more
    )
    session.add(source)
    session.commit()
    return source


@dataclass(frozen=True)
class DomainPerson:
    """Somebody of the directory, in a unit of his own."""

    login: str
    dn: str
    ou: str


def new_person(samba: Samba, name: str = "Шевченко Олена") -> DomainPerson:
    """With a password."""
    ou, login = samba.new_ou(), f"s{uuid.uuid4().hex[:10]}"
    last, _space, first = name.partition(" ")
    more = {"givenName": first, "sn": last}
    person = Person(login, name, mail=f"{login}@firm.test", more=more)
    return DomainPerson(login, samba.add_person(ou, person, password=PASSWORD), ou)


def make_domain_user(session: Session, person: DomainPerson, **values: Any) -> Staff:
    """His account here."""
    user = make_user(session, person.login, sign_in_way=SignInWay.DOMAIN, **values)
    session.commit()
    return user


def by_form(client: FlaskClient, login: str, password: str, **more: Any) -> Any:
    """Try the page."""
    return client.post("/login/", data={"username": login, "password": password}, **more)


def by_api(client: FlaskClient, login: str, password: str, **more: Any) -> Any:
    """Try the API; its only provider is called so for both kinds of accounts."""
    body = {"username": login, "password": password, "provider": "db"}
    return client.post("/api/v1/security/login", json=body, **more)


def statuses(client: FlaskClient, login: str, password: str) -> tuple[int, int]:
    """What the page and the API answer; signs out again."""
    api = by_api(client, login, password).status_code
    page = by_form(client, login, password).status_code
    client.post("/logout/")
    return page, api


def with_local_password(session: Session, user: Staff) -> Staff:
    """Somebody who has a local one (:data:`LOCAL`)."""
    user.password = generate_password_hash(LOCAL, method="pbkdf2:sha256:1000")
    session.commit()
    return user
