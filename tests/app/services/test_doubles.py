"""Pairs who may be one person, and who those are that were merged."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound
from app.policy import Actor
from app.services.doubles import Suspicion, count_doubles, dismiss_double, keep_suspicions, list_doubles
from app.services.merging import merge_clients, survivors
from tests.support.factories import actor_of, make_client, make_user
from tests.support.queries import count_queries


@pytest.fixture
def boss(session: Session) -> Actor:
    return actor_of(session, make_user(session, administrator=True))


def test_survivors_of_many_are_asked_for_at_once(session: Session, boss: Actor) -> None:
    chain = [make_client(session, f"Мороз {n}") for n in range(3)]
    alone = [make_client(session, f"Кравець {n}") for n in range(20)]
    merge_clients(session, chain[1].id, chain[0].id, actor=boss)
    merge_clients(session, chain[2].id, chain[1].id, actor=boss)
    session.flush()
    ids = [client.id for client in (*chain, *alone)]
    with count_queries() as queries:
        found = survivors(session, ids)
    assert found == {**{client.id: client.id for client in alone}, **{c.id: chain[2].id for c in chain}}
    assert len(queries) <= 2
    assert survivors(session, []) == {}


def test_circle_of_merged_clients_ends(session: Session) -> None:
    one, other = make_client(session, "Мороз"), make_client(session, "Морозова")
    one.merged_into_id, other.merged_into_id = other.id, one.id
    session.flush()
    assert set(survivors(session, [one.id, other.id])) == {one.id, other.id}


def test_pairs_are_counted_as_they_are_listed(session: Session, boss: Actor) -> None:
    one, other = make_client(session, "Мороз Г."), make_client(session, "Мороз Ганна")
    hidden = make_client(session, "Мороз", is_hidden=True)
    keep_suspicions(session, [Suspicion(a.id, b.id, 90, ()) for a, b in ((one, other), (one, hidden))])
    assert count_doubles(session) == len(list_doubles(session, actor=boss)) == 1


def test_pair_dismissed_before_it_was_suspected_stays_so(session: Session, boss: Actor) -> None:
    one, other = make_client(session, "Мороз Г."), make_client(session, "Мороз Ганна")
    for _time in range(2):
        dismiss_double(session, other.id, one.id, actor=boss)
        keep_suspicions(session, [Suspicion(one.id, other.id, 90, ())])
        assert count_doubles(session) == 0


def test_only_two_clients_who_exist_are_dismissed(session: Session, boss: Actor) -> None:
    one = make_client(session)
    with pytest.raises(Invalid):
        dismiss_double(session, one.id, one.id, actor=boss)
    with pytest.raises(NotFound):
        dismiss_double(session, one.id, 2**40, actor=boss)
