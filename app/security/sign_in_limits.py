"""How many failures to sign in are borne: of an account, an address, and both together (traps.md M6, M7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from app.security import second_step
from app.security.domain import plain_login
from app.security.outside_views import FROM_OUTSIDE

LONGEST = 128


def limit_sign_in(limiter: Limiter, blueprints: Iterable[Any]) -> None:
    """One allowance of failures for all doors alike; the page's and the API's blueprints are such."""
    kinds: tuple[tuple[str, str, Callable[[], str]], ...] = (
        ("sign-in", "SIGN_IN_LIMIT", pair_key),
        ("sign-in-account", "SIGN_IN_ACCOUNT_LIMIT", account_key),
        ("sign-in-address", "SIGN_IN_ADDRESS_LIMIT", get_remote_address),
    )
    for blueprint in blueprints:
        for scope, setting, key in kinds:
            limiter.shared_limit(
                current_app.config[setting],
                scope=scope,
                key_func=key,
                methods=["POST"],
                deduct_when=is_refused,
                exempt_when=comes_from_outside,
            )(blueprint)
        limiter.shared_limit(
            current_app.config["SIGN_IN_ADDRESS_LIMIT"],
            scope="sign-in-address",
            key_func=get_remote_address,
            deduct_when=is_refused,
            exempt_when=lambda: not comes_from_outside(),
        )(blueprint)


def comes_from_outside() -> bool:
    """Whether a service sends somebody back: there is no login in that yet, so only the address counts."""
    return request.endpoint in FROM_OUTSIDE


def pair_key() -> str:
    """Account and address together: behind one proxy the staff must not share one allowance (M7)."""
    return f"{get_remote_address()}|{account_key()}"


def account_key() -> str:
    """The login as typed, however it is written, or of whoever types his second code; “” where none is."""
    try:
        body = request.get_json(silent=True) if request.is_json else None
    except RecursionError:  # brackets upon brackets: refused later, as everywhere in the API
        body = None
    typed = body.get("username") if isinstance(body, dict) else request.form.get("username")
    typed = typed or second_step.waiting_login()
    return plain_login(str(typed or "")).casefold()[:LONGEST]


def is_refused(response: Any) -> bool:
    """Only failures use the allowance up; while the directory is down they answer 503."""
    return response.status_code in {401, 503}
