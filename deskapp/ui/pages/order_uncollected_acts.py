"""Acts on devices that nobody collects: the notice and how it went out, long storage, the decision at the end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from deskapp.clock import shop_day
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
from deskapp.i18n import say
from deskapp.queries.orders import OrderCard, OrderLine
from deskapp.queries.uncollected import storage_of
from deskapp.rules.account import METHOD_TITLES
from deskapp.rules.money import format_yuan
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.rules.states import WorkState as S
from deskapp.rules.storage_fee import StorageFee
from deskapp.ui.kit import Choice, ChoiceBar, DateField, LatinField, MoneyField, ScanField, Text, TextField, spoken
from deskapp.ui.pages.order_acts import Act
from deskapp.ui.pages.order_depot_acts import TAMPER, Scrap
from deskapp.ui.pages.settings_fields import Tick
from deskapp.ui.widgets.enter import into_view

if TYPE_CHECKING:
    from deskapp.models.store import Command, Override

NOTICE_DAYS = 30


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
        self.shelf = ScanField(N_("Scan or type the shelf"))
        self.form.add("shelf", N_("Shelf of the long store"), self.shelf, needed=True)
        self.shelf.scanned.connect(lambda _text: self.go.setFocus())
        self.shelf.returnPressed.connect(self.submit)

    def scan(self, text: str) -> bool:
        """A shelf's label is the answer, wherever the focus is."""
        if parse_scan(text).kind is ScanKind.SHELF:
            self.shelf.take_scan(text)
            return True
        return False

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
    said = N_("Decided and recorded; the paper prints.")
    rights = (("auditor", "co_sign"), ("witness", "co_sign"), ("second_witness", "witness"))

    def build(self) -> None:
        """Ask what is decided and on which basis, then what the decision needs."""
        self.what = ChoiceBar(
            [Choice("hand_out", N_("Hand out after all"), "H"), Choice("owner", N_("Return to the owner"), "R"),
             Choice("scrap", N_("Scrap it"), "S")], name=N_("Decision"),
        )  # fmt: skip
        self.decision = TextField(N_("What is decided, and why"), limit=300)
        self.basis = TextField(N_("Law, contract or order"), limit=200)
        self.fee = MoneyField(name=N_("Storage fee"))
        self.reckoned = Text(role="muted", wrap=True)
        self.fee_why = TextField(N_("Why the fee is another one than reckoned"), limit=200)
        self._storage: StorageFee | None = None
        self.person = TextField(N_("Who takes it"), limit=60)
        self.last4 = LatinField(N_("last four of the document"), limit=4)
        self.owner = ChoiceBar(
            [Choice("bank", N_("The bank")), Choice("acquirer", N_("The acquirer")),
             Choice("merchant", N_("Merchant"))], name=N_("Owner"),
        )  # fmt: skip
        self.paid_by = ChoiceBar([Choice(key, title) for key, title in METHOD_TITLES.items()],
                                 name=N_("How it is paid"))  # fmt: skip
        self.loose = Tick(N_("All accessories go back with it"), True)
        self.due = Text(role="heading")
        self.tamper = ChoiceBar(TAMPER, name=N_("Tamper check"))
        self.form.add("what", N_("Decision"), self.what, needed=True, span=3)
        self.form.add("decision", N_("Words"), self.decision, needed=True)
        self.form.add("legal_basis", N_("Legal basis"), self.basis, needed=True)
        self.form.add("storage_fee", N_("Storage fee"), self.fee)
        self.form.add("reckoned", N_("By the price list"), self.reckoned, span=2)
        self.form.add("storage_reason", N_("Why another fee"), self.fee_why, needed=True, span=3)
        self.form.add("person", N_("Who takes it"), self.person, needed=True)
        self.form.add("id_last4", N_("Last four characters"), self.last4, needed=True)
        self.form.add("accessories", "", self.loose)
        self.form.add("due", N_("To pay"), self.due)
        self.form.add("payment", N_("How it is paid"), self.paid_by, needed=True, span=2)
        self.form.add("owner", N_("Owner"), self.owner, needed=True, span=3)
        self.form.add("tamper_result", N_("Tamper check"), self.tamper, needed=True, span=3)
        super().build()
        self.what.chosen.connect(lambda _value: self._rows())
        self.fee.textChanged.connect(lambda _text: self._rows())
        self.paid_by.confirmed.connect(lambda _value: self._to_tamper())
        for last in (self.owner, self.tamper):
            last.confirmed.connect(lambda _value: self.submit())

    def begin(self, card: OrderCard, line: OrderLine) -> None:
        """Nothing is decided; what came loose mostly goes along. The fee is reckoned from the price list."""
        self.loose.setChecked(True)
        self._storage = None
        self._rows()
        now = self.context.now()
        self.jobs.ask(lambda session: storage_of(session, line.id, now), owner=self, then=self._reckon,
                      exclusive="storage")  # fmt: skip

    def _reckon(self, fee: StorageFee | None) -> None:
        """Fill in the fee, unless somebody has typed another one by now."""
        self._storage = fee
        if fee is not None and not self.fee.text():
            self.fee.set_fen(fee.fen)
        self._rows()

    def retranslate(self) -> None:
        """Say how the fee was reckoned."""
        if self._storage is not None:
            self.reckoned.put(storage_words(self._storage))

    def _other_fee(self) -> bool:
        return self._storage is not None and (self.fee.fen() or 0) != self._storage.fen

    def _to_tamper(self) -> None:
        self.tamper.setFocus()
        into_view(self.tamper)

    def _rows(self) -> None:
        """Ask only what the decision needs; how it is paid only where something is."""
        what, line = self.what.value() or "", self.line
        owed = (self.fee.fen() or 0) + (line.due_fen if line is not None else 0)
        self.due.put(format_yuan(owed))
        loose = line is not None and any(not back for _kind, back in line.accessories)
        wanted = {
            "hand_out": ("person", "id_last4", "accessories" if loose else "",
                         *(("due", "payment") if owed else ()), "tamper_result"),
            "owner": ("person", "owner"),
            "scrap": ("reason", "owner_consent", "consent_reference", "keys_erased", "method", "kept"),
        }  # fmt: skip
        fee = ("storage_fee", "reckoned", "storage_reason" if self._other_fee() else "")
        shown = {"what", "decision", "legal_basis", *fee, *wanted.get(what, ())}
        self.retranslate()
        for name, one in self.form.rows.items():
            one.setVisible(name in shown)

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """When the ladder is at its end."""
        return line.state == S.ABANDONED and self.may("abandoned")

    def submit(self, consent: Override | None = None) -> None:
        """Do it, once it is said what."""
        if self.what.value() is None:
            self.form.rows["what"].refuse(spoken(N_("What is decided, and why?")))
        elif self.form.readable():
            super().submit(consent)

    def refuse(self, error: DeskError) -> None:
        """Show a refusal at the field that is called otherwise here."""
        row = self.form.rows["person"] if error.field in ("collector", "taker") else None
        if row is not None:
            row.refuse(say(error))
        else:
            super().refuse(error)

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Do what is decided."""
        fee = self.fee.fen() if self.fee.text() or self._storage is None else 0  # emptied means that nothing is charged
        decided = Decided(self.decision.text(), self.basis.text(), fee, self.fee_why.text())
        auditor, loaner = self.signed.get("auditor"), self.signed.get("loaner")
        if self.what.value() == "hand_out":
            return release_uncollected(
                item_id=line.id, decided=decided, collector=self.person.text(), id_last4=self.last4.text(),
                tamper_result=self.tamper.value() or "", auditor=auditor, method=self.paid_by.value() or "",
                with_accessories=self.loose.isChecked(), override=loaner,
            )  # fmt: skip
        if self.what.value() == "owner":
            return return_to_owner(
                item_id=line.id, decided=decided, owner=self.owner.value() or "", taker=self.person.text(),
                auditor=auditor, override=loaner,
            )  # fmt: skip
        return scrap_uncollected(
            item_id=line.id, decided=decided, form=self.filled(), auditor=auditor,
            witness=self.signed.get("second_witness"), override=loaner,
        )  # fmt: skip


def storage_words(fee: StorageFee) -> str:
    """Say how a storage fee was reckoned."""
    terms = fee.terms
    if not fee.days or not terms.per_day_fen:
        return spoken(N_("{waited} days on the shelf, {free} of them free: no fee (price list {version})."),
                      waited=fee.waited, free=terms.free_days, version=terms.version)  # fmt: skip
    sentence = (
        N_("{waited} days less {free} free ones: {days} × {per_day}, cut to the cap of {cap} (price list {version}).")
        if fee.capped
        else N_("{waited} days less {free} free ones: {days} × {per_day} = {amount} (price list {version}).")
    )
    return spoken(sentence, waited=fee.waited, free=terms.free_days, days=fee.days,
                  per_day=format_yuan(terms.per_day_fen), cap=format_yuan(terms.cap_fen),
                  amount=format_yuan(fee.fen), version=terms.version)  # fmt: skip


def uncollected_acts() -> tuple[type[Act], ...]:
    """Return these acts in the order in which they are offered."""
    return (Decide, ServeNotice, ProveNotice, LongStorage, SetUncollected)
