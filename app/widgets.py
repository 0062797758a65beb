"""FAB's form fields drawn with the browser's own controls, without Select2 and date pickers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask_appbuilder import fieldwidgets
from flask_appbuilder.forms import FieldConverter
from flask_babel import get_timezone
from flask_babel import gettext as _
from wtforms import DateTimeField, Field, widgets
from wtforms.fields import EmailField, IntegerField

_TYPED = "%Y-%m-%dT%H:%M"


class MomentField(DateTimeField):
    """A moment typed in the person's time zone and kept as aware UTC."""

    widget = widgets.DateTimeLocalInput()

    def __init__(self, label: Any = None, validators: Any = None, **kwargs: Any) -> None:
        kwargs["format"] = [_TYPED, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"]
        super().__init__(label, validators, **kwargs)

    def _value(self) -> str:
        if self.raw_data:
            return " ".join(str(part) for part in self.raw_data)
        return self.data.astimezone(get_timezone()).strftime(_TYPED) if self.data else ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed; ValueError becomes the field's message."""
        typed = " ".join(str(part) for part in valuelist).strip()
        self.data = None
        if not typed:
            return
        for form in self.format:
            try:
                naive = datetime.strptime(typed, form)  # noqa: DTZ007 - made aware below
            except ValueError:
                continue
            zone = get_timezone()
            local = zone.localize(naive) if hasattr(zone, "localize") else naive.replace(tzinfo=zone)
            self.data = local.astimezone(UTC)
            return
        raise ValueError(_("Write a date and a time."))


def _native_widget(field: Field) -> Any:
    """The browser's control for this field, or None when its widget may stay."""
    old = field.widget
    if isinstance(old, fieldwidgets.Select2ManyWidget):
        return widgets.Select(multiple=True)
    if isinstance(old, fieldwidgets.Select2Widget):
        return widgets.Select()
    if isinstance(old, fieldwidgets.DateTimePickerWidget):
        return widgets.DateTimeLocalInput()
    if isinstance(old, fieldwidgets.DatePickerWidget):
        return widgets.DateInput()
    if isinstance(old, fieldwidgets.BS3PasswordFieldWidget):
        return widgets.PasswordInput()
    if isinstance(old, fieldwidgets.BS3TextAreaFieldWidget):
        return widgets.TextArea()
    if isinstance(old, fieldwidgets.BS3TextFieldWidget):
        if isinstance(field, IntegerField):
            return widgets.NumberInput(step="1")
        return widgets.EmailInput() if isinstance(field, EmailField) else widgets.TextInput()
    return None


def native(field: Field) -> Field:
    """``field`` with a plain control; a template global, used as ``ui.field(native(form.name))``."""
    found = _native_widget(field)
    if found is not None:
        field.widget = found
    return field


def init_widgets(app: Flask) -> None:
    """Let FAB make moments of date-time columns, and give the templates ``native``."""
    FieldConverter.conversion_table = tuple(
        (marker, MomentField, widgets.DateTimeLocalInput)
        if marker == "is_datetime"
        else (marker, kind, widget)
        for marker, kind, widget in FieldConverter.conversion_table
    )
    app.jinja_env.globals["native"] = native
