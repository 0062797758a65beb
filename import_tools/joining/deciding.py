"""The outcome of each row: which links are made without a person, which rows are to be looked at."""

from __future__ import annotations

from typing import NamedTuple

from import_tools.joining.comparing import ALIKE, INITIAL, SAME
from import_tools.joining.records import Mode

NEVER = 2.0


class Limits(NamedTuple):
    """The least chances. Of a link made without a person: ``complete`` when first name and patronymic agree
    in full, ``initials`` when the patronymic's initial agrees, ``partial`` when one side does not tell the
    patronymic. ``deduced``: somebody else fits as well and only his fitting another row better tells them
    apart; a book that has a person twice deceives here. ``doubtful``: of a row, all its candidates together,
    that a person is asked about.
    """

    complete: float
    initials: float
    partial: float
    deduced: float
    doubtful: float

    def least(self, first: int, patronymic: int) -> float:
        """The least chance of a link by the kinds of its evidence."""
        if patronymic in (SAME, ALIKE) and first in (SAME, ALIKE):
            return self.complete
        return self.initials if patronymic in (SAME, ALIKE, INITIAL) else self.partial


# Tuned on generated sets 1 to 25 (tests/bench/directories.py), judged on others. Measured there: complete
# evidence is wrong in none of 24,000 links; initials in 0.6 % of those with a chance of 0.97 and more;
# without a patronymic it is 2.2 % whatever the chance, so that only the rarest names are sure.
LIMITS = {
    Mode.SURE: Limits(complete=0.94, initials=0.97, partial=0.977, deduced=NEVER, doubtful=0.35),
    Mode.BALANCED: Limits(complete=0.7, initials=0.87, partial=0.87, deduced=NEVER, doubtful=0.35),
    Mode.LEAST_WORK: Limits(complete=0.5, initials=0.5, partial=0.5, deduced=0.75, doubtful=0.45),
}
