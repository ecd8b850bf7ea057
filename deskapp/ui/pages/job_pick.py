"""Choosing several things by typing: a search field whose answers become chips; names in the window's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from deskapp import catalogue
from deskapp.queries.naming import in_window
from deskapp.ui.kit import Button, FlowLayout, Jobs, SuggestField, Suggestion

if TYPE_CHECKING:
    from deskapp.models.store import ReadSession


class Chips(QWidget):
    """Chosen things as small buttons; pressing one takes it away.

    Signals:
        changed: something was added or taken away.
    """

    changed = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._flow = FlowLayout(self, gap=6, margin=0)
        self.items: list[tuple[str, str]] = []
        self.hide()

    def add(self, key: str, text: str) -> None:
        """Add a thing once."""
        if key and key not in self.values():
            self.put([*self.items, (key, text)])
            self.changed.emit()

    def put(self, items: Sequence[tuple[str, str]]) -> None:
        """Show exactly these."""
        while (item := self._flow.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.items = list(items)
        for key, text in self.items:
            chip = Button(role="choice", icon="x", clicked=partial(self.drop, key))
            chip.put(text)
            chip.setAccessibleName(text)
            chip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self._flow.addWidget(chip)
        self.setVisible(bool(self.items))
        self.updateGeometry()

    def drop(self, key: str = "") -> None:
        """Take a thing away, the last one when none is named."""
        if self.items:
            gone = key or self.items[-1][0]
            self.put([one for one in self.items if one[0] != gone])
            self.changed.emit()

    def values(self) -> tuple[str, ...]:
        """Return the keys of what is chosen."""
        return tuple(key for key, _text in self.items)


class Picker(QWidget):
    """A search field whose answers become chips; Backspace in the empty field takes the last one away.

    Signals:
        changed: something was added or taken away.
        entered: Enter in the empty field: on to what comes next.
    """

    changed = Signal()
    entered = Signal()

    def __init__(self, jobs: Jobs, search: Callable[[ReadSession, str], Sequence[Suggestion]], hint: str, name: str):
        super().__init__()
        self.field = _PickField(jobs, search, hint, name=name)
        self.chips = Chips(name)
        self.setFocusProxy(self.field)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.field)
        column.addWidget(self.chips)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.field.taken.connect(self._taken)
        self.field.emptied.connect(self.chips.drop)
        self.field.entered.connect(self._entered)
        self.chips.changed.connect(self.changed)

    def values(self) -> tuple[str, ...]:
        """Return what is chosen."""
        return self.chips.values()

    def put(self, items: Sequence[tuple[str, str]]) -> None:
        """Show exactly these."""
        self.field.reset()
        self.chips.put(items)

    def say(self, titles: Mapping[str, str]) -> None:
        """Say what is chosen in other words, by key: the window's language is another one."""
        self.chips.put([(key, titles.get(key, text)) for key, text in self.chips.items])

    def _entered(self, text: str) -> None:
        if not text:
            self.entered.emit()

    def _taken(self, suggestion: Suggestion) -> None:
        self.field.reset()
        self.chips.add(str(suggestion.data), suggestion.title)


class _PickField(SuggestField):
    emptied = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Backspace in the empty field take the last chip away."""
        if event.key() == Qt.Key.Key_Backspace and not self.text():
            self.emptied.emit()
            return
        super().keyPressEvent(event)


def words_search(name: str) -> Callable[[ReadSession, str], Sequence[Suggestion]]:
    """Return a search in one of the shipped lists: by short code first, then by words in either language."""

    def search(_session: ReadSession, typed: str) -> Sequence[Suggestion]:
        wanted = typed.strip().upper()
        found = []
        for word in catalogue.words(name).values():
            short = word.short.upper()
            if short == wanted:
                rank = 0
            elif short.startswith(wanted):
                rank = 1
            elif wanted in word.zh.upper() or wanted in word.en.upper():
                rank = 2
            else:
                continue
            found.append((rank, Suggestion(word.title(), "", "", "", word.code, word.short)))
        return [suggestion for _rank, suggestion in sorted(found, key=lambda one: one[0])][:9]

    return search


def named(name_zh: str, name_en: str) -> str:
    """Return the name of a part or a price line in the window's language."""
    return in_window(name_zh, name_en)
