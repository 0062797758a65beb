"""A list of people brought into the client base: repeatable, and it tells what it refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.errors import HelpdeskError, Invalid
from app.events import unit_of_work
from app.policy import Actor
from app.services.claims import load_claims
from app.services.client_rows import MOST_PHONES, clean_values
from app.services.runs import begin_writing, finish_run, start_run
from app.services.telling import Statement, add_people, tell
from app.services.units import LONGEST_UNIT, UnitNames
from app.text import phone_digits
from import_tools.matching import Known, plain_name
from import_tools.person import Person, read_person
from import_tools.sheet import Line, Sheet
from models import Client, ImportRun, RunKind, Source

BATCH = 500


@dataclass(frozen=True)
class Refusal:
    """A line that was left out."""

    line: int
    who: str
    reason: str


@dataclass
class Report:
    """What came of a list. ``run_id`` is its run, by which it can be taken back."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    unknown: int = 0
    run_id: int = 0
    units: list[str] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """The numbers of the run."""
        counts = {"created": self.created, "changed": self.updated, "unchanged": self.unchanged}
        return {**counts, "refused": len(self.refused)}

    @property
    def notes(self) -> list[dict[str, Any]]:
        """The refused lines as a run keeps them."""
        return [{"line": r.line, "text": r.who, "reason": r.reason} for r in self.refused]


def import_people(
    session: Session,
    sheet: Sheet,
    *,
    source: str,
    actor: Actor | None = None,
    create_without_login: bool = False,
    dry_run: bool = False,
) -> Report:
    """Create and update clients from ``sheet``, committing every few hundred; ``source`` is for the journal.

    The session forgets its objects after each commit, so that a long list fits into memory.

    Only what a line tells is changed: an empty cell erases nothing, a new number is put before the old ones.
    A person without objectGUID, login and e-mail who is not known is refused unless ``create_without_login``.
    """
    report = Report()
    with nullcontext() if dry_run else unit_of_work(session):
        run = start_run(session, RunKind.LIST, title=source, actor=actor)
    report.run_id = run.id
    task = _Import(session, report, actor, run, create_without_login)
    task.namesakes = Counter(key for line in sheet.lines() if (key := _name_key(line)))
    lines = sheet.lines()
    try:
        while batch := list(islice(lines, BATCH)):
            with nullcontext() if dry_run else unit_of_work(session):
                begin_writing(session, task.run)
                task.take(batch)
            if not dry_run:
                session.expunge_all()
                task.run = session.get_one(ImportRun, report.run_id)
        with nullcontext() if dry_run else unit_of_work(session):
            finish_run(session, task.run, counts=report.counts, notes=report.notes, actor=actor)
    finally:
        if dry_run:
            session.rollback()
    return report


def _name_key(line: Line) -> tuple[str, str] | None:
    try:
        person = read_person(line)
    except Invalid:
        return None
    return plain_name(person.name), person.unit.casefold()


class _Import:
    """One run: what is known and what was already met in the list."""

    namesakes: Counter[tuple[str, str]]

    def __init__(
        self,
        session: Session,
        report: Report,
        actor: Actor | None,
        run: ImportRun,
        create_without_login: bool,
    ) -> None:
        self.session = session
        self.report = report
        self.actor = actor
        self.run = run
        self.create_without_login = create_without_login
        self.known = Known.load(session)
        self.units = UnitNames(session)
        self.units.made = report.units
        self.met: dict[tuple[str, Any], int] = {}

    def take(self, batch: Sequence[Line]) -> None:
        """Sort the lines into new people and known ones, and write both."""
        new: list[dict[str, Any]] = []
        known: list[tuple[int, Person, dict[str, Any]]] = []
        for line in batch:
            try:
                person = read_person(line)
                client_id = self._find(person)
                values = self._values(person)
            except HelpdeskError as error:
                self.report.refused.append(Refusal(line.number, line.values.get("name", ""), error.message))
                continue
            self.met |= dict.fromkeys(self._marks(person, client_id), person.line)
            if client_id is None:
                new.append(values)
            else:
                known.append((client_id, person, values))
        if new:
            add_people(self.session, new, source=Source.LIST, run=self.run, actor=self.actor)
            self.report.created += len(new)
        self._update(known)

    def _find(self, person: Person) -> int | None:
        key = plain_name(person.name), person.unit.casefold()
        client_id = self.known.find(person, has_namesake=self.namesakes[key] > 1)
        for mark in self._marks(person, client_id):
            if mark in self.met:
                raise Invalid(_("The same person is in line %(number)s.", number=self.met[mark]))
        if client_id is None and not person.keys and not self.create_without_login:
            self.report.unknown += 1
            raise Invalid(_("Nobody here has this name, and the line has neither a login nor an e-mail."))
        return client_id

    @staticmethod
    def _marks(person: Person, client_id: int | None) -> Iterator[tuple[str, Any]]:
        """What no second line may have."""
        sure = [(kind, key) for kind, key in person.keys if kind != "email" or not person.login]
        yield from sure
        if not sure:
            yield "name", (plain_name(person.name), person.unit.casefold())
        if client_id is not None:
            yield "client", client_id

    def _values(self, person: Person) -> dict[str, Any]:
        told: dict[str, Any] = {**person.values, "phones": person.phones}
        if person.unit:
            told["unit_id"] = self._unit(person.unit)
        clean = clean_values(self.session, told)
        if person.guid:
            clean["object_guid"] = person.guid
        return clean

    def _unit(self, name: str) -> int:
        if len(name) > LONGEST_UNIT:
            raise Invalid(_("The unit's name is longer than %(number)s characters.", number=LONGEST_UNIT))
        return self.units.id_of(name)

    def _update(self, known: Sequence[tuple[int, Person, dict[str, Any]]]) -> None:
        ids = [client_id for client_id, _person, _values in known]
        query = select(Client).where(Client.id.in_(ids)).options(selectinload(Client.phones))
        clients = {client.id: client for client in self.session.scalars(query)}
        claims = load_claims(self.session, ids)
        for client_id, person, values in known:
            client = clients[client_id]
            said = claims.get(client_id, {}).get(Source.LIST)
            earlier = said.values.get("phones", {}).get("value", []) if said else []
            version = client.version
            statement = Statement(client, _with_old_phones(client, values, earlier))
            try:
                tell(self.session, [statement], source=Source.LIST, run=self.run, actor=self.actor)
            except HelpdeskError as error:
                self.report.refused.append(Refusal(person.line, person.name, error.message))
                continue
            if client.version != version:
                self.report.updated += 1
            else:
                self.report.unchanged += 1


def _with_old_phones(client: Client, values: Mapping[str, Any], earlier: Sequence[str]) -> dict[str, Any]:
    """What the line says, without fields it leaves empty; new numbers come before those of earlier lists."""
    told = {name: value for name, value in values.items() if name == "is_active" or value}
    digits = {phone.digits for phone in client.phones}
    fresh = [number for number in told.pop("phones", []) if phone_digits(number) not in digits]
    if fresh:
        told["phones"] = [*fresh, *earlier][:MOST_PHONES]
    return told
