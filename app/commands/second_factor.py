"""``flask security reset-factor``: for when the last administrator has lost his authenticator."""

from __future__ import annotations

import click
from sqlalchemy import select

from app.errors import HelpdeskError
from app.events import unit_of_work
from app.extensions import db
from app.notify import popup
from app.services.second_factor import take_away
from models import Staff


@click.command("reset-factor")
@click.argument("login")
def reset_factor_command(login: str) -> None:
    """Take the second factor of LOGIN away and end all sessions of the person."""
    session = db.session()
    person = session.scalars(select(Staff).where(Staff.username == login)).one_or_none()
    if person is None:
        raise click.ClickException(f"There is nobody with the login {login}.")
    try:
        with unit_of_work(session):
            take_away(session, person, actor=None)
    except HelpdeskError as error:
        raise click.ClickException(error.message) from None
    popup.reconnect(person.id)
    click.echo(f"{login} signs in without a second factor now.")
