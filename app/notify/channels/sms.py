"""SMS: over a general HTTP gateway, straight to an operator (SMPP), or through Apprise."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l

from app.notify.channels.apprise_way import ensure_sent, ensure_usable
from app.notify.channels.base import Channel, Field, FieldKind, Message, Permanent, Receipt
from app.notify.jabber.presence import is_online
from app.notify.sms.gateway import Gateway, post
from app.notify.sms.numbers import mobile_number
from app.notify.sms.smpp import Operator, link_to
from app.notify.sms.text import cut, parts_of
from models import ChannelName, Staff

MOST_PARTS = 3
# of what gateways call the end of a message
ARRIVED = "delivered, DELIVRD, 1"
LOST = "undelivered, failed, rejected, expired, UNDELIV, REJECTD, EXPIRED, 2, 16"
_WAYS = (("http", _l("HTTP gateway")), ("smpp", "SMPP 3.4"), ("apprise", _l("Ready-made (Apprise address)")))
_BODIES = (("form", _l("form fields")), ("json", "JSON"), ("query", _l("in the address")))


class SmsChannel(Channel):
    """Short messages to a person's telephone, cut to a few parts, each of which costs."""

    name = ChannelName.SMS
    patience = timedelta(hours=2)
    seconds = 40
    fields = (
        Field("way", _l("Way"), FieldKind.CHOICE, default="http", choices=_WAYS),
        Field("sender", _l("Sender"), help=_l("A name of up to 11 letters, or a number.")),
        Field("region", _l("Country of numbers without a code"), default="UA", help=_l("Two letters: UA.")),
        Field("most_parts", _l("Parts at most"), FieldKind.NUMBER, default=MOST_PARTS, least=1, most=10),
        Field("price", _l("Price of a part"), FieldKind.MONEY),
        Field("cap_person", _l("Parts a day to one person"), FieldKind.NUMBER, default=30, least=0),
        Field("cap_all", _l("Parts a day in all"), FieldKind.NUMBER, default=500, least=0),
        Field("user", _l("User name")),
        Field("password", _l("Password"), FieldKind.SECRET),
        Field("token", _l("Key of the gateway"), FieldKind.SECRET),
        Field("url", _l("Address of the gateway"), help=_l("May hold {to}, {text}, {key}, {token}.")),
        Field("method", _l("Method"), FieldKind.CHOICE, "POST", choices=(("POST", "POST"), ("GET", "GET"))),
        Field("body", _l("How it is sent"), FieldKind.CHOICE, default="form", choices=_BODIES),
        Field("fields", _l("Fields"), FieldKind.AREA, help=_l("One name=value a line, such as phone={to}.")),
        Field("headers", _l("Headers"), FieldKind.AREA, help=_l("One name=value a line.")),
        Field("success", _l("A yes looks like"), help=_l("A regular expression over status and answer.")),
        Field("refusal", _l("A final no looks like"), help=_l("A regular expression; empty: none.")),
        Field("number", _l("Where its number stands"), help=_l("A regular expression with one group.")),
        Field("arrived", _l("Words for “arrived”"), default=ARRIVED, help=_l("What a receipt says then.")),
        Field("lost", _l("Words for “did not arrive”"), default=LOST, help=_l("What a receipt says then.")),
        Field("host", _l("SMPP server")),
        Field("port", _l("SMPP port"), FieldKind.NUMBER, default=2775, least=1, most=65535),
        Field("is_encrypted", _l("SMPP over TLS"), FieldKind.FLAG, default=False),
        Field("ca_file", _l("Certificate authority"), help=_l("A file on the server; empty: the system's.")),
        Field("apprise", _l("Apprise address"), FieldKind.SECRET, help=_l("With {to} for the number.")),
    )

    @staticmethod
    def address_of(person: Staff) -> str:
        """His telephone as he wrote it; whether it can get short messages is seen when one is sent."""
        return (person.phone or "").strip()

    def is_reached_otherwise(self, person: Staff) -> bool:
        """Who sits before his messenger has been told there; a short message costs."""
        return is_online(person.jabber_id)

    def send(self, message: Message) -> Receipt:
        """Cut the text, send it, count what it costs."""
        number = mobile_number(message.to, self.settings.text("region") or "UA")
        if not number:
            raise Permanent("not a mobile number")
        text = cut(message.text, self.settings.number("most_parts", MOST_PARTS))
        parts = parts_of(text)
        provider_id = self._send(number, text, message.key)
        return Receipt(provider_id=provider_id, parts=parts, cost=parts * self.settings.money("price"))

    def _send(self, number: str, text: str, key: str) -> str:
        way = self.settings.text("way")
        if way == "smpp":
            numbers = link_to(self.operator()).send(number, text)
            return numbers[-1] if numbers else ""
        if way == "apprise":
            address = self.settings.text("apprise").replace("{to}", number)
            ensure_sent(address, title="", body=text)
            return ""
        words = {"to": number, "text": text, "key": key, "sender": self.settings.text("sender")}
        secrets = {name: self.settings.text(name) for name in ("user", "password", "token")}
        return post(self._gateway(), {**words, **secrets}).provider_id

    def check(self) -> None:
        """Bind to an operator; of an HTTP gateway nothing can be asked but a message."""
        way = self.settings.text("way")
        if way == "smpp":
            link_to(self.operator()).check()
        elif way == "apprise":
            ensure_usable(self.settings.text("apprise").replace("{to}", "+380000000000"))
        elif not self.settings.text("url").startswith(("http://", "https://")):
            raise Permanent("no gateway address")

    def operator(self) -> Operator:
        """The operator of the settings."""
        settings = self.settings
        return Operator(
            host=settings.text("host"),
            port=settings.number("port", 2775),
            system_id=settings.text("user"),
            password=settings.text("password"),
            source=settings.text("sender"),
            is_encrypted=settings.flag("is_encrypted"),
            ca_file=settings.text("ca_file"),
        )

    def _gateway(self) -> Gateway:
        names = ("url", "method", "body", "fields", "headers", "success", "refusal", "number", "ca_file")
        return Gateway(**{name: self.settings.text(name) for name in names})
