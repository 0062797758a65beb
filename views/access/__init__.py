"""Who may come in and how: the second factor, people's own accounts."""

from __future__ import annotations

from flask import Flask
from flask_appbuilder import AppBuilder
from flask_babel import lazy_gettext as _

from views.access.account import AccountView
from views.access.away import away_words
from views.access.gate import init_gate
from views.access.second_factor import SecondFactorView
from views.access.second_factor_rules import SecondFactorRulesView

CATEGORY = "Administration"


def register_access(app: Flask, builder: AppBuilder) -> None:
    """Add the screens and what stands before all others."""
    for view in VIEWS:
        builder.add_view_no_menu(view)
    init_gate(app)
    app.jinja_env.filters["away"] = away_words
    builder.add_link(
        "SecondFactorRules",
        href="/access/second-factor/",
        label=_("Second factor"),
        icon="fa-shield",
        category=CATEGORY,
        category_label=_("Administration"),
    )


# one line a screen
VIEWS: tuple[type, ...] = (
    AccountView,
    SecondFactorRulesView,
    SecondFactorView,
)
