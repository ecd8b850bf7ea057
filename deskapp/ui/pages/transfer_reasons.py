"""What is done to a manifest of ours only with a reason: a device off it, all of it withdrawn, the van taken back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import Signal

from deskapp.commands.transfers import cancel_manifest, take_manifest_back, unpack
from deskapp.errors import N_, DeskError
from deskapp.models.store import Command
from deskapp.ui.kit import Button, Card, Form, PageContext, Text, TextField, row

Act = Callable[[str], Command[Any]]
"""Makes the act of the reason that was given."""


class ReasonBar(Card):
    """One question, one line for the answer.

    Signals:
        done: it was done, and the manifest is still here.
    """

    done = Signal()

    def __init__(self, context: PageContext, manifest_id: Callable[[], str]) -> None:
        super().__init__()
        self._context, self._manifest_id = context, manifest_id
        self._act: Act | None = None
        self._then: Callable[[], object] = self._done
        self.question = Text(role="strong", wrap=True)
        self.why = TextField(limit=120, name=N_("Reason"))
        self.who = TextField(N_("Carried by"), limit=40, name=N_("Carried by"))
        self.form = Form(columns=2)
        self.form.add("reason", N_("Reason"), self.why, needed=True)
        self.form.add("courier", N_("Carried by"), self.who, needed=True)
        self.yes = Button(N_("Do it"), "danger", icon="check", clicked=self.submit)
        self.no = Button(N_("No"), "quiet", clicked=self.hide)
        self.add(self.question)
        self.add(self.form)
        self.add(row(1, self.no, self.yes))
        self.why.returnPressed.connect(self.submit)
        self.hide()

    def ask_off(self, label: str) -> None:
        """Ask why a device is taken off the manifest."""
        self.question.say(N_("Why is {label} taken off?"), label=label)
        self._ask(partial(self._off, label), self._done)

    def ask_cancel(self) -> None:
        """Ask why the whole manifest is withdrawn; then the page before this one comes back."""
        self.question.say(N_("Why is the whole manifest withdrawn?"))
        self._ask(self._cancel, self._context.back)

    def ask_back(self) -> None:
        """Ask why a van comes back that nobody has received yet, and who brings it."""
        self.question.say(N_("Why do the devices come back, and from whom? All seals are whole."))
        self._ask(self._back, self._done, who=True)

    def submit(self) -> None:
        """Do what was asked about."""
        if self._act is not None:
            self._context.jobs.do(self._act(self.why.text()), owner=self, then=self._go_on, refused=self._refused)

    def _ask(self, act: Act, then: Callable[[], object], *, who: bool = False) -> None:
        self._act, self._then = act, then
        self.form.rows["courier"].setVisible(who)
        self.form.clear_errors()
        self.why.clear()
        self.show()
        self.why.setFocus()

    def _off(self, label: str, why: str) -> Command[None]:
        return unpack(manifest_id=self._manifest_id(), label_no=label, reason=why)

    def _cancel(self, why: str) -> Command[int]:
        return cancel_manifest(manifest_id=self._manifest_id(), reason=why)

    def _back(self, why: str) -> Command[int]:
        return take_manifest_back(
            manifest_id=self._manifest_id(), reason=why, courier=self.who.text(), tamper_result="ok"
        )

    def _go_on(self, _answer: object) -> None:
        self._then()

    def _done(self) -> None:
        self.hide()
        self.done.emit()

    def _refused(self, error: DeskError) -> None:
        self.form.refuse(error, otherwise=self.form.rows["reason"].refuse)
