"""A password is kept in one place, here or in the directory; none is set here that would open nothing."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import Role as ScreenRole
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash

from app.errors import Forbidden, NotFound
from app.events import Kind
from app.extensions import appbuilder
from app.policy import ADMINISTRATOR_ROLE
from app.security import second_factor
from models import JournalEntry, SignInWay, Staff
from tests.support.codes import code_of, enrol
from tests.support.domain import (
    LOCAL,
    PASSWORD,
    DomainPerson,
    make_domain_user,
    new_person,
    set_directory,
    with_local_password,
)
from tests.support.factories import make_user
from tests.support.samba import Samba
from tests.support.signing import sign_in

NEW = "battery staple"
THERE = "The password is changed there."
NOT_HIS = "This is not your present password."
one_database = pytest.mark.database("sqlite", reason="the directory's answer is the same for both")


@pytest.fixture
def taras(session: Session) -> Staff:
    """A domain user with a password from the days when he was a local one."""
    user = make_user(session, "taras", sign_in_way=SignInWay.DOMAIN, locale="en")
    return with_local_password(session, user)


@pytest.fixture
def boss(client: FlaskClient, session: Session) -> FlaskClient:
    """A local administrator's browser."""
    return sign_in(client, make_user(session, "boss", administrator=True, locale="en"))


@pytest.fixture
def person(samba: Samba) -> DomainPerson:
    """Somebody of the directory."""
    return new_person(samba)


# ------------------------------------------------------------------- the second factor goes with a password


def switch_off(client: FlaskClient, secret: str, password: str) -> Any:
    """Try it; the code is right."""
    return client.post("/second-factor/off", data={"password": password, "code": code_of(secret)})


@pytest.fixture
def olena(session: Session, samba: Samba, person: DomainPerson) -> Staff:
    """A domain user who has signed in once, with a leftover of a local password."""
    set_directory(session, samba.settings())
    user = make_domain_user(session, person, directory_guid=samba.guid(person.dn), locale="en")
    return with_local_password(session, user)


@one_database
@pytest.mark.parametrize("typed", ["", " ", "wrong", LOCAL, f"{PASSWORD}\0"])
def test_second_factor_of_a_domain_user_is_not_switched_off_with_a_code_and_no_domain_password(
    client: FlaskClient, session: Session, olena: Staff, typed: str
) -> None:
    secret, _codes = enrol(session, olena)
    answer = switch_off(sign_in(client, olena), secret, typed)
    assert (answer.status_code, NOT_HIS in answer.text) == (422, True)
    assert second_factor.standing(session, olena.id).is_on


def test_second_factor_of_a_domain_user_is_switched_off_with_his_domain_password_and_a_code(
    client: FlaskClient, session: Session, olena: Staff
) -> None:
    secret, _codes = enrol(session, olena)
    page = sign_in(client, olena).get("/settings/").text
    assert 'id="off_password"' in page
    assert 'name="old_password"' not in page
    assert client.post("/second-factor/off", data={"password": PASSWORD, "code": "000"}).status_code == 422
    assert switch_off(client, secret, PASSWORD).status_code == 303
    assert not second_factor.standing(session, olena.id).is_on


@one_database
def test_second_factor_stays_on_in_plain_words_while_the_directory_is_down(
    client: FlaskClient, session: Session, samba: Samba, person: DomainPerson
) -> None:
    source = set_directory(session, samba.settings())
    user = make_domain_user(session, person, directory_guid=samba.guid(person.dn), locale="en")
    secret, _codes = enrol(session, user)
    source.settings = {**source.settings, "port": 9}
    answer = switch_off(sign_in(client, user), secret, PASSWORD)
    assert answer.status_code == 422
    assert "The directory does not answer, so your password cannot be checked." in answer.text
    assert second_factor.standing(session, user.id).is_on


@one_database
def test_second_factor_asks_for_the_password_of_the_same_person_of_the_directory(
    client: FlaskClient, session: Session, samba: Samba, olena: Staff, person: DomainPerson
) -> None:
    secret, _codes = enrol(session, olena)
    heir = new_person(samba)
    samba.change(
        person.dn, sAMAccountName=f"x{person.login[:9]}", userPrincipalName=f"x{heir.login}@firm.test"
    )
    samba.change(heir.dn, sAMAccountName=person.login)
    answer = switch_off(sign_in(client, olena), secret, PASSWORD)
    assert (answer.status_code, NOT_HIS in answer.text) == (422, True)


@one_database
def test_administrator_of_the_domain_switches_off_with_either_password(
    client: FlaskClient, session: Session, samba: Samba, person: DomainPerson
) -> None:
    set_directory(session, samba.settings())
    user = make_domain_user(session, person, administrator=True, directory_guid=samba.guid(person.dn))
    with_local_password(session, user)
    sign_in(client, user)
    for password in (LOCAL, PASSWORD):
        secret, _codes = enrol(session, user)
        assert switch_off(client, secret, password).status_code == 303


# -------------------------------------------------------------------------- no password here for the domain


def test_domain_user_changes_no_password_and_no_name_here(
    client: FlaskClient, session: Session, taras: Staff
) -> None:
    sign_in(client, taras)
    before = taras.password
    data = {"old_password": LOCAL, "new_password": NEW, "again": NEW}
    answer = client.post("/settings/password", data=data)
    assert (answer.status_code, "kept in the directory" in answer.text) == (403, True)
    assert client.get("/resetmypassword/form").location == "/settings/#password"
    assert "You sign in with the password of the directory." in client.get("/settings/").text
    boss = sign_in(client, make_user(session, administrator=True, sign_in_way=SignInWay.DOMAIN, locale="en"))
    names = {"first_name": "Somebody", "last_name": "Else"}
    for answer in (boss.get("/userinfoeditview/form"), boss.post("/userinfoeditview/form", data=names)):
        assert (answer.status_code, "Your name is kept in the directory." in answer.text) == (403, True)
    session.refresh(taras)
    assert taras.password == before


def test_administrator_sets_no_password_for_a_domain_user_on_the_screen_or_by_the_api(
    boss: FlaskClient, session: Session, taras: Staff
) -> None:
    before, number = taras.password, taras.id
    address, data = f"/resetpassword/form?pk={number}", {"password": NEW, "conf_password": NEW}
    for answer in (boss.get(address), boss.post(address, data=data)):
        assert (answer.status_code, THERE in answer.text) == (403, True)
    refused: Any = boss.put(f"/api/v1/security/users/{number}", json={"password": NEW})
    assert (refused.status_code, THERE in refused.json["message"]) == (422, True)
    with pytest.raises(Forbidden):
        appbuilder().sm.reset_password(number, NEW)
    with pytest.raises(NotFound):
        appbuilder().sm.reset_password(900_900, NEW)
    session.refresh(taras)
    assert taras.password == before


def test_administrator_sets_a_password_for_a_local_user_and_for_an_administrator_of_the_domain(
    boss: FlaskClient, session: Session
) -> None:
    people = [
        make_user(session, "olena"),
        make_user(session, "ivan", administrator=True, sign_in_way=SignInWay.DOMAIN),
    ]
    for user in people:
        address = f"/resetpassword/form?pk={user.id}"
        assert boss.get(address).status_code == 200
        boss.post(address, data={"password": NEW, "conf_password": NEW})
        assert check_password_hash(user.password, NEW)
        assert boss.put(f"/api/v1/security/users/{user.id}", json={"password": LOCAL}).status_code == 200
        assert check_password_hash(user.password, LOCAL)
    query = select(JournalEntry.subject).where(JournalEntry.kind == Kind.PASSWORD_CHANGED)
    expected = [f"user {user.id}" for user in people for _way in range(2)]
    assert list(session.scalars(query.order_by(JournalEntry.id))) == expected


# ------------------------------------------------------------- an administrator who needs no directory stays


def form_of(user: Staff, **values: Any) -> dict[str, Any]:
    """The form of a person's screen."""
    names = ("first_name", "last_name", "username", "email", "locale", "sign_in_way")
    roles = [str(role.id) for role in user.roles]
    return {**{name: getattr(user, name) for name in names}, "active": "y", "roles": roles, **values}


def test_switching_an_administrator_to_the_domain_keeps_his_local_password(
    client: FlaskClient, session: Session
) -> None:
    user = with_local_password(session, make_user(session, "chief", administrator=True, locale="en"))
    before = user.password
    sign_in(client, user).post(f"/users/edit/{user.id}", data=form_of(user, sign_in_way=SignInWay.DOMAIN))
    session.refresh(user)
    assert (user.sign_in_way, user.password) == (SignInWay.DOMAIN, before)
    assert client.post("/logout/").status_code == 302
    assert client.post("/login/", data={"username": "chief", "password": LOCAL}).status_code == 302


@pytest.mark.parametrize("way", ["screen: way", "screen: role", "api: role", "screen: new"])
def test_nobody_becomes_an_administrator_whom_the_directory_alone_lets_in(
    app: Flask, boss: FlaskClient, session: Session, way: str
) -> None:
    role = session.scalars(select(ScreenRole).where(ScreenRole.name == ADMINISTRATOR_ROLE)).one()
    before = SignInWay.LOCAL if way == "screen: way" else SignInWay.DOMAIN
    user = make_user(session, "ivan", administrator=way == "screen: way", sign_in_way=before)
    session.commit()
    needs = "An administrator needs a local password, too"
    match way:
        case "api: role":
            answer: Any = boss.put(f"/api/v1/security/users/{user.id}", json={"roles": [role.id]})
            assert (answer.status_code, needs in answer.json["message"]) == (422, True)
        case "screen: new":
            data = form_of(user, username="new", email="new@corp.example", roles=[str(role.id)])
            answer = boss.post("/users/add", data=data, follow_redirects=True)
            assert needs in answer.text
            assert session.scalars(select(Staff).where(Staff.username == "new")).first() is None
        case _:
            data = form_of(user, roles=[str(role.id)], sign_in_way=SignInWay.DOMAIN)
            answer = boss.post(f"/users/edit/{user.id}", data=data, follow_redirects=True)
            assert needs in answer.text
    session.rollback()
    session.refresh(user)
    assert (user.sign_in_way, role in user.roles) == (before, way == "screen: way")


@pytest.mark.parametrize("way", ["screen: disabled", "api: disabled", "api: role"])
def test_last_administrator_who_needs_no_directory_stays_one(
    boss: FlaskClient, session: Session, way: str
) -> None:
    make_user(session, "other", administrator=True, sign_in_way=SignInWay.DOMAIN)
    me = session.scalars(select(Staff).where(Staff.username == "boss")).one()
    staff = session.scalars(select(ScreenRole).where(ScreenRole.name != ADMINISTRATOR_ROLE)).first()
    assert staff is not None
    words = "While the directory is down, no administrator could sign in any more."
    if way == "screen: disabled":
        form = {name: value for name, value in form_of(me).items() if name != "active"}
        answer = boss.post(f"/users/edit/{me.id}", data=form, follow_redirects=True)
        assert words in answer.text
    else:
        body = {"active": False} if way == "api: disabled" else {"roles": [staff.id]}
        refused: Any = boss.put(f"/api/v1/security/users/{me.id}", json=body)
        assert (refused.status_code, words in refused.json["message"]) == (422, True)
    session.rollback()
    session.refresh(me)
    assert (me.active, [role.name for role in me.roles]) == (True, [ADMINISTRATOR_ROLE])
