"""What a WSGI server serves: ``gunicorn -k gthread --threads 100 app.wsgi:app``."""

from __future__ import annotations

from app.factory import create_app

app = create_app()
