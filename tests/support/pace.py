"""What keeps a run short: long files begin first, and the collector of garbage looks at new objects only."""

from __future__ import annotations

import gc
from collections import Counter, deque

import pytest

ORDINARY = 0.06  # seconds of an ordinary test
BROWSER = "tests/journeys/"
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
    "tests/journeys/test_every_page.py": 160,
    "tests/journeys/test_first_login.py": 12,
    "tests/journeys/test_import_book.py": 12,
    "tests/journeys/test_matrix.py": 25,
    "tests/journeys/test_new_ticket.py": 45,
    "tests/journeys/test_popups.py": 35,
    "tests/journeys/test_reference.py": 8,
    "tests/journeys/test_second_factor.py": 20,
    "tests/journeys/test_ticket_way.py": 15,
    "tests/security/test_broken_directory.py": 25,
    "tests/jobs/test_storm.py": 110,
    "tests/jobs/test_courier.py": 20,
    "tests/jobs/test_mailbox_server.py": 40,
    "tests/security/test_sign_in_timing.py": 28,
    "tests/security/test_outside_attacks.py": 12,
    "tests/app/notify/jabber/test_link_troubles.py": 12,
    "tests/journeys/test_ledger.py": 15,
    "tests/journeys/test_domain_sign_in.py": 15,
    "tests/security/test_domain_sign_in.py": 35,
    "tests/security/test_group_roles.py": 14,
    "tests/test_architecture.py": 10,
    "tests/test_route_sweep.py": 95,
    "tests/test_run.py": 25,
    "tests/test_weight.py": 8,
    "tests/views/access/test_white_list_directory.py": 10,
}


def longest_first(items: list[pytest.Item]) -> None:
    """Put the files in the order in which they take long, so that no worker ends with a long one alone.

    The tests of a file keep their order.
    """
    files = [item.nodeid.partition("::")[0] for item in items]
    ordinary = Counter(files)
    seconds = {name: SLOW.get(name, count * ORDINARY) for name, count in ordinary.items()}
    order = {name: place for place, name in enumerate(paired(seconds))}
    items.sort(key=lambda item: order[item.nodeid.partition("::")[0]])


def paired(seconds: dict[str, float]) -> list[str]:
    """The files as two workers would take them, of whom one takes those with a browser, while there are any.

    Two browsers at once leave each other no processor, and the waits of one are nobody's gain.
    """
    longest = sorted(seconds, key=lambda name: -seconds[name])
    others = deque(name for name in longest if not name.startswith(BROWSER))
    browser = deque(name for name in longest if name.startswith(BROWSER))
    busy = [0.0, 0.0]
    order: list[str] = []
    while browser or others:
        worker = busy.index(min(busy))
        mine, next_best = (browser, others) if worker == 0 else (others, browser)
        order.append((mine or next_best).popleft())
        busy[worker] += seconds[order[-1]]
    return order


def spare_the_collector() -> None:
    """Do not look through the loaded program again and again: it is there to stay, and that took a tenth."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
