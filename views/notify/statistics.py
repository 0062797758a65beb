"""Deliveries, failures, speed and cost over a period, as charts with their tables."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from flask import request
from flask_appbuilder import expose
from flask_babel import format_date, format_decimal
from flask_babel import gettext as _

from app.services.delivery_statistics import PERIODS, Statistics, read_statistics
from app.services.ledger_words import CHANNEL_WORDS, channel_word
from models import DeliveryStatus
from views.base import current_actor, session
from views.notify.frame import NotifyScreen
from views.ticket_query import number_in

USUAL = 30


class DeliveryStatisticsView(NotifyScreen):
    """``/notify/statistics/``: three statements, however long the ledger is."""

    route_base = "/notify/statistics"
    default_view = "index"
    class_permission_name = "Deliveries"
    tab = "deliveries"

    @expose("/")
    def index(self) -> Any:
        """The page; ``days`` chooses the period."""
        asked = number_in(request.args.get("days")) or USUAL
        days = asked if asked in PERIODS else USUAL
        numbers = read_statistics(session(), days, actor=current_actor())
        return self.frame(
            "notify/statistics.html",
            days=days,
            periods=PERIODS,
            charts=_charts(numbers),
            is_empty=not numbers.ends,
        )


def _charts(numbers: Statistics) -> list[dict[str, Any]]:
    """Each chart: id, title, head and rows of its table, and what the script draws (as JSON)."""
    charts = [_by_day(numbers), _failures(numbers), _speeds(numbers), _sms_by_day(numbers), _people(numbers)]
    for chart in charts:
        chart["json"] = json.dumps(chart.pop("draw"), ensure_ascii=False).replace("<", "\\u003c")
    return charts


def _day(day: date) -> str:
    return str(format_date(day, "d MMM"))


def _channels(numbers: Statistics) -> list[str]:
    """The channels that occur, in the order of the screens."""
    return [str(name) for name in CHANNEL_WORDS if name in numbers.ends]


def _by_day(numbers: Statistics) -> dict[str, Any]:
    channels, days = _channels(numbers), numbers.days
    rows = [
        [_day(day), *(numbers.sent.get(name, {}).get(day, 0) for name in channels)] for day in reversed(days)
    ]
    return {
        "id": "by-day",
        "title": _("Sent and shown, by day"),
        "head": [_("Day"), *map(channel_word, channels)],
        "rows": [row for row in rows if any(row[1:])],
        "draw": {
            "stack": True,
            "names": [_day(day) for day in days],
            "series": [
                {
                    "name": channel_word(name),
                    "data": [numbers.sent.get(name, {}).get(day, 0) for day in days],
                }
                for name in channels
            ],
        },
    }


def _failures(numbers: Statistics) -> dict[str, Any]:
    channels = _channels(numbers)
    kinds = {
        _("given up"): [numbers.ends[name].get(DeliveryStatus.DEAD, 0) for name in channels],
        _("not sent"): [numbers.ends[name].get(DeliveryStatus.SKIPPED, 0) for name in channels],
        _("needed more than one try"): [numbers.retried.get(name, 0) for name in channels],
    }
    return {
        "id": "failures",
        "title": _("Failures, by channel"),
        "head": [_("Channel"), *kinds],
        "rows": [
            [channel_word(name), *(values[place] for values in kinds.values())]
            for place, name in enumerate(channels)
        ],
        "draw": {
            "names": [channel_word(name) for name in channels],
            "series": [{"name": word, "data": values} for word, values in kinds.items()],
        },
    }


def _speeds(numbers: Statistics) -> dict[str, Any]:
    speeds = numbers.speeds
    return {
        "id": "speeds",
        "title": _("Seconds from the event until it was sent"),
        "head": [_("Channel"), _("median"), _("95 of 100 within"), _("Messages")],
        "rows": [
            [channel_word(one.channel), _seconds(one.median), _seconds(one.p95), one.count] for one in speeds
        ],
        "draw": {
            "names": [channel_word(one.channel) for one in speeds],
            "series": [
                {"name": _("median"), "data": [round(one.median, 1) for one in speeds]},
                {"name": _("95 of 100 within"), "data": [round(one.p95, 1) for one in speeds]},
            ],
        },
    }


def _sms_by_day(numbers: Statistics) -> dict[str, Any]:
    days = numbers.days
    return {
        "id": "sms",
        "title": _("SMS: parts and cost, by day"),
        "head": [_("Day"), _("Parts"), _("Cost")],
        "rows": [
            [_day(day), numbers.parts[day], _money(numbers.cost.get(day, 0))]
            for day in reversed(days)
            if numbers.parts.get(day)
        ],
        "draw": {
            "names": [_day(day) for day in days],
            "series": [
                {"name": _("Parts"), "data": [numbers.parts.get(day, 0) for day in days]},
                {
                    "name": _("Cost"),
                    "data": [float(numbers.cost.get(day, 0)) for day in days],
                    "line": True,
                },
            ],
        },
    }


def _people(numbers: Statistics) -> dict[str, Any]:
    people = numbers.spenders
    return {
        "id": "people",
        "title": _("SMS: the ten people to whom most went"),
        "head": [_("Person"), _("Parts"), _("Cost")],
        "rows": [[one.name, one.parts, _money(one.cost)] for one in people],
        "draw": {
            "sideways": True,
            "names": [one.name for one in reversed(people)],
            "series": [{"name": _("Parts"), "data": [one.parts for one in reversed(people)]}],
        },
    }


def _seconds(value: float) -> str:
    return str(format_decimal(round(value, 1)))


def _money(value: Any) -> str:
    return str(format_decimal(value, "#,##0.00"))
