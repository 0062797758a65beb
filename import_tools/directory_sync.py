"""The directory brought into the client base: read, compare, then write in one transaction or not at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select, update
from sqlalchemy.orm import Session, selectinload

from app.directory import (
    Cursor,
    DirectoryPerson,
    DirectorySettings,
    read_changes,
    read_everyone,
    read_identities,
    read_people,
)
from app.errors import Invalid
from app.events import unit_of_work
from app.policy import Actor
from app.services.claims import load_claims
from app.services.client_rows import change_client
from app.services.directory_source import directory_source, settings_of
from app.services.runs import (
    begin_writing,
    explain_failure,
    fail_run,
    finish_run,
    replace_interrupted,
    report_progress,
    start_run,
    stop_run,
)
from app.services.telling import Statement, add_people, tell
from import_tools.sync_logins import settle_logins
from import_tools.sync_people import known_guids, known_people, undone_people, without_guid
from import_tools.sync_plan import Plan, make_plan
from models import Client, ImportRun, RunChange, RunKind, RunStage, Source

BATCH = 500
SHOWN = 500
NOTHING_SAID: dict[str, Any] = {"email": None, "unit_id": None, "job_title": "", "room": "", "phones": []}
Progress = Callable[[int, str], None]


@dataclass(frozen=True)
class Reading:
    """What was read: some people or all, and the GUIDs of everybody who is there."""

    people: tuple[DirectoryPerson, ...]
    present: Collection[str]
    cursor: Cursor | None
    is_whole: bool
    notes: list[dict[str, Any]]


def read_directory(
    settings: DirectorySettings, cursor: Cursor | None, known: Collection[str], progress: Progress
) -> Reading:
    """Everybody, or since ``cursor`` who changed, came in or left; ``known`` are the GUIDs of our clients.

    Raises DirectoryError rather than giving less than there is.
    """

    def told(number: int) -> None:
        progress(min(60, 5 + number // 50), "reading")

    snapshot = read_changes(settings, cursor, progress=told) if cursor else None
    if snapshot is None:
        snapshot = read_everyone(settings, progress=told)
    skipped = {entry.guid for entry in snapshot.skipped}
    people = {person.guid: person for person in snapshot.people}
    present: Collection[str] = people.keys() | skipped
    if not snapshot.is_whole:
        present = read_identities(settings)
        strangers = set(present) - set(known) - people.keys() - skipped
        people |= {person.guid: person for person in read_people(settings, strangers)}
    notes = [{"text": entry.dn, "reason": entry.reason} for entry in snapshot.skipped]
    return Reading(tuple(people.values()), frozenset(present), snapshot.cursor, snapshot.is_whole, notes)


def plan_sync(session: Session, reading: Reading) -> Plan:
    """What the reading would change in the client base as it is now."""
    known = known_people(session)
    strangers = {person.guid for person in reading.people} - {one.guid for one in known}
    plan = make_plan(
        reading.people,
        known,
        by_login=without_guid(session),
        present=reading.present,
        undone=undone_people(session, strangers),
    )
    settle_logins(session, plan)
    return plan


def preview_sync(session: Session, *, whole: bool = False, progress: Progress = lambda *_: None) -> Plan:
    """Read and compare; nothing is written. Raises Invalid (no directory), DirectoryError (what is wrong)."""
    source = directory_source(session)
    cursor = _cursor(source.cursor, whole)
    reading = read_directory(settings_of(source), cursor, known_guids(session), progress)
    plan = plan_sync(session, reading)
    plan.notes = [*reading.notes, *plan.notes]
    return plan


def sync_directory(
    session: Session,
    *,
    actor: Actor | None = None,
    whole: bool = False,
    allowed: Mapping[str, Collection[int]] | None = None,
    run_id: int | None = None,
) -> ImportRun:
    """Read the directory and write what changed, as one run that can be taken back.

    A run that would change or deactivate more than the brake allows waits for a person instead; ``allowed``
    are the people whom he has seen and agreed to (Plan.allowance): anybody else makes it wait again.
    ``run_id`` is the run that waited. Whatever goes wrong, nothing is written: the run has failed and says
    why. The session is committed several times.
    """
    run_id = _open_run(session, actor, run_id)
    try:
        source = directory_source(session)
        settings, cursor = settings_of(source), _cursor(source.cursor, whole)

        def progress(percent: int, step: str) -> None:
            report_progress(session, run_id, percent, step)

        reading = read_directory(settings, cursor, known_guids(session), progress)
        progress(70, "comparing")
        with unit_of_work(session):
            run = session.get_one(ImportRun, run_id)
            begin_writing(session, run)
            session.refresh(run)
            _decide(session, run, reading, allowed, actor)
    except Exception as error:
        fail_run(session, run_id, explain_failure(error), actor=actor)
        if not isinstance(error, Invalid):
            raise
    return session.get_one(ImportRun, run_id)


def _open_run(session: Session, actor: Actor | None, run_id: int | None) -> int:
    with unit_of_work(session):
        if run_id is None:
            title = settings_of(directory_source(session)).host
            run = start_run(session, RunKind.SYNC, title=title, actor=actor)
        else:
            run = session.get_one(ImportRun, run_id)
            if run.stage != RunStage.WAITING:
                raise Invalid(_("This run does not wait for anything any more."))
            run.stage, run.problem = RunStage.RUNNING, ""
        replace_interrupted(session, RunKind.SYNC, except_id=run.id)
        return run.id


def _decide(
    session: Session,
    run: ImportRun,
    reading: Reading,
    allowed: Mapping[str, Collection[int]] | None,
    actor: Actor | None,
) -> None:
    """Write, or stop at the brake. Belongs to the caller's transaction."""
    plan = plan_sync(session, reading)
    plan.notes = [*reading.notes, *plan.notes]
    source = directory_source(session)
    if plan.exceeds(source.brake_percent) and not plan.is_within(allowed or {}):
        stop_run(
            session,
            run,
            problem=_brake_words(plan, source.brake_percent),
            counts={**plan.counts, "known": plan.known},
            details={"difference": _difference(session, plan), "allowed": plan.allowance},
            actor=actor,
        )
        return
    apply_plan(session, run, plan, actor=actor)
    source.cursor = reading.cursor.to_dict() if reading.cursor else {}
    finish_run(session, run, counts={**plan.counts, "known": plan.known}, notes=plan.notes, actor=actor)


def apply_plan(session: Session, run: ImportRun, plan: Plan, *, actor: Actor | None) -> None:
    """Write the plan within the caller's transaction."""
    said = {**plan.change, **plan.leave, **plan.adopt, **plan.revive}
    clients = _clients(session, [*said, *plan.release])
    for number in plan.release:
        change_client(session, clients[number], {"login": None}, actor, f"run {run.id}")
    _show_again(session, [clients[number] for number in plan.revive], run, actor)
    statements = [Statement(clients[number], values) for number, values in said.items()]
    tell(session, statements, source=Source.DIRECTORY, run=run, actor=actor)
    _note_as_made(session, run, plan.revive)
    for start in range(0, len(plan.create), BATCH):
        part = plan.create[start : start + BATCH]
        add_people(session, part, source=Source.DIRECTORY, run=run, actor=actor)


def _show_again(session: Session, clients: Sequence[Client], run: ImportRun, actor: Actor | None) -> None:
    """Clients whom an undo has hidden are there again, without what only the undone run had said of them."""
    stored = load_claims(session, [client.id for client in clients])
    for client in clients:
        left = {} if client.id in stored else NOTHING_SAID
        change_client(session, client, {"is_hidden": False, **left}, actor, f"run {run.id}")


def _note_as_made(session: Session, run: ImportRun, ids: Collection[int]) -> None:
    """When this run is taken back too, whom it has brought back is hidden again."""
    session.flush()
    wanted = list(ids)
    for start in range(0, len(wanted), BATCH):
        made = (RunChange.run_id == run.id) & RunChange.client_id.in_(wanted[start : start + BATCH])
        session.execute(update(RunChange).where(made).values(action="created"))


def _clients(session: Session, ids: Collection[int]) -> dict[int, Client]:
    found: dict[int, Client] = {}
    wanted = list(ids)
    for start in range(0, len(wanted), BATCH):
        query = select(Client).where(Client.id.in_(wanted[start : start + BATCH]))
        found |= {client.id: client for client in session.scalars(query.options(selectinload(Client.phones)))}
    return found


def _cursor(stored: dict[str, Any], whole: bool) -> Cursor | None:
    return Cursor.from_dict(stored) if stored and not whole else None


def _difference(session: Session, plan: Plan) -> dict[str, Any]:
    """What a person looks at before he says yes; bounded, the counts are whole."""
    leave, change = plan.deactivated_ids[:SHOWN], plan.changed_ids[:SHOWN]
    ids = [*leave, *change]
    names: dict[int, str] = {}
    for start in range(0, len(ids), BATCH):
        query = select(Client.id, Client.full_name).where(Client.id.in_(ids[start : start + BATCH]))
        names |= {row[0]: row[1] for row in session.execute(query)}
    return {
        "deactivate": [{"id": i, "name": names.get(i, "")} for i in leave],
        "change": [
            {"id": i, "name": names.get(i, ""), "fields": sorted(plan.change.get(i, ["full_name"]))}
            for i in change
        ],
        "create": [v["full_name"] for v in (*plan.revive.values(), *plan.create)][:SHOWN],
    }


def _brake_words(plan: Plan, percent: int) -> str:
    leaving = ngettext(
        "%(num)d person would be deactivated",
        "%(num)d people would be deactivated",
        len(plan.deactivated_ids),
    )
    changing = ngettext("%(num)d would change", "%(num)d would change", len(plan.changed_ids))
    return str(
        _(
            "%(leaving)s and %(changing)s, of %(known)d: more than the %(percent)d %% that may pass unseen.",
            leaving=leaving,
            changing=changing,
            known=plan.known,
            percent=percent,
        )
    )
