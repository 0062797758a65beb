"""``/sw.js``: the service worker, from the root so that it may speak for every page."""

from __future__ import annotations

from pathlib import Path

from flask import Response, abort, current_app, request

from views.shell import built_folder


def serve_worker() -> Response:
    """The worker of the present build. Browsers ask for it anew each time: an old one must not live on."""
    place = Path(str(current_app.static_folder)) / "dist" / built_folder() / "js" / "sw.js"
    try:
        answer = Response(place.read_bytes(), mimetype="text/javascript")
    except OSError:
        abort(404)
    answer.headers["Cache-Control"] = "no-cache"
    answer.add_etag()
    answer.make_conditional(request)
    return answer
