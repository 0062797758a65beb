"""Parts of pages about clients: the look-up, the card, a field corrected in place, the addressees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, jsonify, make_response, redirect, request, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.errors import Conflict, Invalid
from app.events import unit_of_work
from app.notify import presence
from app.policy import Verb, can_somewhere
from app.search import find_clients, mark_matches
from app.services.callers import ClientChange, latest_edits, open_numbers
from app.services.cards import access_client, client_card
from app.services.clients import update_client
from app.services.corrections import ask_correction, count_corrections
from app.services.placement import Addressee, addressees, open_departments
from app.text import phone_digits
from models import ChangeRequest
from views.access.away import away_words
from views.base import Screen, current_actor, is_fragment, session
from views.call_form import read_id, unit_choices
from views.client_base.words import field_word
from views.client_history import change_words
from views.errors import wants_json

HITS = 10
MOST_BUTTONS = 12
CORRECTED = ("phone", "room")


def asked_words(requests: Sequence[ChangeRequest]) -> str:
    """What has become of a correction by somebody without the right to edit."""
    if not requests:
        return str(_("Nothing to send: this is what is stored, or it waits for approval already."))
    fields = ", ".join(field_word(request.field) for request in requests)
    return str(_("Sent for approval: %(fields)s.", fields=fields))


def is_part() -> bool:
    """Whether htmx or our own fetch asked, and not the browser for a page."""
    return is_fragment() or request.headers.get("X-Requested-With") == "fetch"


class ClientPartsView(Screen):
    """Fragments for the new ticket, the client's page and whoever else shows a client."""

    route_base = "/clients"
    class_permission_name = "Clients"

    @expose("/lookup")
    def lookup(self) -> Any:
        """The options of the combobox for ``q``: ten hits; without ``known`` the way to a new client."""
        query = request.args.get("q", "").strip()[:100]
        hits = find_clients(session(), query, limit=HITS)
        actor = current_actor()
        return self.render_template(
            "clients/hits.html",
            query=query,
            hits=hits,
            opened=open_numbers(session(), [hit.client.id for hit in hits], actor=actor),
            mark=mark_matches,
            is_number=not any(c.isalpha() for c in query) and bool(phone_digits(query)),
            may_add="known" not in request.args and can_somewhere(actor, Verb.EDIT_CLIENTS),
        )

    @expose("/new-fields")
    def new_fields(self) -> Any:
        """The few fields of a new client, filled from what was typed: digits are a phone, letters a name."""
        query = request.args.get("q", "").strip()[:100]
        name = "full_name" if any(c.isalpha() for c in query) else "phone"
        return self.render_template(
            "clients/new_fields.html",
            typed={name: query},
            unit_id=None,
            errors={},
            units=unit_choices(session()),
        )

    @expose("/<int:client_id>/card")
    def card(self, client_id: int) -> Any:
        """Who it is, how often he called, what is open."""
        actor = current_actor()
        card = client_card(session(), client_id, actor=actor)
        waiting = count_corrections(session(), client_id) if card.may_edit else 0
        return self.render_template(
            "clients/card.html", card=card, actor=actor, waiting=waiting, may_correct=True
        )

    @expose("/<int:client_id>/field", methods=["POST"])
    def correct(self, client_id: int) -> Any:
        """Correct the first phone or the room in place; 409 keeps what was typed beside what is there.

        Without the right to edit the correction is sent for approval.
        """
        name, value = request.form.get("name", ""), request.form.get("value", "")
        version = read_id(request.form.get("version")) or 0
        actor = current_actor()
        client = access_client(session(), client_id)
        changes: dict[str, Any] = {name: value}
        if name == "phone":
            changes = {"phones": [value, *(phone.number for phone in client.phones[1:])]}
        try:
            if name not in CORRECTED:
                raise Invalid(fields={"name": _("Only the phone and the room are corrected here.")})
            with unit_of_work(session()):
                if can_somewhere(actor, Verb.EDIT_CLIENTS):
                    update_client(session(), client_id, changes=changes, version=version, actor=actor)
                    asked = None
                else:
                    asked = asked_words(ask_correction(session(), client_id, changes, actor=actor))
        except Conflict:
            if not is_part():
                raise
            latest = latest_edits(session(), client_id)
            return self._facts(client_id, 409, field=name, typed=value, latest=latest)
        except Invalid as error:
            if not is_part():
                raise
            return self._facts(client_id, 422, field=name, typed=value, problem=error.message)
        if is_part():
            return self._facts(client_id, corrected=name, asked=asked)
        if asked:
            flash(asked, "success")
        return redirect(url_for("ClientsView.show", client_id=client_id), 303)

    def _facts(
        self, client_id: int, status: int = 200, latest: list[ClientChange] | None = None, **context: Any
    ) -> Response:
        html = self.render_template(
            "clients/facts.html",
            client=access_client(session(), client_id),
            may_correct=True,
            latest=[(change.entry, change_words(change)) for change in latest or []],
            **context,
        )
        return make_response(html, status)

    @expose("/addressees")
    def addressees(self) -> Any:
        """To whom a ticket may be sent: the people of ``department_id``, or of all when it is empty.

        As JSON: ``{departments: [{id, name}], people: [{id, name, department_id, role, in_work, online}]}``.
        """
        department_id = read_id(request.args.get("department_id"))
        everyone = addressees(session())
        people = [p for p in everyone if department_id is None or p.department_id == department_id]
        online = presence.online(person.id for person in people)
        departments = open_departments(session())
        if wants_json():
            return jsonify(
                departments=[{"id": d.id, "name": d.name} for d in departments],
                people=[_plain(person, person.id in online) for person in people],
            )
        chosen = read_id(request.args.get("assignee_id"))
        return self.render_template(
            "new_ticket/people.html",
            department_id=department_id,
            departments=departments,
            people=people,
            online=online,
            chosen=chosen if chosen in {person.id for person in people} else None,
            as_buttons=department_id is not None and len(people) <= MOST_BUTTONS,
        )


def _plain(person: Addressee, online: bool) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.full_name,
        "department_id": person.department_id,
        "role": person.role,
        "in_work": person.in_work,
        "online": online,
        "away": away_words(person.away_until, person.stand_in),
    }
