"""``flask clients import-phonebook``: a phone book joined with the client base from the console."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext
from flask_babel import gettext as _

from app.errors import HelpdeskError
from app.events import unit_of_work
from app.extensions import db
from import_tools.book import read_book
from import_tools.book_import import apply_run, fill_run, open_book_run
from import_tools.joining import Mode
from models import RunStage


@click.command("import-phonebook")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--apply", "is_applied", is_flag=True, help="Write what the report says.")
@click.option("--mode", default=Mode.BALANCED.value, type=click.Choice([mode.value for mode in Mode]))
@click.option("--keep-missing", is_flag=True, help="People of the earlier book who are not in FILE stay.")
@with_appcontext
def phonebook_command(file: Path, is_applied: bool, mode: str, keep_missing: bool) -> None:
    """Read a phone book (.csv .xlsx .xls .ods .docx .doc) and join it with the client base by name.

    Without --apply only tell what would happen. Rows that are doubtful wait on screen: Client base → Join.
    """
    session = db.session()
    try:
        book = read_book(file)
        with unit_of_work(session):
            run = open_book_run(
                session, file, name=file.name, mode=Mode(mode), keep_missing=keep_missing, actor=None
            )
            fill_run(session, run, book, Mode(mode))
            run.stage = RunStage.WAITING
            apply_run(session, run.id)
            _print(run.notes, run.counts)
            if not is_applied:
                raise _DryRun
    except _DryRun:
        click.echo(_("Nothing was changed: this was a dry run. --apply writes it."))
    except HelpdeskError as error:
        raise click.ClickException(error.message) from None


class _DryRun(Exception):
    """Takes the transaction back."""


def _print(notes: list[dict[str, str]], counts: dict[str, int]) -> None:
    for note in notes:
        facts = {"number": note["line"], "who": note["text"], "reason": note["reason"]}
        click.echo(_("line %(number)s: %(who)s: %(reason)s", **facts))
    click.echo(" ".join(f"{name}={number}" for name, number in counts.items()))
