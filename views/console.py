"""The administrators' console: what the machinery did and does, to be read and never changed.

Flask-Admin opens everything to everybody by default (traps.md M12): here one base class asks FAB's right
``can_use`` on ``Console``, nothing is written, exported or counted, and every column is named.
"""

# ruff: noqa: RUF012  # Flask-Admin's class attributes are lists and dicts, read once

from __future__ import annotations

import json
import re
from typing import Any

from flask import Flask, abort, redirect, request, url_for
from flask_admin import Admin, AdminIndexView, BaseView, expose
from flask_admin.contrib.sqla import ModelView
from flask_admin.form import SecureForm
from flask_appbuilder import AppBuilder
from flask_babel import format_datetime
from flask_babel import lazy_gettext as _
from flask_login import current_user
from markupsafe import Markup, escape
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.registry import FailedJobRegistry
from sqlalchemy.orm import joinedload

from app.extensions import appbuilder, db, redis
from app.security_headers import csp_nonce
from models import Delivery, JournalEntry, OutboxEvent, PeriodicRun
from views.base import Screen

CONSOLE = "Console"
QUEUES = ("high", "default", "low")
LATEST_FAILED = 50
PAGE = 50
LAST_PAGE = 200
LARGEST_ID = 2**31 - 1
_RUN = re.compile(r"run (\d{1,9})$")


class ForAdministrators:
    """Open to those with the right ``can_use`` on ``Console``; others sign in first or are refused."""

    def is_accessible(self) -> bool:
        """Asked by Flask-Admin before every request and for every line of its menu."""
        return bool(current_user.is_authenticated and appbuilder().sm.has_access("can_use", CONSOLE))

    def inaccessible_callback(self, name: str, **_kwargs: Any) -> Any:
        """To the sign-in page, or 403 for who has signed in already."""
        if current_user.is_authenticated:
            abort(403)
        return redirect(url_for("SignInView.login", next=request.full_path.rstrip("?")))


def _moment(_view: Any, _context: Any, row: Any, name: str) -> str:
    value = getattr(row, name)
    return format_datetime(value, "medium") if value else "—"


def _values(_view: Any, _context: Any, row: Any, name: str) -> str:
    return json.dumps(getattr(row, name), ensure_ascii=False, sort_keys=True)


def _subject(_view: Any, _context: Any, row: Any, name: str) -> str:
    """What the entry is about; a run is a link to its page."""
    subject = str(getattr(row, name))
    found = _RUN.search(subject)
    if found is None:
        return subject
    link = Markup('<a href="/client-base/runs/{}">{}</a>').format(found[1], found[0])
    return escape(subject[: found.start()]) + link


class ReadOnlyTable(ForAdministrators, ModelView):
    """A table to look at: no writing, no export, no COUNT, no page so deep that it costs."""

    can_create = can_edit = can_delete = can_export = False
    can_view_details = True
    can_set_page_size = False
    simple_list_pager = True
    page_size = PAGE
    form_base_class = SecureForm
    column_display_all_relations = False
    column_default_sort = ("id", True)
    column_sortable_list = ("id",)
    column_filters: Any = ()
    column_searchable_list: Any = ()

    def create_blueprint(self, admin: Admin) -> Any:
        """Check the address before Flask-Admin reads it."""
        blueprint = super().create_blueprint(admin)
        blueprint.before_request(_check_address)
        return blueprint


def _check_address() -> None:
    for name, most in (("page", LAST_PAGE), ("id", LARGEST_ID), ("sort", 100)):
        value = request.args.get(name, "0")
        if not (value.isascii() and value.isdigit() and len(value) < 11 and int(value) <= most):
            abort(404)
    if any("\x00" in value for value in request.args.values()):
        abort(404)


class JournalTable(ReadOnlyTable):
    """Who did what, when, from where."""

    column_list = ("id", "at", "kind", "actor", "address", "ticket_id", "client_id", "subject")
    column_details_list = (*column_list, "old", "new")
    column_labels = {
        "id": _("No."),
        "at": _("Time"),
        "kind": _("What"),
        "actor": _("Who"),
        "actor_id": _("Who"),
        "address": _("From where"),
        "ticket_id": _("Ticket"),
        "client_id": _("Client"),
        "subject": _("About"),
        "old": _("Before"),
        "new": _("After"),
    }
    column_formatters = {"at": _moment, "subject": _subject, "old": _values, "new": _values}
    column_filters = ("actor_id", "ticket_id", "client_id")

    def get_query(self) -> Any:
        """With the people, in the same statement."""
        return super().get_query().options(joinedload(JournalEntry.actor))


class DeliveryTable(ReadOnlyTable):
    """What was told to whom, over which channel."""

    column_list = ("id", "event_id", "user", "channel", "created_at", "sent_at", "attempts")
    column_details_list = column_list
    column_labels = {
        "id": _("No."),
        "event_id": _("Event"),
        "user": _("Who"),
        "channel": _("Channel"),
        "created_at": _("Time"),
        "sent_at": _("Sent"),
        "attempts": _("Attempts"),
    }
    column_formatters = {"created_at": _moment, "sent_at": _moment}
    column_filters = ("user_id", "event_id")

    def get_query(self) -> Any:
        """With the people, in the same statement."""
        return super().get_query().options(joinedload(Delivery.user))


class OutboxTable(ReadOnlyTable):
    """What people are still to be told of."""

    column_list = ("id", "journal_id", "created_at", "fanned_out_at")
    column_details_list = column_list
    column_labels = {
        "id": _("No."),
        "journal_id": _("Journal entry"),
        "created_at": _("Time"),
        "fanned_out_at": _("Handed out"),
    }
    column_formatters = {"created_at": _moment, "fanned_out_at": _moment}


class RunsTable(ReadOnlyTable):
    """The turns of the periodic jobs."""

    column_list = ("id", "job", "slot", "started_at", "finished_at", "outcome")
    column_details_list = column_list
    column_labels = {
        "id": _("No."),
        "job": _("Job"),
        "slot": _("Turn"),
        "started_at": _("Begun"),
        "finished_at": _("Finished"),
        "outcome": _("Outcome"),
    }
    column_formatters = {"started_at": _moment, "finished_at": _moment}


class QueuesView(ForAdministrators, BaseView):
    """The queues, who works on them, and what failed."""

    @expose("/")
    def index(self) -> Any:
        """Everything at a glance; without Redis, that it is away."""
        try:
            facts = read_queues()
        except (RedisError, OSError):
            facts = None
        return self.render("console/queues.html", facts=facts)


def read_queues() -> dict[str, Any]:
    """Lengths of the queues, workers and the latest failed jobs. Raises RedisError."""
    connection = redis()
    queues = [Queue(name, connection=connection) for name in QUEUES]
    failed = []
    for queue in queues:
        registry = FailedJobRegistry(queue=queue)
        for job_id in registry.get_job_ids(desc=True, end=LATEST_FAILED - 1):
            stored = connection.hmget(f"rq:job:{job_id}", "description", "ended_at")
            failed.append((queue.name, job_id, *(_text(value) for value in stored)))
    return {
        "queues": [(queue.name, queue.count, FailedJobRegistry(queue=queue).count) for queue in queues],
        "workers": [
            (worker.name, worker.get_state(), ", ".join(worker.queue_names()))
            for worker in Worker.all(connection=connection)
        ],
        "failed": failed[:LATEST_FAILED],
    }


def _text(value: bytes | str | None) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value or ""
    return text[:200]


class ConsoleHome(ForAdministrators, AdminIndexView):
    """The console begins with the journal."""

    def is_visible(self) -> bool:
        """Not a line of the menu."""
        return False

    @expose("/")
    def index(self) -> Any:
        """On to the journal."""
        return redirect(url_for("console_journal.index_view"))


class ConsoleRight(Screen):
    """Makes ``can_use`` on ``Console`` a right that administrators can grant; has no page of its own."""

    route_base = "/console-right"
    class_permission_name = CONSOLE


def register_console(app: Flask, builder: AppBuilder) -> None:
    """Put the console at ``/console/`` and into FAB's menu."""
    home = ConsoleHome(name=_("Console"), endpoint="console", url="/console")
    admin = Admin(app, name=_("Console"), index_view=home, csp_nonce_generator=csp_nonce)
    tables = (
        (JournalTable, JournalEntry, _("Journal"), "journal"),
        (DeliveryTable, Delivery, _("Deliveries"), "deliveries"),
        (OutboxTable, OutboxEvent, _("Outbox events"), "outbox"),
        (RunsTable, PeriodicRun, _("Periodic runs"), "runs"),
    )
    for view, model, name, path in tables:
        admin.add_view(view(model, db, name=name, endpoint=f"console_{path}", url=f"/console/{path}"))
    admin.add_view(QueuesView(name=_("Queues"), endpoint="console_queues", url="/console/queues"))
    builder.add_view_no_menu(ConsoleRight)
    builder.add_link(
        CONSOLE,
        href="/console/",
        label=_("Console"),
        icon="fa-server",
        category="Administration",
        category_label=_("Administration"),
    )
