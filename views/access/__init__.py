"""Who gets in, how, and who may what."""

from __future__ import annotations

from flask import Flask, current_app
from flask_appbuilder import AppBuilder
from flask_login import current_user

from views.access.account import AccountView
from views.access.away import away_words
from views.access.gate import init_gate
from views.access.groups import GroupRolesView
from views.access.matrix import MatrixView
from views.access.questions import QuestionsView
from views.access.roles import RolesView
from views.access.second_factor import SecondFactorView
from views.access.second_factor_rules import SecondFactorRulesView
from views.access.white_list import WhiteListView


def register_access(app: Flask, builder: AppBuilder) -> None:
    """Add the screens, and what stands before all others; one with a ``menu`` (name, label, icon) stands
    under Administration."""
    for view in VIEWS:
        menu = getattr(view, "menu", None)
        if menu is None:
            builder.add_view_no_menu(view)
        else:
            name, label, icon = menu
            builder.add_view(view, name, label=label, icon=icon, category="Administration")
    init_gate(app)
    if app.config["AUTH_RATE_LIMITED"]:
        _limit_guesses(builder)
    app.jinja_env.filters["away"] = away_words


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
    MatrixView,
    RolesView,
    QuestionsView,
    GroupRolesView,
    SecondFactorRulesView,
    SecondFactorView,
    WhiteListView,
)
