"""A person's own messengers: added, switched off and on, removed by himself; the address is never shown."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound
from app.events import Kind, record
from app.notify.channels.apprise_way import ensure_usable
from app.notify.channels.base import ChannelError, Settings
from app.notify.channels.own import OwnChannel, is_allowed, seal_address
from app.notify.channels.registry import settings_of
from app.policy import Actor
from app.services.typed import clean_text
from models import ChannelName, ChannelSetting, NotificationChoice, OwnAddress, Staff

MOST = 5
LONGEST_NAME = 60
LONGEST_ADDRESS = 1000
# of the messengers that people ask for: what an address looks like
EXAMPLES = {
    "tgram": ("Telegram", "tgram://123456789:AAbbCCdd/987654321"),
    "workflows": ("Microsoft Teams", "workflows://prod-1.westeurope.logic.azure.com/workflow/signature"),
    "mmost": ("Mattermost", "mmosts://chat.corp.example/3ccdd113474722377935511fc85d3dd4"),
    "slack": ("Slack", "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"),
    "discord": ("Discord", "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"),
}


def own_settings(session: Session) -> Settings:
    """What the firm allows."""
    return settings_of(OwnChannel, session.get(ChannelSetting, ChannelName.OWN))


def allowed_examples(settings: Settings) -> list[tuple[str, str]]:
    """(messenger, example of an address) of those that the firm allows."""
    found = []
    for name, example in EXAMPLES.values():
        if is_allowed(example, settings):
            found.append((name, example))
    return found


def own_addresses(session: Session, user_id: int) -> Sequence[OwnAddress]:
    """The person's messengers in the order in which he has added them."""
    query = select(OwnAddress).where(OwnAddress.user_id == user_id).order_by(OwnAddress.id)
    return session.scalars(query).all()


def add_address(session: Session, name: str, address: str, *, actor: Actor) -> OwnAddress:
    """Keep a new messenger, sealed. Raises Invalid naming the fields."""
    name, address = clean_text(name), address.strip()
    wrong: dict[str, str] = {}
    # a row of the person's is held, so that two requests at once do not pass the limit together
    session.scalars(select(Staff.id).where(Staff.id == actor.id).with_for_update()).one()
    if not 1 <= len(name) <= LONGEST_NAME:
        wrong["messenger_name"] = _("Write a name of 1 to 60 characters, so that you know it again.")
    elif any(one.name == name for one in own_addresses(session, actor.id)):
        wrong["messenger_name"] = _("You have a messenger of this name already: write another.")
    problem = _problem(address, own_settings(session))
    if problem:
        wrong["messenger_address"] = problem
    if not wrong and len(own_addresses(session, actor.id)) >= MOST:
        wrong["messenger_name"] = _("There are %(number)s messengers already: remove one first.", number=MOST)
    if wrong:
        raise Invalid(fields=wrong)
    row = OwnAddress(user_id=actor.id, name=name, sealed=seal_address(address), is_on=True)
    session.add(row)
    session.flush()
    _note(session, actor, new={"messenger": name})
    return row


def switch_address(session: Session, address_id: int, is_on: bool, *, actor: Actor) -> OwnAddress:
    """Switch one of the person's messengers on or off. Raises NotFound."""
    row = _access(session, address_id, actor)
    if row.is_on != is_on:
        _note(
            session,
            actor,
            old={"messenger": row.name, "is_on": row.is_on},
            new={"messenger": row.name, "is_on": is_on},
        )
        row.is_on = is_on
    return row


def remove_address(session: Session, address_id: int, *, actor: Actor) -> str:
    """Forget one of the person's messengers and what he had chosen for it; its name. Raises NotFound."""
    row = _access(session, address_id, actor)
    name = row.name
    chosen = (NotificationChoice.user_id == actor.id, NotificationChoice.channel == f"own:{row.id}")
    session.execute(delete(NotificationChoice).where(*chosen))
    session.delete(row)
    _note(session, actor, old={"messenger": name})
    return name


def _access(session: Session, address_id: int, actor: Actor) -> OwnAddress:
    row = session.get(OwnAddress, address_id)
    if row is None or row.user_id != actor.id:
        raise NotFound(_("This messenger is not on your list any more."))
    return row


def _problem(address: str, settings: Settings) -> str:
    """Why an address cannot be taken; empty when it can."""
    if not address or len(address) > LONGEST_ADDRESS or not address.isprintable():
        return str(_("Write the address of your messenger, such as tgram://bot-token/chat-number."))
    if "://" not in address:
        return str(_("The address must begin with the messenger and ://, such as tgram://."))
    if not is_allowed(address, settings):
        return str(
            _(
                "Messengers of this kind are not allowed here. Allowed: %(names)s.",
                names=", ".join(settings.text("schemes").replace(",", " ").split()),
            )
        )
    try:
        ensure_usable(address)
    except ChannelError:
        return str(_("Apprise does not know such an address: look at its beginning and its parts."))
    return ""


def _note(
    session: Session,
    actor: Actor,
    *,
    old: dict[str, object] | None = None,
    new: dict[str, object] | None = None,
) -> None:
    """Journal the name, never the address."""
    record(session, Kind.SETTINGS_EDITED, actor=actor, subject=f"user {actor.id}", old=old, new=new)
