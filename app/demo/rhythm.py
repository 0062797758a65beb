"""When things happen in a firm: working hours of Kyiv, Monday mornings, the lunch dip, holidays."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

OPENS, CLOSES = 8, 18
HOLIDAYS = {(1, 1), (3, 8), (5, 1), (5, 8), (6, 28), (7, 15), (8, 24), (10, 1), (12, 25)}
# Monday … Sunday
WEEKDAYS = (1.32, 1.08, 1.0, 1.0, 0.86, 0.06, 0.03)
MONTHS = (0.85, 1.0, 1.05, 1.0, 0.92, 0.95, 0.8, 0.78, 1.12, 1.08, 1.05, 1.15)
HOURS = {
    **{7: 0.15, 8: 1.2, 9: 1.65, 10: 1.45, 11: 1.2, 12: 0.85, 13: 0.4, 14: 1.05, 15: 1.15, 16: 1.0, 17: 0.6},
    **{18: 0.15, 19: 0.06, 21: 0.02},
}
MONDAY_MORNING = {8: 1.7, 9: 1.7, 10: 1.35}


def is_day_off(day: date) -> bool:
    """Weekends and the holidays of fixed date."""
    return day.weekday() >= 5 or (day.month, day.day) in HOLIDAYS


class WorkClock:
    """Working time as one line without nights and weekends. Moments are whole seconds of Unix time."""

    def __init__(self, first: date, last: date, zone: ZoneInfo) -> None:
        self._starts: list[int] = []
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            if not is_day_off(day):
                self._starts.append(int(datetime.combine(day, time(OPENS), zone).timestamp()))
        self._day = (CLOSES - OPENS) * 3600

    def after(self, moment: int, seconds: int) -> int:
        """The moment when ``seconds`` of working time have passed since ``moment``."""
        return self._at(self._worked(moment) + seconds)

    def between(self, first: int, last: int, share: float) -> int:
        """The moment at this share (0 … 1) of the working time between two; at night, of the time."""
        begin, end = self._worked(first), self._worked(last)
        if begin == end:
            return first + int((last - first) * share)
        return min(last, max(first, self._at(begin + int((end - begin) * share))))

    def _worked(self, moment: int) -> int:
        """Seconds of working time from the first day of the calendar to this moment."""
        place = max(0, bisect_right(self._starts, moment) - 1)
        return place * self._day + min(self._day, max(0, moment - self._starts[place]))

    def _at(self, worked: int) -> int:
        """The other way round; a day's end is the next one's beginning."""
        place, rest = divmod(worked, self._day)
        return self._starts[min(place, len(self._starts) - 1)] + rest


def arrivals(rng: Random, number: int, first: datetime, now: datetime, zone: ZoneInfo) -> Iterator[int]:
    """``number`` moments between ``first`` and ``now``, in order, in the firm's rhythm."""
    cells = _cells(rng, first, now, zone)
    total = sum(weight for _start, _length, weight in cells)
    passed, given = 0.0, 0
    for start, length, weight in cells:
        passed += weight
        upto = min(number, round(number * passed / total))
        yield from sorted(start + int(rng.random() * length) for _ in range(upto - given))
        given = upto


def _cells(rng: Random, first: datetime, now: datetime, zone: ZoneInfo) -> list[tuple[int, int, float]]:
    """(start, seconds, weight) of every hour in which anybody calls, none of it after ``now``."""
    end, day, cells = int(now.timestamp()), first.astimezone(zone).date(), []
    while day <= now.astimezone(zone).date():
        # nobody knows why some days are worse: a server, a new release, the weather
        mood = rng.choice((0.8, 0.9, 1.0, 1.0, 1.1, 1.2)) * (1.9 if rng.random() < 0.02 else 1.0)
        weight = WEEKDAYS[day.weekday()] * MONTHS[day.month - 1] * mood
        if (day.month, day.day) in HOLIDAYS:
            weight *= 0.04
        for hour, share in HOURS.items():
            start = int(datetime.combine(day, time(hour), zone).timestamp())
            length = min(3600, end - start)
            if length > 0:
                monday = MONDAY_MORNING.get(hour, 1.0) if day.weekday() == 0 else 1.0
                cells.append((start, length, weight * share * monday * length / 3600))
        day += timedelta(days=1)
    return cells
