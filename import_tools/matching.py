"""Who of a list is already known. Two namesakes are never taken for one person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Invalid
from import_tools.person import Person
from models import Client, Unit


class Someone(NamedTuple):
    """What a client is recognised by."""

    id: int
    unit: str
    guid: str
    login: str
    email: str

    @property
    def is_keyless(self) -> bool:
        """Whether only the name is known."""
        return not (self.guid or self.login or self.email)


def plain_name(name: str) -> str:
    """A name as names are compared: exactly, but for case and kinds of apostrophes."""
    return name.casefold().replace("’", "'").replace("ʼ", "'").replace("`", "'")


@dataclass
class Known:
    """The clients there are, by everything that may tell them."""

    guid: dict[str, Someone] = field(default_factory=dict)
    login: dict[str, Someone] = field(default_factory=dict)
    email: dict[str, Someone] = field(default_factory=dict)
    name: dict[str, list[Someone]] = field(default_factory=dict)

    @classmethod
    def load(cls, session: Session) -> Known:
        """All clients, hidden ones too."""
        known = cls()
        columns = (Client.object_guid, Client.login, Client.email, Client.full_name)
        query = select(Client.id, Unit.name, *columns).outerjoin(Unit, Unit.id == Client.unit_id)
        for client_id, unit, guid, login, email, name in session.execute(query.order_by(Client.id)):
            keys = (key.casefold() if key else "" for key in (unit, guid, login, email))
            someone = Someone(client_id, *keys)
            known.name.setdefault(plain_name(name), []).append(someone)
            for index, key in ((known.guid, guid), (known.login, login), (known.email, email)):
                if key:
                    index.setdefault(key.casefold(), someone)
        return known

    def find(self, person: Person, *, has_namesake: bool) -> int | None:
        """The id of the client who is this person; None: nobody is. Raises Invalid when it is unclear.

        objectGUID decides, then the login, then the e-mail, then the exact name with the unit.
        """
        login, email = person.login.casefold(), person.email.casefold()
        same_login = self.login.get(login) if login else None
        found = self.guid.get(person.guid) if person.guid else None
        if found and same_login and same_login.id != found.id:
            raise Invalid(_("The login %(login)s belongs to another client.", login=person.login))
        found = found or same_login
        if found and person.guid and found.guid not in ("", person.guid):
            raise Invalid(_("The login %(login)s belongs to another client.", login=person.login))
        if found is None and email:
            found = self.email.get(email)
            if found and ((login and found.login) or (person.guid and found.guid)):
                found = None
        return found.id if found else self._by_name(person, has_namesake)

    def _by_name(self, person: Person, has_namesake: bool) -> int | None:
        unit = person.unit.casefold()
        found = [s for s in self.name.get(plain_name(person.name), []) if not unit or s.unit in ("", unit)]
        if person.keys:
            found = [] if has_namesake else [someone for someone in found if someone.is_keyless]
        if len(found) > 1:
            text = _("%(number)s clients have this name: add a login or an e-mail.", number=len(found))
            raise Invalid(text)
        return found[0].id if found else None
