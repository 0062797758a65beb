"""``flask clients sync-ad``, ``runs`` and ``undo``: the client base without a browser."""

from __future__ import annotations

import click
from flask.cli import with_appcontext
from flask_babel import gettext as _

from app.errors import HelpdeskError
from app.events import unit_of_work
from app.extensions import db
from app.policy import Actor, active_actors
from app.services.rows import find_row
from app.services.runs import list_runs
from app.services.undo import undo_run
from import_tools.directory_sync import preview_sync, sync_directory
from import_tools.sync_plan import Plan
from models import ImportRun, RunStage


def console_actor() -> Actor:
    """On whose behalf the console acts: the first active administrator, as whoever may run it could be.

    Raises ClickException when there is none.
    """
    administrators = [actor for actor in active_actors(db.session()) if actor.is_administrator]
    if not administrators:
        raise click.ClickException(
            _("There is no active administrator: make one with flask fab create-admin.")
        )
    return administrators[0]


@click.command("sync-ad")
@click.option("--apply", "is_applied", is_flag=True, help="Write what the report says.")
@click.option("--whole", is_flag=True, help="Read everybody, not only what has changed.")
@click.option("--force", is_flag=True, help="Write even more than the brake lets pass.")
@with_appcontext
def sync_command(is_applied: bool, whole: bool, force: bool) -> None:
    """Bring the directory into the client base; without --apply only tell what would happen.

    The directory is set on screen: Client base → Directory.
    """
    try:
        plan = preview_sync(db.session(), whole=whole)
        _print_plan(plan)
        if not is_applied:
            click.echo(_("Nothing was changed: this was a dry run. --apply writes it."))
            return
        run = sync_directory(db.session(), whole=whole, allowed=plan.allowance if force else None)
    except HelpdeskError as error:
        raise click.ClickException(error.message) from None
    _print_run(run)
    if run.stage != RunStage.APPLIED:
        raise click.ClickException(run.problem)


@click.command("runs")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 500))
@with_appcontext
def runs_command(limit: int) -> None:
    """The latest runs with their counts, the newest first."""
    runs, _cursor = list_runs(db.session(), actor=console_actor(), limit=limit)
    for run in runs:
        _print_run(run)
    if not runs:
        click.echo(_("There is no run yet."))


@click.command("undo")
@click.argument("run_id", type=int)
@click.option("--apply", "is_applied", is_flag=True, help="Really take it back.")
@with_appcontext
def undo_command(run_id: int, is_applied: bool) -> None:
    """Take back everything that a run did; without --apply only tell what it was."""
    actor = console_actor()
    try:
        run = find_row(db.session(), ImportRun, run_id)
        if run is None:
            raise click.ClickException(_("There is no such run."))
        if not is_applied:
            _print_run(run)
            click.echo(_("Nothing was changed: this was a dry run. --apply takes it back."))
            return
        with unit_of_work(db.session()):
            counts = undo_run(db.session(), run_id, actor=actor)
    except HelpdeskError as error:
        raise click.ClickException(error.message) from None
    click.echo(_("Taken back: %(counts)s", counts=_words(counts)))


def _print_plan(plan: Plan) -> None:
    for note in plan.notes:
        click.echo(f"{note.get('text', '')}: {note.get('reason', '')}")
    click.echo(_words({**plan.counts, "known": plan.known}))


def _print_run(run: ImportRun) -> None:
    when = run.started_at.isoformat(sep=" ", timespec="minutes")
    facts = (str(run.id), when, run.kind, run.stage, run.title, _words(run.counts), run.problem)
    click.echo("  ".join(fact for fact in facts if fact))


def _words(counts: dict[str, int]) -> str:
    return " ".join(f"{name}={number}" for name, number in counts.items())
