"""Who is disabled, expired or deleted in the directory is out here too, and comes back when he may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.directory import able_people
from app.directory.expiry import ticks_of
from app.events import Kind
from app.notify import popup
from app.security import sessions
from app.services.domain_leavers import show_out
from app.services.group_grants import apply_to_everybody
from jobs.domain_leavers import show_out_leavers
from models import JournalEntry, SignInWay, Staff
from tests.support.domain import (
    LOCAL,
    PASSWORD,
    DomainPerson,
    make_domain_user,
    new_person,
    set_directory,
    with_local_password,
)
from tests.support.factories import make_department, make_user
from tests.support.people_ldif import Person
from tests.support.samba import Samba
from tests.support.slapd import Slapd
from tests.support.ways import ALL, NONE, Ways

YESTERDAY = str(ticks_of(datetime.now(UTC) - timedelta(days=1)))
TOMORROW = str(ticks_of(datetime.now(UTC) + timedelta(days=1)))
NEVER = ("0", str(0x7FFFFFFFFFFFFFFF))
one_database = pytest.mark.database("sqlite", reason="the directory's answer is the same for both")
pytestmark = pytest.mark.usefixtures("client")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Whose open pages had to prove who they are."""
    people: list[int] = []
    monkeypatch.setattr(popup, "reconnect", people.append)
    return people


@pytest.fixture
def person(samba: Samba) -> DomainPerson:
    """Somebody of the directory."""
    return new_person(samba)


@pytest.fixture
def user(samba: Samba, session: Session, person: DomainPerson) -> Staff:
    """Who works here, too; the directory is set."""
    set_directory(session, samba.settings())
    return make_domain_user(session, person, employee_of=[make_department(session)])


def endings(session: Session) -> list[JournalEntry]:
    """What the journal says of ended sessions."""
    query = select(JournalEntry).where(JournalEntry.kind == Kind.SESSIONS_ENDED)
    return list(session.scalars(query.order_by(JournalEntry.id)))


def leave(samba: Samba, person: DomainPerson, way: str) -> None:
    """The person may not sign in any more."""
    match way:
        case "disabled":
            samba.change(person.dn, userAccountControl="514")
        case "expired":
            samba.change(person.dn, accountExpires=YESTERDAY)
        case "deleted":
            samba.delete(person.dn)


@pytest.mark.parametrize("way", ["disabled", "expired", "deleted"])
def test_who_left_the_directory_loses_everything_open_and_the_journal_knows(
    app: Flask, session: Session, samba: Samba, user: Staff, person: DomainPerson, asked: list[int], way: str
) -> None:
    ways, colleague = Ways(app, person.login, PASSWORD), with_local_password(session, make_user(session))
    others = Ways(app, colleague.username, LOCAL)
    assert show_out(session) == frozenset()
    assert ways.open() == ALL
    leave(samba, person, way)
    asked.clear()
    assert show_out_leavers() == 1
    assert ways.open() == NONE
    assert others.open() == ALL
    assert asked == [user.id]
    entry = endings(session)[0]
    assert (entry.actor_id, entry.subject) == (None, f"user {user.id}")
    assert entry.new == {"everywhere": True, "keys": True, "directory": "disabled or gone"}
    assert show_out_leavers() == 1
    assert (len(endings(session)), asked) == (1, [user.id])


@one_database
def test_who_is_enabled_again_signs_in_again_and_old_keys_stay_dead(
    app: Flask, session: Session, samba: Samba, user: Staff, person: DomainPerson
) -> None:
    before = Ways(app, person.login, PASSWORD)
    samba.change(person.dn, userAccountControl="514")
    show_out(session)
    samba.change(person.dn, userAccountControl="512")
    assert show_out(session) == frozenset()
    after = Ways(app, person.login, PASSWORD)
    assert (before.open(), after.open()) == (NONE, ALL)
    assert user.active
    samba.change(person.dn, userAccountControl="514")
    show_out(session)
    assert after.open() == NONE
    assert len(endings(session)) == 2


@one_database
def test_reading_the_groups_shows_out_as_well(
    app: Flask, session: Session, samba: Samba, user: Staff, person: DomainPerson, asked: list[int]
) -> None:
    ways = Ways(app, person.login, PASSWORD)
    samba.change(person.dn, accountExpires=YESTERDAY)
    asked.clear()
    assert apply_to_everybody(session) == 0
    assert (ways.open(), asked) == (NONE, [user.id])


@one_database
def test_administrator_who_comes_in_by_his_local_password_afterwards_stays(
    app: Flask, session: Session, samba: Samba, person: DomainPerson
) -> None:
    set_directory(session, samba.settings())
    with_local_password(session, make_domain_user(session, person, administrator=True))
    ways = Ways(app, person.login, PASSWORD)
    samba.change(person.dn, userAccountControl="514")
    assert len(show_out(session)) == 1
    assert ways.open() == NONE
    locally = Ways(app, person.login, LOCAL)
    assert len(show_out(session)) == 1
    assert locally.open() == ALL


@one_database
@pytest.mark.parametrize("fault", ["down", "wrong password", "no directory"])
def test_directory_that_cannot_be_asked_shows_nobody_out(
    app: Flask, session: Session, samba: Samba, person: DomainPerson, fault: str
) -> None:
    source = set_directory(session, samba.settings())
    make_domain_user(session, person)
    ways = Ways(app, person.login, PASSWORD)
    samba.delete(person.dn)
    if fault == "down":
        source.settings = {**source.settings, "port": 9}
    elif fault == "wrong password":
        source.sealed_password = ""
    else:
        session.delete(source)
    session.commit()
    assert show_out_leavers() == 0
    assert ways.open() == ALL


@one_database
def test_openldap_locked_and_deleted_people_are_out_and_a_missing_right_is_no_absence(
    app: Flask, session: Session, slapd: Slapd
) -> None:
    ou = slapd.new_ou()
    people = [slapd.add_person(ou, Person(f"{ou[8:16]}{number}", "Шевченко Олена")) for number in range(2)]
    set_directory(session, slapd.settings(base=ou))
    users = [make_user(session, sign_in_way=SignInWay.DOMAIN, directory_guid=slapd.guid(dn)) for dn in people]
    for one in users:
        sessions.open_session(session, one)
    session.commit()
    assert show_out(session) == frozenset()
    slapd.delete(people[0])
    assert show_out(session) == {users[0].id}
    assert [len(sessions.own_sessions(session, one)) for one in users] == [0, 1]
    # nobody at all is to be seen below the base: that may be a right
    slapd.delete(people[1])
    assert show_out_leavers() == 0
    assert len(sessions.own_sessions(session, users[1])) == 1


@one_database
@pytest.mark.parametrize("value", [*NEVER, TOMORROW], ids=["never", "never, too", "tomorrow"])
def test_account_that_ends_never_or_later_is_able(
    session: Session, samba: Samba, person: DomainPerson, value: str
) -> None:
    guid = samba.guid(person.dn)
    samba.change(person.dn, accountExpires=value)
    assert able_people(samba.settings(), [guid]) == {guid}
    samba.change(person.dn, accountExpires=YESTERDAY)
    assert able_people(samba.settings(), [guid]) == frozenset()
