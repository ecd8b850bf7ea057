"""What a narrow column cuts off, whole, where the mouse rests on it; screen readers get the whole text anyway."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QTableView, QToolTip

if TYPE_CHECKING:
    from deskapp.ui.widgets.table import Cell


class WholeText(QObject):
    """Shows the words of a cell that its column is too narrow for; other hints of a table are left alone.

    `cells` returns what a row shows, `needed` the width of a cell in which nothing is shortened, px.
    """

    def __init__(
        self, view: QTableView, cells: Callable[[int], Sequence[str | Cell]], needed: Callable[[str | Cell], int]
    ) -> None:
        super().__init__(view)
        self._view, self._cells, self._needed = view, cells, needed
        view.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Answer the question for a hint where something is cut off."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            words = self.at(event.pos())
            if words:
                QToolTip.showText(event.globalPos(), words, self._view.viewport())
                return True
        return super().eventFilter(watched, event)

    def at(self, place: QPoint) -> str:
        """Return the words at a place of the table that do not fit, nothing where they do."""
        index = self._view.indexAt(place)
        if not index.isValid():
            return ""
        cell = self._cells(index.row())[index.column()]
        if self._needed(cell) <= self._view.columnWidth(index.column()):
            return ""
        return cell if isinstance(cell, str) else cell.text
