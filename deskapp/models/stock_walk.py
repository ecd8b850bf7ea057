"""What a walk along the shelves should find: the devices of this site by shelf, and how a count differs from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session

from deskapp.errors import N_
from deskapp.models.day_figures import Held, held


class Off(StrEnum):
    """How a device is not where the record has it."""

    MISSING = "missing"
    EXTRA = "extra"
    MOVED = "moved"


OFF_TITLES: Final[Mapping[Off, str]] = {
    Off.MISSING: N_("Not found"), Off.EXTRA: N_("Too many"), Off.MOVED: N_("On another shelf"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class OffLine:
    """One line of the difference list; `found` is the shelf where it was scanned."""

    off: Off
    item_id: str
    label_no: str
    serial_no: str
    model: str
    recorded: str
    found: str


@dataclass(frozen=True, slots=True)
class Walk:
    """A count against the record; `expected` are the devices of the shelves that were counted."""

    expected: tuple[Held, ...]
    lines: tuple[OffLine, ...]
    found: int


def expected(session: Session, now: int, shelves: Iterable[str] = (), language: str = "zh_CN") -> list[Held]:
    """Return the devices that should lie on these shelves (all of this site's places where none is named); `language`
    is that of the models' names."""
    wanted = {one for one in shelves if one}
    return [line for line in held(session, now, language=language) if not wanted or line.shelf in wanted]


def compare(
    session: Session,
    now: int,
    shelves: Iterable[str],
    found: Mapping[str, str],
    extra: Mapping[str, str],
    language: str = "zh_CN",
) -> Walk:
    """Return how a count differs: `found` are shelves by device, `extra` shelves by code of what is not on record."""
    everything = {line.item_id: line for line in held(session, now, language=language)}
    counted = expected(session, now, shelves, language)
    lines = [
        OffLine(Off.MISSING, line.item_id, line.label_no, line.serial_no, line.model, line.shelf, "")
        for line in counted if line.item_id not in found
    ]  # fmt: skip
    for item_id, shelf in found.items():
        line = everything.get(item_id)
        if line is not None and shelf and line.shelf != shelf:
            lines.append(OffLine(Off.MOVED, item_id, line.label_no, line.serial_no, line.model, line.shelf, shelf))
    lines += [OffLine(Off.EXTRA, "", code, "", "", "", shelf) for code, shelf in extra.items()]
    return Walk(tuple(counted), tuple(lines), sum(one in everything for one in found))
