"""Files on their way out: under their own name, as nothing that a browser would run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import send_file
from flask_appbuilder import expose
from werkzeug.wrappers import Response

from app.services.attachments import access_attachment
from models import Attachment
from views.base import Screen, current_actor, session

# what browsers draw without running anything; all else is only saved
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
CLOSED = "default-src 'none'; sandbox"


class AttachmentView(Screen):
    """A ticket's files, for who sees the ticket."""

    route_base = "/tickets"
    default_view = "download"
    class_permission_name = "Tickets"

    @expose("/<int:ticket_id>/attachments/<int:attachment_id>")
    def download(self, ticket_id: int, attachment_id: int) -> Any:
        """The file; a hidden ticket answers like a missing one."""
        found, path = access_attachment(session(), ticket_id, attachment_id, actor=current_actor())
        return send_attachment(found, path)


def send_attachment(attachment: Attachment, path: Path) -> Response:
    """The bytes, never guessed at by the browser and never able to run on our pages (RFC 6266)."""
    response = send_file(
        path,
        mimetype=attachment.content_type,
        as_attachment=attachment.content_type not in SHOWN,
        download_name=attachment.original_name,
        conditional=True,
        etag=attachment.sha256,
        max_age=0,
    )
    response.headers["Content-Security-Policy"] = CLOSED
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def size_words(size: int) -> str:
    """A file's size for people: ``12 KB``, ``1.4 MB``."""
    if size < 1024 * 1024:
        return f"{max(1, round(size / 1024))} KB"
    return f"{size / 1024 / 1024:.1f} MB"


def file_icon(content_type: str) -> str:
    """The icon of a kind of file."""
    kinds = {"image/": "image", "text/": "text", "audio/": "music", "video/": "play"}
    kinds |= {"application/pdf": "pdf", "application/zip": "zip"}
    found = [icon for kind, icon in kinds.items() if content_type.startswith(kind)]
    return f"file-earmark-{found[0]}" if found else "file-earmark"
