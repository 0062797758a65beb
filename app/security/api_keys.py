"""API keys: FAB's own, which also end with everything else of the person's."""

from __future__ import annotations

from datetime import datetime

from flask_appbuilder.security.sqla.apis.api_key.schema import ApiKeyPostSchema
from marshmallow import fields, validate

LONGEST_NAME, LONGEST_SCOPES = 100, 500


def is_taken_back(created_on: datetime | None, keys_since: datetime | None) -> bool:
    """Whether all keys of the person were revoked after this one was made.

    FAB writes ``created_on`` as the server's own local time without a zone.
    """
    if keys_since is None:
        return False
    return created_on is None or created_on.astimezone() <= keys_since


class KeyWish(ApiKeyPostSchema):
    """What the API is asked for; FAB's own takes a name of any length, which PostgreSQL then refuses."""

    name = fields.String(required=True, validate=validate.Length(min=1, max=LONGEST_NAME))
    scopes = fields.String(load_default=None, validate=validate.Length(max=LONGEST_SCOPES))
