"""A person's own messenger: any address that Apprise knows and the firm allows."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l

from app.extensions import db
from app.notify.channels.apprise_way import ensure_sent
from app.notify.channels.base import Channel, Field, FieldKind, Message, Permanent, Receipt, Settings
from app.security.sealing import seal, unseal
from models import ChannelName, OwnAddress, Staff

PURPOSE = "own-address"
# messengers with a fixed home on the Internet: an address of theirs leads nowhere else
DELIVERED = (
    "tgram, slack, discord, workflows, whatsapp, pover, pbul, signl4, webexteams, gchat, guilded, viber"
)


class OwnChannel(Channel):
    """Telegram, Teams, Mattermost and the rest, each person with addresses of his own."""

    name = ChannelName.OWN
    patience = timedelta(hours=12)
    seconds = 60
    fields = (
        Field(
            "schemes",
            _l("Allowed messengers"),
            FieldKind.AREA,
            default=DELIVERED,
            help=_l("What Apprise addresses may begin with. mmost, rocket, matrix, ntfy lead to any server."),
        ),
    )

    @staticmethod
    def address_of(person: Staff) -> str:
        """Nobody has one by himself: his addresses are rows of their own (``own:<id>``)."""
        return ""

    def send(self, message: Message) -> Receipt:
        """Send to the address whose number stands in ``message.to``."""
        address = self._address(message.to)
        if not is_allowed(address, self.settings):
            raise Permanent("this kind of messenger is not allowed")
        ensure_sent(address, title=message.subject, body=_body(message))
        return Receipt()

    def check(self) -> None:
        """There is nothing of ours to be asked: every address is somebody's own."""

    @staticmethod
    def _address(channel: str) -> str:
        number = channel.partition(":")[2]
        row = db.session.get(OwnAddress, int(number)) if number.isdigit() else None
        address = unseal(row.sealed, PURPOSE) if row is not None and row.is_on else None
        if not address:
            raise Permanent("this address is switched off or gone")
        return address


def seal_address(address: str) -> str:
    """An address as it is stored: it holds passwords."""
    return seal(address, PURPOSE)


def is_allowed(address: str, settings: Settings) -> bool:
    """Whether the firm lets people use this kind of messenger."""
    scheme, colon, _rest = address.strip().lower().partition("://")
    return bool(scheme and colon) and scheme in _words(settings.text("schemes").lower())


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _body(message: Message) -> str:
    """The text with its link, where the text does not end in it."""
    return (
        message.text if not message.url or message.url in message.text else f"{message.text}\n{message.url}"
    )
