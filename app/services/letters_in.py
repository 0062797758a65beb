"""What becomes of a letter: a comment, a ticket, a row of the tray, or nothing; each letter once.

The row of ``incoming`` and what the letter becomes are one transaction. Moving it out of the mailbox's folder
comes after the commit: whoever dies between the two finds the row at the next reading, and only moves it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.errors import HelpdeskError, NotFound
from app.events import Kind, record, unit_of_work
from app.notify.channels.base import Settings
from app.notify.mailbox.letter import Received
from app.policy import Actor, access_ticket
from app.services.attachment_files import remove_file
from app.services.attachments import attach
from app.services.bounces import note_report
from app.services.comments import COMMENT_LENGTH, add_comment
from app.services.letter_answers import Answer, plan_answer
from app.services.letter_people import client_of, colleague_of, is_client_address, mailbox_actor
from app.services.letter_sight import Outcome, first_sight, insert, is_known, suspicion
from app.services.letter_threads import Thread, thread_of
from app.services.letter_words import Words, words_of
from app.services.tickets import BODY_LENGTH, TicketDraft, create_ticket
from app.services.typed import clean_text
from app.workflow import can_comment
from models import (
    Client,
    Comment,
    Incoming,
    LetterStatus,
    LetterWhy,
    MailLetter,
    Ticket,
)


@dataclass(frozen=True)
class Taken:
    """What became of a letter, and the answer that its sender is to get."""

    outcome: Outcome
    answer: Answer | None = None


def take_in(session: Session, letter: Received, settings: Settings) -> Taken:
    """Decide about a letter and write it down. Commits. A letter that was dealt with before is left alone."""
    if is_known(session, letter.external_id):
        return Taken(Outcome.DUPLICATE)
    session.rollback()  # files are written without a transaction open
    outcome = first_sight(session, letter, settings)
    thread = None if outcome else thread_of(session, letter, own=settings.text("address"))
    longest = COMMENT_LENGTH if thread else BODY_LENGTH
    words = None if outcome else words_of(letter, settings, longest=longest, begins=thread is None)
    session.rollback()
    try:
        with unit_of_work(session):
            incoming = insert(session, letter.external_id, letter.sender.address)
            if incoming is None:
                taken = Taken(Outcome.DUPLICATE)
            elif words is None:
                taken = Taken(_without_words(session, letter, outcome or Outcome.AUTOMATIC))
            else:
                taken = _decide(session, letter, words, thread, settings, incoming)
            if incoming is not None:
                incoming.outcome = taken.outcome
    except BaseException:
        _forget(words)
        raise
    if taken.outcome is Outcome.DUPLICATE:
        _forget(words)
    return taken


def quarantine(
    session: Session, external_id: str, *, sender: str, subject: str, message_id: str, problem: str
) -> bool:
    """Note a letter that cannot be read in the tray; whether it was not noted before. Commits."""
    with unit_of_work(session):
        incoming = insert(session, external_id, sender)
        if incoming is None:
            return False
        incoming.outcome = Outcome.FAILED
        letter = MailLetter(
            sender=sender[:320],
            subject=_line(subject, 300),
            message_id=message_id[:300],
            status=LetterStatus.WAITING,
            why=LetterWhy.BROKEN,
            reason=problem[:300],
        )
        session.add(letter)
        session.flush()
        record(session, Kind.LETTER_FAILED, actor=None, subject=f"letter {letter.id}")
    return True


# ------------------------------------------------------------------------------- the decision


def _without_words(session: Session, letter: Received, outcome: Outcome) -> Outcome:
    if outcome is Outcome.REPORT and letter.report and note_report(session, letter.report):
        return Outcome.BOUNCE
    return outcome


def _decide(
    session: Session,
    letter: Received,
    words: Words,
    thread: Thread | None,
    settings: Settings,
    incoming: Incoming,
) -> Taken:
    why = suspicion(session, letter)
    if why is LetterWhy.NONE and thread is not None:
        why, comment = _comment(session, letter, words, thread, settings)
        if comment is not None:
            _keep(session, letter, words, ticket_id=comment.ticket_id, comment=comment)
            incoming.ticket_id = comment.ticket_id
            return Taken(Outcome.COMMENT)
    if why is LetterWhy.NONE:
        client, why = client_of(session, letter.sender.address)
        if client is not None:
            ticket = _ticket(session, client, words, settings)
            if ticket is not None:
                _keep(session, letter, words, ticket_id=ticket.id, name=client.full_name)
                incoming.ticket_id = ticket.id
                wants = settings.flag("confirm")
                answer = plan_answer(session, incoming, letter, ticket.id) if wants else None
                return Taken(Outcome.TICKET, answer)
            why = LetterWhy.REFUSED
    _keep(session, letter, words, why=why)
    return Taken(Outcome.TRAY)


def _comment(
    session: Session, letter: Received, words: Words, thread: Thread, settings: Settings
) -> tuple[LetterWhy, Comment | None]:
    """The comment that the letter becomes; without one, why it must wait, or NONE: it begins a matter."""
    ticket = session.get(Ticket, thread.ticket_id)
    if ticket is None:
        return LetterWhy.NONE, None
    is_client = is_client_address(ticket.client, letter.sender.address)
    colleague = colleague_of(session, letter.sender.address) if thread.is_proved else None
    if colleague is not None and not is_client:
        return _colleagues_comment(session, words, ticket.id, colleague)
    if not is_client and not thread.is_signed:
        return LetterWhy.NONE, None
    actor = mailbox_actor(session, settings, ticket.department_id)
    if actor is None or not can_comment(actor, ticket):
        return LetterWhy.NONE, None  # the archive is read-only: a new ticket, or the tray
    return LetterWhy.NONE, add_comment(session, ticket, words.body, actor=actor)


def _colleagues_comment(
    session: Session, words: Words, ticket_id: int, colleague: Actor
) -> tuple[LetterWhy, Comment | None]:
    """Whoever writes by e-mail may no more than on the page."""
    try:
        ticket = access_ticket(session, ticket_id, actor=colleague)
    except NotFound:
        return LetterWhy.NOT_ALLOWED, None
    if not can_comment(colleague, ticket):
        return LetterWhy.NOT_ALLOWED, None
    return LetterWhy.NONE, add_comment(session, ticket, words.body, actor=colleague)


def _ticket(session: Session, client: Client, words: Words, settings: Settings) -> Ticket | None:
    department = settings.number("department")
    actor = mailbox_actor(session, settings, department)
    return write_ticket(session, client.id, words.subject, words.body, department, actor=actor)


def write_ticket(
    session: Session, client_id: int, subject: str, body: str, department_id: int, *, actor: Actor | None
) -> Ticket | None:
    """A ticket of a letter; None when there is nobody to stand as its author, or no place for it."""
    if actor is None:
        return None
    body = body[:BODY_LENGTH]
    draft = TicketDraft(client_id=client_id, department_id=department_id, subject=subject[:200], body=body)
    try:
        with session.begin_nested():
            return create_ticket(session, draft, actor=actor)
    except HelpdeskError:
        return None


def _keep(
    session: Session,
    letter: Received,
    words: Words,
    *,
    ticket_id: int | None = None,
    comment: Comment | None = None,
    why: LetterWhy = LetterWhy.NONE,
    name: str = "",
) -> None:
    """The letter's own row, its files and the journal's line."""
    if comment is not None and is_client_address(
        session.get_one(Ticket, ticket_id).client, letter.sender.address
    ):
        name = session.get_one(Ticket, ticket_id).client.full_name
    kept = MailLetter(
        message_id=_line(letter.message_id, 300),
        sender=letter.sender.address,
        sender_name=_line(name or letter.sender.name, 200),
        subject=words.subject if ticket_id is None else "",
        text=words.body if ticket_id is None else "",
        folded=words.folded,
        status=LetterStatus.WAITING if ticket_id is None else LetterStatus.KEPT,
        why=why,
        ticket_id=ticket_id,
        comment_id=comment.id if comment else None,
    )
    session.add(kept)
    session.flush()
    comment_id = comment.id if comment else None
    attach(session, words.files, letter_id=kept.id, ticket_id=ticket_id, comment_id=comment_id)
    new = {"ticket_id": ticket_id, "comment_id": comment_id, "why": why}
    record(session, Kind.LETTER_RECEIVED, actor=None, subject=f"letter {kept.id}", new=new)


# ------------------------------------------------------------------------------------ details


def _line(text: str, longest: int) -> str:
    return " ".join(clean_text(text).split())[:longest]


def _forget(words: Words | None) -> None:
    """Files of a letter that was not kept. What a killed process leaves is swept."""
    for file in words.files if words else ():
        remove_file(file.stored_name)
