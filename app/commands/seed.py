"""``flask seed``: demo data."""

from __future__ import annotations

import click


@click.command("seed")
def seed_command() -> None:
    """Fill the database with demo data."""
