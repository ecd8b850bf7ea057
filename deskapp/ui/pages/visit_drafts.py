"""What is half typed for a visit is kept at every pause, so that a restart or a power cut costs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from deskapp.commands.drafts import drop_draft, save_draft
from deskapp.errors import N_
from deskapp.queries.drafts import DraftCard, draft
from deskapp.ui.kit import Card, PageContext

PAGE: Final = "visit"
PAUSE_MS: Final = 700


class Drafted(Card):
    """A card with a form that can be kept and taken up again.

    Signals:
        touched: something was typed or chosen.
        over: what was typed is on record, or is not wanted any more.
    """

    touched = Signal()
    over = Signal()

    record_id = ""
    """Of what the form is; empty where nothing is kept."""

    _clean: Mapping[str, Any] = {}

    def watch(self, *fields: QWidget) -> None:
        """Hear of whatever is typed or chosen in these."""
        for field in fields:
            for name in ("textChanged", "edited", "chosen", "changed", "signed"):
                signal = getattr(field, name, None)
                if signal is not None:
                    signal.connect(lambda *_values: self.touched.emit())

    def form_now(self) -> dict[str, Any]:
        """Return what stands in the form, as plain JSON."""
        raise NotImplementedError

    def put_form(self, form: Mapping[str, Any]) -> None:
        """Show what a draft holds."""
        raise NotImplementedError

    def begun(self, record_id: str) -> None:
        """Remember how the form begins: only what differs from it is worth keeping."""
        self.record_id, self._clean = record_id, self.form_now()

    def kept(self) -> dict[str, Any]:
        """Return the form where somebody changed anything in it, else nothing."""
        form = self.form_now()
        return form if form != self._clean else {}

    def forget(self) -> None:
        """Say that the draft is not needed any more."""
        self.over.emit()
        self.record_id = ""


class VisitDrafts(QObject):
    """Keeps the drafts of the cards of a page, and hands each back to its card."""

    def __init__(self, context: PageContext, parent: QWidget, cards: Mapping[str, Drafted]) -> None:
        super().__init__(parent)
        self._context, self._owner, self._cards = context, parent, cards
        self._saved: dict[str, dict[str, Any]] = {}
        """What lies in the store, by the name of the draft."""

        self._timer = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._timer.timeout.connect(self.save)
        for name, card in cards.items():
            card.touched.connect(self._timer.start)
            card.over.connect(partial(self._drop, name))

    def take_up(self) -> None:
        """Look for a draft of the card in sight, and show it unless somebody typed there meanwhile."""
        for name, card in self._cards.items():
            if card.isVisible() and card.record_id:
                identity = _identity(name, card)
                self._context.jobs.ask(
                    partial(draft, draft_id=identity), owner=self._owner, then=partial(self._found, name),
                    exclusive="visit draft",
                )  # fmt: skip

    def save(self) -> None:
        """Keep what is typed now; card numbers are cut by the command before they reach the disk."""
        self._timer.stop()
        if self._context.actor() is None:
            return
        for name, card in self._cards.items():
            if not (card.isVisible() and card.record_id):
                continue
            identity, form = _identity(name, card), card.kept()
            if form and form != self._saved.get(identity):
                self._saved[identity] = form
                act = save_draft(draft_id=identity, page=PAGE, form=form, known=(str(form.get("serial", "")),))
                self._context.jobs.do(act, owner=self._owner, then=self._cut)
            elif not form:
                self._drop(name)

    def _found(self, name: str, found: DraftCard | None) -> None:
        card = self._cards[name]
        if found is not None and found.id == _identity(name, card) and card.isVisible() and not card.kept():
            card.put_form(found.form)
            self._saved[found.id] = card.kept()

    def _drop(self, name: str) -> None:
        self._timer.stop()
        identity = _identity(name, self._cards[name])
        if self._saved.pop(identity, None) is not None:
            self._context.jobs.do(drop_draft(draft_id=identity), owner=self._owner)

    def _cut(self, count: int) -> None:
        if count:
            self._context.toast(
                N_("Card numbers are never kept: only the last four digits stayed in the draft."), tone="warn"
            )


def _identity(name: str, card: Drafted) -> str:
    return f"visit:{name}:{card.record_id}"
