"""What is wrong with a directory is told in its kind and in words; a broken answer is never a short list."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from app.directory import (
    DirectoryError,
    DirectorySettings,
    Security,
    Stage,
    Trouble,
    read_changes,
    read_everyone,
    read_identities,
)
from app.directory import test_connection as check
from tests.support import samba as ad
from tests.support.authority import Authority
from tests.support.broken_proxy import BrokenProxy, broken_proxy
from tests.support.people_ldif import Person
from tests.support.samba import Samba
from tests.support.servers import free_port
from tests.support.slapd import Slapd

LOCAL = {"host": "127.0.0.1"}


def trouble(
    settings: DirectorySettings, read: Callable[[DirectorySettings], Any] = read_identities
) -> Trouble:
    """What kind of refusal reading ends in."""
    with pytest.raises(DirectoryError) as refused:
        read(settings)
    assert refused.value.message
    assert settings.password not in refused.value.message or not settings.password
    return refused.value.trouble


@pytest.mark.parametrize("security", [Security.LDAPS, Security.STARTTLS])
def test_certificate_is_checked_in_both_protections(samba: Samba, tmp_path: Path, security: Security) -> None:
    settings = samba.settings(security=security, extra_filter="(department=Юристи)")
    assert len(read_identities(settings)) == ad.MANY / 10
    named = replace(settings, certificate_name=ad.NAME)
    assert len(read_identities(named)) == ad.MANY / 10
    other = Authority(tmp_path, "Another Authority")
    for wrong in (replace(settings, ca_pem=""), replace(settings, ca_pem=other.pem)):
        assert trouble(wrong) is Trouble.CERTIFICATE
        assert "Authority of the tests" in check(wrong).steps[-1].message
    wrong = replace(settings, certificate_name="dc2.firm.test")
    assert trouble(wrong) is Trouble.CERTIFICATE
    assert ad.NAME in check(wrong).steps[-1].message
    assert trouble(replace(settings, ca_pem="no certificate")) is Trouble.CERTIFICATE
    # neither the account nor the base was asked for
    assert [step.stage.value for step in check(wrong).steps] == ["host", "certificate"]


def test_unprotected_password_is_refused_by_the_controller(samba: Samba) -> None:
    assert trouble(samba.settings(security=Security.PLAIN)) is Trouble.ENCRYPTION_REQUIRED


def test_names_with_a_domain_and_dns_sign_in(samba: Samba) -> None:
    for user in ("reader@firm.test", "FIRM\\reader", f"CN=reader,CN=Users,{ad.DOMAIN}"):
        assert check(samba.settings(user=user)).ok


def test_account_that_may_not_sign_in_is_told_why(samba: Samba) -> None:
    ou, password = samba.new_ou(), "Інший!Passw0rd"
    login = f"t{uuid.uuid4().hex[:10]}"
    dn = samba.add_person(ou, Person(login, "Reads"), password=password)
    settings = samba.settings(user=f"{login}@firm.test", password=password)
    assert check(settings).ok
    assert trouble(replace(settings, password="wrong")) is Trouble.PASSWORD
    assert trouble(replace(settings, user="nobody@firm.test")) is Trouble.PASSWORD
    samba.change(dn, pwdLastSet="0")
    assert trouble(settings) is Trouble.ACCOUNT
    assert "must change" in check(settings).steps[-1].message
    samba.disable(dn)
    assert trouble(settings) is Trouble.ACCOUNT
    assert "disabled" in check(settings).steps[-1].message
    samba.change(dn, userAccountControl="512", pwdLastSet="-1", accountExpires="1")
    assert trouble(settings) is Trouble.ACCOUNT
    assert "expired" in check(settings).steps[-1].message


@pytest.mark.parametrize(
    ("user", "password"), [("", "x"), ("  ", "x"), ("reader@firm.test", ""), ("a\0", "x")]
)
def test_m11_nobody_signs_in_anonymously(samba: Samba, user: str, password: str) -> None:
    # nothing listens there: it is refused before anything is sent
    settings = samba.settings(**LOCAL, port=free_port(), user=user, password=password)
    assert trouble(settings) is Trouble.PASSWORD


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"base": f"OU=Nowhere,{ad.DOMAIN}"}, Trouble.BASE),
        ({"base": "no name at all"}, Trouble.BASE),
        ({"base": "DC=another,DC=test"}, Trouble.BASE),
        ({"base": ""}, Trouble.BASE),
        ({"group": f"CN=Nobody,{ad.GROUPS}"}, Trouble.BASE),
        ({"extra_filter": "(department=IT"}, Trouble.FILTER),
        ({"extra_filter": ")(|(cn=*"}, Trouble.FILTER),
        ({"attributes": {"login": "a)(b"}}, Trouble.FILTER),
        ({"extra_filter": "(department=Nobody)"}, Trouble.EMPTY),
        ({"host": "nowhere.invalid"}, Trouble.HOST),
        ({"host": "ldaps://127.0.0.1"}, Trouble.HOST),
        ({"host": ""}, Trouble.HOST),
        ({"port": 70000}, Trouble.HOST),
        ({"page_size": 0}, Trouble.CUT),
        ({"page_size": 10**10}, Trouble.CUT),
    ],
)
def test_wrong_setting_is_told_by_reading_and_by_the_check(
    samba: Samba, more: dict[str, Any], expected: Trouble
) -> None:
    settings = samba.settings(**more)
    assert trouble(settings) is expected
    done = check(settings)
    assert (done.ok, done.trouble, done.preview) == (False, expected, ())
    assert [step.ok for step in done.steps] == [True] * (len(done.steps) - 1) + [False]


def test_place_that_may_not_be_seen_is_a_missing_right(samba: Samba) -> None:
    ou = samba.new_ou()
    inner = samba.new_ou("Hidden", parent=ou)
    samba.add_person(inner, Person(f"h{uuid.uuid4().hex[:10]}", "Hidden"))
    assert len(read_identities(samba.settings(base=ou))) == 1
    samba.forbid_reading(inner)
    for read in (read_everyone, read_identities):
        # an empty place is the same to an account that sees nothing in it
        assert trouble(samba.settings(base=ou), read) is Trouble.RIGHTS
        assert trouble(samba.settings(base=inner), read) is Trouble.RIGHTS
    assert check(samba.settings(base=ou)).steps[-1].stage is Stage.PEOPLE


def test_check_shows_ten_people(samba: Samba, slapd: Slapd) -> None:
    for server in (samba, slapd):
        done = check(server.settings())
        assert done.ok
        assert [step.ok for step in done.steps] == [True] * 5
        assert len(done.preview) == 10
        assert done.total_hint == "500+"
    assert check(samba.settings(extra_filter="(department=Юристи)")).total_hint == "200"
    assert check(slapd.settings(page_size=2000)).trouble is Trouble.CUT


def test_openldap_wants_a_dn_and_gives_nothing_to_strangers(slapd: Slapd) -> None:
    assert trouble(slapd.settings(user="reader@firm.test")) is Trouble.PASSWORD
    assert "DN" in check(slapd.settings(user="reader@firm.test")).steps[-1].message
    assert trouble(slapd.settings(password="wrong")) is Trouble.PASSWORD
    assert trouble(slapd.settings(ca_pem="")) is Trouble.CERTIFICATE
    assert trouble(slapd.settings(base="ou=Nowhere,dc=firm,dc=test")) is Trouble.BASE


def test_expired_certificate_is_named(slapd: Slapd) -> None:
    certificate, key = slapd.authority.issue("old.firm.test", "127.0.0.1", days=-1)
    with slapd.another(certificate, key) as port:
        settings = slapd.settings(port=port)
        assert trouble(settings) is Trouble.CERTIFICATE
        assert "expired" in check(settings).steps[-1].message


def test_certificate_without_the_address_is_named(slapd: Slapd) -> None:
    certificate, key = slapd.authority.issue("ldap.firm.test")
    with slapd.another(certificate, key) as port:
        settings = slapd.settings(port=port)
        assert trouble(settings) is Trouble.CERTIFICATE
        assert "is for ldap.firm.test, not for 127.0.0.1" in check(settings).steps[-1].message
        # the name alone is enough; the server is empty
        assert trouble(replace(settings, certificate_name="ldap.firm.test")) is Trouble.PASSWORD


def test_outdated_protection_is_refused(samba: Samba) -> None:
    with broken_proxy(samba.address, 636) as proxy:
        # the alert of a server that knows only TLS 1.1: fatal, protocol_version (RFC 5246, 7.2)
        proxy.answer = bytes.fromhex("15030200020246")
        assert trouble(samba.behind(proxy)) is Trouble.CERTIFICATE
        assert "outdated" in check(samba.behind(proxy)).steps[-1].message


def test_server_without_a_certificate_offers_no_starttls(slapd: Slapd) -> None:
    with slapd.another(None, None) as port:
        assert trouble(slapd.settings(port=port)) is Trouble.ENCRYPTION_REQUIRED
        assert trouble(slapd.settings(port=port, security=Security.LDAPS)) is Trouble.CERTIFICATE


def test_server_that_is_down_is_told_and_read_when_it_is_up_again(samba: Samba) -> None:
    with broken_proxy(samba.address, 636) as proxy:
        settings = samba.behind(proxy, extra_filter="(department=Юристи)")
        proxy.down()
        assert trouble(settings) is Trouble.HOST
        proxy.up()
        assert len(read_identities(settings)) == ad.MANY / 10


def test_base_that_was_moved_is_told(samba: Samba) -> None:
    ou, away = samba.new_ou(), samba.new_ou()
    samba.add_person(ou, Person(f"w{uuid.uuid4().hex[:10]}", "Within"))
    settings = samba.settings(base=ou)
    cursor = read_everyone(settings).cursor
    assert cursor is not None
    samba.move(ou, away)
    for read in (read_everyone, read_identities, partial(read_changes, cursor=cursor)):
        assert trouble(settings, read) is Trouble.BASE


@pytest.mark.parametrize("security", list(Security))
def test_silent_server_is_given_up_in_time(samba: Samba, security: Security) -> None:
    with broken_proxy(samba.address, 636) as proxy:
        proxy.is_hanging = True
        settings = samba.behind(proxy, security=security, timeout=0.5)
        began = time.monotonic()
        assert trouble(settings) is Trouble.TIMEOUT
        assert time.monotonic() - began < 1.5


class _Web(BaseHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        """Says nothing."""


@pytest.mark.parametrize("security", list(Security))
def test_web_server_is_no_directory(samba: Samba, security: Security) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Web)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        settings = samba.settings(**LOCAL, port=server.server_port, security=security, timeout=0.5)
        # a web server may go on waiting for the end of a line
        assert trouble(settings) in {Trouble.NOT_A_DIRECTORY, Trouble.TIMEOUT, Trouble.CERTIFICATE}
    finally:
        server.shutdown()
        server.server_close()
    with broken_proxy(samba.address, 636) as proxy:
        proxy.speak_http()
        settings = samba.behind(proxy, security=security, timeout=2)
        assert trouble(settings) is Trouble.NOT_A_DIRECTORY


@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
def test_answer_cut_in_the_middle_gives_nobody(samba: Samba, share: float) -> None:
    with broken_proxy(samba.address, 636) as proxy:
        settings = samba.settings(
            **LOCAL, port=proxy.own_port, extra_filter="(department=Юристи)", page_size=50
        )
        assert len(read_everyone(settings).people) == ad.MANY / 10
        proxy.cut_after = int(proxy.passed * share)
        assert trouble(settings, read_everyone) is Trouble.BROKEN
        proxy.cut_after = None
        assert len(read_everyone(settings).people) == ad.MANY / 10


@dataclass
class Breaking:
    """Breaks the way after the first page."""

    proxy: BrokenProxy
    how: Callable[[BrokenProxy], None]

    def __call__(self, count: int) -> None:
        """Called with the number of people read."""
        self.how(self.proxy)


def test_server_that_hangs_or_stops_while_reading_gives_nobody(samba: Samba) -> None:
    def hang(proxy: BrokenProxy) -> None:
        proxy.is_hanging = True

    for stop, expected in ((hang, Trouble.TIMEOUT), (BrokenProxy.down, Trouble.BROKEN)):
        with broken_proxy(samba.address, 636) as proxy:
            few = "(department=Юристи)"
            settings = samba.behind(proxy, timeout=2, extra_filter=few, page_size=50)
            cursor = read_everyone(settings).cursor
            assert cursor is not None
            with pytest.raises(DirectoryError) as broken:
                read_everyone(settings, progress=Breaking(proxy, stop))
            assert broken.value.trouble is expected
            with pytest.raises(DirectoryError):
                read_changes(settings, cursor)
