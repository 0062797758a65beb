"""The mailbox that letters come into: its settings and a test of them. Administrators only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, make_response, redirect, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from app.errors import Conflict, Invalid
from app.events import Kind, unit_of_work
from app.notify.channels.base import ChannelError, FieldKind
from app.notify.channels.registry import open_secrets
from app.notify.mailbox.imap import check_mailbox
from app.notify.mailbox.settings import FIELDS, MAILBOX, SECRETS
from app.services.mailbox_settings import (
    ensure_administrator,
    find_mailbox_row,
    save_mailbox,
    typed_mailbox,
)
from app.services.placement import open_departments
from models import ChannelHealth, ChannelSetting, JournalEntry, Staff
from views.base import current_actor, session
from views.call_form import read_id
from views.notify.frame import NotifyScreen

PAGE = "/notify/mailbox/"


class MailboxView(NotifyScreen):
    """``/notify/mailbox/``."""

    tab = "mailbox"
    route_base = "/notify/mailbox"
    default_view = "show"
    class_permission_name = "Mailbox"

    @expose("/")
    def show(self) -> Any:
        """The settings, and how the mailbox fares."""
        ensure_administrator(current_actor())
        return self._form(_stored(find_mailbox_row(session())))

    @expose("/", methods=["POST"])
    def save(self) -> Any:
        """Save what was seen as ``version``; a colleague who was faster is named, nothing typed is lost."""
        typed = _typed()
        version = read_id(request.form.get("version")) or 0
        try:
            with unit_of_work(session()):
                save_mailbox(
                    session(),
                    {**typed, **_typed_secrets()},
                    is_on=typed["is_on"] == "1",
                    version=version,
                    actor=current_actor(),
                )
        except Invalid as error:
            return self._form(typed, errors=error.fields, version=version)
        except Conflict:
            return self._form(typed, is_late=True)
        flash(_("The settings of the mailbox are saved."), "success")
        return redirect(PAGE, 303)

    @expose("/check", methods=["POST"])
    def check(self) -> Any:
        """Try what is typed: connect, sign in, count the letters. Nothing is saved or moved."""
        typed = _typed()
        version = read_id(request.form.get("version")) or 0
        try:
            settings = typed_mailbox(session(), {**typed, **_typed_secrets()}, actor=current_actor())
        except Invalid as error:
            return self._form(typed, errors=error.fields, version=version)
        session().rollback()  # no connection to the database is held while a server is waited for
        try:
            count = check_mailbox(settings)
        except ChannelError as error:
            return self._form(typed, version=version, failure=str(error))
        said = ngettext("It works: %(num)s letter lies there.", "It works: %(num)s letters lie there.", count)
        return self._form(typed, version=version, success=str(said))

    def _form(
        self,
        typed: Mapping[str, str],
        *,
        errors: Mapping[str, str] | None = None,
        version: int | None = None,
        is_late: bool = False,
        failure: str = "",
        success: str = "",
    ) -> Response:
        """The page with what was typed; the fresh version in it lets a second "save" win knowingly."""
        row = find_mailbox_row(session())
        stored, labels = _stored(row), {field.name: str(field.label) for field in FIELDS}
        html = self.frame(
            "notify/mailbox.html",
            fields=FIELDS,
            typed=typed,
            stored=stored,
            differing={name for name in stored if is_late and stored[name] != typed[name]},
            is_late=is_late,
            faster=_last_edit() if is_late else None,
            version=row.version if version is None else version,
            errors=errors or {},
            summary={name: (labels[name], text) for name, text in (errors or {}).items()},
            secrets=set(open_secrets(row)),
            choices=_choices(),
            health=session().get(ChannelHealth, MAILBOX),
            failure=failure,
            success=success,
        )
        return make_response(html, 422 if errors else 409 if is_late else 200)


def _stored(row: ChannelSetting) -> dict[str, str]:
    """The stored settings as the form holds them; never a secret."""
    values = {}
    for field in FIELDS:
        value = row.values.get(field.name, field.default)
        if field.name not in SECRETS:
            is_flag = field.kind == FieldKind.FLAG
            values[field.name] = ("1" if value else "") if is_flag else str(value)
    return {**values, "is_on": "1" if row.is_on else ""}


def _last_edit() -> JournalEntry | None:
    query = select(JournalEntry).where(JournalEntry.kind == Kind.MAILBOX_EDITED)
    query = query.order_by(JournalEntry.id.desc()).limit(1).options(joinedload(JournalEntry.actor))
    return session().scalars(query).first()


def _typed() -> dict[str, str]:
    names = [field.name for field in FIELDS if field.name not in SECRETS]
    return {name: request.form.get(name, "").strip() for name in (*names, "is_on")}


def _typed_secrets() -> dict[str, str]:
    return {name: request.form.get(name, "") for name in SECRETS}


def _choices() -> dict[str, list[tuple[str, str]]]:
    """The selects whose lines are rows: departments, and accounts (those kept for machines first)."""
    people = session().scalars(select(Staff).order_by(Staff.active, Staff.last_name, Staff.first_name))
    accounts = [
        (str(one.id), f"{one.full_name} ({one.username})" + ("" if one.active else f", {_('disabled')}"))
        for one in people
    ]
    departments = [(str(one.id), one.name) for one in open_departments(session())]
    found = {"department": departments, "author": accounts}
    for field in FIELDS:
        if field.choices:
            found[field.name] = [(value, str(label)) for value, label in field.choices]
    return found
