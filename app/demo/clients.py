"""The two thousand people who call, and how often each of them does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import accumulate
from random import Random
from uuid import UUID

from sqlalchemy import Connection

from app.demo.names import Person, invent_person, make_login
from app.demo.writer import Table, stamp
from app.services.client_rows import search_words
from app.text import phone_digits
from models import Client, ClientPhone, ClientWord

COLUMNS = (
    "id full_name login email unit_id job_title room note object_guid "
    "is_active is_hidden created_at search_text"
)
JOBS = (
    *[
        "провідний спеціаліст",
        "головний спеціаліст",
        "інженер",
        "економіст",
        "бухгалтер",
        "начальник відділу",
    ],
    *[
        "заступник начальника",
        "діловод",
        "оператор",
        "лаборант",
        "комірник",
        "юрисконсульт",
        "старший інспектор",
    ],
)
NOTES = (
    "Чує погано, говорити голосно.",
    "Працює позмінно.",
    "Дзвонить із мобільного, бо на складі немає телефону.",
    "Просить звертатися російською.",
    "Завжди на нараді до 10:00.",
)


class Clients:
    """Writes invented clients and remembers who of them calls in which language."""

    def __init__(self, connection: Connection, rng: Random, units: list[int], logins: Iterable[str]) -> None:
        self._rng, self._units = rng, units
        self._logins = Counter(login.rstrip("0123456789") for login in logins)
        self._shared = {unit: _internal(rng) for unit in units}
        self._clients = Table(connection, Client, COLUMNS)
        self._phones = Table(
            connection, ClientPhone, "id client_id number digits tail position", self._clients
        )
        self._words = Table(connection, ClientWord, "word client_id", self._clients)

    def write(self, number: int, created: int, progress: Callable[[int], object]) -> None:
        """Write ``number`` more clients."""
        earlier: list[Person] = []
        for _ in range(number):
            # two in a hundred have a namesake
            namesake = earlier and self._rng.random() < 0.02
            person = self._rng.choice(earlier) if namesake else invent_person(self._rng)
            if len(earlier) < 1000:
                earlier.append(person)
            self._write_client(person, created)
            progress(1)
        for table in (self._clients, self._phones, self._words):
            table.finish()

    def _write_client(self, person: Person, created: int) -> None:
        rng, client_id = self._rng, self._clients.take_id()
        unit, chance = rng.choice(self._units), rng.random()
        login = make_login(person, self._logins) if chance > 0.04 else None
        email = f"{login}@corp.example" if login and chance > 0.08 else None
        words = search_words(person.full_name, login, email)
        self._clients.add(
            client_id,
            person.full_name,
            login,
            email,
            unit,
            rng.choice(JOBS),
            _room(rng),
            rng.choice(NOTES) if rng.random() < 0.03 else "",
            str(UUID(int=rng.getrandbits(128), version=4)) if login else None,
            int(rng.random() > 0.03),
            int(rng.random() < 0.005),
            stamp(created),
            " " + " ".join(words),
        )
        for place, phone in enumerate(self._numbers(unit)):
            digits = phone_digits(phone)
            self._phones.add(self._phones.take_id(), client_id, phone, digits, digits[::-1], place)
        for word in words:
            self._words.add(word, client_id)

    def _numbers(self, unit: int) -> list[str]:
        rng, kind = self._rng, self._rng.random()
        if kind < 0.03:
            return []
        numbers = [self._shared[unit] if kind < 0.15 else _internal(rng)]
        if rng.random() < 0.2:
            numbers.append(_city(rng) if rng.random() < 0.4 else _mobile(rng))
        return numbers


def _internal(rng: Random) -> str:
    if rng.random() < 0.7:
        return f"{rng.randint(2, 9)}-{rng.randint(0, 99):02}"
    return f"{rng.randint(20, 59)}-{rng.randint(0, 99):02}"


def _city(rng: Random) -> str:
    return f"(044) 239-{rng.randint(0, 99):02}-{rng.randint(0, 99):02}"


def _mobile(rng: Random) -> str:
    code = rng.choice(("050", "063", "067", "093", "097", "099"))
    return f"+38 {code} {rng.randint(100, 999)}-{rng.randint(0, 99):02}-{rng.randint(0, 99):02}"


def _room(rng: Random) -> str:
    kind = rng.random()
    if kind < 0.08:
        return ""
    if kind < 0.16:
        return f"корп. {rng.randint(2, 4)}, к. {rng.randint(1, 40)}"
    return f"{rng.randint(1, 6)}{rng.randint(1, 24):02}"


class Callers:
    """Chooses who calls: everybody now and then, a few of them all the time."""

    def __init__(self, rng: Random, people: list[tuple[int, str]]) -> None:
        self._rng, self._people = rng, people
        shares = [rng.paretovariate(1.6) for _ in people]
        limit = sum(shares) * max(0.012, 5 / len(people))
        self._sums = list(accumulate(min(share, limit) for share in shares))

    def next(self) -> tuple[int, str]:
        """A client's id and language."""
        (found,) = self._rng.choices(self._people, cum_weights=self._sums)
        return found
