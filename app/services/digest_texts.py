"""Many news in one message: a list by ticket, each with what happened to it and where it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import current_app
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app.services.message_defaults import Text
from app.services.message_variables import moment_of
from app.services.news_words import Words
from models import ChannelName, JournalEntry, NotificationHabit, Staff, Ticket

SHOWN = 30  # groups in one message; the page of news has the rest
SHORT = 5  # tickets named in a short message


@dataclass(frozen=True)
class News:
    """One event of a digest; without a ticket it stands alone."""

    entry: JournalEntry
    ticket: Ticket | None
    words: Words


@dataclass
class Group:
    """What happened to one ticket, oldest first: a title, lines, an address."""

    title: str
    url: str
    lines: list[str] = field(default_factory=list)


def write_digest(session: Session, told: Sequence[News], *, channel: str, reader: Staff) -> tuple[Text, str]:
    """Subject and text of the message, and its HTML if it is a letter."""
    title = ngettext("%(num)s piece of news", "%(num)s pieces of news", len(told))
    groups = _groups(told, session.get(NotificationHabit, reader.id))
    if channel == ChannelName.SMS:
        names = [group.title for group in groups[:SHORT]]
        return Text(title, f"{title}: {'; '.join(names)}"), ""
    more = max(len(groups) - SHOWN, 0)
    rest = ngettext("And %(num)s more ticket.", "And %(num)s more tickets.", more) if more else ""
    base = current_app.config["PUBLIC_URL"]
    intro = _("While you were away:")
    body = "\n\n".join([intro, *(_as_text(group) for group in groups[:SHOWN]), *([rest] if rest else [])])
    html = ""
    if channel == ChannelName.EMAIL:
        html = current_app.jinja_env.get_template("letters/digest.html").render(
            subject=title,
            intro=intro,
            groups=groups[:SHOWN],
            rest=rest,
            link=f"{base}/notices/" if base else "",
            open=_("Open all news"),
        )
    return Text(title, body), html


def _groups(told: Sequence[News], habit: NotificationHabit | None) -> list[Group]:
    """By ticket, in the order of what happened to each first."""
    base = current_app.config["PUBLIC_URL"]
    groups: dict[str, Group] = {}
    for one in sorted(told, key=lambda news: news.entry.id):
        number = f"#{one.ticket.id} " if one.ticket else ""
        name = f"{number}{one.words.title}" + (f" · {one.words.line}" if one.words.line else "")
        group = groups.setdefault(
            number or f"entry {one.entry.id}", Group(name, f"{base}{one.words.url}" if base else "")
        )
        group.lines.append(f"{moment_of(one.entry.at, habit)} — {one.words.text}")
    return list(groups.values())


def _as_text(group: Group) -> str:
    lines = [group.title, *(f"• {line}" for line in group.lines), group.url]
    return "\n".join(line for line in lines if line)
