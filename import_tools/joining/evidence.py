"""The kinds of evidence: stable codes, numbered for the tables of pairs."""

from __future__ import annotations

SURNAME = (
    "surname-same",
    "surname-typo",
    "surname-part",
    "surname-former",
    "surname-login",
)
FIRST = (
    "first-same",
    "first-alike",
    "first-initial",
    "first-missing",
    "first-differs",
)
PATRONYMIC = (
    "patronymic-same",
    "patronymic-alike",
    "patronymic-initial",
    "patronymic-missing",
    "patronymic-differs",
)
UNIT = ("", "unit-same", "unit-differs")
NAMESAKES = "namesakes-"
SHARED_NAME = "shared-name"
NO_FIRST_NAME = "no-first-name"
GENDER = "gender-differs"
PHONE = "phone-same"
ROOM = "room-same"
TAKEN = "fits-another-row"
NOT_A_PERSON = "not-a-person"
# not of the names: what the earlier edition of the book was joined with
LINKED_BEFORE = "linked-before"
