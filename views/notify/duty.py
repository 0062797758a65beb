"""The duty calendar: who is on duty for which department, by week or month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import request
from flask_appbuilder import expose
from flask_babel import format_date, ngettext

from app.errors import Invalid
from app.events import unit_of_work
from app.services import duty_calendar as verbs
from app.services.absences import today
from app.services.duty_calendar import TypedShift
from models import Department, DutyShift
from views.access.frame import done
from views.base import current_actor, session
from views.notify.frame import NotifyScreen
from views.notify.plan_words import shift_words
from views.ticket_query import number_in

PAGE = "/notify/duty/"
SPANS = ("week", "month")
EARLIEST, LATEST = date(2000, 1, 1), date(2999, 12, 1)


class DutyView(NotifyScreen):
    """The department's staff read it; who plans for the department changes it."""

    route_base = "/notify/duty"
    default_view = "show"
    class_permission_name = "Tickets"
    tab = "duty"

    @expose("/")
    def show(self) -> str:
        """The week or month in the address, the present one otherwise."""
        return self._draw(TypedShift(), {})

    @expose("/", methods=["POST"])
    def add(self) -> Any:
        """A shift with its repeats; a mistake answers 422 with what was typed."""
        form = request.form
        typed = TypedShift(
            department_id=number_in(form.get("department_id")),
            user_id=number_in(form.get("user_id")),
            start=form.get("start", ""),
            end=form.get("end", ""),
            repeat_until=form.get("repeat_until", ""),
        )
        try:
            with unit_of_work(session()):
                number = len(verbs.add_shifts(session(), typed, actor=current_actor()))
        except Invalid as error:
            return self._draw(typed, error.fields), 422
        words = ngettext("%(num)d shift is added.", "%(num)d shifts are added.", number)
        return done(words, _page(day=_day(typed.start[:10]) or today()))

    @expose("/<int:shift_id>/remove", methods=["POST"])
    def remove(self, shift_id: int) -> Any:
        """Take a shift out of the calendar, with ``later`` its repeats, too."""
        later = request.form.get("later") == "1"
        with unit_of_work(session()):
            number = verbs.remove_shift(session(), shift_id, with_later=later, actor=current_actor())
        words = ngettext("%(num)d shift is removed.", "%(num)d shifts are removed.", number)
        return done(words, _page(day=_asked_day()))

    def _draw(self, typed: TypedShift, wrong: dict[str, str]) -> str:
        actor = current_actor()
        places = verbs.departments_of(session(), actor=actor)
        asked = number_in(request.values.get("department"))
        shown = [one for one in places if one.id == asked] or places
        span, day = _asked_span(), _asked_day()
        first, last = bounds(span, day)
        shifts = verbs.shifts_between(session(), shown, _midnight(first), _midnight(last))
        planned = [one for one in places if verbs.may_plan(actor, one.id)]
        return self.frame(
            "notify/duty.html",
            places=places,
            department=asked if len(shown) == 1 and len(places) > 1 else None,
            weeks=[(place, days_of(first, last, shifts, place)) for place in shown],
            now=verbs.on_duty_now(session(), shown),
            overlapping=verbs.overlapping(shifts),
            plannable={one.id for one in planned},
            people=verbs.people_by_department(session(), planned) if planned else {},
            planned=planned,
            span=span,
            day=day,
            title=_title(span, first, last),
            today=today(),
            link=_page,
            previous=first - timedelta(days=1),
            following=last,
            typed=typed,
            wrong=wrong,
            words=shift_words,
        )


def bounds(span: str, day: date) -> tuple[date, date]:
    """The first day shown, and the day after the last one."""
    if span == "month":
        first = day.replace(day=1)
        return first, (first + timedelta(days=31)).replace(day=1)
    first = day - timedelta(days=day.weekday())
    return first, first + timedelta(days=7)


def days_of(
    first: date, last: date, shifts: Sequence[DutyShift], place: Department
) -> list[tuple[date, str, list[DutyShift]]]:
    """Each day with its shifts: those that begin on it, and on the first day those that go on."""
    found: dict[date, list[DutyShift]] = {}
    for shift in shifts:
        if shift.department_id == place.id:
            found.setdefault(max(verbs.clock_of(shift.starts_at).date(), first), []).append(shift)
    days = [first + timedelta(days=number) for number in range((last - first).days)]
    return [(day, format_date(day, "EEE d MMM"), found.get(day, [])) for day in days]


def _midnight(day: date) -> datetime:
    return verbs.moment_of(datetime.combine(day, time()))


def _asked_span() -> str:
    span = request.values.get("span", "")
    return span if span in SPANS else SPANS[0]


def _asked_day() -> date:
    return _day(request.values.get("day", "")) or today()


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if EARLIEST <= day <= LATEST else None


def _title(span: str, first: date, last: date) -> str:
    if span == "month":
        return str(format_date(first, "LLLL yyyy")).capitalize()
    end = last - timedelta(days=1)
    return f"{format_date(first, 'd MMM')} – {format_date(end, 'd MMM yyyy')}"


def _page(**changes: Any) -> str:
    """The address of the page that is shown, with something else in it."""
    asked = {"span": _asked_span(), "day": _asked_day(), "department": request.values.get("department")}
    given = {name: value for name, value in {**asked, **changes}.items() if value}
    return f"{PAGE}?{urlencode(given)}"
