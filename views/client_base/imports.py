"""Phone books: uploaded, watched while they are read, looked at, then applied or refused."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import current_app, flash, make_response, redirect, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.errors import Conflict, Invalid, NotFound
from app.events import unit_of_work
from app.services.bench import list_rows
from app.services.book_rows import count_standings
from app.services.runs import access_run, fail_run, list_runs, refuse_run
from import_tools.book_import import count_missing
from import_tools.joining import Mode
from import_tools.uploads import (
    can_reopen,
    is_stalled,
    open_upload,
    reopen_upload,
    running_upload,
    store_upload,
)
from models import ImportRun, RowStanding, RunKind, RunStage
from views.base import current_actor, session
from views.call_form import read_id
from views.client_base import import_words
from views.client_base.asking import ask_worker, no_answer
from views.client_base.frame import ClientBaseScreen, ensure_manager

READ = "jobs.client_base.read_book_run"
APPROVE = "jobs.client_base.approve_run"
LAST = 5
LINKS_SHOWN = 20
PROBLEMS_SHOWN = 100
PATIENCE = 60  # seconds after which an answer that does not come is spoken of


class ImportsView(ClientBaseScreen):
    """For those who may manage the client base."""

    route_base = "/client-base/imports"
    class_permission_name = "ClientBase"
    tab = "imports"

    @expose("")
    def index(self) -> Any:
        """The form, and the last imports."""
        ensure_manager()
        return self._form({"mode": Mode.BALANCED.value, "keep_missing": ""})

    @expose("", methods=["POST"])
    def upload(self) -> Any:
        """Keep the file, make its run, ask the worker to read it."""
        ensure_manager()
        typed = {name: request.form.get(name, "") for name in ("mode", "keep_missing")}
        try:
            run = self._open(typed)
        except Invalid as error:
            return self._form(typed, errors=error.fields or {"book": error.message})
        except Conflict as error:
            return self._form(typed, busy=error)
        return _begin(run)

    @expose("/<int:run_id>")
    def show(self, run_id: int) -> Any:
        """Where the import stands: its progress, its preview, or what came of it."""
        run = _access_import(run_id)
        return self.page("client_base/import.html", **_state(run), **self._looked_at(run))

    @expose("/<int:run_id>/progress")
    def progress(self, run_id: int) -> Any:
        """How far the import is; when there is something else to see the page is loaded anew."""
        run = _access_import(run_id)
        state = _state(run)
        if not state["is_moving"]:
            return make_response("", 200, {"HX-Refresh": "true"})
        return self.render_template("client_base/import_progress.html", **state)

    @expose("/<int:run_id>/apply", methods=["POST"])
    def apply(self, run_id: int) -> Any:
        """Say yes: the worker lets the book speak."""
        run = _access_import(run_id)
        if run.stage != RunStage.WAITING:
            raise Invalid(_("This run does not wait for anything any more."))
        if not ask_worker(APPROVE, run.id, current_actor().id):
            flash(no_answer(), "danger")
            return redirect(f"/client-base/imports/{run.id}", 303)
        return redirect(f"/client-base/imports/{run.id}?agreed={int(time.time())}", 303)

    @expose("/<int:run_id>/refuse", methods=["POST"])
    def refuse(self, run_id: int) -> Any:
        """Say no: nothing of the book is taken."""
        run = _access_import(run_id)
        with unit_of_work(session()):
            refuse_run(session(), run.id, actor=current_actor())
        flash(_("Refused. Nothing was changed."), "success")
        return redirect("/client-base/imports", 303)

    @expose("/<int:run_id>/again", methods=["POST"])
    def again(self, run_id: int) -> Any:
        """Read the same file once more, as a new run."""
        _access_import(run_id)
        try:
            with unit_of_work(session()):
                run = reopen_upload(session(), run_id, actor=current_actor())
        except (Invalid, Conflict) as error:
            flash(error.message, "danger")
            return redirect("/client-base/imports", 303)
        return _begin(run)

    def _open(self, typed: Mapping[str, str]) -> ImportRun:
        """The run of what was sent. Raises Invalid with the fields, Conflict."""
        sent = request.files.get("book")
        if typed["mode"] not in set(Mode):
            raise Invalid(fields={"mode": _("Choose one of the three ways.")})
        if sent is None or not sent.filename:
            raise Invalid(fields={"book": _("Choose the file that holds the phone book.")})
        path = store_upload(Path(current_app.config["VAR_DIR"]), sent.stream)
        try:
            with unit_of_work(session()):
                return open_upload(
                    session(),
                    path,
                    name=sent.filename,
                    mode=Mode(typed["mode"]),
                    keep_missing=typed["keep_missing"] == "1",
                    actor=current_actor(),
                )
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def _form(
        self,
        typed: Mapping[str, str],
        *,
        errors: Mapping[str, str] | None = None,
        busy: Conflict | None = None,
    ) -> Response:
        runs, _cursor = list_runs(session(), actor=current_actor(), kind=RunKind.BOOK, limit=LAST)
        html = self.frame(
            "client_base/imports.html",
            typed=typed,
            errors=errors or {},
            busy=busy,
            running=running_upload(session()),
            waiting=next((run for run in runs if run.stage == RunStage.WAITING), None),
            runs=runs,
            words=import_words,
            most=import_words.most_megabytes(current_app.config),
        )
        return make_response(html, 422 if errors else 409 if busy else 200)

    def _looked_at(self, run: ImportRun) -> dict[str, Any]:
        """What a page shows of a run that is not on its way: links, problems, what is left to do."""
        if run.stage == RunStage.RUNNING:
            return {}
        links, _cursor = list_rows(
            session(), run, RowStanding.LINKED, actor=current_actor(), limit=LINKS_SHOWN
        )
        is_applied = run.stage == RunStage.APPLIED
        shown = len(run.notes) if request.args.get("problems") == "all" else PROBLEMS_SHOWN
        return {
            "links": links,
            "notes": run.notes[:shown],
            "doubtful": count_standings(session(), run.id).get("doubtful", 0) if is_applied else 0,
            "missing": count_missing(session(), run) if run.stage == RunStage.WAITING else 0,
        }


def _access_import(run_id: int) -> ImportRun:
    """A run that is a phone book. Raises Forbidden, NotFound."""
    run = access_run(session(), run_id, actor=current_actor())
    if run.kind != RunKind.BOOK:
        raise NotFound(_("There is no such run."))
    return run


def _begin(run: ImportRun) -> Response:
    """Ask the worker to read the run's file and go to the page where that is watched."""
    run_id = run.id
    if not ask_worker(READ, run_id, current_actor().id):
        fail_run(session(), run_id, no_answer(), actor=current_actor())
    return redirect(f"/client-base/imports/{run_id}", 303)


def _state(run: ImportRun) -> dict[str, Any]:
    """What both the page and its moving part need."""
    agreed = read_id(request.args.get("agreed")) or 0
    since = agreed or int(run.started_at.timestamp())
    is_late = time.time() - since > PATIENCE
    is_agreed = bool(agreed) and run.stage == RunStage.WAITING and not is_late
    has_stalled = is_stalled(run)
    return {
        "run": run,
        "words": import_words,
        "agreed": agreed if is_agreed else 0,
        "is_late": is_late and (run.stage == RunStage.WAITING or not run.percent),
        "was_asked": bool(agreed),
        "is_moving": is_agreed or (run.stage == RunStage.RUNNING and not has_stalled),
        "has_stalled": has_stalled,
        "can_reopen": can_reopen(run),
    }
