"""The directory that is read: its settings, a test of them, and reading it now. Administrators only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, flash, make_response, redirect, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from app.directory import Check, test_connection
from app.errors import Conflict, Invalid
from app.events import Kind, unit_of_work
from app.services.directory_source import (
    directory_source,
    ensure_administrator,
    find_source,
    next_reading,
    save_source,
    typed_settings,
)
from app.services.runs import list_runs
from models import JournalEntry, RunKind, utcnow
from views.base import current_actor, is_fragment, session
from views.call_form import read_id
from views.client_base import import_words
from views.client_base.asking import ask_worker, no_answer
from views.client_base.directory_form import (
    LABELS,
    SCHEDULE,
    USUAL,
    as_values,
    error_links,
    number_of,
    sent_fields,
    stored_fields,
)
from views.client_base.frame import ClientBaseScreen

SYNC = "jobs.client_base.sync_now"
HOUR = 3600  # seconds: a large directory over a slow line
LONGEST_TEST = 10.0  # seconds for one answer of a test, however patient the reading itself is
PAGE = "/client-base/directory"


class DirectoryView(ClientBaseScreen):
    """The account of the directory is the whole organisation's: nobody but administrators sees this."""

    route_base = PAGE
    class_permission_name = "ClientBase"
    tab = "directory"

    @expose("")
    def index(self) -> Any:
        """The settings, when the directory was read and when it will be."""
        ensure_administrator(current_actor())
        return self._form(stored_fields(find_source(session())))

    @expose("", methods=["POST"])
    def save(self) -> Any:
        """Save what was seen as ``version``; a colleague who was faster is named, nothing typed is lost."""
        actor, typed = current_actor(), sent_fields()
        version = read_id(request.form.get("version")) or 0
        try:
            with unit_of_work(session()):
                save_source(
                    session(),
                    as_values(typed),
                    password=request.form.get("password", ""),
                    is_on=typed["is_on"] == "1",
                    **{name: number_of(typed[name]) for name in SCHEDULE},
                    version=version,
                    actor=actor,
                )
        except Invalid as error:
            return self._form(typed, errors=error.fields, version=version)
        except Conflict:
            return self._form(typed, is_late=True)
        flash(_("The settings of the directory are saved."), "success")
        return redirect(PAGE, 303)

    @expose("/test", methods=["POST"])
    def test(self) -> Any:
        """Try what is typed, saving nothing: a part for htmx, otherwise the whole page."""
        ensure_administrator(current_actor())
        typed = sent_fields()
        try:
            settings = typed_settings(session(), as_values(typed), request.form.get("password", ""))
        except Invalid as error:
            return self._tested(typed, None, error.fields)
        session().rollback()  # no connection to the database is held while a server is waited for
        check = test_connection(replace(settings, timeout=min(settings.timeout, LONGEST_TEST)))
        return self._tested(typed, check, {})

    @expose("/sync", methods=["POST"])
    def sync(self) -> Any:
        """Ask the worker to read the changes, or everybody anew (``whole``)."""
        ensure_administrator(current_actor())
        try:
            directory_source(session())
        except Invalid as error:
            flash(error.message, "danger")
            return redirect(PAGE, 303)
        whole = request.form.get("whole") == "1"
        if not ask_worker(SYNC, current_actor().id, whole, timeout=HOUR):
            flash(no_answer(), "danger")
            return redirect(PAGE, 303)
        flash(_("The directory is being read. The run appears below in a moment."), "success")
        return redirect("/client-base/runs", 303)

    def _tested(self, typed: Mapping[str, str], check: Check | None, errors: Mapping[str, str]) -> Response:
        if not is_fragment():
            version = read_id(request.form.get("version")) or 0
            return self._form(typed, errors=errors, version=version, check=check)
        html = self.render_template(
            "client_base/directory_check.html", check=check, summary=error_links(errors)
        )
        return make_response(html, 422 if errors else 200)

    def _form(
        self,
        typed: Mapping[str, str],
        *,
        errors: Mapping[str, str] | None = None,
        version: int | None = None,
        is_late: bool = False,
        check: Check | None = None,
    ) -> Response:
        """The page with what was typed; the fresh version in it lets a second "save" win knowingly."""
        source = find_source(session())
        stored = stored_fields(source)
        runs, _cursor = list_runs(session(), actor=current_actor(), kind=RunKind.SYNC, limit=1)
        html = self.frame(
            "client_base/directory.html",
            typed=typed,
            stored=stored,
            version=source.version if version is None else version,
            labels=LABELS,
            usual=USUAL,
            errors=errors or {},
            summary=error_links(errors or {}),
            has_password=bool(source.sealed_password),
            is_set=bool(source.settings),
            differing=_differing(stored, typed) if is_late else set(),
            faster=_last_edit() if is_late else None,
            is_late=is_late,
            check=check,
            last=runs[0] if runs else None,
            planned=next_reading(source, ZoneInfo(current_app.config["TIME_ZONE"]), utcnow()),
            words=import_words,
        )
        return make_response(html, 422 if errors else 409 if is_late else 200)


def _differing(stored: Mapping[str, str], typed: Mapping[str, str]) -> set[str]:
    return {name for name in stored if stored[name] != typed[name].replace("\r\n", "\n").strip()}


def _last_edit() -> JournalEntry | None:
    """Who has saved these settings last."""
    query = select(JournalEntry).where(JournalEntry.kind == Kind.DIRECTORY_EDITED)
    query = query.options(joinedload(JournalEntry.actor))
    return session().scalars(query.order_by(JournalEntry.id.desc()).limit(1)).first()
