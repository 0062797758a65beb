"""Everybody is read, from Active Directory and from OpenLDAP, or nobody is."""

from __future__ import annotations

import uuid

import pytest

from app.directory import (
    DirectoryError,
    Security,
    Trouble,
    group_members,
    read_everyone,
    read_identities,
    read_people,
)
from tests.support import samba as ad
from tests.support import slapd as openldap
from tests.support.people_ldif import Person, invent
from tests.support.samba import Samba
from tests.support.slapd import Slapd


def test_reader_gets_all_two_thousand_page_by_page(samba: Samba) -> None:
    counts: list[int] = []
    snapshot = read_everyone(samba.settings(), progress=counts.append)
    assert snapshot.is_whole
    assert not snapshot.skipped
    assert not snapshot.gone
    assert counts[:4] == [500, 1000, 1500, 2000]
    found = {person.login: person for person in snapshot.people}
    expected = invent(ad.MANY)
    assert len(found) == ad.MANY
    assert {p.login for p in found.values() if p.is_disabled} == {p.login for p in expected if p.disabled}
    first = expected[0]
    person = found[first.login]
    assert person.full_name == first.name
    assert person.unit == first.department
    assert (person.email, person.phones, person.job_title) == (first.mail, ("1000",), "Фахівець")
    assert person.room == first.more["physicalDeliveryOfficeName"]
    assert person.guid == samba.guid(person.dn)


def test_page_size_does_not_change_who_is_read(samba: Samba) -> None:
    assert len(read_identities(samba.settings(page_size=1999))) == ad.MANY
    assert len(read_identities(samba.settings(page_size=2000))) == ad.MANY


def test_identities_are_those_of_the_people(samba: Samba) -> None:
    settings = samba.settings(extra_filter="(department=Хірургія)")
    people = read_everyone(settings).people
    assert len(people) == ad.MANY / 10
    assert read_identities(settings) == {person.guid for person in people}
    three = {person.guid for person in people[:3]}
    assert {person.guid for person in read_people(settings, [*three, str(uuid.uuid4())])} == three


def test_whole_domain_leaves_out_machines_contacts_and_its_own_accounts(samba: Samba) -> None:
    ou = samba.new_ou()
    for kind, name in (("computer", "PC7$"), ("contact", "")):
        values = {"sAMAccountName": name} if name else {}
        samba.admin.add(f"CN={kind},{ou}", kind, values)
    logins = {person.login for person in read_everyone(samba.settings(base=ad.DOMAIN)).people}
    assert len(logins) > ad.MANY
    assert {"reader", "u00000"} <= logins
    assert not {"Administrator", "Guest", "krbtgt", "PC7$", "DC1$"} & logins


def test_unit_is_the_nearest_ou_where_the_attribute_says_nothing(samba: Samba) -> None:
    ou = samba.new_ou()
    inner = samba.new_ou("Ремонт, \\ сервіс + 1", parent=samba.new_ou("Outer", parent=ou))
    samba.add_person(inner, Person("ou-one", "One", department="Told"))
    samba.add_person(inner, Person("ou-two", "Two"))

    def units(**more: object) -> dict[str, str]:
        return {p.login: p.unit for p in read_everyone(samba.settings(base=ou, **more)).people}

    assert units() == {"ou-one": "Told", "ou-two": ""}
    assert units(unit_from_ou=True) == {"ou-one": "Told", "ou-two": "Ремонт, \\ сервіс + 1"}
    assert set(units(unit_attribute="", unit_from_ou=True).values()) == {"Ремонт, \\ сервіс + 1"}


def test_attributes_of_any_kind_become_plain_values(samba: Samba) -> None:
    ou = samba.new_ou()
    more = {"otherTelephone": "22", "mobile": "+380 67 1112233", "telephoneNumber": " 11  12 "}
    dn = samba.add_person(ou, Person("odd", "x", more=more))
    samba.change(dn, displayName=None, description="Line\r\nbreak\x00end", jpegPhoto=b"\xff\xd8\xff\xfe")
    mapping = {"phones": "telephoneNumber, mobile, otherTelephone, noSuchAttribute", "room": "description"}
    (person,) = read_everyone(samba.settings(base=ou, attributes=mapping)).people
    assert person.full_name == "x odd"
    assert person.phones == ("11 12", "+380 67 1112233", "22")
    assert person.room == "Line break end"
    (person,) = read_everyone(samba.settings(base=ou, attributes={"room": "jpegPhoto"})).people
    assert "\x00" not in person.room


def test_entry_without_a_login_is_named_and_not_lost(slapd: Slapd) -> None:
    ou = slapd.new_ou()
    slapd.add_person(ou, Person("known", "Known One"))
    dn = f"cn=Nameless,{ou}"
    slapd.admin.add(dn, "inetOrgPerson", {"sn": "Nameless"})
    snapshot = read_everyone(slapd.settings(base=ou))
    assert [person.login for person in snapshot.people] == ["known"]
    assert [(each.guid, each.dn) for each in snapshot.skipped] == [(slapd.guid(dn), dn)]
    slapd.delete(f"uid=known,{ou}")
    with pytest.raises(DirectoryError) as refused:
        read_everyone(slapd.settings(base=ou))
    assert refused.value.trouble is Trouble.RIGHTS


def test_group_gives_members_of_groups_within_and_of_the_primary_one(samba: Samba) -> None:
    expected = [p for p in invent(ad.MANY) if p.department in {"Хірургія", "Юристи"}]
    both = f"CN=Both,{ad.GROUPS}"
    people = read_everyone(samba.settings(group=both)).people
    assert {person.login for person in people} == {person.login for person in expected}
    assert group_members(samba.settings(), both) == {person.guid for person in people}
    # nobody is in “member” of the primary group
    assert len(group_members(samba.settings(), f"CN=Domain Users,CN=Users,{ad.DOMAIN}")) == ad.MANY
    with pytest.raises(DirectoryError) as missing:
        group_members(samba.settings(), f"CN=Nobody (*),{ad.GROUPS}")
    assert missing.value.trouble is Trouble.BASE


def test_openldap_is_read_whole_in_pages_within_its_limit(slapd: Slapd) -> None:
    snapshot = read_everyone(slapd.settings())
    assert len(snapshot.people) == openldap.MANY
    # it counts no changes: it is read whole each time
    assert snapshot.cursor is None
    person = next(person for person in snapshot.people if person.login == "u00001")
    expected = invent(2)[1]
    assert (person.full_name, person.unit, person.phones) == (expected.name, expected.department, ("1001",))
    assert person.guid == slapd.guid(person.dn)
    assert len(read_identities(slapd.settings(page_size=1000))) == openldap.MANY


def test_openldap_cutting_its_answer_is_a_refusal(slapd: Slapd) -> None:
    with pytest.raises(DirectoryError) as cut:
        read_everyone(slapd.settings(page_size=1001))
    assert cut.value.trouble is Trouble.CUT
    with pytest.raises(DirectoryError) as cut:
        read_identities(slapd.settings(page_size=5000))
    assert cut.value.trouble is Trouble.CUT


def test_openldap_identity_outlasts_a_new_name(slapd: Slapd) -> None:
    ou = slapd.new_ou()
    dn = slapd.add_person(ou, Person("before", "Same Person"))
    (old,) = read_everyone(slapd.settings(base=ou)).people
    slapd.rename(dn, "uid=after")
    (new,) = read_everyone(slapd.settings(base=ou)).people
    assert (old.login, new.login) == ("before", "after")
    assert old.guid == new.guid


def test_openldap_groups_are_walked_even_in_a_circle(slapd: Slapd) -> None:
    ou = slapd.new_ou()
    one, two, three = (slapd.add_person(ou, Person(f"g{i}", f"G {i}")) for i in range(3))
    inner = slapd.add_group("Inner", [one.upper()])
    outer = slapd.add_group("Outer", [two, inner])
    slapd.admin.modify(inner, {"member": [("MODIFY_ADD", [outer])]})
    settings = slapd.settings(base=ou)
    assert group_members(settings, outer) == {slapd.guid(one), slapd.guid(two)}
    members = read_everyone(slapd.settings(base=ou, group=outer)).people
    assert {person.dn for person in members} == {one, two}
    assert len(read_everyone(settings).people) == 3
    assert three


def test_password_is_never_shown(samba: Samba) -> None:
    assert ad.PASSWORD not in repr(samba.settings())
    assert "BEGIN" not in repr(samba.settings(security=Security.STARTTLS))
