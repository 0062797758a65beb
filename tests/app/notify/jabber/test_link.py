"""The link to a real Jabber server: what is sent, heard and felt over it."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest
from slixmpp import JID
from slixmpp import Message as Stanza

from app.notify.channels.base import Temporary
from app.notify.jabber.hearing import MOST, Patience, heard_in
from app.notify.jabber.link import Link
from tests.support.ears import Notebook
from tests.support.prosody import DOMAIN, Prosody
from tests.support.telephone import Telephone, telephone, until


def new_key() -> str:
    return uuid4().hex


def test_worker_reads_a_cyrillic_message_under_the_deliverys_key(link: Link, phone: Telephone) -> None:
    key, started = new_key(), time.time()
    link.send(phone.jid, "Нова заявка №12: ґанок, <миша> & «їжак»\x0b\x00 👍\nдругий рядок", key=key)
    message = phone.read()
    assert message["id"] == key
    assert message["body"] == "Нова заявка №12: ґанок, <миша> & «їжак» 👍\nдругий рядок"
    assert not message["attention"]
    assert time.time() - started < 5


def test_urgent_message_asks_for_attention(link: Link, phone: Telephone) -> None:
    link.send(phone.jid, "горить", key=new_key(), is_urgent=True)
    assert phone.read()["attention"]


def test_worker_who_is_offline_reads_it_when_he_is_back(link: Link, prosody: Prosody) -> None:
    with telephone(prosody.account(), is_on=False) as phone:
        link.send(phone.jid, "поки вас не було", key=new_key())
        phone.switch_on()
        assert phone.read()["body"] == "поки вас не було"


def test_message_to_nobody_is_tried_again_and_touches_no_other(link: Link, phone: Telephone) -> None:
    with pytest.raises(Temporary, match="refused: service-unavailable") as caught:
        link.send(f"nobody@{DOMAIN}", "?", key=new_key())
    assert not caught.value.is_channel
    link.send(phone.jid, "далі", key=new_key())
    assert phone.read()["body"] == "далі"


def test_server_without_stream_management_acknowledges_by_ping(
    link: Link, phone: Telephone, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = link._client
    assert client is not None
    monkeypatch.setattr(client.plugin["xep_0198"], "enabled_out", False)
    link.send(phone.jid, "без підтверджень", key=new_key())
    assert phone.read()["body"] == "без підтверджень"
    with pytest.raises(Temporary, match="refused"):
        link.send(f"nobody@{DOMAIN}", "?", key=new_key())
    monkeypatch.undo()


def test_presence_of_staff_is_felt(link: Link, phone: Telephone, notebook: Notebook) -> None:
    until(lambda: phone.jid in notebook.there, "online")
    for show, is_there in (("away", False), ("dnd", True), ("xa", False), ("chat", True)):
        phone.show(show)
        until(lambda is_there=is_there: (phone.jid in notebook.there) is is_there, show)  # type: ignore[misc]  # bound now
    phone.switch_off()
    until(lambda: phone.jid not in notebook.there, "offline")
    phone.switch_on()
    until(lambda: phone.jid in notebook.there, "back")


def test_staff_who_asks_to_see_the_helpdesk_may_and_a_stranger_gets_no_answer(
    link: Link, prosody: Prosody, notebook: Notebook
) -> None:
    with telephone(prosody.account()) as stranger, telephone(prosody.account()) as worker:
        notebook.staff.add(worker.jid)
        stranger.befriend(link.account.jid)
        worker.befriend(link.account.jid)
        until(worker.has_a_friend, "the worker sees the helpdesk")
        stranger.write(link.account.jid, "list", number="1")
        assert stranger.hears_nothing()
        assert not stranger.has_a_friend()
        assert stranger.jid not in notebook.there


def test_worker_is_answered_under_one_id_however_often_the_stanza_comes(
    link: Link, phone: Telephone, notebook: Notebook
) -> None:
    notebook.messages.clear()
    for text in ("взяти 12", "взяти 12", "готово 12"):
        phone.write(link.account.jid, text, number="7")
    answers = [phone.read() for _turn in range(3)]
    assert [one["body"] for one in answers] == ["heard: взяти 12", "heard: взяти 12", "heard: готово 12"]
    assert answers[0]["id"] == answers[1]["id"] != answers[2]["id"]
    keys = [heard.key for heard in notebook.messages]
    assert keys[0] == keys[1] != keys[2]
    assert {heard.sender for heard in notebook.messages} == {phone.jid}


def test_message_without_an_id_is_told_apart_by_its_minute() -> None:
    def key_at(now: float, text: str = "взяти 12") -> str:
        stanza = Stanza()  # type: ignore[no-untyped-call]  # slixmpp 1.17
        stanza["from"], stanza["type"], stanza["body"] = JID("olena@jabber.test/phone"), "chat", text
        heard = heard_in(stanza, now=now)
        assert heard is not None
        return heard.key

    assert key_at(60) == key_at(119) != key_at(120)
    assert key_at(60) != key_at(60, "взяти 13")


def test_two_machines_that_answer_each_other_come_to_an_end() -> None:
    patience = Patience()
    assert [patience.allows("bot@jabber.test") for _turn in range(MOST + 2)] == [True] * MOST + [False] * 2
    assert patience.allows("olena@jabber.test")
