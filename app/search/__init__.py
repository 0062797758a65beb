"""Finding people by whatever is known of them."""

from app.search.clients import ClientHit, Exactness, find_clients
from app.search.marks import mark_matches

__all__ = ["ClientHit", "Exactness", "find_clients", "mark_matches"]
