"""Only what changed is read, by the counter of changes and by DirSync; identities tell who left."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import Any

import pytest

from app.directory import (
    Cursor,
    DirectoryPerson,
    DirectorySettings,
    Snapshot,
    read_changes,
    read_everyone,
    read_identities,
    read_people,
)
from tests.support.people_ldif import Person, invent, units
from tests.support.samba import Samba
from tests.support.slapd import Slapd

BOTH_WAYS = pytest.mark.parametrize("use_dirsync", [False, True], ids=["usn", "dirsync"])


def start(samba: Samba, ou: str, **more: Any) -> tuple[DirectorySettings, Cursor]:
    """Settings for a unit, and the cursor of its first whole reading."""
    settings = samba.settings(base=ou, **more)
    cursor = read_everyone(settings).cursor
    assert cursor is not None
    assert bool(cursor.dirsync) is settings.use_dirsync
    # as it is kept between two runs
    return settings, Cursor.from_dict(json.loads(json.dumps(cursor.to_dict())))


def changes(settings: DirectorySettings, cursor: Cursor) -> tuple[Snapshot, dict[str, DirectoryPerson]]:
    """What changed, by identity."""
    snapshot = read_changes(settings, cursor)
    assert snapshot is not None
    assert snapshot.cursor is not None
    assert not snapshot.is_whole
    return snapshot, {person.guid: person for person in snapshot.people}


@BOTH_WAYS
def test_new_name_login_place_and_state_keep_the_identity(samba: Samba, use_dirsync: bool) -> None:
    ou = samba.new_ou()
    other = samba.new_ou("Elsewhere", parent=ou)
    people = [Person(f"k{uuid.uuid4().hex[:10]}", f"Кіт {i}", "k@firm.test") for i in range(6)]
    renamed, moved, disabled, mailed, relogged, same = (samba.add_person(ou, p) for p in people)
    guids = [samba.guid(dn) for dn in (renamed, moved, disabled, mailed, relogged)]
    settings, cursor = start(samba, ou, use_dirsync=use_dirsync, unit_from_ou=True)
    snapshot, found = changes(settings, cursor)
    assert not found
    samba.rename(renamed, "Кіт, новий")
    samba.change(f"CN=Кіт\\, новий,{ou}", displayName="Кіт Новий")
    samba.move(moved, other)
    samba.disable(disabled)
    samba.change(mailed, mail="new@firm.test")
    samba.change(relogged, sAMAccountName=f"new{people[4].login}"[:20])
    snapshot, found = changes(settings, cursor)
    assert set(found) == set(guids)
    first, second, third, fourth, fifth = (found[guid] for guid in guids)
    assert (first.full_name, first.login) == ("Кіт Новий", people[0].login)
    assert (second.unit, second.dn) == ("Elsewhere", f"{moved[: -len(ou) - 1]},{other}")
    assert [p.is_disabled for p in (first, second, third, fourth)] == [False, False, True, False]
    assert fourth.email == "new@firm.test"
    assert fifth.login.startswith("new")
    assert read_identities(settings) == {*guids, samba.guid(same)}
    assert snapshot.cursor is not None
    assert not changes(settings, snapshot.cursor)[1]


@pytest.mark.parametrize(
    ("user", "use_dirsync"),
    [("reader", False), ("reader", True), ("Administrator", True)],
)
def test_joiner_is_told_and_leavers_are_missing_among_identities(
    samba: Samba, user: str, use_dirsync: bool
) -> None:
    ou, away = samba.new_ou(), samba.new_ou()
    logins = [f"l{uuid.uuid4().hex[:10]}" for _ in range(4)]
    stays, deleted, leaves = (samba.add_person(ou, Person(login, login)) for login in logins[:3])
    guids = {dn: samba.guid(dn) for dn in (stays, deleted, leaves)}
    settings, cursor = start(samba, ou, use_dirsync=use_dirsync, user=f"{user}@firm.test")
    samba.delete(deleted)
    samba.move(leaves, away)
    joiner = samba.guid(samba.add_person(ou, Person(logins[3], "Joiner")))
    snapshot, found = changes(settings, cursor)
    assert set(found) == {joiner}
    # only an account that may see deleted objects is told of them
    assert (guids[deleted] in snapshot.gone) is (use_dirsync and user == "Administrator")
    assert guids[leaves] not in snapshot.gone
    assert guids[stays] not in snapshot.gone
    assert read_identities(settings) == {guids[stays], joiner}


@BOTH_WAYS
def test_renamed_and_moved_ou_changes_the_unit_of_its_people(samba: Samba, use_dirsync: bool) -> None:
    ou, outside = samba.new_ou(), samba.new_ou()
    inner = samba.new_ou("Old name", parent=ou)
    samba.add_person(ou, Person(f"a{uuid.uuid4().hex[:10]}", "Stays"))
    guid = samba.guid(samba.add_person(inner, Person(f"b{uuid.uuid4().hex[:10]}", "Within")))
    newcomer_ou = samba.new_ou("From outside", parent=outside)
    newcomer = samba.guid(samba.add_person(newcomer_ou, Person(f"c{uuid.uuid4().hex[:10]}", "Comes")))
    settings, cursor = start(samba, ou, use_dirsync=use_dirsync, unit_from_ou=True)
    inner = samba.rename(inner, "Нова назва")
    snapshot, found = changes(settings, cursor)
    assert {person.guid: person.unit for person in found.values()} == {guid: "Нова назва"}
    assert snapshot.cursor is not None
    samba.move(newcomer_ou, ou)
    snapshot, found = changes(settings, snapshot.cursor)
    assert {person.guid: person.unit for person in found.values()} == {newcomer: "From outside"}
    assert snapshot.cursor is not None
    samba.move(inner, outside)
    assert not changes(settings, snapshot.cursor)[1]
    assert guid not in read_identities(settings)


def test_joining_a_group_shows_among_identities_alone(samba: Samba) -> None:
    ou = samba.new_ou()
    one, two = (samba.add_person(ou, Person(f"g{uuid.uuid4().hex[:10]}", f"Group {i}")) for i in range(2))
    group = samba.add_group(f"G {uuid.uuid4().hex[:8]}", [one], ou=ou)
    settings, cursor = start(samba, ou, group=group)
    samba.join(group, two)
    samba.leave(group, one)
    _snapshot, found = changes(settings, cursor)
    assert samba.guid(one) not in found
    assert read_identities(settings) == {samba.guid(two)}
    assert [person.dn for person in read_people(settings, [samba.guid(two), samba.guid(one)])] == [two]


@BOTH_WAYS
def test_change_during_a_reading_is_read_the_next_time(samba: Samba, use_dirsync: bool) -> None:
    ou = samba.new_ou()
    people = [Person(f"w{uuid.uuid4().hex[:10]}", f"While {i}") for i in range(3)]
    dns = [samba.add_person(ou, person) for person in people]
    settings = samba.settings(base=ou, use_dirsync=use_dirsync, page_size=1)

    def change(count: int) -> None:
        if count == 1:
            for dn in dns:
                samba.change(dn, title="Changed")

    cursor = read_everyone(settings, progress=change).cursor
    assert cursor is not None
    _snapshot, found = changes(settings, cursor)
    assert [person.job_title for person in found.values()] == ["Changed"] * 3


def test_another_server_or_other_settings_need_a_whole_reading(samba: Samba) -> None:
    ou = samba.new_ou()
    samba.add_person(ou, Person(f"s{uuid.uuid4().hex[:10]}", "Somebody"))
    settings, cursor = start(samba, ou)
    assert read_changes(settings, cursor) is not None
    assert read_changes(settings, replace(cursor, server=cursor.server[:-1] + "x")) is None
    # restored from an older copy: its counter is behind ours
    assert read_changes(settings, replace(cursor, usn=cursor.usn + 1_000_000)) is None
    assert read_changes(replace(settings, extra_filter="(mail=*)"), cursor) is None
    assert read_changes(replace(settings, attributes={"room": "postalCode"}), cursor) is None
    assert read_changes(replace(settings, timeout=9), cursor) is not None


def test_openldap_is_always_read_whole(slapd: Slapd) -> None:
    cursor = Cursor("somewhere", 1, settings=slapd.settings().fingerprint())
    assert read_changes(slapd.settings(), cursor) is None


def test_spoilt_dirsync_mark_falls_back_to_the_counter(samba: Samba) -> None:
    ou = samba.new_ou()
    dn = samba.add_person(ou, Person(f"d{uuid.uuid4().hex[:10]}", "Before"))
    settings, cursor = start(samba, ou, use_dirsync=True)
    samba.change(dn, displayName="After")
    snapshot, found = changes(settings, replace(cursor, dirsync="bm9uc2Vuc2U="))
    assert [person.full_name for person in found.values()] == ["After"]
    assert snapshot.cursor is not None
    assert snapshot.cursor.dirsync == ""


def test_reorganisation_needs_a_whole_reading(samba: Samba) -> None:
    ou = samba.new_ou()
    samba.add_person(ou, Person(f"r{uuid.uuid4().hex[:10]}", "Somebody"))
    settings, cursor = start(samba, ou)
    people = [Person(f"r{uuid.uuid4().hex[:10]}", "One", ou=(f"Unit {i}",)) for i in range(51)]
    samba.load(people, ou)
    assert len(units(people, ou)) == 51
    assert read_changes(settings, cursor) is None


def test_hundreds_of_people_at_once_are_all_told(samba: Samba) -> None:
    ou = samba.new_ou()
    samba.add_person(ou, Person(f"m{uuid.uuid4().hex[:10]}", "First"))
    settings, cursor = start(samba, ou, use_dirsync=True)
    many = [replace(person, ou=()) for person in invent(250, prefix=f"x{uuid.uuid4().hex[:6]}")]
    samba.load(many, ou)
    _snapshot, found = changes(settings, cursor)
    assert {person.login for person in found.values()} == {person.login for person in many}
