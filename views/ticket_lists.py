"""Inbox, outbox and archive: the lists, their live rows, counters and saved filters."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import abort, flash, g, jsonify, redirect, render_template, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from sqlalchemy import select

from app.errors import Invalid
from app.events import unit_of_work
from app.services.boxes import Box, BoxQuery, Filter, Sort, read_page
from app.services.placement import addressees, open_departments
from app.services.saved_views import delete_view, remember_page_size, save_view, saved_views
from models import Client, Department, Priority, Staff, Topic
from views.base import Screen, current_actor, current_counters, is_fragment, session
from views.ticket_query import PAGE_SIZES, number_in, origin_of, parse_origin, parse_query, query_url
from views.ticket_rows import render_row, row_context

BOX = "<any(inbox, outbox, archive):box>"


class TicketListView(Screen):
    """The three boxes."""

    route_base = "/tickets"
    default_view = "box"
    class_permission_name = "Tickets"

    @expose("/")
    def index(self) -> Any:
        """``/tickets/`` is the inbox."""
        query = request.query_string.decode("ascii", "ignore")
        return redirect("/tickets/inbox" + (f"?{query}" if query else ""))

    @expose(f"/{BOX}")
    def box(self, box: str) -> str:
        """One page of a box."""
        query = asked_query(Box(box))
        actor = current_actor()
        return self.page(
            "tickets/list.html",
            query=query,
            found=read_page(session(), query, actor=actor),
            pills=active_filters(query),
            page_sizes=PAGE_SIZES,
            **{**list_words(query), **without_actor(row_context(query))},
        )

    @expose(f"/{BOX}/filter")
    def filter(self, box: str) -> str:
        """The form of the further filters, fetched when it is opened."""
        query = asked_query(Box(box))
        return render_template("tickets/filter.html", query=query, choices=filter_choices(query))

    @expose(f"/{BOX}/views")
    def views(self, box: str) -> str:
        """The person's saved filters and the form for one more, fetched when they are opened."""
        mine = saved_views(session(), actor=current_actor())
        return render_template("tickets/views.html", views=mine, origin=origin_of(asked_query(Box(box))))

    @expose("/<int:ticket_id>/row")
    def row(self, ticket_id: int) -> Any:
        """A row as it is now; 204 when the ticket does not belong into this list (or never did)."""
        box = request.args.get("box", Box.INBOX)
        if box not in set(Box):
            abort(404)
        if number_in(str(ticket_id)) is None:
            return "", 204
        html = render_row(ticket_id, asked_query(Box(box)))
        return html if html is not None else ("", 204)

    @expose("/counters")
    def counters(self) -> Any:
        """The person's counters as JSON."""
        return jsonify(asdict(current_counters()))

    @expose("/views", methods=["POST"])
    def save_view(self) -> Any:
        """Keep the present filter under a name."""
        query = parse_origin(request.form.get("list"))
        if query is None:
            raise Invalid(fields={"name": _("This list cannot be saved: open it again.")})
        text = origin_of(query).partition("?")[2]
        with unit_of_work(session()):
            view = save_view(
                session(), name=request.form.get("name", ""), box=query.box, query=text, actor=current_actor()
            )
            name = view.name
        flash(_("Saved as “%(name)s”.", name=name), "success")
        return redirect(query_url(query), 303)

    @expose("/views/<int:view_id>/delete", methods=["POST"])
    def delete_view(self, view_id: int) -> Any:
        """Forget a saved filter."""
        if number_in(str(view_id)) is None:
            abort(404)
        query = parse_origin(request.form.get("list")) or BoxQuery()
        with unit_of_work(session()):
            delete_view(session(), view_id, actor=current_actor())
        return redirect(query_url(query), 303)


def asked_query(box: Box) -> BoxQuery:
    """The list that the address asks for; a chosen page size is remembered for the person."""
    size = number_in(request.args.get("per"))
    if size in PAGE_SIZES and size != g.user.page_size and not is_fragment():
        with unit_of_work(session()):
            remember_page_size(session(), size, actor=current_actor())
    return parse_query(box, request.args, page_size=g.user.page_size)


def without_actor(context: dict[str, Any]) -> dict[str, Any]:
    """``Screen.page`` gives the actor itself."""
    return {name: value for name, value in context.items() if name != "actor"}


def list_words(query: BoxQuery) -> dict[str, Any]:
    """The words and addresses of a list's head and foot."""
    counters = current_counters()
    titles = list_titles()
    counts = {Box.INBOX: (counters.unread, True), Box.OUTBOX: (counters.outbox_open, False)}
    return {
        "title": titles[query.box],
        "tabs": [
            {
                "label": titles[box],
                "url": f"/tickets/{box}",
                "box": box,
                "current": box == query.box,
                "count": counts.get(box, (0, False))[0],
                "new": counts.get(box, (0, False))[1],
            }
            for box in Box
        ],
        "chips": _chips(query),
        "sorts": [(name, word, query_url(query, sort=name)) for name, word in _sort_words(query.box).items()],
        "url": lambda **changes: query_url(query, **changes),
    }


def list_titles() -> dict[Box, str]:
    """The boxes in words."""
    return {Box.INBOX: _("Inbox"), Box.OUTBOX: _("Outbox"), Box.ARCHIVE: _("Archive")}


def _chips(query: BoxQuery) -> list[dict[str, Any]]:
    """The quick filters; numbers only where they are counted."""
    if query.box == Box.ARCHIVE:
        return []
    counters = current_counters()
    inbox = query.box == Box.INBOX
    words = {
        Filter.ALL: (_("All"), "", counters.all if inbox else counters.outbox),
        Filter.FREE: (_("Not taken"), "circle", counters.free),
        Filter.MINE: (_("Mine"), "play-circle-fill", counters.mine),
        Filter.OTHERS: (_("With others"), "person-fill-lock", counters.others),
        Filter.DONE: (_("Solved"), "check-circle-fill", counters.done),
    }
    return [
        {
            "name": name,
            "word": word,
            "icon": icon,
            "count": count if inbox or name == Filter.ALL else None,
            "url": query_url(query, filter=name),
            "current": query.filter == name,
        }
        for name, (word, icon, count) in words.items()
    ]


def _sort_words(box: Box) -> dict[Sort, str]:
    words = {Sort.NEW: _("Newest first"), Sort.OLD: _("Oldest first")}
    if box != Box.ARCHIVE:
        words |= {Sort.PRIORITY: _("Important first"), Sort.ACTIVITY: _("Last changed first")}
    return words


def priority_words() -> dict[int, str]:
    """The three priorities in words, important first."""
    return {Priority.HIGH: _("High"), Priority.NORMAL: _("Normal"), Priority.LOW: _("Low")}


Choice = tuple[str, str, str, list[tuple[int, str]], int | None]


def filter_choices(query: BoxQuery) -> list[Choice]:
    """The further filters: (name, label, the word for "any", options, what is chosen)."""
    topics = select(Topic).where(Topic.is_hidden.is_(False)).order_by(Topic.name)
    people = {person.id: person.full_name for person in addressees(session())}
    departments = [(row.id, row.name) for row in open_departments(session())]
    themes = [(row.id, row.name) for row in session().scalars(topics)]
    return [
        ("department", _("Department"), _("any"), departments, query.department_id),
        ("assignee", _("Sent to"), _("anyone"), list(people.items()), query.assignee_id),
        ("topic", _("Topic"), _("any"), themes, query.topic_id),
        ("priority", _("Priority"), _("any"), list(priority_words().items()), query.priority),
    ]


def without(query: BoxQuery, attribute: str) -> str:
    """The address of the list without one of its filters."""
    away: dict[str, Any] = {attribute: None}
    return query_url(query, **away)


def active_filters(query: BoxQuery) -> list[tuple[str, str]]:
    """(what is filtered by, the address without it) for each further filter in force."""
    tables: dict[str, Any] = {
        "department_id": Department,
        "topic_id": Topic,
        "client_id": Client,
        "assignee_id": Staff,
    }
    found = []
    for attribute, table in tables.items():
        if (value := getattr(query, attribute)) is not None:
            row = session().get(table, value)
            name = getattr(row, "full_name", None) or getattr(row, "name", None) or f"#{value}"
            found.append((str(name), without(query, attribute)))
    if query.priority is not None:
        name = _("Priority: %(word)s", word=priority_words()[query.priority])
        found.append((name, query_url(query, priority=None)))
    return found
