"""Corrections by those who may not edit clients: yes or no, field by field."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import flash, make_response, redirect
from flask_appbuilder import expose
from sqlalchemy.orm import joinedload

from app.errors import Conflict, Invalid
from app.events import unit_of_work
from app.services.corrections import decide_correction, open_corrections
from app.services.rows import find_row
from models import ChangeRequest
from views.base import current_actor, is_fragment, session
from views.client_base import words
from views.client_base.frame import ClientBaseScreen

SHOWN = 100


class CorrectionsView(ClientBaseScreen):
    """For everyone who may edit clients."""

    route_base = "/client-base/corrections"
    class_permission_name = "ClientBase"
    tab = "corrections"

    @expose("")
    def index(self) -> Any:
        """What waits, client by client, the first hundred."""
        waiting = open_corrections(session(), actor=current_actor(), limit=SHOWN)
        people = [list(requests) for _client, requests in groupby(waiting, key=lambda one: one.client_id)]
        return self.frame(
            "client_base/corrections.html", people=people, words=words, is_full=len(waiting) == SHOWN
        )

    @expose("/<int:request_id>/<any(yes, no):verdict>", methods=["POST"])
    def decide(self, request_id: int, verdict: str) -> Any:
        """Say yes or no to one field; htmx gets the decided line, others the list."""
        problem = ""
        try:
            with unit_of_work(session()):
                decide_correction(session(), request_id, is_accepted=verdict == "yes", actor=current_actor())
        except Conflict as error:
            problem = error.message
        except Invalid as error:
            problem = error.message or " ".join(error.fields.values())
        if is_fragment():
            return self._line(request_id, problem)
        if problem:
            flash(problem, "warning")
        return redirect("/client-base/corrections", 303)

    def _line(self, request_id: int, problem: str) -> Any:
        people = [joinedload(ChangeRequest.asked_by), joinedload(ChangeRequest.decided_by)]
        asked = find_row(session(), ChangeRequest, request_id, options=people, populate_existing=True)
        html = self.render_template(
            "client_base/correction.html", asked=asked, words=words, problem=problem, is_answer=True
        )
        return make_response(html, 409 if problem else 200)
