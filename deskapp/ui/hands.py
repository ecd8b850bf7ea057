"""Plays a person at the desk: keys, words through the input method, scans, and pictures of what is seen.

Used by the tour and by whoever takes pictures of the pages. Everything goes the way a keyboard's
events go, so shortcuts, focus, scanner and input method behave as they do under real hands.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QKeyCombination, QPoint, Qt, QTimer
from PySide6.QtGui import QInputMethodEvent, QKeyEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QScrollArea, QTextEdit, QWidget

from deskapp.clock import stopwatch
from deskapp.errors import DeskError

if TYPE_CHECKING:
    from deskapp.models.store import Actor, Command, ReadSession
    from deskapp.ui.jobs import Jobs

T = TypeVar("T")

_down: Any = QTest.keyPress  # they take single characters too, which their stubs do not tell
_up: Any = QTest.keyRelease

PATIENCE_S = 30.0
SAME_AGAIN_S = 1.6
_POLL_MS = 10
_BURST_MS = 2
_MOMENT_MS = 12
"""Events that were put off to the next turn of the loop (layouts, focus, painting) have come by then."""
_HAND_MS = 40
"""Nobody lifts a scanner quicker; a page that wants the focus elsewhere has put it there by then."""
_SPECIAL: Mapping[str, Qt.Key | str] = {"⏎": Qt.Key.Key_Return, "·": Qt.Key.Key_Space, "⇥": Qt.Key.Key_Tab}


def strike(
    target: QWidget, key: Qt.Key | str, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    """Press a key, a name of Qt or one character, and let go of it; raises what a handler of the key raises.

    In two steps, not by `QTest.keyClick`: PySide raises what a handler raised when the call that pressed the key comes
    back, and has lost it by then if the application's filters (the scanner) have seen the key go up in the same call.
    """
    _down(target, key, modifiers)
    if shiboken6.isValid(target):  # a page may be gone by the key that closes it
        _up(target, key, modifiers)


class NotSeen(Exception):
    """Something that was waited for did not happen in time; says what."""


class Hands:
    """Types, scans and waits at whatever window is in front.

    `front` tells which window that is; `trouble` returns what went wrong elsewhere, or an empty text:
    waiting ends early then.
    """

    def __init__(self, front: Callable[[], QWidget], trouble: Callable[[], str] = lambda: "") -> None:
        self._front = front
        self._trouble = trouble
        self.keys = 0
        self.scans = 0
        self.waited = 0.0
        """Seconds in which these hands had nothing to do and the window's thread nothing to work."""
        self.longest = (0.0, "")
        """The longest wait since this was last set back: seconds, and what was waited for."""
        self._last = ("", 0.0)

    # -- keys ----------------------------------------------------------------------

    def press(self, keys: str) -> None:
        """Press keys one by one; `⏎` is Enter, `·` the space bar, `⇥` Tab."""
        for key in keys:
            self.keys += 1
            strike(self._target(), _SPECIAL.get(key, key))
            self._settle()

    def chord(self, keys: str) -> None:
        """Press one key or chord by its name, such as `Ctrl+Return`, `F2`, `Escape`."""
        self.keys += 1
        combination: QKeyCombination = QKeySequence(keys)[0]  # type: ignore[index]
        strike(self._target(), combination.key(), combination.keyboardModifiers())
        self._settle()

    def say(self, words: str) -> None:
        """Enter words as an input method commits them; what a keyboard has goes as keys."""
        if words.isascii():
            self.press(words)
            return
        event = QInputMethodEvent("", [])
        event.setCommitString(words)
        QCoreApplication.sendEvent(self._target(), event)
        self.keys += len(words)
        self._settle()

    def scan(self, code: str) -> None:
        """Hold a code under the scanner: its keys come at once, then Enter."""
        self.scans += 1
        # The desk takes the same code twice in a row for a scanner that read twice.
        while code == self._last[0] and stopwatch() - self._last[1] < SAME_AGAIN_S:
            self.rest(_POLL_MS)
        self._last = (code, stopwatch())
        self.rest(_HAND_MS)
        began = int(stopwatch() * 1000)
        target = self._target()
        for place, character in enumerate(code):
            _stamped(target, Qt.Key(ord(character.upper())), character, began + place * _BURST_MS)
        _stamped(target, Qt.Key.Key_Return, "\r", began + len(code) * _BURST_MS)

    def go(self, widget: QWidget) -> None:
        """Put the focus into a widget, as Tab would."""
        self.until(lambda: widget.isVisible() and widget.isEnabled(), f"{_name(widget)} can be used")
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        around = widget.parentWidget()
        while around is not None:
            if isinstance(around, QScrollArea):
                around.ensureWidgetVisible(widget)
            around = around.parentWidget()

    def fill(self, field: QWidget, words: str, *, enter: bool = False) -> None:
        """Write into a field in place of what stands there, perhaps followed by Enter."""
        self.go(field)
        inner = field.focusProxy() or field
        if isinstance(inner, QLineEdit | QPlainTextEdit | QTextEdit):
            inner.selectAll()
        self.say(words)
        if enter:
            self.press("⏎")

    def push(self, button: QWidget) -> None:
        """Press a button by the space bar."""
        self.go(button)
        self.press("·")

    def draw(self, pad: QWidget, strokes: Sequence[Sequence[tuple[int, int]]]) -> None:
        """Draw strokes with the mouse; points are in parts of 360 by 160 of the pad."""
        for stroke in strokes:
            places = [QPoint(x * pad.width() // 360, y * pad.height() // 160) for x, y in stroke]
            QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=places[0])
            for place in places[1:]:
                QTest.mouseMove(pad, place)
                self.rest(1)
            QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=places[-1])

    # -- waiting and asking ----------------------------------------------------------

    def until(self, ready: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> None:
        """Let the window work until something is so; raises NotSeen with `what` when it does not come."""
        began, pause = stopwatch(), 1
        while not ready():
            if self._trouble():
                raise NotSeen(f"{what}: {self._trouble()}")
            if stopwatch() - began > patience_s:
                raise NotSeen(what)
            self.rest(pause)
            pause = min(pause * 2, _POLL_MS)
        self.longest = max(self.longest, (stopwatch() - began, what))

    def rest(self, ms: int = 60) -> None:
        """Let the window work for so long, and the threads beside it.

        Not `QTest.qWait`: it keeps Python's lock while it sleeps, and everything off the window's thread stands still.
        """
        began, worked = stopwatch(), time.thread_time()
        loop = QEventLoop()
        QTimer.singleShot(ms, loop.quit)
        loop.exec()
        self.waited += max(0.0, stopwatch() - began - (time.thread_time() - worked))

    def calm(self, jobs: Jobs | None) -> None:
        """Let the window show what it has just asked for: no answer is under way any more, and it was drawn."""
        for _twice in range(2):
            self.rest(_MOMENT_MS)
            if jobs is not None:
                self.until(lambda: not jobs.awaited, "no answer is under way")

    def ask(self, jobs: Jobs, question: Callable[[ReadSession], T]) -> T:
        """Answer a question the way pages do, on a read thread."""
        answers: list[T] = []
        refusals: list[DeskError] = []
        jobs.ask(question, owner=self._front(), then=answers.append, refused=refusals.append)
        return self._answer(answers, refusals, "an answer from the store")

    def do(self, jobs: Jobs, act: Command[T], by: Actor | None = None) -> T:
        """Do an act the way pages do, on the write thread; raises what the act raises."""
        answers: list[T] = []
        refusals: list[DeskError] = []
        jobs.do(act, owner=self._front(), then=answers.append, refused=refusals.append, by=by)
        return self._answer(answers, refusals, act.name)

    def _answer(self, answers: list[T], refusals: list[DeskError], what: str) -> T:
        self.until(lambda: answers or refusals, what)
        if refusals:
            raise refusals[0]
        return answers[0]

    # -- pictures --------------------------------------------------------------------

    def picture(self, path: Path) -> None:
        """Save what the window shows as PNG."""
        if not self._front().grab().save(str(path), "PNG"):
            raise OSError(f"the picture could not be written: {path}")

    # -- inside ----------------------------------------------------------------------

    def _target(self) -> QWidget:
        window = self._front()
        if not window.isActiveWindow():
            window.activateWindow()
            self.until(window.isActiveWindow, "the window takes the keys")
        return QApplication.focusWidget() or window.focusWidget() or window

    def _settle(self) -> None:
        """A person is slower than the moment for which the scanner holds keys back."""
        scanner = getattr(self._front(), "scanner", None)
        if scanner is not None:
            scanner.release()


def _stamped(target: QWidget, key: Qt.Key, text: str, at: int) -> None:
    """Press and let go of a key at a moment (ms), as the system stamps it: a busy computer does not tear a scan."""
    for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
        event = QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, text)
        event.setTimestamp(at)
        QCoreApplication.sendEvent(target, event)


def _name(widget: QWidget) -> str:
    return widget.accessibleName() or type(widget).__name__
