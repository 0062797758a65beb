"""A sign-in service that is well, and somebody who may come in by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import SignInWay, Staff
from tests.support.factories import make_user
from tests.support.oidc import Service, oidc_service
from tests.support.outside import know


@pytest.fixture(scope="module")
def oidc() -> Iterator[Service]:
    """The service of all tests here."""
    with oidc_service() as service:
        yield service


@pytest.fixture
def service(
    app: Flask, client: FlaskClient, oidc: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Service:
    """Everything is well with it, the helpdesk knows it, and the visitor reads English."""
    oidc.reset()
    oidc.claims = {"sub": "s-1", "email": "olena@corp.example", "email_verified": True}
    know(app, tmp_path, monkeypatch, oidc.provider())
    client.post("/settings/language", data={"locale": "en"})
    return oidc


@pytest.fixture
def user(session: Session) -> Staff:
    """Who may come in this way."""
    return make_user(session, "olena", sign_in_way=SignInWay.OUTSIDE)
