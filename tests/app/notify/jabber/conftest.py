"""One link and one telephone for the tests of a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from app.notify.jabber.account import Account
from app.notify.jabber.link import Link
from tests.support.ears import Notebook
from tests.support.prosody import Prosody
from tests.support.telephone import Telephone, telephone


@pytest.fixture(scope="module")
def notebook() -> Notebook:
    """What the link tells."""
    return Notebook()


@pytest.fixture(scope="module")
def link(prosody: Prosody, notebook: Notebook) -> Iterator[Link]:
    """A link to an account of its own."""
    link = Link(prosody.account(), notebook)
    yield link
    link.close()


@pytest.fixture(scope="module")
def phone(prosody: Prosody, notebook: Notebook) -> Iterator[Telephone]:
    """A worker's telephone, switched on; the worker is one of the staff."""
    account = prosody.account()
    notebook.staff.add(account.jid)
    with telephone(account) as phone:
        yield phone


@pytest.fixture
def link_to() -> Iterator[Callable[[Account], Link]]:
    """Links of a test's own."""
    made: list[Link] = []

    def make(account: Account) -> Link:
        made.append(Link(account, Notebook()))
        return made[-1]

    yield make
    for one in made:
        one.close()
