"""The serial number of a part that is fitted, and what becomes of the one that comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.queries.bench import PartRow
from deskapp.ui.kit import Choice, ChoiceBar, LatinField, Text
from deskapp.ui.pages.job_pick import named
from deskapp.ui.tokens import MEDIUM, SMALL

if TYPE_CHECKING:
    from deskapp.ui.pages.job_repair import RepairStep


class SerialStrip(QFrame):
    """The serial number of a new part, and what becomes of the old one."""

    def __init__(self, step: RepairStep) -> None:
        super().__init__()
        self.setProperty("role", "banner-info")
        self._step = step
        self._part: PartRow | None = None
        self.name = Text(role="strong")
        self.new = LatinField(N_("Serial number of the new part"), name=N_("Serial number of the new part"))
        self.old = LatinField(N_("of the old part, if it has one"), name=N_("Serial number of the old part"))
        self.where = ChoiceBar((Choice("old_parts", N_("keep")), Choice("scrap", N_("scrap"))), name=N_("Old part"),
                               value="old_parts")  # fmt: skip
        self.error = Text(role="error", wrap=True)
        line = QHBoxLayout()
        line.setSpacing(SMALL)
        for widget, stretch in ((self.new, 3), (self.old, 3), (self.where, 0)):
            line.addWidget(widget, stretch)
        column = QVBoxLayout(self)
        column.setContentsMargins(MEDIUM, SMALL, MEDIUM, SMALL)
        column.setSpacing(SMALL)
        column.addWidget(self.name)
        column.addLayout(line)
        column.addWidget(self.error)
        self.new.returnPressed.connect(self.old.setFocus)
        self.old.returnPressed.connect(self._give)
        self.where.confirmed.connect(lambda _value: self._give())
        self.hide()

    def ask(self, part: PartRow) -> None:
        """Ask for the numbers of one part."""
        self._part = part
        self.name.put(f"{named(part.name, part.name_en)}  {part.part_no}")
        self.new.clear()
        self.old.clear()
        self.error.put("")
        self.error.hide()
        self.show()
        self.new.setFocus()

    def take(self, text: str) -> bool:
        """Take a scanned number: first the new, then the old."""
        if self.old.hasFocus():
            self.old.setText(text)
            self._give()
        else:
            self.new.setText(text)
            self.old.setFocus()
        return True

    def refuse(self, error: DeskError) -> None:
        """Show a refusal; the typed numbers stay."""
        self.error.put(say(error))
        self.error.show()
        (self.old if error.field == "old_serial_no" else self.new).setFocus()

    def close_strip(self) -> None:
        """Take it away."""
        self._part = None
        self.hide()

    def keyPressEvent(self, event: Any) -> None:
        """Escape takes it away."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_strip()
            self._step.add.setFocus()
            return
        super().keyPressEvent(event)

    def _give(self) -> None:
        if self._part is not None:
            old = self.old.text()
            self._step.fit(self._part, self.new.text(), old, (self.where.value() or "") if old else "")
