"""I8, watched directly: what a desk shows of a field group never goes back.

What was typed is seen until the server's word on it is (`still_shown` of the oracle watches that); and once a desk shows
a version that the server has accepted, or the server's word on an own change has come, it never shows an older one,
nor other values under the name of the version that it has. The order of the versions is that of the logs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.sim.oracle import Act

Key = tuple[str, str]
"""Record and field group."""

MADE = -1
"""The place of what a record was made with, before the first version."""


@dataclass(slots=True)
class Shown:
    """The versions of each group in the order in which they were accepted, and how far each desk has shown them."""

    order: dict[Key, dict[str, int]] = field(default_factory=dict)
    told: dict[Key, list[tuple[str, Mapping[str, Any]]]] = field(default_factory=dict)
    far: dict[tuple[str, Key], int] = field(default_factory=dict)
    waiting: dict[str, set[str]] = field(default_factory=dict)

    def copy(self) -> Shown:
        """Return one that goes on from here."""
        return Shown(
            {key: dict(one) for key, one in self.order.items()}, {key: list(one) for key, one in self.told.items()}
        )

    def logged(self, ops: Iterable[list[Any]]) -> None:
        """A log has grown by these operations."""
        for op in ops:
            if op[0] == "s":
                self._version((op[2], op[4]), op[5], op[1], op[3])
            elif op[0] == "p" and len(op) > 4:
                for group, uid in op[4].items():
                    self._version((op[2], group), uid, op[1], {})

    def _version(self, key: Key, uid: str, entity: str, values: Mapping[str, Any]) -> None:
        known = self.order.setdefault(key, {})
        if uid not in known:
            known[uid] = len(known)
            self.told.setdefault(key, []).append((entity, values))

    def rewound(self) -> None:
        """The server was set back: what was accepted may be told in another order."""
        self.order.clear()
        self.told.clear()
        self.far.clear()

    def forget(self, desk: str) -> None:
        """A desk's disk was set back."""
        self.far = {key: place for key, place in self.far.items() if key[0] != desk}
        self.waiting.pop(desk, None)

    def laid_down(self, desk: Any, piece: Any, waiting: Iterable[str], acts: Mapping[str, Act]) -> list[str]:
        """A piece was committed at a desk where these acts still wait; return what went back by it."""
        now = set(waiting)
        done, self.waiting[desk.name] = self.waiting.get(desk.name, set()) - now, now
        own = {
            (op["id"], op["group"]): op["uid"] for uid in done if uid in acts for op in acts[uid].ops
            if op["kind"] == "set"
        }  # fmt: skip
        for key, uid in own.items():
            place = self.order.get(key, {}).get(uid)
            if place is not None:
                self.far[desk.name, key] = max(self.far.get((desk.name, key), MADE), place)
        records = {one.id for one in piece.entries} | {record for record, _group in own}
        busy = {
            (op["id"], op["group"]) for uid in now if uid in acts for op in acts[uid].ops if op["kind"] == "set"
        }  # fmt: skip
        return [] if not records else list(self._look(desk, records, busy, whole=piece.whole))

    def _look(self, desk: Any, records: set[str], busy: set[Key], *, whole: bool) -> Iterable[str]:
        marks = ", ".join("?" * len(records))
        names = sorted(records)
        shown = {
            (record, group): uid for record, group, uid in desk.rows(
                f"SELECT record_id, name, op_uid FROM group_version WHERE record_id IN ({marks})", *names)
        }  # fmt: skip
        held = {one for (one,) in desk.rows(f"SELECT record_id FROM sync_held WHERE record_id IN ({marks})", *names)}
        for key in [key for key in self.order if key[0] in held and key not in busy]:
            place = self.order[key].get(shown[key]) if key in shown else MADE
            if place is None:
                continue
            far = self.far.get((desk.name, key), MADE)
            if place < far and not whole:
                yield f"I8 {desk.name} goes back from version {far} to {place} of {key[0][-6:]} {key[1]}"
            self.far[desk.name, key] = place if whole else max(place, far)
            if place > MADE:
                yield from self._values(desk, key, place)

    def _values(self, desk: Any, key: Key, place: int) -> Iterable[str]:
        entity, values = self.told[key][place]
        texts = {name: value for name, value in values.items() if isinstance(value, str)}
        if not texts or entity.startswith("new"):  # a table of a newer program
            return
        columns = {row[1] for row in desk.rows(f'PRAGMA table_info("{entity}")')}
        known = sorted(texts.keys() & columns)
        if known:
            cells = ", ".join(f'"{name}"' for name in known)
            for row in desk.rows(f'SELECT {cells} FROM "{entity}" WHERE id = ?', key[0]):
                for name, here in zip(known, row, strict=True):
                    if here != texts[name]:
                        yield f"I8 {desk.name} shows {here!r} as version {place} of {key[0][-6:]}, which is {texts[name]!r}"
