"""``flask clients …``: the client base from the console."""

from __future__ import annotations

from flask.cli import AppGroup

clients_group = AppGroup("clients", help="The client base.")
