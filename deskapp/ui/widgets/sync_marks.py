"""“Not sent yet” and “photo still uploading”: a small sign in the rows of a list that are in sight, and on a page.

Asked for only once scrolling rests, for the rows that are seen and no others, so that a list of a million tickets
stays as quick as one without.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QHBoxLayout, QWidget

from deskapp.errors import N_
from deskapp.ui.speech import spoken
from deskapp.ui.tokens import SMALL
from deskapp.ui.widgets.text import Pill, reveal

if TYPE_CHECKING:
    from deskapp.models.store import Changes, ReadSession
    from deskapp.queries.sync_marks import Mark
    from deskapp.ui.jobs import Jobs
    from deskapp.ui.widgets.table import DataTable

PAUSE_MS: Final = 90
"""So long scrolling has to rest before marks are asked for."""

WATCHED: Final = ("sync_round", "sync_state", "sync_result", "blob_transfer")
"""Tables that change when something was sent; a commit of this desk is the other reason to ask again."""

UNSENT, PHOTOS = N_("Not sent to the server yet"), N_("{count} photos still uploading")
UNSENT_ICON, PHOTOS_ICON = "upload", "photo"


def words_of(mark: Mark) -> str:
    """Return what a mark says, for tool tips and screen readers."""
    parts = [spoken(UNSENT)] if mark.unsent else []
    if mark.photos:
        parts.append(spoken(PHOTOS, count=mark.photos))
    return ", ".join(parts)


class SyncMarks(QObject):
    """The marks of one list. `kind` as in `queries.sync_marks`; `id_of` gives the record's id of a row."""

    def __init__(
        self, table: DataTable, jobs: Jobs, kind: str, id_of: Callable[[Any], str] = lambda row: str(row.id)
    ) -> None:
        super().__init__(table)
        self._table, self._jobs, self._kind, self._id_of = table, jobs, kind, id_of
        self._found: Mapping[str, Mark] = {}
        self._timer = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._timer.timeout.connect(self.look)
        table.model.marks = self
        for signal in (
            table.view.verticalScrollBar().valueChanged, table.model.modelReset, table.model.rowsInserted,
            table.model.dataChanged, table.model.layoutChanged,
        ):  # fmt: skip
            signal.connect(self.soon)

    def soon(self, *_told: object) -> None:
        """Ask for the marks of what is in sight, in a moment."""
        self._timer.start()

    def heard(self, changes: Changes) -> None:
        """Ask again when something was written here or sent."""
        if changes.seq or changes.touches(*WATCHED):
            self.soon()

    def of(self, row: Any) -> Mark | None:
        """Return the mark of a row, if it has one."""
        return self._found.get(self._id_of(row)) if self._found and row is not None else None

    def icon(self, row: Any) -> str:
        """Return the sign that a row's first cell bears at its end, or an empty text."""
        mark = self.of(row)
        return "" if mark is None else UNSENT_ICON if mark.unsent else PHOTOS_ICON

    def look(self) -> None:
        """Ask for the marks of the rows in sight."""
        view, model = self._table.view, self._table.model
        if not view.isVisible() or not model.rowCount():
            return
        first, last = view.rowAt(0), view.rowAt(view.viewport().height() - 1)
        last = model.rowCount() - 1 if last < 0 else last
        rows = [model.row(number) for number in range(max(first, 0), last + 1)]
        ids = [self._id_of(row) for row in rows if row is not None]
        kind = self._kind

        def question(session: ReadSession) -> dict[str, Mark]:
            from deskapp.queries.sync_marks import sync_marks

            return sync_marks(session, kind, ids)

        self._jobs.ask(question, owner=self, then=self._here, exclusive="marks")

    def _here(self, found: Mapping[str, Mark]) -> None:
        if found != self._found:
            self._found = found
            self._table.view.viewport().update()


class SyncMark(QWidget):
    """The mark of the one record that a page shows, beside its title; hidden while there is nothing to tell."""

    def __init__(self, jobs: Jobs, kind: str) -> None:
        super().__init__()
        self._jobs, self._kind, self._id = jobs, kind, ""
        self.unsent = Pill(N_("not sent yet"), "neutral", UNSENT_ICON)
        self.photos = Pill("", "neutral", PHOTOS_ICON)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(SMALL)
        line.addWidget(self.unsent)
        line.addWidget(self.photos)
        self.hide()

    def show_for(self, record_id: str) -> None:
        """Show the mark of a record; an empty id shows none."""
        if record_id != self._id:
            self.hide()
        self._id = record_id
        if record_id:
            self._jobs.ask(self._question, owner=self, then=self._here, exclusive="mark")

    def heard(self, changes: Changes) -> None:
        """Ask again when something was written here or sent."""
        if self._id and (changes.seq or changes.touches(*WATCHED)):
            self.show_for(self._id)

    def _question(self, session: ReadSession) -> tuple[str, Mark | None]:
        from deskapp.queries.sync_marks import order_mark, sync_marks

        wanted = self._id
        if self._kind == "order":
            return wanted, order_mark(session, wanted)
        return wanted, sync_marks(session, self._kind, [wanted]).get(wanted)

    def _here(self, found: tuple[str, Mark | None]) -> None:
        record_id, mark = found
        if record_id != self._id:
            return
        reveal(self.unsent, mark is not None and mark.unsent)
        if mark is not None and mark.photos:
            self.photos.show_state(PHOTOS, "neutral", PHOTOS_ICON, count=mark.photos)
        reveal(self.photos, mark is not None and mark.photos > 0)
        reveal(self, mark is not None and (mark.unsent or mark.photos > 0))
