"""Form fields that FAB would make wrongly: for FAB every column without NULL is one that must be filled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, IntegerField, SelectField, StringField, widgets
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from views.reference.base import printable

LARGEST_PLACE = 9999


def tick(label: Any, description: Any = "") -> BooleanField:
    """A box that may stay empty."""
    return BooleanField(label, description=description)


def optional_text(label: Any, description: Any = "", *, most: int) -> StringField:
    """A line that may stay empty."""
    checks = [printable, Length(max=most)]
    return StringField(label, description=description, validators=checks, filters=[_or_empty])


def _or_empty(text: str | None) -> str:
    return text or ""


def place_field(description: Any) -> IntegerField:
    """A place in an order, zero included."""
    checks = [InputRequired(), NumberRange(min=0, max=LARGEST_PLACE)]
    return IntegerField(_("Place in lists"), description=description, validators=checks, default=0)


def choice(label: Any, choices: Mapping[str, Any], description: Any = "", **more: Any) -> SelectField:
    """One of a few values that a column takes."""
    offered = [SelectChoice(value=value, label=text) for value, text in choices.items()]
    checks = [DataRequired()]
    return SelectField(
        label, choices=offered, description=description, validators=checks, widget=widgets.Select(), **more
    )
