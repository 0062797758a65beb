"""What a change of the roles would do, as sentences."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import ngettext

from app.services.role_preview import Forecast, RoleChange
from views.access.cells import effect_words, named
from views.access.frame import SIGHT_WORDS


def forecast_words(forecast: Forecast, departments: Mapping[int, str]) -> list[tuple[str, list[str]]]:
    """(name of a role or person, sentences without it), the roles first."""
    roles = [(_name(change, departments), role_words(change)) for change in forecast.roles]
    people = [(effect.full_name, effect_words(effect)) for effect in forecast.effects]
    return [*roles, *people]


def _name(change: RoleChange, departments: Mapping[int, str]) -> str:
    if change.department_id is None:
        return change.label
    return f"{change.label}, {departments.get(change.department_id, '')}"


def role_words(change: RoleChange) -> list[str]:
    """What becomes of the role, each sentence without its name."""
    words = [ngettext("held by %(num)d person now", "held by %(num)d people now", change.people)]
    if change.new_label:
        words.append(_("will be called “%(name)s”", name=change.new_label))
    if change.sight:
        old, new = (str(SIGHT_WORDS[one]).lower() for one in change.sight)
        words.append(_("will see: %(new)s (until now: %(old)s)", new=new, old=old))
    if change.is_chief is not None:
        words.append(
            _("will act for others, as coordinators do")
            if change.is_chief
            else _("will act for others no more")
        )
    if change.may_now:
        words.append(_("may now: %(verbs)s", verbs=named(change.may_now)))
    if change.may_no_more:
        words.append(_("may no more: %(verbs)s", verbs=named(change.may_no_more)))
    return words
