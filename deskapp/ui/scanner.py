"""Barcode scanners that type like keyboards: their bursts are caught before any widget sees them.

Keys that could begin a burst are held back for a moment (50 ms at most, which nobody who
types notices). If the rest of a code follows, all of it is swallowed, its Enter or Tab too, so
that a scan never presses a button; otherwise the keys are handed on, in order, unharmed.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QInputMethodEvent, QKeyEvent, QKeySequence, QMouseEvent, QTouchEvent, QWheelEvent

LONG_ENOUGH = 6
COMMAND_LONG_ENOUGH = 4
COMMAND = "X:"
HOLD_MS = 50
SAME_AGAIN_MS = 1500.0

_ENDS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab)
_BESIDE = (Qt.Key.Key_Shift, Qt.Key.Key_CapsLock, Qt.Key.Key_NumLock, Qt.Key.Key_AltGr)
_CHORDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier

_BY_HAND = (
    QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.Wheel,
    QEvent.Type.TouchBegin,
)  # fmt: skip
_WATCHED = frozenset((QKeyEvent, QInputMethodEvent, QMouseEvent, QTouchEvent, QWheelEvent))

Stamp = Callable[[QEvent], float]


def arrival(event: QEvent) -> float:
    """Return when a key was pressed, in ms: the system's own stamp if there is one, else now.

    The stamp is better: after a busy moment slow keys arrive together, but keep their stamps.
    """
    stamp = event.timestamp() if isinstance(event, QKeyEvent) else 0
    return float(stamp) if stamp else time.monotonic() * 1000


@dataclass(slots=True)
class _Held:
    receiver: QObject
    event: QKeyEvent | QInputMethodEvent
    at: float


class Scanner(QObject):
    """Watches all keys of the application. `last_input` is when a person last did anything (monotonic s).

    Signals:
        scanned: a code was read; carries the text (NFKC, without blanks at the ends).
        repeated: the same code came again within 1.5 s and was ignored.
        input_method_suspected: a code came through an input method.
    """

    scanned = Signal(str)
    repeated = Signal(str)
    input_method_suspected = Signal()

    def __init__(self, app: QObject, *, stamp: Stamp = arrival, gap_ms: float = 35.0) -> None:
        super().__init__(app)
        self.gap_ms = gap_ms
        self.enabled = True
        self.last_input = time.monotonic()
        self._app = app
        self._stamp = stamp
        self._held: list[_Held] = []
        self._text = ""
        self._first = self._last = 0.0
        self._replaying = False
        self._by_input_method = False
        self._swallow_release: int | None = None
        self._previous: tuple[str, float] = ("", float("-inf"))
        self._timer = QTimer(self, singleShot=True, interval=HOLD_MS)
        self._timer.timeout.connect(self._quiet)
        app.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hold, swallow or pass an event of the application."""
        # The type of the object says at a tenth of the cost what most events are: none of ours.
        if type(event) not in _WATCHED:
            return False
        kind = event.type()
        if kind == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            return _keeps_from_fields(event)
        if kind in _BY_HAND:
            self.last_input = time.monotonic()
        if self._replaying or not self.enabled:
            return False
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._pressed(watched, event)
        if kind == QEvent.Type.KeyRelease and isinstance(event, QKeyEvent):
            return self._released(watched, event)
        if kind == QEvent.Type.InputMethod and isinstance(event, QInputMethodEvent):
            return self._committed(watched, event)
        if kind == QEvent.Type.MouseButtonPress and self._held:
            self.release()
        return False

    def stop(self) -> None:
        """Watch no longer; what is held is handed on."""
        self.release()
        self._app.removeEventFilter(self)

    def _quiet(self) -> None:
        """Hand on what is held if really nothing follows: after a busy moment the rest of a code waits in the queue."""
        QTimer.singleShot(0, self, lambda: None if self._timer.isActive() else self.release())

    def release(self) -> None:
        """Hand on what was held: it was typed by a person."""
        self._timer.stop()
        held, self._held, self._text, self._by_input_method = self._held, [], "", False
        if not held:
            return
        self._replaying = True
        try:
            for item in held:
                if shiboken6.isValid(item.receiver):
                    QCoreApplication.sendEvent(item.receiver, item.event)
        finally:
            self._replaying = False

    def _pressed(self, watched: QObject, event: QKeyEvent) -> bool:
        if event.key() in _BESIDE:
            return False
        at = self._stamp(event)
        if event.key() in _ENDS and not event.modifiers() & _CHORDS:
            return self._ended(at, event.key())
        text = event.text()
        if event.isAutoRepeat() or event.modifiers() & _CHORDS or len(text) != 1 or not text.isprintable():
            self.release()
            return False
        self._hold(watched, _copy_key(event), text, at)
        return True

    def _released(self, watched: QObject, event: QKeyEvent) -> bool:
        if self._swallow_release == event.key():
            self._swallow_release = None
            return True
        if not self._held or event.key() in _BESIDE:
            return False
        pressed = any(
            isinstance(item.event, QKeyEvent)
            and item.event.type() == QEvent.Type.KeyPress
            and item.event.key() == event.key()
            for item in self._held
        )
        if pressed:
            self._held.append(_Held(watched, _copy_key(event), self._last))
        return pressed

    def _committed(self, watched: QObject, event: QInputMethodEvent) -> bool:
        narrow = unicodedata.normalize("NFKC", event.commitString())
        if not narrow or event.preeditString() or not (narrow.isascii() and narrow.isprintable()):
            self.release()
            return False
        copy = QInputMethodEvent("", [])
        copy.setCommitString(event.commitString(), event.replacementStart(), event.replacementLength())
        self._hold(watched, copy, narrow, self._stamp(event))
        self._by_input_method = True
        return True

    def _hold(self, receiver: QObject, event: QKeyEvent | QInputMethodEvent, text: str, at: float) -> None:
        if self._held and at - self._last > HOLD_MS:
            self.release()
        if not self._held:
            self._first = at
        self._held.append(_Held(receiver, event, at))
        self._text += text
        self._last = at
        self._timer.start()

    def _ended(self, at: float, key: int) -> bool:
        text = unicodedata.normalize("NFKC", self._text).strip()
        enough = COMMAND_LONG_ENOUGH if text.upper().startswith(COMMAND) else LONG_ENOUGH
        quick = bool(self._text) and (at - self._first) / len(self._text) < self.gap_ms
        if len(text) < enough or not quick:
            self.release()
            return False
        by_input_method = self._by_input_method
        self._timer.stop()
        self._held, self._text, self._by_input_method = [], "", False
        self._swallow_release = key
        if by_input_method:
            self.input_method_suspected.emit()
        earlier, when = self._previous
        self._previous = (text, at)
        if text == earlier and at - when < SAME_AGAIN_MS:
            self.repeated.emit(text)
        else:
            self.scanned.emit(text)
        return True


def _keeps_from_fields(event: QKeyEvent) -> bool:
    """Keep Ctrl+U for the window: under X11 a text field claims it, to empty itself, before any shortcut is asked."""
    if not event.matches(QKeySequence.StandardKey.DeleteCompleteLine):
        return False
    event.ignore()
    return True


def _copy_key(event: QKeyEvent) -> QKeyEvent:
    return QKeyEvent(
        event.type(), event.key(), event.modifiers(), event.nativeScanCode(), event.nativeVirtualKey(),
        event.nativeModifiers(), event.text(), event.isAutoRepeat(), event.count(),
    )  # fmt: skip
