"""Logins of one sync that cannot all be given: whoever cannot get his goes without, and a person is told."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.services.claims import Claims, load_claims, resolve
from import_tools.sync_plan import Plan
from models import Client, Source

BATCH = 500


def settle_logins(session: Session, plan: Plan) -> None:
    """Take out of the plan every login that its holder keeps, and free those that only hidden clients hold.

    One taken login must not stop the whole sync. Whoever is renamed keeps his old login, a newcomer comes
    without one; the directory's next whole reading tries again.
    """
    said = {**plan.change, **plan.leave, **plan.adopt, **plan.revive}
    wanting = {number: values for number, values in said.items() if "login" in values}
    now = _present_logins(session, wanting)
    moving = _moves(session, wanting, now)
    newcomers = [values for values in plan.create if values["login"]]
    targets = {login for login in moving.values() if login} | {values["login"] for values in newcomers}
    taken = _holders(session, plan, targets, moving)
    while (refused := _first_refused(moving, taken)) is not None:
        wanted = str(moving.pop(refused))
        holder = taken.get(wanted) or _named(now, moving, wanted)
        _note(plan, now[refused][1], wanted, holder)
        _keep_login(plan, refused)
        if old := now[refused][0]:
            taken[old] = now[refused][1]
    taken |= {login: now[number][1] for number, login in moving.items() if login}
    for values in newcomers:
        if other := taken.get(values["login"]):
            _note(plan, values["full_name"], values["login"], other)
            values["login"] = None
        else:
            taken[values["login"]] = values["full_name"]


def _present_logins(session: Session, ids: Collection[int]) -> dict[int, tuple[str | None, str]]:
    """(login, name) of each client as he is now."""
    found: dict[int, tuple[str | None, str]] = {}
    for batch in _batches(ids):
        query = select(Client.id, Client.login, Client.full_name).where(Client.id.in_(batch))
        found |= {number: (login, name) for number, login, name in session.execute(query)}
    return found


def _moves(
    session: Session, wanting: Mapping[int, Mapping[str, Any]], now: Mapping[int, tuple[str | None, str]]
) -> dict[int, str | None]:
    """Who would get another login than he has, and which: a person's word keeps the one there is."""
    stored = load_claims(session, wanting)
    moving: dict[int, str | None] = {}
    for number, values in wanting.items():
        claims: Claims = {source: dict(claim.values) for source, claim in stored.get(number, {}).items()}
        if not any("login" in fields for fields in claims.values()):
            claims.setdefault(Source.EARLIER, {})["login"] = {"value": now[number][0]}
        directory = claims.setdefault(Source.DIRECTORY, {})
        directory.pop("login", None)
        if values["login"]:
            directory["login"] = {"value": values["login"]}
        login = resolve(claims, "login")
        if login != now[number][0]:
            moving[number] = login
    return moving


def _holders(
    session: Session, plan: Plan, logins: Collection[str], moving: Collection[int]
) -> dict[str, str]:
    """The names of those who keep one of these logins, by login; who is merely hidden gives his up."""
    kept: dict[str, str] = {}
    for batch in _batches(logins):
        query = select(
            Client.id, Client.login, Client.full_name, Client.is_hidden, Client.merged_into_id
        ).where(Client.login.in_(batch))
        for number, login, name, is_hidden, merged_into_id in session.execute(query):
            if number in moving:
                continue
            if is_hidden and merged_into_id is None:  # a double may be taken apart again: he keeps it
                plan.release.append(number)
            else:
                kept[str(login)] = name
    return kept


def _first_refused(moving: Mapping[int, str | None], taken: Collection[str]) -> int | None:
    given: set[str] = set()
    for number, login in moving.items():
        if login is None:
            continue
        if login in taken or login in given:
            return number
        given.add(login)
    return None


def _named(now: Mapping[int, tuple[str | None, str]], moving: Mapping[int, str | None], login: str) -> str:
    return next(now[number][1] for number, wanted in moving.items() if wanted == login)


def _keep_login(plan: Plan, number: int) -> None:
    for part in (plan.change, plan.leave, plan.adopt, plan.revive):
        if number in part:
            part[number].pop("login", None)
    if plan.change.get(number) == {}:
        del plan.change[number]
        plan.unchanged += 1


def _note(plan: Plan, name: str, login: str, holder: str) -> None:
    text = _("The login %(login)s belongs to %(name)s.", login=login, name=holder)
    plan.notes.append({"text": name, "reason": text})


def _batches(values: Collection[Any]) -> Iterator[list[Any]]:
    wanted = list(values)
    for start in range(0, len(wanted), BATCH):
        yield wanted[start : start + BATCH]
