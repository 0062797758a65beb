"""The matrix changed: what it would do, that it does it, what is refused, what the journal says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Conflict, Forbidden, Invalid
from app.events import Kind
from app.policy import Actor, Verb, load_actor, visible_tickets
from app.services import sight_difference
from app.services.access import Cell, Change, apply_changes, check_changes, read_people
from app.services.access_preview import preview_changes
from models import JournalEntry, Membership, Sight
from tests.support.cast import NAMED_A, SHARED_A, SHARED_B, Cast, make_cast
from tests.support.factories import make_role

EMPLOYEE, COORDINATOR = Cell("employee"), Cell("coordinator")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def cast(session: Session) -> Cast:
    """The firm of tests.support.cast."""
    return make_cast(session)


@pytest.fixture
def boss(session: Session, cast: Cast) -> Actor:
    """The administrator."""
    return load_actor(session, cast.people["administrator"])


def seen(session: Session, cast: Cast, who: str) -> set[str]:
    """The tickets that a person sees, by name."""
    actor = load_actor(session, cast.people[who])
    return cast.names(ticket.id for ticket in session.scalars(visible_tickets(actor)))


def change(cast: Cast, who: str, where: str, was: Cell, now: Cell) -> Change:
    """One cell by names."""
    return Change(cast.people[who], cast.departments[where], was, now)


CASES = [
    ("stranger", "a", Cell(), EMPLOYEE),
    ("stranger", "a", Cell(), COORDINATOR),
    ("worker_a", "a", EMPLOYEE, COORDINATOR),
    ("worker_a", "a", EMPLOYEE, Cell()),
    ("worker_a", "b", Cell(), COORDINATOR),
    ("both", "b", EMPLOYEE, Cell()),
    ("boss_a", "a", COORDINATOR, EMPLOYEE),
    ("boss_b_worker_a", "b", COORDINATOR, Cell()),
]


@pytest.mark.parametrize(("who", "where", "was", "now"), CASES)
def test_what_was_foretold_is_what_happens(
    session: Session, cast: Cast, boss: Actor, who: str, where: str, was: Cell, now: Cell
) -> None:
    before = seen(session, cast, who)
    (effect,) = preview_changes(session, [change(cast, who, where, was, now)], actor=boss)
    assert seen(session, cast, who) == before, "asking changes nothing"
    felt = apply_changes(session, [change(cast, who, where, was, now)], actor=boss)
    after = seen(session, cast, who)
    assert felt == {cast.people[who]}
    assert effect.gained.live + effect.gained.archived == len(after - before)
    assert effect.lost.live + effect.lost.archived == len(before - after)


def test_administrator_reads_whose_personal_tickets_will_be_seen(
    session: Session, cast: Cast, boss: Actor
) -> None:
    changes = [change(cast, "stranger", "a", Cell(), COORDINATOR)]
    (effect,) = preview_changes(session, changes, actor=boss)
    assert effect.gained.live == len(SHARED_A | NAMED_A) - 2
    assert effect.gained.archived == 2
    assert [number for _name, number in effect.gained.personal] == [1, 1, 1]
    assert effect.may_now == frozenset(Verb)
    assert (effect.lost.live, effect.may_no_more) == (0, frozenset())


def test_many_cells_of_one_person_are_one_effect(session: Session, cast: Cast, boss: Actor) -> None:
    changes = [change(cast, "stranger", where, Cell(), EMPLOYEE) for where in ("a", "b")]
    (effect,) = preview_changes(session, changes, actor=boss)
    assert effect.gained.live + effect.gained.archived == len(SHARED_A | SHARED_B)


def test_large_numbers_are_counted_up_to_a_bound(
    session: Session, cast: Cast, boss: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sight_difference, "MOST_COUNTED", 2)
    (effect,) = preview_changes(session, [change(cast, "stranger", "a", Cell(), EMPLOYEE)], actor=boss)
    assert effect.gained.live == 3, "one more than the bound: more than that"


def test_future_role_is_foretold_as_if_it_held_already(session: Session, cast: Cast, boss: Actor) -> None:
    soon = datetime.now(UTC) + timedelta(days=2)
    dated = Cell("coordinator", soon, soon + timedelta(days=3))
    (effect,) = preview_changes(session, [change(cast, "stranger", "a", Cell(), dated)], actor=boss)
    assert effect.gained.live > 0
    apply_changes(session, [change(cast, "stranger", "a", Cell(), dated)], actor=boss)
    assert seen(session, cast, "stranger") == set()


def test_role_of_an_own_making_is_given_and_foretold(session: Session, cast: Cast, boss: Actor) -> None:
    role = make_role(session, sight=Sight.DEPARTMENT)
    changes = [change(cast, "worker_a", "a", EMPLOYEE, Cell(role.key))]
    (effect,) = preview_changes(session, changes, actor=boss)
    assert (effect.gained.live, effect.lost.live) == (2, 0)
    assert effect.may_no_more == load_actor(session, cast.people["both"]).posts[cast.departments["a"]].verbs
    apply_changes(session, changes, actor=boss)
    assert seen(session, cast, "worker_a") >= SHARED_A | NAMED_A


def test_administrator_sees_everything_before_and_after(session: Session, cast: Cast, boss: Actor) -> None:
    (effect,) = preview_changes(session, [change(cast, "administrator", "a", Cell(), EMPLOYEE)], actor=boss)
    assert effect.is_administrator
    assert (effect.gained.live, effect.gained.archived) == (0, 0)


def test_every_cell_is_journalled_with_before_and_after(session: Session, cast: Cast, boss: Actor) -> None:
    until, a, b = NOW + timedelta(days=5), cast.departments["a"], cast.departments["b"]
    changes = [
        change(cast, "worker_a", "a", EMPLOYEE, Cell("coordinator", None, until)),
        change(cast, "both", "b", EMPLOYEE, Cell()),
        change(cast, "stranger", "b", Cell(), Cell()),
    ]
    apply_changes(session, changes, actor=boss)
    query = select(JournalEntry).where(JournalEntry.kind == Kind.ACCESS_CHANGED).order_by(JournalEntry.id)
    told = [(entry.actor_id, entry.subject, entry.old, entry.new) for entry in session.scalars(query)]
    dates = {"valid_from": None, "valid_until": until.isoformat()}
    assert told == [
        (
            boss.id,
            f"staff {cast.people['worker_a']}",
            {"department_id": a, "role": "employee"},
            {"department_id": a, "role": "coordinator", **dates},
        ),
        (
            boss.id,
            f"staff {cast.people['both']}",
            {"department_id": b, "role": "employee"},
            {"department_id": b, "role": None},
        ),
    ]


def test_cell_that_another_has_changed_is_a_conflict_and_nothing_is_saved(
    session: Session, cast: Cast, boss: Actor
) -> None:
    changes = [
        change(cast, "stranger", "a", Cell(), EMPLOYEE),
        change(cast, "worker_a", "a", COORDINATOR, Cell()),
    ]
    with pytest.raises(Conflict):
        apply_changes(session, changes, actor=boss)
    with pytest.raises(Conflict):
        preview_changes(session, changes, actor=boss)
    assert seen(session, cast, "stranger") == set()


@pytest.mark.parametrize(
    ("who", "where", "now"),
    [
        ("disabled", "b", EMPLOYEE),
        ("stranger", "a", Cell("wizard")),
        ("stranger", "a", Cell("employee", NOW, NOW)),
        ("stranger", "a", Cell("employee", NOW, NOW - timedelta(days=1))),
    ],
)
def test_change_that_makes_no_sense_is_refused(
    session: Session, cast: Cast, boss: Actor, who: str, where: str, now: Cell
) -> None:
    with pytest.raises(Invalid):
        check_changes(session, [change(cast, who, where, Cell(), now)], actor=boss)


def test_unknown_person_and_department_are_refused(session: Session, cast: Cast, boss: Actor) -> None:
    a, stranger = cast.departments["a"], cast.people["stranger"]
    for wrong in (Change(10**6, a, Cell(), EMPLOYEE), Change(stranger, 10**6, Cell(), EMPLOYEE)):
        with pytest.raises(Invalid):
            check_changes(session, [wrong], actor=boss)


def test_nobody_but_administrators_changes_the_matrix(session: Session, cast: Cast) -> None:
    head = load_actor(session, cast.people["boss_a"])
    changes = [change(cast, "boss_a", "b", Cell(), COORDINATOR)]
    for attempt in (apply_changes, preview_changes, check_changes):
        with pytest.raises(Forbidden):
            attempt(session, changes, actor=head)
    assert (
        session.scalar(select(Membership.id).where(Membership.user_id == head.id, Membership.role == "x"))
        is None
    )


def test_people_are_read_with_their_cells_and_screens(session: Session, cast: Cast) -> None:
    people = {person.id: person for person in read_people(session)}
    assert cast.people["disabled"] not in people
    assert people[cast.people["both"]].cells == dict.fromkeys(cast.departments.values(), EMPLOYEE)
    assert people[cast.people["administrator"]].is_administrator
    assert people[cast.people["expired_boss_a"]].cells[cast.departments["a"]].is_dated
