"""A browser that has subscribed to push, and an own messenger, without either."""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

TELEGRAM = "tgram://123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr/987654321"
ENDPOINT = "https://fcm.googleapis.com/fcm/send/abc"


def browser_keys() -> tuple[str, str]:
    """(public key, secret) of a browser that has just subscribed."""
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return urlsafe_b64encode(point).rstrip(b"=").decode(), urlsafe_b64encode(os.urandom(16)).decode()
