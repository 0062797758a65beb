"""Several doubles of one person, and merges of merges: every word and every ticket finds its way back."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy.orm import Session

from app.policy import Actor
from app.services.clients import update_client
from app.services.merging import merge_clients
from app.services.undo import undo_run
from models import Client, Department, Source, Ticket
from tests.app.services.test_merging import boss, department, write
from tests.app.services.test_undo import applied, picture
from tests.support.books import make_known
from tests.support.factories import make_client

__all__ = ["boss", "department"]


def numbers(client: Client) -> list[str]:
    """The client's telephones as they are shown."""
    return [phone.number for phone in client.phones]


def correct(session: Session, client: Client, boss: Actor, **changes: object) -> None:
    """A person's word about a client."""
    update_client(session, client.id, changes=changes, version=client.version, actor=boss)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_chain_is_taken_back_in_any_order(
    session: Session, boss: Actor, department: Department, order: tuple[int, ...]
) -> None:
    people = [make_client(session, name, phones=[name[-1]]) for name in ("Аа 1", "Бб 2", "Вв 3", "Гг 4")]
    tickets = [write(session, client, boss, department) for client in people]
    before = picture(session)
    runs = [
        merge_clients(session, people[place + 1].id, people[place].id, actor=boss)[1] for place in range(3)
    ]
    session.expire_all()
    assert (numbers(people[3]), people[3].tickets_count) == (["4", "3", "2", "1"], 4)
    for place in order:
        undo_run(session, runs[place].id, actor=boss)
    assert picture(session) == before
    assert [session.get_one(Ticket, t.id).client_id for t in tickets] == [c.id for c in people]
    assert [c.tickets_count for c in people] == [1, 1, 1, 1]


def test_undo_at_the_bottom_of_a_chain_takes_from_the_top(
    session: Session, boss: Actor, department: Department
) -> None:
    a, b, c = (make_client(session, n, phones=[n[-1]]) for n in ("Аа 1", "Бб 2", "Вв 3"))
    hers = write(session, a, boss, department)
    _stays, first = merge_clients(session, b.id, a.id, actor=boss)
    merge_clients(session, c.id, b.id, actor=boss)
    undo_run(session, first.id, actor=boss)
    session.expire_all()
    assert (hers.client_id, a.tickets_count, c.tickets_count) == (a.id, 1, 0)
    assert (numbers(a), numbers(c)) == (["1"], ["3", "2"])


def test_ticket_that_moved_on_stays_where_it_is(
    session: Session, boss: Actor, department: Department
) -> None:
    a, b, c, other = (make_client(session, n) for n in ("Аа", "Бб", "Вв", "Гг"))
    hers = write(session, a, boss, department)
    _stays, first = merge_clients(session, b.id, a.id, actor=boss)
    _stays, second = merge_clients(session, c.id, b.id, actor=boss)
    undo_run(session, first.id, actor=boss)
    merge_clients(session, other.id, a.id, actor=boss)
    undo_run(session, second.id, actor=boss)
    session.expire_all()
    assert hers.client_id == other.id
    assert (b.tickets_count, other.tickets_count) == (0, 1)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_second_double_adds_to_the_first(session: Session, boss: Actor, order: tuple[int, int]) -> None:
    stays = make_known(session, "Один Один")
    first = make_client(session, "Один О", email="a@b.c", phones=["111", "333"])
    second = make_client(session, "Один Оо", email="x@y.z", phones=["222", "333"], room="7")
    before = picture(session)
    runs = [merge_clients(session, stays.id, double.id, actor=boss)[1] for double in (first, second)]
    session.expire_all()
    assert (stays.email, numbers(stays), stays.room) == ("a@b.c", ["111", "333", "222"], "7")
    undo_run(session, runs[order[0]].id, actor=boss)
    session.expire_all()
    if order[0] == 0:  # the address of the other double comes to light
        assert (stays.email, numbers(stays), stays.room) == ("x@y.z", ["333", "222"], "7")
    else:
        assert (stays.email, numbers(stays), stays.room) == ("a@b.c", ["111", "333"], "")
    undo_run(session, runs[order[1]].id, actor=boss)
    assert picture(session) == before


def test_double_without_words_takes_nothing_back(session: Session, boss: Actor) -> None:
    stays = make_known(session, "Один Один")
    told, silent = make_client(session, "Один О", room="5"), make_client(session, "Один Оо")
    merge_clients(session, stays.id, told.id, actor=boss)
    _stays, run = merge_clients(session, stays.id, silent.id, actor=boss)
    assert stays.room == "5"
    undo_run(session, run.id, actor=boss)
    assert stays.room == "5"


def test_persons_word_on_a_double_beats_imports_after_the_merge(session: Session, boss: Actor) -> None:
    stays, double = make_known(session, "Аа Аа", room="1"), make_client(session, "Аа А")
    correct(session, double, boss, room="77")
    before = picture(session)
    _stays, run = merge_clients(session, stays.id, double.id, actor=boss)
    applied(session, Source.BOOK, {stays.id: {"room": "5"}})
    assert stays.room == "77"
    undo_run(session, run.id, actor=boss)
    assert stays.room == "5"
    assert [row[0] for row in picture(session)] == [row[0] for row in before]


def test_persons_word_on_the_one_who_stays_is_stronger(session: Session, boss: Actor) -> None:
    stays, double = make_known(session, "Аа Аа"), make_client(session, "Аа А")
    correct(session, stays, boss, room="1")
    correct(session, double, boss, room="77")
    merge_clients(session, stays.id, double.id, actor=boss)
    assert stays.room == "1"


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("corrected", [True, False])
def test_persons_numbers_are_joined_and_parted(
    session: Session, boss: Actor, corrected: bool, order: tuple[int, ...]
) -> None:
    stays = make_known(session, "Аа Аа", phones=["1"])
    doubles = [make_client(session, f"Аа {number}") for number in "234"]
    if corrected:
        correct(session, stays, boss, phones=["1", "0"])
    for number, double in zip("234", doubles, strict=True):
        correct(session, double, boss, phones=[number])
    before = picture(session)
    runs = [merge_clients(session, stays.id, double.id, actor=boss)[1] for double in doubles]
    own = ["1", "0"] if corrected else ["1"]
    assert numbers(stays) == [*own, "2", "3", "4"]
    undo_run(session, runs[order[0]].id, actor=boss)
    session.expire_all()
    assert numbers(stays) == [*own, *(n for n in "234" if n != "234"[order[0]])]
    for place in order[1:]:
        undo_run(session, runs[place].id, actor=boss)
    assert picture(session) == before


def test_list_that_a_person_has_written_since_stays(session: Session, boss: Actor) -> None:
    stays, double = make_known(session, "Аа Аа", phones=["1"]), make_client(session, "Аа А")
    correct(session, double, boss, phones=["2"])
    _stays, run = merge_clients(session, stays.id, double.id, actor=boss)
    correct(session, stays, boss, phones=["2", "9"])
    undo_run(session, run.id, actor=boss)
    assert numbers(stays) == ["2", "9"]
