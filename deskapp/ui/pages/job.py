"""One job on the bench: who it is, where it stands, and the one step that is next."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from deskapp.clock import shop_time
from deskapp.commands.drafts import drop_draft, save_draft
from deskapp.errors import N_
from deskapp.models import catalogue
from deskapp.queries.bench_card import JobCard
from deskapp.queries.bench_job import job
from deskapp.queries.drafts import DraftCard, draft
from deskapp.rules import lifecycle
from deskapp.rules.access import ROLE_TITLES, Role
from deskapp.rules.lifecycle import STATE_TITLES, WorkState
from deskapp.rules.money import format_yuan
from deskapp.ui.kit import Button, EmptyState, KeyCap, PageContext, Pill, Stepper, Text, spoken
from deskapp.ui.pages.bench_queue import AGE_ICONS, WAIT_ICONS, WAIT_TITLES
from deskapp.ui.pages.job_diagnose import DiagnoseStep, StartStep
from deskapp.ui.pages.job_drawers import Drawers
from deskapp.ui.pages.job_keys import KeyStep, QuarantineStep
from deskapp.ui.pages.job_kit import Step, named
from deskapp.ui.pages.job_quote import AnswerStep, DeclinedStep, GiveUpStep, QuoteStep
from deskapp.ui.pages.job_repair import RepairStep, WaitingStep
from deskapp.ui.pages.job_test import ReadyStep, TestStepPanel
from deskapp.ui.tokens import LARGE, MEDIUM, SMALL, TIGHT

if TYPE_CHECKING:
    from deskapp.models.store import Changes

STEPS = (N_("Diagnose"), N_("Quote"), N_("Repair"), N_("Test"), N_("Ready"))
PLACE = {
    "checked_in": 0, "depot_received": 0, "diagnosing": 0, "awaiting_approval": 1, "declined": 1, "awaiting_parts": 2,
    "repairing": 2, "awaiting_key_load": 2, "qc_testing": 3, "ready_for_pickup": 4,
}  # fmt: skip
STEP_MOVES = {
    "start": ("start_diagnosis",), "diagnose": ("record_diagnosis", "start_repair"), "quote": ("send_quote",),
    "answer": ("approve", "decline"), "declined": ("ready_declined",), "give_up": ("decline",),
    "repair": ("record_repair",), "waiting": ("parts_arrived", "resume_job"), "keys": ("load_keys", "keys_kept"),
    "quarantine": ("release_quarantine",),
}  # fmt: skip
DRAFT_MS = 700
DRAFTED = ("diagnose", "repair")


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
        self.head = _Head()
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
        if another or (before is not None and (before.state, before.waits_for) != (card.state, card.waits_for)):
            self._asked_step = ""
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
        who = "" if card is None else _whose(card, self.step_name)
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
        self.main.setEnabled(said.enabled and not _whose(self.card, self.step_name))
        if not self._draft.isActive() and self.step_name in DRAFTED:
            self._draft.start()

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

    # -- drafts -------------------------------------------------------------------

    def save_draft(self) -> None:
        """Keep what is typed; card numbers are cut by the command before they reach the disk."""
        self._draft.stop()
        step = self.steps.get(self.step_name)
        if step is None or self.card is None or self.step_name not in DRAFTED or self.context.actor() is None:
            return
        form = step.kept()
        if form:
            act = save_draft(
                draft_id=_draft_id(self.card.item_id), page="bench", form={**form, "step": self.step_name},
                title=self.card.label_no, known=(self.card.serial_no,),
            )  # fmt: skip
            self.jobs.do(act, owner=self, then=self._cut)

    def drop_draft(self) -> None:
        """Forget what was typed: it is recorded now."""
        if self.card is not None:
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


class _Head(QWidget):
    """Who this is: model, serial number, merchant, fault; state and age as pills; what to know before opening it."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Text(role="title")
        self.serial = Text(role="accent", copy=True)
        self.state, self.age = Pill(), Pill()
        self.who = Text(role="muted", copy=True)
        self.fault = Text(role="strong")
        self.facts = Text(role="muted", wrap=True)
        upper = QHBoxLayout()
        upper.setSpacing(MEDIUM)
        for widget in (self.model, self.serial):
            upper.addWidget(widget)
        upper.addStretch(1)
        upper.addWidget(self.age)
        upper.addWidget(self.state)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(TIGHT)
        column.addLayout(upper)
        column.addWidget(self.who)
        lower = QHBoxLayout()
        lower.setSpacing(MEDIUM)
        lower.addWidget(self.fault)
        lower.addWidget(self.facts, 1)
        column.addLayout(lower)

    def show_card(self, card: JobCard) -> None:
        """Say it all in three lines."""
        self.model.put(named(card.model, card.model_en) or card.serial_no)
        self.serial.put(card.serial_no)
        if card.waits_for:
            self.state.show_state(WAIT_TITLES[card.waits_for], "info", WAIT_ICONS[card.waits_for])
        else:
            self.state.show_state(STATE_TITLES[WorkState(card.state)], "accent", "tool")
        tone = {"ok": "ok", "warn": "warn", "late": "danger"}[card.colour]
        due = shop_time(card.due_at).strftime("%m-%d %H:%M") if card.due_at else ""
        text = N_("late since {due}") if card.colour == "late" else N_("due {due}")
        self.age.show_state(text if due else N_("clock stopped"), tone if due else "neutral", AGE_ICONS[card.colour],
                            due=due)  # fmt: skip
        self.who.put(_dots(card.merchant, card.label_no, card.order_no, card.contact, card.contact_phone,
                           spoken(N_("job of {name}"), name=card.technician) if card.technician else ""))  # fmt: skip
        self.fault.put(_dots(catalogue.title("symptoms", card.symptom_code), card.words))
        self.facts.put(_dots(*_facts(card)))
        self.facts.setVisible(bool(self.facts.text()))


def _facts(card: JobCard) -> list[str]:
    """What a technician has to know: earlier stays, accessories, condition, ceiling, photos, notes, to-dos."""
    said = []
    if card.earlier:
        last = card.earlier[0]
        day = shop_time(last.came_at).strftime("%Y-%m-%d")
        said.append(
            spoken(N_("{count}. time here, last {day}: {fault}"), count=len(card.earlier) + 1, day=day,
                   fault=catalogue.title("symptoms", last.symptom_code))
        )  # fmt: skip
    if card.accessories:
        said.append("、".join(catalogue.title("accessory_types", kind) for kind in card.accessories))
    for item, answer in card.condition:
        said.append(f"{catalogue.title('condition_items', item)}: {catalogue.title('condition_answers', answer)}")
    if card.condition_words:
        said.append(card.condition_words)
    if card.ceiling_fen:
        said.append(spoken(N_("ceiling {amount}"), amount=format_yuan(card.ceiling_fen)))
    if card.photos:
        said.append(spoken(N_("{count} photos"), count=len(card.photos)))
    if card.tests and not card.tests[-1].passed:
        failed = "、".join(step.title() for step in card.plan if step.id in card.tests[-1].failed)
        said.append(spoken(N_("failed the test {count} times: {steps}"), count=len(card.tests), steps=failed))
    if card.notes:
        said.append(f"“{card.notes[0].words}” {card.notes[0].by}")
    return said


def step_of(card: JobCard) -> str:
    """Return the step a device stands at."""
    if card.waits_for == "resting":
        return "waiting"
    return {
        "checked_in": "start", "depot_received": "start", "diagnosing": "diagnose", "awaiting_approval": "answer",
        "declined": "declined", "awaiting_parts": "waiting", "repairing": "repair", "awaiting_key_load": "keys",
        "qc_testing": "test", "quarantined": "quarantine",
    }.get(card.state, "ready")  # fmt: skip


def _whose(card: JobCard, step_name: str) -> str:
    """Return the title of the role whose part a step is, empty where this person may do it."""
    needed = STEP_MOVES.get(step_name, ())
    if not needed or card.can(*needed):
        return ""
    move = next(one for one in lifecycle.moves() if one.name == needed[0])
    return ROLE_TITLES[min(move.actors, key=list(Role).index)]


def _dots(*parts: str) -> str:
    return "  ·  ".join(part for part in parts if part)


def _draft_id(item_id: str) -> str:
    return f"bench:{item_id}"
