"""Answers of a real server, spoilt on the way to us: none of them may pass for a whole one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ldap3 import Connection

from app.directory import DirectoryError, Trouble, connect, read_everyone, read_identities
from app.directory.dn import dn_key, nearest_ou, parts_of
from app.directory.groups import all_values
from app.directory.link import PAGED
from app.directory.people import clean
from app.directory.troubles import bind_trouble, search_trouble
from tests.support import samba as ad
from tests.support import slapd as openldap
from tests.support.samba import Samba
from tests.support.slapd import Slapd

Spoil = Callable[[Connection], None]


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have an answer of the server spoilt from its ``page``-th page on."""
    real = Connection.search

    def install(how: Spoil, *, page: int = 2) -> None:
        pages = 0

        def search(self: Connection, *arguments: Any, **more: Any) -> Any:
            nonlocal pages
            answer = real(self, *arguments, **more)
            pages += "paged_size" in more
            if pages >= page and "paged_size" in more:
                how(self)
            return answer

        monkeypatch.setattr(Connection, "search", search)

    return install


def result_code(code: int) -> Spoil:
    """The server says that it did not succeed."""

    def change(connection: Connection) -> None:
        connection.result = {
            **connection.result,
            "result": code,
            "description": f"code {code}",
            "message": "",
        }

    return change


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (3, Trouble.TIMEOUT),
        (4, Trouble.CUT),
        (11, Trouble.CUT),
        (12, Trouble.CUT),
        (32, Trouble.BASE),
        (50, Trouble.RIGHTS),
        (51, Trouble.BROKEN),
        (52, Trouble.BROKEN),
        (53, Trouble.BROKEN),
        (80, Trouble.BROKEN),
    ],
)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_refusal_on_any_page_refuses_the_whole(
    slapd: Slapd, spoil: Callable[..., None], code: int, expected: Trouble, number: int
) -> None:
    spoil(result_code(code), page=number)
    with pytest.raises(DirectoryError) as refused:
        read_identities(slapd.settings())
    assert refused.value.trouble is expected


def test_thousand_without_a_word_on_pages_are_a_cut(slapd: Slapd, spoil: Callable[..., None]) -> None:
    def forget(connection: Connection) -> None:
        assert len(connection.response) == openldap.LIMIT
        connection.result["controls"].pop(PAGED)

    spoil(forget, page=1)
    with pytest.raises(DirectoryError) as refused:
        read_everyone(slapd.settings(page_size=openldap.LIMIT))
    assert refused.value.trouble is Trouble.CUT


def test_empty_answer_that_succeeded_is_a_refusal(slapd: Slapd, spoil: Callable[..., None]) -> None:
    def empty(connection: Connection) -> None:
        connection.response = []
        connection.result["controls"][PAGED]["value"]["cookie"] = b""

    spoil(empty, page=1)
    for read in (read_everyone, read_identities):
        with pytest.raises(DirectoryError) as refused:
            read(slapd.settings())
        assert refused.value.trouble in {Trouble.EMPTY, Trouble.RIGHTS}


def test_empty_pages_without_end_are_a_fault(
    slapd: Slapd, spoil: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def empty(connection: Connection) -> None:
        connection.response = []

    monkeypatch.setattr("app.directory.link.MOST_EMPTY_PAGES", 2)
    spoil(empty, page=1)
    with pytest.raises(DirectoryError) as refused:
        read_identities(slapd.settings(page_size=100))
    assert refused.value.trouble is Trouble.BROKEN


def test_person_on_two_pages_counts_once(slapd: Slapd, spoil: Callable[..., None]) -> None:
    seen: list[Any] = []

    def repeat(connection: Connection) -> None:
        connection.response = [*seen[:7], *connection.response]
        seen[:] = seen or connection.response

    spoil(repeat, page=1)
    snapshot = read_everyone(slapd.settings())
    assert len(snapshot.people) == openldap.MANY
    assert len({person.guid for person in snapshot.people}) == openldap.MANY


@pytest.mark.parametrize("value", [None, [], [b""], [b"x"], [b"\x00" * 15]])
def test_entry_without_an_identity_spoils_the_whole(
    samba: Samba, spoil: Callable[..., None], value: list[bytes] | None
) -> None:
    def drop(connection: Connection) -> None:
        entries = [each for each in connection.response if each["type"] == "searchResEntry"]
        entries[-1]["raw_attributes"]["objectGUID"] = value

    spoil(drop, page=1)
    for read in (read_everyone, read_identities):
        with pytest.raises(DirectoryError) as refused:
            read(samba.settings(extra_filter="(department=Юристи)"))
        assert refused.value.trouble is Trouble.BROKEN
        assert "objectGUID" in refused.value.message


def test_state_that_may_not_be_read_is_not_taken_for_enabled(
    samba: Samba, spoil: Callable[..., None]
) -> None:
    def hide(connection: Connection) -> None:
        for each in connection.response:
            each.get("raw_attributes", {}).pop("userAccountControl", None)

    spoil(hide, page=1)
    with pytest.raises(DirectoryError) as refused:
        read_everyone(samba.settings(extra_filter="(department=Юристи)"))
    assert refused.value.trouble is Trouble.RIGHTS


def test_answers_that_point_to_other_servers_are_no_people(samba: Samba, spoil: Callable[..., None]) -> None:
    kinds: set[str] = set()
    spoil(lambda connection: kinds.update(each["type"] for each in connection.response), page=1)
    # the root of a domain answers with references to its other parts
    people = read_everyone(samba.settings(base=ad.DOMAIN, extra_filter="(sAMAccountName=reader)")).people
    assert [person.login for person in people] == ["reader"]
    assert kinds == {"searchResEntry", "searchResRef"}


def test_values_in_ranges_are_put_together(samba: Samba) -> None:
    group = f"CN=Surgeons,{ad.GROUPS}"
    with connect(samba.settings()) as link:
        whole = all_values(link, group, "member")
        assert len(whole) == ad.MANY / 10
        for step in (1, 50, 199, 200, 201):
            assert sorted(all_values(link, group, "member", step=step)) == sorted(whole)
        assert all_values(link, group, "description") == []


@pytest.mark.parametrize(
    ("code", "word"),
    [("530", "hour"), ("531", "computer"), ("532", "expired"), ("533", "disabled"), ("775", "locked")],
)
def test_refused_account_is_told_why(code: str, word: str) -> None:
    message = f"80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data {code}, v3839"
    error = bind_trouble({"result": 49, "description": "invalidCredentials", "message": message}, user="u")
    assert error.trouble is Trouble.ACCOUNT
    assert word in error.message


def test_unknown_name_and_wrong_password_are_not_told_apart() -> None:
    for code in ("525", "52e"):
        error = bind_trouble({"result": 49, "message": f"error, data {code}, v1"}, user="u")
        assert error.trouble is Trouble.PASSWORD
    busy = bind_trouble({"result": 51, "description": "busy", "message": ""}, user="u")
    assert busy.trouble is Trouble.BROKEN
    assert "busy" in busy.message
    assert search_trouble({"result": 10}, base="DC=x").trouble is Trouble.BASE


def test_distinguished_names_are_taken_apart() -> None:
    assert parts_of(r"CN=a\,b\2C\20c+x=1,OU=\D0\9A,dc=f") == [("cn", "a,b, c"), ("ou", "К"), ("dc", "f")]
    assert dn_key(r"CN=A,OU=\d0\9a") == dn_key("cn=a, ou=К")
    assert nearest_ou(r"OU=own,CN=x,OU=One\, two,OU=Top,DC=f") == "One, two"
    assert nearest_ou("CN=x,CN=Users,DC=f") == ""
    assert parts_of("") == []


def test_values_become_one_storable_line() -> None:
    assert clean(" a\x00b\r\n\tc\u2028d\ud800  е ") == "a b c d е"
