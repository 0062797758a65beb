"""The demo firm's phone book: the same people as a secretary writes them, so that the bench has work to show."""

from __future__ import annotations

from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from import_tools.book import Book, BookEntry
from import_tools.book_import import apply_run, fill_run, open_book_run
from import_tools.joining import Mode
from models import Client, RunStage

ROWS = 240
OFFICES = (
    ("Приймальня", "2-00"),
    ("Вахта", "1-11"),
    ("Факс бухгалтерії", "(044) 239-00-01"),
    ("Серверна", "5-55"),
)
STRANGERS = (
    ("Гетьман Лук'ян Остапович", "7-01"),
    ("Бережна Зореслава", "7-02"),
    ("Вітряк О. П.", "7-03"),
    ("Криничний Северин Юхимович", "7-04"),
)
TITLE = "Телефонний довідник.csv"


def bring_phone_book(session: Session, *, seed: int = 1) -> None:
    """Read, join and apply an invented phone book of the firm's people; flushed, not committed."""
    rng = Random(f"phone book {seed}")
    query = select(Client.full_name).where(Client.is_hidden.is_(False)).order_by(Client.id).limit(2_000)
    names = list(session.scalars(query))
    lines = [(_as_written(name, rng), _number(rng)) for name in rng.sample(names, min(ROWS, len(names)))]
    lines = sorted([*lines, *OFFICES, *STRANGERS])
    entries = tuple(
        BookEntry(row, row + 1, name, (phone,), f"{rng.randint(1, 6)}{rng.randint(1, 24):02}", "")
        for row, (name, phone) in enumerate(lines, start=1)
    )
    columns = {"name": "ПІБ", "phone": "Телефон", "room": "Кабінет"}
    book = Book(entries, (), "csv", "windows-1251", ";", 1, columns, (), f"demo {seed}")
    run = open_book_run(session, TITLE, name=TITLE, mode=Mode.BALANCED, keep_missing=False, actor=None)
    fill_run(session, run, book, Mode.BALANCED)
    run.stage = RunStage.WAITING
    apply_run(session, run.id)


def _as_written(name: str, rng: Random) -> str:
    """A name as it stands in real phone books: whole, without a patronymic, with initials, in capitals."""
    surname, *rest = name.split()
    chance = rng.random()
    if not rest or chance < 0.35:
        return name
    if chance < 0.6:
        return " ".join([surname, *(f"{part[0]}." for part in rest[:2])])
    if chance < 0.75:
        return f"{surname} {rest[0]}"
    if chance < 0.85:
        return " ".join([*rest, surname])
    if chance < 0.92:
        return name.upper()
    if chance < 0.97:
        return f"{surname} {rest[0][0]}."
    return name.replace("і", "i").replace("'", "’")


def _number(rng: Random) -> str:
    kinds = (f"{rng.randint(2, 9)}-{rng.randint(0, 99):02}", f"вн. {rng.randint(1000, 9999)}")
    return rng.choice(kinds)
