"""The channels: how they fare, their settings, a check and a test message. Administrators only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import current_app, flash, make_response, redirect, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response

from app.errors import Conflict, Invalid
from app.events import Kind, unit_of_work
from app.notify.sms.presets import preset_titles, preset_values
from app.services.channel_settings import (
    Stored,
    Typed,
    ensure_administrator,
    make_hook_secret,
    plain_form,
    save_channel,
    stored_channel,
)
from app.services.channel_standing import standings
from app.services.channel_trials import ask_check, ask_send
from models import ChannelName, JournalEntry
from views.base import current_actor, session
from views.call_form import read_id
from views.notify import channel_form
from views.notify import channel_words as words
from views.notify.frame import NotifyScreen
from views.notify.trials import show_outcome

PAGE = "/notify/channels/"


@dataclass(frozen=True)
class Form:
    """What the page of a channel holds besides what is stored."""

    typed: Typed
    version: int
    errors: Mapping[str, str] = field(default_factory=dict)
    is_late: bool = False
    preset: str = ""
    hook: str = ""


class ChannelsView(NotifyScreen):
    """``/notify/channels/``: their accounts are the whole organisation's."""

    route_base = "/notify/channels"
    default_view = "index"
    tab = "channels"
    class_permission_name = "Channels"

    @expose("/")
    def index(self) -> str:
        """All channels: on or off, health, what went, waits and died."""
        ensure_administrator(current_actor())
        return self.frame("notify/channels.html", standings=standings(session()), words=words)

    @expose("/<name>")
    def show(self, name: str) -> Response:
        """The settings of one; ``from`` fills them with those of a ready-made gateway."""
        ensure_administrator(current_actor())
        stored = stored_channel(session(), name)
        preset = request.args.get("from", "")
        filled = preset_values(preset) if name == ChannelName.SMS else {}
        typed = _as_stored(stored, filled)
        return self._form(stored, Form(typed, stored.version, preset=preset if filled else ""))

    @expose("/<name>", methods=["POST"])
    def save(self, name: str) -> Response:
        """Save what was seen as ``version``; a colleague who was faster is named, nothing typed is lost."""
        actor = current_actor()
        ensure_administrator(actor)
        typed = channel_form.sent_form(stored_channel(session(), name).channel)
        version = read_id(request.form.get("version")) or 0
        try:
            with unit_of_work(session()):
                save_channel(session(), name, typed, version=version, actor=actor)
        except Invalid as error:
            return self._form(stored_channel(session(), name), Form(typed, version, error.fields))
        except Conflict:
            stored = stored_channel(session(), name)
            return self._form(stored, Form(typed, stored.version, is_late=True))
        flash(_("The settings are saved. Check them, then send a test to yourself."), "success")
        return _to(f"{PAGE}{name}")

    @expose("/<name>/check", methods=["POST"])
    def check(self, name: str) -> Any:
        """Have the provider asked whether it is there and knows us, with what is saved."""
        return self._tried(name, lambda: ask_check(session(), name, actor=current_actor()))

    @expose("/<name>/test", methods=["POST"])
    def test(self, name: str) -> Any:
        """Have a real message sent to the administrator himself, with what is saved."""
        return self._tried(name, lambda: ask_send(session(), name, actor=current_actor()))

    @expose("/sms/hook", methods=["POST"])
    def make_hook(self) -> Response:
        """A new address for the gateway to call, shown on this answer alone."""
        try:
            with unit_of_work(session()):
                secret = make_hook_secret(session(), actor=current_actor())
        except Invalid as error:
            flash(error.message, "danger")
            return _to(f"{PAGE}{ChannelName.SMS}")
        base = current_app.config["PUBLIC_URL"] or request.host_url.rstrip("/")
        stored = stored_channel(session(), ChannelName.SMS)
        return self._form(stored, Form(_as_stored(stored), stored.version, hook=f"{base}/hooks/sms/{secret}"))

    def _tried(self, name: str, ask: Any) -> Any:
        ensure_administrator(current_actor())
        stored_channel(session(), name)
        return show_outcome(ask, back=f"{PAGE}{name}")

    def _form(self, stored: Stored, form: Form) -> Response:
        """The page; the fresh version in it lets a second "save" win knowingly."""
        channel = stored.channel
        kept = plain_form(stored)
        differing = {name for name in kept if kept[name] != _plain(form.typed.values.get(name, ""))}
        summary = channel_form.error_links(channel, form.errors)
        html = self.frame(
            "notify/channel.html",
            name=channel.name,
            stored=stored,
            kept=kept,
            form=form,
            typed=form.typed,
            groups=channel_form.groups_of(channel),
            fields=channel_form,
            channel=channel,
            errors=form.errors,
            summary=summary,
            differing=differing if form.is_late else set(),
            faster=_last_edit(channel.name) if form.is_late else None,
            standing=next(one for one in standings(session()) if one.name == channel.name),
            presets=preset_titles() if channel.name == ChannelName.SMS else [],
            words=words,
        )
        return make_response(html, 422 if form.errors else 409 if form.is_late else 200)


def _as_stored(stored: Stored, filled: Mapping[str, str] | None = None) -> Typed:
    return Typed(
        values={**plain_form(stored), **(filled or {})},
        secrets={},
        is_on=stored.is_on,
        is_console=stored.settings.flag("console"),
    )


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _to(url: str) -> Response:
    answer: Response = redirect(url, 303)
    return answer


def _last_edit(name: str) -> JournalEntry | None:
    """Who has saved these settings last."""
    query = select(JournalEntry).where(JournalEntry.kind == Kind.CHANNEL_EDITED, JournalEntry.subject == name)
    query = query.options(joinedload(JournalEntry.actor))
    return session().scalars(query.order_by(JournalEntry.id.desc()).limit(1)).first()
