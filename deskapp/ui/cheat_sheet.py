"""All keys on one sheet over the window (F1); Escape or F1 again takes it away."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from deskapp.errors import N_
from deskapp.ui import theme
from deskapp.ui.actions import GROUP_TITLES, ActionSpec, Group, shown_key
from deskapp.ui.speech import spoken
from deskapp.ui.tokens import HUGE, LARGE, SMALL
from deskapp.ui.widgets.forms import Card, Scroll
from deskapp.ui.widgets.text import Button, KeyCap, Text

WIDE_SCALE = 125
"""Size of letters, in per cent, up to which three columns fit the smallest screen."""

ALWAYS: Sequence[tuple[str, str]] = (
    ("Enter", N_("Next field, or save in the last one")),
    ("Tab", N_("Next field")),
    ("Esc", N_("Close what is open")),
    ("1 … 9", N_("Choose an answer by its number")),
    ("↑ ↓", N_("Move in lists and suggestions")),
    ("Ctrl+Enter", N_("Save from a text of several lines")),
)


class CheatSheet(QWidget):
    """A veil over the window with every action that has a key."""

    def __init__(self, window: QWidget, actions: Sequence[ActionSpec]) -> None:
        super().__init__(window)
        self.setProperty("role", "veil")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self.setAccessibleName(spoken(N_("Keys")))
        self._window = window
        self.close_button = Button(N_("Close"), "quiet", icon="x", clicked=self.close_sheet)
        head = QHBoxLayout()
        head.addWidget(Text(N_("Keys"), "title"))
        head.addStretch(1)
        head.addWidget(self.close_button)
        area = Scroll()
        area.add(head)
        columns = QHBoxLayout()
        columns.setSpacing(LARGE)
        # Large letters leave room for two columns only; what is below is scrolled to.
        self._stacks = [QVBoxLayout() for _number in range(3 if theme.now().scale <= WIDE_SCALE else 2)]
        for stack in self._stacks:
            stack.setSpacing(LARGE)
            columns.addLayout(stack, 1)
        area.add(columns)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(HUGE, SMALL, HUGE, SMALL)
        whole.addWidget(area)
        self._fill(actions)
        window.installEventFilter(self)
        self.hide()

    def open_sheet(self) -> None:
        """Cover the window."""
        self.setGeometry(self._window.rect())
        self.show()
        self.raise_()
        self.close_button.setFocus()

    def close_sheet(self) -> None:
        """Uncover the window."""
        self.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_sheet()
            return
        super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Cover the window in its new size."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self.setGeometry(self._window.rect())
        return False

    def _fill(self, actions: Sequence[ActionSpec]) -> None:
        cards = [
            (GROUP_TITLES[group], [(shown_key(action.shortcut), action.text) for action in actions
                                   if action.group is group and action.shortcut])
            for group in Group
        ]  # fmt: skip
        heights = [0] * len(self._stacks)
        for title, rows in sorted([*cards, (N_("Everywhere"), list(ALWAYS))], key=lambda card: -len(card[1])):
            if rows:
                lowest = heights.index(min(heights))
                heights[lowest] += len(rows) + 3
                self._stacks[lowest].addWidget(_card(title, rows))
        for stack in self._stacks:
            stack.addStretch(1)


def _card(title: str, rows: Sequence[tuple[str, str]]) -> Card:
    card = Card(title)
    grid = QGridLayout()
    grid.setVerticalSpacing(SMALL)
    grid.setColumnStretch(1, 1)
    for place, (key, text) in enumerate(rows):
        grid.addWidget(KeyCap(key), place, 0)
        grid.addWidget(Text(text), place, 1)
    card.add(grid)
    return card
