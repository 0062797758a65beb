"""Units by their names, as lists and directories write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.services.client_rows import stored_value
from models import Client, Unit, UnitAlias

LONGEST_UNIT = 200


class UnitNames:
    """The units of the organisation, read once when first asked for; a new name becomes a new unit.

    A name of a unit that was merged into another is that other: the next import does not part them again.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.made: list[str] = []
        self._ids: dict[str, int] | None = None
        self._names: dict[int, str] = {}

    def id_of(self, name: str) -> int:
        """The unit of this name, made if there is none (case does not matter)."""
        ids = self._loaded()
        name = " ".join(name.split())[:LONGEST_UNIT]
        if name.casefold() not in ids:
            unit = Unit(name=name)
            self.session.add(unit)
            self.session.flush()
            self.made.append(name)
            ids[name.casefold()] = unit.id
            self._names[unit.id] = name
        return ids[name.casefold()]

    def name_of(self, unit_id: int | None) -> str | None:
        """The name of a unit, None without one."""
        if unit_id is None:
            return None
        self._loaded()
        return self._names.get(unit_id)

    def by_name(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values with ``unit`` instead of ``unit_id``: names outlive the merging of units."""
        named = dict(values)
        if "unit_id" in named:
            named["unit"] = self.name_of(named.pop("unit_id"))
        return named

    def by_id(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values with ``unit_id`` instead of ``unit``, as the table has them."""
        columns = dict(values)
        if "unit" in columns:
            name = columns.pop("unit")
            columns["unit_id"] = self.id_of(name) if name else None
        return columns

    def value_of(self, client: Client, field: str) -> Any:
        """A field of a client as sources speak of it."""
        return self.name_of(client.unit_id) if field == "unit" else stored_value(client, field)

    def _loaded(self) -> dict[str, int]:
        if self._ids is None:
            rows = self.session.execute(select(Unit.id, Unit.name)).all()
            self._names = {row[0]: row[1] for row in rows}
            aliases = self.session.execute(select(UnitAlias.name, UnitAlias.unit_id))
            self._ids = {row[0]: row[1] for row in aliases} | {row[1].casefold(): row[0] for row in rows}
        return self._ids
