"""Inputs that settings and the first start need: a tick, a choice from a list, a folder."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QHBoxLayout, QWidget

from deskapp.errors import N_
from deskapp.ui.speech import spoken
from deskapp.ui.tokens import SMALL
from deskapp.ui.widgets.choice import Choice
from deskapp.ui.widgets.fields import TextField, heard
from deskapp.ui.widgets.text import Button


class Tick(QCheckBox):
    """A yes-or-no with its words beside it.

    Signals:
        edited: a person ticked or unticked it; carries the new answer.
        confirmed: Enter was pressed on it.
    """

    edited = Signal(bool)
    confirmed = Signal()

    def __init__(self, text: str, value: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = text
        self.setChecked(value)
        self.clicked.connect(self.edited)
        self.retranslate()

    def retranslate(self) -> None:
        """Say the words in the window's language."""
        self.setText(spoken(self._text))
        if self._text:
            self.setAccessibleName(spoken(self._text))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Tell of Enter; where nobody waits for it, the page goes on to the next field."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and heard(self, self.confirmed):
            self.confirmed.emit()
        else:
            super().keyPressEvent(event)


class Pick(QComboBox):
    """One of a longer list of values.

    Signals:
        chosen: a person chose; carries the value.
    """

    chosen = Signal(str)

    def __init__(self, choices: Sequence[Choice] = (), *, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._choices: list[Choice] = []
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.set_choices(choices)
        self.activated.connect(lambda place: self.chosen.emit(self._choices[place].value))

    def set_choices(self, choices: Sequence[Choice]) -> None:
        """Offer these; the chosen value stays if it is among them."""
        kept = self.value()
        self._choices = list(choices)
        self.clear()
        for choice in self._choices:
            self.addItem("", choice.value)
        self.retranslate()
        if kept is not None:
            self.set_value(kept)

    def retranslate(self) -> None:
        """Say the choices in the window's language."""
        for place, choice in enumerate(self._choices):
            self.setItemText(place, choice.shown())
        if self._name:
            self.setAccessibleName(spoken(self._name))

    def value(self) -> str | None:
        """Return the chosen value."""
        found = self.currentData()
        return found if isinstance(found, str) else None

    def set_value(self, value: str) -> None:
        """Choose without telling anybody; a value that is not offered (a printer that is gone) is added."""
        place = self.findData(value)
        if place < 0:
            self._choices.append(Choice(value, value, raw=True))
            self.addItem(value, value)
            place = self.count() - 1
        self.setCurrentIndex(place)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the page scroll; a wheel must not change a setting that passes under the pointer."""
        event.ignore()


class PathField(QWidget):
    """A folder or file, typed or chosen.

    Signals:
        edited: another path was given; carries it.
    """

    edited = Signal(str)

    def __init__(
        self, hint: str = "", *, name: str = "", file: bool = False, save: str = "", kinds: str = "",
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._file, self._save, self._kinds, self._name = file, save, kinds, name
        self.text = TextField(hint, name=name, limit=1000)
        self.text.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, True)
        self.browse = Button(N_("Choose …"), icon="folder", clicked=self._browse)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(SMALL)
        line.addWidget(self.text, 1)
        line.addWidget(self.browse)
        self.setFocusProxy(self.text)
        self.text.editingFinished.connect(self._typed)
        self._told = ""

    def value(self) -> str:
        """Return the path."""
        return self.text.text().strip()

    def set_value(self, path: str) -> None:
        """Show a path without telling anybody."""
        self.text.setText(path)
        self._told = path

    def setAccessibleName(self, name: str) -> None:
        """Give the field inside the same name: it is the one that has the focus."""
        super().setAccessibleName(name)
        self.text.setAccessibleName(name)

    def set_wrong(self, wrong: bool) -> None:
        """Mark the field as the one that has to change."""
        self.text.set_wrong(wrong)

    def _typed(self) -> None:
        if self.value() != self._told:
            self._told = self.value()
            self.edited.emit(self.value())

    def _browse(self) -> None:
        dialog = QFileDialog(self, spoken(N_("Choose a file")) if self._file else spoken(N_("Choose a folder")))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if self._save:
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.selectFile(self._save)
        elif self._file:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        else:
            dialog.setFileMode(QFileDialog.FileMode.Directory)
        if self._kinds:
            dialog.setNameFilter(self._kinds)
        dialog.fileSelected.connect(self._chosen)
        dialog.open()

    def _chosen(self, path: str) -> None:
        self.text.setText(path)
        self._typed()
