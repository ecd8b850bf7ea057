"""What is on a manifest of ours, and what waits to be packed, side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QWidget

from deskapp.errors import N_
from deskapp.queries.transfers import LineRow
from deskapp.ui import theme
from deskapp.ui.kit import Button, Card, Cell, Column, DataTable, EmptyState, row
from deskapp.ui.pages.transfer_words import line_state, sent_serial
from deskapp.ui.tokens import LARGE

ROOM = 900
"""The width, at 100 %, from which two parts stand side by side."""


class Beside(QWidget):
    """Two parts side by side; one above the other where letters are too large for both."""

    def place(self, left: QWidget, right: QWidget, shares: tuple[int, int], low: int, high: int) -> None:
        """Lay the parts with these shares of the width; at least `low` high side by side, `high` stacked (at 100 %)."""
        self._low, self._high = low, high
        self.line = row(left, right, gap=LARGE)
        for place, share in enumerate(shares):
            self.line.setStretch(place, share)
        self.line.setContentsMargins(0, 0, 0, 0)
        self.setLayout(self.line)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange both for the width there is."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        wide = self.width() >= theme.px(ROOM)
        way = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        self.line.setDirection(way)
        self.setMinimumHeight(self._low if wide else theme.px(self._high))


def line_columns(
    state: Callable[[LineRow], Cell], serial: Callable[[LineRow], str], *, by_state: bool = False
) -> list[Column]:
    """Return the columns of a manifest's lines; `state` and `serial` say how these two are shown."""
    return [
        Column("state", N_("State"), state, 150, sort=(lambda one: one.state) if by_state else None),
        Column("seal", N_("Bag seal"), lambda one: one.seal_no, 110),
        Column("label", N_("Label"), lambda one: one.label_no, 140),
        Column("model", N_("Model"), lambda one: one.model, 0),
        Column("serial", N_("Serial number"), serial, 150),
    ]


class VanList(Card):
    """What is on a van that is being received."""

    def __init__(self) -> None:
        super().__init__(N_("On this manifest"), icon="package")
        self.table = DataTable(
            line_columns(line_state, sent_serial, by_state=True), name=N_("On this manifest"),
            empty=EmptyState("package", N_("No line is known yet. Scan the large code.")),
        )  # fmt: skip
        self.table.setMinimumHeight(270)
        self.add(self.table, 1)

    def show_lines(self, lines: Sequence[LineRow]) -> None:
        """Show what is still to come first, then the newest."""
        self.table.set_rows(
            sorted(lines, key=lambda one: (one.state != "open", -one.at)), keep=lambda one: one.label_no
        )


class PackLists(Beside):
    """Two tables; `state` says how the state of a line is shown now."""

    def __init__(
        self, state: Callable[[LineRow], Cell], take_off: Callable[[], None], aside: Callable[[], None]
    ) -> None:
        super().__init__()
        self.table = DataTable(
            [
                *line_columns(state, lambda one: one.serial_no),
                Column("accessories", N_("Accessories"), lambda one: str(one.accessory_count or ""), 90, right=True),
            ],
            name=N_("On this manifest"), empty=EmptyState("package", N_("Nothing is packed yet.")),
        )  # fmt: skip
        self.waiting = DataTable(
            [
                Column("label", N_("Label"), lambda one: one.label_no, 140),
                Column("shelf", N_("Shelf"), lambda one: one.shelf, 80),
                Column("model", N_("Model"), lambda one: one.model, 0),
            ],
            name=N_("Waiting to be packed"), empty=EmptyState("box", N_("Nothing waits to be packed.")),
        )  # fmt: skip
        self.off = Button(N_("Take off the mani&fest"), "quiet", icon="minus", clicked=take_off)
        left, right = Card(N_("On this manifest"), icon="package"), Card(N_("Waiting to be packed"), icon="box")
        left.add(self.table, 1)
        self.odd = Button(N_("&Suspicious"), "quiet", icon="alert-triangle", clicked=aside)
        left.add(row(1, self.odd, self.off))
        right.add(self.waiting, 1)
        for table in (self.table, self.waiting):
            table.setMinimumHeight(260)
        self.waiting_card = right
        self.place(left, right, (9, 5), 0, 2 * 360)

    def show_parts(self, draft: bool, counting: bool) -> None:
        """Show what can be done with the lines of a draft; while it is counted out, nothing waits to be packed."""
        for button in (self.off, self.odd):
            button.setVisible(draft)
        self.waiting_card.setVisible(draft and not counting)
