"""Jobs of the client base: sync, phone books, doubles. Their arguments are JSON, repeats are harmless."""

from __future__ import annotations

from datetime import datetime

from flask import current_app
from flask_babel import force_locale, to_user_timezone

from app.extensions import db
from app.policy import Actor, load_actor
from app.services.directory_source import find_source
from import_tools.directory_sync import sync_directory
from jobs.context import with_app
from jobs.once import once
from models import ImportRun, RunKind, RunStage, utcnow


@with_app
def sync_by_night(slot: str) -> str:
    """Each hour: if it is the one that administrators have set, read the directory; the run's stage."""
    session = db.session()
    source = find_source(session)
    if not source.is_on or _local_hour() != source.hour:
        return ""
    with once(session, "sync_directory", slot) as mine:
        if not mine:
            return ""
        with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
            return sync_directory(session).stage


@with_app
def sync_now(actor_id: int, whole: bool = False) -> str:
    """Read the directory because a person has asked; returns the run's stage."""
    actor = load_actor(db.session(), actor_id)
    with force_locale(actor.locale):
        return sync_directory(db.session(), actor=actor, whole=whole).stage


@with_app
def approve_run(run_id: int, actor_id: int) -> str:
    """A person has looked at a run that waits and says yes; returns its stage then."""
    session = db.session()
    run, actor = session.get(ImportRun, run_id), load_actor(session, actor_id)
    if run is None or run.stage != RunStage.WAITING:
        return run.stage if run else ""
    with force_locale(actor.locale):
        return _approve(run, actor)


def _approve(run: ImportRun, actor: Actor) -> str:
    if run.kind == RunKind.SYNC:
        allowed = int(run.details.get("allowed", 0))
        return sync_directory(db.session(), actor=actor, whole=True, allowed=allowed, run_id=run.id).stage
    return run.stage


def _local_hour() -> int:
    moment: datetime = to_user_timezone(utcnow())
    return moment.hour
