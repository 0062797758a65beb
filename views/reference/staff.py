"""FAB's own screens of users, roles and groups, made safe and journalled.

The classes keep FAB's names, because endpoints and permissions are made of them.
"""

# ruff: noqa: RUF012  # FAB's class attributes are lists and dicts, read once

from __future__ import annotations

from functools import wraps
from typing import Any

from flask import g
from flask_appbuilder.api import ModelRestApi, expose, permission_name, protect, safe
from flask_appbuilder.fieldwidgets import BS3PasswordFieldWidget
from flask_appbuilder.security import views as fab
from flask_appbuilder.security.sqla import apis
from flask_appbuilder.validators import PasswordComplexityValidator
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import Field, Form, PasswordField
from wtforms.validators import EqualTo, StopValidation

from app.errors import HelpdeskError
from app.security import signals
from app.security.own_password import ensure_kept_here
from app.services.outside_sign_in import forget_identity
from config import LANGUAGES
from models import SignInWay, Staff
from views.base import session
from views.reference.base import JournalledTable, ReferenceView, printable
from views.reference.fields import choice

WAYS = {
    SignInWay.LOCAL.value: _("Local account"),
    SignInWay.DOMAIN.value: _("Domain"),
    SignInWay.OUTSIDE.value: _("Sign-in service (OAuth, SAML)"),
}
WAY = choice(
    _("Signs in with"),
    WAYS,
    _("Administrators may always use their local password, too."),
    default=SignInWay.LOCAL.value,
)
NAMES = {code: language["name"] for code, language in LANGUAGES.items()}


def _needed_if_local(form: Form, field: Field) -> None:
    """Whoever signs in elsewhere may have none; an administrator among them keeps a local one beside."""
    if not field.data and form.password.data == field.data:
        if form.sign_in_way.data in {SignInWay.DOMAIN, SignInWay.OUTSIDE}:
            raise StopValidation
        raise StopValidation(gettext("Write a password, or choose another way of signing in above."))


def _password(label: Any, description: Any, check: Any) -> PasswordField:
    checks = [_needed_if_local, check]
    return PasswordField(label, description=description, validators=checks, widget=BS3PasswordFieldWidget())


class UserDBModelView(ReferenceView, fab.UserDBModelView):
    """The people who sign in."""

    search_columns = ["first_name", "last_name", "username", "email", "active", "roles"]
    order_columns = ["first_name", "last_name", "username", "email", "active"]
    label_columns = {
        **fab.UserDBModelView.label_columns,
        "locale": _("Language"),
        "sign_in_way": _("Signs in with"),
    }
    list_columns = [*fab.UserDBModelView.list_columns, "sign_in_way"]
    formatters_columns = {"sign_in_way": lambda way: str(WAYS.get(way, way))}
    description_columns = {
        **fab.UserDBModelView.description_columns,
        "roles": _("What the person may open; what he sees there comes from his departments"),
        "groups": _("Roles given to several people at once"),
    }
    add_columns = [
        "first_name", "last_name", "username", "active", "email", "locale", "sign_in_way", "roles", "groups",
        "password", "conf_password",
    ]  # fmt: skip
    edit_columns = [
        "first_name", "last_name", "username", "active", "email", "locale", "sign_in_way", "roles", "groups",
    ]  # fmt: skip
    add_form_extra_fields = {
        "password": _password(
            _("Password"), _("Whoever signs in another way may have none"), PasswordComplexityValidator()
        ),
        "conf_password": _password(
            _("Confirm Password"), "", EqualTo("password", message=_("Passwords must match"))
        ),
        "locale": choice(_("Language"), NAMES),
        "sign_in_way": WAY,
    }
    edit_form_extra_fields = {"locale": choice(_("Language"), NAMES), "sign_in_way": WAY}
    validators_columns = {
        **fab.UserDBModelView.validators_columns,
        **{name: [printable] for name in ("first_name", "last_name", "username", "email")},
    }

    def __init__(self, **kwargs: Any) -> None:
        # the security manager gives its own, which keeps no journal
        self.datamodel = JournalledTable(Staff)
        super().__init__(**kwargs)

    def pre_add(self, item: Staff) -> None:
        """A domain user needs no password here, and without one there is none to guess."""
        if item.password:
            super().pre_add(item)
        else:
            item.password = ""

    def pre_update(self, item: Staff) -> None:
        """Made local, he may become another person of the directory or of a service afterwards."""
        super().pre_update(item)
        if item.sign_in_way != SignInWay.DOMAIN:
            item.directory_guid = None
        if item.sign_in_way != SignInWay.OUTSIDE:
            forget_identity(session(), item.id)


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
        kind: Any = type(self)
        table = kind.datamodel.obj
        self.datamodel = JournalledTable(Staff if issubclass(Staff, table) else table)
        super().__init__()

    def response_500(self, **kwargs: Any) -> Any:
        """Our own refusal, which FAB takes for a crash, told as what it is."""
        refusal = g.pop("refusal", None)
        return super().response_500(**kwargs) if refusal is None else self.response_422(message=str(refusal))


def _unflushed(method: Any) -> Any:
    """FAB looks rows up while it fills this one, but the journal must compare with what is stored."""

    @wraps(method)  # with FAB's marks of address and permission
    def inner(self: Any, *args: Any, **kwargs: Any) -> Any:
        with session().no_autoflush:
            return method(self, *args, **kwargs)

    return inner


class UserApi(_JournalledApi, apis.UserApi):
    """The people who sign in; a password that the directory keeps is not set here."""

    def pre_update(self, item: Staff, data: dict[str, Any]) -> None:
        """FAB has written the typed password into the row already."""
        g.has_new_password = bool(data.get("password"))
        if g.has_new_password:
            try:
                with session().no_autoflush:
                    ensure_kept_here(self.appbuilder.sm, item)
            except HelpdeskError as error:
                session().rollback()
                g.refusal = error.message
                raise
        super().pre_update(item, data)

    def post_update(self, item: Staff) -> None:
        """A new password is journalled, without itself."""
        super().post_update(item)
        if g.pop("has_new_password", False):
            signals.password_changed.send(self, user=item)

    @expose("/<pk>", methods=["PUT"])
    @protect()
    @permission_name("put")
    def put(self, pk: str) -> Any:
        # FAB 5.3.0 breaks on whom there is not, or whom its filters hide
        if self.datamodel.get(pk, self._base_filters) is None:
            return self.response_404()
        with session().no_autoflush:  # see _unflushed
            return super().put(pk)

    put.__doc__ = apis.UserApi.put.__doc__


class RoleApi(_JournalledApi, apis.RoleApi):
    """What the screens' permissions are gathered in."""

    put = _unflushed(apis.RoleApi.put)


class GroupApi(_JournalledApi, apis.GroupApi):
    """Roles given to several people at once."""

    put = _unflushed(apis.GroupApi.put)


class _FixedApi(ModelRestApi):
    """What the helpdesk makes of its own code: read by the API, changed by nobody."""

    @expose("/", methods=["POST"])
    @protect()
    @safe
    @permission_name("post")
    def post(self) -> Any:
        """Refuse."""
        return self._refuse()

    @expose("/<pk>", methods=["PUT"])
    @protect()
    @safe
    @permission_name("put")
    def put(self, pk: str) -> Any:
        """Refuse."""
        return self._refuse()

    @expose("/<pk>", methods=["DELETE"])
    @protect()
    @safe
    @permission_name("delete")
    def delete(self, pk: str) -> Any:
        """Refuse."""
        return self._refuse()

    def _refuse(self) -> Any:
        return self.response(
            405,
            message=gettext(
                "The helpdesk makes these itself. Give permissions to a role on the screen /roles/list/."
            ),
        )


class ViewMenuApi(_FixedApi, apis.ViewMenuApi):
    """The names of the screens."""


class PermissionViewMenuApi(_FixedApi, apis.PermissionViewMenuApi):
    """What may be done on which screen."""
