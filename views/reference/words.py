"""Topics and units: lists of words, hidden when out of use, merged when doubled."""

# ruff: noqa: RUF012  # FAB's class attributes are lists and dicts, read once

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose
from flask_appbuilder.actions import action
from flask_appbuilder.security.decorators import has_access, permission_name
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from sqlalchemy import select

from app.events import unit_of_work
from app.services.reference import merge_rows
from models import Topic, Unit
from views.base import current_actor, session
from views.reference.base import JournalledTable, ReferenceView, printable
from views.reference.fields import tick


class MergingView(ReferenceView):
    """A list whose doubles can be merged: everything that uses one goes over to the other."""

    merge_template = "reference/merge.html"

    @action("merge", _("Merge"), icon="fa-exchange", single=False)
    def merge(self, rows: list[Any]) -> Any:
        """Go on to the question into which one."""
        return redirect(url_for(f"{self.endpoint}.merge_form", id=[row.id for row in rows]))

    @expose("/merge", methods=["GET"])
    @has_access
    @permission_name("merge")
    def merge_form(self) -> Any:
        """Ask into which row the chosen ones are merged."""
        rows = self._chosen(request.args.getlist("id")[:100])
        if not rows:
            abort(404)
        table = self.datamodel.obj
        others = session().scalars(select(table).order_by(table.name)).all()
        return self.render_template(
            self.merge_template, title=gettext("Merge"), rows=rows, others=others, view=self
        )

    @expose("/merge", methods=["POST"])
    @has_access
    @permission_name("merge")
    def merge_post(self) -> Any:
        """Merge, and say how many went."""
        rows = self._chosen(list(dict.fromkeys(request.form.getlist("id")))[:100])
        target = request.form.get("target", "")
        if not rows or not target:
            flash(gettext("Choose the one that stays."), "danger")
            return redirect(url_for(f"{self.endpoint}.merge_form", id=[row.id for row in rows]))
        kept = self._chosen([target])[0]
        with unit_of_work(session()):
            number = merge_rows(
                session(), self.datamodel.obj, [row.id for row in rows], kept.id, actor=current_actor()
            )
        flash(ngettext("%(num)d merged.", "%(num)d merged.", number), "success")
        return redirect(f"{self.route_base}/list/")


class TopicView(MergingView):
    """What tickets are about."""

    route_base = "/topics"
    datamodel = JournalledTable(Topic)
    list_title, show_title = _("Topics"), _("Topic")
    add_title, edit_title = _("New topic"), _("Edit topic")
    label_columns = {"name": _("Name"), "department": _("Department"), "is_hidden": _("Hidden")}
    description_columns = {
        "department": _("Empty: for all departments"),
        "is_hidden": _("Is not offered any more; old tickets keep it"),
    }
    list_columns = ["name", "department", "is_hidden"]
    show_columns = list_columns
    add_columns = list_columns
    edit_columns = list_columns
    search_columns = ["name", "department", "is_hidden"]
    order_columns = ["name", "is_hidden"]
    base_order = ("name", "asc")
    validators_columns = {"name": [printable]}
    add_form_extra_fields = {"is_hidden": tick(_("Hidden"), description_columns["is_hidden"])}
    edit_form_extra_fields = add_form_extra_fields


class UnitView(MergingView):
    """The clients' places in the organisation."""

    route_base = "/units"
    datamodel = JournalledTable(Unit)
    list_title, show_title = _("Units"), _("Unit")
    add_title, edit_title = _("New unit"), _("Edit unit")
    label_columns = {"name": _("Name"), "is_hidden": _("Hidden")}
    description_columns = {"is_hidden": _("Is not offered any more; its clients keep it")}
    list_columns = ["name", "is_hidden"]
    show_columns = list_columns
    add_columns = list_columns
    edit_columns = list_columns
    search_columns = ["name", "is_hidden"]
    order_columns = ["name", "is_hidden"]
    base_order = ("name", "asc")
    validators_columns = {"name": [printable]}
    add_form_extra_fields = {"is_hidden": tick(_("Hidden"), description_columns["is_hidden"])}
    edit_form_extra_fields = add_form_extra_fields
