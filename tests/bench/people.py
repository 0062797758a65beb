"""A large client base, the same for the same seed: what the look-up is measured on.

``python -m tests.bench.people DATABASE_URL COUNT`` fills a migrated database.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from typing import Any

from sqlalchemy import Engine, create_engine, func, insert, select, text
from sqlalchemy.orm import Session

from app.services.client_rows import search_words
from app.text import phone_digits
from models import Client, ClientPhone, ClientWord, Unit

BATCH = 5_000
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
STEMS = [
    "Іван",
    "Коваль",
    "Шевч",
    "Бонд",
    "Ткач",
    "Кравч",
    "Олійн",
    "Марч",
    "Лис",
    "Петр",
    "Савч",
    "Павл",
    "Мельнич",
    "Поліщ",
    "Хом",
    "Сидор",
    "Кузьм",
    "Назар",
    "Дем'ян",
    "Гриц",
    "Яким",
    "Панас",
    "Федор",
    "Тимош",
    "Юрч",
    "Степан",
    "Остап",
    "Роман",
    "Левч",
    "Мороз",
    "Заєць",
    "Гонч",
    "Шульж",
    "Білоус",
    "Чорнов",
    "Кириль",
    "Герасим",
    "Пархом",
    "Яремч",
    "Клим",
    "Данил",
    "Зінч",
    "Тарас",
    "Вовк",
    "Голуб",
    "Дяч",
    "Жук",
    "Цимбал",
    "Щерб",
    "Хмель",
    "Єрем",
    "Осадч",
    "Рибал",
    "Сороч",
    "Прокоп",
    "Антон",
    "Вас",
    "Мартин",
    "Харч",
    "Носов",
]
ENDINGS = [
    "енко",
    "ук",
    "ський",
    "ов",
    "ин",
    "ець",
    "чук",
    "ко",
    "ич",
    "євський",
]
MEN = [
    "Олександр",
    "Сергій",
    "Андрій",
    "Володимир",
    "Іван",
    "Микола",
    "Віктор",
    "Юрій",
    "Олексій",
    "Дмитро",
    "Михайло",
    "Василь",
    "Петро",
    "Олег",
    "Ігор",
    "Євген",
    "Максим",
    "Роман",
    "Руслан",
    "Богдан",
    "Тарас",
    "Павло",
    "В'ячеслав",
    "Артем",
    "Денис",
    "Станіслав",
    "Йосип",
    "Лук'ян",
    "Захар",
    "Платон",
]
WOMEN = [
    "Олена",
    "Наталія",
    "Ірина",
    "Тетяна",
    "Світлана",
    "Оксана",
    "Марія",
    "Ганна",
    "Людмила",
    "Юлія",
    "Катерина",
    "Вікторія",
    "Ольга",
    "Галина",
    "Надія",
    "Любов",
    "Анастасія",
    "Лариса",
    "Валентина",
    "Дарина",
    "Софія",
    "Зоя",
    "Інна",
    "Раїса",
    "Євгенія",
    "Соломія",
    "Уляна",
    "Мотрона",
]
LATIN = str.maketrans("абвгґдеєжзиіїйклмнопрстуфхцчшщьюя'", "abvhgdeejzyiiiklmnoprstufhccss'ui'")


def _surnames() -> list[str]:
    pairs = [stem + ending for ending in ENDINGS for stem in STEMS]
    middles = ("ар", "иш", "ун", "ел")
    return pairs + [stem + middle + ending for middle in middles for ending in ENDINGS for stem in STEMS]


def _weights(count: int) -> list[float]:
    """Few names are very common, many are rare."""
    return list(accumulate(1 / (place + 4) for place in range(count)))


def make_people(count: int, units: list[int], seed: int = 2026) -> Iterator[dict[str, Any]]:
    """``count`` clients as rows, with the lists ``numbers`` and ``words`` beside the columns."""
    dice = random.Random(seed)
    surnames, firsts = _surnames(), (MEN, WOMEN)
    surname_weights = _weights(len(surnames))
    first_weights = [_weights(len(names)) for names in firsts]
    father_weights = first_weights[0]
    for number in range(1, count + 1):
        sex = dice.randrange(2)
        surname = dice.choices(surnames, cum_weights=surname_weights)[0]
        first = dice.choices(firsts[sex], cum_weights=first_weights[sex])[0]
        father = dice.choices(MEN, cum_weights=father_weights)[0].removesuffix("й").removesuffix("о")
        name = f"{surname} {first} {father}{('ович', 'івна')[sex]}"
        login = f"{first[0].lower()}.{surname.lower()}".translate(LATIN).replace("'", "") + str(number)
        called = NOW - timedelta(minutes=dice.randrange(500_000)) if dice.random() < 0.3 else None
        short = dice.randrange(100, 10_000)
        number_text = f"{short // 100}-{short % 100:02}"
        yield {
            "full_name": name,
            "login": login,
            "email": f"{login}@corp.example",
            "unit_id": dice.choice(units),
            "room": str(dice.randrange(100, 900)),
            "last_contact_at": called,
            "numbers": [number_text if short < 1000 else f"(044) 239-{number_text}"],
            "words": search_words(name, login, f"{login}@corp.example"),
        }


def fill_clients(target: Session | str, count: int, *, seed: int = 2026) -> None:
    """Add ``count`` clients with phones and words to a migrated database, and let it analyse itself."""
    if isinstance(target, Session):
        target.commit()
        bind = target.get_bind()
        _fill(bind.engine, count, seed)
    else:
        engine = create_engine(target)
        _fill(engine, count, seed)
        engine.dispose()


def _fill(engine: Engine, count: int, seed: int) -> None:
    with Session(engine) as session:
        units = list(session.scalars(select(Unit.id)))
        if not units:
            session.add_all(Unit(name=f"Підрозділ {number}") for number in range(1, 17))
            session.flush()
            units = list(session.scalars(select(Unit.id)))
        start = (session.scalar(select(func.max(Client.id))) or 0) + 1
        people = make_people(count, units, seed)
        while batch := list(islice(people, BATCH)):
            _write(session, batch, start)
            start += len(batch)
            session.commit()
        if engine.dialect.name == "postgresql":
            for table in ("client", "client_phone"):
                session.execute(text(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))"))
            session.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE" if engine.dialect.name == "postgresql" else "ANALYZE"))


def _write(session: Session, batch: list[dict[str, Any]], start: int) -> None:
    clients, phones, words = [], [], []
    for client_id, person in enumerate(batch, start):
        numbers, found = person.pop("numbers"), person.pop("words")
        clients.append({"id": client_id, "search_text": " " + " ".join(found), "created_at": NOW, **person})
        words += [{"word": word, "client_id": client_id} for word in found]
        for position, number in enumerate(numbers):
            digits = phone_digits(number)
            phone = {"number": number, "digits": digits, "tail": digits[::-1], "position": position}
            phones.append({"client_id": client_id, **phone})
    defaults = {"job_title": "", "note": "", "is_active": True, "is_hidden": False, "version": 1}
    totals = {"tickets_count": 0, "calls_count": 0}
    if session.get_bind().dialect.name == "postgresql":
        _copy(session, "client", [{**row, **defaults, **totals} for row in clients])
        _copy(session, "client_phone", phones)
        _copy(session, "client_word", words)
    else:
        session.execute(insert(Client), clients)
        session.execute(insert(ClientPhone), phones)
        session.execute(insert(ClientWord), words)


def _copy(session: Session, table: str, rows: list[dict[str, Any]]) -> None:
    columns = list(rows[0])
    raw = session.connection().connection.driver_connection
    assert raw is not None
    with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([row[column] for column in columns])


if __name__ == "__main__":
    fill_clients(sys.argv[1], int(sys.argv[2]))
