"""Panels of which one is shown at a time."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget


class Deck(QWidget):
    """Panels of which one is shown, as high as that one alone.

    Qt's own stack is as high as its highest panel where lines wrap: the buttons then lie below the window's edge.
    """

    def __init__(self) -> None:
        super().__init__()
        self._panels: list[QWidget] = []
        self._shown = 0
        self._stack = QVBoxLayout(self)
        self._stack.setContentsMargins(0, 0, 0, 0)

    def addWidget(self, panel: QWidget) -> None:
        """Add a panel; the first is shown."""
        self._stack.addWidget(panel)
        if self._panels:
            panel.hide()
        self._panels.append(panel)

    def setCurrentIndex(self, place: int) -> None:
        """Show a panel by its place."""
        before, self._shown = self._panels[self._shown], place
        shown = self._panels[place]
        if shown is not before:
            shown.show()  # first: what had the focus hands it on to something that is there
            before.hide()

    def setCurrentWidget(self, panel: QWidget) -> None:
        """Show a panel."""
        self.setCurrentIndex(self._panels.index(panel))

    def currentIndex(self) -> int:
        """Return the place of the panel that is shown."""
        return self._shown

    def currentWidget(self) -> QWidget:
        """Return the panel that is shown."""
        return self._panels[self._shown]
