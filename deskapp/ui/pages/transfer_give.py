"""The end of sending: was every device looked at, who takes them, two signatures."""

from __future__ import annotations

from PySide6.QtCore import Signal

from deskapp.errors import N_
from deskapp.ui.kit import Choice, ChoiceBar, PageContext, spoken
from deskapp.ui.pages.transfer_sign import SignCard

LOOKED = (Choice("ok", N_("All looked at, all intact")), Choice("suspect", N_("One is suspicious")))


class GiveCard(SignCard):
    """The giver's word on the tamper check of the whole van, then courier and signatures.

    Signals:
        doubted: one of the devices is suspicious.
    """

    doubted = Signal()

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Hand over"), N_("Handed over by"), N_("Carried by"),
                         N_("The courier signs for the number of devices and whole seals."))  # fmt: skip

    def ask_first(self) -> None:
        """Ask for the tamper check above the courier; nobody answers it but whoever gives the devices."""
        self.tamper = ChoiceBar(LOOKED, name=N_("Tamper check of all devices"))
        self.form.add("tamper", N_("&Tamper check of all devices"), self.tamper, needed=True)
        self.tamper.chosen.connect(self._answered)

    def answered(self) -> bool:
        """Tell whether somebody has looked and found all intact."""
        return self.tamper.value() == "ok"

    def intact(self) -> None:
        """Somebody looked at every device: all intact."""
        self.tamper.set_value("ok")
        self._go_to_courier()

    def forget_look(self) -> None:
        """Nobody has looked at all of them: what is counted now is not what was looked at."""
        if self.answered():
            self.tamper.set_value(None)

    def begin(self) -> None:
        """Go to the first question that is open."""
        if self.answered():
            self._go_to_courier()
        else:
            self.tamper.setFocus()

    def clear(self) -> None:
        """Begin with nothing answered and nothing signed."""
        super().clear()
        self.tamper.set_value(None)

    def complete(self) -> bool:
        """Tell whether the check is answered and both have signed; if not, say so at its place."""
        if not self.answered():
            self.form.rows["tamper"].refuse(spoken(N_("Was every device looked at? Answer the tamper check.")))
            return False
        return super().complete()

    def _answered(self, value: object) -> None:
        if value == "suspect":
            self.tamper.set_value(None)
            self.doubted.emit()
        else:
            self._go_to_courier()

    def _go_to_courier(self) -> None:
        (self.giver.on_paper if self.courier.text().strip() else self.courier).setFocus()
