"""Departments, and who stands where in them."""

# ruff: noqa: RUF012  # FAB's class attributes are lists and dicts, read once

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import g
from flask_appbuilder.forms import DynamicForm
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import select
from wtforms import Field, SelectField, widgets
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, ValidationError

from app.services.roles import role_labels
from models import Department, Membership
from views.base import session
from views.reference.base import JournalledTable, ReferenceView, printable
from views.reference.fields import optional_text, place_field, tick
from views.shell import when


def _roles() -> dict[str, str]:
    """The roles of the grid by key, read once per request."""
    if "role_labels" not in g:
        with session().no_autoflush:
            g.role_labels = role_labels(session())
    labels: dict[str, str] = g.role_labels
    return labels


def _role_choices() -> list[SelectChoice]:
    return [SelectChoice(value=key, label=label) for key, label in _roles().items()]


def _role_field() -> SelectField:
    """The roles that there are when the form is drawn."""
    return SelectField(_("Role"), choices=_role_choices, validators=[DataRequired()], widget=widgets.Select())


class DepartmentView(ReferenceView):
    """Groups of staff that receive tickets."""

    route_base = "/departments"
    datamodel = JournalledTable(Department)
    list_title, show_title = _("Departments"), _("Department")
    add_title, edit_title = _("New department"), _("Edit department")
    label_columns = {
        "name": _("Name"),
        "short_name": _("Short name"),
        "position": _("Place in lists"),
        "is_hidden": _("Hidden"),
    }
    description_columns = {
        "short_name": _("For narrow columns"),
        "position": _("The smaller, the higher"),
        "is_hidden": _("Takes no new tickets"),
    }
    list_columns = ["name", "short_name", "position", "is_hidden"]
    show_columns = list_columns
    add_columns = list_columns
    edit_columns = list_columns
    search_columns = ["name", "short_name", "is_hidden"]
    order_columns = ["name", "short_name", "position", "is_hidden"]
    base_order = ("position", "asc")
    validators_columns = {"name": [printable]}
    add_form_extra_fields = {
        "short_name": optional_text(_("Short name"), description_columns["short_name"], most=40),
        "position": place_field(description_columns["position"]),
        "is_hidden": tick(_("Hidden"), description_columns["is_hidden"]),
    }
    edit_form_extra_fields = add_form_extra_fields


def _is_after_start(form: DynamicForm, field: Field) -> None:
    start = form.valid_from.data
    if field.data is not None and start is not None and field.data <= start:
        raise ValidationError(gettext("This must be later than the beginning."))


def _is_only_one(form: DynamicForm, field: Field) -> None:
    person, department = form.user.data, field.data
    if person is None or department is None:
        return
    with session().no_autoflush:
        query = select(Membership.id).where(
            Membership.user_id == person.id, Membership.department_id == department.id
        )
        earlier = session().scalars(query).one_or_none()
    if earlier is not None and earlier != getattr(form, "_id", None):
        raise ValidationError(
            gettext("This person stands in this department already: edit that membership instead.")
        )


def _moment(moment: datetime | None) -> str:
    """A moment as people read it, in their time zone."""
    return when(moment) if moment else "—"


class MembershipView(ReferenceView):
    """One person's role in one department, between two moments."""

    route_base = "/memberships"
    datamodel = JournalledTable(Membership)
    list_title, show_title = _("Memberships"), _("Membership")
    add_title, edit_title = _("New membership"), _("Edit membership")
    label_columns = {
        "user": _("Person"),
        "department": _("Department"),
        "role": _("Role"),
        "valid_from": _("From"),
        "valid_until": _("Until"),
    }
    description_columns = {
        "valid_from": _("Empty: since always"),
        "valid_until": _("Empty: for good; from this moment on the membership is nothing"),
    }
    list_columns = ["user", "department", "role", "valid_from", "valid_until"]
    show_columns = list_columns
    add_columns = list_columns
    edit_columns = list_columns
    search_columns = ["user", "department", "role"]
    order_columns = ["role", "valid_from", "valid_until"]
    base_order = ("id", "desc")
    formatters_columns: dict[str, Any] = {
        "role": lambda role: _roles().get(role, role),
        "valid_from": _moment,
        "valid_until": _moment,
    }
    add_form_extra_fields = {"role": _role_field()}
    edit_form_extra_fields = {"role": _role_field()}
    validators_columns = {"department": [_is_only_one], "valid_until": [_is_after_start]}
