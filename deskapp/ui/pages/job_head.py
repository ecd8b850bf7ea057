"""The head of a job: who this is, where it stands in time, what to know before opening it."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from deskapp import catalogue
from deskapp.clock import shop_time
from deskapp.errors import N_
from deskapp.queries.bench_card import JobCard
from deskapp.rules import lifecycle
from deskapp.rules.access import ROLE_TITLES, Role
from deskapp.rules.lifecycle import STATE_TITLES, WorkState
from deskapp.rules.money import format_yuan
from deskapp.ui.kit import Pill, Text, listed, spoken
from deskapp.ui.pages.bench_queue import AGE_ICONS, WAIT_ICONS, WAIT_TITLES
from deskapp.ui.pages.job_pick import named
from deskapp.ui.tokens import MEDIUM, TIGHT

STEP_MOVES = {
    "start": ("start_diagnosis",), "diagnose": ("record_diagnosis", "start_repair"), "quote": ("send_quote",),
    "answer": ("approve",), "declined": ("ready_declined", "return_declined"), "give_up": ("decline",),
    "repair": ("record_repair",), "waiting": ("parts_arrived", "resume_job"), "keys": ("load_keys", "keys_kept"),
    "quarantine": ("release_quarantine",),
}  # fmt: skip
"""What one has to be allowed to do at a step; the test asks for its person itself."""


class JobHead(QWidget):
    """Who this is: model, serial number, merchant, fault; state and age as pills; what to know before opening it."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Text(role="title")
        self.serial = Text(role="accent", copy=True)
        self.state, self.age, self.hold = Pill(), Pill(), Pill()
        self.who = Text(role="muted", copy=True)
        self.fault = Text(role="strong")
        self.facts = Text(role="muted", wrap=True)
        upper = QHBoxLayout()
        upper.setSpacing(MEDIUM)
        for widget in (self.model, self.serial):
            upper.addWidget(widget)
        upper.addWidget(self.hold)
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
        self.hold.show_state(N_("do not wipe: unsettled"), "danger", "hand-stop")
        self.hold.setVisible(card.do_not_wipe)
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
    """What a technician has to know: where it lies, earlier stays, what came with it, what was agreed, notes."""
    said = [spoken(N_("on shelf {shelf}"), shelf=card.shelf)] if card.shelf else []
    if card.earlier:
        last = card.earlier[0]
        day = shop_time(last.came_at).strftime("%Y-%m-%d")
        said.append(
            spoken(N_("{count}. time here, last {day}: {fault}"), count=len(card.earlier) + 1, day=day,
                   fault=catalogue.title("symptoms", last.symptom_code))
        )  # fmt: skip
    if card.accessories:
        said.append(listed(catalogue.title("accessory_types", kind) for kind in card.accessories))
    for item, answer in card.condition:
        said.append(f"{catalogue.title('condition_items', item)}: {catalogue.title('condition_answers', answer)}")
    if card.condition_words:
        said.append(card.condition_words)
    if card.ceiling_fen:
        said.append(spoken(N_("ceiling {amount}"), amount=format_yuan(card.ceiling_fen)))
    if card.photos:
        said.append(spoken(N_("{count} photos"), count=len(card.photos)))
    if card.tests and not card.tests[-1].passed:
        failed = listed(step.title() for step in card.plan if step.id in card.tests[-1].failed)
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


def whose(card: JobCard, step_name: str) -> str:
    """Return the title of the role whose part a step is, empty where this person may do it."""
    needed = STEP_MOVES.get(step_name, ())
    if not needed or card.can(*needed):
        return ""
    move = next(one for one in lifecycle.moves() if one.name == needed[0])
    return ROLE_TITLES[min(move.actors, key=list(Role).index)]


def _dots(*parts: str) -> str:
    return "  ·  ".join(part for part in parts if part)
