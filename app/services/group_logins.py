"""The logins of a group of the directory, for the white list."""

from __future__ import annotations

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.directory import DirectoryError, group_members, read_people
from app.errors import Invalid
from app.policy import Actor
from app.services.directory_source import directory_source, settings_of
from app.services.typed import clean_text
from app.services.white_list import MOST_AT_ONCE, ensure_administrator


def logins_of_group(session: Session, group_dn: str, *, actor: Actor) -> list[str]:
    """The logins of the group's enabled people, groups within it included, in small letters and in order.

    Raises Forbidden, or Invalid that says what is wrong with the directory or the group.
    """
    ensure_administrator(actor)
    dn = clean_text(group_dn)
    if not dn:
        text = _("Write the group's name, for example CN=IT,OU=Groups,DC=corp,DC=example.")
        raise Invalid(fields={"group": text})
    settings = settings_of(directory_source(session))
    try:
        members = group_members(settings, dn)
        people = read_people(settings, members) if len(members) <= MOST_AT_ONCE else ()
    except DirectoryError as error:
        raise Invalid(fields={"group": str(error)}) from error
    if len(members) > MOST_AT_ONCE:
        text = _("This group has more than %(number)s people: choose a smaller one.", number=MOST_AT_ONCE)
        raise Invalid(fields={"group": text})
    logins = sorted({person.login.lower() for person in people if not person.is_disabled})
    if not logins:
        raise Invalid(fields={"group": _("Nobody in this group can sign in to the directory.")})
    return logins
