"""Telephone numbers as operators want them: international, digits only behind a plus (E.164)."""

from __future__ import annotations

import phonenumbers

_MOBILE = frozenset(
    {
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
        phonenumbers.PhoneNumberType.PERSONAL_NUMBER,
    }
)


def mobile_number(text: str, region: str) -> str:
    """``+380671234567`` of ``067 123-45-67``; empty for what is no number that can get a short message.

    ``region`` is the country of numbers without a code, two letters (ISO 3166).
    """
    try:
        number = phonenumbers.parse(text.strip(), region.upper() or None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in _MOBILE:
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
