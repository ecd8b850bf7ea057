"""What every list page has: a filter that works as one types, a count, the way into a record, an export."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from deskapp.clock import shop_day
from deskapp.commands.lookups import note_export
from deskapp.errors import N_, DeskError, Unavailable
from deskapp.i18n import language
from deskapp.queries import exports
from deskapp.ui import theme
from deskapp.ui.kit import (
    Button,
    Card,
    DataTable,
    Form,
    Page,
    PageContext,
    Progress,
    Scroll,
    Text,
    TextField,
    row,
)
from deskapp.ui.pages.settings_fields import PathField, Tick
from deskapp.ui.tokens import LARGE, ROW_HEIGHT

PAUSE_MS = 120


class FilterField(TextField):
    """A field that narrows the list below it.

    Signals:
        settled: nothing was typed for a moment; carries the text.
        downwards: Down was pressed, towards the list.
    """

    settled = Signal(str)
    downwards = Signal()

    def __init__(self, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(hint, name=N_("Filter this list"), parent=parent)
        self.setClearButtonEnabled(True)
        self._timer = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._timer.timeout.connect(lambda: self.settled.emit(self.text()))
        self.textChanged.connect(lambda _text: self._timer.start())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go down to the list, or empty the field."""
        if event.key() == Qt.Key.Key_Down:
            self.downwards.emit()
        elif event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


class ListPage(Page):
    """A page that is one long list with a filter above it.

    Subclasses build `table` first and then call `arrange`; `refresh` asks for the rows, `went` opens one.
    """

    table: DataTable
    export_bar: ExportBar | None = None

    def __init__(self, context: PageContext, title: str, hint: str = "") -> None:
        super().__init__(context, title, hint, scroll=False)
        self.count = Text(role="caption")

    def arrange(
        self, filter_hint: str, *tools: QWidget, export: str = "", beside: Sequence[QWidget] = ()
    ) -> None:
        """Put filter, tools and table onto the page.

        `export` names the kind that can be taken out; `beside` are cards to the right of the table, about
        the row that is current.
        """
        self.filter_field = FilterField(filter_hint)
        self.filter_field.setMaximumWidth(theme.px(560))
        line = row(self.filter_field, self.count, 1, *tools)
        line.setStretch(0, 3)
        self.body.addLayout(line)
        if export:
            self.export_bar = ExportBar(self.context, export)
            self.export_bar.hide()
            self.add(self.export_bar)
        if beside:
            both = QHBoxLayout()
            both.setSpacing(LARGE)
            both.addWidget(self.table, 3)
            both.addWidget(_side(beside), 2)
            self.body.addLayout(both, 1)
        else:
            self.add(self.table, 1)
        self.table.opened.connect(self.went)
        self.filter_field.settled.connect(lambda _text: self.refresh())
        self.filter_field.returnPressed.connect(self._first)
        self.filter_field.downwards.connect(self._down)

    def refresh(self) -> None:
        """Ask for the rows that fit the filter."""
        raise NotImplementedError

    def went(self, chosen: Any) -> None:
        """Open a row, as Enter and a double click do."""
        raise NotImplementedError

    def show_rows(self, rows: Sequence[Any], *, limit: int = 0) -> None:
        """Show rows and how many they are; `limit` says at how many the question stopped."""
        self.table.set_rows(rows, keep=lambda one: one.id)
        if limit and len(rows) >= limit:
            self.count.say(N_("the newest {count}; type to narrow"), count=len(rows))
        else:
            self.count.say(N_("{count} shown"), count=len(rows))

    def filter(self) -> None:
        """Go to the filter (Ctrl+F)."""
        self.filter_field.setFocus()
        self.filter_field.selectAll()

    def next_record(self) -> None:
        """Make the next row current."""
        self._step(1)

    def previous_record(self) -> None:
        """Make the row before current."""
        self._step(-1)

    def _step(self, step: int) -> None:
        here = self.table.view.currentIndex().row()
        self.table.select(max(0, min(self.table.model.rowCount() - 1, here + step)))

    def _down(self) -> None:
        if self.table.model.rowCount():
            if self.table.current() is None:
                self.table.select(0)
            self.table.setFocus()

    def _first(self) -> None:
        if self.table.current() is None and self.table.model.rowCount():
            self.table.select(0)
        self.table.open_current()


def _side(cards: Sequence[QWidget]) -> Scroll:
    side = Scroll(margin=0)
    side.setMinimumWidth(theme.px(360))
    for card in cards:
        side.add(card)
    return side


class ExportBar(Card):
    """Takes a list out as Excel or CSV: where to, whole phone numbers or masked ones, and how far it is.

    Signals:
        saved: the file is written; carries its path.
    """

    saved = Signal(str)

    def __init__(self, context: PageContext, kind: str, parent: QWidget | None = None) -> None:
        super().__init__(
            N_("Export as Excel or CSV"), icon="download",
            hint=N_("Phone numbers leave masked. The name's ending decides: .xlsx or .csv"), parent=parent,
        )  # fmt: skip
        self.context, self.kind = context, kind
        name = f"{kind}-{shop_day(context.now()).isoformat()}.xlsx"
        self.path = PathField(N_("Folder and name of the file"), save=name)
        self.path.set_value(str(Path.home() / name))
        self.form = Form(columns=2)
        self.form.add("path", N_("&File"), self.path, needed=True, span=2)
        self.whole = Tick(N_("With whole phone numbers"))
        self.reason = TextField(N_("Why they are needed"))
        if context.may("unmask"):
            self.form.add("whole", N_("Phone numbers"), self.whole)
            self.form.add("reason", N_("&Reason"), self.reason)
        self.state = Text(role="muted")
        self.start = Button(N_("E&xport"), "primary", icon="download", clicked=self.run)
        close = Button(N_("Close"), "quiet", clicked=self.hide)
        self.add(self.form)
        self.add(row(self.state, 1, close, self.start))
        self.reason.returnPressed.connect(self.run)
        self.path.text.returnPressed.connect(self.run)

    def ask(self) -> None:
        """Show the bar and go to its first field."""
        self.show()
        self.path.setFocus()

    def run(self) -> None:
        """Note the export, then write the file in the background."""
        self.form.clear_errors()
        self.start.setEnabled(False)
        whole = self.whole.isChecked()
        act = note_export(kind=self.kind, reason=self.reason.text(), whole_numbers=whole)
        self.context.jobs.do(act, owner=self, then=lambda _done: self._write(whole), refused=self._refused)

    def _write(self, whole: bool) -> None:
        store, kind, path, words = self.context.jobs.store, self.kind, Path(self.path.value()), language()

        def work(progress: Progress) -> int:
            with store.read() as session:
                table = exports.export(session, kind, language=words, unmasked=whole)
            progress.at(1, 3)
            content = exports.as_csv(table) if path.suffix.lower() == ".csv" else exports.as_excel(table)
            progress.at(2, 3)
            write_file(path, content)
            return len(table.rows)

        self.state.say(N_("Writing the file …"))
        self.context.jobs.background(work, owner=self, then=self._written, refused=self._refused)

    def _written(self, count: int) -> None:
        self.start.setEnabled(True)
        self.state.say(N_("{count} lines written"), count=count)
        path = self.path.value()
        self.context.toast(N_("Saved as {file}"), tone="ok", file=Path(path).name)
        self.saved.emit(path)

    def _refused(self, error: DeskError) -> None:
        self.start.setEnabled(True)
        self.state.put("")
        self.form.refuse(error, otherwise=lambda sentence: self.state.put(sentence))


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; raises Unavailable at the field `path`."""
    if path.suffix.lower() not in (".csv", ".xlsx"):
        raise Unavailable(N_("The name of the file has to end in .xlsx or .csv"), field="path")
    beside = path.with_name(path.name + ".part")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        raise Unavailable(
            N_("The file cannot be written: {reason}"), field="path", reason=error.strerror or type(error).__name__
        ) from error


def fit_height(table: DataTable, rows: int, most: int = 8) -> None:
    """Make a table inside a card as high as its rows, up to so many; an empty one shows its empty state."""
    lines = max(1, min(rows, most))
    table.view.setFixedHeight(theme.px(ROW_HEIGHT) * (lines + 1) + theme.px(14))


def filled(table: DataTable, rows: Sequence[Any], most: int = 8) -> None:
    """Show rows in a table inside a card, as high as they need."""
    table.set_rows(rows)
    fit_height(table, len(rows), most)


