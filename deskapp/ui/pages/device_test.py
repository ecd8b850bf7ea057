"""The test of a unit that is on no order, so that it may take another's place: the plan of its model on one sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deskapp.commands.bench_test import TestValue
from deskapp.commands.swap import test_unit
from deskapp.errors import N_, DeskError
from deskapp.queries.bench_job import plan_of
from deskapp.ui.kit import Banner, Button, Card, Choice, ChoiceBar, Form, PageContext, TextField, row
from deskapp.ui.pages.job_sheet import TestSheet

if TYPE_CHECKING:
    from deskapp.catalogue import TestStep
    from deskapp.queries.registry_cards import DeviceCard

TAMPER = (Choice("ok", N_("Intact"), "", "shield-check"), Choice("suspect", N_("Suspicious"), "", "alert-triangle"))


class UnitTestCard(Card):
    """Every step answered by single keys, then kept as the unit's own test."""

    def __init__(self, context: PageContext) -> None:
        keys = N_("P passed · F failed · digits and Enter for a value · Backspace takes back")
        super().__init__(N_("Test as a swap unit"), icon="clipboard-check", hint=keys)
        self.context, self.jobs = context, context.jobs
        self.serial = ""
        self.notice = Banner("info", dismissible=False)
        self.sheet = TestSheet()
        self.tamper = ChoiceBar(TAMPER, name=N_("Closed and intact?"))
        self.words = TextField(N_("Anything worth noting"), limit=300)
        self.form = Form(columns=2)
        self.form.add("tamper_result", N_("Closed and intact?"), self.tamper, needed=True)
        self.form.add("words", N_("Note"), self.words)
        self.keep = Button(N_("Keep the test"), "primary", icon="check", clicked=self.submit)
        for part in (self.notice, self.sheet, self.form):
            self.add(part)
        self.add(row(1, self.keep))
        self.sheet.finished.connect(self.tamper.setFocus)
        self.sheet.changed.connect(self._count)
        self.tamper.chosen.connect(lambda _value: self.words.setFocus())
        self.words.returnPressed.connect(self.submit)

    def show_for(self, card: DeviceCard) -> None:
        """Show the plan of a unit's model; what is answered stays while it is the same unit."""
        if card.row.serial_no == self.serial:
            return
        self.serial = card.row.serial_no
        self.notice.clear()
        model_id = card.row.model_id

        self.jobs.ask(lambda session: plan_of(session, model_id), owner=self, then=self._planned, exclusive="plan")

    def submit(self) -> None:
        """Keep the test once every step has its answer."""
        if self.sheet.open_steps():
            self.sheet.setFocus()
            return
        values = [TestValue(step, one.result, one.value, one.words) for step, one in self.sheet.answers.items()]
        act = test_unit(
            serial_no=self.serial, values=values, tamper_result=self.tamper.value() or "", words=self.words.text()
        )
        self.jobs.do(act, owner=self, then=self._kept, refused=self._refused)

    def _planned(self, steps: tuple[TestStep, ...]) -> None:
        self.sheet.set_plan(steps)
        self.tamper.set_value(None)
        self.words.clear()
        self._count()

    def _count(self) -> None:
        self.keep.setEnabled(not self.sheet.open_steps())

    def _kept(self, passed: bool) -> None:
        if passed:
            self.notice.say("ok", N_("Passed: this unit may take another's place."))
        else:
            self.notice.say("warn", N_("Not passed: repair it before it is used."))
        self.sheet.set_plan(self.sheet.steps)
        self.tamper.set_value(None)
        self.sheet.setFocus()  # the button that had it is of no use now
        self._count()

    def _refused(self, error: DeskError) -> None:
        self.form.refuse(error, otherwise=lambda sentence: self.notice.put("danger", sentence))
