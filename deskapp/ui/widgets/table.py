"""Tables that stay quick: rows drawn in one go, fixed heights, nothing measured by content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QVBoxLayout, QWidget

from deskapp.ui import theme
from deskapp.ui.speech import spoken
from deskapp.ui.tokens import ROW_HEIGHT
from deskapp.ui.widgets.column_widths import Wish, widths
from deskapp.ui.widgets.notices import EmptyState
from deskapp.ui.widgets.rows import RowPainter, is_number
from deskapp.ui.widgets.text import RESTYLE
from deskapp.ui.widgets.whole_text import WholeText

if TYPE_CHECKING:
    from deskapp.ui.widgets.sync_marks import SyncMarks

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell shows when it is more than a text: tone (muted, accent, danger, warn, ok, info), icon, pill."""

    text: str
    tone: str = ""
    icon: str = ""
    pill: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column: title (message id), what it shows of a row, width in px at 100 % (0 takes what is left).

    `show` returns the text, or a Cell. `key` names the column for sorting; `sort` gives what
    rows are ordered by (the shown text where there is none).
    """

    key: str
    title: str
    show: Callable[[Any], str | Cell]
    width: int = 120
    right: bool = False
    sort: Callable[[Any], Any] | None = None


def identity(shown: Any) -> Any:
    """Return by what a row is known although its values changed: the first field that is an id, else all of it."""
    fields: Any = getattr(shown, "__dataclass_fields__", None) or getattr(shown, "_fields", ())
    name = next((one for one in fields if one in ("id", "uid") or one.endswith("_id")), "")
    return getattr(shown, name) if name else shown


WAITING: Final = Cell("…", "muted")
MEASURED: Final = 40
"""Rows that are measured where columns have to give way; more are not seen at once."""

HEADING_LEAST, HEADING_AIR = 48, 18
_TOOL_TIP, _ACCESSIBLE = int(Qt.ItemDataRole.ToolTipRole), int(Qt.ItemDataRole.AccessibleTextRole)


class RowsModel(QAbstractTableModel):
    """Rows that are all here; `paged` says that looking at one may ask for it."""

    paged = False
    marks: SyncMarks | None = None
    """Signs at the end of the first column: what was not sent to the server yet."""

    def __init__(self, columns: Sequence[Column], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._rows: list[Any] = []
        self._shown: dict[int, tuple[str | Cell, ...]] = {}

    def set_rows(self, rows: Sequence[Any]) -> None:
        """Show these rows."""
        self.beginResetModel()
        self._rows, self._shown = list(rows), {}
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's own signature)
        """Return how many rows there are."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(self.columns)

    def row(self, number: int) -> Any | None:
        """Return a row, or None where there is none (yet)."""
        return self._rows[number] if 0 <= number < len(self._rows) else None

    def cells(self, number: int) -> tuple[str | Cell, ...]:
        """Return what the cells of a row show."""
        shown = self._shown.get(number)
        if shown is None:
            row = self.row(number)
            if row is None:
                return (WAITING,) * len(self.columns)
            shown = self._shown[number] = tuple(column.show(row) for column in self.columns)
        return shown

    def forget_shown(self) -> None:
        """Make the texts anew: the language has changed."""
        self._shown.clear()
        if self.columns:
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)

    def data(self, index: Index, role: int = 0) -> Any:
        """Return the text of a cell, for screen readers and tests; the painter asks `cells` instead."""
        if role:  # DisplayRole is 0; comparing with the enum costs 13 ms a page
            return self._sign(index, role) if self.marks is not None and index.column() == 0 else None
        cell = self.cells(index.row())[index.column()]
        return cell if isinstance(cell, str) else cell.text

    def sign(self, number: int) -> str:
        """Return the icon at the end of a row's first cell, or an empty text."""
        return self.marks.icon(self.row(number)) if self.marks is not None else ""

    def _sign(self, index: Index, role: int) -> str | None:
        if role not in (_TOOL_TIP, _ACCESSIBLE):
            return None
        mark = self.marks.of(self.row(index.row())) if self.marks is not None else None
        if mark is None:
            return None
        from deskapp.ui.widgets.sync_marks import words_of

        return words_of(mark) if role == _TOOL_TIP else f"{self.data(index)}, {words_of(mark)}"

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Return the title of a column."""
        if orientation == Qt.Orientation.Vertical or not 0 <= section < len(self.columns):
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if self.columns[section].right else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None if role else spoken(self.columns[section].title)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order the rows by a column."""
        if not 0 <= column < len(self.columns):
            return
        chosen = self.columns[column]
        self.layoutAboutToBeChanged.emit()

        def by_text(row: Any) -> str:
            cell = chosen.show(row)
            return cell if isinstance(cell, str) else cell.text

        self._rows.sort(key=chosen.sort or by_text, reverse=order == Qt.SortOrder.DescendingOrder)
        self._shown.clear()
        self.layoutChanged.emit()


class DataTable(QWidget):
    """A table of rows with sortable headers, an empty state, Ctrl+C, Enter to open.

    Signals:
        opened: Enter or a double click on a row; carries the row.
        selected: another row is current; carries the row, or None.
    """

    opened = Signal(object)
    selected = Signal(object)

    def __init__(
        self, columns: Sequence[Column], *, name: str = "", empty: EmptyState | None = None,
        model: RowsModel | None = None, many: bool = False, parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._name = name
        self.model = model if model is not None else RowsModel(columns, self)
        self.model.setParent(self)
        self.view = _View(self)
        self.view.setModel(self.model)
        if many:
            self.view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.empty = empty
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view)
        if empty is not None:
            column.addWidget(empty)
        self.setFocusProxy(self.view)
        self.view.doubleClicked.connect(self._open)
        self.view.selectionModel().currentRowChanged.connect(self._current)
        self.model.modelReset.connect(self._count)
        self.model.modelReset.connect(self.view.fit_columns)
        self.retranslate()
        self._count()

    def set_rows(self, rows: Sequence[Any], *, keep: Callable[[Any], Any] | None = None) -> None:
        """Show these rows; the current one stays current, found again by `keep` or by the record's own id."""
        keep = keep or identity
        current = self.current()
        header = self.view.horizontalHeader()
        section, order = header.sortIndicatorSection(), header.sortIndicatorOrder()
        self.model.set_rows(rows)
        if 0 <= section < len(self.model.columns):
            self.model.sort(section, order)
        if current is not None:
            wanted = keep(current)
            for number in range(self.model.rowCount()):
                row = self.model.row(number)
                if row is not None and keep(row) == wanted:
                    self.view.selectRow(number)
                    return

    def current(self) -> Any | None:
        """Return the current row."""
        index = self.view.currentIndex()
        return self.model.row(index.row()) if index.isValid() else None

    def chosen(self) -> list[Any]:
        """Return all selected rows, from top to bottom."""
        numbers = sorted(index.row() for index in self.view.selectionModel().selectedRows())
        return [row for row in map(self.model.row, numbers) if row is not None]

    def rows(self) -> list[Any]:
        """Return all rows that are here, in the order shown."""
        return [row for row in map(self.model.row, range(self.model.rowCount())) if row is not None]

    def select(self, number: int) -> None:
        """Make a row current."""
        self.view.selectRow(number)

    def open_current(self) -> None:
        """Open the current row, as Enter does."""
        row = self.current()
        if row is not None:
            self.opened.emit(row)

    def copy(self) -> None:
        """Put the selected rows on the clipboard, columns separated by tabs."""
        numbers = sorted(index.row() for index in self.view.selectionModel().selectedRows())
        lines = []
        for number in numbers:
            cells = self.model.cells(number)
            lines.append("\t".join(cell if isinstance(cell, str) else cell.text for cell in cells))
        QGuiApplication.clipboard().setText("\n".join(lines))

    def retranslate(self) -> None:
        """Say headers and cells in the window's language."""
        self.model.forget_shown()
        self.view.fit_columns()
        self.view.setAccessibleName(spoken(self._name) if self._name else "")
        self.view.viewport().update()

    def _open(self, index: QModelIndex) -> None:
        row = self.model.row(index.row())
        if row is not None:
            self.opened.emit(row)

    def _current(self, index: QModelIndex, _before: QModelIndex) -> None:
        self.selected.emit(self.model.row(index.row()) if index.isValid() else None)

    def _count(self) -> None:
        nothing = self.model.rowCount() == 0
        if self.empty is not None:
            self.empty.setVisible(nothing)
            # A hidden list would swallow the focus of who comes from elsewhere by Tab.
            self.setFocusProxy(self.empty.button if nothing else self.view)
            self.view.setVisible(not nothing)


class _View(QTableView):
    def __init__(self, table: DataTable) -> None:
        super().__init__(table)
        self._table = table
        self._rows = RowPainter(self)
        self._whole = WholeText(self, lambda row: self._table.model.cells(row), self._rows.needed)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSortingEnabled(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.sortIndicatorChanged.connect(self._sort)
        header.setMinimumSectionSize(48)
        self._heights()

    def setModel(self, model: Any) -> None:
        super().setModel(model)
        self._widths()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self._table.copy()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._table.open_current()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        model = self.model()
        if isinstance(model, RowsModel):
            painter = QPainter(self.viewport())
            sign = model.sign if model.marks is not None else None
            self._rows.paint(painter, event.rect(), model.columns, model.cells, sign)
            painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._hover(self.rowAt(event.position().toPoint().y()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(-1)

    def _hover(self, row: int) -> None:
        before, self._rows.hovered = self._rows.hovered, row
        for number in {before, row} - {-1}:
            self.viewport().update(0, self.rowViewportPosition(number), self.viewport().width(), self.rowHeight(number))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (*RESTYLE, QEvent.Type.FontChange) and self.model() is not None:
            self._rows.restyle()
            self._heights()
            self._widths()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._widths()

    def fit_columns(self) -> None:
        """Share the room anew: other rows or another language may need more or less of it."""
        self._widths()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(480), theme.px(ROW_HEIGHT) * 7)

    def _sort(self, section: int, order: Qt.SortOrder) -> None:
        self.model().sort(section, order)

    def _heights(self) -> None:
        self.verticalHeader().setDefaultSectionSize(theme.px(ROW_HEIGHT))
        self.verticalHeader().setMinimumSectionSize(theme.px(ROW_HEIGHT))

    def _widths(self) -> None:
        model = self.model()
        if not isinstance(model, RowsModel):
            return
        room, least = self.viewport().width(), theme.px(120)
        wishes = [Wish(theme.px(column.width), 0, 0) for column in model.columns]
        open_columns = sum(1 for wish in wishes if not wish.declared)
        if sum(wish.declared for wish in wishes) + open_columns * least > room:
            wishes = self._wishes(model)  # measured only where it matters
        for number, wide in enumerate(widths(wishes, room, least)):
            self.setColumnWidth(number, wide)

    def _wishes(self, model: RowsModel) -> list[Wish]:
        header = self.horizontalHeader().fontMetrics()
        shown = [model.cells(number) for number in range(min(MEASURED, model.rowCount()))] if not model.paged else []
        wishes = []
        for number, column in enumerate(model.columns):
            title = str(model.headerData(number, Qt.Orientation.Horizontal) or "")
            heading = max(HEADING_LEAST, header.horizontalAdvance(title) + HEADING_AIR)
            wide = max((self._rows.needed(cells[number]) for cells in shown), default=theme.px(column.width or 120))
            digits = max((self._rows.needed(row[number]) for row in shown if is_number(row[number])), default=0)
            wishes.append(Wish(theme.px(column.width), heading, wide, digits))
        return wishes
