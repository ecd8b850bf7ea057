"""Finding the printer to be set up: what the system knows, what the network answers, or a typed address."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from deskapp.errors import N_, DeskError, Refused
from deskapp.rules.printer_profiles import checked_address
from deskapp.ui.kit import Button, Column, ConfirmBar, DataTable, EmptyState, Form, PageContext, ScanField, row, spoken
from deskapp.ui.pages.lists import fit_height
from deskapp.ui.pages.printers_work import search_network, seen
from deskapp.ui.tokens import LARGE


@dataclass(frozen=True, slots=True)
class Candidate:
    """A printer that could be set up; `words` is its condition (a message id)."""

    address: str
    name: str
    language: str
    words: str


class FindPrinter(QWidget):
    """The printers found, and a field for an address.

    Signals:
        taken: one was opened, or an address was typed and Enter pressed.
        refused: looking did not work; carries the DeskError.
    """

    taken = Signal()
    refused = Signal(object)

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self.context = context
        self.found = DataTable(
            [
                Column("name", N_("Printer name"), lambda one: one.name, 220),
                Column("address", N_("Address"), lambda one: one.address, 260),
                Column("words", N_("How it is"), lambda one: spoken(one.words), 0),
            ],
            name=N_("Printers found"),
            empty=EmptyState("printer", N_("No printer was found at this computer. Type its address below.")),
        )
        self.address = ScanField("192.168.1.50")
        self.form = Form()
        self.form.add("address", N_("Or type its &address"), self.address,
                      hint=N_("It stands on the printer's self-test page, as IP address."))  # fmt: skip
        self.again = Button(N_("Look again"), "quiet", icon="refresh", clicked=self.look)
        self.search = Button(N_("Search the network …"), "quiet", icon="search", clicked=self._ask_search)
        self.confirm = ConfirmBar()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(LARGE)
        column.addWidget(self.found)
        column.addLayout(row(self.again, self.search, 1))
        column.addWidget(self.confirm)
        column.addWidget(self.form)
        column.addStretch(1)
        self.found.opened.connect(lambda _one: self.taken.emit())
        self.address.scanned.connect(lambda _text: self.taken.emit())

    def wanted(self) -> tuple[str, Candidate | None]:
        """Return the address that was typed, else that of the chosen printer; Refused where there is neither."""
        typed = self.address.text().strip()
        chosen: Candidate | None = self.found.current()
        if not typed and chosen is None:
            raise Refused(N_("Choose a printer from the list, or type its address."), field="address")
        return checked_address(typed or (chosen.address if chosen else "")), chosen

    def look(self) -> None:
        """Ask the system which printers there are."""
        self.again.setEnabled(False)
        self.context.jobs.background(seen, owner=self, then=self._seen, refused=self._not_seen)

    def _ask_search(self) -> None:
        self.confirm.ask(
            N_("Knock at port 9100 of all 254 addresses of this network? Nothing is printed. Ask your network's"
               " keeper first where that is not usual."), N_("Search"), self._search,
        )  # fmt: skip

    def _search(self) -> None:
        self.search.setEnabled(False)
        self.context.jobs.background(search_network, owner=self, then=self._searched, refused=self._not_seen)

    def _searched(self, found: list[tuple[str, str, str, str]]) -> None:
        self.search.setEnabled(True)
        here = [one for one in self.found.rows() if one.address not in {address for address, *_ in found}]
        self._list([*here, *(Candidate(*one) for one in found)])
        self.context.toast(N_("{count} printers answered in the network."), count=len(found))

    def _seen(self, found: list[tuple[str, str, str, str]]) -> None:
        self.again.setEnabled(True)
        self._list([Candidate(*one) for one in found])

    def _list(self, found: list[Candidate]) -> None:
        self.found.set_rows(found, keep=lambda one: one.address)
        fit_height(self.found, len(found), most=5)

    def _not_seen(self, error: DeskError) -> None:
        self.again.setEnabled(True)
        self.search.setEnabled(True)
        self.refused.emit(error)
