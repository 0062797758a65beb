"""``/sw.js``: the service worker, from the root so that it may speak for every page."""

from __future__ import annotations

from pathlib import Path

from flask import Response, abort, current_app, send_from_directory

from views.shell import built_folder


def serve_worker() -> Response:
    """The worker of the present build. Browsers ask for it anew each time: an old one must not live on."""
    folder = built_folder()
    if not folder:
        abort(404)
    place = Path(str(current_app.static_folder)) / "dist" / folder / "js"
    answer = send_from_directory(place, "sw.js", mimetype="text/javascript", conditional=True, max_age=0)
    answer.headers["Cache-Control"] = "no-cache"
    return answer
