"""The matrix on screen: who opens it, what it shows, a change shown first and then made."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.events import Kind
from app.notify import popup
from models import Department, JournalEntry, Membership, Staff
from tests.support.cast import Cast, make_cast
from tests.support.factories import make_membership, make_role
from tests.support.queries import count_queries
from tests.support.signing import sign_in

NOWHERE = {"administrator", "expired_boss_a", "future_boss_a", "author", "assignee", "stranger"}
BUDGET = 12  # statements, however many people and departments


@pytest.fixture
def cast(session: Session) -> Cast:
    """The firm of tests.support.cast."""
    return make_cast(session)


@pytest.fixture
def boss(client: FlaskClient, session: Session, cast: Cast) -> FlaskClient:
    """The administrator's browser."""
    return sign_in(client, session.get_one(Staff, cast.people["administrator"]))


@pytest.fixture
def felt(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Whose open pages were told to ask anew."""
    called: list[int] = []
    monkeypatch.setattr(popup, "reconnect", called.append)
    return called


def cell(cast: Cast, who: str, where: str, role: str, was: str = "", **dates: str) -> dict[str, str]:
    """A cell as the form sends it."""
    key = f"{cast.people[who]}.{cast.departments[where]}"
    return {f"r.{key}": role, f"w.{key}": was, **{f"{name}.{key}": day for name, day in dates.items()}}


def place(session: Session, cast: Cast, who: str, where: str = "a") -> Membership | None:
    """What is stored of a cell."""
    return session.scalars(
        select(Membership).where(
            Membership.user_id == cast.people[who], Membership.department_id == cast.departments[where]
        )
    ).one_or_none()


@pytest.mark.parametrize("who", ["boss_a", "worker_a", "stranger"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/access/"),
        ("GET", "/access/cell/1/1"),
        ("POST", "/access/preview"),
        ("POST", "/access/save"),
        ("GET", "/access/roles/"),
        ("POST", "/access/roles/"),
        ("POST", "/access/roles/preview"),
        ("POST", "/access/roles/again"),
        ("POST", "/access/roles/new"),
        ("POST", "/access/roles/1/delete"),
    ],
)
def test_nobody_but_administrators_opens_it(
    client: FlaskClient, session: Session, cast: Cast, who: str, method: str, path: str
) -> None:
    sign_in(client, session.get_one(Staff, cast.people[who]))
    assert client.open(path, method=method).status_code == 403
    assert "/access/" not in client.get("/").text


def test_administrator_sees_everybody_with_his_roles(boss: FlaskClient, session: Session, cast: Cast) -> None:
    role = make_role(session, "Observer")
    worker = cell(cast, "worker_a", "a", "").popitem()[0].removeprefix("w.")
    page = boss.get("/access/")
    assert page.status_code == 200
    drawn = re.search(rf'<select[^>]*name="r\.{re.escape(worker)}".*?</select>', page.text, re.DOTALL)
    assert drawn is not None
    assert re.findall(r'value="(\w+)" selected', drawn[0]) == ["employee"]
    assert role.key in drawn[0]
    assert f'name="w.{worker}" value="employee||"' in page.text
    assert 'href="/access/"' in boss.get("/").text


def test_page_costs_the_same_however_many_people(boss: FlaskClient, session: Session, cast: Cast) -> None:
    boss.get("/access/")
    with count_queries() as sent:
        assert boss.get("/access/").status_code == 200
    assert len(sent) <= BUDGET, sent


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("show=coordinators", {"boss_a", "boss_b_worker_a"}),
        ("show=dated", {"expired_boss_a", "future_boss_a"}),
        (
            "show=nowhere",
            {"administrator", "expired_boss_a", "future_boss_a", "author", "assignee", "stranger"},
        ),
        ("q=no+such+person", set()),
        ("page=99", set()),
    ],
)
def test_people_are_narrowed_down(boss: FlaskClient, cast: Cast, query: str, names: set[str]) -> None:
    html = boss.get(f"/access/?{query}").text
    shown = {int(number) for number in re.findall(r'data-hd-cell="(\d+)\.', html)}
    assert cast.who(shown) == names


def test_person_is_found_by_his_login(boss: FlaskClient, session: Session, cast: Cast) -> None:
    person = session.get_one(Staff, cast.people["worker_a"])
    html = boss.get(f"/access/?q={person.username}").text
    assert str(person.id) in re.findall(r'data-hd-cell="(\d+)\.', html)


def test_change_is_shown_first_and_made_then(
    boss: FlaskClient, session: Session, cast: Cast, felt: list[int]
) -> None:
    sent = cell(cast, "stranger", "a", "coordinator")
    shown = boss.post("/access/preview", data=sent, headers={"X-Requested-With": "fetch"})
    assert shown.status_code == 200
    assert "will see 8 more tickets" in shown.text
    assert "among them personal ones of" in shown.text
    assert "in the archive 2 more" in shown.text
    assert "<html" not in shown.text
    assert place(session, cast, "stranger") is None
    made = boss.post("/access/save", data={**sent, "back": "q=&show=dated"})
    assert (made.status_code, made.location) == (303, "/access/?q=&show=dated")
    found = place(session, cast, "stranger")
    assert found is not None
    assert (found.role, found.valid_from, found.valid_until) == ("coordinator", None, None)
    assert felt == [cast.people["stranger"]]
    entry = session.scalars(select(JournalEntry).where(JournalEntry.kind == Kind.ACCESS_CHANGED)).one()
    assert (entry.actor_id, entry.old["role"], entry.new["role"]) == (
        cast.people["administrator"], None, "coordinator",
    )  # fmt: skip


def test_change_without_scripts_goes_over_a_page(boss: FlaskClient, session: Session, cast: Cast) -> None:
    sent = {
        **cell(cast, "stranger", "a", "employee"),
        **cell(cast, "worker_a", "a", "employee", "employee||"),
    }
    page = boss.post("/access/preview", data=sent).text
    fields = dict(re.findall(r'type="hidden" name="([rwfu]\.[\d.]+)" value="([^"]*)"', page))
    assert len(fields) == 4, "only what really changes goes on"
    boss.post("/access/save", data=fields)
    found = place(session, cast, "stranger")
    assert found is not None
    assert found.role == "employee"


def test_last_day_of_a_substitute_is_included(boss: FlaskClient, session: Session, cast: Cast) -> None:
    boss.post("/access/save", data=cell(cast, "stranger", "a", "coordinator", f="2026-11-26", u="2026-11-28"))
    found = place(session, cast, "stranger")
    assert found is not None
    assert found.valid_from is not None
    assert found.valid_until is not None
    assert found.valid_until - found.valid_from == timedelta(days=3)
    html = boss.get("/access/").text
    assert "26.11–28.11" in html
    key = f"{cast.people['stranger']}.{cast.departments['a']}"
    assert f'name="u.{key}" value="2026-11-28"' in html


def test_moment_that_was_not_touched_stays_exact(boss: FlaskClient, session: Session, cast: Cast) -> None:
    exact = datetime(2026, 12, 24, 15, 30, tzinfo=UTC)
    person = session.get_one(Staff, cast.people["stranger"])
    make_membership(session, person, session.get_one(Department, cast.departments["a"]), valid_until=exact)
    was = f"employee||{exact.isoformat()}"
    boss.post("/access/save", data=cell(cast, "stranger", "a", "coordinator", was, f="", u="2026-12-24"))
    found = place(session, cast, "stranger")
    assert found is not None
    assert (found.role, found.valid_until) == ("coordinator", exact)


def test_cell_that_changed_meanwhile_is_a_conflict(
    boss: FlaskClient, session: Session, cast: Cast, felt: list[int]
) -> None:
    sent = cell(cast, "worker_a", "a", "", "coordinator||")
    for path in ("/access/preview", "/access/save"):
        answer = boss.post(path, data=sent, headers={"X-Requested-With": "fetch"})
        assert answer.status_code == 409
        assert "Someone has changed the same cell" in answer.text
    assert place(session, cast, "worker_a") is not None
    assert felt == []


BROKEN: list[dict[str, Any]] = [
    {"r.1.1": "wizard"},
    {"r.99999999999.1": "employee"},
    {"r.4294967295.1": "employee", "w.4294967295.1": ""},
    {"r.1.1": "employee", "w.1.1": "a|b"},
    {"r.1.1": "employee", "w.1.1": "employee|2026-01-01|"},
    {"r.1.1": "employee", "f.1.1": "soon"},
    {"r.1.1": "employee", "u.1.1": "9999-12-31"},
]


@pytest.mark.parametrize("sent", BROKEN, ids=str)
@pytest.mark.parametrize("path", ["/access/preview", "/access/save"])
def test_nonsense_is_refused_or_changes_nothing(
    boss: FlaskClient, session: Session, path: str, sent: dict[str, str]
) -> None:
    before = len(session.scalars(select(Membership.id)).all())
    assert boss.post(path, data=sent).status_code in (200, 303, 409, 422)
    assert len(session.scalars(select(Membership.id)).all()) == before


def test_one_cell_has_a_page_of_its_own(boss: FlaskClient, cast: Cast) -> None:
    page = boss.get(f"/access/cell/{cast.people['worker_a']}/{cast.departments['a']}")
    assert page.status_code == 200
    assert 'value="employee" selected' in page.text
    assert boss.get(f"/access/cell/{cast.people['disabled']}/{cast.departments['a']}").status_code == 404
    assert boss.get(f"/access/cell/{cast.people['worker_a']}/987654").status_code == 404
