"""What a diagnosis came to: free or payable, with every reason, and what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from deskapp import catalogue
from deskapp.errors import N_
from deskapp.queries.bench_card import JobCard
from deskapp.rules.warranty import BASIS_TITLES, CAUSE_TITLES, Basis, Cause, from_record
from deskapp.ui.kit import Button, Choice, ChoiceBar, Pill, Text, listed, spoken
from deskapp.ui.tokens import LARGE, MEDIUM, SMALL

if TYPE_CHECKING:
    from deskapp.ui.pages.job_diagnose import DiagnoseStep

LABOUR = (
    Choice("", N_("none"), "0"),
    Choice("LAB-S", N_("small"), "S"),
    Choice("LAB-M", N_("medium"), "M"),
    Choice("LAB-L", N_("large"), "L"),
    Choice("LAB-BRD", N_("board"), "B"),
    Choice("LAB-SW", N_("software"), "W"),
)
VERDICTS = {
    "free": (N_("Free of charge"), "ok", "circle-check"),
    "payable": (N_("To be paid"), "warn", "cash"),
    "blocked": (N_("Blocked: quarantine first"), "danger", "shield-lock"),
    "needs_supervisor": (N_("A supervisor decides"), "info", "user-check"),
}

RULINGS = (Choice("free", N_("Free of charge")), Choice("payable", N_("To be paid")))
"""What a supervisor can decide where the rule says nothing: no date is known, or photos are missing."""


class Verdict(QFrame):
    """Free or payable, with every reason in a sentence, as it was decided; never worked out again."""

    def __init__(self, step: DiagnoseStep) -> None:
        super().__init__()
        self.setProperty("role", "inset")
        self.pill = Pill()
        self.basis = Text(role="muted")
        self.cause = Text(role="title", wrap=True)
        self.why = Text(wrap=True)
        self.words = Text(role="muted", wrap=True)
        self.other = Button(N_("Decide otherwise"), "link", icon="user-check", clicked=step.decide)
        self.again = Button(N_("Change the findings"), "link", icon="edit", clicked=self._again)
        self._step = step
        head = QHBoxLayout()
        head.setSpacing(SMALL)
        head.addWidget(self.pill)
        head.addWidget(self.basis, 1)
        head.addWidget(self.again)
        head.addWidget(self.other)
        column = QVBoxLayout(self)
        column.setContentsMargins(LARGE, MEDIUM, LARGE, LARGE)
        column.setSpacing(SMALL)
        column.addLayout(head)
        for part in (self.cause, self.why, self.words):
            column.addWidget(part)
        self.ruling = ChoiceBar(RULINGS, name=N_("What the supervisor decides"), acts=True)
        self.ruling.chosen.connect(step.rule)
        self.ruling.hide()
        column.addWidget(self.ruling)
        self._card: JobCard | None = None
        self.hide()

    def show_finding(self, card: JobCard) -> None:
        """Show the decision of a recorded diagnosis."""
        before, self._card = self._card, card
        if before is None or (before.item_id, before.finding) != (card.item_id, card.finding):
            self.ruling.hide()
        self.retranslate()

    def ask_ruling(self) -> None:
        """Ask which of both it is to be: the rule does not say."""
        self.ruling.set_value(None)
        self.ruling.show()
        self.ruling.setFocus(Qt.FocusReason.OtherFocusReason)

    def retranslate(self) -> None:
        """Say the decision in the window's language."""
        if self._card is None or self._card.finding is None:
            return
        decision = from_record(self._card.finding.decision)
        text, tone, icon = VERDICTS[decision.result.value]
        self.pill.show_state(text, tone, icon)
        self.basis.put(spoken(BASIS_TITLES[Basis(decision.basis)]))
        said = []
        for reason in decision.reasons:
            sentence, values = reason.words()
            shown = {key: spoken(str(value)) for key, value in values.items()}
            said.append(spoken(sentence, **shown))
        self.why.put("  ".join(said))
        found = self._card.finding
        self.cause.put(cause_words(found.cause_code))
        labour = next((spoken(one.text) for one in LABOUR if one.value and one.value == found.labour_class), "")
        parts = [text for _key, text in self._step.parts.chips.items]
        versions = " / ".join(text for text in (found.firmware_version, found.app_version) if text)
        known = [
            spoken(N_("labour: {size}"), size=labour) if labour else "", listed(parts), versions, found.words,
        ]  # fmt: skip
        self.words.put("  ·  ".join(text for text in known if text))
        self.other.setVisible(decision.result.value in ("payable", "needs_supervisor"))

    def _again(self) -> None:
        self._step.show_form(True)
        shown = self._card.finding if self._card is not None else None
        unproved = shown is not None and any(
            reason.code == "evidence_missing" for reason in from_record(shown.decision).reasons
        )
        field = self._step.photos.strip.add_button if unproved else self._step.cause
        field.setFocus(Qt.FocusReason.OtherFocusReason)


def cause_words(code: str) -> str:
    """Return a cause with its class, such as "Battery worn out (wear in normal use)"."""
    word = catalogue.words("causes").get(code)
    if word is None:
        return code
    kind = spoken(CAUSE_TITLES[Cause(str(word.extra["class"]))])
    return spoken(N_("{cause} ({kind})"), cause=word.title(), kind=kind)
