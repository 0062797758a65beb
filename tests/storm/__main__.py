"""``python -m tests.storm [events] [seconds between kills] [sqlite|postgres] [seed]``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from app.factory import create_app
from tests.support.databases import Place
from tests.support.mail import mail_server
from tests.support.outage import outage
from tests.support.servers import stop_servers
from tests.support.storm import durable, storm


def main(events: int = 10_000, pause: float = 4.0, kind: str = "postgres", seed: int = 1) -> int:
    """Run one storm, say what came of it; 1 if anything was lost."""
    with tempfile.TemporaryDirectory(prefix="helpdesk-storm-") as name:
        place = Place(Path(name), 1)
        try:
            calm = create_app(place.settings(place.new_database("postgres")))
            application = create_app(place.settings(durable(place, place.new_database(kind))))
            with mail_server() as post:
                without = outage(place, calm, post, tickets=60, seconds=60)
            with mail_server() as post:
                outcome = storm(place, application, post, events=events, pause=pause, seed=seed)
        finally:
            stop_servers(Path(name))
    print(
        f"{outcome.asked} tickets on {kind}, {outcome.kills.total()} kills {dict(outcome.kills)}: "
        f"{outcome.lost} letters lost of {outcome.deliveries}, "
        f"{outcome.repeated} came twice under the same name, "
        f"{outcome.foreign} under another; {outcome.seconds:.0f} s"
    )
    print(
        f"Redis away for 60 s: the slowest page took {without.slowest:.2f} s, "
        f"everything had arrived {without.until_all:.0f} s afterwards, {without.lost} lost"
    )
    good = outcome.tickets == outcome.asked and outcome.sent == outcome.deliveries
    return 0 if good and outcome.lost == outcome.foreign == without.lost == 0 else 1


if __name__ == "__main__":
    given = sys.argv[1:]
    kinds = (int, float, str, int)
    sys.exit(main(*(kind(one) for kind, one in zip(kinds, given, strict=False))))
