"""``GET /metrics`` for Prometheus, behind a token of its own."""

from __future__ import annotations

from hmac import compare_digest

from flask import Flask, Response, abort, current_app, request
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from app.services.metrics import metrics_text
from views.base import session


def register_metrics(app: Flask) -> None:
    """Add the address; without HELPDESK_METRICS_TOKEN it answers as if it were not there."""
    app.add_url_rule("/metrics", "metrics", metrics)


def metrics() -> Response:
    """The numbers, for whoever shows the token (RFC 6750)."""
    token = current_app.config["METRICS_TOKEN"]
    if not token:
        abort(404)
    scheme, _blank, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not compare_digest(given.strip().encode(), token.encode()):
        return Response(
            "Show the token.\n", 401, {"WWW-Authenticate": 'Bearer realm="metrics"'}, mimetype="text/plain"
        )
    return Response(metrics_text(session()), content_type=CONTENT_TYPE_PLAIN_0_0_4)
