"""Names of people: spellings in Ukrainian, Russian and Latin letters, and what each word of a name is."""

from import_tools.names.lexicon import Lexicon, lexicon
from import_tools.names.parser import Name, Reading, Word, is_person, parse_name

__all__ = ["Lexicon", "Name", "Reading", "Word", "is_person", "lexicon", "parse_name"]
