"""The date on which an account of Active Directory ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.directory.expiry import is_over, ticks_of


def test_moments_are_counted_as_active_directory_does() -> None:
    # a value that Windows itself shows as this moment
    assert ticks_of(datetime(2009, 7, 25, 23, 0, tzinfo=UTC)) == 128930364000000000


@pytest.mark.parametrize("value", ["", "0", str(0x7FFFFFFFFFFFFFFF), "never", "-1", "²"])
def test_never_is_never(value: str) -> None:
    assert not is_over(value)


def test_past_is_over_and_future_is_not() -> None:
    now = datetime.now(UTC)
    assert is_over("1")
    assert is_over(str(ticks_of(now - timedelta(seconds=1))))
    assert not is_over(str(ticks_of(now + timedelta(minutes=1))))
