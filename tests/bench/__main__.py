"""``make bench``: the tables. ``python -m tests.bench --sizes 10000,100000,1000000 --times 100``.

``python -m tests.bench joins``: only the table of the join by name (joins.py). ``… popups``: from the commit
to the pop-up (popups.py). ``… deliveries``: e-mail, SMS and fan-outs a second (deliveries.py).
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from functools import partial
from pathlib import Path

from app.extensions import db
from app.factory import create_app
from tests.bench import deliveries, joins, popups
from tests.bench.cases import PASSWORD, Case, People, cases, prepare, statements_of
from tests.bench.load import Browser, Timing, measure
from tests.bench.lookups import measure_lookups
from tests.bench.stack import cpu_clock, seed, start_web
from tests.support.databases import Place
from tests.support.servers import stop_servers

HEAD = "| case | who | p50 ms | p95 ms | CPU ms | queries | bare SQL ms | KB | aim p50 |"
RULE = "|---|---|---:|---:|---:|---:|---:|---:|---:|"


def main() -> None:
    """Seed, measure, print, clean up, also when told to stop."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    parts = {"joins": joins.main, "popups": popups.main, "deliveries": deliveries.main}
    if sys.argv[1:2] and sys.argv[1] in parts:
        parts[sys.argv[1]](sys.argv[2:])
        return
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--sizes", default="10000,100000,1000000", help="tickets on PostgreSQL")
    parser.add_argument("--sqlite", default="100000", help="tickets on SQLite")
    parser.add_argument("--clients", type=int, default=1_000_000, help="clients for the look-up; 0: skip it")
    parser.add_argument("--times", type=int, default=100, help="requests per case")
    parser.add_argument("--joins", default="yes", choices=["yes", "no"], help="the join by name too")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="helpdesk-bench-"))
    place = Place(folder, 1)
    try:
        _measure_bare(place, options.times)
        for kind, sizes in (("postgres", options.sizes), ("sqlite", options.sqlite)):
            for size in filter(None, sizes.split(",")):
                _measure_size(place, kind, int(size), options.times, options.only)
        if options.clients:
            measure_lookups(place, options.clients)
    finally:
        stop_servers(folder)
    if options.joins == "yes":
        joins.main([])


def _measure_bare(place: Place, times: int) -> None:
    web = start_web(place, "sqlite://", "tests.bench.bare:app")
    clock = cpu_clock(place, web, "sqlite://")
    print(
        "\n## Bare Flask under the same server\n\n| page | p50 ms | p95 ms | CPU ms |\n|---|---:|---:|---:|"
    )
    for path in ("/hello", "/table"):
        timing = measure(partial(Browser(web.port).get, path), clock, times=times)
        print(f"| {path} | {timing.p50:.1f} | {timing.p95:.1f} | {timing.cpu:.1f} |", flush=True)
    web.stop()


def _measure_size(place: Place, kind: str, size: int, times: int, only: str) -> None:
    url = seed(place, kind, size)
    application = create_app(place.settings(url, WTF_CSRF_ENABLED=False))
    with application.app_context():
        people: People = prepare(db.session())
        db.session.remove()
    web = start_web(place, url)
    browsers: dict[str, Browser] = {}
    print(f"\n## {kind}, {size:,} tickets\n\n{HEAD}\n{RULE}")
    for case in cases(people):
        if only in case.name:
            browser = browsers.get(case.login)
            if browser is None:
                browser = browsers[case.login] = Browser(web.port)
                browser.sign_in(case.login, PASSWORD)
            timing = measure(partial(case.send, browser), cpu_clock(place, web, url), times=times)
            queries, sql = statements_of(application, case.login, case)
            print(_row(case, timing, queries, sql), flush=True)
    print(f"\nmemory of the web processes: {web.memory():.0f} MiB")
    web.stop()
    with application.app_context():
        db.engine.dispose()


def _row(case: Case, timing: Timing, queries: int, sql: float) -> str:
    who = case.login.removeprefix("bench-")
    return (
        f"| {case.name} | {who} | {timing.p50:.1f} | {timing.p95:.1f} | {timing.cpu:.1f} | {queries} "
        f"| {sql:.1f} | {timing.size / 1024:.0f} | {case.aim:.0f} |"
    )


if __name__ == "__main__":
    main()
