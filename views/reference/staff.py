"""FAB's own screens of users, roles and groups, made safe and journalled.

The classes keep FAB's names, because endpoints and permissions are made of them.
"""

# ruff: noqa: RUF012  # FAB's class attributes are lists and dicts, read once

from __future__ import annotations

from typing import Any

from flask import g
from flask_appbuilder.api import ModelRestApi
from flask_appbuilder.security import views as fab
from flask_appbuilder.security.sqla import apis
from flask_babel import lazy_gettext as _

from config import LANGUAGES
from models import Staff
from views.reference.base import JournalledTable, ReferenceView, printable
from views.reference.fields import choice

NAMES = {code: language["name"] for code, language in LANGUAGES.items()}


class UserDBModelView(ReferenceView, fab.UserDBModelView):
    """The people who sign in."""

    search_columns = ["first_name", "last_name", "username", "email", "active", "roles"]
    order_columns = ["first_name", "last_name", "username", "email", "active"]
    label_columns = {**fab.UserDBModelView.label_columns, "locale": _("Language")}
    description_columns = {
        **fab.UserDBModelView.description_columns,
        "roles": _("What the person may open; what he sees there comes from his departments"),
        "groups": _("Roles given to several people at once"),
    }
    add_columns = [
        "first_name", "last_name", "username", "active", "email", "locale", "roles", "groups", "password",
        "conf_password",
    ]  # fmt: skip
    edit_columns = ["first_name", "last_name", "username", "active", "email", "locale", "roles", "groups"]
    add_form_extra_fields = {
        **fab.UserDBModelView.add_form_extra_fields,
        "locale": choice(_("Language"), NAMES),
    }
    edit_form_extra_fields = {"locale": choice(_("Language"), NAMES)}
    validators_columns = {
        **fab.UserDBModelView.validators_columns,
        **{name: [printable] for name in ("first_name", "last_name", "username", "email")},
    }

    def __init__(self, **kwargs: Any) -> None:
        # the security manager gives its own, which keeps no journal
        self.datamodel = JournalledTable(Staff)
        super().__init__(**kwargs)


class RoleModelView(ReferenceView, fab.RoleModelView):
    """What the screens' permissions are gathered in."""

    search_columns = ["name"]
    validators_columns = {"name": [printable]}

    def __init__(self, **kwargs: Any) -> None:
        self.datamodel = JournalledTable(type(self).datamodel.obj)
        super().__init__(**kwargs)


class UserGroupModelView(ReferenceView, fab.UserGroupModelView):
    """Roles given to several people at once."""

    search_columns = ["name", "label", "description"]
    validators_columns = {name: [printable] for name in search_columns}

    def __init__(self, **kwargs: Any) -> None:
        self.datamodel = JournalledTable(type(self).datamodel.obj)
        super().__init__(**kwargs)


class _JournalledApi(ModelRestApi):
    """FAB's API of the same tables: journalled and guarded as the screens are."""

    def __init__(self) -> None:
        api: Any = type(self)
        table = api.datamodel.obj
        self.datamodel = JournalledTable(Staff if issubclass(Staff, table) else table)
        super().__init__()

    def response_500(self, **kwargs: Any) -> Any:
        """Our own refusal, which FAB takes for a crash, told as what it is."""
        refusal = g.pop("refusal", None)
        return super().response_500(**kwargs) if refusal is None else self.response_422(message=str(refusal))


class UserApi(_JournalledApi, apis.UserApi):
    """The people who sign in."""


class RoleApi(_JournalledApi, apis.RoleApi):
    """What the screens' permissions are gathered in."""


class GroupApi(_JournalledApi, apis.GroupApi):
    """Roles given to several people at once."""
