"""A signed-in connection to a directory server on which every answer is checked."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from ldap3 import AUTO_BIND_NONE, BASE, NONE, SUBTREE, Connection, Server

from app.directory.certificates import CheckedTls
from app.directory.failures import explained
from app.directory.settings import DirectorySettings, Security
from app.directory.troubles import (
    SUCCESS,
    DirectoryError,
    Trouble,
    bind_trouble,
    broken,
    not_whole,
    search_trouble,
)

PAGED = "1.2.840.113556.1.4.319"
ANYTHING = "(objectClass=*)"
# Active Directory may send an empty page while it looks on; without end it is a fault
MOST_EMPTY_PAGES = 1_000
MOST_ON_A_PAGE = 10_000
_HOST = re.compile(r"[^\s/@]+")


@dataclass(frozen=True)
class Entry:
    """One entry; the names of ``values`` are lower case, the values as they came."""

    dn: str
    values: Mapping[str, list[bytes]] = field(default_factory=dict)

    def first(self, name: str) -> str:
        """The first value as text, "" if there is none."""
        found = self.values.get(name.lower()) or [b""]
        return found[0].decode(errors="replace")


class Link:
    """What :func:`connect` gives. Every failure comes out as DirectoryError."""

    def __init__(self, settings: DirectorySettings) -> None:
        ensure_usable(settings)
        self.settings = settings
        self._tls = None if settings.security is Security.PLAIN else CheckedTls(settings)
        self._met = False
        self._connection = self._ask(self._prepared)

    def _prepared(self) -> Connection:
        server = Server(
            self.settings.host,
            port=self.settings.real_port,
            use_ssl=self.settings.security is Security.LDAPS,
            tls=self._tls,
            get_info=NONE,
            connect_timeout=self.settings.timeout,
        )
        return Connection(
            server,
            user=self.settings.user.strip(),
            password=self.settings.password,
            auto_bind=AUTO_BIND_NONE,
            check_names=False,
            auto_range=False,
            # filling in what is missing, ldap3 stumbles over values in ranges
            return_empty_attributes=False,
            # a server must not send our password to another one
            auto_referrals=False,
            # whole seconds only: ldap3 packs it into a C structure
            receive_timeout=math.ceil(self.settings.timeout),
        )

    def _ask(self, question: Callable[[], Any]) -> Any:
        try:
            return question()
        except DirectoryError:
            raise
        except Exception as error:  # ldap3 lets errors of any kind through when an answer is nonsense
            failure = self._tls.failure if self._tls else None
            raise explained(error, self.settings, tls=failure, met=self._met) from error

    def open(self) -> None:
        """Connect and protect the way; nothing secret is sent yet."""
        self._ask(lambda: self._connection.open(read_server_info=False))
        self._connection.socket.settimeout(self.settings.timeout)
        if self.settings.security is Security.STARTTLS:
            self._ask(self._connection.start_tls)
            self._met = True

    def bind(self) -> None:
        """Sign in. An empty name or password never gets here: that would be anonymous."""
        self._ask(self._connection.bind)
        self._met = True
        result = self._connection.result
        if result["result"] != SUCCESS or not self._connection.bound:
            raise bind_trouble(result, user=self.settings.user)

    def close(self) -> None:
        """Say goodbye if the server still listens."""
        left = self._connection.socket
        # a connection that is gone already is what was wanted
        with suppress(Exception):
            self._connection.unbind()
        if left is not None:
            # ldap3 forgets the socket of a connection that could not be opened
            left.close()

    @property
    def is_open(self) -> bool:
        """Whether another question can be asked."""
        return not self._connection.closed

    def search(self, base: str, where: str, attributes: list[str], **more: Any) -> tuple[list[Entry], Any]:
        """The entries and the result of one question. Referrals to other servers are not entries.

        Raises DirectoryError unless the server says that it succeeded.
        """
        self._ask(lambda: self._connection.search(base, where, attributes=attributes, **more))
        result = self._connection.result
        if result["type"] != "searchResDone":
            raise broken(_("The server answered something else than was asked. Nothing was changed."))
        if result["result"] != SUCCESS:
            raise search_trouble(result, base=base)
        answers = [each for each in self._connection.response or () if each["type"] == "searchResEntry"]
        return self._ask(lambda: [_entry(answer) for answer in answers]), result

    def pages(
        self, where: str, attributes: list[str], *, base: str | None = None, controls: Any = None
    ) -> Iterator[list[Entry]]:
        """Page by page below ``base`` (the settings'); every page must say whether it is the last."""
        cookie: bytes | None = None
        empty = 0
        while True:
            found, result = self.search(
                self.settings.base if base is None else base,
                where,
                attributes,
                search_scope=SUBTREE,
                controls=controls,
                paged_size=self.settings.page_size,
                paged_criticality=True,
                paged_cookie=cookie,
            )
            control = (result.get("controls") or {}).get(PAGED)
            if control is None:
                raise not_whole()
            empty = 0 if found else empty + 1
            if empty > MOST_EMPTY_PAGES:
                raise broken(_("The server sends empty pages without end. Nothing was changed."))
            yield found
            cookie = control["value"]["cookie"]
            if not cookie:
                return

    def entry(self, dn: str, attributes: list[str]) -> Entry:
        """The entry of this name. Raises DirectoryError (BASE) when there is none to see."""
        found, _result = self.search(dn, ANYTHING, attributes, search_scope=BASE)
        if len(found) != 1:
            raise search_trouble({"result": 32}, base=dn)
        return found[0]


def _entry(answer: Mapping[str, Any]) -> Entry:
    raw = answer["raw_attributes"]
    values = {name.lower(): [bytes(value) for value in raw[name] or ()] for name in raw}
    return Entry(bytes(answer["raw_dn"]).decode(errors="replace"), values)


def ensure_usable(settings: DirectorySettings) -> None:
    """Refuse before connecting what must not be sent: an empty name or password would sign in as nobody."""
    if not _HOST.fullmatch(settings.host) or settings.host.count(":") == 1:
        text = _("Type the server's name alone, without ldap://, port or spaces.")
        raise DirectoryError(Trouble.HOST, text)
    if not 1 <= settings.real_port <= 65535:
        raise DirectoryError(Trouble.HOST, _("A port is a number from 1 to 65535."))
    secret = (settings.user, settings.password)
    if not settings.user.strip() or not settings.password or any("\0" in text for text in secret):
        text = _("Type the name and the password of an account that may read the directory.")
        raise DirectoryError(Trouble.PASSWORD, text)
    if not settings.base.strip():
        text = _("Say where in the directory to look, for example OU=Staff,DC=firm,DC=local.")
        raise DirectoryError(Trouble.BASE, text)
    if not 1 <= settings.page_size <= MOST_ON_A_PAGE or settings.timeout <= 0:
        text = _("A page has 1 to %(most)s people, and the timeout is above zero.", most=MOST_ON_A_PAGE)
        raise DirectoryError(Trouble.CUT, text)


@contextmanager
def connect(settings: DirectorySettings) -> Iterator[Link]:
    """An open, protected and signed-in link. Raises DirectoryError."""
    link = Link(settings)
    try:
        link.open()
        link.bind()
        yield link
    finally:
        link.close()
