"""The client base follows a real Active Directory."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.services.clients import update_client
from app.services.directory_source import save_source
from app.services.undo import undo_run
from import_tools.directory_sync import preview_sync, sync_directory
from models import Client, ImportRun, JournalEntry, RunChange, RunStage
from tests.support.broken_proxy import BrokenProxy, broken_proxy
from tests.support.factories import actor_of, make_department, make_ticket, make_user
from tests.support.people_ldif import Person
from tests.support.samba import PASSWORD, STAFF, Samba

pytestmark = pytest.mark.timeout(240)


class Office:
    """A unit of the directory with a few people, and the client base that reads it."""

    def __init__(self, session: Session, samba: Samba) -> None:
        self.session, self.samba = session, samba
        self.ou = samba.new_ou()
        self.boss = actor_of(session, make_user(session, administrator=True))
        self.dns = [self.hire(number) for number in range(20)]
        self.version = 0
        self.set_directory()

    def hire(self, number: int, **values: Any) -> str:
        """Somebody new; returns his DN."""
        login = f"{self.ou[3:16]}{number}".replace(" ", "").lower()
        name = values.pop("name", f"Працівник {number}")
        return self.samba.add_person(self.ou, Person(login, name, department="Каса", **values))

    def set_directory(self, **values: Any) -> None:
        """The settings, as an administrator saves them."""
        settings = self.samba.settings(base=self.ou)
        usual = {
            "host": settings.host,
            "user": settings.user,
            "base": settings.base,
            "ca_pem": settings.ca_pem,
            "unit_from_ou": True,
        }
        password = values.pop("password", PASSWORD)
        brake = values.pop("brake_percent", 10)
        source = save_source(
            self.session,
            {**usual, **values},
            password=password,
            is_on=True,
            hour=3,
            brake_percent=brake,
            version=self.version,
            actor=self.boss,
        )
        self.version = source.version
        self.session.commit()

    def sync(self, **how: Any) -> ImportRun:
        """One run; its counts are checked by the caller."""
        return sync_directory(self.session, **how)

    def client(self, dn: str) -> Client:
        """The client who is this entry."""
        guid = self.samba.guid(dn)
        return self.session.scalars(select(Client).where(Client.object_guid == guid)).one()


@pytest.fixture
def office(session: Session, samba: Samba) -> Office:
    return Office(session, samba)


def counted(run: ImportRun) -> tuple[int, int, int]:
    """(created, changed, deactivated), of an applied run."""
    assert run.stage == RunStage.APPLIED, run.problem
    return run.counts["created"], run.counts["changed"], run.counts["deactivated"]


def test_first_sync_brings_everybody_and_the_second_changes_nothing(office: Office) -> None:
    assert counted(office.sync()) == (20, 0, 0)
    client = office.client(office.dns[3])
    assert (client.full_name, client.unit and client.unit.name) == ("Працівник 3", "Каса")
    changes = select(func.count()).select_from(RunChange)
    before = office.session.scalar(changes)
    for whole in (False, True):
        run = office.sync(whole=whole)
        assert counted(run) == (0, 0, 0)
    assert office.session.scalar(changes) == before


def test_only_what_changed_is_read_and_everybody_stays_himself(office: Office) -> None:
    office.sync()
    renamed, moved, disabled, deleted = office.dns[:4]
    ids = {dn: office.client(dn).id for dn in office.dns[:4]}
    guids = {dn: office.samba.guid(dn) for dn in office.dns[:4]}
    office.set_directory(brake_percent=50)
    login = uuid4().hex[:18]
    office.samba.change(renamed, sAMAccountName=login, displayName="Нове Прізвище")
    office.samba.change(moved, department=None)
    office.samba.move(moved, office.samba.new_ou("Архів", parent=office.ou))
    office.samba.disable(disabled)
    office.samba.delete(deleted)
    newcomer = office.hire(50, name="Працівник 5")  # a namesake of number 5
    run = office.sync()
    assert counted(run) == (1, 2, 2)
    session = office.session
    session.expire_all()
    people = {dn: session.get_one(Client, number) for dn, number in ids.items()}
    assert [people[dn].object_guid for dn in ids] == [guids[dn] for dn in ids]
    assert (people[renamed].login, people[renamed].full_name) == (login, "Нове Прізвище")
    unit = people[moved].unit
    assert unit is not None
    assert unit.name == "Архів"
    assert [people[dn].is_active for dn in ids] == [True, True, False, False]
    assert office.client(newcomer).id != office.client(office.dns[5]).id

    office.samba.enable(disabled)
    assert counted(office.sync()) == (0, 1, 0)
    session.expire_all()
    assert people[disabled].is_active


def test_brake_stops_before_writing_and_waits_for_a_person(office: Office) -> None:
    office.sync()
    for dn in office.dns[:8]:  # 40 %
        office.samba.delete(dn)
    journal = office.session.scalar(select(func.count()).select_from(JournalEntry))
    run = office.sync()
    assert (run.stage, run.counts["deactivated"]) == (RunStage.WAITING, 8)
    assert len(run.details["difference"]["deactivate"]) == 8
    assert "8" in run.problem
    assert _active(office.session) == 20
    # only the stop itself is in the journal
    assert office.session.scalar(select(func.count()).select_from(JournalEntry)) == (journal or 0) + 1
    approved = office.sync(whole=True, allowed=run.details["allowed"], run_id=run.id, actor=office.boss)
    assert (approved.id, counted(approved)) == (run.id, (0, 0, 8))
    assert _active(office.session) == 12


def test_yes_to_eight_is_no_yes_to_twelve(office: Office) -> None:
    office.sync()
    for dn in office.dns[:8]:
        office.samba.delete(dn)
    run = office.sync()
    for dn in office.dns[8:12]:
        office.samba.delete(dn)
    again = office.sync(whole=True, allowed=run.details["allowed"], run_id=run.id)
    assert (again.stage, again.counts["deactivated"], _active(office.session)) == (RunStage.WAITING, 12, 20)


def test_yes_to_eight_is_no_yes_to_eight_others(office: Office) -> None:
    office.sync()
    for dn in office.dns[:8]:
        office.samba.change(dn, title="Касир")
    run = office.sync()
    for dn in office.dns[:8]:
        office.samba.change(dn, title=None)
    for dn in office.dns[8:16]:
        office.samba.delete(dn)
    again = office.sync(whole=True, allowed=run.details["allowed"], run_id=run.id)
    assert (again.stage, again.counts["deactivated"], _active(office.session)) == (RunStage.WAITING, 8, 20)


def test_leaver_keeps_his_history_and_comes_back_as_himself(office: Office) -> None:
    session = office.session
    office.sync()
    client = office.client(office.dns[0])
    author = make_user(session)
    ticket = make_ticket(session, author=author, department=make_department(session), client=client)
    elsewhere = office.samba.move(office.dns[0], office.samba.new_ou())
    assert counted(office.sync()) == (0, 0, 1)
    assert not client.is_active
    office.samba.move(elsewhere, office.ou)
    assert counted(office.sync()) == (0, 1, 0)
    assert client.is_active
    assert ticket.client_id == client.id


@pytest.mark.parametrize(
    "how", ["password", "base", "certificate", "refused", "hang", "cut", "nonsense", "empty"]
)
def test_error_is_never_an_absence(office: Office, how: str) -> None:
    office.sync()
    before = _picture(office.session)
    with broken_proxy(office.samba.address, 636) as proxy:
        match how:
            case "password":
                office.set_directory(password="wrong")
            case "base":
                office.set_directory(base=f"OU=Nowhere,{office.ou}")
            case "certificate":
                office.set_directory(ca_pem="", certificate_name="dc1.firm.test")
            case "empty":
                office.set_directory(base=office.samba.new_ou())
            case _:
                _break(proxy, how)
                office.set_directory(
                    host="127.0.0.1",
                    port=proxy.own_port,
                    certificate_name="dc1.firm.test",
                    password=PASSWORD,
                    timeout=2,
                )
        run = office.sync(whole=True)
    assert run.stage == RunStage.FAILED
    assert run.problem
    assert _picture(office.session) == before


def test_persons_word_beats_the_directory(office: Office) -> None:
    office.sync()
    client = office.client(office.dns[0])
    update_client(
        office.session, client.id, changes={"job_title": "Касир"}, version=client.version, actor=office.boss
    )
    office.samba.change(office.dns[0], title="Бухгалтер")
    office.sync()
    assert client.job_title == "Касир"


def test_login_of_a_leaver_goes_to_the_newcomer(office: Office) -> None:
    office.sync()
    leaver = office.client(office.dns[0])
    login = leaver.login
    office.samba.delete(office.dns[0])
    newcomer = office.hire(0, name="Новий Працівник")
    run = office.sync()
    assert counted(run) == (1, 0, 1)
    assert (leaver.login, office.client(newcomer).login) == (None, login)


def test_undo_takes_the_sync_back_and_the_next_one_reads_everything_again(office: Office) -> None:
    session = office.session
    office.sync()
    before = _picture(session)
    office.samba.change(office.dns[0], displayName="Інша Людина")
    office.samba.disable(office.dns[1])
    office.hire(77)
    run = office.sync()
    assert counted(run) == (1, 1, 1)
    after = _picture(session)
    undo_run(session, run.id, actor=office.boss)
    session.commit()
    assert _picture(session) == before
    assert counted(office.sync()) == (1, 1, 1)
    assert _picture(session) == after


def test_preview_writes_nothing(office: Office) -> None:
    plan = preview_sync(office.session)
    assert plan.counts["created"] == 20
    assert office.session.scalar(select(func.count()).select_from(ImportRun)) == 0


def test_two_thousand_people_come_in_one_run(office: Office) -> None:
    office.set_directory(base=STAFF)
    run = office.sync()
    assert counted(run) == (2000, 0, 0)
    inactive = select(func.count()).select_from(Client).where(Client.is_active.is_(False))
    assert office.session.scalar(inactive) == 80


def _active(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Client).where(Client.is_active.is_(True))) or 0


def _picture(session: Session) -> list[tuple[Any, ...]]:
    session.expire_all()
    query = select(Client).where(Client.is_hidden.is_(False))
    rows = [
        (c.object_guid, c.full_name, c.login, c.email, c.unit and c.unit.name, c.is_active, c.search_text)
        for c in session.scalars(query)
    ]
    return sorted(rows, key=str)


def _break(proxy: BrokenProxy, how: str) -> None:
    match how:
        case "refused":
            proxy.down()
        case "hang":
            proxy.is_hanging = True
        case "cut":
            proxy.cut_after = 4_000  # after the hand-shake, within the answer
        case "nonsense":
            proxy.speak_http()
