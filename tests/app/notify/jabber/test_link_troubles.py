"""Everything that may stand between us and a real Jabber server has its name, and its deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from app.notify.channels.base import Permanent, Settings, Temporary
from app.notify.channels.jabber import JabberChannel
from app.notify.jabber import client as clients
from app.notify.jabber import failures
from app.notify.jabber import link as links
from app.notify.jabber.account import Account
from app.notify.jabber.link import Link
from tests.support.authority import Authority
from tests.support.broken_proxy import broken_proxy
from tests.support.prosody import OTHER_DOMAIN, Prosody
from tests.support.servers import free_port
from tests.support.telephone import Telephone, until

_STRIPPED = (
    b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' id='1' from='jabber.test' version='1.0'"
    b" xmlns:stream='http://etherx.jabber.org/streams'><stream:features>"
    b"<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism>"
    b"<mechanism>SCRAM-SHA-1</mechanism></mechanisms></stream:features>"
)


def trouble_of(link: Link, to: str) -> str:
    with pytest.raises(Temporary) as caught:
        link.send(to, "?", key=uuid4().hex)
    return str(caught.value)


def check(account: Account) -> None:
    values = {name: getattr(account, name) for name in account.__dataclass_fields__}
    JabberChannel(Settings(values)).check()


def test_final_refusals_are_final() -> None:
    assert isinstance(failures.refusal("item-not-found"), Permanent)
    assert isinstance(failures.refusal("not-authorized"), Permanent)
    assert not isinstance(failures.refusal("recipient-unavailable"), Permanent)


@pytest.mark.parametrize("protection", ["starttls", "tls", "none"])
def test_every_protection_signs_in(prosody: Prosody, protection: str) -> None:
    port = prosody.tls_port if protection == "tls" else prosody.port
    check(prosody.account(protection=protection, port=port))


@pytest.mark.parametrize("protection", ["starttls", "tls"])
def test_certificate_of_another_authority_is_not_trusted(
    prosody: Prosody, tmp_path: Path, protection: str
) -> None:
    another = Authority(tmp_path)
    assert another.pem
    port = prosody.tls_port if protection == "tls" else prosody.port
    account = prosody.account(ca_file=str(another.certificate), protection=protection, port=port)
    with pytest.raises(Temporary, match="certificate not trusted"):
        check(account)


def test_certificate_of_another_domain_is_not_trusted(prosody: Prosody) -> None:
    with pytest.raises(Temporary, match="certificate not trusted"):
        check(prosody.account(f"bot@{OTHER_DOMAIN}"))


def test_wrong_settings_have_their_names(prosody: Prosody) -> None:
    for trouble, account in {
        "sign-in refused": prosody.account(password="another"),
        "unreachable": prosody.account(port=free_port()),
        "unreachable: unknown host": prosody.account(host="nowhere.invalid"),
        "certificate authority unreadable": prosody.account(ca_file="/nowhere.pem"),
        "no TLS there": prosody.account(protection="tls"),
        "connection broke": prosody.account(port=prosody.tls_port),
    }.items():
        with pytest.raises(Temporary, match=trouble) as caught:
            check(account)
        assert caught.value.is_channel, trouble


def test_sender_is_told_why_there_is_no_link(prosody: Prosody, link_to: Callable[[Account], Link]) -> None:
    link = link_to(prosody.account(password="another"))
    assert trouble_of(link, "olena@jabber.test") == "sign-in refused"


def test_stream_without_its_encryption_is_refused(prosody: Prosody) -> None:
    """Somebody in between takes STARTTLS out of what the server offers."""
    with broken_proxy("127.0.0.1", prosody.port) as proxy:
        proxy.answer = _STRIPPED
        with pytest.raises(Temporary, match="server offers no encryption"):
            check(prosody.account(port=proxy.own_port))


def test_link_comes_back_with_its_server(
    prosody: Prosody, phone: Telephone, link_to: Callable[[Account], Link]
) -> None:
    with broken_proxy("127.0.0.1", prosody.port) as proxy:
        link = link_to(prosody.account(port=proxy.own_port))
        link.send(phone.jid, "до", key=uuid4().hex)
        proxy.down()
        until(lambda: not link.is_up, "the link notices")
        assert trouble_of(link, phone.jid).startswith("unreachable")
        proxy.up()
        until(lambda: link.is_up, "the link is back")
        link.send(phone.jid, "після", key=uuid4().hex)
        assert [phone.read()["body"] for _turn in range(2)] == ["до", "після"]


def test_server_that_says_nothing_keeps_nobody_longer_than_the_deadline(
    prosody: Prosody,
    phone: Telephone,
    link_to: Callable[[Account], Link],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(links, "SEND_SECONDS", 1.0)
    monkeypatch.setattr(clients, "CONNECT_SECONDS", 0.8)
    with broken_proxy("127.0.0.1", prosody.port) as proxy:
        proxy.is_hanging = True
        account = prosody.account(port=proxy.own_port)
        started = time.time()
        with pytest.raises(Temporary, match="no answer in time"):
            check(account)
        link = link_to(account)
        assert trouble_of(link, phone.jid) == "no answer in time"
        proxy.is_hanging = False
        monkeypatch.undo()
        until(lambda: link.is_up, "the link is there")
        monkeypatch.setattr(links, "SEND_SECONDS", 1.0)
        proxy.is_hanging = True  # in the middle of a conversation
        assert trouble_of(link, phone.jid) == "no answer in time"
        assert time.time() - started < 20
        proxy.is_hanging = False


def test_link_that_is_closed_says_so(prosody: Prosody, link_to: Callable[[Account], Link]) -> None:
    link = link_to(prosody.account())
    link.close()
    assert trouble_of(link, "olena@jabber.test") == "connection broke"
