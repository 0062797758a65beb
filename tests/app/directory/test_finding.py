"""One person by his login, in Active Directory and OpenLDAP: exactly him, or nobody."""

from __future__ import annotations

import pytest

from app.directory import DirectoryError, find_person
from tests.support.people_ldif import Person
from tests.support.samba import Samba
from tests.support.slapd import Slapd


def test_person_is_found_whatever_the_case(samba: Samba) -> None:
    found = find_person(samba.settings(), "U00001")
    assert found is not None
    assert (found.person.login, found.person.email) == ("u00001", "u00001@firm.test")


@pytest.mark.parametrize(
    "login", ["", " ", "*", "u0000*", "u00001)(mail=*", "nobody", "u00000", "\0", "u00001\0", "reader\\2a"]
)
def test_nobody_else_is_found(samba: Samba, login: str) -> None:
    assert find_person(samba.settings(), login) is None  # u00000 is disabled


def test_names_kept_apart_come_apart(samba: Samba) -> None:
    ou = samba.new_ou()
    login = f"nm.{ou[8:14]}"
    more = {"givenName": "Олена", "sn": "Ткаченко"}
    samba.add_person(ou, Person(login, "Ткаченко О. В.", "o@firm.test", more=more))
    found = find_person(samba.settings(base=ou), login)
    assert found is not None
    assert (found.first_name, found.last_name, found.person.full_name) == (
        "Олена",
        "Ткаченко",
        "Ткаченко О. В.",
    )


def test_filter_and_group_of_the_client_base_do_not_matter(samba: Samba) -> None:
    assert find_person(samba.settings(extra_filter="(title=nobody)"), "u00001") is not None


def test_person_outside_the_base_is_not_found(samba: Samba) -> None:
    assert find_person(samba.settings(base=samba.new_ou()), "u00001") is None


def test_person_of_openldap_is_found(slapd: Slapd) -> None:
    found = find_person(slapd.settings(), "u00001")
    assert found is not None
    assert found.person.email == "u00001@firm.test"
    assert find_person(slapd.settings(), "u0000*") is None


def test_directory_that_refuses_is_an_error(samba: Samba) -> None:
    with pytest.raises(DirectoryError):
        find_person(samba.settings(password="wrong"), "u00001")
