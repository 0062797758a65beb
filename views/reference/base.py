"""The base of our FAB screens: explicit columns, no way round the filters, every change journalled."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, g, redirect, request
from flask_appbuilder import ModelView, expose
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from wtforms import Field, Form
from wtforms.validators import StopValidation

from app.errors import HelpdeskError, Invalid
from app.events import unit_of_work
from app.notify import popup
from app.policy import Actor
from app.services.felt import felt_by
from app.services.reference import create_row, delete_row, edit_row
from models import Model
from views.base import current_actor, session

MOST_CHOSEN = 100


def printable(_form: Form, field: Field) -> None:
    """A line of text that both databases can store and people can read."""
    if isinstance(field.data, str):
        field.data = " ".join(field.data.split()) if "\n" not in field.data else field.data.strip()
        if not all(c.isprintable() or c in "\r\n\t" for c in field.data):
            raise StopValidation(_("The text has characters that cannot be stored."))
        if field.flags.required and not field.data:
            raise StopValidation(_("Write something here."))


class JournalledTable(SQLAInterface):
    """FAB's access to a table, with each change and its journal entry in one transaction.

    FAB itself commits before its ``post_*`` hooks, too late for that.
    """

    def add(self, item: Model, commit: bool = True) -> None:
        with unit_of_work(session()):
            actor = _actor()
            _write(lambda: create_row(session(), item, actor=actor))
            felt = felt_by(session(), item)
        _make_felt(felt)

    def edit(self, item: Model, commit: bool = True) -> None:
        with unit_of_work(session()):
            actor = _actor()
            felt = felt_by(session(), item)
            _write(lambda: edit_row(session(), item, actor=actor))
            felt |= felt_by(session(), item)
        _make_felt(felt)

    def delete(self, item: Model, commit: bool = True) -> None:
        with unit_of_work(session()):
            felt = felt_by(session(), item)
            _write(lambda: delete_row(session(), item, actor=current_actor()))
        _make_felt(felt)

    def delete_all(self, items: list[Model]) -> None:
        with unit_of_work(session()):
            felt = {user_id for item in items for user_id in felt_by(session(), item)}
            for item in items:
                delete_row(session(), item, actor=current_actor())
        _make_felt(felt)


def _make_felt(user_ids: set[int]) -> None:
    """After the commit: their open pages prove anew who they are and ask for what they see."""
    for user_id in sorted(user_ids):
        popup.reconnect(user_id)


def _actor() -> Actor:
    """Who acts, loaded without writing the changed row: the journal compares with what is stored."""
    with session().no_autoflush:
        return current_actor()


def _write(change: Any) -> None:
    try:
        change()
    except (IntegrityError, StaleDataError):
        g.refusal = _("Someone has changed this meanwhile, or it is there already. Look again.")
        raise Invalid(g.refusal) from None
    except HelpdeskError as error:
        g.refusal = error.message
        raise


class SafeActions:
    """Bulk actions that act on nothing the list would not show (traps.md M1)."""

    datamodel: Any
    actions: dict[str, Any]

    @expose("/action/<string:name>/<pk>", methods=["POST"])
    def action(self, name: str, pk: str) -> Any:
        """One action on one row."""
        found = self._permitted(name)
        return found.func(self._chosen([pk])[0])

    @expose("/action_post", methods=["POST"])
    def action_post(self) -> Any:
        """One action on the rows chosen in the list."""
        found = self._permitted(request.form.get("action", ""))
        keys = list(dict.fromkeys(request.form.getlist("rowid")))
        if not keys or len(keys) > MOST_CHOSEN:
            abort(400)
        return found.func(self._chosen(keys))

    def _permitted(self, name: str) -> Any:
        found = self.actions.get(name)
        if found is None:
            abort(404)
        view: Any = self
        right = view.get_action_permission_name(name)
        if not view.appbuilder.sm.has_access(right, view.class_permission_name):
            abort(403)
        return found

    def _chosen(self, keys: list[str]) -> list[Any]:
        """The rows, all of them visible in this view; one that is not refuses the whole request."""
        view: Any = self
        rows = [
            self.datamodel.get(int(key), view._base_filters)
            for key in keys
            if key.isascii() and key.isdigit() and int(key) < 2**31
        ]
        if len(rows) != len(keys) or None in rows:
            abort(404)
        return rows


class ReferenceView(SafeActions, ModelView):
    """What our table screens share. Subclasses name every column (traps.md M4)."""

    # serves any file of the upload folder to whoever opens the screen (traps.md M2)
    exclude_route_methods = {"download"}  # noqa: RUF012 (FAB's attribute, never changed)
    page_size = 25

    @property
    def database_error_message(self) -> str:
        """What FAB says when a change fails: our reason, if there is one. It swallows the refusal itself."""
        return str(g.pop("refusal", "") or _("It could not be saved: look at the fields and try again."))

    def _edit(self, pk: Any) -> Any:
        """FAB reads lists while it fills the row, but the journal must compare with what is stored."""
        with session().no_autoflush:
            return super()._edit(pk)

    def _delete(self, pk: Any) -> None:
        """Delete, or say what stands in the way; FAB would show a bare database error."""
        item = self.datamodel.get(pk, self._base_filters)
        if item is None:
            abort(404)
        try:
            self.datamodel.delete(item)
        except HelpdeskError as error:
            flash(error.message, "danger")
        else:
            flash(str(self.delete_row_message), "success")

    def post_delete_redirect(self) -> Any:
        """Back to the list."""
        return redirect(f"{self.route_base}/list/")
