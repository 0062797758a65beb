"""The ``flask`` commands."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup

from app.commands.clients import clients_group
from app.commands.second_factor import reset_factor_command
from app.commands.seed import seed_command
from app.commands.worker import courier_command, scheduler_command, worker_command
from app.security.permissions import sync_permissions

security_group = AppGroup("security", help="Roles and the screens they open.")


@security_group.command("sync")
def sync_command() -> None:
    """Write the permissions of all screens, and the roles Admin and Staff."""
    click.echo(f"{sync_permissions()} new permissions")


def register_commands(app: Flask) -> None:
    """Add our commands to ``flask``."""
    security_group.add_command(reset_factor_command)
    app.cli.add_command(security_group)
    app.cli.add_command(clients_group)
    app.cli.add_command(seed_command)
    app.cli.add_command(worker_command)
    app.cli.add_command(courier_command)
    app.cli.add_command(scheduler_command)
