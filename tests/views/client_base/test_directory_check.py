"""“Test connection” through the page: what is typed is tried against a real domain controller."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import DirectorySource, Staff
from tests.support.factories import make_user
from tests.support.samba import PASSWORD, Samba
from tests.support.signing import sign_in

PAGE = "/client-base/directory"
SECRET = "S3cret-of-the-reader"
GOOD = {
    "host": "dc1.corp.example",
    "security": "starttls",
    "port": "",
    "user": "reader@corp.example",
    "base": "DC=corp,DC=example",
    "unit_from_ou": "1",
    "is_on": "1",
    "hour": "4",
    "brake_percent": "15",
    "version": "0",
}


@pytest.fixture
def boss(client: FlaskClient, session: Session) -> Staff:
    """A signed-in administrator."""
    person = make_user(session, "boss", administrator=True)
    sign_in(client, person)
    return person


def real(samba: Samba, **values: str) -> dict[str, str]:
    """The form filled in for the run's domain controller."""
    settings = samba.settings()
    filled = {"host": settings.host, "user": settings.user, "base": settings.base, "ca_pem": settings.ca_pem}
    return {**GOOD, "security": "ldaps", **filled, "password": PASSWORD, **values}


def tried(client: FlaskClient, form: dict[str, str]) -> str:
    """The part that htmx gets."""
    answer = client.post(f"{PAGE}/test", data=form, headers={"HX-Request": "true"})
    assert "<html" not in answer.text
    return answer.text


@pytest.mark.timeout(240)
def test_connection_is_tried_as_typed_and_ten_people_are_shown(
    client: FlaskClient, session: Session, boss: Staff, samba: Samba
) -> None:
    part = tried(client, real(samba))
    assert part.count("bi-check-circle-fill") == 5
    assert "bi-x-circle-fill" not in part
    assert part.count("<tr>") == 11
    assert "500+" in part
    assert session.scalars(select(DirectorySource)).all() == []
    whole = client.post(f"{PAGE}/test", data=real(samba)).text
    assert "<html" in whole
    assert whole.count("bi-check-circle-fill") == 5
    assert f'value="{samba.address}"' in whole


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("values", "good", "words"),
    [
        ({"password": "wrong"}, 2, "refuses the account"),
        ({"base": "OU=Nowhere,DC=firm,DC=test"}, 3, "is not in the directory"),
        ({"ca_pem": ""}, 1, "certificate"),
        ({"certificate_name": "other.example"}, 1, "certificate"),
        ({"extra_filter": "((broken"}, 4, "ilter"),
    ],
)
def test_what_is_wrong_is_said_plainly(
    client: FlaskClient,
    session: Session,
    boss: Staff,
    samba: Samba,
    values: dict[str, str],
    good: int,
    words: str,
) -> None:
    part = tried(client, real(samba, **values))
    assert (part.count("bi-check-circle-fill"), part.count("bi-x-circle-fill")) == (good, 1), part
    assert words in part.rpartition("bi-x-circle-fill")[2]
    assert "Traceback" not in part
    assert "LDAP" not in part.rpartition("bi-x-circle-fill")[2]


@pytest.mark.timeout(240)
def test_stored_password_serves_a_test_of_its_own_server_and_account_only(
    client: FlaskClient, session: Session, boss: Staff, samba: Samba
) -> None:
    assert client.post(PAGE, data=real(samba)).status_code == 303
    assert tried(client, real(samba, password="")).count("bi-check-circle-fill") == 5
    for other in ({"host": "localhost"}, {"user": "Administrator@firm.test"}):
        part = tried(client, real(samba, password="", **other))
        assert "Write the password of this account." in part
        assert "bi-check-circle-fill" not in part


@pytest.mark.parametrize("host", ["127.0.0.1", "no such host", "ldaps://dc1", "\x00", "::1", "a" * 300])
def test_odd_servers_are_told_about_and_break_nothing(client: FlaskClient, boss: Staff, host: str) -> None:
    form = {**GOOD, "password": SECRET, "host": host, "port": "1", "timeout": "1"}
    answer = client.post(f"{PAGE}/test", data=form, headers={"HX-Request": "true"})
    assert answer.status_code in {200, 422}
    assert "bi-x-circle-fill" in answer.text or "Correct this first" in answer.text
