"""The ledger of everything that was told, for administrators, and "send again" for what was given up."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import current_app, flash, redirect, request
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import ngettext

from app.events import unit_of_work
from app.notify.preferences import CHOSEN_KINDS
from app.services.ledger import (
    LedgerQuery,
    count_dead,
    dead_of,
    ensure_administrator,
    people_of_ledger,
    read_ledger,
)
from app.services.ledger_words import CHANNEL_WORDS, channel_icon, channel_word, outcome_of
from app.services.sending_again import MOST_AT_ONCE, send_chosen_again, send_found_again, wake_for
from models import ChannelName, DeliveryStatus
from views.base import current_actor, session
from views.notify.frame import NotifyScreen
from views.notify.words import KIND_WORDS, STATUS_WORDS, kind_word
from views.ticket_query import number_in

PATH = "/notify/deliveries/"
NAMES = ("channel", "status", "user", "kind", "since", "until", "ticket")


class DeliveriesView(NotifyScreen):
    """``/notify/deliveries/``: filters, pages by key, and the dead with their boxes."""

    route_base = "/notify/deliveries"
    default_view = "index"
    class_permission_name = "Deliveries"
    tab = "deliveries"

    @expose("/")
    def index(self) -> Any:
        """A page of the ledger. What makes no sense in the address is left out."""
        ensure_administrator(current_actor())
        asked = _asked(request.args)
        query = _query(asked, before=number_in(request.args.get("before")) or 0)
        page = read_ledger(session(), query, actor=current_actor())
        is_dead = query.status == DeliveryStatus.DEAD
        dead = dead_of(session(), query_without_place(query), most=MOST_AT_ONCE + 1) if is_dead else []
        return self.frame(
            "notify/deliveries.html",
            found=page,
            asked=asked,
            dead=dead[:MOST_AT_ONCE],
            is_more=len(dead) > MOST_AT_ONCE,
            is_dead=is_dead,
            waiting=count_dead(session(), most=1000),
            people=people_of_ledger(session()),
            channels=CHANNEL_WORDS,
            statuses=STATUS_WORDS,
            kinds={kind: KIND_WORDS[kind] for kind in CHOSEN_KINDS},
            url=lambda **changes: _url(asked, **changes),
            is_filtered=any(asked[name] for name in NAMES),
            is_first=not query.before,
            outcome_of=outcome_of,
            channel_word=channel_word,
            channel_icon=channel_icon,
            kind_word=kind_word,
        )

    @expose("/again", methods=["POST"])
    def again(self) -> Any:
        """Try the chosen ones, or all of the filter up to the newest that was counted, anew."""
        ensure_administrator(current_actor())
        asked = _asked(request.form)
        with unit_of_work(session()):
            if request.form.get("all") == "1":
                upto = number_in(request.form.get("upto")) or 0
                sent = send_found_again(session(), _query(asked), upto=upto, actor=current_actor())
            else:
                chosen = [number_in(text) for text in request.form.getlist("ids")[:MOST_AT_ONCE]]
                ids = [number for number in chosen if number is not None]
                sent = send_chosen_again(session(), ids, actor=current_actor())
        wake_for(session(), sent)
        if sent:
            flash(
                ngettext(
                    "%(num)s message is tried once more.", "%(num)s messages are tried once more.", len(sent)
                ),
                "success",
            )
        else:
            flash(_("Nothing was chosen that can be sent again."), "warning")
        return redirect(_url(asked), 303)


def query_without_place(query: LedgerQuery) -> LedgerQuery:
    """The same filter from its beginning."""
    return LedgerQuery(**{**vars(query), "before": 0})


def _asked(values: Any) -> dict[str, str]:
    """The filter as it stands in the address, without what makes no sense."""
    found = {name: str(values.get(name, "")).strip()[:40] for name in NAMES}
    known: dict[str, set[str]] = {
        "channel": {str(one) for one in ChannelName},
        "status": {str(one) for one in DeliveryStatus},
        "kind": {str(kind) for kind in CHOSEN_KINDS},
    }
    for name, choices in known.items():
        found[name] = found[name] if found[name] in choices else ""
    for name in ("user", "ticket"):
        found[name] = str(number_in(found[name].lstrip("#")) or "")
    for name in ("since", "until"):
        found[name] = found[name] if _day(found[name]) else ""
    return found


def _query(asked: dict[str, str], *, before: int = 0) -> LedgerQuery:
    since, until = _day(asked["since"]), _day(asked["until"])
    return LedgerQuery(
        channel=asked["channel"],
        status=asked["status"],
        user_id=number_in(asked["user"]),
        kind=asked["kind"],
        since=_midnight(since) if since else None,
        until=_midnight(until + timedelta(days=1)) if until else None,
        ticket_id=number_in(asked["ticket"]),
        before=before,
    )


def _day(text: str) -> date | None:
    """A day as a browser sends it; days far beyond any helpdesk are none."""
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    return day if day and 2000 <= day.year < 2200 else None


def _midnight(day: date) -> datetime:
    """When a day begins in the helpdesk's time zone."""
    return datetime.combine(day, time(), ZoneInfo(current_app.config["TIME_ZONE"]))


def _url(asked: dict[str, str], **changes: Any) -> str:
    """The address of the ledger with this filter."""
    values = {**asked, **{name: str(value or "") for name, value in changes.items()}}
    text = urlencode({name: value for name, value in values.items() if value})
    return PATH + (f"?{text}" if text else "")
