"""The session in which what the server sent is laid down: rows by the thousand, asked for in few questions.

A row that comes from outside has all its columns, is told to nobody and is written with the others once its derived
columns are known. What folds will ask for (what hangs on a device, an order, a ticket) is read beforehand, five
hundred parents in one question instead of one each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

from deskapp.models.act_session import ActSession
from deskapp.models.base import Base
from deskapp.models.rows import plan_of

MANY = 500
"""Ids in one question to the database."""

_BY_NUMBER = attrgetter("n")


class AbsorbSession(ActSession):
    """An act's session with doors for many rows at once."""

    def next_number(self, entity: Any) -> int:
        """Return the next local number of a table."""
        return self._number(plan_of(entity))

    def take(self, entity: Any, values: dict[str, Any]) -> Any:
        """Take in a new row with all its columns."""
        plan = plan_of(entity)
        row = plan.new_instance()
        row.__dict__.update(values)
        state = row._sa_instance_state
        self._take_in(plan, state, row)
        self._pending[state] = row
        self._pending_kinds.setdefault(entity, []).append(row)
        self._answers.pop(entity, None)
        for name in plan.parents:
            known = self._children.get((entity, name, values[name]))
            if known is not None:
                known.append(row)
        return row

    def known(self, entity: Any, values: Sequence[Any]) -> Any:
        """Return the row of what was read with the plan's `select`."""
        return self._hand(plan_of(entity), values)

    def known_as(self, entity: Any, values: dict[str, Any]) -> Any:
        """Return the row of what the plan's `read` made of what was read."""
        plan = plan_of(entity)
        found: Any = self.identity_map.get(plan.identity(values))
        return found if found is not None else self._bring(plan, dict(values))

    def mute(self) -> None:
        """Nobody has to be told of what was taken in so far."""
        self._noted = len(self._pending)

    def hold(self, entity: Any, ids: Iterable[str]) -> None:
        """Read rows by their ids, those that are not known yet."""
        plan = plan_of(entity)
        wanted = [one for one in dict.fromkeys(ids) if (entity, (one,), None) not in self.identity_map]
        for some in slices(wanted):
            marks = ", ".join("?" * len(some))
            for values in self.driver().execute(f"{plan.select} WHERE id IN ({marks})", some).fetchall():
                self._hand(plan, values)

    def expect(self, entity: Any, column: str, ids: Iterable[str]) -> None:
        """Read what hangs on these parents by a column, so that `children` need not ask."""
        plan = plan_of(entity)
        lists: dict[str, list[Any]] = {
            one: [] for one in dict.fromkeys(ids) if (entity, column, one) not in self._children
        }
        found: list[Any] = []
        for some in slices(list(lists)):
            question = f'{plan.select} WHERE "{column}" IN ({", ".join("?" * len(some))})'
            found += [self._hand(plan, values) for values in self.driver().execute(question, some).fetchall()]
        found += [row for row in self._pending_kinds.get(entity, ()) if row.__dict__[column] in lists]
        found.sort(key=_BY_NUMBER)
        for row in found:
            lists[row.__dict__[column]].append(row)
        for one, rows in lists.items():
            self._children[entity, column, one] = rows

    def hanging(self, entity: Any, column: str, parent: str) -> list[Any]:
        """Return what hangs on a parent by any column."""
        self.expect(entity, column, [parent])
        return self._children[entity, column, parent]

    def lose(self, row: Base) -> None:
        """Forget a written row that is not in its table any more."""
        plan = plan_of(type(row))
        if row in self:
            self.expunge(row)
        for name in plan.parents:
            self._children.pop((plan.entity, name, row.__dict__[name]), None)
        self._changes(plan)

    def renumber(self, entity: Any, numbers: Iterable[tuple[int, str]]) -> None:
        """Let rows know the local numbers (number, id) that they were given in their table."""
        for number, record_id in numbers:
            row: Any = self.identity_map.get((entity, (record_id,), None))
            if row is not None:
                row.__dict__["n"] = number


def slices(ids: Sequence[str]) -> Iterable[list[str]]:
    """Part a list into questions that the database takes."""
    return (list(ids[start : start + MANY]) for start in range(0, len(ids), MANY))
