"""The clerk's acts with one device: counter service, giving back, quarantine, after the pickup, taking back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deskapp import catalogue
from deskapp.commands.bench import note_on_job, quarantine, release_quarantine
from deskapp.commands.checkin_after import void_check_in
from deskapp.commands.pickup import confirm_working, reopen
from deskapp.commands.pickup_release import (
    finish_counter_service,
    give_back_unrepaired,
    start_counter_service,
    stop_counter_service,
)
from deskapp.errors import N_, DeskError
from deskapp.queries.orders import OrderCard, OrderLine
from deskapp.rules.states import HELD, WorkState
from deskapp.ui.kit import Choice, ChoiceBar, LatinField, TextField
from deskapp.ui.pages.order_acts import Act
from deskapp.ui.pages.order_history import WORKS_RESULTS
from deskapp.ui.pages.settings_fields import Tick
from deskapp.ui.pages.shelf_field import ShelfField, is_shelf
from deskapp.ui.pages.words import choices

if TYPE_CHECKING:
    from deskapp.models.store import Command, Override

STARS = tuple(Choice(str(stars), "★" * stars, raw=True) for stars in range(1, 6))


def closed_case_actions() -> list[Choice]:
    """Return what can be done at the counter: the case stays closed and the keys are not touched."""
    return [
        Choice(word.code, word.title(), word.short, raw=True, words=word.title)
        for word in catalogue.words("actions").values()
        if not word.extra.get("opens_case") and not word.extra.get("keys")
    ]


class StartService(Act):
    """Begin a small service at the counter."""

    name, short, icon = "start_service", N_("Counter service …"), "tool"
    title_text, yes = N_("Counter service: the case stays closed"), N_("Begin")
    said = N_("Counter service has begun.")

    def build(self) -> None:
        """Ask what is done."""
        self.action = ChoiceBar(closed_case_actions(), name=N_("What is done"))
        self.form.add("action", N_("What is done"), self.action, needed=True, span=3)
        self.action.confirmed.connect(lambda _value: self.submit())

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """Before the bench has the device."""
        return "start_counter_service" in line.legal and self.may("counter_service")

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Begin."""
        return start_counter_service(item_id=line.id, action=self.action.value() or "")


class FinishService(Act):
    """Say what was done and that it works."""

    name, short, icon = "finish_service", N_("Finish the service …"), "check"
    title_text, yes = N_("Finish the counter service"), N_("Ready for pickup")
    said = N_("The device is ready for pickup.")

    def build(self) -> None:
        """Ask for action, material and test."""
        self.action = ChoiceBar(closed_case_actions(), name=N_("What was done"))
        self.used = TextField(N_("such as 2 paper rolls, separated by commas"))
        self.test = ChoiceBar(
            [Choice("pass", N_("It works"), "P"), Choice("fail", N_("It does not work"), "F")], name=N_("Test")
        )
        self.words = TextField(N_("For the merchant's receipt"), limit=300)
        self.form.add("action", N_("What was done"), self.action, needed=True, span=3)
        self.form.add("test_result", N_("Test"), self.test, needed=True)
        self.form.add("consumables", N_("Material used"), self.used)
        self.form.add("words", N_("Note"), self.words)
        self.action.confirmed.connect(lambda _value: self.test.setFocus())
        self.test.confirmed.connect(lambda _value: self.used.setFocus())
        self.used.returnPressed.connect(self.words.setFocus)
        self.words.returnPressed.connect(self.submit)

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """While the service is under way."""
        return "finish_counter_service" in line.legal and self.may("counter_service")

    def begin(self, card: OrderCard, line: OrderLine) -> None:
        """What was begun is what was done, unless somebody says otherwise."""
        begun = [one for one in card.events if one.what == "start_counter_service" and one.label_no == line.label_no]
        if begun:
            self.action.set_value(str(begun[-1].data.get("action", "")))

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Finish."""
        used = tuple(one.strip() for one in self.used.text().replace("，", ",").split(",") if one.strip())
        return finish_counter_service(
            item_id=line.id, action=self.action.value() or "", test_result=self.test.value() or "", consumables=used,
            words=self.words.text(),
        )  # fmt: skip


class StopService(Act):
    """Give the service up; the bench takes over."""

    name, short, icon = "stop_service", N_("To the bench instead …"), "stethoscope"
    title_text, yes = N_("Stop the counter service: the bench takes over"), N_("Stop the service")
    said = N_("The device waits for the bench.")

    def build(self) -> None:
        """Ask why."""
        self.reason = TextField(N_("What was tried, and what is still wrong"), limit=300)
        self.form.add("reason", N_("Reason"), self.reason, needed=True, span=3)
        self.reason.returnPressed.connect(self.submit)

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """While the service is under way."""
        return "stop_counter_service" in line.legal and self.may("counter_service")

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Stop."""
        return stop_counter_service(item_id=line.id, reason=self.reason.text())


class GiveBack(Act):
    """Make a device ready as it came."""

    name, short, icon = "give_back", N_("Give back unrepaired …"), "arrow-back-up"
    title_text, yes = N_("Give back unrepaired"), N_("Ready for pickup, unrepaired")
    said = N_("The device is ready for pickup, unrepaired.")

    def build(self) -> None:
        """Ask why, and whether the risks were told."""
        self.reason = ChoiceBar(choices("decline_reasons"), name=N_("Why it is not repaired"))
        self.told = Tick(N_("The merchant knows what may happen if it is used unrepaired"))
        self.words = TextField(N_("What the merchant said"), limit=300)
        self.form.add("decline_reason", N_("Why it is not repaired"), self.reason, needed=True, span=3)
        self.form.add("risk_notice", N_("Risks"), self.told, needed=True, span=2)
        self.form.add("words", N_("Note"), self.words)
        self.reason.confirmed.connect(lambda _value: self.told.setFocus())
        self.words.returnPressed.connect(self.submit)

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """Before the bench has the device."""
        return "give_back_unrepaired" in line.legal and self.may("counter_service")

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Make it ready."""
        return give_back_unrepaired(
            item_id=line.id, decline_reason=self.reason.value() or "", risk_notice=self.told.isChecked(),
            words=self.words.text(),
        )  # fmt: skip


class Quarantine(Act):
    """Take a suspicious device out of use as it is."""

    name, short, icon, tone = "quarantine", N_("Quarantine …"), "shield-lock", "danger"
    title_text, yes = N_("Quarantine: leave it exactly as it is"), N_("Put into quarantine")
    said = N_("The device is in quarantine.")

    def build(self) -> None:
        """Ask what is suspicious and who saw it too."""
        self.reason = TextField(N_("What looks wrong, exactly as you found it"), limit=500)
        self.witness = LatinField(N_("can follow later"))
        self.form.add("reason", N_("What is suspicious"), self.reason, needed=True, span=2)
        self.form.add("witness", N_("Witness (staff number)"), self.witness)
        self.reason.returnPressed.connect(self.witness.setFocus)
        self.witness.returnPressed.connect(self.submit)

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """While we hold it."""
        return "quarantine" in line.legal and self.may("quarantine")

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Put it away."""
        return quarantine(item_id=line.id, reason=self.reason.text(), witness=self.witness.text())


class Release(Act):
    """Let a device out of quarantine: a supervisor at the desk, and a second person by PIN."""

    name, short, icon = "release", N_("Release from quarantine …"), "shield-check"
    title_text, yes = N_("Release from quarantine, by two persons"), N_("Release with the second person")
    said = N_("The device goes on where it was.")
    right, why = "witness", N_("{act}: {number}. The second person has seen the device too.")

    def build(self) -> None:
        """Ask for the finding and where the device goes."""
        self.finding = TextField(N_("What was found and how it was explained"), limit=1000)
        self.bench = LatinField(N_("leave empty for the shelf"))
        self.shelf = ShelfField(N_("leave empty: where it was"))
        self.form.add("finding", N_("Written finding"), self.finding, needed=True, span=3)
        self.form.add("bench", N_("Back on bench"), self.bench)
        self.form.add("shelf", N_("Put on shelf"), self.shelf)
        self.finding.returnPressed.connect(self.bench.setFocus)
        self.bench.returnPressed.connect(self.shelf.setFocus)
        self.shelf.scanned.connect(lambda _text: self.go.setFocus())
        self.shelf.returnPressed.connect(self.submit)

    def scan(self, text: str) -> bool:
        """A shelf's label is the answer, wherever the focus is."""
        if is_shelf(text):
            self.shelf.take_scan(text)
            return True
        return False

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """In quarantine, for a supervisor."""
        return "release_quarantine" in line.legal and self.may("quarantine_release")

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Release it."""
        return release_quarantine(
            item_id=line.id, finding=self.finding.text(), second=consent, bench=self.bench.text(),
            shelf=self.shelf.text(),
        )  # fmt: skip


class Confirm(Act):
    """Close devices that are known to work."""

    name, short, icon = "confirm", N_("It works: close …"), "circle-check"
    title_text, yes = N_("It works at the merchant's: close the job"), N_("Close")
    said = N_("The job is closed.")
    right, why = "override", N_("{act}: {number}. A loaner is still out; a supervisor allows it.")

    def build(self) -> None:
        """Ask how it is known, by whom, and how content they are."""
        self.result = ChoiceBar(
            [Choice(value, title) for value, title in WORKS_RESULTS.items()], name=N_("How it is known")
        )
        self.who = TextField(N_("Name of the person at the merchant's"), limit=60)
        self.rating = ChoiceBar(STARS, name=N_("How content is the merchant?"))
        self.all = Tick(N_("All devices of this order that were handed out"))
        self.form.add("result", N_("How it is known"), self.result, needed=True, span=2)
        self.form.add("confirmed_by", N_("Confirmed by"), self.who, needed=True)
        self.form.add("rating", N_("How content is the merchant?"), self.rating, span=2)
        self.form.add("items", "", self.all)
        self.result.confirmed.connect(lambda _value: self.who.setFocus())
        self.who.returnPressed.connect(self.rating.setFocus)
        self.rating.confirmed.connect(lambda _value: self.submit())

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """After the pickup."""
        return "confirm_working" in line.legal and self.may("pickup")

    def begin(self, card: OrderCard, line: OrderLine) -> None:
        """Several devices are mostly confirmed by one call."""
        self.form.rows["items"].setVisible(len(self._out(card)) > 1)

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Close."""
        items = tuple(one.id for one in self._out(card)) if self.all.isChecked() else (line.id,)
        stars = self.rating.value()
        return confirm_working(
            item_ids=items, result=self.result.value() or "", confirmed_by=self.who.text(),
            rating=int(stars) if stars else None, override=consent,
        )  # fmt: skip

    def _out(self, card: OrderCard) -> list[OrderLine]:
        return [one for one in card.lines if one.state == WorkState.PICKED_UP]


class Reopen(Act):
    """Open a closed job again."""

    name, short, icon = "reopen", N_("Reopen …"), "refresh"
    title_text, yes = N_("Reopen the job: it goes back to the state before"), N_("Reopen")
    said = N_("The job is open again.")
    right = "reopen"

    def build(self) -> None:
        """Ask why."""
        self.reason = TextField(N_("For the history"), limit=300)
        self.form.add("reason", N_("Reason"), self.reason, needed=True, span=3)
        self.reason.returnPressed.connect(self.submit)

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """When it is closed; a supervisor's consent is asked for."""
        return line.state == WorkState.CLOSED and self.may("pickup")

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Reopen."""
        return reopen(item_id=line.id, reason=self.reason.text(), override=consent)


class Note(Act):
    """Write something down that whoever opens the job reads."""

    name, short, icon = "note", N_("Note …"), "message"
    title_text, yes, said = N_("A note on the job"), N_("Keep the note"), N_("The note is kept.")

    def build(self) -> None:
        """Ask for the words."""
        self.words = TextField(N_("Whoever opens the job reads it"), limit=500)
        self.form.add("words", N_("Note"), self.words, needed=True, span=3)
        self.words.returnPressed.connect(self.submit)

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """Always, for whoever acts here at all."""
        return self.may("note")

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Keep it."""
        return note_on_job(item_id=line.id, words=self.words.text())


class VoidCheckIn(Act):
    """Take back a check-in that was made in error."""

    name, short, icon, tone = "void_check_in", N_("Void the check-in …"), "ban", "danger"
    title_text, yes = N_("Void a check-in made in error"), N_("Void the check-in")
    said = N_("The check-in is void; its papers no longer hold.")
    right = "correct"

    def build(self) -> None:
        """Ask why, and who took the device."""
        self.reason = TextField(N_("What was wrong about it"), limit=300)
        self.taker = TextField(N_("Who took the device back"), limit=60)
        self.all = Tick(N_("All devices of this order that are still here"))
        self.form.add("reason", N_("Reason"), self.reason, needed=True, span=2)
        self.form.add("given_back_to", N_("Given back to"), self.taker, needed=True)
        self.form.add("items", "", self.all, span=3)
        self.reason.returnPressed.connect(self.taker.setFocus)
        self.taker.returnPressed.connect(self.submit)

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """While the device has not left us; where something else comes first the refusal says what."""
        return line.state in HELD and line.state != WorkState.ABANDONED and self.may("check_in")

    def begin(self, card: OrderCard, line: OrderLine) -> None:
        """One visit is mostly taken back whole."""
        self._signed: Override | None = None
        self._loaner: Override | None = None
        self.form.rows["items"].setVisible(len(self._waiting(card)) > 1)

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Void it."""
        self._signed = consent
        items = tuple(one.id for one in self._waiting(card)) if self.all.isChecked() else (line.id,)
        return void_check_in(
            order_id=card.id, reason=self.reason.text(), given_back_to=self.taker.text(), item_ids=items,
            override=consent, loaner_override=self._loaner,
        )  # fmt: skip

    def _refused(self, error: DeskError) -> None:
        """A loaner that is still out is another consent than the one to correct."""
        if error.code == "needs_override" and error.field == "loaner":
            self.go.setEnabled(True)
            self.context.ask_supervisor("override", self._let_out, why=error.sentence, **error.values)
        else:
            super()._refused(error)

    def _let_out(self, allowed: Override) -> None:
        self._loaner = allowed
        self.submit(self._signed)

    def _waiting(self, card: OrderCard) -> list[OrderLine]:
        return [one for one in card.lines if one.state in HELD]


def device_acts() -> tuple[type[Act], ...]:
    """Return the acts of one device, in the order in which they are offered."""
    return (StartService, FinishService, StopService, GiveBack, Confirm, Reopen, Release, Note, Quarantine, VoidCheckIn)
