"""Agreeing on a visit: when, who, where, with whom, what goes along, and what was told about money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from PySide6.QtCore import Signal

from deskapp.clock import shop_day
from deskapp.commands.visits import Carried, Planned, VisitForm, change_visit, schedule_visit
from deskapp.errors import N_, DeskError
from deskapp.models.store import ReadSession
from deskapp.queries.visits import CarriedLine, VisitCard, VisitStart
from deskapp.rules.visits import FEES
from deskapp.ui.kit import (
    Banner,
    Button,
    Choice,
    ChoiceBar,
    Form,
    MoneyField,
    PageContext,
    PhoneField,
    Suggestion,
    TextArea,
    TextField,
    listed,
    row,
)
from deskapp.ui.pages.job_pick import Picker
from deskapp.ui.pages.visit_drafts import Drafted
from deskapp.ui.pages.visit_fields import OtherEngineer, WindowField
from deskapp.ui.pages.visit_words import part_search


class PlanCard(Drafted):
    """The form of a visit.

    Signals:
        planned: a visit was agreed on; carries what came of it (`Planned`).
        saved: what was agreed is changed; carries the id of the visit.
        closed: nothing more is to be done here.
    """

    planned = Signal(object)
    saved = Signal(str)
    closed = Signal()

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("Agree on a visit"), icon="calendar")
        self.more_people = False
        self.context, self.jobs = context, context.jobs
        self._ticket_id = self._visit_id = ""
        self._versions: dict[str, str] = {}
        self._loaners: tuple[str, ...] = ()
        self.banner = Banner()
        self.window_field = WindowField(shop_day(context.now()))
        self.engineer = ChoiceBar(name=N_("Engineer"))
        self.other = OtherEngineer(self.jobs, self.engineer)
        self.address = TextField(limit=200)
        self.contact = TextField(limit=60)
        self.phone = PhoneField()
        self.carry = Picker(self.jobs, self._search, N_("Loaner or part; “2 paper” for two"), N_("Goes along"))
        self.more = TextField(N_("Anything else to take along"))
        self.fee = ChoiceBar([Choice(code, title) for code, title in FEES.items()], name=N_("Told about the charge"))
        self.amount = MoneyField()
        self.words = TextArea(lines=2)
        self.form = Form(columns=2)
        for key, label, field, needed, span in (
            ("window", N_("&When"), self.window_field, True, 1), ("engineer", N_("&Engineer"), self.engineer, True, 1),
            ("other_engineer", N_("Somebody else"), self.other, False, 2),
            ("address", N_("&Address"), self.address, True, 2),
            ("contact_name", N_("As&k for"), self.contact, False, 1),
            ("contact", N_("&Phone"), self.phone, True, 1), ("carry_list", N_("Goes a&long"), self.carry, False, 1),
            ("more", N_("Also"), self.more, False, 1), ("fee_notice", N_("Told about the &charge"), self.fee, True, 1),
            ("fee_fen", N_("Visit charge"), self.amount, False, 1),
            ("words", N_("What is to be &done"), self.words, False, 2),
        ):  # fmt: skip
            self.form.add(key, label, field, needed=needed, span=span)
        self.keep = Button(N_("Agree on the &visit"), "primary", icon="check", clicked=self.submit)
        self.close_button = Button(N_("Close"), "quiet", clicked=self.closed.emit)
        for part in (self.banner, self.form):
            self.add(part)
        self.add(row(1, self.close_button, self.keep))
        self.fee.chosen.connect(lambda _code: self._show_amount())
        self.words.submitted.connect(self.submit)
        self.carry.entered.connect(self.more.setFocus)
        self.watch(self.window_field, self.engineer, self.address, self.contact, self.phone, self.carry, self.more,
                   self.fee, self.amount, self.words)  # fmt: skip
        self._show_amount()
        self.hide()

    # -- coming here ---------------------------------------------------------------

    def begin(self, start: VisitStart, day: date | None = None) -> None:
        """Show the form for a new visit, with what the ticket knows."""
        self._ticket_id, self._visit_id, self._versions = start.ticket.row.id, "", {}
        self._reset(start)
        today = shop_day(self.context.now())
        wanted = day or start.day
        self.window_field.begin(wanted if wanted is not None and wanted >= today else today + timedelta(days=1))
        self.address.setText(start.address)
        self.contact.setText(start.contact_name)
        self.phone.setText(start.contact_phone)
        self.fee.set_value(None)
        self.amount.set_fen(start.fee_fen)
        self.words.setText("")
        self._only_new(True)
        self.show()
        self.window_field.setFocus()
        self.begun(start.ticket.row.id)

    def change(self, card: VisitCard, start: VisitStart) -> None:
        """Show the form with what was agreed; the time is moved elsewhere, with a reason."""
        self._ticket_id, self._visit_id, self._versions = card.row.ticket_id, card.row.id, dict(card.versions)
        self._reset(start)
        self.window_field.put(card.row.from_at, card.row.to_at)
        self.engineer.set_value(card.row.engineer_id)
        self.address.setText(card.row.address)
        self.contact.setText(card.contact_name)
        self.phone.setText(card.contact_phone)
        self.carry.put([(_key(one), one.words) for one in card.carry if one.kind != "other"])
        self.more.setText("；".join(one.what for one in card.carry if one.kind == "other"))
        self.fee.set_value(card.fee)
        self.amount.set_fen(card.fee_fen)
        self.words.setText(card.words)
        self._only_new(False)
        self.show()
        self.address.setFocus()
        self.begun("")

    def form_now(self) -> dict[str, Any]:
        """Return what stands in the form."""
        return {
            "window": self.window_field.typed(), "engineer": self.engineer.value() or "",
            "address": self.address.text(), "contact": self.contact.text(), "phone": self.phone.text(),
            "carry": [list(one) for one in self.carry.chips.items], "more": self.more.text(),
            "fee": self.fee.value() or "", "amount": self.amount.text(), "words": self.words.text(),
        }  # fmt: skip

    def put_form(self, form: Mapping[str, Any]) -> None:
        """Show what a draft holds."""
        self.window_field.retype([str(one) for one in form.get("window") or ()])
        self.engineer.set_value(str(form.get("engineer", "")) or None)
        for name in ("address", "contact", "phone", "more", "amount"):
            getattr(self, name).setText(str(form.get(name, "")))
        self.carry.put([(str(key), str(text)) for key, text in form.get("carry") or ()])
        self.fee.set_value(str(form.get("fee", "")) or None)
        self.words.setText(str(form.get("words", "")))
        self._show_amount()

    def _reset(self, start: VisitStart) -> None:
        people = start.team.people
        self.form.clear_errors()
        self.banner.clear()
        self.keep.setEnabled(True)
        self._loaners = start.loaners
        self.more_people = start.team.more
        self.other.offer(start.team, people[0].id if len(people) == 1 else None)
        if not people:
            self.banner.say("warn", N_("Nobody here goes to merchants yet. Give somebody the role “field engineer”."))
        self.carry.put([])
        self.more.clear()

    def _only_new(self, new: bool) -> None:
        for key in ("window", "engineer"):
            self.form.rows[key].setVisible(new)
        self.form.rows["other_engineer"].setVisible(new and self.more_people)
        self.title.say(N_("Agree on a visit") if new else N_("Change what was agreed"))
        self.keep.say(N_("Agree on the &visit") if new else N_("Keep the changes"))
        self._show_amount()

    def _show_amount(self) -> None:
        self.form.rows["fee_fen"].setVisible(self.fee.value() == "fee")

    def _search(self, session: ReadSession, typed: str) -> Sequence[Suggestion]:
        wanted = typed.strip().upper()
        loaners = [
            Suggestion(serial, "", "switch-horizontal", N_("Loaner"), f"loaner:{serial}", serial)
            for serial in self._loaners if wanted and wanted in serial.upper()
        ]  # fmt: skip
        return [*loaners[:5], *part_search(session, typed)]

    # -- saving --------------------------------------------------------------------

    def submit(self) -> None:
        """Save what is typed."""
        if not self.keep.isEnabled() or not self.form.readable():
            return
        from_at, to_at = self.window_field.times()
        more = self.more.text().strip()
        form = VisitForm(
            from_at=from_at, to_at=to_at, engineer_id=self.engineer.value() or "", address=self.address.text(),
            contact_name=self.contact.text(), contact_phone=self.phone.text(),
            carry=(*map(_carried, self.carry.values()), *((Carried("other", more),) if more else ())),
            fee=self.fee.value() or "", fee_fen=self.amount.fen() or 0, words=self.words.text(),
        )  # fmt: skip
        self.keep.setEnabled(False)
        if self._visit_id:
            visit_id = self._visit_id
            act = change_visit(visit_id=visit_id, form=form, seen=self._versions)
            self.jobs.do(act, owner=self, then=lambda _none: self._changed(visit_id), refused=self._refused)
        else:
            act_new = schedule_visit(ticket_id=self._ticket_id, form=form)
            self.jobs.do(act_new, owner=self, then=self._planned, refused=self._refused)

    def _planned(self, done: Planned) -> None:
        self.keep.setEnabled(True)
        self.hide()
        self.forget()
        self.planned.emit(done)

    def _changed(self, visit_id: str) -> None:
        self.keep.setEnabled(True)
        self.hide()
        self.context.toast(N_("Changed"), tone="ok")
        self.saved.emit(visit_id)

    def _refused(self, error: DeskError) -> None:
        self.keep.setEnabled(True)
        self.form.refuse(error, otherwise=lambda sentence: self.banner.put("danger", sentence))


def tell_overlap(context: PageContext, done: Planned) -> None:
    """Say that the engineer has other visits in the same time."""
    if done.meanwhile:
        context.toast(
            N_("The engineer has other visits at this time: {numbers}"), tone="warn", numbers=listed(done.meanwhile)
        )


def _key(one: CarriedLine) -> str:
    return f"loaner:{one.what}" if one.kind == "loaner" else f"part:{one.what}:{one.quantity}"


def _carried(key: str) -> Carried:
    kind, _, what = key.partition(":")
    if kind in ("part", "unit"):
        part_id, _, count = what.rpartition(":")
        return Carried("part", part_id, int(count))
    return Carried(kind, what)
