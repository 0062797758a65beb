"""The mailbox of a login: what the directory says, never what somebody typed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.directory import find_person
from app.notify.mail import is_address
from app.services.claims import load_claims
from app.services.directory_source import find_source, settings_of
from models import Client, Source

LONGEST_NAME = 64


@dataclass(frozen=True)
class Mailbox:
    """Whose mailbox it is; everything from the directory, the login and the e-mail in small letters."""

    login: str
    email: str
    first_name: str
    last_name: str


def find_mailbox(session: Session, login: str) -> Mailbox | None:
    """The mailbox of an enabled person; None when there is no such person, or no mail address of his.

    The directory itself is asked if one is set, otherwise what its last reading left in the client base. A
    colleague's correction of a client's e-mail does not count. Raises DirectoryError, Invalid.
    """
    source = find_source(session)
    if source.id is None:
        return _from_client_base(session, login)
    found = find_person(settings_of(source), login)
    if found is None or not is_address(found.person.email):
        return None
    names = (found.first_name, found.last_name) if found.last_name else _split(found.person.full_name)
    return _mailbox(found.person.login, found.person.email, *names)


def _from_client_base(session: Session, login: str) -> Mailbox | None:
    query = select(Client.id).where(
        func.lower(Client.login) == login.lower(),
        Client.object_guid.is_not(None),
        Client.is_active.is_(True),
        Client.is_hidden.is_(False),
    )
    for client_id in session.scalars(query):
        claim = load_claims(session, [client_id]).get(client_id, {}).get(Source.DIRECTORY)
        said = {
            name: str(entry.get("value") or "") for name, entry in (claim.values if claim else {}).items()
        }
        if said.get("login", "").lower() == login.lower() and is_address(said.get("email", "")):
            return _mailbox(said["login"], said["email"], *_split(said.get("full_name", "")))
    return None


def _mailbox(login: str, email: str, first_name: str, last_name: str) -> Mailbox:
    first_name = first_name or ("" if last_name else login)
    return Mailbox(login.lower(), email.lower(), first_name[:LONGEST_NAME], last_name[:LONGEST_NAME])


def _split(full_name: str) -> tuple[str, str]:
    """(first name, surname) of a name as directories here write it: surname, first name, patronymic."""
    words = full_name.split()
    return (words[1], words[0]) if len(words) > 1 else ("".join(words), "")
