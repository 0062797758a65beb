"""Who is online and who looks at what, per page."""

from __future__ import annotations

import pytest
from flask import Flask
from redis import Redis

from app.notify import presence


def names(ticket_id: int) -> list[tuple[object, object]]:
    """(name, typing) of those who look."""
    return [(person["name"], person["typing"]) for person in presence.watchers(ticket_id)]


def test_first_page_of_a_person_makes_him_come(app: Flask) -> None:
    assert [presence.seen(7, "a"), presence.seen(7, "b"), presence.seen(8, "c")] == [True, False, True]
    assert presence.online([7, 9]) == {7}
    assert presence.everyone_online() == {7, 8}
    assert sorted(presence.connections_of(7)) == ["a", "b"]


def test_person_stays_while_one_page_is_open(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    presence.seen(7, "a")
    presence.seen(7, "b")
    monkeypatch.setattr(presence, "GRACE_SECONDS", 0)
    presence.leaving(7, "a")
    assert presence.online([7]) == {7}
    presence.leaving(7, "b")
    assert presence.online([7]) == set()


def test_page_that_falls_silent_is_forgotten(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    presence.seen(7, "a")
    presence.watch(1, 7, "a", "Olena")
    monkeypatch.setattr(presence, "ONLINE_SECONDS", 0)
    monkeypatch.setattr(presence, "WATCH_SECONDS", 0)
    assert presence.online([7]) == set()
    assert presence.watchers(1) == []


def test_watcher_of_two_pages_counts_once_and_types_if_one_does(app: Flask) -> None:
    presence.watch(1, 7, "a", "Olena")
    presence.watch(1, 7, "b", "Olena", typing=True)
    presence.watch(1, 8, "c", "Ivan")
    assert names(1) == [("Ivan", False), ("Olena", True)]
    presence.unwatch(1, 7, "b")
    assert names(1) == [("Ivan", False), ("Olena", False)]
    presence.unwatch(1, 7, "a")
    assert names(1) == [("Ivan", False)]


def test_without_redis_nobody_is_online_and_nothing_breaks(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    # as the program makes its own: a client of another making asks eleven times before it gives up
    away = Redis.from_url("redis://127.0.0.1:1")
    monkeypatch.setitem(app.extensions, "redis", away)
    assert presence.seen(7, "a") is False
    presence.leaving(7, "a")
    presence.watch(1, 7, "a", "Olena")
    presence.unwatch(1, 7, "a")
    assert presence.online([7]) == presence.everyone_online() == set()
    assert presence.watchers(1) == []
    assert presence.connections_of(7) == []
