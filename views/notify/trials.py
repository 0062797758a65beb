"""What comes of a check or a test: a part of a page that asks again until the courier has answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from app.errors import Invalid
from app.services.channel_trials import Trial, outcome_of
from views.base import current_actor, is_fragment
from views.notify import channel_words as words
from views.ticket_query import number_in

SECONDS = 30  # then the page stops asking


def show_outcome(ask: Callable[[], str], *, back: str) -> Any:
    """Ask for a trial and show that it is under way, or why nobody does it; without htmx back to a page."""
    try:
        token, refusal = ask(), ""
    except Invalid as error:
        token, refusal = "", error.message
    if is_fragment():
        return draw(None, token, refusal=refusal)
    if refusal:
        flash(refusal, "danger")
        return redirect(back, 303)
    return redirect(f"/settings/outcome/{token}", 303)


def follow(token: str) -> Response:
    """The outcome so far; ``turn`` counts how often the page has asked."""
    trial = outcome_of(token, actor=current_actor())
    return draw(trial, token, turn=number_in(request.args.get("turn"), most=1000) or 0)


def draw(trial: Trial | None, token: str, *, turn: int = 0, refusal: str = "") -> Response:
    """The part of the page. Without a ``trial`` it has just been asked for."""
    html = render_template(
        "notify/outcome.html",
        trial=trial,
        token=token,
        turn=turn,
        refusal=refusal,
        is_over=turn >= SECONDS,
        words=words,
    )
    return make_response(html)
