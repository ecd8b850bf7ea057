"""Who hands the devices over, for which merchant, and what was agreed: one card for all devices."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QWidget

from deskapp.clock import instant, shop_day
from deskapp.commands.checkin_forms import Deliverer, MerchantForm, Terms
from deskapp.errors import N_
from deskapp.queries.checkin import MerchantCard, merchants_like
from deskapp.rules.deadlines import SHOP_TIME
from deskapp.ui.kit import (
    Button,
    Card,
    Choice,
    ChoiceBar,
    DateField,
    FlowLayout,
    FormRow,
    LatinField,
    MoneyField,
    PageContext,
    PhoneField,
    SignaturePad,
    SuggestField,
    Suggestion,
    TextField,
    row,
    spoken,
)
from deskapp.ui.pages.words import choices
from deskapp.ui.tokens import LARGE, MEDIUM
from deskapp.ui.widgets.tabs import OWN_ORDER

CLOSING_HOUR = 17


class PartyCard(Card):
    """Merchant, deliverer, terms and signature of a check-in.

    Signals:
        edited: something changed.
        finished: the last question is answered.
        focused: a widget of the card should come into view; carries it.
    """

    edited = Signal()
    finished = Signal()
    focused = Signal(object)

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("Handed in by"), icon="user-check")
        self.context = context
        self.merchant_card: MerchantCard | None = None
        self.photos_asked = True
        self.rows: dict[str, FormRow] = {}
        self._build(context)
        self._place()
        self._connect()
        self._show_contacts()

    # -- building ----------------------------------------------------------------

    def _build(self, context: PageContext) -> None:
        self.merchant = SuggestField(
            context.jobs, lambda session, text: _merchants(merchants_like(session, text)),
            N_("Number, name, initials or phone; a new name is entered as new"),
        )  # fmt: skip
        self.merchant_no = LatinField(N_("15 digits, if at hand"), limit=20)
        self.contacts = ChoiceBar()
        self.name = TextField(N_("Full name"), limit=60)
        self.phone = PhoneField(N_("Where the deliverer can be reached"))
        self.id_last4 = LatinField(N_("Last four, such as 001X"), limit=18)
        self.no_photo = ChoiceBar(choices("no_photo_reasons"))
        self.notice = QCheckBox()
        self.stopped = QCheckBox()
        self.vendor = QCheckBox()
        self.old_parts = QCheckBox()
        self.ceiling = MoneyField(N_("None"))
        self.estimate = DateField(shop_day(context.now()), N_("As promised"))
        self.signature = SignaturePad(N_("Signature of the deliverer"))
        self.sign = Button(N_("Sign on the screen"), "link", icon="signature", clicked=self._toggle_signature)
        self.signature.hide()
        self._say_boxes()

    def _place(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(LARGE)
        grid.setVerticalSpacing(MEDIUM)
        for place in range(6):
            grid.setColumnStretch(place, 1)
        self._row(grid, "merchant", N_("Mer&chant"), self.merchant, 0, 0, 4)
        self._row(grid, "merchant_no", N_("Merchant number"), self.merchant_no, 0, 4, 2)
        self._row(grid, "contact", N_("Who is it?"), self.contacts, 1, 0, 6)
        self._row(grid, "deliverer_name", N_("Name"), self.name, 2, 0, 2)
        self._row(grid, "deliverer_phone", N_("Phone"), self.phone, 2, 2, 2)
        self._row(grid, "deliverer_id_last4", N_("Document, last four"), self.id_last4, 2, 4, 2)
        self._row(grid, "photos", N_("No photos of some devices. Why?"), self.no_photo, 3, 0, 6)
        self._row(grid, "estimate_at", N_("Ready by"), self.estimate, 4, 0, 3)
        self._row(grid, "ceiling", N_("Repair without asking up to"), self.ceiling, 4, 3, 3)
        ticks = QWidget()
        flow = FlowLayout(ticks, gap=LARGE, margin=0)
        for tick in (self.stopped, self.vendor, self.old_parts):
            flow.addWidget(tick)
        grid.addWidget(ticks, 5, 0, 1, 6)
        self._row(grid, "data_notice", N_("Data notice"), self.notice, 6, 0, 6)
        self.add(grid)
        self.add(row(self.sign, 1))
        self.add(self.signature)
        # Asked last, though they stand above: the tab order follows the hands of who does the usual.
        self.setProperty(OWN_ORDER, True)
        for first, second in (
            (self.id_last4, self.no_photo), (self.no_photo, self.notice), (self.notice, self.estimate),
            (self.estimate, self.ceiling), (self.ceiling, self.stopped), (self.stopped, self.vendor),
            (self.vendor, self.old_parts), (self.old_parts, self.sign),
        ):  # fmt: skip
            QWidget.setTabOrder(first, second)

    def _row(self, grid: QGridLayout, key: str, label: str, field: QWidget, line: int, column: int, span: int) -> None:
        made = FormRow(label, field)
        self.rows[key] = made
        grid.addWidget(made, line, column, 1, span, Qt.AlignmentFlag.AlignTop)

    def _connect(self) -> None:
        self.merchant.taken.connect(self._merchant_taken)
        self.merchant.entered.connect(lambda _text: self.go_on())
        self.merchant.cleared.connect(lambda: self.use_merchant(None))
        self.contacts.chosen.connect(self._contact_chosen)
        self.name.returnPressed.connect(self.go_on)
        self.phone.returnPressed.connect(self.go_on)
        self.id_last4.returnPressed.connect(self._id_entered)
        self.no_photo.chosen.connect(lambda _value: self.go_on())
        self.notice.toggled.connect(self._noticed)
        for signal in (
            self.merchant.textEdited, self.merchant_no.textEdited, self.name.textEdited, self.phone.textEdited,
            self.id_last4.textEdited, self.estimate.textEdited, self.ceiling.textEdited, self.stopped.toggled,
            self.vendor.toggled, self.old_parts.toggled, self.signature.signed,
        ):  # fmt: skip
            signal.connect(lambda *_values: self.edited.emit())

    # -- merchant and people -----------------------------------------------------

    def use_merchant(self, card: MerchantCard | None) -> None:
        """Take a merchant over, with the people who may bring its devices."""
        self.merchant_card = card
        if card is not None:
            name = card.short_name or card.name
            self.merchant.chosen = Suggestion(name, data=card)
            self.merchant.setText(name)
            self.merchant_no.setText(card.merchant_no)
        self.merchant_no.setReadOnly(card is not None)
        self._show_contacts()
        self.edited.emit()

    def _show_contacts(self) -> None:
        cards = self.merchant_card.contacts if self.merchant_card else ()
        self.contacts.set_choices([
            *(Choice(str(place), f"{one.name} {one.masked}".strip(), raw=True) for place, one in enumerate(cards)),
            Choice("other", N_("Somebody else")),
        ] if cards else [])  # fmt: skip
        self.rows["contact"].setVisible(bool(cards))

    def _merchant_taken(self, item: Suggestion) -> None:
        self.use_merchant(item.data)
        self.rows["merchant"].clear_error()
        self.go_on()

    def _contact_chosen(self, value: str) -> None:
        if value == "other":
            self.name.clear()
            self.phone.clear()
            self.go_to(self.name)
        elif self.merchant_card is not None:
            one = self.merchant_card.contacts[int(value)]
            self.name.setText(one.name)
            self.phone.setText(one.phone)
            for key in ("deliverer_name", "deliverer_phone"):
                self.rows[key].clear_error()
            self.go_to(self.id_last4)
        self.edited.emit()

    def _id_entered(self) -> None:
        self.go_on(past_document=True)

    def _noticed(self, on: bool) -> None:
        self.rows["data_notice"].clear_error()
        self.edited.emit()
        if on and self.notice.hasFocus():
            self.finished.emit()

    # -- answering ---------------------------------------------------------------

    def ask_photos(self, asked: bool) -> None:
        """Ask why there are no photos, or not, when every device has some."""
        self.photos_asked = asked
        self.rows["photos"].setVisible(asked)

    def missing(self) -> list[str]:
        """Return message ids of what blocks saving."""
        lacks = []
        if self.estimate.problem():
            lacks.append(N_("a day that can be read"))
        if self.ceiling.problem():
            lacks.append(N_("an amount that can be read"))
        if not self.merchant.text().strip() and not self.phone.text().strip():
            lacks.append(N_("merchant or call-back number"))
        if not self.name.text().strip():
            lacks.append(N_("name of the deliverer"))
        if not self.phone.text().strip():
            lacks.append(N_("phone of the deliverer"))
        if self.photos_asked and not self.no_photo.value():
            lacks.append(N_("reason without photos"))
        if not self.notice.isChecked():
            lacks.append(N_("data notice"))
        return lacks

    def go_on(self, *, past_document: bool = False) -> None:
        """Go to the next open question; after the last one, say so."""
        self.edited.emit()
        unmet = not self.merchant.text().strip() and not self.phone.text().strip()
        if unmet and not self.merchant.hasFocus():
            self.go_to(self.merchant)
        elif self.contacts.buttons and self.contacts.value() is None and not self.name.text().strip():
            self.go_to(self.contacts)
        elif not self.name.text().strip():
            self.go_to(self.name)
        elif not self.phone.text().strip():
            self.go_to(self.phone)
        elif not self.id_last4.text().strip() and not past_document:
            self.go_to(self.id_last4)
        elif self.photos_asked and not self.no_photo.value():
            self.go_to(self.no_photo)
        elif not self.notice.isChecked():
            self.go_to(self.notice)
        else:
            self.finished.emit()

    def readable(self) -> bool:
        """Say whether day and amount mean something; goes to the one that does not."""
        for key, field in (("estimate_at", self.estimate), ("ceiling", self.ceiling)):
            if field.problem():
                return not self.refuse(key, spoken(field.problem()))
        return True

    def go_to(self, field: QWidget) -> None:
        """Put the focus somewhere and have it brought into view."""
        field.setFocus(Qt.FocusReason.OtherFocusReason)
        self.focused.emit(field)

    def refuse(self, name: str, sentence: str) -> bool:
        """Show a refusal at its field; False when there is no such field here."""
        wanted = {"merchant_name": "merchant", "ticket": "merchant", "shelf": "merchant"}.get(name, name)
        line = self.rows.get(wanted)
        if line is None:
            return False
        line.setVisible(True)
        line.refuse(sentence)
        self.focused.emit(line)
        return True

    # -- handing over ------------------------------------------------------------

    def deliverer(self) -> Deliverer:
        """Return who hands the devices over."""
        return Deliverer(self.name.text(), self.phone.text(), id_last4=self.id_last4.text())

    def terms(self) -> Terms:
        """Return what was agreed."""
        day = self.estimate.day()
        return Terms(
            estimate_at=instant_of_close(day) if day else 0,
            ceiling_fen=self.ceiling.fen() or 0,
            data_notice=self.notice.isChecked(),
            vendor_consent=self.vendor.isChecked(),
            old_parts_back=self.old_parts.isChecked(),
            business_stopped=self.stopped.isChecked(),
        )

    def new_merchant(self) -> MerchantForm | None:
        """Return the merchant that is typed but not known, or None."""
        if self.merchant_card is not None or not self.merchant.text().strip():
            return None
        return MerchantForm(self.merchant.text(), self.merchant_no.text(), self.name.text(), self.phone.text())

    def state_of(self) -> dict[str, Any]:
        """Return everything that was typed, as plain JSON for the draft."""
        return {
            "merchant_id": self.merchant_card.id if self.merchant_card else "", "merchant": self.merchant.text(),
            "merchant_no": self.merchant_no.text(), "contact": self.contacts.value() or "", "name": self.name.text(),
            "phone": self.phone.text(), "id_last4": self.id_last4.text()[-4:], "no_photo": self.no_photo.value() or "",
            "estimate": self.estimate.text(), "ceiling": self.ceiling.text(), "stopped": self.stopped.isChecked(),
            "vendor": self.vendor.isChecked(), "old_parts": self.old_parts.isChecked(),
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Show what a draft holds; the notice has to be given again."""
        for field, key in (
            (self.merchant, "merchant"), (self.merchant_no, "merchant_no"), (self.name, "name"), (self.phone, "phone"),
            (self.id_last4, "id_last4"), (self.estimate, "estimate"), (self.ceiling, "ceiling"),
        ):  # fmt: skip
            field.setText(str(state.get(key, "")))
        self.no_photo.set_value(state.get("no_photo") or None)
        for box, key in ((self.stopped, "stopped"), (self.vendor, "vendor"), (self.old_parts, "old_parts")):
            box.setChecked(bool(state.get(key)))

    def clear(self) -> None:
        """Empty the card for the next deliverer."""
        self.merchant.reset()
        self.use_merchant(None)
        self.restore({})
        self.notice.setChecked(False)
        self.signature.clear()
        self.signature.hide()
        for line in self.rows.values():
            line.clear_error()

    def retranslate(self) -> None:
        """Say what is composed here in the window's language."""
        self.no_photo.set_choices(choices("no_photo_reasons"))
        self._say_boxes()

    def _say_boxes(self) -> None:
        self.notice.setText(spoken(N_("Said: settle, sign off; we keep no card data (Space)")))
        self.stopped.setText(spoken(N_("The business stands still without it")))
        self.vendor.setText(spoken(N_("May go to the maker for repair")))
        self.old_parts.setText(spoken(N_("Wants replaced parts back")))

    def _toggle_signature(self) -> None:
        self.signature.setVisible(self.signature.isHidden())
        if self.signature.isVisible():
            self.focused.emit(self.signature)


def instant_of_close(day: date) -> int:
    """Return the instant (ms UTC) at which the shop closes on a day."""
    return instant(datetime.combine(day, time(CLOSING_HOUR, 30), SHOP_TIME))


def _merchants(cards: list[MerchantCard]) -> list[Suggestion]:
    return [
        Suggestion(card.short_name or card.name, f"{card.merchant_no}  {card.name}", "building-store", data=card)
        for card in cards
    ]
