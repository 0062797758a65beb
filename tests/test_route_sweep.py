"""Every address of the program × anonymous, employee, coordinator, administrator × own, hidden, missing.

The addresses are read from the program itself, so a new one is covered when it appears.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from app.extensions import db
from models import Department, Staff
from tests.support.cast import VISIBLE, Cast, canaries, make_cast, subject_of
from tests.support.factories import make_ticket
from tests.support.signing import sign_in

# numbers that stand nowhere else on a page, so that they can be taken out of it
MISSING, HIDDEN = 900_913, 700_707
SEED = "0123456789abcdef0123456789abcdef01234567"
# what stands in for an argument that is not a number
WORDS = {
    "filename": "nothing.txt",
    "path": "nothing.txt",
    "version": "v1",
    "name": "muldelete",
    "locale": "en",
}
# the only doors that are open to everybody
OPEN = ("/static/", "/login/", "/first-login/", "/health", "/favicon.ico", "/robots.txt", "/sw.js")
# for the administrator alone: who may do what, and the lists that everything refers to
CLOSED = (
    "/access/white-list/",
    "/users/list",
    "/users/show",
    "/users/add",
    "/users/edit",
    "/roles/",
    "/groups/",
    "/permissions/",
    "/viewmenus/",
    "/permissionviews/",
    "/access/groups",
    "/access/second-factor/",
    "/console/",
    "/departments/",
    "/memberships/",
    "/topics/",
    "/units/",
    "/clients-admin/",
    "/client-base/directory",
    "/notify/mailbox",
    "/notify/channels/",
    "/access/roles/",
    "/access/cell/",
    "/access/preview",
    "/access/save",
    "/notify/defaults/",
    "/notify/deliveries/",
    "/notify/statistics/",
    "/notify/texts/",
    "/api/v1/security/users/",
    "/api/v1/security/roles/",
)
FORM = {
    "version": "1",
    "body": "text",
    "subject": "text",
    "reason": "because",
    "priority": "2",
    "name": "text",
    "value": "text",
    "verb": "take",
}
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
NONCES = re.compile(
    r"data-at=\S+|\d+-\d+-\d+T[\d:.]+|nonce[-=\"']+[\w-]+|\.?[\w-]{20,}\.[\w-]{6}\.[\w-]{20,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b\d{1,2}:\d\d(:\d\d)?\b"
)
pytestmark = [
    pytest.mark.timeout(400),
    # two of FAB's own schemas share a name; apispec gives one of them another
    pytest.mark.filterwarnings("ignore:Multiple schemas resolved to the name:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*has already been added to the spec:UserWarning"),
    # FAB 5.3.0's select fields yield tuples, which WTForms 4 will refuse
    pytest.mark.filterwarnings("ignore:Yielding raw tuples:DeprecationWarning"),
]


@dataclass(frozen=True)
class Visit:
    """One request: a rule with its numbers filled in by ``kind`` (own, hidden, missing)."""

    rule: str
    method: str
    kind: str
    path: str


@dataclass
class Answer:
    """What came back, without what differs from request to request."""

    status: int
    text: str


class Sweep:
    """Sends requests as one person; what each has changed is undone before the next."""

    def __init__(self, client: FlaskClient, session: Session, cast: Cast, who: str | None) -> None:
        self.client, self.session, self.cast, self.who = client, session, cast, who
        key = client.application.config["SECRET_KEY"]
        self.token = str(URLSafeTimedSerializer(key, salt="wtf-csrf-token").dumps(SEED))
        self.cookie = self._enter()

    def _enter(self) -> str:
        """Sign in once; every request begins with this cookie, whatever the one before was given."""
        if self.who is not None:
            sign_in(self.client, self.session.get_one(Staff, self.cast.people[self.who]))
        with self.client.session_transaction() as cookie:
            cookie["csrf_token"] = SEED
        self.session.commit()
        kept = self.client.get_cookie("helpdesk")
        assert kept is not None
        return kept.value

    def send(self, visit: Visit) -> Answer:
        """The answer to a request, with numbers and nonces taken out."""
        connection: Any = db.engines[None]
        self.client.set_cookie("helpdesk", self.cookie)
        before = connection.begin_nested()
        try:
            answer = self.client.open(
                visit.path, method=visit.method, headers={"X-CSRFToken": self.token}, **self._body(visit)
            )
            text = answer.get_data(as_text=True)
        finally:
            db.session.rollback()
            before.rollback()
            db.session.expunge_all()
        number = self.number(visit.kind, visit.rule)
        return Answer(answer.status_code, NONCES.sub("~", re.sub(rf"(?<!\d){number}(?!\d)", "#", text)))

    def _body(self, visit: Visit) -> dict[str, Any]:
        if visit.method not in CHANGING:
            return {"query_string": {"per": "100", "ids": self.number(visit.kind, visit.rule)}}
        place = {"department_id": self.cast.departments["b"], "client_id": self.cast.client_id}
        if visit.path.startswith("/api/"):
            return {"json": {**place, "version": 1, "body": "text"}}
        number = self.number(visit.kind, visit.rule)
        return {"data": {**FORM, **place, "ids": number, "ids[]": number, "versions": 1, "versions[]": 1}}

    def number(self, kind: str, rule: str) -> int:
        """What stands for a number in this address."""
        if kind == "missing":
            return MISSING
        if is_of_a_ticket(rule):
            return self.cast.tickets["b_free"] if kind == "own" else HIDDEN
        return self.cast.client_id if rule.startswith(("/clients", "/api/v1/client")) else 1

    def visits(self, app: Flask) -> Iterator[Visit]:
        """All requests there are."""
        for rule in sorted(app.url_map.iter_rules(), key=str):
            kinds = ("own", "hidden", "missing") if rule.arguments else ("own",)
            for kind in kinds:
                if kind == "hidden" and not is_of_a_ticket(rule.rule):
                    continue
                values = {name: self._value(rule, name, kind) for name in rule.arguments}
                with app.test_request_context():
                    built = rule.build(values, append_unknown=False)
                assert built is not None, rule
                for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                    yield Visit(rule.rule, method, kind, built[1])

    def _value(self, rule: Rule, name: str, kind: str) -> Any:
        choices = getattr(rule._converters.get(name), "items", None)
        if choices:
            return sorted(choices)[0]
        return WORDS.get(name) or self.number(kind, rule.rule)


def is_of_a_ticket(rule: str) -> bool:
    """Whether the number in this address is a ticket's."""
    return rule.startswith(("/tickets/<int:ticket_id>", "/api/v1/ticket/<int:pk>"))


@pytest.fixture
def cast(app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """The firm of tests.support.cast and one more ticket that none of the sweep's people but the
    administrator sees; the check of tokens is on, as in production."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    cast = make_cast(session)
    author = session.get_one(Staff, cast.people["author"])
    department = session.get_one(Department, cast.departments["a"])
    hidden = subject_of("a_named")
    make_ticket(
        session,
        id=HIDDEN,
        author=author,
        department=department,
        assignee_id=cast.people["worker_a"],
        subject=hidden,
    )
    session.commit()
    return cast


def difference(one: Answer, other: Answer | None) -> list[str]:
    """The lines that are not the same."""
    lines = difflib.ndiff(one.text.splitlines(), other.text.splitlines() if other else [])
    return [line[:200] for line in lines if line[0] in "+-"][:6]


PERSONS = {
    "anonymous": None,
    "employee": "worker_b",
    "coordinator": "boss_b_worker_a",
    "administrator": "administrator",
}


@pytest.mark.parametrize("person", list(PERSONS))
def test_no_address_breaks_or_tells_what_it_must_not(
    app: Flask, client: FlaskClient, session: Session, cast: Cast, person: str
) -> None:
    who = PERSONS[person]
    sweep = Sweep(client, session, cast, who)
    faults: list[str] = []
    answers: dict[tuple[str, str, str], Answer] = {}
    for visit in sweep.visits(app):
        answer = sweep.send(visit)
        answers[visit.rule, visit.method, visit.kind] = answer
        told = canaries(answer.text) - (VISIBLE[who] if who else set())
        if answer.status >= 500:
            faults.append(f"{visit}: broke with {answer.status}")
        if told:
            faults.append(f"{visit}: tells {sorted(told)}")
        if who is None and answer.status == 200 and not visit.path.startswith(OPEN):
            faults.append(f"{visit}: open to everybody")
        if person in {"employee", "coordinator"} and visit.path.startswith(CLOSED) and answer.status == 200:
            faults.append(f"{visit}: open to every {person}")
    if who != "administrator":
        for (rule, method, kind), answer in answers.items():
            missing = answers.get((rule, method, "missing"))
            if kind == "hidden" and missing != answer:
                faults.append(
                    f"{method} {rule}: hidden {answer.status} differs: {difference(answer, missing)}"
                )
    assert len(answers) > 150
    assert not faults, "\n".join(faults)


def test_employee_opens_his_own_addresses(client: FlaskClient, session: Session, cast: Cast) -> None:
    sweep = Sweep(client, session, cast, "worker_b")
    for rule in ("/tickets/{}", "/tickets/{}/print", "/api/v1/ticket/{}", "/tickets/{}/comments"):
        path = rule.format(cast.tickets["b_free"])
        assert sweep.send(Visit(rule, "GET", "own", path)).status == 200, path
    assert (
        sweep.send(Visit("/tickets/x", "POST", "own", f"/tickets/{cast.tickets['b_free']}/move/take")).status
        < 400
    )
