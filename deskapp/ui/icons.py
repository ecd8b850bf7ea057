"""Icons from the shipped Tabler outlines, tinted by colour role and kept once drawn.

Every icon stands beside a text or on something with an accessible name; none is the only carrier of a meaning.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from deskapp.paths import resource
from deskapp.ui import theme


class _Waiting:
    """Whether icons wait until the window was painted once; until then they are as large, but blank."""

    on = False


def wait() -> None:
    """Draw no icon yet: what draws them is loaded after the first paint."""
    _Waiting.on = True


def waiting() -> bool:
    """Tell whether icons are blank for now."""
    return _Waiting.on


def load() -> None:
    """Read the icons ahead, on any thread; drawing them is quick."""
    for file in resource("icons").glob("*.svg"):
        _source(file.stem)


def come(root: QWidget) -> None:
    """Draw the icons now, below `root` at once."""
    if not _Waiting.on:
        return
    _Waiting.on = False
    for widget in root.findChildren(QWidget):
        tint = getattr(widget, "tint", None)
        if callable(tint):
            tint()


def icon(name: str, role: str = "text", size: int = 18) -> QIcon:
    """Return a shipped icon in the colour of a role, `size` px at 100 %."""
    return QIcon(pixmap(name, role, size))


def pixmap(name: str, role: str = "text", size: int = 18, ratio: float = 2.0) -> QPixmap:
    """Return a shipped icon as a picture, sharp up to a device pixel ratio of `ratio`."""
    if _Waiting.on:
        return _blank(theme.px(size), ratio)
    return _draw(name, theme.colour(role).name(), theme.px(size), ratio)


def exists(name: str) -> bool:
    """Tell whether an icon of this name is shipped."""
    return resource("icons", f"{name}.svg").is_file()


@lru_cache(maxsize=512)
def _draw(name: str, colour: str, edge: int, ratio: float) -> QPixmap:
    from PySide6.QtSvg import QSvgRenderer

    picture = _blank(edge, ratio)
    text = _source(name).replace("currentColor", colour)
    renderer = QSvgRenderer(QByteArray(text.encode()))
    painter = QPainter(picture)
    renderer.render(painter, QRectF(0, 0, edge, edge))
    painter.end()
    return picture


def _blank(edge: int, ratio: float) -> QPixmap:
    picture = QPixmap(round(edge * ratio), round(edge * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    return picture


@lru_cache(maxsize=256)
def _source(name: str) -> str:
    return resource("icons", f"{name}.svg").read_text(encoding="utf-8")
