"""How far an import is, and the way to stop it: the act is one commit, so stopping it leaves nothing behind."""

from __future__ import annotations

import threading

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from deskapp.commands.imports import ImportStopped
from deskapp.errors import N_
from deskapp.ui.kit import Button, Text, row, spoken
from deskapp.ui.tokens import SMALL


class Watch(QObject):
    """Told by the write thread after some lines; answers with a refusal once somebody pressed the button.

    Signals:
        moved: lines done and lines in all.
    """

    moved = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self._stopped = threading.Event()

    def at(self, done: int, total: int) -> None:
        """Tell how far it is; raises ImportStopped when it should end."""
        if self._stopped.is_set():
            raise ImportStopped
        self.moved.emit(done, total)

    def stop(self) -> None:
        """Let the act end at its next line."""
        self._stopped.set()


class ImportProgress(QWidget):
    """A bar, the lines done, and a button that stops it. Hidden while nothing is under way."""

    def __init__(self) -> None:
        super().__init__()
        self.said = Text(role="strong", wrap=True)
        self.count = Text(role="muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.stop_button = Button(N_("S&top"), icon="x", clicked=self.stop)
        self.stop_button.show_key("Esc")
        self.watch: Watch | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addWidget(self.said)
        column.addWidget(self.bar)
        column.addLayout(row(self.count, 1, self.stop_button))
        self.hide()

    def begin(self, sentence: str, file: str) -> Watch:
        """Show that an act has begun (a message id with `{file}`); returns what it reports to."""
        self.end()
        self.watch = watch = Watch()
        watch.moved.connect(self._moved)
        self.said.say(sentence, file=file)
        self.count.put("")
        self.bar.setRange(0, 0)
        self.stop_button.setEnabled(True)
        self.show()
        # Not the button: a second Enter of a quick hand would stop what the first one began.
        self.bar.setFocus()
        return watch

    def stop(self) -> None:
        """Stop it; the answer comes as a refusal."""
        if self.watch is not None and self.stop_button.isEnabled():
            self.watch.stop()
            self.stop_button.setEnabled(False)
            self.count.say(N_("Stopping …"))

    def end(self) -> None:
        """Nothing is under way any more."""
        if self.watch is not None:
            self.watch.moved.disconnect(self._moved)
            self.watch = None
        self.hide()

    def retranslate(self) -> None:
        """Say the name of the bar in the window's language."""
        self.bar.setAccessibleName(spoken(N_("Progress")))

    def _moved(self, done: int, total: int) -> None:
        self.bar.setRange(0, max(total, 1))
        self.bar.setValue(done)
        if done >= total:
            self.stop_button.setEnabled(False)
            self.count.say(N_("All {total} lines are read; they are being written as one."), total=total)
        elif self.stop_button.isEnabled():
            self.count.say(N_("{done} of {total} lines, {percent} %"), done=done, total=total,
                           percent=done * 100 // max(total, 1))  # fmt: skip
