"""Secrets as they are kept in the database: encrypted with keys that follow from ``SECRET_KEY``."""

from __future__ import annotations

import base64
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken
from flask import current_app


def seal(text: str, purpose: str) -> str:
    """A secret as it is stored. Every purpose has a key of its own."""
    return _fernet(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, purpose: str) -> str | None:
    """The secret again; None when ``SECRET_KEY`` is not the one it was sealed with."""
    try:
        return _fernet(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def _fernet(purpose: str) -> Fernet:
    key = sha256(f"{purpose}\0{current_app.config['SECRET_KEY']}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
