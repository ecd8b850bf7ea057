"""The check-in's own bookkeeping: cleaned texts, the supervisor's consent, notices, merchant and deliverer."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sqlalchemy import select

from deskapp.commands.checkin_forms import Deliverer, MerchantForm, Notice
from deskapp.commands.moves import raise_card
from deskapp.errors import N_, Refused
from deskapp.models.merchant import Merchant, MerchantContact
from deskapp.models.store import Override, Write
from deskapp.rules.identifier_types import NO_CONTEXT
from deskapp.rules.identifiers import Context, Judgement, Severity, judge, sentence

_LAST4 = re.compile(r"[0-9]{3}[0-9X]")
_WHOLE_ID = re.compile(r"[0-9]{17}[0-9X]")


@dataclass(slots=True)
class Desk:
    """One act at the counter: what it may use, and what it has to tell afterwards.

    `known` are numbers that are certainly no card numbers, so that a serial number in a note is not
    taken for one. Doubts that do not stop the clerk are kept and become cards once there is a
    record to hang them on.
    """

    write: Write
    override: Override | None = None
    known: set[str] = field(default_factory=set)
    notices: list[Notice] = field(default_factory=list)
    doubts: list[tuple[str, Judgement, int]] = field(default_factory=list)
    second_by: str = ""
    _context: Context = NO_CONTEXT

    def text(self, kind: str, text: str, at: str, line_no: int = 0, *, context: Context | None = None) -> str:
        """Return a text as it is kept, empty when empty; raises Refused at `at` for what may not be kept.

        What is only doubtful (perhaps a key, a rare form of a number) is kept and noted.
        """
        if not text.strip():
            return ""
        verdict = judge(kind, text, context=context or self._surroundings())
        if verdict.value is None:
            raise refusal(verdict, at)
        if verdict.severity is Severity.WARNING:
            self.doubts.append((kind, verdict, line_no))
            words, values = sentence(verdict)
            self.notices.append(Notice(words, values, line_no))
        return verdict.value

    def _surroundings(self) -> Context:
        if len(self._context.known_serials) != len(self.known):
            self._context = Context(known_serials=frozenset(self.known))
        return self._context

    def consent(self, at: str) -> str:
        """Spend the supervisor's consent, once for the whole act; raises Refused at `at` without one."""
        if not self.second_by:
            self.second_by = self.write.second_person(self.override, "override", field=at)
        return self.second_by

    @property
    def reason(self) -> str:
        """The reason the supervisor gave."""
        return self.override.reason.strip() if self.override else ""

    def hang_doubts(self, subject_kind: str, subject_id: str, line_no: int) -> None:
        """Turn the doubts about one device (or, for line 0, about the order) into cards to look at.

        The card names the kind and the finding, never the text: it may be what must not be copied.
        """
        found = [{"field": kind, "code": verdict.code} for kind, verdict, line in self.doubts if line == line_no]
        if found:
            raise_card(self.write, "needs_review", subject_kind, subject_id, data={"warnings": found})
        self.doubts = [doubt for doubt in self.doubts if doubt[2] != line_no]


def refusal(verdict: Judgement, at: str) -> Refused:
    """Return the refusal of a judgement, to be raised at a field."""
    words, values = sentence(verdict)
    return Refused(words, field=at, code=verdict.code, **values)


def merchant_of(desk: Desk, merchant_id: str, form: MerchantForm | None, callback_phone: str) -> Merchant | None:
    """Return the merchant the devices belong to; None when unknown, then there is a number to call back."""
    session = desk.write.session
    if merchant_id:
        row = session.get(Merchant, merchant_id)
        if row is None:
            raise Refused(N_("This merchant is not known here. Choose it again."), field="merchant")
        return session.get_one(Merchant, row.joined_into) if row.joined_into else row
    if form is not None and form.name.strip():
        return _new_merchant(desk, form)
    if not callback_phone.strip():
        raise Refused(
            N_("Choose the merchant, or note a number where somebody can be reached."), field="merchant",
            code="merchant_missing",
        )  # fmt: skip
    desk.text("phone", callback_phone, "deliverer_phone")
    return None


def _new_merchant(desk: Desk, form: MerchantForm) -> Merchant:
    write = desk.write
    number = desk.text("merchant_no", form.merchant_no, "merchant_no")
    if number:
        taken = write.session.scalars(
            select(Merchant).where(Merchant.merchant_no == number, Merchant.joined_into == "")
        ).first()
        if taken is not None:
            raise Refused(
                N_("“{merchant}” has this merchant number already. Choose that merchant."),
                field="merchant_no", code="merchant_known", merchant=taken.short_name or taken.name,
            )  # fmt: skip
    row = Merchant(
        id=write.new_id(), name=desk.text("name", form.name, "merchant_name"), merchant_no=number,
    )  # fmt: skip
    write.session.add(row)
    phone = desk.text("phone", form.phone, "deliverer_phone")
    contact = desk.text("name", form.contact, "deliverer_name")
    if phone or contact:
        write.session.add(
            MerchantContact(id=write.new_id(), merchant_id=row.id, name=contact, phone=phone, main=True)
        )
    if not number:
        doubt = {"field": "merchant_no", "code": "merchant_no_empty"}
        raise_card(write, "needs_review", "merchant", row.id, data={"warnings": [doubt]})
    return row


def deliverer_of(desk: Desk, form: Deliverer) -> Deliverer:
    """Return who hands the devices over, as it is kept; raises Refused where a needed answer is missing."""
    if not form.name.strip():
        raise Refused(N_("Who hands the devices over? Enter the name."), field="deliverer_name")
    if not form.phone.strip():
        raise Refused(N_("Note a number where the deliverer can be reached."), field="deliverer_phone")
    return Deliverer(
        desk.text("name", form.name, "deliverer_name"),
        desk.text("phone", form.phone, "deliverer_phone"),
        form.id_type,
        last4_of(form.id_last4),
    )


def last4_of(typed: str, at: str = "deliverer_id_last4") -> str:
    """Return the last four of an identity number; a number typed in full is checked and cut."""
    text = "".join(typed.split()).upper()
    if not text:
        return ""
    if _WHOLE_ID.fullmatch(text):
        verdict = judge("resident_id", text)
        if verdict.value is None:
            raise refusal(verdict, at)
        return verdict.value[-4:]
    if not _LAST4.fullmatch(text):
        raise Refused(N_("Enter the last four characters of the document: digits, or X at the end."), field=at)
    return text
