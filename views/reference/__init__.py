"""Reference data on FAB's screens, for administrators."""

from __future__ import annotations

from flask import Flask
from flask_appbuilder import AppBuilder
from flask_babel import lazy_gettext as _

from views.reference.address import init_address_check
from views.reference.clients import ClientAdminView
from views.reference.places import DepartmentView, MembershipView
from views.reference.words import TopicView, UnitView

CATEGORY = "Administration"


def register_reference(app: Flask, builder: AppBuilder) -> None:
    """Add the screens to FAB's menu, and check the addresses of all of FAB's screens."""
    init_address_check(app, builder)
    screens = (
        (DepartmentView, "Departments", _("Departments"), "fa-sitemap"),
        (MembershipView, "Memberships", _("Memberships"), "fa-id-card"),
        (TopicView, "Topics", _("Topics"), "fa-tags"),
        (UnitView, "Units", _("Units"), "fa-building"),
        (ClientAdminView, "All clients", _("All clients"), "fa-address-book"),
    )
    for view, name, label, icon in screens:
        builder.add_view(
            view,
            name,
            icon=icon,
            label=label,
            category=CATEGORY,
            category_label=_("Administration"),
            category_icon="fa-cogs",
        )
