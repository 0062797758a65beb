"""Checks and test messages, in the courier, where a channel's connection lives."""

from __future__ import annotations

from app.extensions import db
from app.services.channel_trials import run_trial
from jobs.context import with_app


@with_app
def run(token: str) -> str:
    """Do what was asked under this token; the error, empty when it went well."""
    return run_trial(db.session(), token)
