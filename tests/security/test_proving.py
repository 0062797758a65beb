"""The directory proves a password: exactly one person, only the right word, and nobody anonymous."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import pytest
from flask import Flask

from app.directory import (
    DirectoryError,
    Trouble,
    find_group,
    find_login,
    groups_of,
    prove_password,
)
from tests.support.people_ldif import Person
from tests.support.samba import Samba
from tests.support.slapd import Slapd

PASSWORD = "Пароль!Passw0rd"
pytestmark = pytest.mark.database("sqlite", reason="the database has no part in it")


@dataclass
class Somebody:
    """A person of the directory."""

    login: str
    dn: str
    ou: str


@pytest.fixture
def somebody(samba: Samba, app: Flask) -> Somebody:
    """With a password, in a unit of his own."""
    ou, login = samba.new_ou(), f"p{uuid.uuid4().hex[:10]}"
    person = Person(login, "Шевченко Олена", more={"givenName": "Олена", "sn": "Шевченко"})
    return Somebody(login, samba.add_person(ou, person, password=PASSWORD), ou)


def refusal(samba: Samba, dn: str, password: str) -> tuple[Trouble, str]:
    """Why a password is not accepted."""
    with pytest.raises(DirectoryError) as refused:
        prove_password(samba.settings(), dn, password)
    return refused.value.trouble, refused.value.code


def test_person_is_found_by_his_login_and_proves_his_password(samba: Samba, somebody: Somebody) -> None:
    found = find_login(samba.settings(), somebody.login)
    assert found is not None
    assert (found.person.login, found.person.dn) == (somebody.login, somebody.dn)
    assert found.person.guid == samba.guid(somebody.dn)
    assert (found.first_name, found.last_name) == ("Олена", "Шевченко")
    prove_password(samba.settings(), found.person.dn, PASSWORD)
    assert refusal(samba, found.person.dn, "wrong") == (Trouble.PASSWORD, "")


@pytest.mark.parametrize(
    "login",
    [
        "*",
        "*)(uid=*",
        "x)(objectClass=*",
        "",
        "  ",
        "\0",
        "re\0ader",
        "\\2a",
        "nobody here",
        "krbtgt*",
        "а" * 3000,
    ],
)
def test_a_login_is_never_a_pattern(samba: Samba, app: Flask, login: str) -> None:
    assert find_login(samba.settings(), login) is None


@pytest.mark.parametrize("password", ["", " ", "\0", "x\0"])
def test_m11_an_empty_password_never_reaches_the_server(
    samba: Samba, somebody: Somebody, password: str
) -> None:
    assert refusal(samba, somebody.dn, password)[0] is Trouble.PASSWORD
    assert refusal(samba, "", PASSWORD)[0] is Trouble.PASSWORD


def test_the_directory_says_why_only_to_the_right_password(samba: Samba, somebody: Somebody) -> None:
    samba.change(somebody.dn, pwdLastSet="0")
    assert refusal(samba, somebody.dn, PASSWORD) == (Trouble.ACCOUNT, "773")
    assert refusal(samba, somebody.dn, "wrong") == (Trouble.PASSWORD, "")
    samba.change(somebody.dn, pwdLastSet="-1", accountExpires="1")
    assert refusal(samba, somebody.dn, PASSWORD) == (Trouble.ACCOUNT, "701")
    assert refusal(samba, somebody.dn, "wrong") == (Trouble.PASSWORD, "")
    samba.change(somebody.dn, userAccountControl="514", accountExpires="0")
    assert refusal(samba, somebody.dn, PASSWORD) == (Trouble.ACCOUNT, "533")
    assert refusal(samba, somebody.dn, "wrong") == (Trouble.PASSWORD, "")


def test_groups_within_groups_are_followed_by_identity(samba: Samba, somebody: Somebody) -> None:
    inner = samba.add_group(f"In {somebody.login}", [somebody.dn])
    outer = samba.add_group(f"Out {somebody.login}", [inner])
    other = samba.add_group(f"Other {somebody.login}", [])
    named = [find_group(samba.settings(), text) for text in (f"Out {somebody.login}", outer, inner, other)]
    assert [group.guid for group in named] == [samba.guid(dn) for dn in (outer, outer, inner, other)]
    asked = {group.guid for group in named} | {str(uuid.uuid4())}
    found = find_login(samba.settings(), somebody.login, groups=asked)
    assert found is not None
    assert found.groups == {samba.guid(outer), samba.guid(inner)}
    person = samba.guid(somebody.dn)
    samba.rename(outer, f"Renamed {somebody.login}")
    assert groups_of(samba.settings(), asked, [person, str(uuid.uuid4())]) == {person: found.groups}
    samba.change(somebody.dn, accountExpires="1")
    assert groups_of(samba.settings(), asked, [person]) == {}
    samba.change(somebody.dn, accountExpires="0")
    assert groups_of(samba.settings(), asked, [person]) == {person: found.groups}
    samba.disable(somebody.dn)
    assert groups_of(samba.settings(), asked, [person]) == {}


@pytest.mark.parametrize("name", ["Nobody knows it", "*", "", "\0"])
def test_group_that_is_not_one_is_told(samba: Samba, app: Flask, name: str) -> None:
    with pytest.raises(DirectoryError) as refused:
        find_group(samba.settings(), name)
    assert refused.value.trouble is Trouble.BASE


def test_openldap_proves_passwords_and_knows_groups_too(slapd: Slapd, app: Flask) -> None:
    login, ou = f"p{uuid.uuid4().hex[:10]}", slapd.new_ou()
    dn = slapd.add_person(ou, Person(login, "Шевченко Олена"))
    slapd.change(dn, userPassword=PASSWORD)
    settings = slapd.settings(base=ou)
    group = find_group(settings, slapd.add_group(f"Group {login}", [dn]))
    other = find_group(settings, slapd.add_group(f"Other {login}", [ou]))
    found = find_login(settings, login, groups=[group.guid, other.guid])
    assert found is not None
    assert found.groups == {group.guid}
    assert groups_of(settings, [group.guid], [found.person.guid]) == {found.person.guid: {group.guid}}
    prove_password(settings, found.person.dn, PASSWORD)
    with pytest.raises(DirectoryError):
        prove_password(settings, found.person.dn, "wrong")
