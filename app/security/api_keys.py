"""API keys: FAB's own, which also end with everything else of the person's."""

from __future__ import annotations

from datetime import datetime


def is_taken_back(created_on: datetime | None, keys_since: datetime | None) -> bool:
    """Whether all keys of the person were revoked after this one was made.

    FAB writes ``created_on`` as the server's own local time without a zone.
    """
    if keys_since is None:
        return False
    return created_on is None or created_on.astimezone() <= keys_since
