"""What a reading of the directory would change, worked out before anything is written.

Identity is the GUID alone: a namesake is somebody else, a renamed or moved person is himself. Whoever is not
in a whole answer has left; he is deactivated, keeps his history, and comes back as himself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from app.directory import DirectoryPerson
from app.services.client_rows import LENGTHS, MOST_PHONES
from app.services.units import LONGEST_UNIT
from app.text import fold_words, phone_digits

_EMPTY: tuple[Any, ...] = (None, "", [])


@dataclass(frozen=True)
class Known:
    """A client whom the directory has named before; ``said`` is what it said of him then.

    A client of whom it speaks for the first time has no ``guid`` yet, or has said nothing.
    """

    client_id: int
    guid: str
    name: str
    said: Mapping[str, Any]
    is_active: bool = True
    is_hidden: bool = False


@dataclass
class Plan:
    """``create``: values of new clients; ``change``: what the directory says anew, by client.

    ``adopt``: clients of whom the directory speaks for the first time, known by GUID or login from elsewhere.
    ``leave``: clients who are there no more or are disabled now. ``losing`` and ``renamed``: who of ``adopt``
    would be deactivated, or get another name. ``revive``: clients whom the directory had made and an undo has
    hidden; they come back as themselves. ``release``: hidden clients whose login somebody has now. ``notes``
    are for people.
    """

    known: int = 0
    create: list[dict[str, Any]] = field(default_factory=list)
    change: dict[int, dict[str, Any]] = field(default_factory=dict)
    adopt: dict[int, dict[str, Any]] = field(default_factory=dict)
    revive: dict[int, dict[str, Any]] = field(default_factory=dict)
    leave: dict[int, dict[str, Any]] = field(default_factory=dict)
    release: list[int] = field(default_factory=list)
    losing: set[int] = field(default_factory=set)
    renamed: set[int] = field(default_factory=set)
    unchanged: int = 0
    notes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """The numbers of the run."""
        return {
            "created": len(self.create) + len(self.revive),
            "changed": len(self.change),
            "adopted": len(self.adopt),
            "deactivated": len(self.leave),
            "unchanged": self.unchanged,
        }

    @property
    def deactivated_ids(self) -> list[int]:
        """Known people who would be deactivated."""
        return [*self.leave, *sorted(self.losing)]

    @property
    def changed_ids(self) -> list[int]:
        """Known people who would change and stay: what is adopted counts when its name becomes another."""
        return [*self.change, *sorted(self.renamed - self.losing)]

    @property
    def touched(self) -> int:
        """How many known people would change or leave."""
        return len(self.deactivated_ids) + len(self.changed_ids)

    @property
    def allowance(self) -> dict[str, list[int]]:
        """What a person agrees to when he has seen this plan: these people, not so many people."""
        return {"leave": self.deactivated_ids, "change": self.changed_ids}

    def is_within(self, allowance: Mapping[str, Collection[int]]) -> bool:
        """Whether nobody else would leave or change than those whom a person has agreed to."""
        leave, change = (set(allowance.get(name, ())) for name in ("leave", "change"))
        return leave.issuperset(self.deactivated_ids) and (leave | change).issuperset(self.changed_ids)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.create or self.change or self.adopt or self.revive or self.leave)

    def exceeds(self, percent: int) -> bool:
        """Whether more than so many percent of the known people would change or leave."""
        return self.touched * 100 > self.known * percent


def values_of(person: DirectoryPerson) -> dict[str, Any]:
    """What the directory says of a person as a client's fields, cut to what they hold."""
    numbers = [number[:60] for number in person.phones if phone_digits(number)][:MOST_PHONES]
    email = person.email if _is_address(person.email) else ""
    texts = {
        "full_name": person.full_name[: LENGTHS["full_name"]],
        "login": person.login[: LENGTHS["login"]] or None,
        "email": email or None,
        "unit": person.unit[:LONGEST_UNIT] or None,
        "job_title": person.job_title[: LENGTHS["job_title"]],
        "room": person.room[: LENGTHS["room"]],
    }
    return {**texts, "phones": numbers, "is_active": not person.is_disabled, "object_guid": person.guid}


def make_plan(
    people: Iterable[DirectoryPerson],
    known: Iterable[Known],
    *,
    by_login: Mapping[str, Known],
    present: Collection[str],
    undone: Mapping[str, Known] | None = None,
) -> Plan:
    """Compare what was read with what is known.

    ``by_login``: clients without a GUID by folded login. ``present``: every GUID that is there, whether it
    could be read or not; known people who are not among them have left. ``undone``: clients by the GUID that
    they had before a sync was taken back.
    """
    everyone = {one.guid: one for one in known}
    plan = Plan(known=sum(one.said.get("is_active", True) is not False for one in everyone.values()))
    logins: set[str] = set()
    undone = undone or {}
    taken = {one.client_id for one in undone.values()}
    for person in people:
        values = values_of(person)
        if not fold_words(values["full_name"]):
            plan.notes.append({"text": person.dn, "reason": _("The name has no letters.")})
            continue
        logins.add(person.login.casefold())
        if (one := everyone.get(person.guid)) is not None:
            _compare(plan, one, values)
        elif (one := undone.get(person.guid)) is not None:
            _take_up_again(plan, one, values)
        elif (one := by_login.get(person.login.casefold())) is not None and one.client_id not in taken:
            taken.add(one.client_id)
            _adopt(plan, one, values)
        else:
            plan.create.append(values)
    for one in everyone.values():
        if one.guid not in present:
            _let_go(plan, one, logins)
    return plan


def _compare(plan: Plan, one: Known, values: Mapping[str, Any]) -> None:
    new = {name: value for name, value in values.items() if _differs(one.said.get(name), value)}
    if not one.said:
        _adopt(plan, one, values)
    elif not new:
        plan.unchanged += 1
    elif new.get("is_active") is False and one.said.get("is_active") is not False:
        plan.leave[one.client_id] = new
    else:
        plan.change[one.client_id] = new


def _take_up_again(plan: Plan, one: Known, values: Mapping[str, Any]) -> None:
    if one.is_hidden:
        plan.revive[one.client_id] = dict(values)
    else:
        _adopt(plan, one, values)


def _adopt(plan: Plan, one: Known, values: Mapping[str, Any]) -> None:
    """The directory speaks of him for the first time; what it takes from him is not for the brake to miss."""
    plan.adopt[one.client_id] = dict(values)
    if not one.guid:
        plan.known += 1
    if one.is_active and not values["is_active"]:
        plan.losing.add(one.client_id)
    if fold_words(one.name) != fold_words(values["full_name"]):
        plan.renamed.add(one.client_id)


def _let_go(plan: Plan, one: Known, logins: Collection[str]) -> None:
    """Whoever has left gives his login up only to somebody who has it now."""
    new: dict[str, Any] = {}
    if one.said.get("is_active") is not False:
        new["is_active"] = False
    if str(one.said.get("login") or "").casefold() in logins:
        new["login"] = None
    if "is_active" in new:
        plan.leave[one.client_id] = new
    elif new:
        plan.change[one.client_id] = new
    else:
        plan.unchanged += 1


def _differs(old: Any, new: Any) -> bool:
    return old != new and not (old in _EMPTY and new in _EMPTY)


def _is_address(text: str) -> bool:
    name, at, domain = text.partition("@")
    return (
        bool(name and at and domain)
        and len(text) <= LENGTHS["email"]
        and " " not in text
        and "@" not in domain
    )
