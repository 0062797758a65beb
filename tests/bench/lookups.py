"""The client look-up alone, on a client base that no organisation of ours will ever have."""

from __future__ import annotations

import time

import psycopg
from sqlalchemy import select

from app.extensions import db
from app.factory import create_app
from app.search import find_clients
from models import Client
from tests.bench.load import percentile
from tests.bench.people import fill_clients
from tests.support.databases import Place

TIMES = 40
QUERIES = ("олександр", "ів", "іван іван", "шевченко олександр", "234", "Sdfytyrj", "kovalyov", "ниженай")


def measure_lookups(place: Place, count: int) -> None:
    """Fill PostgreSQL with ``count`` clients and print p50 and p95 of one whole look-up per query."""
    url = place.new_database("postgres")
    start = time.monotonic()
    fill_clients(url, count)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    print(f"\n## look-up among {count:,} clients (filled in {time.monotonic() - start:.0f} s)\n")
    print("| query | p50 ms | p95 ms | found |\n|---|---:|---:|---:|")
    application = create_app(place.settings(url))
    with application.app_context():
        somebody = db.session.scalars(select(Client).order_by(Client.id.desc()).limit(1)).one()
        for query in (*QUERIES, somebody.full_name.split()[0], somebody.full_name, somebody.login or ""):
            _print_row(query)
        db.session.remove()
        db.engine.dispose()


def _print_row(query: str) -> None:
    samples: list[float] = []
    found = 0
    for _ in range(TIMES):
        start = time.perf_counter()
        found = len(find_clients(db.session(), query))
        samples.append((time.perf_counter() - start) * 1000)
        db.session.expunge_all()
    print(
        f"| {query} | {percentile(samples, 0.5):.1f} | {percentile(samples, 0.95):.1f} | {found} |",
        flush=True,
    )
