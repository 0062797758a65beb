"""News for me: the list, what was missed, and the claim by which one page shows a popup."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Response, jsonify, make_response, render_template, request
from flask_appbuilder import expose

from app.errors import NotFound
from app.events import unit_of_work
from app.services.notices import (
    claim_notice,
    claim_rest,
    count_unread,
    has_changed,
    list_notices,
    missed_ids,
)
from views.base import Screen, current_actor, is_fragment, session
from views.ticket_query import number_in


class NoticeView(Screen):
    """Deliveries of the popup channel to the person who is signed in."""

    route_base = "/notices"
    default_view = "list"
    class_permission_name = "Notices"

    @expose("/")
    def list(self) -> str:
        """Newest first, by key; htmx gets the lines alone."""
        before = number_in(request.args.get("before", ""))
        notices, following = list_notices(session(), actor=current_actor(), before_id=before)
        template = "notices/lines.html" if is_fragment() else "notices/list.html"
        return self.page(template, notices=notices, following=following, before=before)

    @expose("/missed")
    def missed(self) -> Response:
        """What no page has shown yet, newest first, the number at the bell, and whether anything at all
        has happened since the page was made (``since``, milliseconds)."""
        actor = current_actor()
        return jsonify(
            {
                "ids": missed_ids(session(), actor=actor),
                "unread": count_unread(session(), actor=actor),
                "changed": has_changed(session(), _moment(request.args.get("since", ""))),
            }
        )

    @expose("/<int:delivery_id>/claim", methods=["POST"])
    def claim(self, delivery_id: int) -> Response:
        """The toast for the one page that asks first, 204 for all others."""
        if number_in(str(delivery_id)) is None:
            raise NotFound()
        with unit_of_work(session()):
            notice = claim_notice(session(), delivery_id, actor=current_actor())
            html = render_template("toasts/notice.html", notice=notice) if notice else ""
        return self._toast(html)

    @expose("/rest", methods=["POST"])
    def rest(self) -> Response:
        """Everything missed up to ``upto`` as one summary, for the one page that asks first."""
        upto = number_in(request.form.get("upto", ""))
        count = 0
        if upto is not None:
            with unit_of_work(session()):
                count = claim_rest(session(), upto, actor=current_actor())
        return self._toast(render_template("toasts/rest.html", count=count) if count else "")

    def _toast(self, html: str) -> Response:
        """The toast or nothing, with the number at the bell."""
        response = make_response(html, 200 if html else 204)
        response.headers["HD-Unread"] = str(count_unread(session(), actor=current_actor()))
        return response


def _moment(text: str) -> datetime | None:
    """Milliseconds since 1970 as a moment; None for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) < 15):
        return None
    return datetime.fromtimestamp(int(text) / 1000, UTC)
