"""Steps that need two people: loading keys, and letting a device out of quarantine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from deskapp.commands.bench import release_quarantine
from deskapp.commands.bench_keys import keys_kept, load_keys
from deskapp.commands.people import Consent, vouch
from deskapp.errors import N_, DeskError
from deskapp.queries.bench_card import JobCard
from deskapp.ui.kit import Banner, Choice, ChoiceBar, LatinField, TextField, spoken
from deskapp.ui.pages.job_kit import HistoryBox, Host, Primary, SecondPerson, Step

if TYPE_CHECKING:
    from deskapp.models.store import Override

METHODS = (
    Choice("master_pos", N_("Master POS"), "M"),
    Choice("key_card", N_("Key card"), "K"),
    Choice("remote", N_("Remote"), "R"),
    Choice("by_hand", N_("By hand"), "H"),
    Choice("kept", N_("Keys are still there"), "S"),
)


class TwoPersonStep(Step):
    """A step that a second person signs with their PIN; the first is whoever is signed in."""

    def __init__(self, host: Host, title: str, right: str) -> None:
        super().__init__(host)
        self.right = right
        self.second = SecondPerson(title)
        self.second.entered.connect(self.submit)

    def with_second(self, reason: str, then: Callable[[Override], None]) -> None:
        """Check the second person, then go on with their consent."""
        if not self.second.filled():
            return

        def given(consent: Consent) -> None:
            if consent.token:
                self.second.error.hide()
                then(consent.for_reason(reason))
            else:
                self.second.refuse(spoken(consent.sentence))

        act = vouch(who=self.second.who.text(), pin=self.second.pin.text(), right=self.right)
        self.jobs.do(act, owner=self, then=given, refused=self.refuse)

    def show_card(self, card: JobCard, *, anew: bool) -> None:
        """Begin with nobody."""
        super().show_card(card, anew=anew)
        if anew:
            self.second.wipe()


class KeyStep(TwoPersonStep):
    """A key load: method, slot and check value as shown, two custodians. Never a key."""

    def __init__(self, host: Host) -> None:
        super().__init__(host, N_("Second key custodian"), "key_load")
        self._second: Override | None = None
        self.notice = Banner("info", dismissible=False)
        self.notice.say("info", N_("Only the name of the slot and the check value are kept. Never type a key here."))
        self.method = ChoiceBar(METHODS)
        self.slot = LatinField(N_("Name of the slot, such as TMK-01"))
        self.value = LatinField(N_("4 to 6 characters, as the device shows it"))
        self.result = TextField(N_("What the device showed"))
        self.run = LatinField(N_("if there is a run list"))
        self.test = TextField(N_("What its own test showed"))
        self.form.add("method", N_("How the keys came in"), self.method, needed=True, span=2)
        self.loaded = [
            self.form.add("slot", N_("Key slot"), self.slot, needed=True),
            self.form.add("check_value", N_("Check value"), self.value, needed=True),
            self.form.add("device_result", N_("Result on the device"), self.result, needed=True),
            self.form.add("run_no", N_("Number of the run"), self.run),
        ]
        self.spared = self.form.add("self_test_result", N_("Self-test"), self.test, needed=True, span=2)
        self.column.addWidget(self.notice)
        self.column.addWidget(self.form)
        self.column.addWidget(self.second)
        self.column.addStretch(1)
        self.method.chosen.connect(self._chose)
        self.slot.returnPressed.connect(self.value.setFocus)
        self.value.returnPressed.connect(self.result.setFocus)
        self.result.returnPressed.connect(self.run.setFocus)
        self.run.returnPressed.connect(self.second.who.setFocus)
        self.test.returnPressed.connect(self.submit)
        self._show_rows()

    def _chose(self, value: str) -> None:
        self._show_rows()
        self.host.refresh_primary()
        (self.test if value == "kept" else self.slot).setFocus()

    def _show_rows(self) -> None:
        kept = self.method.value() == "kept"
        for one in self.loaded:
            one.setVisible(not kept)
        self.spared.setVisible(kept)
        self.second.setVisible(not kept)

    def show_card(self, card: JobCard, *, anew: bool) -> None:
        """Begin empty."""
        super().show_card(card, anew=anew)
        if anew:
            self.method.set_choices(METHODS if card.keys_may_be_kept else METHODS[:-1])
            self.method.set_value(None)
            for field in (self.slot, self.value, self.result, self.run, self.test):
                field.clear()
            self._show_rows()

    def first(self) -> QWidget:
        """Return the method."""
        return self.method

    def primary(self) -> Primary:
        """Say what comes."""
        return Primary(N_("Keys checked: on to the test"), "key", self.method.value() is not None)

    def submit(self) -> None:
        """Record the load, or that none is needed."""
        card = self.card
        if card is None or self.method.value() is None:
            return
        if self.method.value() == "kept":
            self.do(keys_kept(item_id=card.item_id, reason=self.test.text(), self_test_result=self.test.text()))
            return
        self.with_second(spoken(N_("key load")), self._load)

    def _load(self, consent: Override, allowed: Override | None = None) -> None:
        if self.card is not None:
            self._second = consent
            act = load_keys(
                item_id=self.card.item_id, method=self.method.value() or "", slot=self.slot.text(),
                check_value=self.value.text(), device_result=self.result.text(), second=consent, run_no=self.run.text(),
                override=allowed,
            )  # fmt: skip
            self.do(act)

    def refuse(self, error: DeskError) -> None:
        """Keys without a list are a supervisor's to allow, on the spot."""
        second = self._second
        if error.code == "no_run" and second is not None:
            self.context.ask_supervisor(
                "override", lambda allowed: self._load(second, allowed), why=error.sentence, **error.values
            )
        else:
            super().refuse(error)


class QuarantineStep(TwoPersonStep):
    """A device in quarantine: nothing moves until two people, one a supervisor, write down what it was."""

    columns = 3

    def __init__(self, host: Host) -> None:
        super().__init__(host, N_("Second person, who has seen it too"), "witness")
        self.notice = Banner("danger", dismissible=False)
        self.notice.say("danger", N_("Do not clean, open or switch off. A supervisor and a second person release it."))
        self.finding = TextField(N_("What was found and how it was explained"), limit=1000)
        self.bench = LatinField(N_("leave empty for the shelf"))
        self.form.add("finding", N_("Written finding"), self.finding, needed=True, span=2)
        self.form.add("bench", N_("Back on bench"), self.bench)
        self.column.addWidget(self.notice)
        self.column.addWidget(self.form)
        self.column.addWidget(self.second)
        self.history = HistoryBox(3)
        self.column.addWidget(self.history)
        self.column.addStretch(1)
        self.finding.returnPressed.connect(self.bench.setFocus)
        self.bench.returnPressed.connect(self.second.who.setFocus)

    def show_card(self, card: JobCard, *, anew: bool) -> None:
        """Begin empty."""
        super().show_card(card, anew=anew)
        self.history.show_card(card)
        if anew:
            self.finding.clear()
            self.bench.clear()

    def first(self) -> QWidget:
        """Return the finding."""
        return self.finding

    def primary(self) -> Primary:
        """Say what comes."""
        may = self.card is not None and self.card.can("release_quarantine")
        return Primary(N_("Release from quarantine"), "shield-check", may)

    def submit(self) -> None:
        """Release it."""
        if self.card is not None and self.card.can("release_quarantine"):
            self.with_second(self.finding.text() or "–", self._release)

    def _release(self, consent: Override) -> None:
        if self.card is not None:
            self.do(release_quarantine(item_id=self.card.item_id, finding=self.finding.text(), second=consent,
                                       bench=self.bench.text()))  # fmt: skip
