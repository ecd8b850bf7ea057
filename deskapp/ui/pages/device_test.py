"""The test of a unit that is on no order, so that it may take another's place: the plan of its model on one sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deskapp.commands.bench_test import TestValue
from deskapp.commands.swap import test_unit
from deskapp.errors import N_, DeskError
from deskapp.queries.bench_job import plan_of
from deskapp.ui.kit import Banner, Button, Card, Choice, ChoiceBar, Form, PageContext, TextField, row, spoken
from deskapp.ui.pages.job_sheet import TestSheet

if TYPE_CHECKING:
    from deskapp.catalogue import TestStep
    from deskapp.models.store import Override
    from deskapp.queries.registry_cards import DeviceCard

TAMPER = (Choice("ok", N_("Intact"), "", "shield-check"), Choice("suspect", N_("Suspicious"), "", "alert-triangle"))


class UnitTestCard(Card):
    """Every step answered by single keys, then kept as the unit's own test."""

    def __init__(self, context: PageContext) -> None:
        keys = N_("P passed · F failed · S left out · digits and Enter for a value · Backspace takes back")
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
        self.sheet.skip_wanted.connect(self._skip)
        self.tamper.chosen.connect(lambda _value: self.words.setFocus())
        self.words.returnPressed.connect(self._worded)
        self._skipping = ""

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
        self._record(None)

    def _record(self, consent: Override | None) -> None:
        if self.sheet.open_steps():
            self.sheet.setFocus()
            return
        values = [TestValue(step, one.result, one.value, one.words) for step, one in self.sheet.answers.items()]
        act = test_unit(
            serial_no=self.serial, values=values, tamper_result=self.tamper.value() or "", words=self.words.text(),
            override=consent,
        )
        self.jobs.do(act, owner=self, then=self._kept, refused=self._refused)

    def _planned(self, steps: tuple[TestStep, ...]) -> None:
        self.sheet.set_plan(steps)
        self.tamper.set_value(None)
        self.words.clear()
        self._skipping = ""
        self._count()

    def _skip(self, step_id: str) -> None:
        self._skipping = step_id
        self.words.clear()
        self.form.rows["words"].refuse(spoken(N_("Why is this step left out? Type it and press Enter.")))
        self.words.setFocus()

    def _worded(self) -> None:
        """Enter in the note gives the reason that was asked for, else it keeps the test."""
        said = self.words.text().strip()
        if not self._skipping:
            self.submit()
        elif said:
            self.sheet.go_to(self._skipping)
            self._skipping = ""
            self.words.clear()
            self.form.rows["words"].clear_error()
            self.sheet.answer("skip", words=said)
            self.sheet.setFocus()

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
        if error.code == "mandatory":
            self.sheet.go_to(error.field)
            self.context.ask_supervisor("override", self._record, why=error.sentence, **error.values)
            return
        self.form.refuse(error, otherwise=lambda sentence: self.notice.put("danger", sentence))
