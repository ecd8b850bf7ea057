"""Rows by the million: the first page at once, then only the ids, and pages of rows as they come into view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QWidget

from deskapp.ui.jobs import Jobs
from deskapp.ui.widgets.table import Column, Index, RowsModel

if TYPE_CHECKING:
    from deskapp.models.store import ReadSession

PAGE = 200
KEPT_PAGES = 40


class RowSource(Protocol):
    """Where a long table comes from. `order` is a column key, "-" before it for descending, "" for the natural one."""

    def first(self, session: ReadSession, order: str, limit: int) -> Sequence[Any]:
        """Return the first rows, by a keyset query."""

    def ids(self, session: ReadSession, order: str) -> Sequence[Any]:
        """Return the ids of all rows in order; an `array` keeps a million of them in 8 MB."""

    def rows(self, session: ReadSession, ids: Sequence[Any]) -> Sequence[Any]:
        """Return the rows of these ids, in the order of the ids."""


class PagedModel(RowsModel):
    """A table model over a RowSource. Rows that are not here yet show as waiting and are fetched.

    Signals:
        counted: all ids are here; carries their number.
    """

    counted = Signal(int)
    paged = True

    def __init__(self, columns: Sequence[Column], jobs: Jobs, source: RowSource, parent: QWidget | None = None) -> None:
        super().__init__(columns, parent)
        self._jobs = jobs
        self._source = source
        self._order = ""
        self._ids: Sequence[Any] | None = None
        self._pages: dict[int, Sequence[Any]] = {}
        self._asked: set[int] = set()
        self._round = 0

    def reload(self, source: RowSource | None = None) -> None:
        """Ask for everything anew, after a change or with another source; what is shown stays until then."""
        self._source = source or self._source
        self._round += 1
        asked, order, chosen = self._round, self._order, self._source
        self._jobs.ask(
            lambda session: chosen.first(session, order, PAGE),
            owner=self, then=lambda rows: self._first_here(asked, rows), exclusive="first",
        )  # fmt: skip
        self._jobs.ask(
            lambda session: chosen.ids(session, order),
            owner=self, then=lambda ids: self._ids_here(asked, ids), exclusive="ids",
        )  # fmt: skip

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return how many rows are known."""
        if parent.isValid():
            return 0
        return len(self._ids) if self._ids is not None else len(self._pages.get(0, ()))

    def row(self, number: int) -> Any | None:
        """Return a row if it is here; otherwise fetch its page and return None."""
        page = number // PAGE
        rows = self._pages.get(page)
        if rows is None:
            self._fetch(page)
            return None
        place = number - page * PAGE
        if place == PAGE - 40:
            self._fetch(page + 1)
        elif place == 40 and page:
            self._fetch(page - 1)
        return rows[place] if 0 <= place < len(rows) else None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Ask for the rows in another order."""
        if 0 <= column < len(self.columns):
            self._order = ("-" if order == Qt.SortOrder.DescendingOrder else "") + self.columns[column].key
            self.reload()

    def set_rows(self, rows: Sequence[Any]) -> None:
        """Refuse: the rows come from the source."""
        raise TypeError("a paged table takes its rows from its source")

    def _first_here(self, asked: int, rows: Sequence[Any]) -> None:
        if asked != self._round:
            return
        self.beginResetModel()
        self._ids, self._pages, self._asked, self._shown = None, {0: rows}, {0}, {}
        self.endResetModel()

    def _ids_here(self, asked: int, ids: Sequence[Any]) -> None:
        if asked != self._round:
            return
        here = self.rowCount()
        more = len(ids) > here and 0 in self._pages
        if more:
            # The rows that are shown stay where they are; the scroll bar only learns how many follow.
            self.beginInsertRows(QModelIndex(), here, len(ids) - 1)
            self._ids = ids
            self.endInsertRows()
        else:
            self.beginResetModel()
            self._ids = ids
            self.endResetModel()
        self.counted.emit(len(ids))

    def _fetch(self, page: int) -> None:
        if page in self._asked or self._ids is None or page * PAGE >= len(self._ids):
            return
        self._asked.add(page)
        wanted = self._ids[page * PAGE : (page + 1) * PAGE]
        asked, chosen = self._round, self._source
        self._jobs.ask(
            lambda session: chosen.rows(session, wanted),
            owner=self, then=lambda rows: self._page_here(asked, page, rows),
        )  # fmt: skip

    def _page_here(self, asked: int, page: int, rows: Sequence[Any]) -> None:
        if asked != self._round:
            return
        self._pages[page] = rows
        while len(self._pages) > KEPT_PAGES:
            oldest = next(number for number in self._pages if number != page)
            del self._pages[oldest]
            self._asked.discard(oldest)
            for number in range(oldest * PAGE, (oldest + 1) * PAGE):
                self._shown.pop(number, None)
        top, bottom = self.index(page * PAGE, 0), self.index(page * PAGE + len(rows) - 1, len(self.columns) - 1)
        self.dataChanged.emit(top, bottom)
