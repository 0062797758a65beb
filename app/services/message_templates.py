"""The firm's own words in place of the delivered ones: kept, checked, taken back."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.events import Kind, record
from app.notify.preferences import CHOSEN_KINDS
from app.policy import Actor
from app.services.message_defaults import TEXT_CHANNELS, WITH_SUBJECT, Text, delivered_text
from app.services.message_sandbox import BadTemplate, ensure_usable, render
from app.services.message_variables import VARIABLES
from app.services.typed import clean_text
from models import MessageTemplate, rows_changed

log = logging.getLogger(__name__)
LONGEST_SUBJECT = 200


def ensure_administrator(actor: Actor) -> None:
    """Raise Forbidden for anybody else."""
    if not actor.is_administrator:
        raise Forbidden(_("Only administrators edit the texts of messages."))


def own_texts(session: Session) -> dict[tuple[str, str, str], MessageTemplate]:
    """Everything that the firm has written itself, by (kind, channel, locale)."""
    rows = session.scalars(select(MessageTemplate))
    return {(row.kind, row.channel, row.locale): row for row in rows}


def find_own(session: Session, kind: str, channel: str, locale: str) -> MessageTemplate | None:
    """The firm's own text of this message, if it has one."""
    query = select(MessageTemplate).where(
        MessageTemplate.kind == kind, MessageTemplate.channel == channel, MessageTemplate.locale == locale
    )
    return session.scalars(query).one_or_none()


def delivered(kind: str, channel: str, locale: str) -> Text:
    """The delivered text of this message in one of the languages."""
    with force_locale(locale):
        return delivered_text(kind, channel)


def ensure_known(kind: str, channel: str, locale: str) -> None:
    """Raise NotFound unless there is such a text."""
    languages = current_app.config["LANGUAGES"]
    if kind not in set(CHOSEN_KINDS) or channel not in set(TEXT_CHANNELS) or locale not in languages:
        raise NotFound(_("There is no such text."))


def checked(channel: str, text: Text) -> Text:
    """The typed text, cleaned. Raises Invalid naming the field, the line and what may be used."""
    text = Text(" ".join(clean_text(text.subject).split()), clean_text(text.body))
    wrong: dict[str, str] = {}
    if not text.body:
        wrong["body"] = _("Write a text, or go back to the delivered one.")
    if channel in WITH_SUBJECT and not text.subject:
        wrong["subject"] = _("Write a subject.")
    if len(text.subject) > LONGEST_SUBJECT:
        wrong["subject"] = _("Shorten to %(number)s characters.", number=LONGEST_SUBJECT)
    for name, source in (("subject", text.subject), ("body", text.body)):
        try:
            ensure_usable(source, VARIABLES)
            render(source, dict.fromkeys(VARIABLES, "x"))
        except BadTemplate as error:
            wrong.setdefault(name, error.message)
    if wrong:
        raise Invalid(fields=wrong)
    return text if channel in WITH_SUBJECT else Text("", text.body)


def save_text(
    session: Session, kind: str, channel: str, locale: str, text: Text, *, version: int, actor: Actor
) -> MessageTemplate:
    """Keep a text; ``version`` is the one that was read, 0 when there was none.

    Raises Forbidden, NotFound, Invalid, Conflict.
    """
    ensure_administrator(actor)
    ensure_known(kind, channel, locale)
    text = checked(channel, text)
    row = find_own(session, kind, channel, locale)
    if (row.version if row else 0) != version:
        raise _changed_meanwhile(row)
    old = {"subject": row.subject, "body": row.body} if row else {}
    if row is None:
        row = _insert(session, MessageTemplate(kind=kind, channel=channel, locale=locale, **vars(text)))
    else:
        _update(session, row, text, version)
    record(
        session,
        Kind.TEMPLATE_EDITED,
        actor=actor,
        subject=_subject(kind, channel, locale),
        old=old,
        new=vars(text),
    )
    return row


def back_to_delivered(
    session: Session, kind: str, channel: str, locale: str, *, version: int, actor: Actor
) -> None:
    """Forget the firm's own text. Raises Forbidden, NotFound, Conflict."""
    ensure_administrator(actor)
    ensure_known(kind, channel, locale)
    row = find_own(session, kind, channel, locale)
    if row is None:
        return
    old = {"subject": row.subject, "body": row.body}
    gone = session.execute(
        delete(MessageTemplate).where(MessageTemplate.id == row.id, MessageTemplate.version == version)
    )
    if rows_changed(gone) != 1:
        raise _changed_meanwhile(row)
    subject = _subject(kind, channel, locale)
    record(session, Kind.TEMPLATE_EDITED, actor=actor, subject=subject, old=old, new={})


def written(session: Session, kind: str, channel: str, locale: str, values: Mapping[str, str]) -> Text:
    """Subject and text of a message, filled in: by the firm's own template, else by the delivered one.

    A stored template that cannot be used stops nothing: the delivered one takes its place.
    """
    own = find_own(session, kind, channel, locale)
    if own is not None:
        try:
            return filled(Text(own.subject, own.body), values)
        except BadTemplate as error:
            log.error("the text %s %s %s cannot be used: %s", kind, channel, locale, error.message)
    return filled(delivered(kind, channel, locale), values)


def filled(text: Text, values: Mapping[str, str]) -> Text:
    """The template with the values in it, without blank lines that nobody needs. Raises BadTemplate."""
    subject = " ".join(render(text.subject, values).split())
    lines = [line.strip() for line in render(text.body, values).splitlines()]
    kept = [line for number, line in enumerate(lines) if line or (number and lines[number - 1])]
    return Text(subject, "\n".join(kept).strip())


def _insert(session: Session, row: MessageTemplate) -> MessageTemplate:
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise _changed_meanwhile(None) from None
    return row


def _update(session: Session, row: MessageTemplate, text: Text, version: int) -> None:
    done = session.execute(
        update(MessageTemplate)
        .where(MessageTemplate.id == row.id, MessageTemplate.version == version)
        .values(**vars(text), version=version + 1)
        .execution_options(synchronize_session=False)
    )
    if rows_changed(done) != 1:
        raise _changed_meanwhile(row)
    session.refresh(row)


def _changed_meanwhile(row: MessageTemplate | None) -> Conflict:
    return Conflict(
        _("Somebody else has changed this text meanwhile. What you typed is still here."),
        current=row.version if row else 0,
    )


def _subject(kind: str, channel: str, locale: str) -> str:
    return f"text {kind} {channel} {locale}"
