"""The bare SQL: the statements of one request, counted, and timed again without us around them."""

from __future__ import annotations

import time
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event, select

from app.extensions import db
from models import Staff
from tests.support.signing import sign_in

TIMES = 30
READS = ("SELECT", "WITH")


def count_and_replay(application: Flask, login: str, case: Any) -> tuple[int, float]:
    """(statements, median milliseconds of sending all its reads to the database again)."""
    from tests.bench.cases import InProcess

    sent: list[tuple[str, Any]] = []

    def note(_conn: Any, _cur: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "BEGIN")):
            sent.append((statement, parameters))

    with application.app_context():
        user = db.session.scalars(select(Staff).where(Staff.username == login)).one()
        client = sign_in(application.test_client(), user)
        db.session.remove()
    browser = InProcess(client)
    case.send(browser)
    event.listen(Engine, "before_cursor_execute", note)
    try:
        status, body = case.send(browser)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    if status >= 400:
        raise RuntimeError(f"{case.name}: {status} {body[:300]}")
    return len(sent), _replay(application, [s for s in sent if s[0].startswith(READS)])


def _replay(application: Flask, statements: list[tuple[str, Any]]) -> float:
    with application.app_context():
        raw = db.engine.raw_connection()
        cursor = raw.cursor()
        samples = []
        for _ in range(TIMES):
            start = time.perf_counter()
            for statement, parameters in statements:
                cursor.execute(statement, parameters)
                cursor.fetchall()
            samples.append((time.perf_counter() - start) * 1000)
        raw.close()
    return sorted(samples)[TIMES // 2]
