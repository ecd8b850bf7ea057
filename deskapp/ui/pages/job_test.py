"""The last steps of a job: somebody else tests it, and it lies ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QApplication, QWidget

from deskapp.commands.bench_test import Tested, TestValue, call_supervisor, run_test
from deskapp.commands.people import Tried, sign_in
from deskapp.errors import N_, DeskError
from deskapp.queries.bench_card import JobCard
from deskapp.rules.money import format_yuan
from deskapp.ui.kit import Banner, ChoiceBar, EmptyState, LatinField, TextField, spoken
from deskapp.ui.pages.job_diagnose import TAMPER
from deskapp.ui.pages.job_kit import HistoryBox, Host, Primary, SecondPerson, Step, say_where
from deskapp.ui.pages.job_sheet import TestSheet
from deskapp.ui.pages.shelf_field import ShelfField, is_shelf

if TYPE_CHECKING:
    from deskapp.models.store import Actor, Override


class TestStepPanel(Step):
    """The plan on one sheet, then seal, tamper check and shelf; by another person than who repaired."""

    __test__ = False
    columns = 5
    hint = N_("P passed · F failed · S left out · digits and Enter for a value · Backspace takes back")

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.sheet = TestSheet()
        self.second = SecondPerson(N_("You worked on this device. Who tests it?"))
        self.solo = Banner("warn", dismissible=False)
        self.tamper = ChoiceBar(TAMPER)
        self.seal = LatinField(N_("Number of the new seal"))
        self.shelf = ShelfField(N_("Scan or type the pickup shelf"))
        self.words = TextField(N_("Anything worth noting"), limit=300)
        self.form.add("tamper_result", N_("Closed and intact?"), self.tamper, needed=True, span=2)
        self.sealed = self.form.add("seal_no", N_("New seal"), self.seal)
        self.lies = self.form.add("shelf", N_("Pickup shelf"), self.shelf)
        self.skip = self.form.add("words", N_("Note"), self.words)
        self.column.addWidget(self.sheet)
        self.column.addWidget(self.second)
        self.column.addWidget(self.solo)
        self.column.addWidget(self.form)
        self.column.addStretch(1)
        self._actor: Actor | None = None
        self._skipping = ""
        self.sheet.changed.connect(self._count)
        self.sheet.finished.connect(self._finished)
        self.sheet.skip_wanted.connect(self._skip)
        self.tamper.chosen.connect(lambda _value: self.seal.setFocus())
        self.seal.returnPressed.connect(self.shelf.setFocus)
        self.shelf.scanned.connect(lambda _text: host.main.setFocus())
        self.shelf.returnPressed.connect(self.submit)
        self.words.returnPressed.connect(self._worded)
        self.second.entered.connect(self._identify)

    def show_card(self, card: JobCard, *, anew: bool) -> None:
        """Show the plan of the model; one's own work asks for another person."""
        super().show_card(card, anew=anew)
        if anew:
            self.sheet.set_plan(card.plan)
            self.tamper.set_value(None)
            for field in (self.seal, self.shelf, self.words):
                field.clear()
            self.second.wipe()
            self._actor, self._skipping = None, ""
            say_where(card, self.sealed, self.lies)
        own = card.own_work or not card.can("pass_test", "fail_test")
        self.second.title.say(
            N_("You worked on this device. Who tests it?") if card.own_work else N_("Who tests this device?")
        )
        self._ask_second(own and not (card.own_work and card.solo_site) and self._actor is None)
        if card.own_work and card.solo_site:
            self.solo.say("warn", N_("One-person site: you may test your own work. It is marked on the receipt."))
        else:
            self.solo.clear()
        self._count()

    def _ask_second(self, on: bool) -> None:
        """Ask who tests, in the place where that person then seals and shelves the device."""
        was_here = self.second.isAncestorOf(QApplication.focusWidget() or self)
        self.second.setVisible(on)
        self.form.setVisible(not on)
        if was_here and not on:
            (self.sheet if self.sheet.open_steps() else self.tamper).setFocus()

    def _count(self) -> None:
        self.host.refresh_primary()

    def _finished(self) -> None:
        if not self.second.isHidden():
            self.second.who.setFocus()
        else:
            self.tamper.setFocus()

    def _skip(self, step_id: str) -> None:
        self._skipping = step_id
        self.form.show()
        self.words.clear()
        self.skip.refuse(spoken(N_("Why is this step left out? Type it and press Enter.")))

    def _worded(self) -> None:
        if not self._skipping:
            self.submit()
            return
        if self.words.text().strip():
            self.sheet.go_to(self._skipping)
            self._skipping = ""
            words = self.words.text().strip()
            self.words.clear()
            self.skip.clear_error()
            self.sheet.answer("skip", words=words)
            self.sheet.setFocus()

    def _identify(self) -> None:
        """Check who the second person is; the test is then theirs."""
        act = sign_in(who=self.second.who.text(), pin=self.second.pin.text())
        self.jobs.do(act, owner=self, then=self._tried, refused=lambda error: self.second.refuse(str(error)))

    def _tried(self, tried: Tried) -> None:
        if tried.actor is None:
            self.second.refuse(spoken(tried.sentence))
            return
        self._actor = tried.actor
        self._ask_second(False)
        self.context.toast(N_("{name} tests this device."), name=tried.actor.name)

    def watched(self) -> list[QWidget]:
        """An hour of measuring is worth keeping too."""
        return [*super().watched(), self.sheet]

    def kept(self) -> dict[str, Any]:
        """Return what was measured so far, and by whom: nobody goes on with another person's test."""
        actor = self.context.actor()
        if not self.sheet.answers or actor is None:
            return {}
        return {
            "by": actor.staff_no, "answers": self.sheet.kept(), "tamper": self.tamper.value() or "",
            "seal": self.seal.text(), "shelf": self.shelf.text(), "words": self.words.text(),
        }  # fmt: skip

    def restore(self, form: dict[str, Any]) -> None:
        """Put a draft back for the one who measured."""
        actor = self.context.actor()
        if actor is None or form.get("by") != actor.staff_no or not self.sheet.steps:
            return
        self.sheet.put_back(form.get("answers", {}))
        self.tamper.set_value(form.get("tamper") or None)
        for field, key in ((self.seal, "seal"), (self.shelf, "shelf"), (self.words, "words")):
            field.setText(str(form.get(key, "")))

    def first(self) -> QWidget:
        """Return the sheet."""
        return self.sheet

    def primary(self) -> Primary:
        """Say what comes: ready, or back to repair."""
        if self.sheet.open_steps():
            return Primary(N_("Steps still open: {count}"), "clipboard-check", False, len(self.sheet.open_steps()))
        if self.sheet.failed():
            return Primary(N_("Failed: back to repair"), "tool")
        if self.card is not None and self.card.goes_back:
            return Primary(N_("Passed: pack for the way back"), "truck-delivery")
        return Primary(N_("Passed: ready for pickup"), "package")

    def take(self, text: str) -> bool:
        """Take a shelf's label, or the badge of the second person."""
        if is_shelf(text):
            self.shelf.take_scan(text)
            return True
        if text.startswith("U") and len(text) == 13 and not self.second.isHidden():
            self.second.who.setText(text)
            self.second.pin.setFocus()
            return True
        return False

    def submit(self) -> None:
        """Record the test."""
        self._record(None)

    def _record(self, consent: Override | None) -> None:
        if self.card is None or self.sheet.open_steps():
            return
        if not self.second.isHidden():
            if self.second.filled():
                self._identify()
            return
        values = [TestValue(step, answer.result, answer.value, answer.words)
                  for step, answer in self.sheet.answers.items()]  # fmt: skip
        act = run_test(
            item_id=self.card.item_id, values=values, tamper_result=self.tamper.value() or "",
            seal_no=self.seal.text(), shelf=self.shelf.text(), words=self.words.text(), override=consent,
        )  # fmt: skip
        more: dict[str, Any] = {"by": self._actor} if self._actor is not None else {}
        self.do(act, self._tested, **more)

    def _tested(self, tested: Tested) -> None:
        if not tested.passed:
            self.context.toast(N_("Failed for the {count}. time: the device is back at the bench."), tone="warn",
                               count=tested.loops)  # fmt: skip
        elif self.card is not None and self.card.goes_back:
            self.context.toast(N_("Passed. It goes back with the next van."), tone="ok")
        elif tested.charged_fen:
            self.context.toast(N_("Passed. {amount} to be paid at pickup."), tone="ok",
                               amount=format_yuan(tested.charged_fen))  # fmt: skip
        else:
            self.context.toast(N_("Passed. Nothing to be paid."), tone="ok")

    def refuse(self, error: DeskError) -> None:
        """The third failure goes to the supervisors, on the spot if one is there; a missing step is shown."""
        if error.code == "loops":
            if self.card is not None:  # it is on the supervisors' list, whether or not one is at hand now
                self.jobs.do(call_supervisor(item_id=self.card.item_id), owner=self)
            self.context.ask_supervisor(
                "override", self._record, why=N_("The device fails for the third time. Repair it once more?")
            )
        elif error.code == "mandatory":
            self.sheet.go_to(error.field)
            self.context.ask_supervisor("override", self._record, why=error.sentence, **error.values)
        elif any(step.id == error.field for step in self.sheet.steps):
            self.sheet.go_to(error.field)
            super().refuse(error)
        else:
            super().refuse(error)


class ReadyStep(Step):
    """The end of the bench's work: where the device lies and what is to be paid."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.picture = EmptyState("circle-check", "")
        self.history = HistoryBox()
        self.column.addWidget(self.picture)
        self.column.addWidget(self.history)
        self.column.addStretch(1)

    def show_card(self, card: JobCard, *, anew: bool) -> None:
        """Say where it lies."""
        super().show_card(card, anew=anew)
        self.history.show_card(card)
        # Who tests mostly sends nothing away: then the foot says whose turn it is.
        foreign = card.goes_back and not self.context.may("transfer")
        self.hint = N_("Who receives and sends at the depot packs it.") if foreign else ""
        if card.state == "ready_for_pickup":
            said = N_("Ready on shelf {shelf}. To be paid at pickup: {amount}.")
            if not card.shelf:
                said = N_("Ready, on no shelf yet. To be paid at pickup: {amount}.")
            self.picture.say(said, shelf=card.shelf, amount=format_yuan(card.due_fen))
        elif card.state == "awaiting_return":
            self.picture.say(N_("Done and sealed, on shelf {shelf}. It goes back with the next van."),
                             shelf=card.shelf or "–")  # fmt: skip
        else:
            self.picture.say(N_("This device is not at the bench."))

    def primary(self) -> Primary:
        """Say what comes."""
        if self.card is not None and self.card.goes_back:
            return Primary(N_("Transports"), "truck-delivery", self.context.may("transfer"))
        return Primary(N_("Ready and pickup"), "package")

    def first(self) -> QWidget:
        """Return nothing to fill in."""
        return self.picture

    def submit(self) -> None:
        """Go to the pickup page, or to the vans."""
        if self.card is not None and self.card.goes_back:
            self.context.navigate("transfers")
        elif self.card is not None:
            self.context.navigate("ready", id=self.card.item_id)
