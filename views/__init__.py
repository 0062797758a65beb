"""Screens: thin views that parse, call one service verb and render."""

from __future__ import annotations

from flask import Flask
from flask_appbuilder import AppBuilder

from views.errors import register_errors
from views.shell import init_shell


def register_views(app: Flask, builder: AppBuilder) -> None:
    """Add every screen to the application."""
    register_errors(app)
    init_shell(app)
