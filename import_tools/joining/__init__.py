"""Two lists of people joined by name."""

from import_tools.joining.engine import join
from import_tools.joining.records import BookRecord, Candidate, Match, Mode, Outcome, PersonRecord
from import_tools.names import is_person

__all__ = ["BookRecord", "Candidate", "Match", "Mode", "Outcome", "PersonRecord", "is_person", "join"]
