"""People of an invented organisation for directory servers, and the LDIF that loads them."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

_FIRST = (
    *("Олена", "Тарас", "Оксана", "Іван", "Ганна", "Дмитро", "Юлія", "Андрій"),
    *("Наталія", "Сергій", "Ольга", "Євгенія", "Анна", "Øystein", "Zoë"),
)
_LAST = (
    *("Шевченко", "Коваленко", "Ткаченко", "Щербак", "Їжакевич", "Єрмоленко"),
    *("Іванова", "Петров", "Соколова", "Müller", "Dvořák", "O'Brien"),
)
DEPARTMENTS = (
    *("Бухгалтерія", "Хірургія", "Рентген", "Закупівлі", "Кадри", "Склад"),
    *("Юристи", "R&D", "Приймальня", "Сервіс, ремонт"),
)
Values = Mapping[str, str | Iterable[str]]


@dataclass(frozen=True)
class Person:
    """One invented person. ``ou``: names of units from the top one down."""

    login: str
    name: str
    mail: str = ""
    department: str = ""
    disabled: bool = False
    ou: tuple[str, ...] = ()
    more: Mapping[str, str] = field(default_factory=dict)


def invent(count: int, *, seed: int = 7, prefix: str = "u") -> list[Person]:
    """The same people for the same seed: in ten units, each with two units within, every 25th is disabled."""
    chance = random.Random(seed)
    people = []
    for i in range(count):
        department = DEPARTMENTS[i % len(DEPARTMENTS)]
        login = f"{prefix}{i:05d}"
        more = {
            "telephoneNumber": str(1000 + i),
            "physicalDeliveryOfficeName": f"{chance.choice('ABC')}-{chance.randint(100, 420)}",
            "title": "Фахівець",
        }
        place = (department, "Перша зміна" if i % 2 else "Друга зміна")
        name = f"{chance.choice(_LAST)} {chance.choice(_FIRST)}"
        people.append(Person(login, name, f"{login}@firm.test", department, i % 25 == 0, place, more))
    return people


def escape_dn(value: str) -> str:
    """A value inside a distinguished name."""
    return "".join(f"\\{sign}" if sign in ',+"\\<>;=#' else sign for sign in value)


def place_of(person: Person, top: str) -> str:
    """The DN of the unit that holds the person."""
    return "".join(f"OU={escape_dn(name)}," for name in reversed(person.ou)) + top


def units(people: Iterable[Person], top: str) -> list[str]:
    """The DNs of the units needed, outer ones first."""
    found = {person.ou[: depth + 1] for person in people for depth in range(len(person.ou))}
    return [place_of(Person("", "", ou=ou), top) for ou in sorted(found, key=lambda ou: (len(ou), ou))]


def record(dn: str, values: Values) -> str:
    """One entry as LDIF; everything in base64, so that any letter passes."""
    lines = [f"dn:: {_coded(dn)}"]
    for name, value in values.items():
        texts = [value] if isinstance(value, str) else value
        lines += [f"{name}:: {_coded(text)}" for text in texts if text]
    return "\n".join(lines) + "\n"


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def ad_values(person: Person) -> dict[str, str]:
    """The attributes of a user of Active Directory; an account without a password (544, disabled 546)."""
    return {
        "objectClass": "user",
        "sAMAccountName": person.login,
        "userPrincipalName": f"{person.login}@firm.test",
        "displayName": person.name,
        "mail": person.mail,
        "department": person.department,
        "userAccountControl": "546" if person.disabled else "544",
        **person.more,
    }


def ad_dn(person: Person, top: str) -> str:
    """The DN: the login keeps namesakes apart."""
    return f"CN={escape_dn(person.name)} {person.login},{place_of(person, top)}"


def ad_ldif(people: list[Person], top: str) -> str:
    """Units and people below ``top``."""
    return "\n".join(_ad_records(people, top))


def _ad_records(people: list[Person], top: str) -> Iterator[str]:
    for dn in units(people, top):
        yield record(dn, {"objectClass": "organizationalUnit"})
    for person in people:
        yield record(ad_dn(person, top), ad_values(person))


def openldap_values(person: Person) -> dict[str, str | list[str]]:
    """The attributes of an inetOrgPerson."""
    more = {name: value for name, value in person.more.items() if value}
    return {
        "objectClass": ["inetOrgPerson"],
        "uid": person.login,
        "cn": person.name,
        "sn": person.name.split()[0],
        "displayName": person.name,
        "mail": person.mail,
        "departmentNumber": person.department,
        **more,
    }


def openldap_ldif(people: list[Person], top: str) -> str:
    """Units and people below ``top``."""
    places = [record(dn, {"objectClass": "organizationalUnit"}) for dn in units(people, top)]
    entries = [record(f"uid={p.login},{place_of(p, top)}", openldap_values(p)) for p in people]
    return "\n".join(places + entries)
