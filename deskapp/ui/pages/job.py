"""One job on the bench: its head, where it stands, and the one step that is next."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from deskapp.commands.drafts import drop_draft, save_draft
from deskapp.errors import N_
from deskapp.queries.bench_card import JobCard
from deskapp.queries.bench_job import job
from deskapp.queries.drafts import DraftCard, draft
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.ui.kit import Button, EmptyState, KeyCap, Page, PageContext, Stepper, Text, spoken
from deskapp.ui.pages.job_answer import AnswerStep, DeclinedStep, GiveUpStep
from deskapp.ui.pages.job_diagnose import DiagnoseStep, StartStep
from deskapp.ui.pages.job_drawers import KEYS, Drawers
from deskapp.ui.pages.job_head import JobHead, step_of, whose
from deskapp.ui.pages.job_keys import KeyStep, QuarantineStep
from deskapp.ui.pages.job_kit import Step
from deskapp.ui.pages.job_quote import QuoteStep
from deskapp.ui.pages.job_repair import RepairStep, WaitingStep
from deskapp.ui.pages.job_test import ReadyStep, TestStepPanel
from deskapp.ui.pages.shelf_field import ShelfField
from deskapp.ui.tokens import LARGE, MEDIUM, SMALL

if TYPE_CHECKING:
    from deskapp.models.store import Changes

STEPS = (N_("Diagnose"), N_("Quote"), N_("Repair"), N_("Test"), N_("Ready"))
PLACE = {
    "checked_in": 0, "depot_received": 0, "diagnosing": 0, "awaiting_approval": 1, "declined": 1, "awaiting_parts": 2,
    "repairing": 2, "awaiting_key_load": 2, "qc_testing": 3, "awaiting_return": 4,
    "in_transit_back": 4, "ready_for_pickup": 4, "picked_up": 4, "closed": 4,
}  # fmt: skip
DRAFT_MS = 700
DRAFTED = ("diagnose", "repair", "test")


class JobPanel(QFrame):
    """The job at hand. Its step follows from the state of the device, never from a click.

    Signals:
        shown: another device is shown; carries its id.
        left: Escape with nothing open: back to the queue.
    """

    shown = Signal(str)
    left = Signal()

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.context, self.jobs = context, context.jobs
        self.card: JobCard | None = None
        self.step_name = ""
        self._wanted = ""
        self._asked_step = ""
        self._drafted = False
        self.head = JobHead()
        self.stepper = Stepper(STEPS)
        self.drawers = Drawers(self)
        self.stack = QStackedWidget()
        self.steps: dict[str, Step] = {}
        self._rooms: dict[Step, _Room] = {}
        self._makers: dict[str, Callable[[JobPanel], Step]] = {
            "start": StartStep, "diagnose": DiagnoseStep, "quote": QuoteStep, "answer": AnswerStep,
            "declined": DeclinedStep, "give_up": GiveUpStep, "repair": RepairStep, "waiting": WaitingStep,
            "keys": KeyStep, "test": TestStepPanel, "quarantine": QuarantineStep, "ready": ReadyStep,
        }  # fmt: skip
        self.error = Text(role="error", wrap=True)
        self.side = Text(role="caption", wrap=True)
        self.back = Button(N_("Back to the step"), "quiet", icon="arrow-back-up", clicked=self.leave_side_step)
        self.main = Button(role="primary", clicked=self.submit)
        self.key = KeyCap("Ctrl+⏎")
        self.empty = EmptyState("stethoscope", N_("Scan a device's label, or choose one on the left."))
        self._arrange()
        self._draft = QTimer(self, singleShot=True, interval=DRAFT_MS)
        self._draft.timeout.connect(self.save_draft)
        self._show_nothing()

    def _arrange(self) -> None:
        foot = QHBoxLayout()
        foot.setSpacing(SMALL)
        said = QVBoxLayout()
        said.addWidget(self.error)
        said.addWidget(self.side)
        foot.addLayout(said, 1)
        foot.addWidget(self.back)
        foot.addWidget(self.key)
        foot.addWidget(self.main)
        self.inside = QWidget()
        column = QVBoxLayout(self.inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addWidget(self.head)
        column.addWidget(self.stepper)
        column.addWidget(self.drawers)
        column.addWidget(self.stack, 1)
        column.addLayout(foot)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(LARGE, MEDIUM, LARGE, MEDIUM)
        outer.addWidget(self.inside)
        outer.addWidget(self.empty, 1)

    # -- what is shown -----------------------------------------------------------

    def open(self, item_id: str) -> None:
        """Show a device at its step."""
        self.save_draft()
        self._wanted = item_id
        self.ask()

    def ask(self) -> None:
        """Ask anew for the device that is shown."""
        if not self._wanted:
            return
        actor, item_id, now = self.context.actor(), self._wanted, self.context.now()
        roles, staff_id = (actor.roles, actor.staff_id) if actor else ((), "")
        self.jobs.ask(
            lambda session: (
                job(session, item_id, now, roles=roles, staff_id=staff_id), draft(session, _draft_id(item_id))
            ),
            owner=self, then=self._answered, exclusive="job",
        )  # fmt: skip

    def changed(self, changes: Changes) -> None:
        """Ask again when something about a device was written."""
        if changes.touches("work_event", "item_record", "money_event", "stock_move", "custody_event", "repair_item"):
            self.ask()

    def _answered(self, found: tuple[JobCard | None, DraftCard | None]) -> None:
        card, saved = found
        if card is None:
            self._show_nothing()
            return
        before, step_before = self.card, self.step_name
        another = before is None or before.item_id != card.item_id
        if before is not None and not another and (before.state, before.finding) != (card.state, card.finding):
            self.drop_draft()
        if another or (before is not None and (before.state, before.waits_for) != (card.state, card.waits_for)):
            self._asked_step = ""
        self._drafted = saved is not None or (self._drafted and not another)
        self.card = card
        self.step_name = self._asked_step or step_of(card)
        self.inside.show()
        self.empty.hide()
        self.head.show_card(card)
        self.drawers.show_card(card)
        self._show_step(card, anew=another or step_before != self.step_name)
        if another or step_before != self.step_name:
            self.drawers.close_all()
            self.fail("")
            if saved is not None and saved.form.get("step") == self.step_name:
                self.steps[self.step_name].restore(saved.form)
            self.focus_step()
        if another:
            self.shown.emit(card.item_id)

    def _show_step(self, card: JobCard, *, anew: bool) -> None:
        step = self.steps.get(self.step_name)
        if step is None:
            step = self.steps[self.step_name] = self._makers[self.step_name](self)
            self._rooms[step] = _Room(step)
            self.stack.addWidget(self._rooms[step])
            if self.step_name in DRAFTED:
                self._watch(step)
        place = PLACE.get(card.resumes if card.state in ("quarantined", "awaiting_parts") else card.state, 0)
        self.stepper.go(1 if self.step_name == "quote" else place)
        self.stack.setCurrentWidget(self._room(step))
        step.show_card(card, anew=anew)
        self.back.setVisible(bool(self._asked_step))
        self.refresh_primary()

    def _room(self, step: Step) -> _Room:
        return self._rooms[step]

    def _show_nothing(self) -> None:
        self.card, self.step_name, self._wanted = None, "", ""
        self.inside.hide()
        self.empty.show()

    def focus_step(self) -> None:
        """Put the focus where the next thing is to be done."""
        step = self.steps.get(self.step_name)
        if step is not None:
            first = step.first()
            self._room(step).verticalScrollBar().setValue(0)
            if first.isVisible():
                # At once: a scanner or a quick hand must not find the focus moving under it.
                first.setFocus()
            else:
                QTimer.singleShot(0, first, lambda: first.setFocus())

    # -- what steps ask of their panel -------------------------------------------

    def fail(self, sentence: str) -> None:
        """Show a finished sentence beside the main button."""
        self.error.put(sentence)
        self.error.setVisible(bool(sentence))
        self._say_side()

    def _say_side(self) -> None:
        """The foot says whose part this is, or how the step is worked."""
        step, card = self.steps.get(self.step_name), self.card
        who = "" if card is None else whose(card, self.step_name)
        if who:
            self.side.say(N_("This is not yours to do. Ask: {who}."), who=spoken(who))
        elif step is not None and step.hint:
            self.side.say(step.hint)
        else:
            self.side.put("")
        self.side.setVisible(bool(self.side.text()) and self.error.isHidden())

    def open_drawer(self, name: str) -> None:
        """Open a short act, or one of the steps that are gone to on purpose."""
        if name in ("quote", "give_up") and self.card is not None:
            self._asked_step = name
            self.step_name = name
            self._show_step(self.card, anew=True)
            self.focus_step()
        else:
            self.drawers.open_one(name)

    def leave_side_step(self) -> None:
        """Go back from a step that was gone to on purpose."""
        if self._asked_step and self.card is not None:
            self._asked_step = ""
            self.step_name = step_of(self.card)
            self._show_step(self.card, anew=False)
            self.focus_step()

    def refresh_primary(self) -> None:
        """Ask the step anew what its main button says."""
        step = self.steps.get(self.step_name)
        if step is None or self.card is None or self.stack.currentWidget() is not self._room(step):
            return
        said = step.primary()
        self.main.say(said.text, count=said.count)
        self._say_side()
        self.main.set_icon(said.icon)
        self.main.setEnabled(said.enabled and not whose(self.card, self.step_name))

    def submit(self) -> None:
        """Do what the main button says."""
        step = self.steps.get(self.step_name)
        if step is not None and self.card is not None and self.main.isEnabled():
            self._draft.stop()
            step.submit()

    def escape(self) -> None:
        """Close what is open: a drawer, a side step, then the job itself."""
        if self.drawers.close_all():
            self.focus_step()
        elif self._asked_step:
            self.leave_side_step()
        else:
            self.left.emit()

    def take(self, text: str) -> bool:
        """Hand a scan to the step."""
        step = self.steps.get(self.step_name)
        return step is not None and self.card is not None and step.take(text)

    def scan(self, text: str) -> bool:
        """Keep what the step can use (a part, a shelf, a badge); a device's label leads to its own job."""
        focused = QApplication.focusWidget()
        if isinstance(focused, ShelfField) and self.isAncestorOf(focused) and focused.wants(text):
            focused.take_scan(text)
            return True
        if self.drawers.take(text):
            return True
        kind = parse_scan(text).kind
        if kind in (ScanKind.LABEL, ScanKind.ORDER, ScanKind.SLIP, ScanKind.COMMAND):
            return False
        return self.take(text)

    def verb(self, word: str) -> bool:
        """Take the laminated sheet's words: OK and NEXT press the main button."""
        if word in ("OK", "NEXT"):
            self.submit()
        elif word == "QUARANTINE":
            self.open_drawer("quarantine")
        elif word == "RELEASE" and self.step_name == "quarantine":
            self.focus_step()
        else:
            return False
        return True

    def _watch(self, step: Step) -> None:
        """Keep a draft at every pause in typing."""
        for field in step.watched():
            for name in ("textEdited", "chosen", "changed"):
                signal = getattr(field, name, None)
                if signal is not None:
                    signal.connect(lambda *_values: self._draft.start())

    # -- drafts -------------------------------------------------------------------

    def save_draft(self) -> None:
        """Keep what is typed; card numbers are cut by the command before they reach the disk."""
        self._draft.stop()
        step = self.steps.get(self.step_name)
        if step is None or self.card is None or self.step_name not in DRAFTED or self.context.actor() is None:
            return
        form = step.kept()
        if form:
            self._drafted = True
            act = save_draft(
                draft_id=_draft_id(self.card.item_id), page="bench", form={**form, "step": self.step_name},
                title=self.card.label_no, known=(self.card.serial_no,),
            )  # fmt: skip
            self.jobs.do(act, owner=self, then=self._cut)

    def drop_draft(self) -> None:
        """Forget what was typed: it is recorded now."""
        self._draft.stop()
        if self.card is not None and self._drafted:
            self._drafted = False
            self.jobs.do(drop_draft(draft_id=_draft_id(self.card.item_id)), owner=self)

    def _cut(self, count: int) -> None:
        if count:
            self.fail(spoken(N_("Card numbers are never kept: only the last four digits stayed in the draft.")))

    def retranslate(self) -> None:
        """Say what is composed in the window's language."""
        if self.card is not None:
            self.head.show_card(self.card)
            self.refresh_primary()


class _Room(QScrollArea):
    """The room of a step; it scrolls only where large text leaves no other way."""

    def __init__(self, step: Step) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        step.setProperty("role", "scrolled")
        self.setWidget(step)


def _draft_id(item_id: str) -> str:
    return f"bench:{item_id}"


class JobPage(Page):
    """One job alone, for where another page leads straight to it; Escape leads back there."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, scroll=False)
        self.body.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        self.panel = JobPanel(context)
        self.panel.left.connect(context.back)
        self.add(self.panel, 1)
        bind_keys(self, self.panel)

    def open(self, **args: object) -> None:
        """Show the device named by `id` at its step."""
        self.panel.open(str(args.get("id") or args.get("item_id") or ""))

    def leave(self) -> None:
        """Keep what is half typed."""
        self.panel.save_draft()

    def changed(self, changes: Changes) -> None:
        """Ask again after a change."""
        self.panel.changed(changes)

    def print_paper(self) -> None:
        """Print the traveller of this device (Ctrl+P)."""
        self.panel.drawers.print_traveller()

    def scan(self, text: str) -> bool:
        """Keep what the step can use; a device's label leads to its own job."""
        return self.panel.scan(text)

    def verb(self, word: str) -> bool:
        """Take the words of the laminated sheet."""
        return self.panel.verb(word)


def bind_keys(page: Page, panel: JobPanel) -> None:
    """Give a page the keys of the job in it: the main button, the short acts, Escape."""
    table: list[tuple[str, Callable[[], object]]] = [
        ("Ctrl+Return", panel.submit), ("Ctrl+Enter", panel.submit), ("Escape", panel.escape),
        *((keys, partial(panel.drawers.open_one, name)) for name, keys in KEYS.items()),
    ]  # fmt: skip
    for keys, act in table:
        shortcut = QShortcut(QKeySequence(keys), page, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(act)
