"""The application with one thing more: the answer to a POST says when its news were committed.

The moment is that of ``time.monotonic()``, which all processes of a machine share.
"""

from __future__ import annotations

import time

from flask import Response, g, has_request_context

from app import events
from app.factory import create_app
from tests.bench.stack import COMMITTED

_wake_outbox = events.wake_outbox


def _stamp_and_wake(event_ids: list[int]) -> None:
    """Called right after the commit of a unit of work."""
    if has_request_context() and event_ids:
        g.bench_committed = time.monotonic()
    _wake_outbox(event_ids)


events.wake_outbox = _stamp_and_wake
app = create_app()


@app.after_request
def tell_commit(response: Response) -> Response:
    """The stamp as a header."""
    if "bench_committed" in g:
        response.headers[COMMITTED] = repr(g.bench_committed)
    return response
