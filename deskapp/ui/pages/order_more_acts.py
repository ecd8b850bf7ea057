"""Further acts on an order: photos, signature and document that come later, money, a slip that was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from deskapp.commands.checkin_after import attach_photo, attach_signature, defer_photos, note_deliverer_id
from deskapp.commands.checkin_forms import Photo as Kept
from deskapp.commands.pickup import ID_TYPES, take_payment
from deskapp.commands.pickup_correct import correct_amount
from deskapp.commands.pickup_forms import Payment
from deskapp.commands.pickup_release import unblock_slip
from deskapp.errors import N_
from deskapp.queries.orders import OrderCard, OrderLine
from deskapp.rules.account import METHOD_TITLES
from deskapp.rules.money import format_yuan
from deskapp.ui.kit import Choice, ChoiceBar, LatinField, MoneyField, SignaturePad, Text, TextField, reveal, spoken
from deskapp.ui.pages.checkin_files import SIGNATURE, Work, keep_files
from deskapp.ui.pages.order_acts import Act
from deskapp.ui.pages.transfer_photos import FolderStrip
from deskapp.ui.pages.words import choices

if TYPE_CHECKING:
    from deskapp.models.store import Command, Override, Store


FOLLOWS = "queue"
"""The reason that says that photos will be taken yet; it settles nothing."""


class FileAct(Act):
    """An act whose files go into the blob store first, on a work thread."""

    def files(self) -> Work | None:
        """Return the work that keeps the files; None where there are none."""
        raise NotImplementedError

    def acts(self, kept: dict[str, Kept]) -> list[Command[Any]]:
        """Return what names the kept files on the record, one act a file."""
        raise NotImplementedError

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Not used: there may be several."""
        raise NotImplementedError

    def nothing(self) -> str:
        """Return the message id that says what is missing."""
        raise NotImplementedError

    def submit(self, consent: Override | None = None) -> None:
        """Keep the files, then name them one after the other."""
        if any(strip.busy() for strip in self.findChildren(FolderStrip)):
            self.error.put(spoken(N_("A photo is still being made smaller; try again in a moment.")))
            return
        work = self.files()
        if work is None:
            self.error.put(spoken(self.nothing()))
            return
        self.error.put("")
        self.go.setEnabled(False)
        self.jobs.background(work, owner=self, then=lambda kept: self._next(self.acts(kept)), refused=self._refused)

    def _next(self, acts: Sequence[Command[Any]]) -> None:
        if acts:
            self.jobs.do(acts[0], owner=self, then=lambda _none: self._next(acts[1:]), refused=self._refused)
        else:
            self._done(None)

    @property
    def store(self) -> Store:
        """The store whose blobs are meant."""
        return cast("Store", self.jobs.store)


class AddPhotos(FileAct):
    """Photos that were not taken at the counter, or that show something new."""

    name, short, icon = "photos", N_("Add photos …"), "camera"
    title_text, yes, said = N_("Add photos"), N_("Keep the photos"), N_("The photos are kept.")

    def build(self) -> None:
        """Ask for pictures and what they show."""
        self.photos = FolderStrip(self.context)
        self.kind = ChoiceBar(
            [Choice("front", N_("Front")), Choice("back", N_("Back, with the serial number")),
             Choice("damage", N_("Damage"))], name=N_("What they show"),
        )  # fmt: skip
        self.caption = TextField(N_("What is to be seen"), limit=120)
        self.form.add("photo", N_("Photos"), self.photos, needed=True, span=3)
        self.form.add("kind", N_("What they show"), self.kind, span=2)
        self.form.add("caption", N_("Words below"), self.caption)
        never = [one for one in choices("no_photo_reasons") if one.value != FOLLOWS]
        self.none = ChoiceBar(never, name=N_("Why none will be taken"))
        self.form.add("none", N_("Or none will be taken, because"), self.none, span=3)
        self.caption.returnPressed.connect(self.submit)

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """Always, for whoever takes devices in."""
        return self.may("check_in")

    def begin(self, card: OrderCard, line: OrderLine) -> None:
        """Where photos are still asked for, it can be said that there will be none."""
        asked = any(todo.key == "photos" and todo.about == line.label_no for todo in card.todos)
        reveal(self.form.rows["none"], asked)

    def submit(self, consent: Override | None = None) -> None:
        """Keep the photos; without any, take the word for it that there will be none."""
        why = self.none.value()
        if self.photos.photos or self.photos.busy() or not why or self.line is None:
            super().submit(consent)
            return
        self.go.setEnabled(False)
        act = defer_photos(item_id=self.line.id, reason=why, settled=True)
        self.jobs.do(act, owner=self, then=lambda _none: self._none_follow(), refused=self._refused)

    def _none_follow(self) -> None:
        self.go.setEnabled(True)
        self.close_drawer()
        self.context.toast(N_("Noted; nobody is asked for photos of it any more."), tone="ok")

    def nothing(self) -> str:
        """Say what is missing."""
        return N_("Add a photo first.")

    def files(self) -> Work | None:
        """Keep the pictures."""
        return keep_files(self.store, self.photos.photos, None, self.context.now())

    def acts(self, kept: dict[str, Kept]) -> list[Command[Any]]:
        """Name each on the device."""
        if self.line is None:
            return []
        kind, words = self.kind.value() or "front", self.caption.text().strip()
        return [
            attach_photo(item_id=self.line.id, photo=replace(one, kind=kind, caption=words or one.caption))
            for one in kept.values()
        ]


class AddSignature(FileAct):
    """A signature drawn now, or the scan of the slip that was signed on paper."""

    name, short, icon, of_order = "signature", N_("Add the signature …"), "signature", True
    title_text, yes, said = N_("The deliverer's signature"), N_("Keep the signature"), N_("The signature is kept.")

    def build(self) -> None:
        """Ask for strokes or a scan."""
        self.pad = SignaturePad(N_("Deliverer's signature"))
        self.pad.on_paper.hide()
        self.scan_of = FolderStrip(self.context)
        self.form.add("signature", N_("Signed here"), self.pad)
        self.form.add("photo", N_("Or a scan of the signed slip"), self.scan_of, span=2)

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """While none is kept."""
        return self.may("check_in") and not any(one.kind == SIGNATURE and not one.about for one in card.files)

    def nothing(self) -> str:
        """Say what is missing."""
        return N_("Sign, or add the scan of the signed slip.")

    def files(self) -> Work | None:
        """Keep strokes or scan."""
        scans = self.scan_of.photos[:1]
        drawn = None if scans else self.pad.signature()
        return keep_files(self.store, scans, drawn, self.context.now())

    def acts(self, kept: dict[str, Kept]) -> list[Command[Any]]:
        """Name it on the order."""
        if self.card is None:
            return []
        return [attach_signature(order_id=self.card.id, signature=one) for one in kept.values()]


class DelivererDocument(Act):
    """The last four of the document that the deliverer did not have at hand."""

    name, short, icon, of_order = "deliverer_id", N_("Deliverer's document …"), "id-badge-2", True
    title_text, yes, said = N_("The deliverer's document"), N_("Keep it"), N_("The document is noted.")

    def build(self) -> None:
        """Ask for kind and last four."""
        self.kind = ChoiceBar([Choice(code, title) for code, title in ID_TYPES.items() if code != "none"],
                              name=N_("Document"))  # fmt: skip
        self.last4 = LatinField(N_("last four, or read the whole number"), limit=18)
        self.form.add("id_type", N_("Document"), self.kind, needed=True, span=2)
        self.form.add("id_last4", N_("Last four characters"), self.last4, needed=True)
        self.kind.confirmed.connect(lambda _value: self.last4.setFocus())
        self.last4.returnPressed.connect(self.submit)

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """While it is not known."""
        return self.may("check_in") and not card.deliverer_known

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Note it."""
        kind = self.kind.value() or "resident_id"
        return note_deliverer_id(order_id=card.id, id_type=kind, id_last4=self.last4.text())


class CorrectAmount(Act):
    """Replace a wrong charge by the right one."""

    name, short, icon = "amount", N_("Correct the charge …"), "edit"
    title_text, yes = N_("Correct the charge"), N_("Correct it")
    said = N_("Corrected; a receipt that told otherwise prints anew.")
    right = "correct"

    def build(self) -> None:
        """Ask for the right amount and why."""
        self.amount = MoneyField(name=N_("Right amount"))
        self.reason = TextField(N_("For the history"), limit=300)
        self.now = Text(role="muted", wrap=True)
        self.form.add("now", N_("Charged so far"), self.now)
        self.form.add("amount", N_("Right amount"), self.amount, needed=True)
        self.form.add("reason", N_("Reason"), self.reason, needed=True)
        self.amount.returnPressed.connect(self.reason.setFocus)
        self.reason.returnPressed.connect(self.submit)

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """When something was charged; a supervisor's consent is asked for."""
        return line.charged_fen > 0 and self.may("payment")

    def begin(self, card: OrderCard, line: OrderLine) -> None:
        """Show what stands there."""
        self.now.put(format_yuan(line.charged_fen))
        self.amount.setFocus()

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Correct it."""
        fen = self.amount.fen()
        return correct_amount(
            item_id=line.id, fen=-1 if fen is None else fen, reason=self.reason.text(), override=consent
        )


class TakePayment(Act):
    """Take what is owed without handing anything out."""

    name, short, icon, of_order = "pay", N_("Take a payment …"), "cash", True
    title_text, yes, said = N_("Take what is owed"), N_("Take it"), N_("Paid; the receipt is printing.")

    def build(self) -> None:
        """Ask how it is paid."""
        self.due = Text(role="heading")
        self.method = ChoiceBar([Choice(key, title) for key, title in METHOD_TITLES.items()], name=N_("How it is paid"))
        self.amount = MoneyField(name=N_("Amount"))
        self.form.add("due", N_("To pay"), self.due)
        self.form.add("payment", N_("How it is paid"), self.method, needed=True)
        self.form.add("amount", N_("Amount"), self.amount, needed=True)
        self.method.confirmed.connect(lambda _value: self.amount.setFocus())
        self.amount.returnPressed.connect(self.submit)

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """When something is owed."""
        return card.due_fen > 0 and self.may("payment")

    def begin(self, card: OrderCard, line: OrderLine) -> None:
        """The whole amount is the usual answer."""
        self.due.put(format_yuan(card.due_fen))
        self.amount.set_fen(card.due_fen)
        self.method.setFocus()

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Take it."""
        paid = Payment(self.method.value() or "", self.amount.fen() or 0)
        return take_payment(order_id=card.id, payments=(paid,))


class SlipFound(Act):
    """Let a slip count again that was reported lost."""

    name, short, icon, of_order = "slip_found", N_("The slip was found …"), "refresh", True
    title_text, yes, said = N_("The lost slip was found"), N_("It counts again"), N_("The slip counts again.")

    def build(self) -> None:
        """Ask how."""
        self.reason = TextField(N_("Who brought it, and when"), limit=300)
        self.form.add("reason", N_("Reason"), self.reason, needed=True, span=3)
        self.reason.returnPressed.connect(self.submit)

    def offered(self, card: OrderCard, line: OrderLine) -> bool:
        """When it is blocked and devices are still here, for a supervisor."""
        return card.slip_blocked and not card.closed_at and self.may("correct")

    def command(self, card: OrderCard, line: OrderLine, consent: Override | None) -> Command[Any]:
        """Let it count."""
        return unblock_slip(order_id=card.id, reason=self.reason.text())


def more_acts() -> tuple[type[Act], ...]:
    """Return the further acts in the order in which they are offered."""
    return (AddPhotos, CorrectAmount, TakePayment, AddSignature, DelivererDocument, SlipFound)
