"""A walk over a page as a person without a mouse, or with large letters, meets it: what is wrong is said in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QScrollBar,
    QTableView,
    QWidget,
)

from deskapp.ui.kit import Card, Cell, ChoiceBar, KeyCap, Page, PagedModel, Pill, RowsModel
from deskapp.ui.speech import without_mnemonic
from deskapp.ui.widgets.rows import is_number
from deskapp.ui.widgets.tabs import OWN_ORDER

SLACK = 2
"""Pixels by which two edges may differ and still count as the same line."""


def seen(root: QWidget) -> Iterator[QWidget]:
    """Every widget of a page that a person sees (or would, after scrolling)."""
    for widget in root.findChildren(QWidget):
        if widget.isVisibleTo(root) and widget.window() is root.window():
            yield widget


def takes_tab(widget: QWidget) -> bool:
    """Whether Tab comes to a widget."""
    wanted = widget.focusPolicy() & Qt.FocusPolicy.TabFocus == Qt.FocusPolicy.TabFocus
    return wanted and widget.isEnabled() and not isinstance(widget, QScrollBar | QHeaderView)


def stops(page: QWidget) -> list[QWidget]:
    """Where Tab stops on a page, in its order."""
    if isinstance(page, Page):
        page.order_tabs()  # as the first press of Tab does
    found = []
    widget = page.nextInFocusChain()
    while widget is not None and widget is not page:
        if page.isAncestorOf(widget) and widget.isVisibleTo(page) and takes_tab(widget) and not widget.focusProxy():
            found.append(widget)
        widget = widget.nextInFocusChain()
    return found


def named(widget: QWidget) -> str:
    """How a fault names a widget: its class, what it says, and where it lives."""
    text = spoken_by(widget)[:40]
    owner = widget.parentWidget()
    while owner is not None and type(owner).__module__.startswith("PySide6"):
        owner = owner.parentWidget()
    return f"{type(widget).__name__} {text!r} in {type(owner).__module__}.{type(owner).__name__}"


def spoken_by(widget: QWidget) -> str:
    """What a screen reader would say first."""
    if widget.accessibleName():
        return widget.accessibleName()
    for label in widget.window().findChildren(QLabel):
        if label.buddy() is widget:
            return without_mnemonic(label.text())
    if isinstance(widget, QAbstractButton):
        return without_mnemonic(widget.text())
    return widget.text() if isinstance(widget, QLabel) else ""


# ---------------------------------------------------------------- keyboard


def nameless(page: QWidget) -> list[str]:
    """Stops of the Tab key that say nothing."""
    return [named(widget) for widget in stops(page) if not spoken_by(widget).strip()]


def place(widget: QWidget, page: QWidget) -> QRect:
    """Where a widget stands on its page, scrolled parts included."""
    return QRect(widget.mapTo(page, QPoint(0, 0)), widget.size())


def backward(page: QWidget) -> list[str]:
    """Steps of the Tab key that go up, or left within a line.

    Two stops are compared by the outermost parts that hold only one of them: within a card its rows count, between
    cards the cards. The next card may stand below, or at the top of the column to the right.
    """
    faults = []
    order = [stop for stop in stops(page) if not _orders_itself(stop, page)]
    for one, other in zip(order, order[1:], strict=False):
        before, after = _parts(one, other, page)
        here, there = place(before, page), place(after, page)
        below = there.top() >= here.bottom() - SLACK
        same_line = there.top() < here.bottom() - SLACK and here.top() < there.bottom() - SLACK
        right = there.left() >= here.right() - SLACK
        column = right and (isinstance(before, Card) or after is not other or before is not one)
        later = same_line and (there.top(), there.left()) > (here.top() + SLACK, 0) and there.left() >= here.left()
        if not (below or (same_line and right) or column or later):
            faults.append(f"{named(one)} -> {named(other)}")
    return faults


def _orders_itself(widget: QWidget, page: QWidget) -> bool:
    above = widget.parentWidget()
    while above is not None and above is not page:
        if above.property(OWN_ORDER):
            return True
        above = above.parentWidget()
    return False


def _parts(one: QWidget, other: QWidget, page: QWidget) -> tuple[QWidget, QWidget]:
    chain = [one]
    while chain[-1] is not page:
        parent = chain[-1].parentWidget()
        assert parent is not None
        chain.append(parent)
    after = other
    while after.parentWidget() not in chain and after is not page:
        parent = after.parentWidget()
        assert parent is not None
        after = parent
    shared = after.parentWidget()
    before = chain[max(0, chain.index(shared) - 1)] if shared in chain else one
    return (before if before is not shared else one), after


def mouse_only(page: QWidget) -> list[str]:
    """Buttons that no key reaches: neither a stop of Tab nor an answer of a choice that takes keys."""
    faults = []
    for button in seen(page):
        if not isinstance(button, QAbstractButton) or takes_tab(button) or not button.isEnabled():
            continue
        if isinstance(button.parentWidget(), QHeaderView | QTableView):
            continue
        owner = button.parentWidget()
        by_keys = isinstance(owner, ChoiceBar) and takes_tab(owner)
        if not by_keys and not button.shortcut().toString() and not button.property("by_key"):
            faults.append(named(button))
    return faults


def double_keys(page: QWidget) -> list[str]:
    """Alt and one letter that two controls in sight claim: Qt then does neither, it only moves the focus."""
    owners: dict[str, list[str]] = {}
    for widget in seen(page):
        keys = _alt_key(widget)
        if keys and widget.isEnabled():
            owners.setdefault(keys, []).append(named(widget))
    for shortcut in page.findChildren(QShortcut):
        holder = shortcut.parent()
        if shortcut.isEnabled() and isinstance(holder, QWidget) and (holder is page or holder.isVisibleTo(page)):
            keys = shortcut.key().toString()
            if keys.startswith("Alt+") and len(keys) == 5:
                owners.setdefault(keys, []).append(f"{keys} of {type(holder).__name__}")
    return [f"{keys}: {', '.join(names)}" for keys, names in owners.items() if len(names) > 1]


def _alt_key(widget: QWidget) -> str:
    if isinstance(widget, QAbstractButton):
        return QKeySequence.mnemonic(widget.text()).toString()
    if isinstance(widget, QLabel) and widget.buddy() is not None:
        return QKeySequence.mnemonic(widget.text()).toString()
    return ""


def colour_alone(page: QWidget) -> list[str]:
    """States that only a colour tells: a pill or a toned cell without words."""
    faults = [named(widget) for widget in seen(page) if isinstance(widget, Pill) and not widget.text().strip()]
    for table in tables(page):
        for row in range(min(table.rowCount(), 30)):
            for column, cell in enumerate(table.cells(row)):
                if isinstance(cell, Cell) and cell.tone and cell.pill and not cell.text.strip():
                    faults.append(f"row {row}, column {table.columns[column].key}: {cell}")
    return faults


def tables(page: QWidget) -> Iterator[RowsModel | PagedModel]:
    """The models of the tables that are seen."""
    for widget in seen(page):
        if isinstance(widget, QTableView) and isinstance(widget.model(), RowsModel | PagedModel):
            yield widget.model()  # type: ignore[misc]


# ---------------------------------------------------------------- room


def squeezed(page: QWidget) -> list[str]:
    """Texts that do not fit: cut at the right, cut below, or pushed off the page."""
    faults = []
    for widget in seen(page):
        if isinstance(widget, QLabel | QAbstractButton | QLineEdit | Pill | KeyCap):
            faults += [f"{named(widget)}: {fault}" for fault in _cut(widget)]
        if isinstance(widget, QLabel | QAbstractButton | QLineEdit | QPlainTextEdit | Pill):
            where = place(widget, page)
            if where.right() > page.width() + SLACK and not _scrolls(widget, page):
                faults.append(f"{named(widget)}: ends at {where.right()}, the page at {page.width()}")
            if where.bottom() > page.height() + SLACK and not _scrolls(widget, page):
                faults.append(f"{named(widget)}: ends at {where.bottom()}, the page at {page.height()} (down)")
        if isinstance(widget, QAbstractScrollArea) and not isinstance(widget, QAbstractItemView | QPlainTextEdit):
            bar = widget.horizontalScrollBar()
            if bar.maximum() > 0 and bar.isVisibleTo(page):
                faults.append(f"{named(widget)}: scrolls sideways by {bar.maximum()} ({_widest(widget)})")
    return faults


def _cut(widget: QWidget) -> Iterator[str]:
    if isinstance(widget, Pill) and widget.toolTip() == widget.text():
        return  # gives way by design: the words are shortened, and whole in the tool tip
    if isinstance(widget, QLineEdit):
        if widget.height() < widget.minimumSizeHint().height() - SLACK:
            yield f"{widget.height()} px high, needs {widget.minimumSizeHint().height()}"
        return
    text = widget.text() if isinstance(widget, QLabel | QAbstractButton | Pill) else ""
    if not text.strip() or widget.property("elided"):
        return
    if isinstance(widget, QLabel) and widget.wordWrap():
        needed = widget.heightForWidth(widget.width())
        if needed > widget.height() + SLACK:
            yield f"{widget.height()} px high, its lines need {needed}"
        longest = max((widget.fontMetrics().horizontalAdvance(word) for word in _words(text)), default=0)
        if longest > widget.contentsRect().width() + SLACK:
            yield f"{widget.contentsRect().width()} px wide, its longest word needs {longest}"
        return
    hint = widget.sizeHint()
    if hint.width() > widget.width() + SLACK:
        yield f"{widget.width()} px wide, needs {hint.width()}"
    if hint.height() > widget.height() + SLACK:
        yield f"{widget.height()} px high, needs {hint.height()}"


def _words(text: str) -> list[str]:
    # Chinese may break anywhere, the pseudo-language's tail too.
    return [word for word in re.split(r"[\s~\u3000-\u9fff\uff00-\uffef/–·-]+", text) if word]


def _scrolls(widget: QWidget, page: QWidget) -> bool:
    above = widget.parentWidget()
    while above is not None and above is not page:
        if isinstance(above, QScrollArea):
            return True
        above = above.parentWidget()
    return False


def _widest(area: QAbstractScrollArea) -> str:
    inner = area.widget() if isinstance(area, QScrollArea) else None
    if inner is None:
        return ""
    deep = [child for child in seen(inner) if not child.findChildren(QWidget) and not child.height() < 3]
    last = sorted(deep, key=lambda child: place(child, inner).left() + child.minimumSizeHint().width())[-2:]
    return "; ".join(
        f"{named(child)} from {place(child, inner).left()} px on needs {child.minimumSizeHint().width()} px"
        for child in reversed(last)
    )


def short_headings(page: QWidget) -> list[str]:
    """Column titles that are wider than their column."""
    faults = []
    for widget in seen(page):
        if not isinstance(widget, QTableView):
            continue
        header = widget.horizontalHeader()
        model = widget.model()
        for column in range(model.columnCount()):
            title = str(model.headerData(column, Qt.Orientation.Horizontal) or "")
            needed = header.fontMetrics().horizontalAdvance(title)
            if not header.isSectionHidden(column) and needed > header.sectionSize(column) - 8:
                faults.append(f"{named(widget)}: {title!r} has {header.sectionSize(column)} px, needs {needed + 8}")
    return faults


def short_numbers(page: QWidget) -> list[str]:
    """Cells whose number is cut, and tables that end beyond their edge: half a number is worse than none."""
    faults = []
    for view in seen(page):
        if not isinstance(view, QTableView) or not isinstance(view.model(), RowsModel):
            continue
        model, rows = view.model(), view._rows  # type: ignore[attr-defined]
        for column in range(model.columnCount()):
            room = view.columnWidth(column)
            for number in range(0 if model.paged else min(model.rowCount(), 30)):
                cell = model.cells(number)[column]
                if is_number(cell) and rows.needed(cell) > room + SLACK:
                    faults.append(f"{named(view)}: {cell!r} has {room} px, needs {rows.needed(cell)}")
                    break
        beyond = view.horizontalHeader().length() - view.viewport().width()
        if beyond > SLACK:
            faults.append(f"{named(view)}: ends {beyond} px beyond its edge")
    return faults


# ---------------------------------------------------------------- language


@dataclass(frozen=True, slots=True)
class Said:
    """A text on the page and the widget that shows it."""

    text: str
    by: str


def sayings(page: QWidget) -> Iterator[Said]:
    """Every text of a page: labels, buttons, placeholders, names, tips, headings and cells of tables."""
    for widget in [page, *seen(page)]:
        texts = [widget.accessibleName(), widget.accessibleDescription(), widget.toolTip()]
        if isinstance(widget, QLabel | QAbstractButton | Pill):
            texts.append(without_mnemonic(widget.text()))
        if isinstance(widget, QLineEdit | QPlainTextEdit):
            texts.append(widget.placeholderText())
        for text in texts:
            if text.strip():
                yield Said(text.strip(), named(widget))
    for table in tables(page):
        name = type(table).__name__
        for column in range(table.columnCount()):
            yield Said(str(table.headerData(column, Qt.Orientation.Horizontal) or ""), f"{name}, heading")
        for row in range(min(table.rowCount(), 30)):
            for column in range(table.columnCount()):
                yield Said(str(table.data(table.index(row, column)) or ""), f"{name}, row {row}, column {column}")


def forms(text: str) -> set[str]:
    """The texts a label may stand for: with and without its number, key, star, colon."""
    bare = re.sub(r"\s*\([^()]{1,20}\)$", "", text.removesuffix(" *"))
    bare = re.sub(r"^(\d|[A-Z0-9]{1,4}) ", "", bare)
    return {text, text.removesuffix(" *"), bare, bare.rstrip(":：")}
