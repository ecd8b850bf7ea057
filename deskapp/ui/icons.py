"""Icons from the shipped Tabler outlines, tinted by colour role and kept once drawn.

Every icon stands beside a text or on something with an accessible name; none is the only carrier of a meaning.
"""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from deskapp.paths import resource
from deskapp.ui import theme


def icon(name: str, role: str = "text", size: int = 18) -> QIcon:
    """Return a shipped icon in the colour of a role, `size` px at 100 %."""
    return QIcon(pixmap(name, role, size))


def pixmap(name: str, role: str = "text", size: int = 18, ratio: float = 2.0) -> QPixmap:
    """Return a shipped icon as a picture, sharp up to a device pixel ratio of `ratio`."""
    return _draw(name, theme.colour(role).name(), theme.px(size), ratio)


def exists(name: str) -> bool:
    """Tell whether an icon of this name is shipped."""
    return resource("icons", f"{name}.svg").is_file()


@lru_cache(maxsize=512)
def _draw(name: str, colour: str, edge: int, ratio: float) -> QPixmap:
    picture = QPixmap(round(edge * ratio), round(edge * ratio))
    picture.fill(Qt.GlobalColor.transparent)
    text = _source(name).replace("currentColor", colour)
    renderer = QSvgRenderer(QByteArray(text.encode()))
    painter = QPainter(picture)
    renderer.render(painter, QRectF(0, 0, edge * ratio, edge * ratio))
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


@lru_cache(maxsize=256)
def _source(name: str) -> str:
    return resource("icons", f"{name}.svg").read_text(encoding="utf-8")
