"""The tray of letters: whose is this one?"""

from __future__ import annotations

from typing import Any

from flask import flash, make_response, redirect, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from app.errors import Conflict, Invalid
from app.events import unit_of_work
from app.policy import Verb, can_somewhere
from app.search import find_clients
from app.services.mail_tray import access_letter_file, assign_letter, discard_letter, waiting_letters
from models import LetterWhy
from views.attachments import send_attachment
from views.base import Screen, current_actor, session
from views.call_form import read_id
from views.prose import prose

ADDRESS = "/letters/"
SHOWN = 50
FOUND = 5
WHY = {
    LetterWhy.UNKNOWN: lazy_gettext("Nobody in the client base has this address."),
    LetterWhy.SEVERAL: lazy_gettext("Several clients have this address."),
    LetterWhy.NO_SENDER: lazy_gettext("The letter does not say clearly who sent it."),
    LetterWhy.FORGED: lazy_gettext("The mail server says that the sender is forged."),
    LetterWhy.NOT_ALLOWED: lazy_gettext("A colleague who may not comment on that ticket answered."),
    LetterWhy.AUTOMATIC: lazy_gettext("A machine or a mailing list sent it."),
    LetterWhy.RATE: lazy_gettext("This sender wrote very many letters within an hour."),
    LetterWhy.REFUSED: lazy_gettext("The mailbox's department or author is set no more."),
    LetterWhy.BROKEN: lazy_gettext("The letter could not be read; it lies in the folder of failed ones."),
}


class TrayView(Screen):
    """``/letters/``: for those who write tickets down in the mailbox's department."""

    route_base = "/letters"
    default_view = "index"
    class_permission_name = "Tickets"

    @expose("/")
    def index(self) -> Any:
        """The oldest letters first; ``letter`` and ``q``: the clients found for one of them."""
        return self._draw(request.args)

    @expose("/<int:letter_id>/assign", methods=["POST"])
    def assign(self, letter_id: int) -> Any:
        """It is this client's, or a new one's."""
        form = request.form
        if form.get("look"):
            return self._draw(form, letter_id=letter_id)
        is_new = form.get("client_new") == "1"
        person = {"full_name": form.get("full_name", ""), "email": form.get("email", "")} if is_new else None
        try:
            with unit_of_work(session()):
                ticket = assign_letter(
                    session(),
                    letter_id,
                    client_id=None if is_new else read_id(form.get("client_id")),
                    new_client=person,
                    remember=form.get("remember") == "1",
                    actor=current_actor(),
                )
                number = ticket.id
        except Conflict as error:
            flash(error.message, "warning")
            return redirect(ADDRESS, 303)
        except Invalid as error:
            return self._draw(form, letter_id=letter_id, error=error)
        flash(_("Ticket №%(number)s is written down.", number=number), "success")
        return redirect(ADDRESS, 303)

    @expose("/<int:letter_id>/discard", methods=["POST"])
    def discard(self, letter_id: int) -> Any:
        """Nothing is to be done about it."""
        try:
            with unit_of_work(session()):
                reason = request.form.get("reason", "")
                discard_letter(session(), letter_id, reason=reason, actor=current_actor())
        except Conflict as error:
            flash(error.message, "warning")
            return redirect(ADDRESS, 303)
        except Invalid as error:
            return self._draw(request.form, letter_id=letter_id, error=error)
        flash(_("The letter is discarded."), "success")
        return redirect(ADDRESS, 303)

    @expose("/<int:letter_id>/attachments/<int:attachment_id>")
    def download(self, letter_id: int, attachment_id: int) -> Any:
        """A file of a letter that waits."""
        return send_attachment(
            *access_letter_file(session(), letter_id, attachment_id, actor=current_actor())
        )

    def _draw(self, typed: Any, *, letter_id: int | None = None, error: Invalid | None = None) -> Response:
        actor = current_actor()
        letters = waiting_letters(session(), actor=actor, limit=SHOWN)
        query = typed.get("q", "").strip()[:100]
        html = self.page(
            "letters_in/tray.html",
            letters=letters,
            why=WHY,
            typed=typed,
            chosen=letter_id if letter_id is not None else read_id(typed.get("letter")),
            query=query,
            found=[hit.client for hit in find_clients(session(), query, limit=FOUND)] if query else [],
            fields=error.fields if error else {},
            problem=error.message if error else "",
            may_add=can_somewhere(actor, Verb.EDIT_CLIENTS),
            prose=prose,
            is_full=len(letters) == SHOWN,
        )
        return make_response(html, 422 if error else 200)
