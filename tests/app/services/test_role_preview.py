"""A change of the roles foretold: it is what happens then, nothing of it stays, and it costs little."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import grid
from app.errors import Forbidden, Invalid
from app.policy import Actor, Verb, active_actors, load_actor, visible_tickets
from app.services import role_preview
from app.services.role_preview import Forecast, foretell
from app.services.roles import DepartmentValues, RoleValues, edit_exceptions, edit_role
from models import Department, JournalEntry, RoleGridStamp, RoleVerb, Sight, Staff, WorkRole
from tests.support.cast import NAMED_A, NAMED_B, Cast, make_cast
from tests.support.factories import make_client, make_ticket, make_user
from tests.support.queries import count_queries

BUDGET = 45  # statements of one change with its checks, however many people and tickets

Edit = Callable[[], object]


@pytest.fixture
def cast(session: Session) -> Cast:
    """The firm of tests.support.cast."""
    return make_cast(session)


@pytest.fixture
def boss(session: Session, cast: Cast) -> Actor:
    """The administrator."""
    return load_actor(session, cast.people["administrator"])


def role(session: Session, key: str) -> WorkRole:
    """A built-in role."""
    return session.scalars(select(WorkRole).where(WorkRole.key == key)).one()


def edit(session: Session, boss: Actor, key: str = "employee", *, sight: str = "", less: str = "") -> Edit:
    """A change of a role in every department."""
    one = role(session, key)
    verbs = frozenset(row.verb for row in one.verbs) - {less}
    values = RoleValues(one.name, sight or one.sight, one.is_chief, verbs)
    number = one.id
    return lambda: edit_role(session, number, values, actor=boss)


def exception(session: Session, boss: Actor, department_id: int, values: DepartmentValues) -> Edit:
    """A change of what employees are in one department."""
    number = role(session, "employee").id
    return lambda: edit_exceptions(session, number, department_id, values, actor=boss)


def seen(session: Session) -> dict[int, set[int]]:
    """What everybody sees now, by the lists' own select."""
    return {
        actor.id: {ticket.id for ticket in session.scalars(visible_tickets(actor))}
        for actor in active_actors(session)
    }


def stored(session: Session) -> list[object]:
    """Everything that a forecast must leave as it was."""
    return [
        session.scalar(select(RoleGridStamp.stamp)),
        sorted(session.execute(select(RoleVerb.role_id, RoleVerb.verb)).all()),
        sorted(session.scalars(select(JournalEntry.id)).all()),
        sorted(session.execute(select(WorkRole.key, WorkRole.sight)).all()),
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda session, boss, cast: edit(session, boss, sight=Sight.DEPARTMENT),
        lambda session, boss, cast: edit(session, boss, sight=Sight.OWN),
        lambda session, boss, cast: edit(session, boss, "coordinator", sight=Sight.SHARED),
        lambda session, boss, cast: exception(
            session, boss, cast.departments["a"], DepartmentValues(Sight.DEPARTMENT, {"take": False})
        ),
        lambda session, boss, cast: edit(session, boss, less="complete"),
    ],
    ids=["wider", "narrower", "coordinator", "department", "verb"],
)
def test_what_was_foretold_is_what_happens(
    session: Session, cast: Cast, boss: Actor, change: Callable[[Session, Actor, Cast], Edit]
) -> None:
    before, kept, making = seen(session), stored(session), change(session, boss, cast)
    forecast = foretell(session, making)
    assert (seen(session), stored(session)) == (before, kept), "asking changes nothing"
    making()
    after, told = seen(session), {effect.user_id: effect for effect in forecast.effects}
    for number, tickets in before.items():
        effect = told.get(number)
        gained = effect.gained.live + effect.gained.archived if effect else 0
        lost = effect.lost.live + effect.lost.archived if effect else 0
        assert (gained, lost) == (len(after[number] - tickets), len(tickets - after[number])), cast.who(
            [number]
        )


def test_administrator_reads_who_will_see_whose_personal_tickets(
    session: Session, cast: Cast, boss: Actor
) -> None:
    forecast = foretell(session, edit(session, boss, sight=Sight.DEPARTMENT))
    (change,) = forecast.roles
    assert (change.key, change.department_id, change.sight) == (
        "employee", None, (Sight.SHARED, Sight.DEPARTMENT),
    )  # fmt: skip
    told = {next(iter(cast.who([one.user_id]))): one for one in forecast.effects}
    assert set(told) == {"worker_a", "worker_b", "both", "boss_b_worker_a"}
    gained = told["both"].gained
    assert gained.live + gained.archived == len((NAMED_A | NAMED_B) - {"a_both", "b_named"})
    assert sum(number for _name, number in gained.personal) == gained.live
    assert change.people == len(told)


def test_verb_taken_away_in_one_department_names_those_who_work_there(
    session: Session, cast: Cast, boss: Actor
) -> None:
    values = DepartmentValues(verbs={"complete": False})
    forecast = foretell(session, exception(session, boss, cast.departments["b"], values))
    (change,) = forecast.roles
    assert change.department_id == cast.departments["b"]
    assert change.may_no_more == {Verb.COMPLETE}
    assert cast.who(one.user_id for one in forecast.effects) == {"worker_b", "both"}
    assert {one.may_no_more for one in forecast.effects} == {frozenset({Verb.COMPLETE})}
    assert change.people == 2


def test_change_that_an_exception_overrules_is_felt_by_nobody_there(
    session: Session, cast: Cast, boss: Actor
) -> None:
    exception(session, boss, cast.departments["b"], DepartmentValues(Sight.SHARED))()
    forecast = foretell(session, edit(session, boss, sight=Sight.DEPARTMENT))
    assert cast.who(one.user_id for one in forecast.effects) == {"worker_a", "both", "boss_b_worker_a"}


def test_nothing_changed_is_an_empty_forecast(session: Session, boss: Actor) -> None:
    assert foretell(session, edit(session, boss)) == Forecast()


def test_refusal_comes_through_and_leaves_nothing(session: Session, cast: Cast, boss: Actor) -> None:
    kept = stored(session)
    for wrong in ("all of it", "own "):
        with pytest.raises(Invalid):
            foretell(session, edit(session, boss, sight=wrong))
    with pytest.raises(Forbidden):
        foretell(session, edit(session, load_actor(session, cast.people["boss_a"])))
    assert stored(session) == kept


def test_many_people_are_named_up_to_a_bound(
    session: Session, cast: Cast, boss: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(role_preview, "MOST_PEOPLE", 1)
    forecast = foretell(session, edit(session, boss, sight=Sight.DEPARTMENT))
    assert (len(forecast.effects), forecast.others) == (1, 3)


def test_it_costs_the_same_however_many_people_and_tickets(
    session: Session, cast: Cast, boss: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cost() -> int:
        monkeypatch.setattr(grid, "_kept", {})
        session.expire_all()
        making = edit(session, boss, sight=Sight.DEPARTMENT)
        with count_queries() as sent:
            foretell(session, making)
        assert len(sent) <= BUDGET, sent
        return len(sent)

    department = session.get_one(Department, cast.departments["a"])
    few = cost()
    people = [make_user(session, employee_of=[department]) for _number in range(6)]
    author, asking = session.get_one(Staff, cast.people["author"]), make_client(session)
    for person in people:
        make_ticket(session, author=author, department=department, client=asking, assignee=person)
    assert cost() <= few
