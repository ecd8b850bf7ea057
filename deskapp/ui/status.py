"""The line at the bottom: who, where, paper, syncing, backup, clock, input method. Always words, never only colour."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from deskapp.errors import N_
from deskapp.queries.syncing import ALONE, SyncBadge
from deskapp.ui.speech import spoken
from deskapp.ui.sync_words import badge_said, badge_told, clock_words
from deskapp.ui.tokens import SMALL, TIGHT
from deskapp.ui.widgets.text import Button, Text

DAY_MS = 86_400_000
HINT_MS = 8000
CLOCK_BACK = N_("The computer's clock went back")


@dataclass(frozen=True, slots=True)
class StatusCard:
    """What the line shows: counts of print jobs, how syncing stands, the last backup (ms UTC, 0 never), the branch.

    `print_failed` counts papers that need a person or a printer; of them `print_doubt` are questions, and
    `print_trouble` is what keeps the newest of the others (a message id).
    """

    print_waiting: int = 0
    print_failed: int = 0
    print_doubt: int = 0
    print_trouble: str = ""
    sync: SyncBadge = ALONE
    backup_at: int = 0
    backup_days: int = 3
    clock_back: bool = False
    branch: str = ""


class StatusLine(QWidget):
    """The status line.

    Signals:
        wanted: something was clicked; carries the id of the page that tells more.
        user_wanted: the person's name was clicked.
    """

    wanted = Signal(str)
    user_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "status-line")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self.who = Button(role="status", icon="user", name=N_("Who is signed in"), clicked=self.user_wanted.emit)
        self.branch = Text(role="caption")
        self.practice = Text(N_("Practice"), "practice")
        self.practice.hide()
        self.hint = Button(role="status-warn", icon="keyboard")
        self.clock = Button(CLOCK_BACK, "status-warn", icon="clock", clicked=lambda: self.wanted.emit("sync"))
        self.paper = Button(role="status", icon="printer", clicked=lambda: self.wanted.emit("print_queue"))
        self.sync = Button(role="status", icon="cloud-off", clicked=lambda: self.wanted.emit("sync"))
        self.backup = Button(role="status", icon="database-export", clicked=lambda: self.wanted.emit("backup"))
        self.busy = Text(N_("Working …"), "caption")
        for hidden in (self.hint, self.clock, self.busy):
            hidden.hide()
        line = QHBoxLayout(self)
        line.setContentsMargins(SMALL, 2, SMALL, 2)
        line.setSpacing(TIGHT)
        for widget in (self.who, self.branch, self.practice):
            line.addWidget(widget)
        line.addStretch(1)
        for widget in (self.busy, self.hint, self.clock, self.paper, self.sync, self.backup):
            line.addWidget(widget)
        for button in (self.who, self.hint, self.clock, self.paper, self.sync, self.backup):
            # Rather cut a long text than push the window wider than the screen; the tool tip has all of it.
            button.setMinimumWidth(44)
        self._hint_timer = QTimer(self, singleShot=True, interval=HINT_MS)
        self._hint_timer.timeout.connect(self.hint.hide)
        self._card: StatusCard | None = None
        self._now = 0
        for unknown in (self.paper, self.sync, self.backup):  # nothing is said of what nobody has looked at yet
            unknown.hide()

    def show_person(self, name: str, number: str) -> None:
        """Show who is signed in."""
        self.who.put(f"{name}  {number}".strip())
        self.who.setAccessibleDescription(self.who.text())

    def show_branch(self, name: str, *, practice: bool) -> None:
        """Show whose desk this is."""
        self.branch.put(name)
        self.practice.setVisible(practice)

    def show_status(self, card: StatusCard, now: int) -> None:
        """Show paper, syncing, backup and clock; `now` in ms UTC."""
        self._card, self._now = card, now
        for known in (self.paper, self.sync, self.backup):
            known.show()
        self._show_paper(card)
        self._show_sync(card.sync, now)
        self._show_backup(card, now)
        self._show_clock(card)

    def suspect_input_method(self) -> None:
        """Say for a while that the input method may be on."""
        self.hint.say(N_("The input method may be on"))
        self.hint.show()
        self._hint_timer.start()

    def retranslate(self) -> None:
        """Say everything again."""
        if self._card is not None:
            self.show_status(self._card, self._now)
        self.who.setToolTip(spoken(N_("Another person")))

    def _show_paper(self, card: StatusCard) -> None:
        """Say how printing stands: a question first, then what is in the way, then what waits."""
        stuck = card.print_failed - card.print_doubt
        self.paper.set_role("status-warn" if card.print_failed else "status")
        self.paper.set_icon("help" if card.print_doubt else "printer")
        if card.print_doubt:
            self.paper.say(N_("Did {count} papers come out? Please look"), count=card.print_doubt)
        elif stuck and card.print_trouble:
            self.paper.say(N_("{count} papers wait: {reason}"), count=stuck + card.print_waiting,
                           reason=spoken(card.print_trouble))  # fmt: skip
        elif stuck:
            self.paper.say(N_("{count} papers did not print"), count=stuck)
        elif card.print_waiting:
            self.paper.say(N_("{count} papers wait for the printer"), count=card.print_waiting)
        else:
            self.paper.say(N_("All printed"))
        self.paper.setToolTip(self.paper.text())

    def _show_sync(self, badge: SyncBadge, now: int) -> None:
        """Say how syncing stands; the tool tip and a screen reader tell all of it."""
        said = badge_said(badge, now)
        self.sync.set_role("status-warn" if said.tone in ("warn", "danger") else "status")
        self.sync.set_icon(said.icon)
        self.sync.say(said.text, **said.values)
        self.sync.setToolTip(badge_told(badge, now))
        self.sync.setAccessibleDescription(badge_told(badge, now))

    def _show_clock(self, card: StatusCard) -> None:
        """Say that the clock is wrong: it went back, or the server has another time."""
        off = card.sync.clock_off_ms
        self.clock.setVisible(card.clock_back or bool(off))
        if off and not card.clock_back:
            self.clock.say(N_("This computer's clock is wrong"))
            self.clock.setToolTip(clock_words(off))
        else:
            self.clock.say(CLOCK_BACK)

    def _show_backup(self, card: StatusCard, now: int) -> None:
        days = (now - card.backup_at) // DAY_MS if card.backup_at else -1
        late = days < 0 or days >= card.backup_days
        self.backup.set_role("status-warn" if late else "status")
        if days < 0:
            self.backup.say(N_("No backup yet"))
        elif days == 0:
            self.backup.say(N_("Backed up today"))
        else:
            self.backup.say(N_("Last backup {days} days ago"), days=days)
