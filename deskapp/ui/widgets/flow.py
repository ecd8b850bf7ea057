"""A layout that fills lines from left to right and wraps, so that larger text never pushes things out."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget, QWidgetItem

from deskapp.ui.tokens import SMALL

BUTTONS = 80
"""A line up to this height, in device-independent pixels, is one of buttons and pills, at any size of letters."""


class FlowLayout(QLayout):
    """Items keep their size; a line that is full continues below."""

    def __init__(self, parent: QWidget | None = None, *, gap: int = SMALL, margin: int = 4) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._gap = gap
        self.setContentsMargins(margin, margin, margin, margin)

    def addWidget(self, widget: QWidget) -> None:
        """Take a widget at the end, in an item of our own.

        Of an item that Qt makes Python holds only a stand-in, which the binding calls dead as soon as it forgets a
        widget around it; asked for a height then, in the middle of Qt's own work, the process ends.
        """
        self.addChildWidget(widget)
        self.addItem(QWidgetItem(widget))

    def addItem(self, item: QLayoutItem) -> None:
        """Take an item."""
        self._items.append(item)

    def count(self) -> int:
        """Return how many items there are."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Return an item, or None past the end."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # type: ignore[override]
        """Remove and return an item, or None past the end."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """Take no more room than needed."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """Say that the height follows from the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height the lines need in this width."""
        return self._place(QRect(0, 0, width, 0), only_measure=True)

    def setGeometry(self, rect: QRect) -> None:
        """Place the items."""
        super().setGeometry(rect)
        self._place(rect, only_measure=False)

    def sizeHint(self) -> QSize:
        """Return the size of everything on one line, at most 560 px wide."""
        margins = self.contentsMargins()
        wide = sum(item.sizeHint().width() + self._gap for item in self._items) + margins.left() + margins.right()
        width = min(wide, 560)
        return QSize(width, self.heightForWidth(max(width, self.minimumSize().width())))

    def minimumSize(self) -> QSize:
        """Return the size of the largest item."""
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        margins = self.contentsMargins()
        return size + QSize(margins.left() + margins.right(), margins.top() + margins.bottom())

    def _place(self, rect: QRect, *, only_measure: bool) -> int:
        area = rect.marginsRemoved(self.contentsMargins())
        x, y, line = area.x(), area.y(), 0
        placed: list[tuple[QLayoutItem, QRect]] = []
        for item in self._items:
            if item.isEmpty():
                continue
            size = item.sizeHint()
            if x + size.width() > area.right() + 1 and line:
                self._settle(placed, line, only_measure)
                x, y, line = area.x(), y + line + self._gap, 0
            placed.append((item, QRect(QPoint(x, y), size)))
            x += size.width() + self._gap
            line = max(line, size.height())
        self._settle(placed, line, only_measure)
        return y + line - rect.y() + self.contentsMargins().bottom()

    @staticmethod
    def _settle(placed: list[tuple[QLayoutItem, QRect]], height: int, only_measure: bool) -> None:
        """Place a line that is full: a pill in the middle of the buttons beside it, tall parts at the top."""
        if not only_measure:
            for item, where in placed:
                item.setGeometry(where.translated(0, (height - where.height()) // 2 if height <= BUTTONS else 0))
        placed.clear()
