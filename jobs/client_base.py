"""Jobs of the client base: sync, phone books, doubles. Their arguments are JSON, repeats are harmless.

Their tools are imported when a job runs: the web server reads the table of jobs too and needs no numpy.
"""

from __future__ import annotations

import time
from datetime import datetime

from flask import current_app
from flask_babel import force_locale, to_user_timezone
from sqlalchemy.orm import Session

from app.errors import Conflict
from app.events import unit_of_work
from app.extensions import db
from app.policy import Actor, load_actor
from app.services.directory_source import find_source
from app.services.runs import explain_failure, fail_run
from jobs.context import with_app
from jobs.domain_leavers import show_out_leavers
from jobs.once import once
from models import ImportRun, RunKind, RunStage, utcnow

ATTEMPTS = 10
PAUSE = 1.0  # seconds


@with_app
def sync_by_night(slot: str) -> str:
    """Each hour: if it is the one that administrators have set, read the directory; the run's stage."""
    from import_tools.directory_sync import sync_directory

    session = db.session()
    source = find_source(session)
    if not source.is_on or local_hour() != source.hour:
        return ""
    with once(session, "sync_directory", slot) as mine:
        if not mine:
            return ""
        with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
            return sync_directory(session).stage


@with_app
def sync_now(actor_id: int, whole: bool = False) -> str:
    """Read the directory because a person has asked; returns the run's stage."""
    from import_tools.directory_sync import sync_directory

    actor = load_actor(db.session(), actor_id)
    with force_locale(actor.locale):
        stage = sync_directory(db.session(), actor=actor, whole=whole).stage
    show_out_leavers()
    return stage


@with_app
def approve_run(run_id: int, actor_id: int) -> str:
    """A person has looked at a run that waits and says yes; returns its stage then."""
    session = db.session()
    run, actor = session.get(ImportRun, run_id), load_actor(session, actor_id)
    if run is None or run.stage != RunStage.WAITING:
        return run.stage if run else ""
    with force_locale(actor.locale):
        return _approve(run, actor)


@with_app
def read_book_run(run_id: int, actor_id: int) -> str:
    """Read and join an uploaded phone book; afterwards its run waits for a yes. Returns the run's stage."""
    from import_tools.book_import import read_run

    actor = load_actor(db.session(), actor_id)
    with force_locale(actor.locale):
        return read_run(db.session(), run_id, actor=actor).stage


@with_app
def sweep_uploads(slot: str) -> int:
    """Each hour: delete uploaded phone books that no run needs any more; returns how many."""
    from import_tools.uploads import sweep_files

    session = db.session()
    with once(session, "sweep_uploads", slot) as mine:
        return sweep_files(session, current_app.config["VAR_DIR"]) if mine else 0


@with_app
def find_doubles(slot: str) -> int:
    """Each night: look for clients who are written down twice; returns how many pairs are open."""
    from import_tools.doubles import search_doubles

    session = db.session()
    with once(session, "find_doubles", slot) as mine:
        return search_doubles(session) if mine else 0


def _approve(run: ImportRun, actor: Actor) -> str:
    from import_tools.directory_sync import sync_directory
    from import_tools.doubles import search_doubles

    session = db.session()
    if run.kind == RunKind.SYNC:
        stored = run.details.get("allowed")
        allowed = stored if isinstance(stored, dict) else {}  # a bare number is no yes to these people
        return sync_directory(session, actor=actor, whole=True, allowed=allowed, run_id=run.id).stage
    run_id = run.id
    try:
        _apply(session, run_id, actor)
    except Exception as error:
        fail_run(session, run_id, explain_failure(error), actor=actor)
        raise
    search_doubles(session)
    return str(session.get_one(ImportRun, run_id).stage)


def _apply(session: Session, run_id: int, actor: Actor) -> None:
    """Apply a run; while somebody else writes (mostly less than a second) wait for him a little."""
    from import_tools.book_import import apply_run

    for attempt in range(ATTEMPTS):
        try:
            with unit_of_work(session):
                apply_run(session, run_id, actor=actor)
            return
        except Conflict:
            if attempt == ATTEMPTS - 1:
                raise
            time.sleep(PAUSE)


def local_hour() -> int:
    """The hour on the organisation's clocks."""
    moment: datetime = to_user_timezone(utcnow())
    return moment.hour
