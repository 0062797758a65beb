"""``flask clients undo``: what is no number of a run is told in words."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.support.factories import make_user


@pytest.mark.parametrize("number", ["9999999999", "99999999999999999999", "7"])
def test_run_that_there_cannot_be_is_told_in_words(app: Flask, session: Session, number: str) -> None:
    make_user(session, administrator=True)
    session.commit()
    answer = app.test_cli_runner().invoke(args=["clients", "undo", number])
    assert answer.exit_code == 1
    assert isinstance(answer.exception, SystemExit), answer.exception
    assert answer.output.startswith("Error: ")
