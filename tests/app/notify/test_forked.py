"""What one process tells reaches the pages of another, also when both were forked from one parent."""

from __future__ import annotations

import json
import time

import pytest
from flask import Flask

from app.extensions import redis, socketio
from app.launcher.children import fork
from app.notify import popup


@pytest.mark.database("sqlite", reason="only Redis is at work here")
def test_a_forked_process_speaks_under_a_name_of_its_own(app: Flask) -> None:
    listener = redis().pubsub()  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
    listener.subscribe(app.config["SOCKET_CHANNEL"])
    child = fork("The teller", lambda: popup.tell_notice(7, 1, ticket_id=1, kind="ticket.taken"))

    message = None
    deadline = time.monotonic() + 10
    while message is None and time.monotonic() < deadline:
        message = listener.get_message(ignore_subscribe_messages=True, timeout=0.5)
    while not child.has_ended():
        time.sleep(0.01)
    listener.close()

    assert child.status == 0
    assert message is not None
    told = json.loads(message["data"])
    assert told["event"] == "notice"
    assert told["host_id"] != socketio.server.manager.host_id
