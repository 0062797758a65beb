"""My second factor: set up with a QR code, recovery codes, switched off."""

from __future__ import annotations

from typing import Any

import segno
from flask import abort, flash, make_response, redirect, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from app.errors import Conflict, HelpdeskError, Invalid
from app.events import unit_of_work
from app.security import second_factor, second_step
from app.services import second_factor as verbs
from app.services.passwords import ensure_password
from models import Staff
from views.access.settings_page import settings_page
from views.base import Screen, current_actor, session

PAGE = "/settings/#second-factor"


class SecondFactorView(Screen):
    """Open to whoever is signed in, whatever his screens: his role may ask for it before all else."""

    route_base = "/second-factor"
    default_view = "set_up"
    class_permission_name = "Settings"

    def _guard(self) -> Any:
        return None if current_user.is_authenticated else super()._guard()

    @expose("/", methods=["GET", "POST"])
    def set_up(self) -> Any:
        """The QR code; the first right code switches the factor on and shows the recovery codes once."""
        error = None
        if request.method == "POST":
            try:
                with unit_of_work(session()):
                    codes = verbs.switch_on(session(), request.form.get("code", ""), actor=current_actor())
                return self._codes(codes)
            except Conflict:
                return redirect(PAGE, 303)
            except Invalid as invalid:
                error = invalid
        person = session().get_one(Staff, current_actor().id)
        if second_factor.standing(session(), person.id).is_on:
            return redirect(PAGE)
        with unit_of_work(session()):
            secret = second_factor.start(session(), person.id)
        address = second_factor.address_of(secret, person.username)
        page = self.page(
            "access/set_up.html",
            must=current_user.must_enrol,
            secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
            address=address,
            picture=_picture(address),
            wrong=error.fields if error else {},
        )
        return _private(page, 422 if error else 200)

    @expose("/codes", methods=["POST"])
    def codes(self) -> Any:
        """New recovery codes for a code."""
        try:
            self._ensure_code()
            with unit_of_work(session()):
                codes = verbs.renew_codes(session(), actor=current_actor())
        except HelpdeskError as error:
            return settings_page(self, "codes", error), 422
        return self._codes(codes)

    @expose("/off", methods=["POST"])
    def off(self) -> Any:
        """Switch off with the password and a code."""
        try:
            ensure_password(session(), request.form.get("password", ""), actor=current_actor())
            self._ensure_code()
            with unit_of_work(session()):
                verbs.switch_off(session(), actor=current_actor())
        except HelpdeskError as error:
            return settings_page(self, "off", error), 422
        flash(_("Your second factor is off."), "success")
        return redirect(PAGE, 303)

    def _ensure_code(self) -> None:
        """Raise Invalid unless the code is right; the attempt counts whatever comes after it."""
        with unit_of_work(session()):
            answer = second_factor.check(session(), current_actor().id, request.form.get("code", ""))
        if not answer.is_right:
            raise Invalid(fields={"code": second_step.refusal(answer)})

    def _codes(self, codes: list[str]) -> Any:
        if not codes:
            abort(404)
        current_user.must_enrol = False
        return _private(self.page("access/codes.html", codes=codes, must=False), 200)


def _picture(address: str) -> Markup:
    """The QR code as an image in the page: black on white in every theme, because cameras want it so."""
    code = segno.make(address, error="m")
    # segno writes numbers and path data only
    return Markup(code.svg_inline(scale=5, border=2, dark="#000", light="#fff", omitsize=False))


def _private(page: str, status: int) -> Any:
    answer = make_response(page, status)
    answer.headers["Cache-Control"] = "no-store"
    return answer
