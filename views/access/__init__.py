"""Who may come in and how: the second factor, people's own accounts."""

from __future__ import annotations

from flask import Flask, current_app
from flask_appbuilder import AppBuilder
from flask_babel import lazy_gettext as _
from flask_login import current_user

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
    if app.config["AUTH_RATE_LIMITED"]:
        _limit_guesses(builder)
    app.jinja_env.filters["away"] = away_words
    builder.add_link(
        "SecondFactorRules",
        href="/access/second-factor/",
        label=_("Second factor"),
        icon="fa-shield",
        category=CATEGORY,
        category_label=_("Administration"),
    )


def _limit_guesses(builder: AppBuilder) -> None:
    """Who found an open browser cannot try passwords and codes for long: refusals use an allowance up."""
    for view in builder.baseviews:
        if isinstance(view, AccountView | SecondFactorView):
            builder.sm.limiter.limit(
                current_app.config["SIGN_IN_LIMIT"],
                key_func=lambda: f"own|{current_user.get_id()}",
                methods=["POST"],
                deduct_when=lambda response: response.status_code == 422,
            )(view.blueprint)


# one line a screen
VIEWS: tuple[type, ...] = (
    AccountView,
    SecondFactorRulesView,
    SecondFactorView,
)
