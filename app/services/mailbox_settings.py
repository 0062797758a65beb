"""The mailbox as administrators set it: checked, sealed, journalled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import Conflict, Forbidden, Invalid
from app.events import Kind, record
from app.notify.channels.base import Field, FieldKind, Settings
from app.notify.channels.registry import open_secrets, seal_secrets
from app.notify.mail import is_address
from app.notify.mailbox.oauth import LOOPBACK, is_safe
from app.notify.mailbox.settings import FIELDS, MAILBOX, OAUTH2, SECRETS, filled
from app.policy import Actor
from app.services.rows import find_row
from app.services.typed import clean_text
from models import ChannelSetting, Department, Staff, rows_changed

LONGEST = 500
LONGEST_SECRET = 4000
# another server or account must not be given the stored secrets: they are typed anew
_WHERE_PASSWORD_GOES = ("host", "user")
_WHERE_TOKEN_GOES = ("token_url", "client_id")


def ensure_administrator(actor: Actor) -> None:
    """Raise Forbidden for everybody else."""
    if not actor.is_administrator:
        raise Forbidden(_("Only administrators may do this."))


def find_mailbox_row(session: Session) -> ChannelSetting:
    """The stored settings, or empty ones that are not stored yet (version 0)."""
    row = session.get(ChannelSetting, MAILBOX, populate_existing=True)
    return row or ChannelSetting(channel=MAILBOX, is_on=False, values={}, sealed="", version=0)


def save_mailbox(
    session: Session, typed: Mapping[str, str], *, is_on: bool, version: int, actor: Actor
) -> ChannelSetting:
    """Store what was typed over what was seen as ``version``; an empty secret keeps the stored one.

    Raises Forbidden, Invalid naming the fields, Conflict.
    """
    ensure_administrator(actor)
    row = find_mailbox_row(session)
    if row.version != version:
        raise Conflict(_("Someone was faster."), current=row.version)
    values, secrets = checked(session, row, typed)
    old = {name: row.values.get(name) for name in values if row.values.get(name) != values[name]}
    new: dict[str, Any] = {name: values[name] for name in old}
    if is_on != row.is_on:
        old["is_on"], new["is_on"] = row.is_on, is_on
    if secrets != open_secrets(row):
        new["secrets"] = "changed"  # that, and never what
    _write(session, row, {"values": values, "sealed": seal_secrets(secrets), "is_on": is_on}, version)
    record(session, Kind.MAILBOX_EDITED, actor=actor, subject=MAILBOX, old=old, new=new)
    return session.get_one(ChannelSetting, MAILBOX, populate_existing=True)


def _write(session: Session, row: ChannelSetting, values: dict[str, Any], version: int) -> None:
    late = Conflict(_("Someone was faster."), current=version)
    if version == 0:
        try:
            with session.begin_nested():
                session.add(ChannelSetting(channel=MAILBOX, version=1, **values))
        except IntegrityError:
            raise late from None
        return
    changed = session.execute(
        update(ChannelSetting)
        .where(ChannelSetting.channel == MAILBOX, ChannelSetting.version == version)
        .values(**values, version=version + 1)
        .execution_options(synchronize_session=False)
    )
    if rows_changed(changed) != 1:
        raise late


def typed_mailbox(session: Session, typed: Mapping[str, str], *, actor: Actor) -> Settings:
    """Settings made of what is typed, for a test of them. Raises Forbidden, Invalid."""
    ensure_administrator(actor)
    values, secrets = checked(session, find_mailbox_row(session), typed)
    return filled(ChannelSetting(channel=MAILBOX, values=values, sealed=seal_secrets(secrets)))


def keep_refresh_token(session: Session, token: str) -> None:
    """The token server gave a new refresh token in place of the old one. Commits."""
    row = session.scalars(
        select(ChannelSetting).where(ChannelSetting.channel == MAILBOX).with_for_update()
    ).one_or_none()
    if row is not None:
        row.sealed = seal_secrets({**open_secrets(row), "refresh_token": token})
    session.commit()


def checked(
    session: Session, row: ChannelSetting, typed: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """(values, secrets) fit to be stored. Raises Invalid naming every wrong field."""
    wrong: dict[str, str] = {}
    values: dict[str, Any] = {}
    for field in FIELDS:
        if field.name not in SECRETS:
            values[field.name] = _value(field, typed.get(field.name, ""), wrong)
    secrets = _secrets(row, values, typed)
    _check_places(session, values, wrong)
    _check_sign_in(values, secrets, wrong)
    if wrong:
        raise Invalid(fields=wrong)
    return values, secrets


def _value(field: Field, text: str, wrong: dict[str, str]) -> Any:
    if field.kind == FieldKind.FLAG:
        return text == "1"
    text = " ".join(clean_text(text).split())
    if not text and field.is_required:
        wrong[field.name] = _("Fill this in.")
    if len(text) > LONGEST:
        wrong[field.name] = _("Shorten to %(number)s characters.", number=LONGEST)
    if field.kind == FieldKind.NUMBER:
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
        number = int(field.default) if not text else number
        if number is None or not (field.least or 0) <= number <= (field.most or number):
            wrong[field.name] = _(
                "Write a number from %(least)s to %(most)s.", least=field.least, most=field.most
            )
        return number
    if field.choices and text not in {value for value, _label in field.choices}:
        wrong[field.name] = _("Choose one of the list.")
    return text


def _secrets(row: ChannelSetting, values: dict[str, Any], typed: Mapping[str, str]) -> dict[str, str]:
    """Stored secrets go nowhere else than where they were meant for."""
    stored = dict(open_secrets(row))
    for places, names in (
        (_WHERE_PASSWORD_GOES, ("password",)),
        (_WHERE_TOKEN_GOES, ("client_secret", "refresh_token")),
    ):
        if any(str(row.values.get(place) or "") != values[place] for place in places):
            for name in names:
                stored.pop(name, None)
    given = {name: typed[name].strip()[:LONGEST_SECRET] for name in SECRETS if typed.get(name, "").strip()}
    return {**stored, **given}


def _check_places(session: Session, values: dict[str, Any], wrong: dict[str, str]) -> None:
    for name, table in (("department", Department), ("author", Staff)):
        number = int(values[name]) if str(values[name]).isdigit() and len(values[name]) < 10 else 0
        found: Any = find_row(session, table, number) if number else None
        if found is None or getattr(found, "is_hidden", False):
            wrong.setdefault(name, _("Choose one of the list."))
        else:
            values[name] = number
    if values["address"] and (not is_address(values["address"]) or "+" in values["address"]):
        wrong["address"] = _("Write an address such as helpdesk@corp.example, without a plus.")
    values["address"] = values["address"].lower()
    folders = [values[name].lower() for name in ("folder", "done_folder", "failed_folder")]
    for name, folder in (("done_folder", folders[1]), ("failed_folder", folders[2])):
        if folder and folders.count(folder) > 1:
            wrong.setdefault(name, _("The three folders must differ."))


def _check_sign_in(values: dict[str, Any], secrets: dict[str, str], wrong: dict[str, str]) -> None:
    """Secrets travel encrypted, or not at all."""
    if values["protection"] == "none" and values["host"] not in LOOPBACK:
        wrong["protection"] = _("The password would travel readably: choose TLS or STARTTLS.")
    if values["sign_in"] != OAUTH2:
        if not secrets.get("password"):
            wrong["password"] = _("Type the password.")
        return
    if not is_safe(values["token_url"]):
        wrong["token_url"] = _("Write an address that begins with https://.")
    if not values["client_id"]:
        wrong["client_id"] = _("Fill this in.")
    if not secrets.get("refresh_token"):
        wrong["refresh_token"] = _("Type the refresh token.")
