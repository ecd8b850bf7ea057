"""Words on the screen: labels, buttons, key caps, state pills. All of them keep message ids."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QWidget

from deskapp.ui import icons, theme
from deskapp.ui.speech import spoken, without_mnemonic

RESTYLE = (QEvent.Type.StyleChange, QEvent.Type.PaletteChange)


def reveal(widget: QWidget, on: bool = True) -> None:
    """Show or hide a part of something.

    Showing a widget that has no parent yet would open it as a window of its own for a moment
    and take the focus away; such a one is only marked to appear with its parent.
    """
    if on and widget.parent() is None:
        widget.setAttribute(Qt.WidgetAttribute.WA_WState_ExplicitShowHide, False)
    else:
        widget.setVisible(on)


def repolish(widget: QWidget) -> None:
    """Let the style sheet look at a widget again, if it has looked at all.

    Asking for the style loads its hundreds of enum members; a widget that was never shown need not.
    """
    if widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
        style = widget.style()
        style.unpolish(widget)
        style.polish(widget)


class Text(QLabel):
    """A label that never reads its text as markup, so nothing a person typed can format the window.

    `role` picks the type: body, muted, caption, strong, label, heading, title, display, number,
    error, danger, warn, ok, info, accent.
    """

    def __init__(
        self, text: str = "", role: str = "body", *, wrap: bool = False, copy: bool = False,
        parent: QWidget | None = None, **values: object,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._text = text
        self._values = values
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        self.setProperty("role", role)
        if copy:
            self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        if wrap:
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.retranslate()

    def set_role(self, role: str) -> None:
        """Change the type role."""
        if self.property("role") != role:
            self.setProperty("role", role)
            repolish(self)

    def say(self, text: str, **values: object) -> None:
        """Show a message id with its values; said again when the language changes."""
        self._text, self._values = text, values
        self.retranslate()

    def put(self, text: str) -> None:
        """Show a value as it is: a name, a number, something typed."""
        self._text, self._values = "", {}
        self.setText(text)

    def retranslate(self) -> None:
        """Say the text in the window's language."""
        if self._text:
            self.setText(spoken(self._text, **self._values))


class Button(QPushButton):
    """A button by role: normal, primary (one per page), danger, quiet, link, tile, choice, rail, status.

    It is pressed by Enter too when it has the focus, and never by default from elsewhere.
    """

    def __init__(
        self, text: str = "", role: str = "", *, icon: str = "", name: str = "", tip: str = "",
        clicked: Callable[[], object] | None = None, parent: QWidget | None = None, **values: object,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._text, self._values, self._name, self._tip, self._icon = text, values, name, tip, icon
        self._key = ""
        self._tinted: object = None
        self.setAutoDefault(False)
        self.setProperty("role", role)
        if clicked is not None:
            self.clicked.connect(lambda _checked=False: clicked())
        self.retranslate()
        self.tint()

    def say(self, text: str, **values: object) -> None:
        """Change the text."""
        self._text, self._values = text, values
        self.retranslate()

    def put(self, text: str) -> None:
        """Show a value as it is."""
        self._text, self._values = "", {}
        self.setText(text.replace("&", "&&"))

    @property
    def icon_name(self) -> str:
        """The icon, or an empty text."""
        return self._icon

    @property
    def message(self) -> str:
        """The message id of the text; empty where it shows a value as it is."""
        return self._text

    def set_icon(self, name: str) -> None:
        """Change the icon."""
        self._icon = name
        self.tint()

    def set_role(self, role: str) -> None:
        """Change the role."""
        if self.property("role") != role:
            self.setProperty("role", role)
            repolish(self)
            self.tint()

    def show_key(self, key: str) -> None:
        """Add the shortcut to the tool tip and to what a screen reader says."""
        self._key = key
        self.retranslate()

    def retranslate(self) -> None:
        """Say text, name and tip in the window's language."""
        if self._text:
            self.setText(spoken(self._text, **self._values))
        name = spoken(self._name or self._text, **self._values)
        if name:
            self.setAccessibleName(without_mnemonic(name))
        tip = spoken(self._tip, **self._values) if self._tip else ("" if self._text else without_mnemonic(name))
        self.setToolTip(" ".join(part for part in (tip, f"({self._key})" if self._key else "") if part))

    def keyPressEvent(self, event: object) -> None:
        """Let Enter press the focused button, as people at a counter expect."""
        key = event.key()  # type: ignore[attr-defined]
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)  # type: ignore[arg-type]

    def changeEvent(self, event: QEvent) -> None:
        """Tint the icon anew when the look changes."""
        super().changeEvent(event)
        if event.type() in RESTYLE or event.type() == QEvent.Type.EnabledChange:
            self.tint()

    def tint(self) -> None:
        """Draw the icon in the colour that role and state ask for."""
        if not getattr(self, "_icon", None):
            return
        role = str(self.property("role") or "")
        tint = {"primary": "on_accent", "danger": "danger", "link": "accent", "rail": "muted", "rail-head": "muted",
                "status": "muted", "status-warn": "warn"}.get(role, "text")  # fmt: skip
        if role == "rail" and self.isChecked():
            tint = "accent"
        if not self.isEnabled():
            tint = "muted"
        size = 14 if role.startswith(("status", "rail-head")) else 20 if role in ("rail", "tile") else 18
        look = (self._icon, tint, size, theme.now(), icons.waiting())
        if look == self._tinted:
            return  # Qt tells of a change of style many times while a window is put together
        self._tinted = look
        self.setIcon(icons.icon(self._icon, tint, size))
        self.setIconSize(QSize(theme.px(size), theme.px(size)))


class KeyCap(Text):
    """A key drawn as a key, beside the thing it does."""

    def __init__(self, key: str, parent: QWidget | None = None) -> None:
        super().__init__(role="key", parent=parent)
        self.put(key)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)


class Picture(QLabel):
    """A shipped icon as a label; decoration, so it has no accessible name of its own."""

    def __init__(self, name: str, role: str = "muted", size: int = 18, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._role, self._size = name, role, size
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        self.tint()

    def show_icon(self, name: str, role: str | None = None) -> None:
        """Change the icon and perhaps its colour role."""
        self._name, self._role = name, role or self._role
        self.tint()

    def changeEvent(self, event: QEvent) -> None:
        """Tint anew when the look changes."""
        super().changeEvent(event)
        if event.type() in RESTYLE and getattr(self, "_name", None):
            self.tint()

    def tint(self) -> None:
        """Draw the icon in the colours of the look."""
        self.setPixmap(icons.pixmap(self._name, self._role, self._size))


class Pill(QWidget):
    """A state: icon and words on a soft ground. Tones: neutral, accent, danger, warn, ok, info."""

    def __init__(
        self, text: str = "", tone: str = "neutral", icon: str = "", parent: QWidget | None = None, **values: object
    ) -> None:
        super().__init__(parent)
        self._text, self._values, self._tone, self._icon, self._said = text, values, tone, icon, ""
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.retranslate()

    def show_state(self, text: str, tone: str = "neutral", icon: str = "", **values: object) -> None:
        """Show another state (a message id)."""
        self._text, self._values, self._tone, self._icon = text, values, tone, icon
        self.retranslate()

    def retranslate(self) -> None:
        """Say the state in the window's language."""
        self._said = spoken(self._text, **self._values)
        self.setAccessibleName(self._said)
        self.setToolTip(self._said)
        self.updateGeometry()
        self.update()

    def text(self) -> str:
        """Return what is shown."""
        return self._said

    def sizeHint(self) -> QSize:
        """Return the size of icon, words and padding."""
        metrics = self.fontMetrics()
        icon = theme.px(18) if self._icon else 0
        return QSize(metrics.horizontalAdvance(self._said) + icon + theme.px(18), metrics.height() + theme.px(6))

    def minimumSizeHint(self) -> QSize:
        """Give way where there is no room; the words are then shortened, and whole in the tool tip."""
        return QSize(min(self.sizeHint().width(), theme.px(96)), self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        """Measure anew when the look changes."""
        super().changeEvent(event)
        if event.type() in (*RESTYLE, QEvent.Type.FontChange):
            self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw ground, icon and words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_pill(painter, QRectF(self.rect()), self._said, self._tone, self._icon)


def paint_pill(painter: QPainter, area: QRectF, text: str, tone: str, icon: str = "") -> None:
    """Draw a pill into an area; tables use it too."""
    ground, ink = ("hover", "text") if tone == "neutral" else (f"{tone}_soft", tone)
    radius = min(area.height() / 2, 11)
    painter.setPen(QPen(theme.colour("border" if tone == "neutral" else ground)))
    if theme.now().mode == "contrast":
        painter.setPen(QPen(theme.colour(ink)))
    painter.setBrush(theme.colour(ground))
    painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
    left = area.left() + theme.px(9)
    if icon:
        edge = theme.px(14)
        painter.drawPixmap(int(left), int(area.center().y() - edge / 2 + 0.5), icons.pixmap(icon, ink, 14))
        left += theme.px(18)
    painter.setPen(theme.colour(ink))
    space = QRectF(left, area.top(), area.right() - left - theme.px(6), area.height())
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(space.width()) + 1)
    painter.drawText(space, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), shown)
