"""The short acts beside a job's step: note, pause, hand over, wait for parts, quarantine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from deskapp.clock import shop_day
from deskapp.commands.batches import settle_batch
from deskapp.commands.bench import diagnose_again, hand_job_over, note_on_job, pause_job, quarantine, record_labour
from deskapp.commands.bench_parts import wait_for_parts
from deskapp.commands.papers_service import print_bench_traveller
from deskapp.errors import N_, DeskError
from deskapp.queries.bench import parts_for, technicians
from deskapp.queries.bench_card import JobCard
from deskapp.ui.kit import (
    Button,
    ChoiceBar,
    DateField,
    FlowLayout,
    Jobs,
    KeyCap,
    LatinField,
    NumberField,
    PageContext,
    SuggestField,
    Suggestion,
    TextField,
    spoken,
)
from deskapp.ui.pages.job_kit import Drawer
from deskapp.ui.pages.job_pick import named
from deskapp.ui.pages.shelf_field import ShelfField, is_shelf
from deskapp.ui.pages.words import settled_choices
from deskapp.ui.tokens import SMALL

if TYPE_CHECKING:
    from deskapp.models.store import Command, Override, ReadSession


class Panel(Protocol):
    """The job panel, as far as its drawers need it."""

    context: PageContext
    jobs: Jobs

    def open_drawer(self, name: str) -> None:
        """Open a short act or a side step."""

    def focus_step(self) -> None:
        """Put the focus back into the step."""


KEYS = {
    "note": "Alt+N", "pause": "Alt+P", "hand_over": "Alt+H", "wait": "Alt+W", "again": "Alt+D", "quote": "Alt+Q",
    "give_up": "Alt+G", "traveller": "Alt+T", "quarantine": "Alt+X",
    "settled": "Alt+B", "labour": "Alt+M",
}  # fmt: skip


UNASKED = ("free", "needs_supervisor", "blocked")
"""On what a repair rests while the merchant has nothing to be asked for: it is free, or nobody has decided yet."""


class Drawers(QWidget):
    """A row of quiet buttons with their keys, and the drawer that is open below it."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self._panel, self.jobs, self.context = panel, panel.jobs, panel.context
        self._card: JobCard | None = None
        self.drawers: dict[str, Drawer] = {}
        self.buttons: dict[str, Button] = {}
        self._texts: dict[str, str] = {}
        bar = QWidget()
        self._bar = FlowLayout(bar, gap=4, margin=0)
        self._bar.addWidget(KeyCap("Alt"))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SMALL)
        self._column.addWidget(bar)
        for name, text, icon in (
            ("note", N_("Note"), "message"), ("pause", N_("Pause"), "player-pause"),
            ("hand_over", N_("Hand over"), "users"), ("wait", N_("Await part"), "packages"),
            ("again", N_("Diagnose again"), "stethoscope"), ("quote", N_("Quote"), "report-money"),
            ("give_up", N_("No repair"), "ban"), ("traveller", N_("Print traveller"), "printer"),
            ("quarantine", N_("Quarantine"), "shield-lock"), ("settled", N_("Batch settled"), "receipt"),
            ("labour", N_("Working time"), "clock"),
        ):  # fmt: skip
            self._button(name, text, icon)
        self.retranslate()
        # Made when they are first opened: most of a day's jobs need none of them, and they are half of the panel.
        self._later: dict[str, Callable[[], None]] = {
            "note": self._note, "pause": self._pause, "hand_over": self._hand_over, "wait": self._wait,
            "again": self._again, "quarantine": self._quarantine, "settled": self._settled, "labour": self._labour,
        }  # fmt: skip

    # -- outside -------------------------------------------------------------------

    def show_card(self, card: JobCard) -> None:
        """Offer what is possible with this device for this person."""
        self._card = card
        legal = {
            "note": True, "traveller": self.context.may("reprint_first"),
            "pause": card.can("pause_job") and card.waits_for == "",
            "hand_over": card.can("hand_job_over"), "wait": card.can("wait_for_parts"),
            "again": card.can("diagnose_again"), "quarantine": card.can("quarantine"),
            "labour": card.state in ("diagnosing", "repairing") and self.context.may("repair"),
            "settled": (card.do_not_wipe or "unsettled_batch" in card.todos) and self.context.may("note"),
            "quote": card.can("send_quote") and card.finding is not None and card.basis not in UNASKED
            and (card.state, card.basis) != ("diagnosing", "payable"),
            "give_up": card.can("decline") and card.can("start_repair", "record_repair", "start_diagnosis"),
        }  # fmt: skip
        for name, button in self.buttons.items():
            button.setVisible(legal[name])

    def print_traveller(self) -> None:
        """Print the sheet that goes with the device from hand to hand."""
        if self._card is not None:
            said = N_("The paper is being printed.")
            self.jobs.do(
                print_bench_traveller(item_id=self._card.item_id), owner=self,
                then=lambda _jobs: self.context.toast(said, tone="ok"),
            )  # fmt: skip

    def retranslate(self) -> None:
        """Say the acts with the letter that Alt opens them with."""
        for name, button in self.buttons.items():
            button.put(f"{spoken(self._texts[name])}  {KEYS[name][-1]}")
            button.setAccessibleName(spoken(self._texts[name]))

    def open_one(self, name: str) -> None:
        """Open a drawer when its button is offered."""
        if self.buttons[name].isHidden():
            return
        if name == "traveller":
            self.print_traveller()
        elif name in self._later or name in self.drawers:
            self.close_all()
            if name in self._later:
                self._later.pop(name)()
            self.drawers[name].open_drawer()
        else:
            self._panel.open_drawer(name)

    def take(self, text: str) -> bool:
        """Take a scanned shelf for the open drawer that asks for one, wherever in it the focus is."""
        for drawer in self.drawers.values():
            row = drawer.form.rows.get("shelf")
            if not drawer.isHidden() and row is not None and isinstance(row.field, ShelfField) and is_shelf(text):
                row.field.take_scan(text)
                drawer.go.setFocus()
                return True
        return False

    def close_all(self) -> bool:
        """Close the open drawer; False when none was open."""
        open_ones = [drawer for drawer in self.drawers.values() if not drawer.isHidden()]
        for drawer in open_ones:
            drawer.blockSignals(True)
            drawer.close_drawer()
            drawer.blockSignals(False)
        return bool(open_ones)

    # -- the drawers ---------------------------------------------------------------

    def _note(self) -> None:
        words = TextField(N_("Whoever opens the job reads it"), limit=500)
        drawer = self._drawer("note", N_("A note on the job"), N_("Keep the note"), "message")
        drawer.form.add("words", N_("Note"), words, span=3)
        self._does(drawer, words, lambda item: note_on_job(item_id=item, words=words.text()), N_("The note is kept."))

    def _pause(self) -> None:
        reason = TextField(N_("Where it stands, what comes next"), limit=500)
        shelf = ShelfField(N_("stays on the bench"))
        drawer = self._drawer("pause", N_("Put the job aside"), N_("Put aside"), "player-pause")
        drawer.form.add("reason", N_("Note"), reason, needed=True, span=2)
        drawer.form.add("shelf", N_("Put on shelf"), shelf)
        self._does(drawer, shelf, lambda item: pause_job(item_id=item, reason=reason.text(), shelf=shelf.text()),
                   N_("The job is put aside."))  # fmt: skip
        reason.returnPressed.connect(shelf.setFocus)

    def _hand_over(self) -> None:
        def search(session: ReadSession, text: str) -> Sequence[Suggestion]:
            return [
                Suggestion(one.name, one.staff_no, "user", "", one.staff_no)
                for one in technicians(session)
                if text.upper() in one.staff_no or text in one.name
            ]

        who = SuggestField(self.jobs, search, N_("Name or staff number"))
        words = TextField(N_("Where it stands, what comes next"), limit=500)
        drawer = self._drawer("hand_over", N_("Hand the job over"), N_("Hand over"), "users")
        drawer.form.add("to_staff", N_("To"), who, needed=True)
        drawer.form.add("words", N_("Note"), words, needed=True, span=2)

        def act(item: str, allowed: Override | None = None) -> Command[Any]:
            chosen = str(who.chosen.data) if who.chosen else who.text()
            return hand_job_over(item_id=item, to_staff=chosen, words=words.text(), override=allowed)

        # Who does not repair this model takes the job with a supervisor's consent, given on the spot.
        self._does(drawer, words, act, N_("The job is handed over."), consents={"not_certified": "override"})
        who.taken.connect(lambda _taken: words.setFocus())
        who.entered.connect(lambda _text: words.setFocus())

    def _wait(self) -> None:
        def search(session: ReadSession, text: str) -> Sequence[Suggestion]:
            model = self._card.model_id if self._card else ""
            return [
                Suggestion(named(one.name, one.name_en), one.part_no, "packages", "", one.part_id)
                for one in parts_for(session, model, text, limit=8)
            ]

        part = SuggestField(self.jobs, search, N_("Number or name of a part"))
        count = NumberField("1", low=1, high=999)
        order = LatinField(N_("such as PO-118"))
        day = DateField(shop_day(self.context.now()))
        shelf = ShelfField(N_("stays on the bench"))
        drawer = self._drawer("wait", N_("Wait for a part"), N_("Wait for parts"), "packages")
        for key, label, field in (
            ("part", N_("Part"), part), ("quantity", N_("Quantity"), count), ("order_no", N_("Order number"), order),
            ("expected_date", N_("Expected on"), day), ("shelf", N_("Put on shelf"), shelf),
        ):  # fmt: skip
            drawer.form.add(key, label, field, needed=key != "shelf")

        def act(item: str) -> Command[Any]:
            expected = day.day()
            return wait_for_parts(
                item_id=item, part_id=str(part.chosen.data) if part.chosen else part.text(),
                quantity=count.value() or 1, order_no=order.text(),
                expected_date=expected.isoformat() if expected else "", shelf=shelf.text(),
            )  # fmt: skip

        self._does(drawer, shelf, act, N_("The job waits for the part; its clock stands still."))
        part.taken.connect(lambda _taken: count.setFocus())
        count.returnPressed.connect(order.setFocus)
        order.returnPressed.connect(day.setFocus)
        day.returnPressed.connect(shelf.setFocus)

    def _again(self) -> None:
        reason = TextField(N_("What was found that was not known before"), limit=500)
        bench = LatinField(N_("W1"))
        drawer = self._drawer("again", N_("Back to the diagnosis"), N_("Diagnose again"), "stethoscope")
        drawer.form.add("reason", N_("Why"), reason, needed=True, span=2)
        drawer.form.add("bench", N_("Bench"), bench, needed=True)
        self._does(drawer, bench, lambda item: diagnose_again(item_id=item, reason=reason.text(), bench=bench.text()))
        reason.returnPressed.connect(bench.setFocus)

    def _quarantine(self) -> None:
        reason = TextField(N_("What looks wrong, exactly as you found it"), limit=500)
        witness = LatinField(N_("can follow later"))
        drawer = self._drawer("quarantine", N_("Quarantine: leave it exactly as it is"), N_("Put into quarantine"),
                              "shield-lock", "danger")  # fmt: skip
        drawer.form.add("reason", N_("What is suspicious"), reason, needed=True, span=2)
        drawer.form.add("witness", N_("Witness (staff number)"), witness)
        self._does(drawer, witness, lambda item: quarantine(item_id=item, reason=reason.text(), witness=witness.text()),
                   N_("The device is in quarantine."))  # fmt: skip
        reason.returnPressed.connect(witness.setFocus)

    def _settled(self) -> None:
        how = ChoiceBar(settled_choices(), name=N_("How it is known"))
        words = TextField(N_("Who confirmed it, or the number of the slip"), limit=300)
        title = N_("Nothing on the device is unsettled any more")
        drawer = self._drawer("settled", title, N_("Batch settled"), "receipt")
        drawer.form.add("how", N_("How it is known"), how, needed=True, span=3)
        drawer.form.add("words", N_("Confirmed by"), words, needed=True, span=3)
        self._does(drawer, words,
                   lambda item: settle_batch(item_id=item, how=how.value() or "", words=words.text()),
                   N_("Settled: the device may be reset and loaded again."))  # fmt: skip
        how.confirmed.connect(lambda _value: words.setFocus())

    def _labour(self) -> None:
        minutes = NumberField("20", low=1, high=1440)
        words = TextField(N_("What the time went into"), limit=300)
        drawer = self._drawer("labour", N_("Working time on this device"), N_("Note it"), "clock")
        drawer.form.add("minutes", N_("Minutes"), minutes, needed=True)
        drawer.form.add("words", N_("Note"), words, span=2)
        self._does(drawer, words,
                   lambda item: record_labour(item_id=item, minutes=minutes.value() or 0, words=words.text()),
                   N_("The working time is noted."))  # fmt: skip
        minutes.returnPressed.connect(words.setFocus)

    # -- how they are made -----------------------------------------------------------

    def _button(self, name: str, text: str, icon: str) -> None:
        button = Button(text, "link", icon=icon, clicked=lambda: self.open_one(name))
        button.setToolTip(KEYS[name])
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._texts[name] = text
        self.buttons[name] = button
        self._bar.addWidget(button)

    def _drawer(self, name: str, title: str, button: str, icon: str, tone: str = "info") -> Drawer:
        drawer = Drawer(title, button, icon, tone)
        drawer.closed.connect(self._panel.focus_step)
        self.drawers[name] = drawer
        self._column.addWidget(drawer)
        return drawer

    def _does(
        self, drawer: Drawer, last: Any, act: Callable[..., Command[Any]], said: str = "",
        consents: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Enter in the last field and the button do the act; the drawer closes when it is done.

        `consents` names refusals by their code that somebody with a right may lift: the act is then done again with
        that consent as its second argument.
        """

        def done(_answer: Any) -> None:
            drawer.close_drawer()
            if said:
                self.context.toast(said, tone="ok")

        def refused(error: DeskError) -> None:
            drawer.busy = False
            drawer.refuse(error)
            right = (consents or {}).get(error.code)
            if right is not None:
                self.context.ask_supervisor(right, go, why=error.sentence, **error.values)

        def go(allowed: Override | None = None) -> None:
            if self._card is not None and not drawer.busy:
                drawer.busy = True
                drawer.error.put("")
                asked = act(self._card.item_id) if allowed is None else act(self._card.item_id, allowed)
                self.jobs.do(asked, owner=drawer, then=done, refused=refused)

        drawer.go.clicked.connect(lambda: go())
        last.returnPressed.connect(lambda: go())
