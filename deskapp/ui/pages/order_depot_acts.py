"""Acts at the end of a device's way: a unit takes its place, it is scrapped, or nobody comes to collect it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from deskapp.clock import shop_day
from deskapp.commands.scrap import Consent, KeptPart, ScrapForm, scrap
from deskapp.commands.swap import swap
from deskapp.commands.uncollected import (
    Decided,
    move_to_storage,
    prove_notice,
    release_uncollected,
    return_to_owner,
    scrap_uncollected,
    serve_notice,
    set_uncollected,
)
from deskapp.errors import N_, DeskError
from deskapp.queries.orders import OrderCard, OrderLine
from deskapp.rules.depot import KEYS_ERASED, SCRAP_METHODS
from deskapp.rules.identifiers import clean_serial
from deskapp.rules.states import WorkState as S
from deskapp.ui.kit import Choice, ChoiceBar, DateField, LatinField, MoneyField, ScanField, TextField, spoken
from deskapp.ui.pages.order_acts import Act
from deskapp.ui.pages.settings_fields import Tick

if TYPE_CHECKING:
    from deskapp.models.store import Command, Override

TAMPER = (Choice("ok", N_("Intact"), "", "shield-check"), Choice("suspect", N_("Suspicious"), "", "alert-triangle"))
NOTICE_DAYS = 30


class Swap(Act):
    """Let a tested unit take the place of a device."""

    name, short, icon = "swap", N_("Swap …"), "replace"
    title_text, yes = N_("Another unit takes its place"), N_("Swap")
    said = N_("Swapped; the label of the new unit prints.")

    def build(self) -> None:
        """Ask for the unit, the terminal number and why."""
        self.serial = ScanField(N_("Scan the new unit"), serials_only=True)
        self.tamper = ChoiceBar(TAMPER, name=N_("Tamper check of the new unit"))
        self.reason = TextField(N_("Why it is not repaired"), limit=300)
        self.number = LatinField(N_("empty: the old one is kept"), limit=8)
        self.ticket = TextField(N_("empty: a card asks for it"), limit=60)
        self.shelf = LatinField(N_("empty: where the old one was"))
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
        self.shelf.returnPressed.connect(self._shelf_entered)
        self.seal.returnPressed.connect(self.submit)

    def _shelf_entered(self) -> None:
        """Enter saves from the last field that is asked."""
        if self.form.rows["seal_no"].isHidden():
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


class Witnessed(Act):
    """An act that two others sign one after the other; each is asked for when the command misses them."""

    rights: tuple[tuple[str, str], ...] = (("witness", "quarantine"), ("second_witness", "quarantine"))

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
        self.keys = ChoiceBar([Choice(key, title) for key, title in KEYS_ERASED.items()], name=N_("Keys"))
        self.method = ChoiceBar([Choice(key, title) for key, title in SCRAP_METHODS.items()], name=N_("Method"))
        self.kept = TextField(N_("part numbers, parted by commas; none: leave empty"), limit=200)
        self.form.add("reason", N_("Reason"), self.reason, needed=True)
        self.form.add("owner_consent", N_("Who consents"), self.by, needed=True)
        self.form.add("consent_reference", N_("Their order"), self.reference)
        self.form.add("keys_erased", N_("Keys"), self.keys, needed=True, span=3)
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
        parts = [one.strip() for one in self.kept.text().replace("，", ",").split(",") if one.strip()]
        return ScrapForm(
            self.reason.text(), self.keys.value() or "", self.method.value() or "",
            Consent(self.by.text(), self.reference.text()), tuple(KeptPart(one) for one in parts),
        )  # fmt: skip

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Scrap it."""
        return scrap(
            item_id=line.id, form=self.filled(), witness=self.signed.get("witness"),
            second_witness=self.signed.get("second_witness"), override=self.signed.get("loaner"),
        )  # fmt: skip


class ServeNotice(Act):
    """Print the written notice that names a day."""

    name, short, icon, of_order = "notice", N_("Written notice …"), "file-text", True
    title_text, yes = N_("Written notice to collect"), N_("Print the notice")
    said = N_("The notice prints and is logged.")

    def build(self) -> None:
        """Ask for the day and how it goes out."""
        self.until = DateField(shop_day(self.context.now()))
        self.proof = TextField(N_("number of the letter; may follow"), limit=60)
        self.words = TextField(N_("A word to the merchant"), limit=200)
        self.form.add("until", N_("Collect by"), self.until, needed=True)
        self.form.add("proof", N_("How it goes out"), self.proof)
        self.form.add("words", N_("Note"), self.words)
        self.words.returnPressed.connect(self.submit)

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """While something waits to be collected."""
        return any(one.state == S.READY_FOR_PICKUP for one in card.lines) and self.may("call")

    def begin(self, card: OrderCard, line: OrderLine) -> None:
        """Thirty days are the usual time."""
        self.until.set_day(shop_day(self.context.now()) + timedelta(days=NOTICE_DAYS))

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Print it."""
        day = self.until.day()
        return serve_notice(
            order_id=card.id, until=day.isoformat() if day else "", proof=self.proof.text(), words=self.words.text()
        )


class ProveNotice(Act):
    """Note how the notice went out."""

    name, short, icon, of_order = "notice_proof", N_("Notice went out …"), "message", True
    title_text, yes, said = N_("How did the notice go out?"), N_("Keep it"), N_("Noted.")

    def build(self) -> None:
        """Ask for the proof."""
        self.proof = TextField(N_("Number of the registered letter, or who handed it over"), limit=60)
        self.form.add("proof", N_("Proof"), self.proof, needed=True, span=2)
        self.proof.returnPressed.connect(self.submit)

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """After a notice was printed."""
        printed = any(paper.kind == "collect_notice" for paper in card.papers)
        return printed and any(one.state == S.READY_FOR_PICKUP for one in card.lines) and self.may("call")

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Keep it."""
        return prove_notice(order_id=card.id, proof=self.proof.text())


class LongStorage(Act):
    """Move what nobody collects to the long store."""

    name, short, icon, of_order = "long_storage", N_("To long storage …"), "box", True
    title_text, yes, said = N_("Move to long storage"), N_("Move it"), N_("The devices are in long storage.")

    def build(self) -> None:
        """Ask for the shelf."""
        self.shelf = LatinField(N_("Scan or type the shelf"))
        self.form.add("shelf", N_("Shelf of the long store"), self.shelf, needed=True)
        self.shelf.returnPressed.connect(self.submit)

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """While something waits to be collected, for a supervisor."""
        return any(one.state == S.READY_FOR_PICKUP for one in card.lines) and self.may("abandoned")

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Move it."""
        return move_to_storage(order_id=card.id, shelf=self.shelf.text())


class SetUncollected(Act):
    """End the waiting after the whole ladder."""

    name, short, icon, of_order = "uncollected", N_("Set as uncollected …"), "hand-stop", True
    title_text, yes = N_("Nobody came: a supervisor and an auditor decide next"), N_("Set as uncollected")
    said = N_("The devices wait for a decision.")

    def build(self) -> None:
        """Nothing is typed: the record of the ladder speaks."""

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """While something waits to be collected, for a supervisor."""
        return any(one.state == S.READY_FOR_PICKUP for one in card.lines) and self.may("abandoned")

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Set it."""
        return set_uncollected(order_id=card.id)


class Decide(Scrap):
    """Decide about an uncollected device: hand it out after all, return it to its owner, or scrap it."""

    name, short, icon, tone = "decide", N_("Decide about it …"), "hand-stop", "danger"
    title_text, yes = N_("Uncollected: a supervisor decides with an auditor"), N_("Decide")
    said = N_("Decided and recorded.")
    rights = (("auditor", "co_sign"), ("witness", "co_sign"), ("second_witness", "quarantine"))

    def build(self) -> None:
        """Ask what is decided and on which basis, then what the decision needs."""
        self.what = ChoiceBar(
            [Choice("hand_out", N_("Hand out after all"), "H"), Choice("owner", N_("Return to the owner"), "R"),
             Choice("scrap", N_("Scrap it"), "S")], name=N_("Decision"),
        )  # fmt: skip
        self.decision = TextField(N_("What is decided, and why"), limit=300)
        self.basis = TextField(N_("Law, contract or order"), limit=200)
        self.fee = MoneyField(name=N_("Storage fee"))
        self.person = TextField(N_("Who takes it"), limit=60)
        self.last4 = LatinField(N_("last four of the document"), limit=4)
        self.tamper = ChoiceBar(TAMPER, name=N_("Tamper check"))
        self.owner = ChoiceBar(
            [Choice("bank", N_("The bank")), Choice("acquirer", N_("The acquirer")),
             Choice("merchant", N_("Merchant"))], name=N_("Owner"),
        )  # fmt: skip
        self.form.add("what", N_("Decision"), self.what, needed=True, span=3)
        self.form.add("decision", N_("Words"), self.decision, needed=True)
        self.form.add("legal_basis", N_("Legal basis"), self.basis, needed=True)
        self.form.add("storage_fee", N_("Storage fee"), self.fee)
        self.form.add("person", N_("Who takes it"), self.person)
        self.form.add("id_last4", N_("Last four characters"), self.last4)
        self.form.add("tamper_result", N_("Tamper check"), self.tamper)
        self.form.add("owner", N_("Owner"), self.owner, span=3)
        super().build()
        self.what.chosen.connect(lambda _value: self._rows())

    def open_drawer(self) -> None:
        """Ask for the decision first."""
        super().open_drawer()
        self._rows()

    def _rows(self) -> None:
        what = self.what.value()
        wanted = {
            "hand_out": ("person", "id_last4", "tamper_result"),
            "owner": ("person", "owner"),
            "scrap": ("reason", "owner_consent", "consent_reference", "keys_erased", "method", "kept"),
        }
        shown = {"what", "decision", "legal_basis", "storage_fee", *wanted.get(what or "", ())}
        for name, one in self.form.rows.items():
            one.setVisible(name in shown)

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """When the ladder is at its end."""
        return line.state == S.ABANDONED and self.may("abandoned")

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Do what is decided."""
        decided = Decided(self.decision.text(), self.basis.text(), self.fee.fen() or 0)
        auditor = self.signed.get("auditor")
        if self.what.value() == "hand_out":
            return release_uncollected(
                item_id=line.id, decided=decided, collector=self.person.text(), id_last4=self.last4.text(),
                tamper_result=self.tamper.value() or "", auditor=auditor,
            )  # fmt: skip
        if self.what.value() == "owner":
            return return_to_owner(
                item_id=line.id, decided=decided, owner=self.owner.value() or "", taker=self.person.text(),
                auditor=auditor, override=self.signed.get("loaner"),
            )  # fmt: skip
        return scrap_uncollected(
            item_id=line.id, decided=decided, form=self.filled(), auditor=auditor,
            witness=self.signed.get("second_witness"), override=self.signed.get("loaner"),
        )  # fmt: skip


def depot_acts() -> tuple[type[Act], ...]:
    """Return these acts in the order in which they are offered."""
    return (Swap, Scrap, Decide, ServeNotice, ProveNotice, LongStorage, SetUncollected)
