"""What keeps a run short: long files begin first, and the collector of garbage looks at new objects only."""

from __future__ import annotations

import gc
from collections import Counter

import pytest

ORDINARY = 0.06  # seconds of an ordinary test
# seconds, of files that take far longer than their tests would: measure with --durations, whole seconds do
SLOW = {
    "tests/app/directory/test_directory_changes.py": 22,
    "tests/app/directory/test_directory_reading.py": 15,
    "tests/app/directory/test_directory_troubles.py": 14,
    "tests/app/test_socket_sessions.py": 8,
    "tests/app/test_sockets.py": 22,
    "tests/import_tools/book/test_kinds.py": 12,
    "tests/import_tools/book/test_tables.py": 15,
    "tests/import_tools/joining/test_aims.py": 10,
    "tests/import_tools/test_directory_sync.py": 18,
    "tests/jobs/test_client_base.py": 40,
    "tests/jobs/test_worker.py": 10,
    "tests/journeys/test_bench.py": 35,
    "tests/journeys/test_client_base.py": 20,
    "tests/journeys/test_every_page.py": 130,
    "tests/journeys/test_first_login.py": 12,
    "tests/journeys/test_import_book.py": 12,
    "tests/journeys/test_matrix.py": 25,
    "tests/journeys/test_new_ticket.py": 45,
    "tests/journeys/test_popups.py": 35,
    "tests/journeys/test_reference.py": 8,
    "tests/journeys/test_second_factor.py": 20,
    "tests/journeys/test_ticket_way.py": 15,
    "tests/security/test_broken_directory.py": 25,
    "tests/security/test_domain_sign_in.py": 35,
    "tests/security/test_group_roles.py": 14,
    "tests/test_architecture.py": 10,
    "tests/test_route_sweep.py": 60,
    "tests/test_run.py": 25,
    "tests/test_weight.py": 8,
    "tests/views/access/test_white_list_directory.py": 10,
}


def longest_first(items: list[pytest.Item]) -> None:
    """Put the files in the order in which they take long, so that no worker ends with a long one alone.

    The tests of a file keep their order. A name in :data:`SLOW` that is no longer there harms nobody.
    """
    files = [item.nodeid.partition("::")[0] for item in items]
    ordinary = Counter(files)
    seconds = {name: SLOW.get(name, count * ORDINARY) for name, count in ordinary.items()}
    first = {name: place for place, name in reversed(list(enumerate(files)))}
    items.sort(key=lambda item: _place(item.nodeid.partition("::")[0], seconds, first))


def _place(name: str, seconds: dict[str, float], first: dict[str, int]) -> tuple[float, int]:
    return -seconds[name], first[name]


def spare_the_collector() -> None:
    """Do not look through the loaded program again and again: it is there to stay, and that took a tenth."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
