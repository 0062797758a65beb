"""Where the fields of a client come from, on his page; corrections suggested by those who may not edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import flash, make_response, redirect, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.errors import Conflict, Forbidden, Invalid
from app.events import unit_of_work
from app.policy import Verb, can_somewhere
from app.services.cards import access_client
from app.services.clients import release_field
from app.services.corrections import ask_correction, can_ask
from app.services.rows import find_row
from app.services.sources import FieldSource, field_sources
from models import Client, Source
from views.base import Screen, current_actor, session
from views.call_form import error_links, read_id, unit_choices
from views.client_base.words import field_word, saying, source_word, value_word
from views.client_parts import asked_words

HIDDEN_FIELDS = frozenset({"object_guid"})
TEXTS = ("full_name", "job_title", "room", "email")


@dataclass(frozen=True)
class SourceLine:
    """One field in words: its value, where it comes from, when, and what others say that differs.

    ``joint`` names the other sources whose telephones stand in the value too.
    """

    field: str
    label: str
    value: str
    source: str
    at: datetime | None
    run_id: int | None
    others: list[str]
    joint: str
    is_pinned: bool


def source_lines(sources: Mapping[str, FieldSource]) -> dict[str, SourceLine]:
    """The sources of every field in words."""
    return {
        field: SourceLine(
            field=field,
            label=field_word(field),
            value=value_word(found.value),
            source=source_word(found.counts.source, found.counts.who),
            at=found.counts.at if found.counts.source is not Source.EARLIER else None,
            run_id=found.counts.run_id,
            others=[] if found.is_joint else _differing(found),
            joint=_joint(found) if found.is_joint else "",
            is_pinned=found.is_pinned,
        )
        for field, found in sources.items()
        if field not in HIDDEN_FIELDS
    }


def _differing(found: FieldSource) -> list[str]:
    """What differs elsewhere; what was there before all sources matters only if letting go brings it back."""
    told = [word for word in found.others if found.is_pinned or word.source is not Source.EARLIER]
    return [saying(word.source, word.value, word.who) for word in told]


def _joint(found: FieldSource) -> str:
    """``also from a list of people``: the sources of the other telephones."""
    told = [word for word in found.others if word.source is not Source.EARLIER]
    names = ", ".join(source_word(word.source, word.who) for word in told)
    return str(_("also %(sources)s", sources=names)) if names else ""


def suggested(form: Mapping[str, str]) -> dict[str, str]:
    """What was typed into the form of a suggestion."""
    return {name: form.get(name, "") for name in (*TEXTS, "phones", "unit_id")}


class ClientSourcesView(Screen):
    """Every staff member sees where a client's fields come from; letting an import decide needs the right."""

    route_base = "/clients"
    class_permission_name = "Clients"

    @expose("/<int:client_id>/sources")
    def sources(self, client_id: int) -> Any:
        """The part of the page that says where each field comes from."""
        actor = current_actor()
        client = find_row(session(), Client, client_id) or access_client(session(), client_id)
        return self.render_template(
            "clients/sources.html",
            client=client,
            lines=source_lines(field_sources(session(), client_id)).values(),
            may_edit=can_somewhere(actor, Verb.EDIT_CLIENTS),
            may_manage=can_somewhere(actor, Verb.MANAGE_CLIENTS),
        )

    @expose("/<int:client_id>/release", methods=["POST"])
    def release(self, client_id: int) -> Any:
        """Let the imports decide about a field again that a person has corrected."""
        field, version = request.form.get("field", ""), read_id(request.form.get("version")) or 0
        try:
            with unit_of_work(session()):
                release_field(session(), client_id, field=field, version=version, actor=current_actor())
        except (Conflict, Invalid) as error:
            flash(error.message or _("Nobody has corrected this field."), "warning")
        else:
            flash(
                _("The imports decide about this field again: %(field)s.", field=field_word(field)), "success"
            )
        return redirect(f"/clients/{client_id}", 303)

    @expose("/<int:client_id>/suggest")
    def suggest(self, client_id: int) -> Any:
        """The form in which somebody without the right to edit asks for a correction."""
        if not can_ask(current_actor()):
            raise Forbidden(_("You may not do this."))
        client = access_client(session(), client_id)
        stored = {name: getattr(client, name) or "" for name in TEXTS}
        phones = "\n".join(phone.number for phone in client.phones)
        return self._form(client, {**stored, "phones": phones, "unit_id": str(client.unit_id or "")}, {})

    @expose("/<int:client_id>/suggest", methods=["POST"])
    def ask(self, client_id: int) -> Any:
        """Send what differs for approval."""
        typed = suggested(request.form)
        changes: dict[str, Any] = {name: typed[name] for name in TEXTS}
        changes |= {"phones": typed["phones"].splitlines(), "unit_id": read_id(typed["unit_id"])}
        try:
            with unit_of_work(session()):
                asked = ask_correction(session(), client_id, changes, actor=current_actor())
                said = asked_words(asked)
        except Invalid as error:
            wrong = error.fields or {"full_name": error.message}
            return self._form(access_client(session(), client_id), typed, wrong)
        flash(said, "success" if asked else "info")
        return redirect(f"/clients/{client_id}", 303)

    def _form(self, client: Client, typed: Mapping[str, str], errors: Mapping[str, str]) -> Response:
        html = self.page(
            "clients/suggest.html",
            client=client,
            typed=typed,
            units=unit_choices(session(), client.unit_id),
            errors=errors,
            summary=error_links(errors, {}),
        )
        return make_response(html, 422 if errors else 200)
