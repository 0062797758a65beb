"""A person's own account: password, sessions, API keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from flask_appbuilder.security.sqla.models import ApiKey
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from app.errors import Forbidden, Invalid, NotFound
from app.events import Kind, record
from app.extensions import appbuilder
from app.policy import Actor
from app.security import sessions
from app.security.api_keys import is_taken_back
from app.security.passwords import LONGEST, SHORTEST
from app.services.passwords import is_password_here, keeps_password_here, wrong_password
from app.services.typed import clean_text
from app.text import is_storable
from models import Staff, UserSession

KEY_DAYS = (30, 90, 365, 0)  # 0: until it is revoked
MOST_KEYS = 20


@dataclass(frozen=True)
class OwnKey:
    """One API key as its owner sees it."""

    uuid: str
    name: str
    created_at: datetime | None
    expires_at: datetime | None
    used_at: datetime | None
    is_live: bool


def change_password(session: Session, old: str, new: str, again: str, *, actor: Actor) -> Staff:
    """A new password: all sessions, tokens and API keys end. Raises Invalid naming the fields, Forbidden."""
    person = session.get_one(Staff, actor.id)
    if not keeps_password_here(person, actor):
        raise Forbidden(_("Your password is kept in the directory: change it there."))
    wrong: dict[str, str] = {}
    if not is_password_here(person, old, actor=actor):
        wrong["old_password"] = wrong_password()
    if not SHORTEST <= len(new) <= LONGEST or not is_storable(new):
        wrong["new_password"] = _(
            "Write from %(least)s to %(most)s characters.", least=SHORTEST, most=LONGEST
        )
    elif new.lower() in {person.username.lower(), (person.email or "").lower()}:
        wrong["new_password"] = _("A login or an address is no password: write something else.")
    elif new == old:
        wrong["new_password"] = _("This is the old password: write a new one.")
    if again != new:
        wrong["again"] = _("The two new passwords differ: write the same one twice.")
    if wrong:
        raise Invalid(fields=wrong)
    person.password = generate_password_hash(
        new, method=current_app.config.get("FAB_PASSWORD_HASH_METHOD", "scrypt")
    )
    session.flush()
    return person


def end_one(session: Session, session_id: int, *, actor: Actor) -> UserSession:
    """End one of the person's own sessions and return what it was. Raises NotFound."""
    query = select(UserSession).where(UserSession.id == session_id, UserSession.user_id == actor.id)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound(_("This session has ended already."))
    session.delete(row)
    session.flush()
    facts = {"device": row.device, "address": row.address}
    record(session, Kind.SESSIONS_ENDED, actor=actor, subject=f"user {actor.id}", old=facts)
    return row


def end_everywhere(session: Session, *, with_keys: bool, actor: Actor) -> Staff:
    """End all sessions and tokens of the person, and his API keys if he wants that."""
    person = session.get_one(Staff, actor.id)
    sessions.end_all(session, person)
    if with_keys:
        person.revoke_keys()
        session.flush()
    new = {"everywhere": True, "keys": with_keys}
    record(session, Kind.SESSIONS_ENDED, actor=actor, subject=f"user {actor.id}", new=new)
    return person


def own_keys(session: Session, person: Staff) -> Sequence[OwnKey]:
    """The person's API keys that work or have only run out; those that were revoked are gone."""
    query = select(ApiKey).where(ApiKey.user_id == person.id, ApiKey.revoked_on.is_(None), ApiKey.active)
    return [
        OwnKey(
            uuid=key.uuid,
            name=key.name,
            created_at=_aware(key.created_on),
            expires_at=_aware(key.expires_on),
            used_at=_aware(key.last_used_on),
            is_live=key.is_active,
        )
        for key in session.scalars(query.order_by(ApiKey.id.desc()))
        if not is_taken_back(key.created_on, person.keys_since)
    ]


def make_key(session: Session, name: str, days: int, *, actor: Actor) -> str:
    """A new API key, which is shown this once. Raises Invalid naming the fields."""
    person, name = session.get_one(Staff, actor.id), clean_text(name)
    wrong: dict[str, str] = {}
    if not 1 <= len(name) <= 100:
        wrong["key_name"] = _("Write a name of 1 to 100 characters, so that you know the key again.")
    if days not in KEY_DAYS:
        wrong["key_days"] = _("Choose how long the key works.")
    if not wrong and len(own_keys(session, person)) >= MOST_KEYS:
        wrong["key_name"] = _("There are %(number)s keys already: revoke one first.", number=MOST_KEYS)
    if wrong:
        raise Invalid(fields=wrong)
    # FAB compares its moments with the server's own clock without a zone
    until = datetime.now() + timedelta(days=days) if days else None  # noqa: DTZ005 - FAB's column has no zone
    record(
        session, Kind.API_KEY_MADE, actor=actor, subject=f"user {actor.id}", new={"name": name, "days": days}
    )
    made: dict[str, Any] | None = appbuilder().sm.create_api_key(person, name, expires_on=until)
    if made is None:
        raise Invalid(_("The key could not be made. Try once more."))
    return str(made["key"])


def revoke_key(session: Session, uuid: str, *, actor: Actor) -> str:
    """Revoke one of the person's own keys and return its name. Raises NotFound."""
    query = select(ApiKey).where(ApiKey.uuid == uuid, ApiKey.user_id == actor.id, ApiKey.revoked_on.is_(None))
    key = session.scalars(query).one_or_none() if is_storable(uuid) else None
    if key is None:
        raise NotFound(_("There is no such key any more."))
    key.revoked_on = datetime.now()  # noqa: DTZ005 - FAB's column has no zone
    session.flush()
    record(session, Kind.API_KEY_REVOKED, actor=actor, subject=f"user {actor.id}", old={"name": key.name})
    return str(key.name)


def _aware(moment: datetime | None) -> datetime | None:
    """FAB's moment in the server's own time as an aware one."""
    return moment.astimezone() if moment else None
