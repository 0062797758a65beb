"""How each person likes the ticket lists: named filters and the rows on a page."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound
from app.policy import Actor
from app.services.boxes import Box
from app.services.typed import clean_text
from models import SavedView, Staff

NAME_LENGTH = 60
QUERY_LENGTH = 500
MOST = 20


def saved_views(session: Session, *, actor: Actor) -> Sequence[SavedView]:
    """The person's saved filters, by name."""
    query = select(SavedView).where(SavedView.user_id == actor.id).order_by(SavedView.name)
    return session.scalars(query).all()


def save_view(session: Session, *, name: str, box: Box, query: str, actor: Actor) -> SavedView:
    """Keep a filter under a name; the same name again replaces it. Raises Invalid."""
    name = " ".join(clean_text(name).split())
    if not name:
        raise Invalid(fields={"name": _("Give the view a name.")})
    if len(name) > NAME_LENGTH:
        raise Invalid(fields={"name": _("Shorten to %(number)s characters.", number=NAME_LENGTH)})
    if len(query) > QUERY_LENGTH:
        raise Invalid(fields={"name": _("This filter is too long to be saved.")})
    mine = select(SavedView).where(SavedView.user_id == actor.id)
    view = session.scalars(mine.where(SavedView.name == name)).one_or_none()
    if view is None:
        _ensure_room(session, actor)
        view = SavedView(user_id=actor.id, name=name, box=box, query=query)
        try:
            with session.begin_nested():
                session.add(view)
        except IntegrityError:  # the first of two presses has just saved it
            view = session.scalars(mine.where(SavedView.name == name)).one()
    view.box, view.query = box, query
    session.flush()
    return view


def _ensure_room(session: Session, actor: Actor) -> None:
    query = select(func.count()).select_from(SavedView).where(SavedView.user_id == actor.id)
    if (session.scalar(query) or 0) >= MOST:
        raise Invalid(
            fields={"name": _("There are %(number)s views already: delete one first.", number=MOST)}
        )


def delete_view(session: Session, view_id: int, *, actor: Actor) -> SavedView:
    """Forget one's own filter and return what it was. Raises NotFound, for another's too."""
    query = select(SavedView).where(SavedView.id == view_id, SavedView.user_id == actor.id)
    view = session.scalars(query).one_or_none()
    if view is None:
        raise NotFound(_("There is no such view."))
    session.delete(view)
    session.flush()
    return view


def remember_page_size(session: Session, size: int, *, actor: Actor) -> None:
    """Show this person so many rows from now on, in every list."""
    session.execute(update(Staff).where(Staff.id == actor.id).values(page_size=size))
