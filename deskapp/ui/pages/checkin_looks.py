"""What is looked at on a device: its condition part by part, and what made the tamper check suspicious."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QVBoxLayout, QWidget

from deskapp import catalogue
from deskapp.catalogue import Word
from deskapp.errors import N_
from deskapp.ui.kit import Banner, Choice, ChoiceBar, Text, TextField
from deskapp.ui.tokens import MEDIUM, SMALL


class ConditionList(QWidget):
    """The checklist of a device class; everything is fine until somebody says otherwise.

    Signals:
        edited: an answer changed.
        finished: Enter in the words below.
        focused: the next part should come into view; carries its widget.
    """

    edited = Signal()
    finished = Signal()
    focused = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.bars: dict[str, ChoiceBar] = {}
        self._labels: dict[str, Text] = {}
        self._items: dict[str, Word] = {}
        self._rows = QWidget()
        self._grid = QGridLayout(self._rows)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(MEDIUM)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(1, 1)
        self.words = TextField(N_("In words: scratches, cracks, stains …"), name=N_("Condition in words"), limit=400)
        self.words.textEdited.connect(lambda _text: self.edited.emit())
        self.words.returnPressed.connect(self.finished)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addWidget(self._rows)
        column.addWidget(self.words)

    def set_items(self, items: Sequence[Word]) -> None:
        """Ask about these parts; answers already given are kept."""
        if [word.code for word in items] == list(self._items):
            return
        kept = self.answers() if self.bars else {}
        for old in (*self.bars.values(), *self._labels.values()):
            self._grid.removeWidget(old)
            old.deleteLater()
        self.bars, self._labels = {}, {}
        self._items = {word.code: word for word in items}
        answers = catalogue.words("condition_answers")
        for place, word in enumerate(items):
            bar = ChoiceBar([Choice(one.code, one.title(), raw=True) for one in answers.values()])
            bar.set_value(kept.get(word.code, "fine"))
            bar.chosen.connect(lambda _value, at=place: self._answered(at))
            label = Text()
            label.put(word.title())
            bar.setAccessibleName(word.title())
            self.bars[word.code], self._labels[word.code] = bar, label
            self._grid.addWidget(label, place, 0)
            self._grid.addWidget(bar, place, 1)

    def answers(self) -> dict[str, str]:
        """Return the answer to each part."""
        return {code: bar.value() or "fine" for code, bar in self.bars.items()}

    def set_answers(self, answers: Mapping[str, str]) -> None:
        """Show answers given before."""
        for code, bar in self.bars.items():
            bar.set_value(answers.get(code, "fine"))

    def retranslate(self) -> None:
        """Say the parts in the window's language."""
        words = catalogue.words("condition_answers")
        for code, bar in self.bars.items():
            self._labels[code].put(self._items[code].title())
            bar.set_choices([Choice(one.code, one.title(), raw=True) for one in words.values()])
            bar.setAccessibleName(self._items[code].title())

    def _answered(self, place: int) -> None:
        self.edited.emit()
        bars = list(self.bars.values())
        following = bars[place + 1] if place + 1 < len(bars) else self.words
        following.setFocus()
        self.focused.emit(following)


class TamperList(QWidget):
    """What was not in order, and what now has to be done with the device.

    Signals:
        edited: something was ticked or written.
        finished: Enter in the words.
    """

    edited = Signal()
    finished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.boxes: dict[str, QCheckBox] = {}
        self._ticked: tuple[str, ...] = ()
        self.words = TextField(N_("What was seen, in words"), name=N_("What is suspicious"), limit=400)
        self.words.textEdited.connect(lambda _text: self.edited.emit())
        self.words.returnPressed.connect(self.finished)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SMALL)
        self._column.addWidget(self.words)

    def ask(self) -> None:
        """Build the list when it is first needed; most devices are in order."""
        if self.boxes:
            return
        self.warning = Banner("warn", dismissible=False)
        self.warning.say(
            "warn",
            N_("Leave it as it is: do not open, clean or switch it off. It goes into quarantine when you save."),
        )
        above: list[QWidget] = [self.warning, Text(N_("Tick what is not in order:"), "muted")]
        for word in catalogue.words("tamper_items").values():
            box = QCheckBox(word.title())
            box.setChecked(word.code in self._ticked)
            box.toggled.connect(lambda _on: self.edited.emit())
            self.boxes[word.code] = box
            above.append(box)
        for place, part in enumerate(above):
            self._column.insertWidget(place, part)
        for first, second in zip(above[2:], [*above[3:], self.words], strict=True):
            QWidget.setTabOrder(first, second)

    def found(self) -> list[str]:
        """Return the codes of what was not in order."""
        return [code for code, box in self.boxes.items() if box.isChecked()] if self.boxes else list(self._ticked)

    def set_found(self, codes: Sequence[str]) -> None:
        """Show what was ticked before."""
        self._ticked = tuple(codes)
        for code, box in self.boxes.items():
            box.setChecked(code in codes)

    def retranslate(self) -> None:
        """Say the points in the window's language."""
        for code, box in self.boxes.items():
            box.setText(catalogue.title("tamper_items", code))
