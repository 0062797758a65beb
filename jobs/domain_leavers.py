"""The job that shows out whom the directory does not let in any more. Repeats are harmless."""

from __future__ import annotations

import logging

from app.errors import Invalid
from app.extensions import db
from app.services.domain_leavers import show_out
from jobs.context import with_app

log = logging.getLogger(__name__)


@with_app
def show_out_leavers() -> int:
    """Every ten minutes, and after a reading that somebody asked for; how many may not sign in any more.

    A directory that cannot be asked shows nobody out.
    """
    try:
        return len(show_out(db.session()))
    except Invalid as error:
        log.warning("nobody knows who may still sign in with the domain: %s", error.message)
        return 0
