"""Clients whose account in a real Active Directory ends by its date: no change that it would tell of."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.directory import expiry
from app.directory.expiry import ticks_of
from import_tools.directory_sync import sync_directory
from models import Client
from tests.support.domain import set_directory
from tests.support.people_ldif import Person
from tests.support.samba import Samba

DATE = datetime.now(UTC) - timedelta(days=1)
pytestmark = pytest.mark.database("sqlite", reason="the directory's answer is the same for both")


def test_account_that_ends_by_its_date_leaves_without_a_change_and_comes_back_prolonged(
    session: Session, samba: Samba, monkeypatch: pytest.MonkeyPatch
) -> None:
    ou, login = samba.new_ou(), f"e{uuid.uuid4().hex[:10]}"
    ending, lasting, ended = (samba.add_person(ou, Person(f"{login}{n}", "Хтось Тут")) for n in range(3))
    samba.change(ending, accountExpires=str(ticks_of(DATE)))
    samba.change(lasting, accountExpires=str(0x7FFFFFFFFFFFFFFF))
    samba.change(ended, accountExpires="1")
    set_directory(session, samba.settings(base=ou), brake_percent=100)

    def active_after_a_sync() -> list[bool]:
        sync_directory(session)
        session.expire_all()
        query = select(Client.is_active).where(Client.login.startswith(login)).order_by(Client.login)
        return list(session.scalars(query))

    with monkeypatch.context() as patch:
        patch.setattr(expiry, "now", lambda: ticks_of(DATE - timedelta(days=1)))
        assert active_after_a_sync() == [True, True, False]
    assert active_after_a_sync() == [False, True, False]
    assert active_after_a_sync() == [False, True, False]
    samba.change(ending, accountExpires="0")
    assert active_after_a_sync() == [True, True, False]
