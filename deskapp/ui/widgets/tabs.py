"""The order of the Tab key: what the eye reads, whatever was built when.

Qt keeps widgets in the order in which they came into the window, so a row added later would be the last stop of its
page. Before Tab moves, the order is laid anew along the layouts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QGridLayout, QLayout, QScrollArea, QWidget

OWN_ORDER = "own_tab_order"
"""A property of widgets that order their fields themselves, by the hands of who does the usual."""


def in_reading_order(root: QWidget) -> list[QWidget]:
    """Return the stops of the Tab key below a widget along its layouts: line by line, column by column."""
    found: list[QWidget] = []
    _gather(root, found)
    return found


def lay_tab_order(root: QWidget, before: list[QWidget]) -> list[QWidget]:
    """Order the stops below a widget as they are read and return them; `before` is what was laid the last time."""
    wanted = in_reading_order(root)
    if wanted != before:
        for one, other in zip(wanted, wanted[1:], strict=False):
            QWidget.setTabOrder(one, other)
    return wanted


def step_of_tab(root: QWidget, stops: Sequence[QWidget], forward: bool) -> QWidget | None:
    """Return where Tab goes from the field that has the focus; None when Qt's own chain may say.

    Qt takes a part that hands its focus on (a table, a field with a button) for a stop of its own wherever it comes
    in the chain. Where its inner field is hidden, or has the focus already, Tab would stand still there for ever.
    """
    here = QApplication.focusWidget()
    if here is None:
        return None
    open_now = [stop for stop in stops if stop is here or (stop.isVisibleTo(root) and stop.isEnabled())]
    place = next((n for n, stop in enumerate(open_now) if stop is here), None)
    if place is None:
        return None
    after = place + (1 if forward else -1)
    if 0 <= after < len(open_now):
        return open_now[after]
    return _outside(root, here, forward)


def _outside(root: QWidget, here: QWidget, forward: bool) -> QWidget | None:
    """Return the next stop in the chain that is not below a widget."""
    window = root.window()
    widget = here.nextInFocusChain() if forward else here.previousInFocusChain()
    while widget is not None and widget is not here:
        ours = widget is root or root.isAncestorOf(widget)
        if not ours and _stops(widget) and widget.isEnabled() and widget.isVisible() and widget.window() is window:
            return widget
        widget = widget.nextInFocusChain() if forward else widget.previousInFocusChain()
    return None


def _gather(widget: QWidget, found: list[QWidget]) -> None:
    if widget.property(OWN_ORDER):
        found += [stop for stop in _chain(widget) if _stops(stop)]
        return
    if _stops(widget):
        found.append(widget)
    for child in _children(widget):
        _gather(child, found)


def _stops(widget: QWidget) -> bool:
    tab = Qt.FocusPolicy.TabFocus
    return widget.focusPolicy() & tab == tab and widget.focusProxy() is None


def _children(widget: QWidget) -> Iterator[QWidget]:
    laid: set[int] = set()
    layout = widget.layout()
    listed = list(_laid_out(layout)) if layout is not None else []
    if isinstance(widget, QScrollArea) and widget.widget() is not None:
        listed.append(widget.widget())
    for child in listed:
        laid.add(id(child))
        yield child
    for other in widget.children():
        if isinstance(other, QWidget) and not other.isWindow() and id(other) not in laid and not _holds(other, listed):
            yield other


def _holds(widget: QWidget, listed: list[QWidget]) -> bool:
    return any(widget.isAncestorOf(child) for child in listed)


def _laid_out(layout: QLayout) -> Iterator[QWidget]:
    """Return the widgets of a layout as they are read.

    Never by `itemAt`: the object that stands for an item outlives the item when Qt deletes it, and the next widget
    made at its address would be taken for it.
    """
    owner = layout.parentWidget()
    beside = owner.children() if owner is not None else []
    parts: list[tuple[int, QWidget | QLayout]] = [
        (place, child) for child in beside if isinstance(child, QWidget) and (place := layout.indexOf(child)) >= 0
    ]
    for inner in layout.children():
        if isinstance(inner, QLayout):
            parts.append((layout.indexOf(inner), inner))
    if isinstance(layout, QGridLayout):
        parts.sort(key=lambda part: layout.getItemPosition(part[0])[:2])  # type: ignore[index]
    else:
        parts.sort(key=lambda part: part[0])
    for _place, part in parts:
        if isinstance(part, QLayout):
            yield from _laid_out(part)
        else:
            yield part


def _chain(root: QWidget) -> Iterator[QWidget]:
    widget = root.nextInFocusChain()
    while widget is not None and widget is not root:
        if root.isAncestorOf(widget):
            yield widget
        widget = widget.nextInFocusChain()
