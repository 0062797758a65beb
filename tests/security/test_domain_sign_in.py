"""Signing in with a real Active Directory: who gets in, who does not, and what a broken directory breaks."""

from __future__ import annotations

import uuid

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.directory.troubles import bind_trouble
from app.extensions import appbuilder
from app.services import domain_sign_in
from models import JournalEntry, SignInWay, Staff
from tests.support.domain import (
    LOCAL,
    PASSWORD,
    DomainPerson,
    by_api,
    by_form,
    make_domain_user,
    new_person,
    set_directory,
    statuses,
    with_local_password,
)
from tests.support.factories import make_user
from tests.support.samba import Samba

IN, OUT, DOWN = (302, 200), (401, 401), (503, 503)
WRONG = "The login or the password is wrong"
one_database = pytest.mark.database("sqlite", reason="the directory's faults are the same for both")


@pytest.fixture(autouse=True)
def english(client: FlaskClient) -> None:
    """The visitor reads English."""
    client.post("/settings/language", data={"locale": "en"})


@pytest.fixture
def person(samba: Samba) -> DomainPerson:
    """Somebody of the directory."""
    return new_person(samba)


@pytest.fixture
def user(samba: Samba, session: Session, person: DomainPerson) -> Staff:
    """Who works here, too; the directory is set."""
    set_directory(session, samba.settings())
    return make_domain_user(session, person)


def test_domain_user_signs_in_with_his_domain_password_alone(
    client: FlaskClient, session: Session, user: Staff, person: DomainPerson, samba: Samba
) -> None:
    with_local_password(session, user)
    assert statuses(client, person.login, PASSWORD) == IN
    assert statuses(client, person.login, "wrong") == OUT
    assert statuses(client, person.login, LOCAL) == OUT
    assert user.directory_guid == samba.guid(person.dn)
    assert user.login_count == 2
    by_form(client, person.login, PASSWORD)
    assert client.get("/tickets/inbox").status_code == 200


@pytest.mark.parametrize("pattern", ["FIRM\\{}", "{}@firm.test", "{}@FIRM.TEST", " {} "])
@one_database
def test_login_may_be_written_as_windows_does(
    client: FlaskClient, user: Staff, person: DomainPerson, pattern: str
) -> None:
    assert statuses(client, pattern.format(person.login), PASSWORD) == IN
    assert statuses(client, pattern.format(person.login.upper()), PASSWORD) == IN


@pytest.mark.parametrize("password", ["", " ", "\0", f"{PASSWORD}\0", "\ud800"])
def test_m11_empty_or_cut_password_never_gets_in(
    client: FlaskClient, user: Staff, person: DomainPerson, password: str
) -> None:
    if "\ud800" not in password:
        assert by_form(client, person.login, password).status_code in (200, 401)
    assert by_api(client, person.login, password).status_code in (400, 401)
    assert client.get("/tickets/inbox").status_code == 302


@pytest.mark.parametrize("login", ["*", "*)(uid=*", "{}*", "*{}", "{})(|(cn=*", "{}\\2a", "", "@", "\\"])
def test_m11_login_is_never_a_pattern(
    client: FlaskClient, user: Staff, person: DomainPerson, login: str
) -> None:
    typed = login.format(person.login)
    assert by_form(client, typed, PASSWORD).status_code in (200, 401)
    assert by_api(client, typed, PASSWORD).status_code in (400, 401)
    assert client.get("/tickets/inbox").status_code == 302


def test_right_password_gets_in(client: FlaskClient, user: Staff, person: DomainPerson) -> None:
    assert statuses(client, person.login, PASSWORD) == IN


def test_wrong_password_is_the_general_answer(client: FlaskClient, user: Staff, person: DomainPerson) -> None:
    assert statuses(client, person.login, "wrong") == OUT
    assert WRONG in by_form(client, person.login, "wrong").text


def test_account_disabled_in_the_directory_is_the_general_answer(
    client: FlaskClient, user: Staff, person: DomainPerson, samba: Samba
) -> None:
    samba.disable(person.dn)
    assert statuses(client, person.login, PASSWORD) == OUT
    assert WRONG in by_form(client, person.login, PASSWORD).text
    samba.change(person.dn, userAccountControl="512")
    assert statuses(client, person.login, PASSWORD) == IN


def test_account_that_has_expired_in_the_directory_is_the_general_answer(
    client: FlaskClient, user: Staff, person: DomainPerson, samba: Samba
) -> None:
    samba.change(person.dn, accountExpires="1")
    assert statuses(client, person.login, PASSWORD) == OUT
    assert WRONG in by_form(client, person.login, PASSWORD).text
    for never in ("0", str(0x7FFFFFFFFFFFFFFF)):
        samba.change(person.dn, accountExpires=never)
        assert statuses(client, person.login, PASSWORD) == IN


def test_password_that_has_expired_is_told_to_who_knows_it(
    client: FlaskClient, user: Staff, person: DomainPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Samba's domain has no age of passwords: its own words, as a controller of Windows sends them (data 532)
    said = "80090308: LdapErr: DSID-0C09041C, comment: AcceptSecurityContext error, data 532, v4563"

    def refuse(*_what: object) -> None:
        raise bind_trouble({"result": 49, "message": said}, user=person.dn)

    monkeypatch.setattr(domain_sign_in, "prove_password", refuse)
    assert statuses(client, person.login, PASSWORD) == OUT
    assert "password has expired" in by_form(client, person.login, PASSWORD).text


def test_who_must_change_his_password_learns_it_if_it_was_right(
    client: FlaskClient, user: Staff, person: DomainPerson, samba: Samba
) -> None:
    samba.change(person.dn, pwdLastSet="0")
    assert statuses(client, person.login, PASSWORD) == OUT
    assert "must change" in by_form(client, person.login, PASSWORD).text
    assert "must change" in by_api(client, person.login, PASSWORD).json["message"]
    assert "must change" not in by_form(client, person.login, "wrong").text
    assert "must change" not in by_api(client, person.login, "wrong").text


def test_disabled_here_and_unknown_here_are_the_same_as_wrong(
    client: FlaskClient, session: Session, user: Staff, person: DomainPerson, samba: Samba
) -> None:
    stranger = new_person(samba)
    wrong = by_api(client, person.login, "wrong").json
    for login in (stranger.login, f"nobody{uuid.uuid4().hex}"):
        assert statuses(client, login, PASSWORD) == OUT
        assert by_api(client, login, PASSWORD).json == wrong
    user.active = False
    session.commit()
    assert statuses(client, person.login, PASSWORD) == OUT
    assert by_api(client, person.login, PASSWORD).json == wrong
    assert session.scalars(select(Staff).where(Staff.username == stranger.login)).first() is None


def test_renamed_person_stays_the_same_person(
    client: FlaskClient, session: Session, user: Staff, person: DomainPerson, samba: Samba
) -> None:
    assert statuses(client, person.login, PASSWORD) == IN
    new = f"n{uuid.uuid4().hex[:10]}"
    samba.change(person.dn, sAMAccountName=new)
    assert statuses(client, new, PASSWORD) == IN
    session.refresh(user)
    assert user.username == new
    kinds = [row.new for row in session.scalars(select(JournalEntry)) if row.subject == f"user {user.id}"]
    assert {"username": new} in kinds
    assert statuses(client, person.login, PASSWORD) == OUT


def test_login_given_to_somebody_else_opens_nothing_of_the_former_one(
    client: FlaskClient, session: Session, user: Staff, person: DomainPerson, samba: Samba
) -> None:
    assert statuses(client, person.login, PASSWORD) == IN
    heir = new_person(samba, "Інша Людина")
    new = f"o{uuid.uuid4().hex[:10]}"
    samba.change(person.dn, sAMAccountName=new, userPrincipalName=f"{new}@firm.test")
    samba.change(heir.dn, sAMAccountName=person.login)
    assert statuses(client, person.login, PASSWORD) == OUT
    assert user.directory_guid == samba.guid(person.dn)


def test_local_account_beside_one_of_the_directory_has_its_own_password(
    client: FlaskClient, session: Session, samba: Samba, person: DomainPerson
) -> None:
    set_directory(session, samba.settings())
    user = with_local_password(session, make_user(session, person.login))
    assert statuses(client, person.login, PASSWORD) == OUT
    assert statuses(client, person.login, LOCAL) == IN
    assert user.directory_guid is None


def test_administrator_of_the_domain_keeps_a_local_password(
    client: FlaskClient, session: Session, samba: Samba, person: DomainPerson
) -> None:
    set_directory(session, samba.settings())
    boss = with_local_password(session, make_domain_user(session, person, administrator=True))
    assert statuses(client, person.login, PASSWORD) == IN
    assert statuses(client, person.login, LOCAL) == IN
    assert statuses(client, person.login, "wrong") == OUT
    boss.active = False
    session.commit()
    assert statuses(client, person.login, LOCAL) == OUT
    assert statuses(client, person.login, PASSWORD) == OUT


def test_m10_fabs_own_way_to_a_directory_is_ours(
    user: Staff, person: DomainPerson, client: FlaskClient
) -> None:
    manager = appbuilder().sm
    with client.application.test_request_context():
        for login, password in ((person.login, ""), ("", PASSWORD), ("*", PASSWORD), (person.login, "\0")):
            assert manager.auth_user_ldap(login, password) is None
        assert manager.auth_user_ldap(person.login, PASSWORD) == user


def test_account_that_never_had_a_password_is_refused_without_a_crash(
    client: FlaskClient, session: Session
) -> None:
    for login, way in (("olena", SignInWay.LOCAL), ("taras", SignInWay.DOMAIN)):
        make_user(session, login, administrator=True, sign_in_way=way).password = None
        assert statuses(client, login, "anything") == OUT


def test_without_a_directory_domain_users_are_refused_and_locals_go_on(
    client: FlaskClient, session: Session, person: DomainPerson
) -> None:
    make_domain_user(session, person)
    with_local_password(session, make_user(session, "olena"))
    assert statuses(client, person.login, PASSWORD) == OUT
    assert statuses(client, "olena", LOCAL) == IN
