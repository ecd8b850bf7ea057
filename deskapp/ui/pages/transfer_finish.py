"""The end of receiving: what did not come, two signatures, the papers."""

from __future__ import annotations

from PySide6.QtCore import Signal

from deskapp.commands.transfers_desk import Signatures
from deskapp.commands.transfers_receive import Finished, finish_receipt
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.queries.transfers import Manifested
from deskapp.ui.kit import Button, Choice, ChoiceBar, PageContext, TextField, listed, row, spoken
from deskapp.ui.pages.transfer_sign import SignCard

REST = (Choice("missing", N_("It is missing")), Choice("later", N_("It comes with another van")))


SHOWN = 8
"""How many of the devices that did not come are named; all of them stand in the list of the van."""


class FinishCard(SignCard):
    """Signatures of the courier and of who received.

    Signals:
        finished: it is signed; carries what it came to.
    """

    finished = Signal(object)

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            context,
            N_("Finish receiving"),
            N_("Carried by"),
            N_("Taken over by"),
            N_("Both sign for what was counted here."),
        )
        self._manifest_id = ""
        self.rest = ChoiceBar(REST, name=N_("What did not come"))
        self.words = TextField(N_("Anything the far end should know"), limit=160)
        self.form.add("rest", N_("What did not &come"), self.rest, needed=True)
        self.form.add("words", N_("Remark"), self.words)
        self.button = Button(N_("Si&gn and print"), "primary", icon="check", clicked=self.submit)
        self.add(row(1, self.button))
        self.following = self.button

    def begin(self, view: Manifested, courier: str) -> None:
        """Ask for the end of one van."""
        self._manifest_id = view.row.id
        missing = [f"{one.label_no} {one.model}".strip() for one in view.lines if one.state == "open"]
        left = len(missing)
        names = listed(missing[:SHOWN]) + (" …" if left > SHOWN else "")
        hint = self.form.rows["rest"].hint
        hint.put(spoken(N_("Did not come: {devices}"), devices=names))
        hint.setVisible(left > 0)
        self.form.rows["rest"].setVisible(left > 0)
        if not left:
            self.rest.set_value("missing")
        self.courier.setText(courier or view.courier)
        self.show()
        self.courier.setFocus()

    def clear(self) -> None:
        """Begin anew with another van."""
        super().clear()
        self.rest.set_value(None)
        self.words.clear()
        self.hide()

    def submit(self) -> None:
        """Keep the signatures, then finish."""
        self.form.clear_errors()
        if self.complete():
            self.button.setEnabled(False)
            self.collect(self._signed, self)

    def _signed(self, signatures: Signatures) -> None:
        act = finish_receipt(manifest_id=self._manifest_id, rest=self.rest.value() or "",
                             courier=self.courier.text(), signatures=signatures, words=self.words.text())  # fmt: skip
        self.context.jobs.do(act, owner=self, then=self._done, refused=self._refused)

    def _done(self, done: Finished) -> None:
        self.button.setEnabled(True)
        self.clear()
        self.finished.emit(done)

    def _refused(self, error: DeskError) -> None:
        self.button.setEnabled(True)
        if not self.form.refuse(error):
            self.wrong.put(say(error))
            self.wrong.show()
