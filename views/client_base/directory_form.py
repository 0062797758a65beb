"""The form of the directory: what is stored as fields, what was sent as values, and the fields' names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from flask_babel import lazy_gettext

from app.services.directory_source import FLAGS, MAPPED, TEXTS
from models import DirectorySource
from views.call_form import read_id

NUMBERS = ("port", "page_size", "timeout")
SCHEDULE = ("hour", "brake_percent")
# of each field its name on the page, in the order of the page
LABELS = {
    "host": lazy_gettext("Server"),
    "security": lazy_gettext("Protection of the way"),
    "port": lazy_gettext("Port"),
    "user": lazy_gettext("Account"),
    "password": lazy_gettext("Password"),
    "base": lazy_gettext("Base"),
    "ca_pem": lazy_gettext("The organisation's own certificate authority"),
    "certificate_name": lazy_gettext("Name in the certificate"),
    "group": lazy_gettext("Only members of this group"),
    "extra_filter": lazy_gettext("Further filter"),
    "unit_attribute": lazy_gettext("Unit"),
    "unit_from_ou": lazy_gettext("Where that is empty, take the organisational unit (OU)"),
    "attribute_login": lazy_gettext("Login"),
    "attribute_full_name": lazy_gettext("Full name"),
    "attribute_email": lazy_gettext("E-mail"),
    "attribute_phones": lazy_gettext("Phones"),
    "attribute_room": lazy_gettext("Room"),
    "attribute_job_title": lazy_gettext("Job title"),
    "page_size": lazy_gettext("Entries in one answer"),
    "timeout": lazy_gettext("Seconds to wait for an answer"),
    "use_dirsync": lazy_gettext("Ask for changes by DirSync"),
    "is_on": lazy_gettext("Read the directory every night"),
    "hour": lazy_gettext("Hour"),
    "brake_percent": lazy_gettext("Brake, percent"),
}
# what is read where a field is left empty; phones are taken from all of them
USUAL = {
    "login": "sAMAccountName",
    "full_name": "displayName, cn",
    "email": "mail",
    "phones": "telephoneNumber, mobile, ipPhone",
    "room": "physicalDeliveryOfficeName",
    "job_title": "title",
}


def stored_fields(source: DirectorySource) -> dict[str, str]:
    """The stored settings as the form holds them; never the password."""
    kept = source.settings
    mapped = kept.get("attributes") or {}
    return {
        **{name: str(kept.get(name) or "") for name in TEXTS},
        **{name: "1" if kept.get(name) else "" for name in FLAGS},
        **{f"attribute_{name}": str(mapped.get(name) or "") for name in MAPPED},
        **{name: str(kept.get(name) or "").removesuffix(".0") for name in NUMBERS},
        "security": str(kept.get("security") or "ldaps"),
        "is_on": "1" if source.is_on else "",
        "hour": str(source.hour),
        "brake_percent": str(source.brake_percent),
    }


def sent_fields() -> dict[str, str]:
    """The form as it was sent, without the password."""
    return {name: request.form.get(name, "") for name in LABELS if name != "password"}


def as_values(fields: Mapping[str, str]) -> dict[str, Any]:
    """The fields as the service takes them."""
    return {
        **{name: fields[name] for name in (*TEXTS, *NUMBERS, "security")},
        **{name: fields[name] == "1" for name in FLAGS},
        "attributes": {name: fields[f"attribute_{name}"] for name in MAPPED},
    }


def number_of(text: str) -> int:
    """A number of the schedule; what is none is -1, which the service refuses."""
    number = read_id(text)
    return 0 if text.strip() == "0" else number or -1


def error_links(errors: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Errors as the summary over the form takes them, in the order of the page."""
    ordered = sorted(errors.items(), key=lambda pair: list(LABELS).index(pair[0]))
    return {name: (str(LABELS[name]), text) for name, text in ordered}
