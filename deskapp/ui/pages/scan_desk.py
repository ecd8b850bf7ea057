"""Scan after scan: each is judged in its turn, told by a sound and in large letters, and the last can be undone."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QBoxLayout, QLayout, QSizePolicy, QWidget

from deskapp import settings
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.models.store import Command, ReadSession
from deskapp.queries.transfers_scan import shelf_code
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.ui import icons, sounds, theme
from deskapp.ui.kit import Button, FlowLayout, Page, PageContext, ScanField, Text, column, row, spoken
from deskapp.ui.sounds import Sound
from deskapp.ui.tokens import LARGE, SMALL
from deskapp.ui.widgets.text import RESTYLE

LOW = 190
"""The least height, px, of a list below a desk: the page scrolls where letters are too large for more."""

T = TypeVar("T")
A = TypeVar("A")


class ScanPanel(QWidget):
    """The last scan with its sound, readable from three steps away: sign, words, number."""

    def __init__(self, context: PageContext, first: str) -> None:
        """Show what to scan `first`, a message id."""
        super().__init__()
        self._context = context
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._first = first
        self.begin()

    def begin(self) -> None:
        """Show what to scan first."""
        self.quiet(self._first)

    def right(self, number: str, words: str, **values: object) -> None:
        """Show a scan that fits (the words are a message id)."""
        self._sound(Sound.OK)
        self._put(number, words, "ok", "circle-check", values)

    def wrong(self, number: str, words: str, **values: object) -> None:
        """Show a scan that does not."""
        self._sound(Sound.WRONG)
        self._put(number, words, "danger", "alert-triangle", values)

    def again(self, number: str, words: str, **values: object) -> None:
        """Show a scan that was made already, or changes nothing."""
        self._sound(Sound.AGAIN)
        self._put(number, words, "info", "refresh", values)

    def next(self, number: str, words: str, **values: object) -> None:
        """Show what is to be done next, without a judgement."""
        self._put(number, words, "accent", "scan", values)

    def quiet(self, words: str, **values: object) -> None:
        """Show a sentence without a scan."""
        self._put("", words, "muted", "scan", values)

    def refused(self, name: str, error: DeskError) -> None:
        """Show why a scan was refused."""
        tell = self.again if error.code == "again" else self.wrong
        tell(name, N_("{sentence}"), sentence=say(error))

    def said(self) -> str:
        """Return the words shown."""
        return spoken(self._words, **self._values)

    def retranslate(self) -> None:
        """Say the words in the window's language."""
        self.setAccessibleName(f"{self.said()} {self._number}".strip())
        self.update()

    def sizeHint(self) -> QSize:
        """Return the room for two lines of large letters."""
        return QSize(theme.px(320), theme.px(112))

    def changeEvent(self, event: QEvent) -> None:
        """Take the room that letters of another size need."""
        super().changeEvent(event)
        if event.type() in RESTYLE:
            self.updateGeometry()

    def _sound(self, sound: Sound) -> None:
        if self._context.values()[settings.SOUNDS]:
            sounds.play(sound)

    def _put(self, number: str, words: str, tone: str, icon: str, values: dict[str, object]) -> None:
        self._number, self._words, self._values, self._tone, self._icon = number, words, values, tone, icon
        self.retranslate()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw sign, words and number."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        muted = self._tone == "muted"
        painter.setPen(QPen(theme.colour("border" if muted else self._tone), 1))
        painter.setBrush(theme.colour("hover" if muted else f"{self._tone}_soft"))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 10, 10)
        edge, left = theme.px(48), theme.px(20)
        painter.drawPixmap(left, (self.height() - edge) // 2, icons.pixmap(self._icon, self._tone, 48))
        inner = self.rect().adjusted(left + edge + theme.px(18), theme.px(14), -theme.px(16), -theme.px(14))
        painter.setPen(theme.colour("text" if muted else self._tone))
        painter.setFont(theme.font("title"))
        said = painter.fontMetrics().elidedText(self.said(), Qt.TextElideMode.ElideRight, inner.width())
        upper = int(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        lower = int(Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft)
        painter.drawText(inner, upper if self._number else int(Qt.AlignmentFlag.AlignVCenter), said)
        painter.setPen(theme.colour("text"))
        painter.drawText(inner, lower, self._number)


class ScanDesk(QWidget, Generic[A]):
    """The panel of the last scan, the field, how far it is, and undo: what every page has where scan follows scan.

    Scans, undo and the words of the command sheet are worked off in turn. A turn ends when all that was asked (`ask`)
    and done (`do`) in it is answered: a device scanned right behind its shelf is put onto that shelf, and undo takes
    back the scan before it, however busy the computer is.

    The page judges one scan in `take`, and takes one of its `acts` back in `take_back`. What is not an act yet is
    undone before them: `held` tells whether there is any, `put_down` undoes it. `verbs` are the words of the command
    sheet that mean something here besides UNDO; scans of the kinds `passed` go elsewhere.
    """

    def __init__(
        self, context: PageContext, field: ScanField, first: str, *, take: Callable[[str], object],
        take_back: Callable[[A], object], held: Callable[[], bool] = lambda: False,
        put_down: Callable[[], object] = lambda: None, undo: str = N_("&Undo the last scan"),
        verbs: Mapping[str, Callable[[], object]] | None = None, passed: frozenset[ScanKind] = frozenset(),
    ) -> None:  # fmt: skip
        super().__init__()
        self.jobs, self.field = context.jobs, field
        self.acts: list[A] = []
        self.panel = ScanPanel(context, first)
        self.progress = Text(role="title")
        self.undo_button = Button(undo, icon="arrow-back-up", clicked=self.undo)
        self.undo_button.setEnabled(False)
        self._take, self._take_back, self._held, self._put_down = take, take_back, held, put_down
        self._verbs, self._passed = {"UNDO": self._undo, **(verbs or {})}, passed
        self._turns: deque[Callable[[], object]] = deque()
        self._turning = False
        self._open = 0
        field.scanned.connect(self.take)
        self.jobs.crashed.connect(self._give_up)

    def lay(self, beside: Sequence[QWidget] = (), below: Sequence[QWidget] = ()) -> None:
        """Lay out the panel, the field with `beside` on its right, and `below` it what may need several lines."""
        line = row(self.field, *beside)
        line.setStretch(0, 1)
        tools: list[QLayout] = [line]
        if below:
            tools.append(flow := FlowLayout(margin=0))
            for part in below:
                flow.addWidget(part)
        lines = column(self.panel, column(*tools, gap=SMALL), gap=LARGE)
        lines.setContentsMargins(0, 0, 0, 0)
        self.setLayout(lines)

    # -- what comes in -----------------------------------------------------------------

    def offer(self, text: str) -> bool:
        """Take a scanned code that is meant for this desk; tells whether it was."""
        if parse_scan(text).kind in self._passed or not self.field.wants(text):
            return False
        self.take(text)
        return True

    def verb(self, word: str) -> bool:
        """Do what a word of the command sheet means here; tells whether it means anything now."""
        act = self._verbs.get(word)
        if word == "UNDO" and not (self._turns or self._open or self._undoable()):
            act = None  # a notice of another page may still be there to be undone
        if act is not None:
            self.in_turn(act)
        return act is not None

    def take(self, text: str) -> None:
        """Take a code, scanned or typed."""
        self.field.clear()
        self.in_turn(partial(self._take, text))

    def undo(self) -> None:
        """Take the last scan back."""
        self.in_turn(self._undo)

    def _undo(self) -> None:
        if self._held():
            self._put_down()
        elif self.acts:
            self._take_back(self.acts.pop())
        self.field.setFocus()

    def _undoable(self) -> bool:
        return bool(self.acts) or self._held()

    def show_undo(self) -> None:
        """Let the button be pressed while there is something to undo; each turn ends with this."""
        self.undo_button.setEnabled(self._undoable())

    def begin_anew(self) -> None:
        """Know nothing of what was scanned any more."""
        self.acts.clear()
        self.panel.begin()
        self.show_undo()

    def finish(self, button: Button, act: Callable[[], Command[T]], then: Callable[[T], object]) -> None:
        """End a walk with an act once every scan is judged; `button` rests meanwhile, so that it is done only once."""
        if not button.isEnabled():
            return
        button.setEnabled(False)

        def over(heard: Callable[[Any], object], answer: object) -> None:
            button.setEnabled(True)
            heard(answer)

        refused = partial(over, partial(self.panel.refused, ""))
        self.in_turn(lambda: self.do(act(), partial(over, then), refused=refused))

    # -- turns -----------------------------------------------------------------------------

    def in_turn(self, turn: Callable[[], object]) -> None:
        """Do something when all that came before it is answered; within a turn, at once."""
        if self._turning:
            turn()
        else:
            self._turns.append(turn)
            self._go_on()

    def ask(self, question: Callable[[ReadSession], T], then: Callable[[T], object]) -> None:
        """Ask within a turn."""
        self._open += 1
        self.jobs.ask(question, owner=self, then=partial(self._answered, then), refused=self._refusal("", None))

    def ask_shelf_or(
        self, text: str, question: Callable[[ReadSession, str], T], shelf: Callable[[str], object],
        then: Callable[[T], object],
    ) -> None:  # fmt: skip
        """Ask whose code it is: `shelf` gets the code of a shelf, `then` the answer to anything else."""
        number = parse_scan(text).number

        def answered(answer: tuple[str, T]) -> None:
            shelf(answer[0]) if answer[0] else then(answer[1])

        self.ask(lambda session: (shelf_code(session, number), question(session, text)), answered)

    def do(
        self, act: Command[T], then: Callable[[T], object], name: str = "",
        refused: Callable[[DeskError], object] | None = None,
    ) -> None:  # fmt: skip
        """Do an act within a turn; a refusal is shown under `name`, or goes to `refused`."""
        self._open += 1
        self.jobs.do(act, owner=self, then=partial(self._answered, then), refused=self._refusal(name, refused))

    def _refusal(self, name: str, refused: Callable[[DeskError], object] | None) -> Callable[[DeskError], None]:
        return partial(self._answered, refused or partial(self.panel.refused, name))

    def _answered(self, heard: Callable[[T], object], answer: T) -> None:
        try:
            heard(answer)
        finally:
            self._open = max(0, self._open - 1)
            self._go_on()

    def _give_up(self, _bug: object) -> None:
        """A bug ended a job, perhaps ours: what waits shall not wait for its answer."""
        self._open = 0
        self._go_on()

    def _go_on(self) -> None:
        while self._turns and not self._open and not self._turning:
            self._turning = True
            try:
                self._turns.popleft()()
            finally:
                self._turning = False
        self.show_undo()


class ScanPage(Page):
    """A page whose scans, and words of the command sheet, are for its desk."""

    desk: ScanDesk[Any]

    def fill(self) -> None:
        """Let the cards be as high as the window, so that a list takes what is left; lower it scrolls."""
        around = self.body.parentWidget().layout()
        if isinstance(around, QBoxLayout):
            around.setStretch(0, 1)
            around.setStretch(1, 0)

    def scan(self, text: str) -> bool:
        """Take a scanned code that is meant for the desk; a word of the command sheet takes its turn among them."""
        seen = parse_scan(text)
        if seen.kind is ScanKind.COMMAND and not self.is_grave(seen.number) and self.verb(seen.number):
            return True
        return self.desk.offer(text)

    def verb(self, word: str) -> bool:
        """Take a word of the command sheet: undo, and what the desk knows besides."""
        return self.desk.verb(word)
