"""Letters of names: one plain form of what people type, and one skeleton of three alphabets.

Transliterations read: the Ukrainian one of 2010 (resolution 55 of the Cabinet), older passports, BGN, ISO 9
without marks, and the usual Russian ones. A skeleton is for comparing only; nobody is shown it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# every shape of an apostrophe, of a dash and of nothing at all
_APOSTROPHES = "'’ʼ`´‘′‵ʹʻ＇‛ʾʿ՚ꞌ\u02bd\u02b9\u055a\u07f4\uff07\"“”„«»″"
_DASHES = "‐‑‒–—―−﹘﹣－⁃˗ー"
_TIDY = {ord(c): "'" for c in _APOSTROPHES} | {ord(c): "-" for c in _DASHES}
_INVISIBLE = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\x00-\x08\x0e-\x1f\x7f]")
_SPACES = re.compile(r"\s+")
# stress marks: й, ї and ё are whole letters by now
_MARKS = re.compile("[\u0300-\u036f]")

_TWINS_LATIN = "AaBCcEeHIiKkMOoPpTXxYyËëÏïm"
_TWINS_CYRILLIC = "АаВСсЕеНІіКкМОоРрТХхУуЁёЇїм"
_TO_CYRILLIC = str.maketrans(_TWINS_LATIN + "tbhunr", _TWINS_CYRILLIC + "твнипг")
_TO_LATIN = str.maketrans(_TWINS_CYRILLIC, _TWINS_LATIN)
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_LATIN = re.compile("[A-Za-zËëÏï]")
_OWN_CYRILLIC = re.compile(f"(?![{_TWINS_CYRILLIC}])[\u0400-\u04ff]")
_OWN_LATIN = re.compile(f"(?![{_TWINS_LATIN}])[A-Za-z]")
_WORD = re.compile(r"[^\W\d_](?:[^\W_]|[|'-])*|[01|](?=[^\W\d_])(?:[^\W_]|[|'-])+")
# what scanners and hurried fingers put for letters
_DIGITS = str.maketrans("013|", "оізі")


def tidy(text: str) -> str:
    """The text with plain apostrophes, dashes and blanks, without what cannot be seen, letters of one
    alphabet.
    """
    # first the signs that normalisation would take apart
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text.translate(_TIDY)))
    if not text.isascii():
        text = _MARKS.sub("", text.translate(_TIDY))
        text = _one_alphabet(text)
    return _SPACES.sub(" ", text).strip()


def _one_alphabet(text: str) -> str:
    """Look-alikes of the other alphabet changed into the one that the word, else the whole text, is written
    in.
    """
    is_cyrillic = len(_OWN_CYRILLIC.findall(text)) >= len(_OWN_LATIN.findall(text))
    if not (_LATIN.search(text) or any(c in text for c in "013|")):
        return text
    return _WORD.sub(lambda found: _mend(found.group(), is_cyrillic), text)


def _mend(word: str, text_is_cyrillic: bool) -> str:
    cyrillic, latin = len(_OWN_CYRILLIC.findall(word)), len(_OWN_LATIN.findall(word))
    if not _LATIN.search(word):
        # a digit among letters; "101" and "к0" stay
        return word.translate(_DIGITS) if len(_CYRILLIC.findall(word)) > 1 else word
    if not _CYRILLIC.search(word):
        return word if latin or not text_is_cyrillic else word.translate(_TO_CYRILLIC)
    if cyrillic >= latin and (cyrillic or text_is_cyrillic):
        return word.replace("l", "і").translate(_TO_CYRILLIC).translate(_DIGITS)
    return word.translate(_TO_LATIN)


def is_latin(text: str) -> bool:
    """Whether a tidy text is written in Latin letters."""
    return not _CYRILLIC.search(text)


# --- the skeleton: one sign per sound, the same from all alphabets
_SOUNDS = {
    **dict(zip("абвгґдезиіїйклмнопрстуфыэўј", "abvggdeziiiiklmnoprstufievi", strict=True)),
    "є": "ie", "ё": "e", "ю": "iu", "я": "ia", "щ": "шч", "љ": "l", "њ": "n", "ђ": "d", "ѓ": "g", "ќ": "k",
    "ѕ": "z", "ь": "", "ъ": "", "'": "",
}  # fmt: skip
_FROM_CYRILLIC = str.maketrans(_SOUNDS)
_LATIN_SOUNDS = re.compile(
    "shch|sch|tsch|sh|tch|ch|zh|kh|th|ph|ts|tz|cz|ck|ks|x|[yj](?=[aeiou])|[yj]|w|q|h|c|'|ä|ö|ü|š|č|ž|ß|ł"
)
_LATIN_SIGNS = {
    "shch": "шч", "sch": "шч", "tsch": "ч", "sh": "ш", "tch": "ч", "ch": "ч", "zh": "ж", "kh": "х", "th": "t",
    "ph": "f", "ts": "ц", "tz": "ц", "cz": "ч", "ck": "k", "ks": "ks", "x": "ks", "y": "i", "j": "i",
    "w": "v",
    "q": "k", "h": "g", "c": "k", "'": "", "ä": "a", "ö": "o", "ü": "u", "š": "ш", "č": "ч", "ž": "ж",
    "ß": "s",
    "ł": "l",
}  # fmt: skip
_TWICE = re.compile(r"(.)\1+")
_SOFT = re.compile("(?<!^)i(?=[aeou])")
_FIRST = re.compile("^i(?=[aou])")
_SOFT_O = re.compile("ьо|йо")
# the same word in the neighbour's language
_COUSINS = (
    (re.compile("^volk(?=$|o)"), "vovk"),
    (re.compile("^za[ae]?ц$"), "zaeц"),
    (re.compile("^ч[eio]rn"), "чorn"),
    (re.compile("[ieo]v(?=[sц]k)"), "ov"),
    (re.compile("^b[eio]l(?=[io]?$|a$|ous|en|ik|in)"), "bil"),
)


def skeleton(word: str) -> str:
    """The sounds of one tidy word: ``Дем'яненко``, ``Демьяненко`` and ``Demianenko`` are the same."""
    return _skeleton(word.casefold())


@lru_cache(maxsize=50_000)
def sounds_of(word: str) -> str:
    """The sounds of a casefolded word one by one: in these a single typing error is a single difference."""
    if is_latin(word):
        plain = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
        sounds = _LATIN_SOUNDS.sub(lambda found: _LATIN_SIGNS[found.group()], plain)
    else:
        sounds = _SOFT_O.sub("io", word).translate(_FROM_CYRILLIC)
    return "".join(c for c in sounds if c.isalpha())


@lru_cache(maxsize=50_000)
def _skeleton(word: str) -> str:
    sounds = sounds_of(word).replace("ts", "ц")
    sounds = _TWICE.sub(r"\1", sounds)
    if sounds.startswith("ie"):
        sounds = sounds[1:]
    sounds = _FIRST.sub("й", sounds)
    return _TWICE.sub(r"\1", _SOFT.sub("", sounds))


def rough(bones: str) -> str:
    """A skeleton in which sounds that languages and ears exchange are one: и/е, г/х, о after a hushing
    sound.
    """
    for pattern, plain in _COUSINS:
        bones = pattern.sub(plain, bones)
    bones = re.sub("(?<=[жчшц])o", "e", bones)
    return _TWICE.sub(r"\1", _SOFT.sub("", bones.replace("e", "i").replace("х", "g")))


# an initial in one class with the letters that stand for it in the other languages
_INITIALS = {
    **{c: c for c in "абвгдеєжзклмнопрстуфхцчшюя"},
    "ґ": "г", "ё": "е", "э": "е", "и": "і", "і": "і", "ї": "і", "й": "й", "щ": "ш", "ы": "і",
}  # fmt: skip
_LATIN_INITIALS = {
    **dict(zip("abvgdezklmnoprstufw", "абвгдезклмнопрстуфв", strict=True)),
    "h": "гх", "i": "ійюяє", "y": "йюяєі", "j": "йюяє", "k": "кх", "c": "цчк", "s": "сш", "t": "тц",
    "z": "зжц", "x": "кх",
    "q": "к", "p": "пф", "e": "еє", "kh": "х", "zh": "ж", "sh": "ш", "ch": "ч", "ts": "ц", "yu": "ю",
    "iu": "ю", "ju": "ю",
    "ya": "я", "ia": "я", "ja": "я", "ye": "єе", "ie": "єе", "je": "єе", "yo": "йе", "shch": "ш",
    "sch": "ш", "yi": "і", "ph": "ф",
    "th": "тф",
}  # fmt: skip


def initials_of(text: str) -> str:
    """The classes of initials that ``text``, a letter or a Latin pair of letters, may stand for."""
    text = text.casefold().strip("'.-")
    if not text:
        return ""
    if is_latin(text):
        return _LATIN_INITIALS.get(text) or _LATIN_INITIALS.get(text[0], "")
    return _INITIALS.get(text[0], "")


def first_letters(word: str) -> str:
    """The classes of initials of a whole word: ``Yurii`` is ю."""
    word = word.casefold()
    if is_latin(word):
        for length in (4, 3, 2):
            if word[:length] in _LATIN_INITIALS and len(word) > length:
                return _LATIN_INITIALS[word[:length]]
    return initials_of(word)
