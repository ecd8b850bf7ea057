"""The look of the window: palette, style sheet and font for light, dark and high contrast, 100-200 %.

Fusion with our own palette, because the platform's own colour scheme switch does nothing on
plain X11 and offscreen. Switching is immediate: Qt sends every widget a StyleChange, and
widgets that paint themselves ask `colour()` and `px()` each time they paint.
"""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from deskapp.paths import resource
from deskapp.ui.sheet import style_sheet
from deskapp.ui.tokens import FAMILY, LIGHT, PALETTES, TYPE, Mode, Palette

FRAME = 40
"""What a window's title and frame take of the height of a screen, px."""


class Look(NamedTuple):
    """What the window looks like now: mode, text size in per cent, colours."""

    mode: Mode = "light"
    scale: int = 100
    palette: Palette = LIGHT


class _Current:
    look = Look()
    fonts: dict[str, int] = {}


def now() -> Look:
    """Return the look that is applied."""
    return _Current.look


def colour(role: str) -> QColor:
    """Return the colour of a role in the applied look."""
    return QColor(_Current.look.palette.of(role))


def px(size: float) -> int:
    """Return a length given in px at 100 % in the applied scale."""
    return round(size * _Current.look.scale / 100)


def font(role: str = "body", *, mono: bool = False) -> QFont:
    """Return the font of a type role in the applied scale."""
    size, weight = TYPE[role]
    made = QFont(FAMILY)
    made.setPixelSize(px(size))
    made.setWeight(QFont.Weight(weight))
    if mono:
        made.setFeature(QFont.Tag("tnum"), 1)
    return made


def load_regular() -> None:
    """Load the shipped font; once per process."""
    _load("NotoSansSC-Regular.ttf")


def load_bold() -> None:
    """Load the bold face; the lock screen does without it, so it can wait until after the first paint."""
    _load("NotoSansSC-Bold.ttf")


def apply(app: QApplication, mode: str = "light", scale: int = 100) -> None:
    """Give the whole application this look, at once."""
    chosen: Mode = "dark" if mode == "dark" else "contrast" if mode == "contrast" else "light"
    scale = max(100, min(200, scale))
    _Current.look = Look(chosen, scale, PALETTES[chosen])
    load_regular()
    if not app.property("fusion"):
        # Touching the style loads its hundreds of enum members; the start names it on the command line instead.
        app.setStyle("Fusion")
        app.setProperty("fusion", True)
    sheet = style_sheet(chosen, scale, resource("icons", "sheet").as_posix())
    if app.styleSheet() == sheet:  # every widget there is would be styled anew, for the same look
        return
    app.setFont(font())
    app.setPalette(_qt_palette(PALETTES[chosen]))
    app.setStyleSheet(sheet)


def open_at(window: QWidget, width: int, height: int) -> None:
    """Give a window its first size, no higher than its screen: what lies below the edge is found by nobody."""
    room = window.screen().availableGeometry().height() - FRAME
    window.resize(width, min(height, max(room, window.minimumHeight())))


def _load(file: str) -> None:
    if file not in _Current.fonts:
        _Current.fonts[file] = QFontDatabase.addApplicationFont(str(resource("fonts", file)))


def _qt_palette(colours: Palette) -> QPalette:
    palette = QPalette()
    roles = QPalette.ColorRole
    table = {
        roles.Window: colours.surface, roles.WindowText: colours.text,
        roles.Base: colours.raised, roles.AlternateBase: colours.surface, roles.Text: colours.text,
        roles.Button: colours.raised, roles.ButtonText: colours.text, roles.BrightText: colours.danger,
        roles.Highlight: colours.accent, roles.HighlightedText: colours.on_accent, roles.Accent: colours.accent,
        roles.Link: colours.accent, roles.LinkVisited: colours.accent,
        roles.ToolTipBase: colours.text, roles.ToolTipText: colours.raised,
        roles.PlaceholderText: colours.muted,
        roles.Light: colours.raised, roles.Midlight: colours.hover, roles.Mid: colours.border,
        roles.Dark: colours.strong_border, roles.Shadow: colours.strong_border,
    }  # fmt: skip
    for role, value in table.items():
        palette.setColor(role, QColor(value))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(colours.muted))
    return palette
