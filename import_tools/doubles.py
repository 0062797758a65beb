"""Clients who are written down twice, found by the machinery that joins lists."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.events import unit_of_work
from app.services.doubles import Suspicion, keep_suspicions
from import_tools.client_records import client_records
from import_tools.joining import find_twins


def search_doubles(session: Session) -> int:
    """Look through all clients and keep the likely pairs; commits. Returns how many are open."""
    people = client_records(session)
    found = (
        Suspicion(int(one), int(other), round(score * 100), tuple(evidence))
        for one, other, score, evidence in find_twins(people)
    )
    with unit_of_work(session):
        return keep_suspicions(session, found)
