"""The navigation at the left: pages by group, with icon, name and key; icons only where it is narrow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QScrollArea, QVBoxLayout, QWidget

from deskapp.errors import N_
from deskapp.ui import theme
from deskapp.ui.page import PageSpec
from deskapp.ui.speech import spoken
from deskapp.ui.tokens import RAIL_NARROW, RAIL_WIDTH, SMALL, TIGHT
from deskapp.ui.widgets.text import Button


class Rail(QWidget):
    """The pages a person may open.

    Signals:
        wanted: a page was chosen; carries its id.
    """

    wanted = Signal(str)

    def __init__(self, pages: Sequence[PageSpec], keys: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "rail-panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        self.narrow = False
        self._pages = [page for page in pages if page.group]
        self.buttons: dict[str, Button] = {}
        self._group = QButtonGroup(self)
        self.heads: dict[str, Button] = {}
        self._folded: set[str] = set()
        self._counts: dict[str, int] = {}
        self._may: Callable[[str], bool] = lambda right: True
        inner = QWidget()
        inner.setProperty("role", "scrolled")
        column = QVBoxLayout(inner)
        column.setContentsMargins(SMALL, TIGHT, SMALL, SMALL)
        column.setSpacing(1)
        for group in dict.fromkeys(page.group for page in self._pages):
            column.addWidget(self._head(group))
            for page in self._pages:
                if page.group == group:
                    column.addWidget(self._button(page, keys.get(page.id, "")))
        column.addStretch(1)
        self._area = area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)
        self.set_narrow(False)

    def set_narrow(self, narrow: bool) -> None:
        """Show icons only, or names too."""
        self.narrow = narrow
        as_needed, off = Qt.ScrollBarPolicy.ScrollBarAsNeeded, Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self._area.setVerticalScrollBarPolicy(off if narrow else as_needed)
        self.setFixedWidth(theme.px(RAIL_NARROW if narrow else RAIL_WIDTH))
        self.retranslate()
        self._show_groups()

    def show_page(self, page_id: str) -> None:
        """Mark the page that is open, and bring its mark into sight."""
        button = self.buttons.get(page_id)
        self._group.setExclusive(False)
        for other in self.buttons.values():
            if other is not button and other.isChecked():
                other.setChecked(False)
        if button is not None:
            button.setChecked(True)
            self._folded -= {page.group for page in self._pages if page.id == page_id}
            self._show_groups()
            # Later, when a group that was folded has its places again.
            QTimer.singleShot(0, self, lambda: self._bring(button))
        self._group.setExclusive(button is not None)

    def _bring(self, button: Button) -> None:
        """Scroll up or down, never sideways: a long name would push the icons out of sight."""
        middle = button.y() + button.height() // 2
        self._area.ensureVisible(0, middle, 0, button.height() // 2 + SMALL)

    def allow(self, may: Callable[[str], bool]) -> None:
        """List only what the person may open."""
        self._may = may
        self._show_groups()

    def show_count(self, page_id: str, count: int) -> None:
        """Show how much waits on a page; none shows nothing."""
        if self._counts.get(page_id, 0) != count and page_id in self.buttons:
            self._counts[page_id] = count
            self.retranslate()

    def fold(self, group: str) -> None:
        """Fold a group of pages away, or unfold it."""
        self._folded ^= {group}
        self._show_groups()

    def retranslate(self) -> None:
        """Say the names in the window's language."""
        self.setAccessibleName(spoken(N_("Navigation")))
        for page in self._pages:
            button = self.buttons[page.id]
            name = spoken(page.title)
            if self._counts.get(page.id):
                name = spoken(N_("{page} ({count})"), page=name, count=self._counts[page.id])
            button.setText("" if self.narrow else name)
            button.setAccessibleName(name)
            key = str(button.property("key") or "")
            button.setToolTip(f"{name} ({key})" if key else name)
        for group, head in self.heads.items():
            head.setText(spoken(group))
            head.setAccessibleName(spoken(group))
        if self.isVisible():
            self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        """Cut long names once it is known how much room there is."""
        super().showEvent(event)
        QTimer.singleShot(0, self, self._fit)

    def _fit(self) -> None:
        """Let a name too long for the place end in dots, not under the scroll bar; the tool tip says it whole."""
        room = self._area.viewport().width() - 2 * SMALL
        if self.narrow or room <= 0:
            return
        for button in self.buttons.values():
            over = button.sizeHint().width() - room
            if over > 0:
                metrics = button.fontMetrics()
                wide = metrics.horizontalAdvance(button.text()) - over
                button.setText(metrics.elidedText(button.text(), Qt.TextElideMode.ElideRight, wide))

    def _show_groups(self) -> None:
        for page in self._pages:
            allowed = not page.right or self._may(page.right)
            self.buttons[page.id].setVisible(allowed and (self.narrow or page.group not in self._folded))
        for group, head in self.heads.items():
            some = any(page.group == group and (not page.right or self._may(page.right)) for page in self._pages)
            head.setVisible(some and not self.narrow)
            head.set_icon("chevron-right" if group in self._folded else "chevron-down")

    def _head(self, group: str) -> Button:
        head = Button(role="rail-head", icon="chevron-down", clicked=lambda: self.fold(group))
        self.heads[group] = head
        return head

    def _button(self, page: PageSpec, key: str) -> Button:
        button = Button(role="rail", icon=page.icon, clicked=lambda: self.wanted.emit(page.id))
        button.setCheckable(True)
        button.setProperty("key", key)
        button.toggled.connect(lambda _on, shown=button: shown.tint())
        self._group.addButton(button)
        self.buttons[page.id] = button
        return button
