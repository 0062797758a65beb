"""Jobs run inside an application context; one is pushed only if none is active (traps.md)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from flask import Flask, has_app_context

from app.extensions import db

P = ParamSpec("P")
R = TypeVar("R")
_app: Flask | None = None


def worker_app() -> Flask:
    """The worker process's application, made once."""
    global _app
    if _app is None:
        from app.factory import create_app

        _app = create_app()
    return _app


def with_app(job: Callable[P, R]) -> Callable[P, R]:
    """Give a job its application context and a session that is closed behind it."""

    @functools.wraps(job)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        if has_app_context():
            return job(*args, **kwargs)
        with worker_app().app_context():
            try:
                return job(*args, **kwargs)
            finally:
                db.session.remove()

    return wrapped
