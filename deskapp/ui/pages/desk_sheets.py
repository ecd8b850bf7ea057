"""The two papers that belong to the desk itself: commands to scan, and the labels of its shelves."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from deskapp.commands.papers_depot import print_command_sheet, print_shelf_labels
from deskapp.errors import N_
from deskapp.ui.page import PageContext
from deskapp.ui.widgets.text import Button


class DeskSheets(QWidget):
    """Two quiet buttons for whoever may print these; they hide from everybody else."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self.labels = Button(N_("Shelf labels"), "quiet", icon="tag", clicked=self.print_labels)
        self.sheet = Button(N_("Command sheet"), "quiet", icon="scan", clicked=self.print_sheet)
        beside = QHBoxLayout(self)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(self.labels)
        beside.addWidget(self.sheet)

    def showEvent(self, event: QShowEvent) -> None:
        """Offer what the person who is signed in now may print."""
        self.labels.setVisible(self._context.may("shelf_count"))
        self.sheet.setVisible(self._context.may("reprint_first"))
        super().showEvent(event)

    def print_sheet(self) -> None:
        """Print the sheet with the commands to scan."""
        self._context.jobs.do(print_command_sheet(), owner=self, then=self._sheet_queued)

    def print_labels(self) -> None:
        """Print the label of every shelf."""
        self._context.jobs.do(print_shelf_labels(), owner=self, then=self._labels_queued)

    def _sheet_queued(self, _job: str) -> None:
        self._context.toast(N_("The command sheet prints"), tone="ok")

    def _labels_queued(self, numbers: tuple[str, ...]) -> None:
        self._context.toast(N_("{count} shelf labels print"), tone="ok", count=len(numbers))
