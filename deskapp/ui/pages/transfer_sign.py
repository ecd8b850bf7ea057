"""Two signatures of a hand-over: who gives, who takes, and the name of the courier."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from deskapp.commands.checkin_forms import Photo
from deskapp.commands.transfers_desk import Signatures
from deskapp.errors import N_
from deskapp.models.blobs import Blobs
from deskapp.models.store import Store
from deskapp.ui.kit import Card, FlowLayout, Form, PageContext, Progress, SignaturePad, Text, TextField, column, spoken
from deskapp.ui.tokens import LARGE
from deskapp.ui.widgets.enter import into_view

SVG = "image/svg+xml"


class SignCard(Card):
    """Both pads side by side; each may be answered by "signs on paper"."""

    def __init__(self, context: PageContext, title: str, giver: str, taker: str, hint: str = "") -> None:
        super().__init__(title, icon="signature", hint=hint)
        self.context = context
        self.courier = TextField(N_("Scan the badge, or write name or staff number"), limit=40)
        self.form = Form()
        self.ask_first()
        self.form.add("courier", N_("C&ourier"), self.courier, needed=True)
        self.giver, self.taker = SignaturePad(giver), SignaturePad(taker)
        self.wrong = Text(role="error", wrap=True)
        self.wrong.hide()
        self.add(self.form)
        sides = [QWidget(), QWidget()]
        for side, words, pad in zip(sides, (giver, taker), (self.giver, self.taker), strict=True):
            inner = column(Text(words, "strong"), pad, gap=4)
            inner.setContentsMargins(0, 0, 0, 0)
            side.setLayout(inner)
        both = FlowLayout(gap=LARGE, margin=0)
        for side in sides:
            both.addWidget(side)
        self.add(both)
        self.add(self.wrong)
        self.following: QWidget | None = None
        """What ends the hand-over: it gets the focus once both have signed."""
        for pad in (self.giver, self.taker):
            pad.signed.connect(self.wrong.hide)
            pad.signed.connect(self._go_on)

    def ask_first(self) -> None:
        """Add what is asked before the courier is named."""

    def clear(self) -> None:
        """Begin with nothing signed."""
        self.courier.clear()
        self.giver.clear()
        self.taker.clear()
        self.wrong.hide()
        self.form.clear_errors()

    def _go_on(self) -> None:
        """After "signs on paper" by key: the other pad, then what ends the hand-over."""
        if not any(pad.on_paper.hasFocus() and pad.paper() for pad in (self.giver, self.taker)):
            return
        open_pad = next((pad for pad in (self.giver, self.taker) if not pad.paper() and pad.signature() is None), None)
        target = open_pad.on_paper if open_pad is not None else self.following
        if target is not None:
            target.setFocus()
            QTimer.singleShot(0, target, lambda: into_view(target))  # the line below the pad comes first

    def take_badge(self, number: str) -> None:
        """Name the courier by a scanned badge."""
        self.courier.setText(number)

    def complete(self) -> bool:
        """Tell whether both have signed or sign on paper; if not, say so at the pad."""
        for pad in (self.giver, self.taker):
            if not pad.paper() and pad.signature() is None:
                self.wrong.put(spoken(N_("Both sign here, or choose “{paper}”."), paper=spoken(N_("Signs on paper"))))
                self.wrong.show()
                pad.on_paper.setFocus()
                return False
        return True

    def collect(self, then: Callable[[Signatures], None], owner: QWidget) -> None:
        """Keep what was drawn, on a work thread, and hand the signatures on."""
        drawn = [None if pad.paper() else pad.signature() for pad in (self.giver, self.taker)]
        store, now = cast("Store", self.context.jobs.store), self.context.now()

        def work(_progress: Progress) -> Signatures:
            blobs = Blobs(store.home.blobs, store.key)
            kept = []
            for one in drawn:
                content = one.svg.encode() if one is not None else b""
                kept.append(Photo(blobs.keep(content, SVG, now), SVG, len(content), "signature") if content else None)
            return Signatures(kept[0], kept[1])

        if not any(drawn):
            then(Signatures())
            return
        self.context.jobs.background(work, owner=owner, then=then)
