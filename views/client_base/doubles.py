"""Doubles: two records that may be one person, looked at side by side, merged, or left as two people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from markupsafe import Markup

from app.errors import Conflict, Invalid
from app.events import unit_of_work
from app.search import ClientHit, find_clients
from app.services.cards import access_client
from app.services.doubles import dismiss_double, list_doubles
from app.services.merging import merge_clients, who_stays
from import_tools.joining import explain
from models import Client
from views.base import current_actor, session
from views.call_form import read_id
from views.client_base.frame import ClientBaseScreen, ensure_manager
from views.client_base.runs import run_link

PAGE = 10
LAST_PAGE = 1000
HITS = 10


def client_link(client: Client) -> Markup:
    """A link to a client's page for a message."""
    return Markup('<a href="/clients/{}">{}</a>').format(client.id, client.full_name)


class DoublesView(ClientBaseScreen):
    """For those who may manage the client base."""

    route_base = "/client-base"
    class_permission_name = "ClientBase"
    tab = "doubles"

    @expose("/doubles")
    def index(self) -> Any:
        """The pairs that wait for a look, the likeliest first, ten to a page."""
        page = min(read_id(request.args.get("page")) or 0, LAST_PAGE)
        pairs = list_doubles(session(), actor=current_actor(), limit=PAGE + 1, offset=page * PAGE)
        return self.frame(
            "client_base/doubles.html",
            pairs=[
                (pair, who_stays(pair.client, pair.other)[0], explain(pair.evidence)) for pair in pairs[:PAGE]
            ],
            number=page,
            has_more=len(pairs) > PAGE,
        )

    @expose("/doubles/dismiss", methods=["POST"])
    def dismiss(self) -> Any:
        """These two are two people: they are not shown as a pair again."""
        one, other = (read_id(request.form.get(name)) or 0 for name in ("client", "double"))
        with unit_of_work(session()):
            dismiss_double(session(), one, other, actor=current_actor())
        flash(_("Noted: these are two people. They are not shown here again."), "success")
        return redirect("/client-base/doubles", 303)

    @expose("/merge")
    def compare(self) -> Any:
        """A client and the one whom a person thinks to be the same: first found, then compared."""
        ensure_manager()
        client = access_client(session(), read_id(request.args.get("client")) or 0)
        double_id = read_id(request.args.get("double"))
        if not double_id or double_id == client.id:
            return self._search(client, is_same=double_id == client.id)
        double = access_client(session(), double_id)
        for one in (client, double):
            if one.merged_into_id is not None:
                raise Conflict(_("%(name)s was merged already.", name=one.full_name))
        stays, goes = who_stays(client, double)
        return self.page("client_base/merge.html", client=client, double=double, stays=stays, goes=goes)

    @expose("/merge", methods=["POST"])
    def merge(self) -> Any:
        """Make one of the two; the message leads to the run where it is taken back."""
        client_id, double_id = (read_id(request.form.get(name)) or 0 for name in ("client", "double"))
        with unit_of_work(session()):
            stays, run = merge_clients(session(), client_id, double_id, actor=current_actor())
            said = _("Merged into %(name)s. It can be undone: %(run)s.")
            told = {"name": client_link(stays), "run": run_link(run.id)}
            target = (
                "/client-base/doubles" if request.form.get("from") == "doubles" else f"/clients/{stays.id}"
            )
        flash(Markup(said) % told, "success")
        return redirect(target, 303)

    def _search(self, client: Client, *, is_same: bool) -> Any:
        query = request.args.get("q", "").strip()[:100]
        found: Sequence[ClientHit] = find_clients(session(), query, limit=HITS) if query else []
        if is_same:
            raise Invalid(_("Choose two different clients."))
        return self.page(
            "client_base/merge_with.html",
            client=client,
            query=query,
            found=[hit.client for hit in found if hit.client.id != client.id],
        )
