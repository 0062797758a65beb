"""``flask seed``: demo data."""

from __future__ import annotations

import click
from flask.cli import with_appcontext
from sqlalchemy import select
from tqdm import tqdm

from app.demo.filling import DemoError, fill_database
from app.extensions import db
from app.security.permissions import sync_permissions
from models import Staff, utcnow


@click.command("seed")
@click.option("--demo", is_flag=True, help="Do nothing if anybody works here already (for the first start).")
@click.option("--tickets", type=click.IntRange(0, 5_000_000), default=5_000, show_default=True)
@click.option("--clients", type=click.IntRange(20, 2_000_000), default=2_000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Another number, another firm.")
@with_appcontext
def seed_command(demo: bool, tickets: int, clients: int, seed: int) -> None:
    """Fill an empty database with a demo firm, or bring a demo firm up to so many tickets and clients."""
    if demo and db.session.scalar(select(Staff.id).limit(1)) is not None:
        return
    sync_permissions()
    with tqdm(total=tickets + clients, unit=" rows", unit_scale=True, disable=None) as bar:
        try:
            added = fill_database(
                db.session(), tickets=tickets, clients=clients, seed=seed, now=utcnow(), progress=bar.update
            )
        except DemoError as error:
            db.session.rollback()
            raise click.ClickException(f"No demo data written: {error}.") from None
        if demo:
            _bring_phone_book(seed)
        db.session.commit()
    click.echo(f"Demo data: {added[0]} tickets and {added[1]} clients added.")


def _bring_phone_book(seed: int) -> None:
    """Joined like a real one, with doubtful rows left for the bench; its tools are heavy, so only now."""
    from app.demo.phone_book import bring_phone_book
    from import_tools.doubles import search_doubles

    bring_phone_book(db.session(), seed=seed)
    search_doubles(db.session())
