"""The reconciliation bench: a phone book joined with the directory, row by row, by one person."""

from __future__ import annotations

from typing import Any

from flask import flash, make_response, redirect, request
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.errors import Conflict, Invalid
from app.events import unit_of_work
from app.policy import Verb, can_somewhere
from app.services.bench import access_row, decide, list_only_in_directory
from app.services.bench_rows import count_bench, last_word, open_row, search_others
from app.services.book_rows import current_book
from models import BookRow, ImportRun, RowStanding, Verdict
from views.base import current_actor, is_fragment, session
from views.call_form import read_id
from views.client_base.bench_compare import compare, reasons_of
from views.client_base.bench_page import (
    DIRECTORY,
    STANDINGS,
    VIEWS,
    Place,
    book_filters,
    page_of_rows,
    say_word,
    sub_tabs,
    view_of,
)
from views.client_base.frame import ClientBaseScreen, ensure_manager
from views.ticket_query import number_in


class BenchView(ClientBaseScreen):
    """``/client-base/``: the current phone book on the bench."""

    route_base = "/client-base"
    default_view = "bench"
    tab = "bench"

    @expose("/")
    def bench(self) -> Any:
        """The bench; who may only edit clients is led to the corrections. A script gets the part alone."""
        actor = current_actor()
        if not can_somewhere(actor, Verb.MANAGE_CLIENTS) and can_somewhere(actor, Verb.EDIT_CLIENTS):
            return redirect("/client-base/corrections", 303)
        ensure_manager()
        view = request.args.get("view", "")
        place = Place(
            view=view if view in VIEWS else "doubtful",
            after=request.args.get("after", "")[:300],
            row=number_in(request.args.get("row")),
            past=number_in(request.args.get("past")),
            who=request.args.get("who", "").strip()[:100],
        )
        return self._draw(place)

    @expose("/rows/<int:row_id>", methods=["POST"])
    def decide_row(self, row_id: int) -> Any:
        """Write a decision down: ``choice`` is a verdict, or a verdict and a client's number."""
        ensure_manager()
        view = request.form.get("view", "")
        place = Place(view if view in STANDINGS else "doubtful", request.form.get("after", "")[:20])
        verdict, client_id = self._choice()
        seen = request.form.get("seen", "")
        try:
            with unit_of_work(session()):
                row = decide(
                    session(),
                    row_id,
                    verdict,
                    client_id=client_id,
                    seen_standing=seen,
                    actor=current_actor(),
                )
        except (Conflict, Invalid) as error:
            row = access_row(session(), row_id, actor=current_actor())
            return self._after(Place(view_of(row.standing), row=row.id), problem=error)
        return self._after(_next_place(place, row, verdict))

    def _choice(self) -> tuple[Verdict, int | None]:
        word, _space, number = request.form.get("choice", "").partition(" ")
        if word not in {verdict.value for verdict in Verdict}:
            raise Invalid(_("Choose what is to become of this row."))
        return Verdict(word), read_id(number or request.form.get("client_id"))

    def _after(self, place: Place, problem: Conflict | Invalid | None = None) -> Any:
        if not is_fragment():
            if problem is not None:
                flash(problem.message, "warning")
            return redirect(place.url(), 303)
        html = self._draw(place, problem=problem.message if problem else "", is_said=problem is None)
        return make_response(html, problem.status if problem else 200)

    def _draw(self, place: Place, **said: Any) -> Any:
        book = current_book(session())
        context: dict[str, Any] = {"place": place, "book": book, **said}
        if book is not None:
            context |= self._bench(book, place)
        if is_fragment():
            return self.render_template("client_base/bench_body.html", **context)
        return self.frame("client_base/bench.html", **context)

    def _bench(self, book: ImportRun, place: Place) -> dict[str, Any]:
        counts = count_bench(session(), book)
        word = last_word(session(), book, actor=current_actor())
        shown = {
            "counts": counts,
            "sub_tabs": sub_tabs(counts, place.view),
            "filters": book_filters(counts, place.view),
            "last": word,
            "last_words": say_word(word) if word else "",
        }
        if place.view == DIRECTORY:
            return {**shown, **self._directory(book, place)}
        page = page_of_rows(book, place)
        return {**shown, "rows": page.rows, "following": page.following, **self._row(page.opened, place)}

    def _directory(self, book: ImportRun, place: Place) -> dict[str, Any]:
        number, _dot, name = place.after.partition(".")
        known = number_in(number)
        after = (name.replace("\0", ""), known) if known is not None and name else None
        clients, following = list_only_in_directory(session(), book, actor=current_actor(), after=after)
        cursor = f"{following[1]}.{following[0]}" if following else ""
        return {"clients": clients, "following": cursor, "opened": None}

    def _row(self, row_id: int | None, place: Place) -> dict[str, Any]:
        if row_id is None:
            return {"opened": None}
        opened = open_row(session(), row_id, actor=current_actor())
        row = opened.row
        found = search_others(session(), place.who, opened) if place.who else []
        ranked = [compare(row, candidate) for candidate in opened.candidates]
        return {
            "opened": opened,
            "reasons": reasons_of(row),
            "ranked": ranked,
            "found": [compare(row, one) for one in found],
            "first": next((one for one in ranked if not one.is_refused), None),
            "moves": _moves(row),
        }


def _next_place(place: Place, row: BookRow, verdict: Verdict) -> Place:
    """Where the person is after a decision: at the next row, or still at this one while it is open here."""
    if verdict is Verdict.REOPENED:
        view = view_of(row.standing)
        return Place(view, place.after if view == place.view else "", row=row.id)
    if verdict is Verdict.REFUSED and row.standing == STANDINGS[place.view]:
        return Place(place.view, place.after, row=row.id)
    return Place(place.view, place.after, past=row.row)


def _moves(row: BookRow) -> frozenset[str]:
    """Which decisions make sense for the row as it stands."""
    moves = {"created", "left", "reopened"}
    if row.standing in (RowStanding.CREATED, RowStanding.LEFT):
        moves -= {row.standing}
    if not row.is_decided:
        moves -= {"reopened"}
    return frozenset(moves)
