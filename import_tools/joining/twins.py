"""People who are in one list twice, perhaps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import exp, log

from import_tools.joining import evidence as ev
from import_tools.joining.beside import weigh
from import_tools.joining.comparing import DIFFERS
from import_tools.joining.pairs import PairMaker
from import_tools.joining.records import BookRecord, PersonRecord
from import_tools.joining.tables import people_table
from import_tools.names import lexicon

# so many of a list are twice in it, before anything is known of them
USUAL_SHARE = 0.02
LEAST = 0.2
MOST_TWINS = 2_000
SAME_EMAIL = log(200)
# two logins are two accounts, mostly of two people
TWO_LOGINS = log(0.2)

Twins = tuple[str, str, float, tuple[str, ...]]


def find_twins(people: Sequence[PersonRecord]) -> list[Twins]:
    """Pairs that may be one person: (key, key, chance 0..1, evidence), the likeliest first, 2,000 at most.

    Namesakes with different patronymics are none, and of a frequent name without one only few pairs are
    likely.
    """
    people = sorted(people, key=lambda person: person.key)
    table = people_table(people, lexicon())
    pairs = PairMaker(table, table, lexicon()).make()
    beside = weigh(pairs, [_as_row(person) for person in people], people)
    # of n people each has USUAL_SHARE to be there once more, as any of the others
    prior = log(USUAL_SHARE / max(1, len(people)))
    found: list[Twins] = []
    per_person: dict[int, int] = defaultdict(int)
    total = pairs.weight + beside.weight + prior
    for place in total.argsort(kind="stable")[::-1].tolist():
        row, person = int(pairs.row[place]), int(pairs.person[place])
        if DIFFERS in (pairs.first[place], pairs.patronymic[place]) or pairs.gender[place]:
            continue
        more, codes = _more(people[row], people[person])
        chance = 1 / (1 + exp(-max(-50.0, min(50.0, float(total[place]) + more))))
        if chance >= LEAST and max(per_person[row], per_person[person]) < 5:
            per_person[row] += 1
            per_person[person] += 1
            names = (
                ev.SURNAME[pairs.surname[place]],
                ev.FIRST[pairs.first[place]],
                ev.PATRONYMIC[pairs.patronymic[place]],
            )
            extra = [ev.UNIT[beside.unit[place]]] if beside.unit[place] else []
            extra += [ev.PHONE] if beside.phone[place] else []
            extra += [ev.ROOM] if beside.room[place] else []
            found.append((people[row].key, people[person].key, round(chance, 4), (*names, *extra, *codes)))
    return sorted(found, key=lambda twins: (-twins[2], twins[0], twins[1]))[:MOST_TWINS]


def _as_row(person: PersonRecord) -> BookRecord:
    return BookRecord(person.key, person.name, person.unit, person.phones, person.room)


def _more(one: PersonRecord, other: PersonRecord) -> tuple[float, list[str]]:
    weight, codes = 0.0, []
    if one.email and one.email.casefold() == other.email.casefold():
        weight += SAME_EMAIL
        codes.append("email-same")
    if one.login and other.login and one.login.casefold() != other.login.casefold():
        weight += TWO_LOGINS
    return weight, codes
