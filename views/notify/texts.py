"""The words of messages, edited by administrators with a preview beside them."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, request
from flask_appbuilder import expose
from flask_babel import gettext as _

from app.errors import Conflict, Invalid
from app.events import unit_of_work
from app.notify.preferences import CHOSEN_KINDS
from app.services.ledger_words import channel_icon, channel_word
from app.services.message_defaults import TEXT_CHANNELS, WITH_SUBJECT, Text
from app.services.message_sandbox import FILTERS, LONGEST_TEMPLATE
from app.services.message_templates import (
    LONGEST_SUBJECT,
    back_to_delivered,
    delivered,
    ensure_administrator,
    ensure_known,
    find_own,
    own_texts,
    save_text,
)
from app.services.message_variables import VARIABLES
from app.services.text_preview import preview
from views.base import current_actor, session
from views.notify.frame import NotifyScreen
from views.notify.words import kind_word
from views.ticket_query import number_in

PATH = "/notify/texts/"


class MessageTextsView(NotifyScreen):
    """``/notify/texts/``: event × channel × language, each delivered or the firm's own."""

    route_base = "/notify/texts"
    default_view = "index"
    class_permission_name = "MessageTexts"
    tab = "texts"

    @expose("/")
    def index(self) -> Any:
        """The list: which texts are the firm's own."""
        ensure_administrator(current_actor())
        return self.frame(
            "notify/texts.html",
            own=own_texts(session()),
            kinds=CHOSEN_KINDS,
            channels=TEXT_CHANNELS,
            languages=current_app.config["LANGUAGES"],
            channel_word=channel_word,
            channel_icon=channel_icon,
            kind_word=kind_word,
        )

    @expose("/<string:kind>/<string:channel>/<string:locale>")
    def edit(self, kind: str, channel: str, locale: str) -> Any:
        """The form with the text as it is now."""
        ensure_administrator(current_actor())
        ensure_known(kind, channel, locale)
        own = find_own(session(), kind, channel, locale)
        text = Text(own.subject, own.body) if own else delivered(kind, channel, locale)
        return self._form((kind, channel, locale), text, own.version if own else 0)

    @expose("/<string:kind>/<string:channel>/<string:locale>", methods=["POST"])
    def save(self, kind: str, channel: str, locale: str) -> Any:
        """Keep the text; a refusal comes back with everything that was typed."""
        place, text, version = (kind, channel, locale), _typed(), _version()
        try:
            with unit_of_work(session()):
                save_text(session(), *place, text, version=version, actor=current_actor())
        except (Conflict, Invalid) as error:
            return self._form(place, text, version, error), error.status
        flash(_("The text is saved. The next message goes out with it."), "success")
        return redirect(_url(place), 303)

    @expose("/<string:kind>/<string:channel>/<string:locale>/delivered", methods=["POST"])
    def reset(self, kind: str, channel: str, locale: str) -> Any:
        """Back to the delivered text."""
        place = (kind, channel, locale)
        try:
            with unit_of_work(session()):
                back_to_delivered(session(), *place, version=_version(), actor=current_actor())
        except Conflict as error:
            flash(error.message, "warning")
            return redirect(_url(place), 303)
        flash(_("The delivered text is used again."), "success")
        return redirect(_url(place), 303)

    @expose("/<string:kind>/<string:channel>/<string:locale>/preview", methods=["POST"])
    def preview(self, kind: str, channel: str, locale: str) -> Any:
        """The typed text on a real event; what is wrong with it stands in its place."""
        ensure_administrator(current_actor())
        ensure_known(kind, channel, locale)
        return self.page("notify/text_preview.html", **self._preview((kind, channel, locale), _typed()))

    def _preview(self, place: tuple[str, str, str], text: Text) -> dict[str, Any]:
        try:
            shown, wrong = preview(session(), *place, text, actor=current_actor()), {}
        except Invalid as error:
            shown, wrong = None, error.fields
        return {"shown": shown, "problems": wrong, "channel": place[1], "labels": _labels()}

    def _form(
        self,
        place: tuple[str, str, str],
        text: Text,
        version: int,
        error: Conflict | Invalid | None = None,
    ) -> str:
        kind, channel, locale = place
        own = find_own(session(), *place)
        return self.frame(
            "notify/text.html",
            **self._preview(place, text),
            kind=kind,
            locale=locale,
            url=_url(place),
            text=text,
            version=own.version if own and isinstance(error, Conflict) else version,
            is_own=own is not None,
            delivered=delivered(*place),
            now=own if isinstance(error, Conflict) else None,
            error=error,
            wrong=error.fields if isinstance(error, Invalid) else {},
            with_subject=channel in WITH_SUBJECT,
            variables=VARIABLES,
            filters=FILTERS,
            longest=LONGEST_TEMPLATE,
            longest_subject=LONGEST_SUBJECT,
            languages=current_app.config["LANGUAGES"],
            channels=TEXT_CHANNELS,
            place_url=lambda **changes: _url(
                (kind, changes.get("channel", channel), changes.get("locale", locale))
            ),
            channel_word=channel_word,
            channel_icon=channel_icon,
            kind_word=kind_word,
        )


def _typed() -> Text:
    form = request.form
    return Text(form.get("subject", ""), form.get("body", "").replace("\r\n", "\n"))


def _version() -> int:
    return number_in(request.form.get("version"), least=0) or 0


def _labels() -> dict[str, str]:
    return {"subject": _("Subject"), "body": _("Text")}


def _url(place: tuple[str, str, str]) -> str:
    return PATH + "/".join(place)
