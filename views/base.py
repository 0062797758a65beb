"""What our own screens share: the actor, the page, and FAB's rights on top."""

from __future__ import annotations

from typing import Any

from flask import abort, g, redirect, request, url_for
from flask_appbuilder import BaseView
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.local import LocalProxy

from app.extensions import db
from app.policy import Actor, load_actor
from app.services.boxes import Counters, count_boxes


def current_actor() -> Actor:
    """Who acts in this request, loaded once: the signed-in user or the API's token bearer."""
    actor: Actor | None = g.get("actor")
    if actor is None:
        actor = load_actor(session(), g.user.id, address=request.remote_addr or "")
        g.actor = actor
    return actor


def session() -> Session:
    """The request's database session."""
    current: Session = db.session()
    return current


def current_counters() -> Counters:
    """The actor's counters, counted once per request."""
    counters: Counters | None = g.get("counters")
    if counters is None:
        counters = count_boxes(session(), actor=current_actor())
        g.counters = counters
    return counters


def is_fragment() -> bool:
    """Whether htmx asked for a part of a page."""
    return request.headers.get("HX-Request") == "true"


class Screen(BaseView):
    """A view of ours: one FAB permission (``can_use`` on its name) opens all of it.

    Which rows and moves are behind it is the policy's business.
    """

    base_permissions: list[str] | None = None

    def __init__(self) -> None:
        super().__init__()
        self.base_permissions = ["can_use"]

    def create_blueprint(self, *args: Any, **kwargs: Any) -> Any:
        blueprint = super().create_blueprint(*args, **kwargs)
        blueprint.before_request(self._guard)
        return blueprint

    def _guard(self) -> Any:
        if not current_user.is_authenticated:
            if is_fragment() or request.method != "GET":
                abort(401)
            return redirect(
                url_for(f"{self.appbuilder.sm.auth_view.endpoint}.login", next=request.full_path.rstrip("?"))
            )
        if not self.appbuilder.sm.has_access("can_use", self.class_permission_name):
            abort(403)
        return None

    def page(self, template: str, **context: Any) -> str:
        """Render a template with what every page needs; counters are counted when it asks for them."""
        html: str = self.render_template(
            template, actor=current_actor(), counters=LocalProxy(current_counters), **context
        )
        return html
