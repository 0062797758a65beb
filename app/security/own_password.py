"""FAB's page for one's own password asks for no old one: it leads to ours, which does."""

from __future__ import annotations

from typing import Any

from flask import redirect
from flask_appbuilder import expose
from flask_appbuilder.security import views as fab
from flask_appbuilder.security.decorators import has_access

PAGE = "/settings/#password"


class ResetMyPasswordView(fab.ResetMyPasswordView):
    """Keeps FAB's name and address, because links and rights are made of them."""

    @expose("/form", methods=["GET"])
    @has_access
    def this_form_get(self) -> Any:
        return redirect(PAGE)

    @expose("/form", methods=["POST"])
    @has_access
    def this_form_post(self) -> Any:
        return redirect(PAGE, 303)
