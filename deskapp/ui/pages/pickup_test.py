"""The test with the merchant looking on: every device, every capability, one key each."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from deskapp.catalogue import TestStep
from deskapp.errors import N_
from deskapp.queries.pickup import PickupDevice
from deskapp.ui.kit import Button, Card, KeyCap, Text, row, spoken
from deskapp.ui.pages.job_sheet import SKIP, TestSheet
from deskapp.ui.pages.pickup_parts import Host, Step
from deskapp.ui.tokens import MEDIUM

_KEPT = {"pass": "pass", "fail": "fail", SKIP: "skipped"}
_SHOWN = {kept: shown for shown, kept in _KEPT.items()}


class CounterTestStep(Step):
    """One sheet for each device."""

    button = N_("On to the &payment")

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.sheets: dict[str, TestSheet] = {}
        top = Card(N_("Try it together with the merchant"), icon="checklist",
                   hint=N_("Let the merchant see that each function works. A device that goes back unrepaired is tried "
                           "as well."))  # fmt: skip
        top.add(row(KeyCap("P"), Text(N_("passed"), "muted"), KeyCap("F"), Text(N_("failed"), "muted"), KeyCap("S"),
                    Text(N_("cannot be tried here"), "muted"), 1))  # fmt: skip
        self.wrong = Text(role="error", wrap=True)
        self.wrong.hide()
        top.add(self.wrong)
        self.column.addWidget(top)
        self.list = QVBoxLayout()
        self.list.setSpacing(MEDIUM)
        self.column.addLayout(self.list)
        self.column.addStretch(1)

    def show_visit(self, *, anew: bool) -> None:
        """Show a sheet for each device that goes."""
        wanted = {device.item_id for device in self.visit.devices}
        if anew or wanted != set(self.sheets):
            self._build()

    def _build(self) -> None:
        while self.list.count():
            old = self.list.takeAt(0).widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        self.sheets = {}
        for device in self.visit.devices:
            self.list.addWidget(self._card(device))

    def _card(self, device: PickupDevice) -> QWidget:
        card = Card(icon="device-mobile")
        card.title.put(f"{device.model}   {device.serial_no}")
        sheet = TestSheet()
        sheet.set_plan([
            TestStep(word.code, word.zh, word.en, "pass_fail", "", None, None, "") for word in device.tests
        ])  # fmt: skip
        sheet.setAccessibleName(f"{device.model} {device.serial_no}")
        every = Button(N_("All passed"), "quiet", icon="circle-check", clicked=lambda: self._all(device))
        card.head.addWidget(every)
        card.add(sheet)
        self.sheets[device.item_id] = sheet
        for code, answer in self.visit.tests.get(device.item_id, {}).items():
            sheet.go_to(code)
            sheet.answer(_SHOWN[answer])
        sheet.skip_wanted.connect(lambda _code: sheet.answer(SKIP))
        sheet.changed.connect(lambda: self._answered(device))
        sheet.finished.connect(lambda: self._next_sheet(device))
        return card

    def _all(self, device: PickupDevice) -> None:
        sheet = self.sheets[device.item_id]
        # The last answer leads on by itself.
        for code in sheet.open_steps():
            sheet.go_to(code)
            sheet.answer("pass")

    def _answered(self, device: PickupDevice) -> None:
        sheet = self.sheets[device.item_id]
        found = {step.id: sheet.result_of(step) for step in sheet.steps}
        self.visit.tests[device.item_id] = {code: _KEPT[answer] for code, answer in found.items() if answer}
        self.wrong.hide()
        self.host.touched()

    def _next_sheet(self, device: PickupDevice) -> None:
        self._answered(device)
        for key, sheet in self.sheets.items():
            if key != device.item_id and sheet.open_steps():
                sheet.setFocus()
                return
        self.host.go_on()

    def first(self) -> QWidget:
        """Begin with the first open sheet."""
        return next((sheet for sheet in self.sheets.values() if sheet.open_steps()),
                    next(iter(self.sheets.values()), self))  # fmt: skip

    def done(self) -> bool:
        """Every test has an answer."""
        if self.visit.all_tests:
            return True
        self.wrong.put(spoken(N_("Every test needs an answer: passed, failed, or cannot be tried here.")))
        self.wrong.show()
        self.first().setFocus()
        return False
