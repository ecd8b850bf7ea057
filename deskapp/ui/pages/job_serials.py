"""What is asked when a part is fitted: its serial number, that of the old part, and what becomes of the old one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.queries.bench import PartRow
from deskapp.rules.depot import OLD_PART_FATES
from deskapp.ui.kit import Choice, ChoiceBar, LatinField, Text, spoken
from deskapp.ui.pages.job_pick import named
from deskapp.ui.tokens import MEDIUM, SMALL

if TYPE_CHECKING:
    from deskapp.ui.pages.job_repair import RepairStep

FATES = tuple(Choice(fate, title) for fate, title in OLD_PART_FATES.items())


class SerialStrip(QFrame):
    """The serial number of a new part, and what becomes of the old one; nothing is answered beforehand."""

    def __init__(self, step: RepairStep) -> None:
        super().__init__()
        self.setProperty("role", "banner-info")
        self._step = step
        self._part: PartRow | None = None
        self._needed = False
        self.name = Text(role="strong")
        self.new = LatinField(N_("Serial number of the new part"), name=N_("Serial number of the new part"))
        self.old = LatinField(N_("of the old part, if it has one"), name=N_("Serial number of the old part"))
        self.where = ChoiceBar(FATES, name=N_("Old part"), acts=True)
        self.error = Text(role="error", wrap=True)
        line = QHBoxLayout()
        line.setSpacing(SMALL)
        for widget in (self.new, self.old):
            line.addWidget(widget, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(MEDIUM, SMALL, MEDIUM, SMALL)
        column.setSpacing(SMALL)
        column.addWidget(self.name)
        column.addLayout(line)
        column.addWidget(self.where)
        column.addWidget(self.error)
        self.new.returnPressed.connect(self.old.setFocus)
        self.old.returnPressed.connect(self._old_entered)
        self.where.chosen.connect(lambda _value: self._give())
        self.hide()

    def ask(self, part: PartRow, *, needed: bool) -> None:
        """Ask for the numbers of one part, and for the old one; `needed` when it has to be said what becomes of it."""
        self._part, self._needed = part, needed
        self.name.put(f"{named(part.name, part.name_en)}  {part.part_no}")
        self.new.clear()
        self.old.clear()
        self.new.setVisible(part.serialised)
        self.where.set_value(None)
        self.error.put("")
        self.error.hide()
        self._step.stand_back(True)
        self.show()
        (self.new if part.serialised else self.old).setFocus()

    def take(self, text: str) -> bool:
        """Take a scanned number: first the new, then the old."""
        if self.old.hasFocus() or self.new.isHidden():
            self.old.setText(text)
            self._old_entered()
        else:
            self.new.setText(text)
            self.old.setFocus()
        return True

    def refuse(self, error: DeskError) -> None:
        """Show a refusal; the typed numbers stay."""
        self._complain(say(error))
        fields = {"old_serial_no": self.old, "old_part_to": self.where}
        fields.get(error.field or "", self.old if self.new.isHidden() else self.new).setFocus()

    def close_strip(self) -> None:
        """Take it away."""
        self._part = None
        self.hide()
        self._step.stand_back(False)

    def keyPressEvent(self, event: Any) -> None:
        """Escape takes it away."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_strip()
            self._step.add.setFocus()
            return
        super().keyPressEvent(event)

    def _old_entered(self) -> None:
        """On from the old number: to what becomes of it, unless that is answered or nobody has to know."""
        if self.where.value() is None and (self._needed or self.old.text().strip()):
            self.where.setFocus()
        else:
            self._give()

    def _complain(self, sentence: str) -> None:
        self.error.put(sentence)
        self.error.show()

    def _give(self) -> None:
        if self._part is None:
            return
        if self.where.value() is None and (self._needed or self.old.text().strip()):
            self._complain(spoken(N_("What becomes of the old part?")))
            self.where.setFocus()
            return
        self._step.fit(self._part, self.new.text(), self.old.text(), self.where.value() or "")
