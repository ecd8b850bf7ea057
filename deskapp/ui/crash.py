"""When there is a bug: write down what happened, say what is saved, let people go on.

The hooks never raise, never recurse, and work before any window exists. Reports hold stacks,
never values; runs of digits are cut as in the logs. Nothing is sent by itself.
"""

from __future__ import annotations

import logging
import platform
import re
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    Qt,
    QtMsgType,
    Signal,
    Slot,
    qInstallMessageHandler,
    qVersion,
)
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout

from deskapp import __version__
from deskapp.clock import shop_time, system_clock
from deskapp.errors import N_
from deskapp.ui.speech import spoken
from deskapp.ui.tokens import HUGE, MEDIUM, SMALL
from deskapp.ui.widgets.text import Button, Text

log = logging.getLogger(__name__)
_DIGITS = re.compile(r"\d(?:[ -]?\d){6,}")
KEPT_REPORTS = 20


class CrashReporter(QObject):
    """Catches what nobody else caught.

    Signals:
        reported: a report was written; carries its path.
    """

    reported = Signal(object)
    _caught = Signal(object)

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self.dialog: CrashDialog | None = None
        self.saved: Callable[[], str] = lambda: ""
        self._busy = False
        self._hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        self._caught.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Put the hooks in place."""
        sys.excepthook = self._python
        threading.excepthook = lambda caught: self.caught(caught.exc_value)
        sys.unraisablehook = lambda caught: log.error("unraisable in %r", caught.object, exc_info=caught.exc_value)
        qInstallMessageHandler(self._qt)

    def remove(self) -> None:
        """Put the former hooks back."""
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._hooks
        qInstallMessageHandler(None)

    @Slot(object)
    def caught(self, error: BaseException | None) -> None:
        """Write a report about a bug and show it; any thread."""
        if error is None or self._busy:
            return
        self._busy = True
        try:
            text = report_text(error)
            log.critical("bug: %s", type(error).__name__, exc_info=error)
            self._caught.emit((text, self._write(text)))
        except Exception:  # noqa: BLE001 (the last net must hold)
            sys.__stderr__ and sys.__stderr__.write("the crash report could not be written\n")
        finally:
            self._busy = False

    def _python(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        self.caught(error.with_traceback(trace))

    def _qt(self, kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        level = {QtMsgType.QtDebugMsg: logging.DEBUG, QtMsgType.QtInfoMsg: logging.INFO,
                 QtMsgType.QtWarningMsg: logging.WARNING}.get(kind, logging.ERROR)  # fmt: skip
        log.log(level, "Qt: %s", text)

    def _write(self, text: str) -> Path | None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            stamp = shop_time(system_clock()).strftime("%Y%m%d-%H%M%S-%f")
            path = self.folder / f"crash-{stamp}.txt"
            path.write_text(text, encoding="utf-8")
            for old in sorted(self.folder.glob("crash-*.txt"))[:-KEPT_REPORTS]:
                old.unlink(missing_ok=True)
        except OSError:
            return None
        return path

    @Slot(object)
    def _show(self, caught: tuple[str, Path | None]) -> None:
        text, path = caught
        self.reported.emit(path)
        if not isinstance(QGuiApplication.instance(), QApplication):
            return
        if self.dialog is None:
            self.dialog = CrashDialog()
        self.dialog.show_report(text, path, self.saved())


class CrashDialog(QDialog):
    """Says that something went wrong, what is safe, and exactly what the report holds. It blocks nothing."""

    def __init__(self) -> None:
        super().__init__(None)
        self.setModal(False)
        self.resize(680, 460)
        self.heading = Text(N_("Something in the program went wrong"), "title", wrap=True)
        self.safe = Text(
            N_("Everything that was saved is safe, and what you typed is kept as a draft. You can go on working."),
            wrap=True,
        )
        self.saved = Text(role="muted", wrap=True)
        self.where = Text(role="caption", wrap=True, copy=True)
        self.report = QPlainTextEdit()
        self.report.setReadOnly(True)
        self.report.setTabChangesFocus(True)
        self.report.setAccessibleName(spoken(N_("The whole report")))
        self.copy = Button(N_("Copy the report"), icon="copy", clicked=self._copy)
        self.go_on = Button(N_("Go on"), "primary", clicked=self.close)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addWidget(self.copy)
        buttons.addStretch(1)
        buttons.addWidget(self.go_on)
        column = QVBoxLayout(self)
        column.setContentsMargins(HUGE, HUGE, HUGE, HUGE)
        column.setSpacing(MEDIUM)
        for part in (self.heading, self.safe, self.saved, self.report, self.where):
            column.addWidget(part)
        column.addLayout(buttons)

    def show_report(self, text: str, path: Path | None, saved: str) -> None:
        """Show a report; `saved` is a finished sentence about the last thing that was saved."""
        self.setWindowTitle(spoken(N_("Something in the program went wrong")))
        self.report.setPlainText(text)
        self.saved.put(saved)
        self.saved.setVisible(bool(saved))
        if path is not None:
            self.where.say(N_("Saved as {file}. Nothing is sent by itself."), file=path.name)
        else:
            self.where.say(N_("The report could not be written to the disk."))
        self.show()
        self.go_on.setFocus()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.report.toPlainText())


def report_text(error: BaseException) -> str:
    """Return what a report holds: versions and the stack, without values of more than six digits."""
    stack = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    head = (
        f"deskapp {__version__}\nPython {platform.python_version()}, Qt {qVersion()}, "
        f"{platform.system()} {platform.machine()}\n\n"
    )
    return head + _DIGITS.sub(lambda run: "*" * len(run.group()), stack)
