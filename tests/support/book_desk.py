"""A client base and phone books as files, read, applied and decided about as persons do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import unit_of_work
from app.policy import Actor
from app.services.bench import decide
from app.services.book_rows import current_book
from import_tools.book_import import apply_run, open_book_run, read_run
from import_tools.joining import Mode
from models import BookRow, Client, ImportRun, RunStage, Verdict
from tests.support.factories import actor_of, make_client, make_department, make_user

BOOK = """ПІБ;Телефон;Кабінет
Осипенко Іван Сергійович;20-70, 067 123-45-67;к. 635
Ткаченко О.;3142;280
Невідомий Петро Петрович;8-502;494
Приймальня;5555;101
Кравець Надія Іванівна;7777;12
"""


class Desk:
    """A client base, a boss, and phone books as files."""

    def __init__(self, session: Session, folder: Path) -> None:
        self.session, self.folder = session, folder
        self.boss: Actor = actor_of(session, make_user(session, coordinator_of=[make_department(session)]))
        self.osypenko = self.person("Осипенко Іван Сергійович", "i.osypenko")
        self.olena = self.person("Ткаченко Олена Василівна", "o.tkachenko")
        self.other = self.person("Ткаченко Олена Іванівна", "o.tkachenko2")
        self.kravets = self.person("Надія Кравець", "n.kravets")
        self.silent = self.person("Мовчун Тарас Ігорович", "t.movchun")
        self.count = 0

    def person(self, name: str, login: str) -> Client:
        """Somebody of the directory."""
        return make_client(self.session, name, login=login, object_guid=f"guid-{login}", email=f"{login}@x.y")

    def read(self, text: str = BOOK, **how: Any) -> ImportRun:
        """A file read and joined; its run waits."""
        path = self.folder / f"book{(count := self.count)}.csv"
        self.count = count + 1
        path.write_text(text, encoding="windows-1251")
        with unit_of_work(self.session):
            usual = {"name": path.name, "mode": Mode.BALANCED, "keep_missing": False, "actor": self.boss}
            run = open_book_run(self.session, path, **{**usual, **how})
        run = read_run(self.session, run.id, actor=self.boss)
        assert run.stage == RunStage.WAITING, run.problem
        return run

    def bring(self, text: str = BOOK, **how: Any) -> ImportRun:
        """The same, applied."""
        run = self.read(text, **how)
        with unit_of_work(self.session):
            apply_run(self.session, run.id, actor=self.boss)
        self.session.expire_all()
        return run

    def row(self, name: str) -> BookRow:
        """The row of the book in force that begins so."""
        book = current_book(self.session)
        assert book is not None
        query = select(BookRow).where(BookRow.run_id == book.id, BookRow.name.startswith(name))
        return self.session.scalars(query).one()

    def decide(self, name: str, verdict: Verdict, client: Client | None = None) -> BookRow:
        """A person's decision, committed."""
        with unit_of_work(self.session):
            row = decide(
                self.session,
                self.row(name).id,
                verdict,
                client_id=client.id if client else None,
                actor=self.boss,
            )
        self.session.expire_all()
        return row

    def picture(self) -> list[tuple[Any, ...]]:
        """All that is to be seen of the clients."""
        self.session.expire_all()
        query = select(Client).where(Client.is_hidden.is_(False)).order_by(Client.full_name, Client.id)
        return [
            (c.full_name, c.login, c.room, c.is_active, tuple(p.number for p in c.phones), c.search_text)
            for c in self.session.scalars(query)
        ]


def numbers(client: Client) -> list[str]:
    """The telephones of a client."""
    return [phone.number for phone in client.phones]
