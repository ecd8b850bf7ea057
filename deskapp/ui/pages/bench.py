"""The bench: the queue on the left, the job at hand on the right, all of it by keyboard and scanner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from deskapp.errors import N_
from deskapp.queries.bench import QueueRow, bench_queue
from deskapp.queries.next_job import NextDevice, next_device
from deskapp.ui import theme
from deskapp.ui.kit import Button, EmptyState, Page, PageContext, Text, row, spoken
from deskapp.ui.pages.bench_queue import QueueArea, QueueList
from deskapp.ui.pages.job import JobPanel, bind_keys
from deskapp.ui.tokens import LARGE, SMALL

if TYPE_CHECKING:
    from deskapp.models.store import Changes

QUEUE_WIDTH = 308
ROOM_FOR_BOTH = 900
REFRESH_MS = 60_000
WHY = {
    "own": N_("{number}: your own work, go on"),
    "new": N_("{number}: nobody has it yet, the most urgent you can do"),
    "test": N_("{number}: somebody else's work to test"),
}


class BenchPage(Page):
    """Queue and job side by side; where the text is large, the job takes the whole page and Escape leads back."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, scroll=False)
        self.body.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        self.body.setSpacing(SMALL)
        self.queue = QueueList()
        self.area = QueueArea(self.queue)
        self.heading = Text(N_("Bench"), "title")
        self.counts = Text(role="caption")
        self.next = Button(N_("N&ext device"), icon="player-play", clicked=self.take_next)
        self.nothing = EmptyState(
            "circle-check", N_("Nothing waits at the bench. Devices come here when they are checked in.")
        )
        self.nothing.text.setMinimumWidth(0)  # the queue is narrower than a page
        self.panel = JobPanel(context)
        self.left = QWidget()
        self._arrange()
        self.queue.opened.connect(self._choose)
        self.panel.shown.connect(self._shown)
        self.panel.left.connect(self.to_queue)
        self._wanted = ""
        self._timer = QTimer(self, interval=REFRESH_MS)
        self._timer.timeout.connect(self.ask)
        bind_keys(self, self.panel)

    def _arrange(self) -> None:
        column = QVBoxLayout(self.left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addLayout(row(self.heading, 1, self.counts))
        column.addWidget(self.next)
        column.addWidget(self.area, 1)
        column.addWidget(self.nothing, 1)
        sides = QHBoxLayout()
        sides.setSpacing(LARGE)
        sides.addWidget(self.left)
        sides.addWidget(self.panel, 1)
        self.body.addLayout(sides, 1)

    # -- coming and going ---------------------------------------------------------

    def open(self, **args: object) -> None:
        """Show the queue; `id` is the device to open at its step."""
        wanted = str(args.get("id") or args.get("item_id") or "")
        self._timer.start()
        self.ask()
        if wanted:
            self.panel.open(wanted)
            if self.panel.card is not None and self.panel.card.item_id == wanted:
                self.panel.focus_step()  # it is open already, half typed perhaps: the keys go on in it
        elif self.panel.card is not None:
            self.panel.ask()
            self.panel.focus_step()
        else:
            self.focus_first(self.queue)
        self._fit()

    def leave(self) -> None:
        """Keep what is half typed."""
        self._timer.stop()
        self.panel.save_draft()

    def ask(self) -> None:
        """Ask for the queue."""
        now = self.context.now()
        self.jobs.ask(lambda session: bench_queue(session, now), owner=self, then=self._queued, exclusive="queue")

    def changed(self, changes: Changes) -> None:
        """Ask again after a change."""
        if changes.touches("repair_item", "work_event", "review_card"):
            self.ask()
        self.panel.changed(changes)

    def scan(self, text: str) -> bool:
        """Keep what the step can use; a device's label leads to its own job."""
        return self.panel.scan(text)

    def verb(self, word: str) -> bool:
        """Take the words of the laminated sheet."""
        if word == "NEXT" and self.panel.card is None:
            self.take_next()
            return True
        return self.panel.verb(word)

    def is_grave(self, word: str) -> bool:
        """Letting a device out of quarantine needs the badge, whichever word does it."""
        return super().is_grave(word) or (self.panel.step_name == "quarantine" and word in ("OK", "NEXT"))

    def take_next(self) -> None:
        """Open what this person should take up next: own work first, then the most urgent they can do."""
        actor = self.context.actor()
        if actor is None:
            return
        here = self.panel.card.item_id if self.panel.card is not None else ""
        self.jobs.ask(lambda session: next_device(session, actor.staff_id, actor.roles, other_than=here), owner=self,
                      then=self._next, exclusive="next")  # fmt: skip

    def _next(self, found: NextDevice | None) -> None:
        if found is None:
            self.context.toast(N_("Nothing waits for you now."), tone="ok")
            return
        self._choose(found.item_id)
        self.context.toast(WHY[found.why], tone="ok", number=found.label_no)

    def print_paper(self) -> None:
        """Print the traveller of the device at hand (Ctrl+P)."""
        self.panel.drawers.print_traveller()

    def next_record(self) -> None:
        """Open the next device of the queue."""
        self._choose(self.queue.step(1))

    def previous_record(self) -> None:
        """Open the previous device of the queue."""
        self._choose(self.queue.step(-1))

    def to_queue(self) -> None:
        """Put the focus into the queue."""
        if not self._both_fit():
            self.left.show()
            self.panel.hide()
        self.queue.setFocus()

    def retranslate(self) -> None:
        """Say the counts in the window's language."""
        rows = self.queue.rows
        late = sum(one.colour == "late" and not one.waits_for for one in rows)
        self.counts.put(spoken(N_("{count} here, {late} late"), count=len(rows), late=late) if rows else "")

    # -- inside --------------------------------------------------------------------

    def _queued(self, rows: tuple[QueueRow, ...]) -> None:
        self.queue.set_rows(rows)
        self.area.setVisible(bool(rows))
        self.nothing.setVisible(not rows)
        if self.panel.card is not None:
            self.queue.select(self.panel.card.item_id)
        self.retranslate()

    def _choose(self, item_id: str) -> None:
        if item_id:
            self.panel.open(item_id)
            self.panel.show()
            if self.panel.card is not None and self.panel.card.item_id == item_id:
                self.panel.focus_step()
            self._fit()

    def _shown(self, item_id: str) -> None:
        self.queue.select(item_id)
        self._fit()

    def _both_fit(self) -> bool:
        return self.width() >= theme.px(ROOM_FOR_BOTH)

    def _fit(self) -> None:
        """Show both sides where there is room, else the job alone while one is open."""
        self.left.setFixedWidth(theme.px(QUEUE_WIDTH) if self._both_fit() else max(280, self.width() - 2 * LARGE))
        self.left.setVisible(self._both_fit() or self.panel.card is None)
        self.panel.setVisible(self._both_fit() or self.panel.card is not None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Decide anew whether both sides fit."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Decide anew whether both sides fit when the text size changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "panel"):
            self._fit()
