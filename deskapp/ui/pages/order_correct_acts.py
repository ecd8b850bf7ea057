"""A supervisor's corrections of a check-in that stands: the merchant, and what was handed in with a device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deskapp import catalogue
from deskapp.commands.checkin_correct import correct_accessory, correct_merchant, strike_accessory
from deskapp.errors import N_, Refused
from deskapp.queries.orders import OrderCard, OrderLine
from deskapp.rules.lifecycle import ENDED, WorkState
from deskapp.ui.kit import Choice, ChoiceBar, LatinField, SuggestField, TextField, reveal
from deskapp.ui.pages.order_acts import Act
from deskapp.ui.pages.words import choices, merchant_suggestions

if TYPE_CHECKING:
    from deskapp.models.store import Command, Override

GONE = (*ENDED, WorkState.PICKED_UP)
FORGOTTEN = "-"
"""Stands for: it was handed in, and nobody entered it."""
NEVER = "0"
"""Stands for: it was entered, and never handed in."""


class CorrectMerchant(Act):
    """The order names the wrong merchant."""

    name, short, icon, of_order = "correct_merchant", N_("Correct the merchant …"), "building-store", True
    title_text, yes = N_("These devices belong to another merchant"), N_("Correct and print a new slip")
    said = N_("Corrected. A new slip prints; the first one no longer holds.")
    right = "correct"

    def build(self) -> None:
        """Ask for the right merchant and the reason."""
        self.merchant = SuggestField(self.jobs, merchant_suggestions, N_("Number, name, initials or phone"))
        self.reason = TextField(N_("For the history"), limit=300)
        self.form.add("merchant", N_("The right merchant"), self.merchant, needed=True, span=2)
        self.form.add("reason", N_("Reason"), self.reason, needed=True)
        self.merchant.taken.connect(lambda _taken: self.reason.setFocus())
        self.reason.returnPressed.connect(self.submit)

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """While something of the order is here; a supervisor's consent is asked for."""
        return self.may("check_in") and any(one.state not in GONE for one in card.lines)

    def begin(self, card: OrderCard, line: OrderLine) -> None:
        """Forget whom somebody chose for another order."""
        self.merchant.reset()

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Correct it."""
        chosen = self.merchant.chosen
        return correct_merchant(order_id=card.id, merchant_id=chosen.data.id if chosen else "",
                                reason=self.reason.text(), override=consent)  # fmt: skip


class CorrectAccessory(Act):
    """An accessory was entered wrongly, forgotten, or never came."""

    name, short, icon = "correct_accessory", N_("Correct an accessory …"), "edit"
    title_text, yes = N_("What was really handed in with it"), N_("Correct and print a new slip")
    said = N_("Corrected. A new slip prints; the first one no longer holds.")
    right = "correct"

    def build(self) -> None:
        """Ask for what was entered, what it is, and why."""
        self.was = ChoiceBar([], name=N_("Entered as"))
        self.kind = ChoiceBar(_kinds(), name=N_("It is"))
        self.serial = LatinField(N_("If it has one"), limit=40)
        self.reason = TextField(N_("For the history"), limit=300)
        self.form.add("was", N_("Entered as"), self.was, needed=True, span=3)
        self.form.add("kind", N_("It is"), self.kind, needed=True, span=3)
        self.form.add("serial_no", N_("Serial number"), self.serial)
        self.form.add("reason", N_("Reason"), self.reason, needed=True, span=2)
        self.serial.returnPressed.connect(self.reason.setFocus)
        self.reason.returnPressed.connect(self.submit)
        self.kind.chosen.connect(self._arrange)

    def _arrange(self, kind: str) -> None:
        """What never came has no serial number."""
        reveal(self.form.rows["serial_no"], kind != NEVER)

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """While the device is here; a supervisor's consent is asked for."""
        return self.may("check_in") and line.state not in GONE

    def begin(self, card: OrderCard, line: OrderLine) -> None:
        """Offer what lies with the device."""
        kinds = dict.fromkeys(kind for kind, back in line.accessories if not back)
        entered = [Choice(kind, catalogue.title("accessory_types", kind)) for kind in kinds]
        self.was.set_choices([*entered, Choice(FORGOTTEN, N_("It was forgotten"))])
        self.was.set_value(None if entered else FORGOTTEN)
        self._arrange("")

    def submit(self, consent: Override | None = None) -> None:
        """Correct it, once it is said what was entered: unanswered is not forgotten."""
        if self.was.value() is None:
            self.refuse(Refused(N_("Choose what it was entered as."), field="was"))
            return
        if self.was.value() == FORGOTTEN and self.kind.value() == NEVER:
            self.refuse(Refused(N_("Choose above what was entered and never came."), field="was"))
            return
        super().submit(consent)

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Correct it."""
        was = self.was.value()
        if self.kind.value() == NEVER:
            return strike_accessory(item_id=line.id, kind=was or "", reason=self.reason.text(), override=consent)
        return correct_accessory(
            item_id=line.id, kind=self.kind.value() or "", was="" if was in (None, FORGOTTEN) else was,
            serial_no=self.serial.text(), reason=self.reason.text(), override=consent,
        )  # fmt: skip


def _kinds() -> list[Choice]:
    return [*choices("accessory_types"), Choice(NEVER, N_("It never came"), "0")]


def correct_acts() -> tuple[type[Act], ...]:
    """Return the corrections, in the order in which they are offered."""
    return (CorrectAccessory, CorrectMerchant)
