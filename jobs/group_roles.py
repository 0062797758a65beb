"""Jobs that bring the staff in line with their groups in the directory. Repeats are harmless."""

from __future__ import annotations

import logging

from app.errors import Invalid
from app.extensions import db
from app.services.directory_source import find_source
from app.services.group_grants import apply_to_everybody
from jobs.client_base import local_hour
from jobs.context import with_app
from jobs.once import once

log = logging.getLogger(__name__)


@with_app
def apply_groups_by_night(slot: str) -> int:
    """Each hour: if it is the hour of the sync, which has just run; how many people changed."""
    session = db.session()
    source = find_source(session)
    if source.id is None or local_hour() != source.hour:
        return 0
    with once(session, "apply_groups", slot) as mine:
        return _apply() if mine else 0


@with_app
def apply_groups_now() -> int:
    """The mapping was edited: what it gives changes at once, not at the next sign-in."""
    return _apply()


def _apply() -> int:
    try:
        return apply_to_everybody(db.session())
    except Invalid as error:
        log.warning("the groups of the directory could not be read, nothing was changed: %s", error.message)
        return 0
