"""One person of the directory, looked up by his login."""

from __future__ import annotations

from dataclasses import dataclass

from app.directory.link import connect
from app.directory.people import DirectoryPerson, Reader, clean
from app.directory.server import root_of
from app.directory.settings import DirectorySettings, attributes_of
from app.directory.terms import escaped, people


@dataclass(frozen=True)
class FoundPerson:
    """``first_name`` and ``last_name`` are "" where the directory does not keep them apart."""

    person: DirectoryPerson
    first_name: str = ""
    last_name: str = ""


def find_person(settings: DirectorySettings, login: str) -> FoundPerson | None:
    """The one enabled person below the base who signs in like this; None if there is none, or several.

    The filter and the group of the settings say who is a client and do not matter here. Raises
    DirectoryError.
    """
    if not login.strip():
        return None
    with connect(settings) as link:
        root = root_of(link)
        reader = Reader(settings, is_ad=root.is_ad)
        names = attributes_of(settings, is_ad=root.is_ad)["login"]
        one = "".join(f"({name}={escaped(login)})" for name in names)
        where = people(is_ad=root.is_ad, more=f"(|{one})")
        entries = [e for page in link.pages(where, [*reader.attributes, "givenName", "sn"]) for e in page]
        found = []
        for entry in entries:
            person = reader.person(entry)
            # a directory may compare more loosely than we do: accents, widths
            if isinstance(person, DirectoryPerson) and person.login.casefold() == login.casefold():
                found.append(FoundPerson(person, clean(entry.first("givenName")), clean(entry.first("sn"))))
    return found[0] if len(found) == 1 and not found[0].person.is_disabled else None
