"""``flask clients …``: the client base from the console."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup
from flask_babel import gettext as _

from app.commands.clients_book import phonebook_command
from app.commands.clients_directory import runs_command, sync_command, undo_command
from app.commands.clients_match import match_command
from app.errors import HelpdeskError
from app.extensions import db
from import_tools.columns import HEADERS
from import_tools.people import Report, import_people
from import_tools.sheet import SEPARATORS, open_sheet

clients_group = AppGroup("clients", help="The client base.")
for command in (match_command, phonebook_command, runs_command, sync_command, undo_command):
    clients_group.add_command(command)


def _chosen(_context: click.Context, _option: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    chosen = dict(pair.partition("=")[::2] for pair in pairs)
    for field, header in chosen.items():
        if field not in HEADERS or not header:
            raise click.BadParameter(f"write FIELD=HEADER, FIELD being one of {', '.join(HEADERS)}")
    return chosen


@clients_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option(
    "--column",
    "chosen",
    multiple=True,
    callback=_chosen,
    metavar="FIELD=HEADER",
    help="Say what a column holds.",
)
@click.option("--encoding", default="", help="Instead of finding it out, e.g. windows-1251.")
@click.option(
    "--separator", default="", type=click.Choice(["", *SEPARATORS]), help="Instead of finding it out."
)
@click.option("--create-without-login", is_flag=True, help="Add unknown people who have only a name.")
@click.option("--dry-run", is_flag=True, help="Tell what would happen, change nothing.")
def import_command(
    file: Path,
    chosen: dict[str, str],
    encoding: str,
    separator: str,
    create_without_login: bool,
    dry_run: bool,
) -> None:
    """Bring a list of people into the client base.

    FILE is text with a header line: UTF-8, UTF-16, windows-1251 or KOI8-U, separated by commas, semicolons
    or tabs. Columns are known by their usual names in Ukrainian, Russian and English, and by those of Active
    Directory; --column name=Person names others.

    A person is recognised by objectGUID, else login, else e-mail, else the exact name with the unit, so that
    the same list may be imported again. Namesakes are never merged. An empty cell erases nothing.

    A list without logins, such as a phone book, only completes people who are known by their exact name,
    because spellings of one name differ; --create-without-login adds the others too.
    """
    try:
        sheet = open_sheet(
            file, chosen=chosen, encoding=encoding, separator=SEPARATORS.get(separator or "", "")
        )
        report = import_people(
            db.session(), sheet, source=file.name, create_without_login=create_without_login, dry_run=dry_run
        )
    except HelpdeskError as error:
        raise click.ClickException(error.message) from None
    _print(report, dry_run=dry_run)


def _print(report: Report, *, dry_run: bool) -> None:
    for refusal in report.refused:
        line = _(
            "line %(number)s: %(who)s: %(reason)s",
            number=refusal.line,
            who=refusal.who or "?",
            reason=refusal.reason,
        )
        click.echo(line)
    for name in report.units:
        click.echo(_("new unit: %(name)s", name=name))
    counts = {
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "refused": len(report.refused),
    }
    click.echo(
        _("%(created)s created, %(updated)s updated, %(unchanged)s unchanged, %(refused)s refused", **counts)
    )
    if report.unknown:
        click.echo(
            _(
                "%(number)s unknown people have only a name: --create-without-login adds them",
                number=report.unknown,
            )
        )
    if dry_run:
        click.echo(_("Nothing was changed: this was a dry run."))
