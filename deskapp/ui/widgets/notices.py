"""What the desk says without stopping anybody: banners, toasts with undo, inline questions, empty states."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from deskapp.errors import N_
from deskapp.ui import theme
from deskapp.ui.speech import spoken
from deskapp.ui.tokens import HUGE, LARGE, MEDIUM, SMALL
from deskapp.ui.widgets.text import Button, Picture, Text, reveal

SECONDS = 5.0
SECONDS_WITH_UNDO = 10.0
SECONDS_WARNING = 8.0
_ICONS = {"info": "info-circle", "ok": "circle-check", "warn": "alert-triangle", "danger": "alert-circle"}


class Banner(QFrame):
    """A sentence across the page. Tones: info, ok, warn, danger.

    Signals:
        dismissed: the person closed it.
    """

    dismissed = Signal()

    def __init__(self, tone: str = "info", text: str = "", *, dismissible: bool = True, parent: QWidget | None = None):
        super().__init__(parent)
        self._icon = Picture(_ICONS[tone], tone, 20)
        self.text = Text(wrap=True)
        self.action = Button(role="link")
        self.action.hide()
        self._act: Callable[[], object] | None = None
        self.action.clicked.connect(self._acted)
        self.close_button = Button(role="quiet", icon="x", name=N_("Dismiss"))
        reveal(self.close_button, dismissible)
        self.close_button.clicked.connect(self._dismiss)
        line = QHBoxLayout(self)
        line.setContentsMargins(MEDIUM, SMALL, SMALL, SMALL)
        line.setSpacing(MEDIUM)
        line.addWidget(self._icon)
        line.addWidget(self.text, 1)
        line.addWidget(self.action)
        line.addWidget(self.close_button)
        self.set_tone(tone)
        reveal(self, bool(text))
        if text:
            self.text.say(text)

    def set_tone(self, tone: str) -> None:
        """Change the tone."""
        self.setProperty("role", f"banner-{tone}")
        self._icon.show_icon(_ICONS[tone], tone)
        self.style().unpolish(self)
        self.style().polish(self)

    def say(self, tone: str, text: str, **values: object) -> None:
        """Show a message id."""
        self.set_tone(tone)
        self.text.say(text, **values)
        reveal(self)

    def put(self, tone: str, sentence: str) -> None:
        """Show a finished sentence, an error for instance."""
        self.set_tone(tone)
        self.text.put(sentence)
        reveal(self)

    def offer(self, text: str, act: Callable[[], object]) -> None:
        """Offer one way on."""
        self._act = act
        self.action.say(text)
        reveal(self.action)

    def clear(self) -> None:
        """Take the banner away."""
        self.action.hide()
        self.hide()

    def _acted(self) -> None:
        if self._act is not None:
            self._act()

    def _dismiss(self) -> None:
        self.clear()
        self.dismissed.emit()


@dataclass(slots=True)
class _Message:
    text: str
    values: dict[str, object]
    tone: str
    undo: Callable[[], object] | None
    undo_text: str
    seconds: float
    raw: bool = field(default=False)


class Toast(QFrame):
    """A short notice that goes by itself and may carry Undo. It never takes the focus.

    Signals:
        gone: it has been shown long enough, was closed or acted upon.
    """

    gone = Signal()

    def __init__(self, message: _Message, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "toast")
        self._message = message
        self.text = Text(wrap=True)
        if message.raw:
            self.text.put(message.text)
        else:
            self.text.say(message.text, **message.values)
        line = self._line = QHBoxLayout(self)
        line.setContentsMargins(LARGE, MEDIUM, MEDIUM, MEDIUM)
        line.setSpacing(MEDIUM)
        if message.tone != "info":
            line.addWidget(Picture(_ICONS[message.tone], "raised", 20))
        line.addWidget(self.text, 1)
        self.undo_button = Button(message.undo_text)
        reveal(self.undo_button, message.undo is not None)
        self.undo_button.clicked.connect(self._undo)
        line.addWidget(self.undo_button)
        for button in (self.undo_button,):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(self.text.text())
        self._timer = QTimer(self, singleShot=True, interval=int(message.seconds * 1000))
        self._timer.timeout.connect(self._end)
        self._timer.start()

    def enterEvent(self, event: object) -> None:
        """Stay while somebody reads it."""
        self._timer.stop()

    def leaveEvent(self, event: object) -> None:
        """Go a moment after."""
        self._timer.start()

    def height_for(self, width: int) -> int:
        """Return how high the notice is when its text wraps within a width."""
        self.ensurePolished()
        for child in self.findChildren(QWidget):
            child.ensurePolished()
        self._line.invalidate()
        return self._line.totalHeightForWidth(width)

    def can_undo(self) -> bool:
        """Tell whether there is something to take back."""
        return self._message.undo is not None

    def undo(self) -> bool:
        """Take the act back; False when there is nothing to undo."""
        if self._message.undo is None:
            return False
        self._undo()
        return True

    def _undo(self) -> None:
        undo, self._message.undo = self._message.undo, None
        if undo is not None:
            undo()
        self._end()

    def _end(self) -> None:
        self._timer.stop()
        self.hide()
        self.gone.emit()


class Toasts(QObject):
    """The queue of toasts at the lower right of a window; at most three at a time."""

    def __init__(self, window: QWidget, above: int = 56) -> None:
        super().__init__(window)
        self._window = window
        self._above = above
        self._waiting: deque[_Message] = deque()
        self.shown: list[Toast] = []
        window.installEventFilter(self)

    def say(
        self,
        text: str,
        values: dict[str, object] | None = None,
        *,
        tone: str = "info",
        undo: Callable[[], object] | None = None,
        raw: bool = False,
    ) -> None:
        """Show a message id with its values (or, with `raw`, a finished sentence) for a while."""
        seconds = SECONDS_WITH_UNDO if undo is not None else SECONDS_WARNING if tone == "warn" else SECONDS
        self._waiting.append(_Message(text, values or {}, tone, undo, N_("Undo"), seconds, raw))
        self._next()

    def can_undo(self) -> bool:
        """Tell whether a notice that is shown can take its act back."""
        return any(toast.can_undo() for toast in self.shown)

    def undo_last(self) -> bool:
        """Undo by the newest toast that can; False when none can."""
        return any(toast.undo() for toast in reversed(self.shown[:]))

    def clear(self) -> None:
        """Drop everything, at locking for instance."""
        self._waiting.clear()
        for toast in self.shown[:]:
            toast._end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the toasts in their corner."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _next(self) -> None:
        while self._waiting and len(self.shown) < 3:
            toast = Toast(self._waiting.popleft(), self._window)
            toast.gone.connect(lambda gone=toast: self._gone(gone))
            self.shown.append(toast)
            toast.show()
        self._place()

    def _gone(self, toast: Toast) -> None:
        if toast in self.shown:
            self.shown.remove(toast)
            toast.deleteLater()
        self._next()

    def _place(self) -> None:
        # Below the top bar, on the right: the bottom right corner is where pages have their main button.
        top = self._above + MEDIUM
        for toast in self.shown:
            width = min(theme.px(440), max(theme.px(280), self._window.width() // 3))
            # Not adjustSize: it measures the height at the width the text would like, not at the one it gets.
            toast.setFixedSize(width, toast.height_for(width))
            toast.move(self._window.width() - width - LARGE, top)
            toast.raise_()
            top += toast.height() + SMALL


class ConfirmBar(QFrame):
    """A question in place, instead of a dialog: hidden until asked, Escape says no.

    Signals:
        answered: True for yes, False for no.
    """

    answered = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "banner-warn")
        self.question = Text(wrap=True)
        self.yes = Button(role="danger")
        self.no = Button(N_("Keep"), "quiet")
        line = QHBoxLayout(self)
        line.setContentsMargins(MEDIUM, SMALL, SMALL, SMALL)
        line.setSpacing(SMALL)
        line.addWidget(Picture("alert-triangle", "warn", 20))
        line.addWidget(self.question, 1)
        line.addWidget(self.no)
        line.addWidget(self.yes)
        self._act: Callable[[], object] | None = None
        self.yes.clicked.connect(lambda: self._answer(True))
        self.no.clicked.connect(lambda: self._answer(False))
        self.hide()

    def ask(self, question: str, yes: str, act: Callable[[], object], **values: object) -> None:
        """Ask; `act` is done on yes. The harmless answer has the focus."""
        self._act = act
        self.question.say(question, **values)
        self.yes.say(yes, **values)
        reveal(self)
        self.no.setFocus()

    def keyPressEvent(self, event: object) -> None:
        """Escape says no."""
        if event.key() == Qt.Key.Key_Escape:  # type: ignore[attr-defined]
            self._answer(False)
            return
        super().keyPressEvent(event)  # type: ignore[arg-type]

    def _answer(self, yes: bool) -> None:
        act, self._act = self._act, None
        self.hide()
        if yes and act is not None:
            act()
        self.answered.emit(yes)


class EmptyState(QWidget):
    """What stands where nothing is yet: an icon, a sentence, and the one thing to do next."""

    def __init__(
        self, icon: str, text: str, *, action: str = "", act: Callable[[], object] | None = None, key: str = "",
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.text = Text(text, "muted", wrap=True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.button = Button(action, icon="plus") if action else Button()
        reveal(self.button, bool(action))
        if key:
            self.button.show_key(key)
        if act is not None:
            self.button.clicked.connect(lambda: act())
        picture = Picture(icon, "muted", 40)
        column = QVBoxLayout(self)
        column.setContentsMargins(HUGE, HUGE, HUGE, HUGE)
        column.setSpacing(MEDIUM)
        column.addStretch(1)
        column.addWidget(picture, 0, Qt.AlignmentFlag.AlignHCenter)
        # An aligned label would get the height of one line, whatever it wraps to.
        column.addWidget(self.text)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self.text.setMinimumWidth(320)

    def say(self, text: str, **values: object) -> None:
        """Say another sentence."""
        self.text.say(text, **values)

    def said(self) -> str:
        """Return the sentence."""
        return spoken(self.text.text())
