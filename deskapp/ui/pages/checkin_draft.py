"""Check-ins that were begun and not saved: after a crash, a power cut or a change of mind they can be taken up."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLayout

from deskapp.clock import shop_time
from deskapp.errors import N_
from deskapp.queries.drafts import DraftCard
from deskapp.ui.kit import Button, Card, Picture, Text, listed, row, spoken
from deskapp.ui.pages.checkin_codes import emptied
from deskapp.ui.tokens import MEDIUM


class DraftList(Card):
    """The unfinished check-ins of the person at the desk.

    Signals:
        wanted: one is to be taken up; carries its DraftCard.
        dropped: one is to be forgotten; carries its DraftCard.
    """

    wanted = Signal(object)
    dropped = Signal(object)

    def __init__(self) -> None:
        super().__init__(N_("Not finished"), icon="history")
        self.cards: tuple[DraftCard, ...] = ()
        self.buttons: list[Button] = []
        self.hide()

    def put(self, cards: Sequence[DraftCard]) -> None:
        """Show these drafts; hidden when there are none."""
        self.cards = tuple(cards)
        self.setVisible(bool(cards))
        self.retranslate()

    def retranslate(self) -> None:
        """Say the drafts in the window's language."""
        emptied(self.body)
        self.buttons = []
        for card in self.cards[:5]:
            self.add(self._line(card))

    def _line(self, card: DraftCard) -> QLayout:
        serials = [str(one.get("serial", "")) for one in card.form.get("devices", [])]
        text = Text(role="body")
        text.put(
            spoken(
                N_("{time}  {merchant}  {count} devices: {serials}"), time=f"{shop_time(card.saved_at):%m-%d %H:%M}",
                merchant=card.title or spoken(N_("merchant not chosen")), count=len(serials),
                serials=listed(serials[:3]),
            )
        )  # fmt: skip
        again = Button(N_("Continue"), icon="player-play", clicked=lambda: self.wanted.emit(card))
        drop = Button(N_("Drop"), "quiet", icon="trash", clicked=lambda: self.dropped.emit(card))
        self.buttons.append(again)
        return row(Picture("clock", "muted", 18), text, 1, again, drop, gap=MEDIUM)  # Tab comes to going on first
