"""When an account of Active Directory ends: ``accountExpires``, as MS-ADTS 2.2.18 and 3.1.1.4 write it.

It counts tenths of a microsecond since 1601 in UTC; 0 and the largest number mean never.
"""

from __future__ import annotations

from datetime import UTC, datetime

ATTRIBUTE = "accountExpires"
NEVER = frozenset({0, 0x7FFFFFFFFFFFFFFF})
_BEGINNING = datetime(1601, 1, 1, tzinfo=UTC)


def ticks_of(moment: datetime) -> int:
    """An aware moment as Active Directory counts it."""
    since = moment - _BEGINNING
    return (since.days * 86_400 + since.seconds) * 10_000_000 + since.microseconds * 10


def now() -> int:
    """This moment as Active Directory counts it."""
    return ticks_of(datetime.now(UTC))


def is_over(value: str) -> bool:
    """Whether an account with this value has ended; "" (not set, or not to be read) is never."""
    if not value.isascii() or not value.isdecimal():
        return False
    return int(value) not in NEVER and int(value) <= now()


def over_term() -> str:
    """The filter of accounts that have ended by now."""
    return f"(&({ATTRIBUTE}>=1)({ATTRIBUTE}<={now()}))"
