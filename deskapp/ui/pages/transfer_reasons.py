"""What is done to a manifest of ours only with a reason: a device off it, put aside, all withdrawn, the van back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import Signal

from deskapp.commands.checkin_forms import Photo as Kept
from deskapp.commands.transfers import cancel_manifest, unpack
from deskapp.commands.transfers_aside import put_aside, take_manifest_back
from deskapp.errors import N_, DeskError
from deskapp.models.store import Command
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.ui.kit import Button, Card, Choice, ChoiceBar, Form, LatinField, PageContext, Text, TextField, row
from deskapp.ui.pages.transfer_photos import ODD, FolderStrip

Act = Callable[[str], Command[Any]]
"""Makes the act of the reason that was given."""

BACK = (Choice("ok", N_("All intact")), Choice("suspect", N_("Some are suspicious")))


class ReasonBar(Card):
    """One question, one line for the answer.

    Signals:
        done: it was done, and the manifest is still here.
        aside: a device was put aside as suspicious; carries its label.
    """

    done = Signal()
    aside = Signal(str)

    def __init__(self, context: PageContext, manifest_id: Callable[[], str]) -> None:
        super().__init__()
        self._context, self._manifest_id = context, manifest_id
        self._act: Act | None = None
        self._then: Callable[[Any], object] = self._done
        self._label = ""
        self._kept: tuple[Kept, ...] = ()
        self.question = Text(role="strong", wrap=True)
        self.why = TextField(limit=120, name=N_("Reason"))
        self.who = TextField(N_("Carried by"), limit=40, name=N_("Carried by"))
        self.tamper = ChoiceBar(BACK, name=N_("Tamper check"))
        self.odd = LatinField(N_("Scan their labels"), name=N_("Suspicious devices"), limit=2000)
        self.photos = FolderStrip(context, shows=ODD)
        self.form = Form(columns=2)
        self.form.add("reason", N_("Reason"), self.why, needed=True)
        self.form.add("courier", N_("Carried by"), self.who, needed=True)
        self.form.add("tamper", N_("&Tamper check"), self.tamper, needed=True)
        self.form.add("suspects", N_("Suspicious devices"), self.odd, needed=True)
        self.form.add("photos", N_("Photos"), self.photos, span=2)
        self.yes = Button(N_("Do it"), "danger", icon="check", clicked=self.submit)
        self.no = Button(N_("No"), "quiet", clicked=self.hide)
        self.add(self.question)
        self.add(self.form)
        self.add(row(1, self.no, self.yes))
        self.why.returnPressed.connect(self._entered)
        self.tamper.chosen.connect(lambda _value: self._show_odd())
        self.hide()

    def ask_off(self, label: str) -> None:
        """Ask why a device is taken off the manifest."""
        self.question.say(N_("Why is {label} taken off?"), label=label)
        self._ask(partial(self._off, label), self._done)

    def ask_aside(self, label: str) -> None:
        """Ask what is suspicious about a device; words and photos may stay away, quarantine does not wait for them."""
        self._label = label
        self.question.say(N_("{label} is suspicious: it goes into quarantine as it is. What was seen?"), label=label)
        self._ask(self._aside, self._put_aside, photos=True)
        self.form.rows["reason"].set_needed(False)

    def ask_cancel(self) -> None:
        """Ask why the whole manifest is withdrawn; then the page before this one comes back."""
        self.question.say(N_("Why is the whole manifest withdrawn?"))
        self._ask(self._cancel, lambda _count: self._context.back())

    def ask_back(self) -> None:
        """Ask why a van comes back that nobody has received yet, who brings it, and whether all of it is intact."""
        self.question.say(N_("Why do the devices come back, and from whom? Look at each of them."))
        self._ask(self._back, self._done, who=True)

    def scan(self, text: str) -> bool:
        """While a van is taken back: a label names a suspicious device, a badge the courier."""
        asked = not self.isHidden() and not self.form.rows["courier"].isHidden()
        kind, number = parse_scan(text).kind, parse_scan(text).number
        if not asked or kind not in (ScanKind.LABEL, ScanKind.SERIAL, ScanKind.BADGE):
            return False
        if kind is ScanKind.BADGE:
            self.who.setText(text)
            return True
        self.tamper.set_value("suspect")
        self.form.rows["tamper"].clear_error()
        self._show_odd()
        named = [one for one in self.odd.text().split() if one != number]
        self.odd.setText(" ".join([*named, number]))
        return True

    def submit(self) -> None:
        """Keep the photos, then do what was asked about."""
        if self._act is not None:
            self.photos.keep(self._go)

    def _entered(self) -> None:
        """Do it by Enter, or go on to who brings the devices where that is asked."""
        if self.form.rows["courier"].isVisible() and not self.who.text().strip():
            self.who.setFocus()
        else:
            self.submit()

    def _go(self, kept: tuple[Kept, ...]) -> None:
        self._kept = kept
        if self._act is not None:
            self._context.jobs.do(self._act(self.why.text()), owner=self, then=self._go_on, refused=self._refused)

    def _ask(self, act: Act, then: Callable[[Any], object], *, who: bool = False, photos: bool = False) -> None:
        self._act, self._then = act, then
        for name, shown in (("courier", who), ("tamper", who), ("photos", photos)):
            self.form.rows[name].setVisible(shown)
        self.form.rows["reason"].set_needed(True)
        self.form.clear_errors()
        for field in (self.why, self.odd):
            field.clear()
        self.tamper.set_value(None)
        self.photos.clear()
        self._show_odd()
        self.show()
        self.why.setFocus()

    def _show_odd(self) -> None:
        self.form.rows["suspects"].setVisible(self.tamper.value() == "suspect")

    def _off(self, label: str, why: str) -> Command[None]:
        return unpack(manifest_id=self._manifest_id(), label_no=label, reason=why)

    def _aside(self, why: str) -> Command[str]:
        return put_aside(manifest_id=self._manifest_id(), label_no=self._label, words=why, photos=self._kept)

    def _cancel(self, why: str) -> Command[int]:
        return cancel_manifest(manifest_id=self._manifest_id(), reason=why)

    def _back(self, why: str) -> Command[int]:
        tamper = self.tamper.value() or ""
        return take_manifest_back(
            manifest_id=self._manifest_id(), reason=why, courier=self.who.text(), tamper_result=tamper,
            suspects=tuple(self.odd.text().split()) if tamper == "suspect" else (),
        )  # fmt: skip

    def _go_on(self, answer: object) -> None:
        self._then(answer)

    def _done(self, _answer: object) -> None:
        self.hide()
        self.done.emit()

    def _put_aside(self, label: str) -> None:
        self.hide()
        self.aside.emit(label)

    def _refused(self, error: DeskError) -> None:
        self.form.refuse(error, otherwise=self.form.rows["reason"].refuse)
