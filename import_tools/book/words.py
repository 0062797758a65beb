"""What a row with nothing but a name is: a section, a person, or the second half of one."""

from __future__ import annotations

import re

_SECTIONS = re.compile(
    r"\b(?:відділ|отдел|бухгалтер|канцеляр|дирекц|департамент|управлін|управлен|служб|сектор|цех|кафедр|факультет|"
    r"лаборатор|група|группа|центр|склад\b|адміністрац|администрац|приймальн|при[её]мная|охорон|охрана|вахта|чергов[ийаі]+\b|"
    r"дежурн|факс|інститут|институт|бібліотек|библиотек|архів\b|архив\b|деканат|ректорат|профком|їдальн|столов|гараж|"
    r"дільниц|участок|бюро|філія|філії|филиал|підрозділ|подразделен|керівництв|руководств|секретаріат|секретариат|"
    r"диспетчер|каса\b|касса\b|реєстратур|регистратур|department|division|office|accounting|section|unit\b|team\b|sales|support|"
    r"reception|management|finance|resources|legal)",
    re.IGNORECASE,
)
_PATRONYMIC = re.compile(
    r"\w+(?:ович|евич|йович|ьович|івна|ївна|овна|евна|інічна|ична|огли|оглы|кизи)|ілліч|ильич|кузьмич|лукич",
    re.I,
)
_SURNAME = re.compile(
    r"[\w'’`ʼ-]+(?:енко|єнко|ук|юк|ко|ський|цький|зький|ська|цька|зька|ский|ская|цкий|цкая|ов|ова|ев|ева|єв|єва|їв|ін|іна|ин|ина|ич|"
    r"ець|як|ян|дзе|швілі)",
    re.IGNORECASE,
)
_INITIALS = re.compile(r"(?:[^\W\d_]\.\s?){1,2}|[^\W\d_]{1,2}\.")
_GENERIC = re.compile(
    r"(?:sheet|лист|аркуш|worksheet|table|таблиц\w*|книга|book)\s*\d*|.*(?:довідник|справочник|телефон|phone|directory|contact|"
    r"контакт|список|абонент|співробітник|сотрудник).*",
    re.IGNORECASE | re.DOTALL,
)


def is_section_name(text: str) -> bool:
    """Whether the text speaks of a part of an organisation or a place of duty."""
    return bool(_SECTIONS.search(text))


def is_generic_title(text: str) -> bool:
    """Whether a sheet or a heading is named after what it is, not after whom it lists."""
    return bool(_GENERIC.fullmatch(text.strip()))


def is_book_title(text: str) -> bool:
    """Whether a row is the title of the whole book."""
    return bool(re.search(r"довідник|справочник|directory|phone ?book", text, re.IGNORECASE))


def is_surname(text: str) -> bool:
    """One word that ends like a surname and is no section."""
    return bool(_SURNAME.fullmatch(text)) and not is_section_name(text)


def continues_name(name: str, text: str) -> bool:
    """Whether ``text`` is what ``name`` lacks: “Іваненко”, “Іван Петрович”."""
    if is_section_name(name) or is_section_name(text):
        return False
    have, more = name.split(), text.split()
    if len(have) == 1:
        return _INITIALS.fullmatch(text) is not None or (len(more) == 2 and _is_patronymic(more[1]))
    return (
        len(have) == 2
        and not _is_patronymic(have[1])
        and "." not in name
        and len(more) == 1
        and _is_patronymic(text)
    )


def is_full_name(text: str) -> bool:
    """A surname with initials, or a name that ends in a patronymic."""
    parts = text.split()
    if is_section_name(text) or len(parts) < 2:
        return False
    rest = " ".join(parts[1:])
    return _INITIALS.fullmatch(rest) is not None or (len(parts) > 2 and _is_patronymic(parts[-1]))


def is_surely_section(text: str) -> bool:
    """A section by its words, or by a small letter where a person's name has none."""
    if is_section_name(text):
        return True
    parts = text.split()
    return (
        not is_full_name(text)
        and not is_surname(text)
        and (len(parts) == 1 or any(part[0].islower() for part in parts[1:]))
    )


def _is_patronymic(text: str) -> bool:
    return bool(_PATRONYMIC.fullmatch(text))
