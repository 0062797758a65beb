"""My settings; the language can be chosen before signing in, too."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, request
from flask import session as browser_session
from flask_appbuilder import BaseView, expose
from flask_appbuilder.utils.base import get_safe_redirect
from flask_babel import gettext as _
from flask_babel import refresh
from flask_login import current_user

from app.errors import Invalid
from app.events import unit_of_work
from app.services.settings import Choices, save_settings, set_language, set_theme
from models import Staff
from views.access.settings_page import settings_page
from views.base import Screen, current_actor, session
from views.ticket_query import number_in


def languages() -> tuple[str, ...]:
    """The codes that may be chosen."""
    return tuple(current_app.config["LANGUAGES"])


def speak(locale: str) -> None:
    """This browser's pages are in that language from now on."""
    browser_session["locale"] = locale
    refresh()


class SettingsView(Screen):
    """What each person sets for himself."""

    route_base = "/settings"
    default_view = "edit"
    class_permission_name = "Settings"

    @expose("/", methods=["GET", "POST"])
    def edit(self) -> Any:
        """The page; a mistake answers 422 with every choice kept."""
        if request.method == "GET":
            return settings_page(self)
        choices = _sent_choices(session().get_one(Staff, current_actor().id))
        try:
            with unit_of_work(session()):
                save_settings(session(), choices, languages=languages(), actor=current_actor())
        except Invalid as error:
            return settings_page(self, "profile", error, choices=choices), 422
        speak(choices.locale)
        flash(_("Your settings are saved."), "success")
        return redirect("/settings/", 303)

    @expose("/theme", methods=["POST"])
    def theme(self) -> Any:
        """The theme alone, from the buttons in the shell."""
        with unit_of_work(session()):
            set_theme(session(), request.form.get("theme", ""), actor=current_actor())
        return "", 204


class LanguageView(BaseView):
    """The language alone: for this browser, and for the account when somebody is signed in."""

    route_base = "/settings"
    default_view = "language"

    @expose("/language", methods=["POST"])
    def language(self) -> Any:
        """Switch and go back to the page that was open (``next``, one of our own)."""
        locale = request.form.get("locale", "")
        if locale not in languages():
            raise Invalid(fields={"locale": _("Choose one of the languages.")})
        if current_user.is_authenticated:
            with unit_of_work(session()):
                set_language(session(), locale, languages=languages(), actor=current_actor())
        speak(locale)
        return redirect(_own_page(request.form.get("next", "")), 303)


def _own_page(address: str) -> str:
    """The address if it is a path of ours, otherwise the first page."""
    own = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return str(get_safe_redirect(address)) if own else "/"


def _sent_choices(person: Staff) -> Choices:
    """What was sent; a field that the form does not have stays as it is."""
    form = request.form
    return Choices(
        locale=form.get("locale", ""),
        theme=form.get("theme", ""),
        page_size=number_in(form.get("page_size", "")) or 0,
        sound_on=form.get("sound_on") == "1",
        letter_keys_on=form.get("letter_keys_on") == "1",
        start_page=form.get("start_page", person.start_page),
        phone=form.get("phone", person.phone),
        jabber_id=form.get("jabber_id", person.jabber_id),
    )
