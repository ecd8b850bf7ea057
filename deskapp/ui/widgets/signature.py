"""A signature as strokes: by mouse, pen or finger, kept as an SVG path, never as a bitmap only."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

from PySide6.QtCore import QBuffer, QByteArray, QEvent, QIODevice, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QImageWriter,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QTabletEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from deskapp.errors import N_
from deskapp.ui import theme
from deskapp.ui.speech import spoken
from deskapp.ui.tokens import SMALL
from deskapp.ui.widgets.text import Button, Text

BOX = (600.0, 200.0)
"""The pad's own units, whatever its size on the screen: width and height of the SVG view box."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A finished signature: the path data (`M x y L x y ...` in a 600 x 200 box) and its number of strokes."""

    path: str
    strokes: int

    @property
    def svg(self) -> str:
        """The signature as an SVG document."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {BOX[0]:.0f} {BOX[1]:.0f}">'
            f'<path d="{self.path}" fill="none" stroke="#000" stroke-width="2.5" stroke-linecap="round" '
            f'stroke-linejoin="round"/></svg>'
        )


class _Pad(QWidget):
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.strokes: list[list[QPointF]] = []
        self._drawing = False
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents, True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(450, 150)

    def minimumSizeHint(self) -> QSize:
        return QSize(300, 100)

    def hasHeightForWidth(self) -> bool:
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._begin(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drawing:
            self._go(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._end(event.position())

    def tabletEvent(self, event: QTabletEvent) -> None:
        kind = event.type()
        if kind == QEvent.Type.TabletPress:
            self._begin(event.position())
        elif kind == QEvent.Type.TabletMove and self._drawing:
            self._go(event.position())
        elif kind == QEvent.Type.TabletRelease:
            self._end(event.position())
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("strong_border"), 1))
        painter.setBrush(theme.colour("raised"))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 8, 8)
        base = round(self.height() * 0.78)
        painter.setPen(QPen(theme.colour("border"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(24, base, self.width() - 24, base)
        if not self.strokes:
            painter.setPen(theme.colour("muted"))
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), spoken(N_("Sign here")))
            return
        frame = QRectF(0, 0, self.width(), self.height())
        draw(painter, self.strokes, frame, theme.colour("text"))

    def _begin(self, at: QPointF) -> None:
        self._drawing = True
        self.strokes.append([self._inside(at)])
        self.update()

    def _go(self, at: QPointF) -> None:
        point, last = self._inside(at), self.strokes[-1][-1]
        if hypot(point.x() - last.x(), point.y() - last.y()) >= 1.0:
            self.strokes[-1].append(point)
            self.update()

    def _end(self, at: QPointF) -> None:
        if self._drawing:
            self._go(at)
            self._drawing = False
            self.changed.emit()

    def _inside(self, at: QPointF) -> QPointF:
        x = min(max(at.x(), 0.0), float(self.width())) * BOX[0] / max(1, self.width())
        y = min(max(at.y(), 0.0), float(self.height())) * BOX[1] / max(1, self.height())
        return QPointF(x, y)


class SignaturePad(QWidget):
    """The pad with its buttons; `signature()` is None until there is a real stroke.

    "On paper" is a full answer too: the signed paper is scanned later.

    Signals:
        signed: the strokes, or the choice of paper, changed.
    """

    signed = Signal()

    def __init__(self, name: str = N_("Signature"), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pad = _Pad()
        self.pad.setAccessibleName(spoken(name))
        self._name = name
        self.on_paper = Button(N_("Signs on paper"), "choice", icon="file-text")
        self.on_paper.setCheckable(True)
        self.undo = Button(N_("Take back the last stroke"), "quiet", icon="arrow-back-up")
        self.erase = Button(N_("Start again"), "quiet", icon="refresh")
        self.note = Text(N_("The paper stays with the documents and is scanned later."), "muted", wrap=True)
        self.note.hide()
        line = QHBoxLayout()
        line.setSpacing(SMALL)
        line.addWidget(self.on_paper)
        line.addStretch(1)
        line.addWidget(self.undo)
        line.addWidget(self.erase)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addWidget(self.pad)
        column.addWidget(self.note)
        column.addLayout(line)
        self.pad.changed.connect(self._changed)
        self.undo.clicked.connect(self._undo)
        self.erase.clicked.connect(self.clear)
        self.on_paper.toggled.connect(self._paper)
        self._changed()

    def signature(self) -> Signature | None:
        """Return the strokes; None where nothing was signed on the screen."""
        if self.on_paper.isChecked() or not _long_enough(self.pad.strokes):
            return None
        return Signature(_path_text(self.pad.strokes), len(self.pad.strokes))

    def paper(self) -> bool:
        """Tell whether the person signs on paper."""
        return self.on_paper.isChecked()

    def png(self, width: int = 600) -> bytes:
        """Return a preview of the strokes, black on white."""
        image = QImage(width, round(width * BOX[1] / BOX[0]), QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.white)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw(painter, self.pad.strokes, QRectF(image.rect()), QColor("#000000"))
        painter.end()
        content = QByteArray()
        buffer = QBuffer(content)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        QImageWriter(buffer, QByteArray(b"png")).write(image)
        return bytes(content.data())

    def clear(self) -> None:
        """Start again."""
        self.pad.strokes.clear()
        self.on_paper.setChecked(False)
        self._changed()

    def retranslate(self) -> None:
        """Say the name in the window's language."""
        self.pad.setAccessibleName(spoken(self._name))
        self.pad.update()

    def _undo(self) -> None:
        if self.pad.strokes:
            self.pad.strokes.pop()
        self._changed()

    def _paper(self, on: bool) -> None:
        self.note.setVisible(on)
        self.pad.setEnabled(not on)
        self.signed.emit()

    def _changed(self) -> None:
        some = bool(self.pad.strokes)
        self.undo.setEnabled(some)
        self.erase.setEnabled(some)
        self.pad.update()
        self.signed.emit()


def draw(painter: QPainter, strokes: list[list[QPointF]], frame: QRectF, ink: QColor) -> None:
    """Draw strokes of the 600 x 200 box into a frame."""
    pen = QPen(ink, max(1.5, frame.width() / 240))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    wide, tall = frame.width() / BOX[0], frame.height() / BOX[1]
    for stroke in strokes:
        path = QPainterPath(QPointF(frame.left() + stroke[0].x() * wide, frame.top() + stroke[0].y() * tall))
        for point in stroke[1:]:
            path.lineTo(frame.left() + point.x() * wide, frame.top() + point.y() * tall)
        if len(stroke) == 1:
            path.lineTo(path.currentPosition() + QPointF(0.5, 0.5))
        painter.drawPath(path)


def _path_text(strokes: list[list[QPointF]]) -> str:
    pieces = []
    for stroke in strokes:
        first, *others = stroke
        pieces.append(f"M{first.x():.0f} {first.y():.0f}")
        pieces.extend(f"L{point.x():.0f} {point.y():.0f}" for point in others)
    return "".join(pieces)


def _long_enough(strokes: list[list[QPointF]]) -> bool:
    """A dot or a slip of the hand is no signature: 40 units of ink at least."""
    ink = 0.0
    for stroke in strokes:
        for one, other in zip(stroke, stroke[1:], strict=False):
            ink += hypot(other.x() - one.x(), other.y() - one.y())
    return ink >= 40
