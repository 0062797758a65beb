"""The people who call: the list, a person's page, and his record corrected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, make_response, redirect, request, url_for
from flask_appbuilder import expose
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.errors import Conflict, Invalid
from app.events import unit_of_work
from app.policy import Verb, can_somewhere, ensure_can_somewhere
from app.search import find_clients
from app.services.absorbed import absorbed_clients
from app.services.callers import client_changes, latest_edits, open_numbers
from app.services.cards import access_client, client_calls, client_tickets
from app.services.clients import list_clients, update_client
from app.services.corrections import can_ask, count_corrections
from app.services.merging import survivor_id
from app.services.rows import find_row
from app.services.sources import field_sources
from models import Client
from views.base import Screen, current_actor, is_fragment, session
from views.call_form import error_links, read_id, unit_choices
from views.client_history import change_words, history_lines
from views.client_sources import source_lines

PAGE = 25
TEXTS = ("full_name", "job_title", "room", "login", "email", "note")


def read_cursor(text: str) -> tuple[str, int] | None:
    """``12.Ткаченко`` → the last row of the page before; anything else is the first page."""
    number, dot, name = text.partition(".")
    client_id = read_id(number)
    return (name, client_id) if dot and client_id and name.isprintable() else None


def _stored(client: Client) -> dict[str, str]:
    """The record as the fields of the form hold it."""
    values = {name: getattr(client, name) or "" for name in TEXTS}
    values["phones"] = "\n".join(phone.number for phone in client.phones)
    values["unit_id"] = str(client.unit_id or "")
    values["is_active"] = "1" if client.is_active else ""
    return values


def _changes(typed: Mapping[str, str]) -> dict[str, Any]:
    return {
        **{name: typed[name] for name in TEXTS},
        "phones": typed["phones"].splitlines(),
        "unit_id": read_id(typed["unit_id"]),
        "is_active": typed["is_active"] == "1",
    }


class ClientsView(Screen):
    """Every staff member sees every client; the tickets on his page are those the reader may see."""

    route_base = "/clients"
    class_permission_name = "Clients"

    @expose("/")
    def index(self) -> Any:
        """The list by name, searched as you type; ``after`` is the cursor of the next page."""
        q = request.args.get("q", "").strip()[:100]
        after = read_cursor(request.args.get("after", ""))
        clients: Sequence[Client]
        clients, cursor = list_clients(session(), q, after=after, limit=PAGE)
        similar = bool(q and not clients and not after)
        if similar:
            clients = [hit.client for hit in find_clients(session(), q, limit=PAGE)]
        actor = current_actor()
        context = {
            "q": q,
            "clients": clients,
            "similar": similar,
            "opened": open_numbers(session(), [client.id for client in clients], actor=actor),
            "is_first": after is None,
            "next_after": f"{cursor[1]}.{cursor[0]}" if cursor else "",
        }
        if is_fragment():
            return self.render_template("clients/rows.html", **context)
        return self.page("clients/list.html", **context)

    @expose("/<int:client_id>")
    def show(self, client_id: int) -> Any:
        """Who it is, all his tickets that I may see with the true totals, his calls."""
        actor = current_actor()
        client = access_client(session(), client_id)
        if client.merged_into_id is not None:
            flash(_("%(name)s was merged into this client.", name=client.full_name), "info")
            return redirect(f"/clients/{survivor_id(session(), client_id)}")
        may_edit = can_somewhere(actor, Verb.EDIT_CLIENTS)
        before = read_id(request.args.get("before")) or None
        tickets, cursor = client_tickets(session(), client_id, actor=actor, before_id=before, limit=PAGE)
        return self.page(
            "clients/page.html",
            client=client,
            tickets=tickets,
            cursor=cursor,
            is_first=before is None,
            may_edit=may_edit,
            may_create=can_somewhere(actor, Verb.CREATE),
            may_correct=can_ask(actor),
            may_manage=can_somewhere(actor, Verb.MANAGE_CLIENTS),
            absorbed=absorbed_clients(session(), client_id),
            waiting=count_corrections(session(), client_id) if may_edit else 0,
        )

    @expose("/<int:client_id>/history")
    def history(self, client_id: int) -> Any:
        """The calls and the corrections of a client: the part of his page that is read last."""
        client = find_row(session(), Client, client_id) or access_client(session(), client_id)
        return self.render_template(
            "clients/history.html",
            client=client,
            calls=client_calls(session(), client_id),
            lines=history_lines(client_changes(session(), client_id)),
            may_manage=can_somewhere(current_actor(), Verb.MANAGE_CLIENTS),
        )

    @expose("/<int:client_id>/edit")
    def edit(self, client_id: int) -> Any:
        """The record as a form."""
        ensure_can_somewhere(current_actor(), Verb.EDIT_CLIENTS)
        client = access_client(session(), client_id)
        if client.merged_into_id is not None:
            return redirect(f"/clients/{client_id}")  # which leads on to the one who stays
        return self._form(client, _stored(client))

    @expose("/<int:client_id>/edit", methods=["POST"])
    def save(self, client_id: int) -> Any:
        """Save what was seen as ``version``; whoever was faster is named, and nothing typed is lost."""
        actor = current_actor()
        typed = {name: request.form.get(name, "") for name in (*TEXTS, "phones", "unit_id", "is_active")}
        version = read_id(request.form.get("version")) or 0
        try:
            with unit_of_work(session()):
                client = update_client(
                    session(), client_id, changes=_changes(typed), version=version, actor=actor
                )
        except Invalid as error:
            return self._form(
                access_client(session(), client_id), typed, errors=error.fields, version=version
            )
        except Conflict:
            return self._form(access_client(session(), client_id), typed, is_late=True)
        flash(_("Saved: %(name)s.", name=client.full_name), "success")
        return redirect(url_for("ClientsView.show", client_id=client_id), 303)

    def _form(
        self,
        client: Client,
        typed: Mapping[str, str],
        *,
        errors: Mapping[str, str] | None = None,
        version: int | None = None,
        is_late: bool = False,
    ) -> Response:
        """The form with what was typed; the fresh version in it lets a second "save" win knowingly."""
        stored = _stored(client)
        latest = latest_edits(session(), client.id) if is_late else []
        html = self.page(
            "clients/edit.html",
            client=client,
            typed=typed,
            version=client.version if version is None else version,
            units=unit_choices(session(), client.unit_id),
            errors=errors or {},
            summary=error_links(errors or {}, {}),
            latest=[(change.entry, change_words(change)) for change in latest],
            is_late=is_late,
            differing={
                name for name in stored if is_late and stored[name] != typed[name].replace("\r\n", "\n")
            },
            stored=stored,
            sources=source_lines(field_sources(session(), client.id)),
        )
        return make_response(html, 422 if errors else 409 if is_late else 200)
