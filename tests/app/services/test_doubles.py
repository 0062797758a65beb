"""Pairs who may be one person, and who those are that were merged."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.policy import Actor
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
