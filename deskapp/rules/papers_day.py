"""The cards of the day's lists: the close of a day, and the register of receipts and returns.

`deskapp.rules.papers` hands them on. What a list adds up is worked out from its lines, so
that no sum on paper can differ from what stands above it.
"""

from __future__ import annotations

from dataclasses import dataclass

from deskapp.rules.paper_lines import ExceptionLine, HeldLine, OpenCallLine, RegisterLine, TakingsLine
from deskapp.rules.paper_parts import Site
from deskapp.rules.paper_store import Card, register


@dataclass(frozen=True, slots=True)
class DayEndCard(Card):
    """The close of one day; `number` is site code and day."""

    site: Site = Site()
    day: str = ""
    received_count: int = 0
    returned_count: int = 0
    tickets_opened: int = 0
    tickets_closed: int = 0
    takings: tuple[TakingsLine, ...] = ()
    waivers: tuple[ExceptionLine, ...] = ()
    refunds: tuple[ExceptionLine, ...] = ()
    held: tuple[HeldLine, ...] = ()
    extra_on_shelf: tuple[str, ...] = ()  # scanned labels that are not in the books
    open_calls: tuple[OpenCallLine, ...] = ()
    remarks: str = ""
    clerk: str = ""
    supervisor: str = ""

    @property
    def taken_fen(self) -> int:
        """What came in."""
        return sum(line.amount_fen for line in self.takings)

    @property
    def taken_count(self) -> int:
        """How many payments there were."""
        return sum(line.count for line in self.takings)

    @property
    def net_fen(self) -> int:
        """What came in less what was paid back."""
        return self.taken_fen - self.refunded_fen

    @property
    def waived_fen(self) -> int:
        """What was waived."""
        return sum(line.amount_fen for line in self.waivers)

    @property
    def refunded_fen(self) -> int:
        """What was paid back."""
        return sum(line.amount_fen for line in self.refunds)

    @property
    def held_count(self) -> int:
        """How many devices the books say are here."""
        return len(self.held)

    @property
    def found_count(self) -> int:
        """How many of them were found."""
        return sum(one.counted is True for one in self.held)

    @property
    def missing_count(self) -> int:
        """How many of them were looked for and not found."""
        return sum(one.counted is False for one in self.held)

    @property
    def open_count(self) -> int:
        """How many of them nobody has looked for."""
        return self.held_count - self.found_count - self.missing_count

    @property
    def extra_count(self) -> int:
        """How many labels were found that are not in the books."""
        return len(self.extra_on_shelf)

    @property
    def amiss(self) -> bool:
        """Whether shelf and books differ."""
        return bool(self.missing_count or self.extra_on_shelf)


@dataclass(frozen=True, slots=True)
class RegisterCard(Card):
    """The paper register (收发登记簿) of a period, both days inclusive."""

    site: Site = Site()
    first_day: str = ""
    last_day: str = ""
    lines: tuple[RegisterLine, ...] = ()

    @property
    def period(self) -> str:
        """The days it covers."""
        return self.first_day if self.first_day == self.last_day else f"{self.first_day} – {self.last_day}"

    @property
    def received_count(self) -> int:
        """How many devices came in."""
        return len(self.lines)

    @property
    def returned_count(self) -> int:
        """How many of them went back."""
        return sum(line.returned_ms is not None for line in self.lines)

    @property
    def amount_fen(self) -> int:
        """What was charged for them."""
        return sum(line.amount_fen or 0 for line in self.lines)


register("day_end", DayEndCard)
register("register", RegisterCard)
