"""Runs: what changed the client base, looked at, said yes or no to, and taken back as a whole."""

from __future__ import annotations

from typing import Any

from flask import flash, make_response, redirect, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from markupsafe import Markup

from app.errors import Invalid
from app.events import unit_of_work
from app.services.run_preview import preview_undo
from app.services.runs import access_run, list_runs, refuse_run, run_differences
from app.services.undo import DONE, undo_run
from models import ImportRun, RunStage
from views.base import current_actor, session
from views.call_form import read_id
from views.client_base import words
from views.client_base.asking import ask_worker, no_answer
from views.client_base.frame import ClientBaseScreen

APPROVE = "jobs.client_base.approve_run"
PAGE = 25
NOTES_SHOWN = 50
PEOPLE_SHOWN = 200
OPEN_STAGES = frozenset({RunStage.RUNNING, RunStage.WAITING})


def run_link(run_id: int) -> Markup:
    """A link to a run for a message."""
    text = _("run %(number)s", number=run_id)
    return Markup('<a href="/client-base/runs/{}">{}</a>').format(run_id, text)


class RunsView(ClientBaseScreen):
    """For those who may manage the client base."""

    route_base = "/client-base/runs"
    class_permission_name = "ClientBase"
    tab = "runs"

    @expose("")
    def index(self) -> Any:
        """The runs, the newest first; ``before`` is the cursor of the next page."""
        before = read_id(request.args.get("before")) or None
        runs, cursor = list_runs(session(), actor=current_actor(), before_id=before, limit=PAGE)
        return self.frame(
            "client_base/runs.html", runs=runs, cursor=cursor, is_first=before is None, words=words
        )

    @expose("/<int:run_id>")
    def show(self, run_id: int) -> Any:
        """One run: facts, counts, refused lines, and the difference client by client from ``after`` on."""
        run = access_run(session(), run_id, actor=current_actor())
        after = read_id(request.args.get("after")) or 0
        changes, cursor = run_differences(session(), run, after_id=after)
        shown = len(run.notes) if request.args.get("notes") == "all" else NOTES_SHOWN
        can_undo = run.stage in DONE
        return self.page(
            "client_base/run.html",
            run=run,
            words=words,
            changes=changes,
            cursor=cursor,
            is_first=not after,
            notes=run.notes[:shown],
            waiting=_waiting_difference(run) if run.stage == RunStage.WAITING else [],
            preview=words.preview_words(preview_undo(session(), run)) if can_undo else [],
            can_undo=can_undo,
            is_agreed=run.stage == RunStage.WAITING and request.args.get("agreed") == "1",
        )

    @expose("/<int:run_id>/progress")
    def progress(self, run_id: int) -> Any:
        """How far a run is, asked every two seconds; when it has ended the page is loaded anew."""
        run = access_run(session(), run_id, actor=current_actor())
        is_agreed = run.stage == RunStage.WAITING and request.args.get("agreed") == "1"
        if run.stage == RunStage.RUNNING or is_agreed:
            html = self.render_template(
                "client_base/progress.html", run=run, words=words, is_agreed=is_agreed
            )
            return make_response(html)
        return make_response("", 200, {"HX-Refresh": "true"})

    @expose("/<int:run_id>/undo", methods=["POST"])
    def undo(self, run_id: int) -> Any:
        """Take the run back; ``client`` is the page from which two clients were parted."""
        with unit_of_work(session()):
            counts = undo_run(session(), run_id, actor=current_actor())
        done = ", ".join(words.count_words(counts))
        said = Markup(_("Taken back: %(run)s. %(counts)s."))
        flash(said % {"run": run_link(run_id), "counts": done}, "success")
        client_id = read_id(request.form.get("client"))
        return redirect(f"/clients/{client_id}" if client_id else f"/client-base/runs/{run_id}", 303)

    @expose("/<int:run_id>/refuse", methods=["POST"])
    def refuse(self, run_id: int) -> Any:
        """Say no to a run that waits: it never happens."""
        with unit_of_work(session()):
            refuse_run(session(), run_id, actor=current_actor())
        flash(_("Refused. Nothing was changed."), "success")
        return redirect(f"/client-base/runs/{run_id}", 303)

    @expose("/<int:run_id>/approve", methods=["POST"])
    def approve(self, run_id: int) -> Any:
        """Say yes to a run that waits: the worker applies it in the background."""
        run = access_run(session(), run_id, actor=current_actor())
        if run.stage != RunStage.WAITING:
            raise Invalid(_("This run does not wait for anything any more."))
        if not ask_worker(APPROVE, run.id, current_actor().id):
            flash(no_answer(), "danger")
            return redirect(f"/client-base/runs/{run_id}", 303)
        return redirect(f"/client-base/runs/{run_id}?agreed=1", 303)


def _waiting_difference(run: ImportRun) -> list[dict[str, Any]]:
    """What a waiting run would do, as (title, number, people): the first two hundred of each kind."""
    told: dict[str, list[Any]] = run.details.get("difference") or {}
    titles = {
        "deactivate": ("deactivated", _("Would no longer work here")),
        "change": ("changed", _("Would change")),
        "create": ("created", _("Would be new")),
    }
    return [
        {
            "title": title,
            "number": max(run.counts.get(count, 0), len(told[name])),  # the run keeps only the first names
            "people": [_person(person) for person in told[name][:PEOPLE_SHOWN]],
        }
        for name, (count, title) in titles.items()
        if told.get(name)
    ]


def _person(person: Any) -> dict[str, Any]:
    """One line: a new client is only a name; the fields are names, or names with two values."""
    if not isinstance(person, dict):
        return {"id": None, "name": str(person), "fields": ""}
    fields = person.get("fields") or []
    return {
        "id": person.get("id"),
        "name": person.get("name", ""),
        "fields": ", ".join(words.field_word(str(field)) for field in fields),
    }
