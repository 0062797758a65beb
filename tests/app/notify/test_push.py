"""Browser push with a push service that really speaks the protocol: it checks our signature and decrypts."""

from __future__ import annotations

import json
import os
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.notify.channels.base import Message, Permanent, Settings, Temporary
from app.notify.channels.push import PushChannel, is_allowed_endpoint, public_key
from models import PushSubscription
from tests.support.factories import make_user


def plain(data: bytes) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class PushService:
    """One browser's maker and one browser: what arrived, opened with the browser's own key."""

    port: int = 0
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: os.urandom(16))
    shown: list[dict[str, object]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    status: int = 201

    @property
    def host(self) -> str:
        """The service with its port."""
        return f"127.0.0.1:{self.port}"

    def subscription(self, user_id: int) -> PushSubscription:
        """What the browser would tell us."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return PushSubscription(
            user_id=user_id,
            endpoint=f"http://{self.host}/push/{user_id}",
            p256dh=plain(point),
            auth=plain(self.auth),
        )


@pytest.fixture
def service() -> Iterator[PushService]:
    """A push service on a real socket."""
    service = PushService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            token = self.headers["Authorization"]
            if Vapid02.verify(token) and service.status == 201:
                opened = http_ece.decrypt(body, private_key=service.key, auth_secret=service.auth)
                service.shown.append(json.loads(opened))
                service.headers.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(service.status)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield service
    server.shutdown()
    server.server_close()


def message(to: int) -> Message:
    """News for one person."""
    return Message("k" * 32, str(to), "#5 Принтер", "Нова заявка для вас", url="https://h.example/tickets/5")


def channel(service: PushService) -> PushChannel:
    """The channel that may speak with this service."""
    return PushChannel(Settings({"contact": "it@corp.example", "hosts": service.host}))


def test_browser_opens_what_only_it_can_open(session: Session, service: PushService) -> None:
    user = make_user(session)
    session.add(service.subscription(user.id))
    session.commit()
    assert channel(service).send(message(user.id)).parts == 1
    assert service.shown == [
        {
            "title": "#5 Принтер",
            "body": "Нова заявка для вас",
            "url": "/tickets/5",
            "tag": "k" * 32,
            "urgent": False,
        }
    ]
    assert public_key() in service.headers[0]["authorization"]
    assert service.headers[0]["topic"] == "k" * 32  # a second try replaces the first


def test_browser_that_is_gone_is_forgotten(session: Session, service: PushService) -> None:
    user = make_user(session)
    session.add(service.subscription(user.id))
    session.commit()
    service.status = 410
    with pytest.raises(Permanent):
        channel(service).send(message(user.id))
    assert session.scalars(select(PushSubscription)).all() == []


def test_service_in_trouble_is_tried_again(session: Session, service: PushService) -> None:
    user = make_user(session)
    session.add(service.subscription(user.id))
    session.commit()
    service.status = 503
    with pytest.raises(Temporary):
        channel(service).send(message(user.id))
    assert len(session.scalars(select(PushSubscription)).all()) == 1


ENDPOINTS = [
    ("https://fcm.googleapis.com/fcm/send/x", True),
    ("https://db5.notify.windows.com/w", True),
    ("https://notify.windows.com.evil.example/w", False),
    ("http://fcm.googleapis.com/x", False),
    ("https://fcm.googleapis.com:8443/x", False),
    ("https://user@127.0.0.1/x", False),
    ("https://169.254.169.254/latest", False),
    ("file:///etc/passwd", False),
    ("https://[broken", False),
]


@pytest.mark.parametrize(("endpoint", "allowed"), ENDPOINTS)
def test_staff_name_no_servers_but_push_services(endpoint: str, allowed: bool) -> None:
    settings = Settings({"hosts": PushChannel.fields[1].default})
    assert is_allowed_endpoint(endpoint, settings) is allowed


def test_public_key_is_a_point_of_the_curve(session: Session) -> None:
    key = public_key()
    point = urlsafe_b64decode(key + "=" * (-len(key) % 4))
    assert (len(point), point[0]) == (65, 4)
    assert public_key() == key
