"""Acts at the end of a device's way: a unit takes its place, or it is scrapped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deskapp.commands.papers_swap import print_swap_note
from deskapp.commands.scrap import Consent, KeptPart, ScrapForm, scrap
from deskapp.commands.swap import swap
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.queries.orders import OrderCard, OrderLine
from deskapp.rules.depot import KEYS_ERASED, SCRAP_METHODS
from deskapp.rules.identifiers import clean_serial
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.rules.states import WorkState as S
from deskapp.ui.kit import Choice, ChoiceBar, LatinField, ScanField, TextField, spoken
from deskapp.ui.pages.order_acts import Act
from deskapp.ui.pages.settings_fields import Tick

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from deskapp.models.store import Command, Override

TAMPER = (Choice("ok", N_("Intact"), "", "shield-check"), Choice("suspect", N_("Suspicious"), "", "alert-triangle"))


class Swap(Act):
    """Let a tested unit take the place of a device."""

    name, short, icon = "swap", N_("Swap …"), "replace"
    title_text, yes = N_("Another unit takes its place"), N_("Swap")
    said = N_("Swapped; the label of the new unit and the note to sign print.")

    def build(self) -> None:
        """Ask for the unit, the terminal number and why."""
        self.serial = ScanField(N_("Scan the new unit"), serials_only=True)
        self.tamper = ChoiceBar(TAMPER, name=N_("Tamper check of the new unit"))
        self.reason = TextField(N_("Why it is not repaired"), limit=300)
        self.number = LatinField(N_("empty: the old one is kept"), limit=8)
        self.ticket = TextField(N_("empty: a card asks for it"), limit=60)
        self.shelf = ScanField(N_("empty: where the old one was"))
        self.seal = LatinField(N_("of the new unit, for the way back"))
        self.loose = Tick(N_("All loose accessories go on with it"), True)
        self.form.add("new_serial_no", N_("New unit"), self.serial, needed=True)
        self.form.add("tamper_result", N_("Tamper check"), self.tamper, needed=True)
        self.form.add("reason", N_("Reason"), self.reason, needed=True)
        self.form.add("terminal_no", N_("Terminal number"), self.number)
        self.form.add("binding_ticket", N_("Ticket at the acquirer"), self.ticket)
        self.form.add("shelf", N_("Put on shelf"), self.shelf)
        self.form.add("seal_no", N_("New seal"), self.seal, needed=True)
        self.form.add("accessories", "", self.loose, span=3)
        self.serial.scanned.connect(lambda text: self._scanned(text))
        self.tamper.confirmed.connect(lambda _value: self.reason.setFocus())
        self.shelf.scanned.connect(lambda _text: self._after_shelf().setFocus())
        self.shelf.returnPressed.connect(self._shelf_entered)
        self.seal.returnPressed.connect(self.submit)

    def scan(self, text: str) -> bool:
        """A shelf's label is the shelf, wherever the focus is."""
        if parse_scan(text).kind is ScanKind.SHELF:
            self.shelf.take_scan(text)
            return True
        return False

    def _after_shelf(self) -> QWidget:
        return self.go if self.form.rows["seal_no"].isHidden() else self.seal

    def _shelf_entered(self) -> None:
        """Enter saves from the last field that is asked."""
        if self._after_shelf() is self.go:
            self.submit()
        else:
            self.seal.setFocus()

    def _scanned(self, text: str) -> None:
        self.serial.setText(clean_serial(text) or text)
        self.tamper.setFocus()

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """While the device is not back, for who may swap."""
        return "swap" in line.legal and self.may("swap")

    def begin(self, card: OrderCard, line: OrderLine) -> None:
        """What came loose mostly stays with the terminal; a unit that travels gets a seal."""
        self.loose.setChecked(True)
        self.form.rows["seal_no"].setVisible(card.goes_back)

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Swap it."""
        kinds = tuple(kind for kind, back in line.accessories if not back) if self.loose.isChecked() else ()
        return swap(
            item_id=line.id, new_serial_no=self.serial.text(), reason=self.reason.text(),
            terminal_no=self.number.text(), binding_ticket=self.ticket.text(), accessories=kinds,
            tamper_result=self.tamper.value() or "", shelf=self.shelf.text(), seal_no=self.seal.text(),
        )  # fmt: skip


class PrintSwapNote(Act):
    """Print the note of a swap anew, with what the records say."""

    name, short, icon = "swap_note", N_("Swap note"), "printer"
    title_text, yes, said = N_("Print the note of this swap"), N_("Print"), N_("The paper is being printed.")

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """For the unit that went."""
        return line.state == S.SWAPPED and self.may("reprint_first")

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Print it."""
        return print_swap_note(item_id=line.id)


class Witnessed(Act):
    """An act that two others sign one after the other; each is asked for when the command misses them."""

    rights: tuple[tuple[str, str], ...] = (("witness", "witness"), ("second_witness", "witness"))

    def build(self) -> None:
        """Nobody has signed yet."""
        self.signed: dict[str, Override] = {}

    def open_drawer(self) -> None:
        """Begin with nobody."""
        self.signed = {}
        super().open_drawer()

    def _refused(self, error: DeskError) -> None:
        self.go.setEnabled(True)
        field = error.field or ""
        rights = {**dict(self.rights), "loaner": "override"}
        if error.code == "needs_override" and field in rights and self.line is not None:
            self.form.clear_errors()

            def given(consent: Override) -> None:
                self.signed[field] = consent
                self.submit()

            self.context.ask_supervisor(rights[field], given, why=WHY[field], act=spoken(self.title_text),
                                        number=self.line.label_no)  # fmt: skip
            return
        self.signed = {}
        self.refuse(error)


WHY = {
    "witness": N_("{act}: {number}. The first witness signs."),
    "second_witness": N_("{act}: {number}. The second witness signs."),
    "auditor": N_("{act}: {number}. An auditor signs."),
    "loaner": N_("{act}: {number}. A loaner is still out; a supervisor allows it."),
}


class Scrap(Witnessed):
    """Destroy a device before two witnesses."""

    name, short, icon, tone = "scrap", N_("Scrap …"), "trash", "danger"
    title_text, yes = N_("Scrap: destroyed before two witnesses, with the owner's consent"), N_("Scrap it")
    said = N_("Scrapped; the record prints.")

    def build(self) -> None:
        """Ask for grounds, consent, keys, method and what is kept."""
        super().build()
        self.reason = TextField(N_("Why it cannot be repaired"), limit=300)
        self.by = TextField(N_("Name and office of who consents"), limit=80)
        self.reference = TextField(N_("Number of the bank's order, or where the consent lies"), limit=80)
        self.keys = ChoiceBar([Choice(key, title) for key, title in KEYS_ERASED.items()],
                              name=N_("What became of its keys"))  # fmt: skip
        self.method = ChoiceBar([Choice(key, title) for key, title in SCRAP_METHODS.items()], name=N_("Method"))
        self.kept = TextField(N_("part number, then its serial number or how many; parted by commas"), limit=200)
        self.form.add("reason", N_("Reason"), self.reason, needed=True)
        self.form.add("owner_consent", N_("Who consents"), self.by, needed=True)
        self.form.add("consent_reference", N_("Their order"), self.reference)
        self.form.add("keys_erased", N_("What became of its keys"), self.keys, needed=True, span=3)
        self.form.add("method", N_("Method"), self.method, needed=True, span=3)
        self.form.add("kept", N_("Parts kept"), self.kept, span=3)
        self.keys.confirmed.connect(lambda _value: self.method.setFocus())
        self.method.confirmed.connect(lambda _value: self.kept.setFocus())
        self.kept.returnPressed.connect(self.submit)

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """When it is ours to destroy: at the depot, swapped out, or after the decision about an uncollected one."""
        swapped = line.state == S.SWAPPED and not line.holder.startswith(("merchant", "none", "owner"))
        return ("scrap" in line.legal or swapped) and self.may("scrap")

    def filled(self) -> ScrapForm:
        """Return what is typed."""
        parts = [one.split() for one in self.kept.text().replace("，", ",").split(",") if one.strip()]
        return ScrapForm(
            self.reason.text(), self.keys.value() or "", self.method.value() or "",
            Consent(self.by.text(), self.reference.text()), tuple(_kept(*one) for one in parts),
        )  # fmt: skip

    def refuse(self, error: DeskError) -> None:
        """What is wrong with a part that is kept is said where the parts are typed."""
        if error.field == "part" or (error.field or "").startswith("kept."):
            self.form.rows["kept"].refuse(say(error))
        else:
            super().refuse(error)

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Scrap it."""
        return scrap(
            item_id=line.id, form=self.filled(), witness=self.signed.get("witness"),
            second_witness=self.signed.get("second_witness"), override=self.signed.get("loaner"),
        )  # fmt: skip


def _kept(part_no: str, *more: str) -> KeptPart:
    """Return a part as it is typed: a number of up to three digits behind it is how many, anything else its serial."""
    word = "".join(more)
    if word.isdigit() and len(word) <= 3:
        return KeptPart(part_no, int(word))
    return KeptPart(part_no, 1, word)


def depot_acts() -> tuple[type[Act], ...]:
    """Return these acts in the order in which they are offered."""
    return (Swap, PrintSwapNote, Scrap)
