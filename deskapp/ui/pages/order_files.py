"""Photos, signatures and scans of an order, a difference or a van: small pictures in a row, one in full below."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QImage, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem

from deskapp.errors import N_, DeskError
from deskapp.queries.orders import OrderCard, OrderFile
from deskapp.queries.syncing import coming_photos, uploading_photos
from deskapp.ui import theme
from deskapp.ui.kit import Button, Card, PageContext, Text, row, spoken
from deskapp.ui.pages.checkin_files import fetch_photo
from deskapp.ui.pages.words import full_moment
from deskapp.ui.widgets.text import RESTYLE
from deskapp.ui.widgets.thumbnails import shown

if TYPE_CHECKING:
    from deskapp.models.store import Changes, Store

FILE_KINDS: Final = {
    "front": N_("Front"), "back": N_("Back side"), "damage": N_("Damage"), "signature": N_("Signature"),
    "signature_giver": N_("Signature of the giver"), "signature_taker": N_("Signature of the taker"),
    "paper": N_("Signed paper"), "approval": N_("Approval of the quote"),
    "before": N_("Before the repair"), "after": N_("After the repair"),
}  # fmt: skip

SMALL_PICTURE: Final = N_("small picture, the photo is still on its way")
COMING: Final = N_("{count} photos are still on their way to this computer.")
COMING_SMALL: Final = N_("{count} photos are still on their way to this computer. Until then you see small pictures.")


class Files(Card):
    """Photos, signatures and scans as small pictures; Enter shows one in full below.

    Of a photo that is still on its way here the small picture of its record is shown, and marked as such.
    """

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("Photos and signatures"), icon="photo")
        self.jobs = context.jobs
        self.files: tuple[OrderFile, ...] = ()
        self._pictures: dict[str, QPixmap] = {}
        self._small: dict[str, QPixmap] = {}
        self._uploading: frozenset[str] = frozenset()
        self._missing: dict[str, DeskError] = {}
        self._coming: frozenset[str] = frozenset()
        self._asked_again: set[str] = set()
        self._open = ""
        self.list = _Strip()
        self.list.setViewMode(QListWidget.ViewMode.IconMode)
        self.list.setFlow(QListWidget.Flow.LeftToRight)
        self.list.setMovement(QListWidget.Movement.Static)
        self.list.setWrapping(False)
        self.trouble = Text(role="warn", wrap=True)
        self.caption = Text(role="caption", wrap=True)
        self.full = QLabel()
        self.full.setTextFormat(Qt.TextFormat.PlainText)
        self.full.setAlignment(Qt.AlignmentFlag.AlignLeft)
        self.close_button = Button(N_("Close the picture"), "quiet", icon="x", clicked=self.close_picture)
        self.add(self.list)
        self.add(self.trouble)
        self.add(self.caption)
        self.add(self.full)
        self.add(row(self.close_button, 1))
        self.list.itemActivated.connect(lambda item: self.show_full(self.list.row(item)))
        self.list.itemClicked.connect(lambda item: self.show_full(self.list.row(item)))
        self.list.escape = self.close_picture
        self.close_picture()
        self.retranslate()

    def show_card(self, card: OrderCard) -> None:
        """Show the files of an order; their bytes come from the blob store in the background."""
        self.show_files(card.files)

    def show_files(self, files: tuple[OrderFile, ...]) -> None:
        """Show these files."""
        self.setVisible(bool(files))
        self._ask_way(files)
        if files == self.files:
            return
        self.files = files
        self.trouble.hide()
        self.close_picture()
        self._missing.clear()
        self._asked_again.clear()
        small = {one.sha256: shown(one.thumbnail) for one in files if one.sha256 not in self._pictures}
        self._small = {name: picture for name, picture in small.items() if picture is not None}
        self._fill()
        for one in files:
            if one.sha256 not in self._pictures:
                self._fetch(one)

    def _fetch(self, one: OrderFile) -> None:
        self.jobs.background(
            fetch_photo(cast("Store", self.jobs.store), one.sha256), owner=self, then=partial(self._fetched, one),
            refused=partial(self._lost, one),
        )  # fmt: skip

    def heard(self, changes: Changes) -> None:
        """Look again which files are still on their way, to the server or from it, when some were carried."""
        if changes.touches("blob_transfer", "sync_round", "sync_state"):
            self._ask_way(self.files)

    def _ask_way(self, files: Sequence[OrderFile]) -> None:
        ids, names = [one.id for one in files], [one.sha256 for one in files]
        if ids:
            self.jobs.ask(
                lambda session: (uploading_photos(session, ids), coming_photos(session, names)),
                owner=self, then=self._on_the_way, exclusive="way",
            )  # fmt: skip

    def _on_the_way(self, way: tuple[frozenset[str], frozenset[str]]) -> None:
        uploading, coming = way
        if way != (self._uploading, self._coming):
            self._uploading, self._coming = way
            self._fill()
        self._asked_again -= coming
        for one in self.files:
            if one.sha256 in self._missing and one.sha256 not in self._asked_again | coming:
                self._asked_again.add(one.sha256)  # it has come since; if not, it is not asked for any more
                self._fetch(one)
        self._say_missing()

    def show_full(self, place: int) -> None:
        """Show one picture as large as there is room."""
        if not 0 <= place < len(self.files):
            return
        one = self.files[place]
        picture = self._pictures.get(one.sha256)
        small = self._small.get(one.sha256) if picture is None else None
        room = max(240, min(self.width() - theme.px(48), theme.px(900)))
        if picture is not None:
            self.full.setPixmap(_within(picture, room, theme.px(640)))
        elif small is not None:
            edge = min(room, theme.px(420))
            self.full.setPixmap(_scaled(small, edge, edge))
        else:
            return
        self._open = one.sha256
        self.full.setAccessibleName(file_title(one) + self._way(one))
        said = (file_title(one), full_moment(one.at), one.by, spoken(SMALL_PICTURE) if small is not None else "")
        self.caption.put("  ·  ".join(part for part in said if part))
        for part in (self.full, self.caption, self.close_button):
            part.show()

    def close_picture(self) -> None:
        """Take the large picture away."""
        self.full.clear()
        self._open = ""
        for part in (self.full, self.caption, self.close_button):
            part.hide()

    def retranslate(self) -> None:
        """Say the names in the window's language."""
        self.list.setAccessibleName(spoken(N_("Photos and signatures")))
        self._fill()

    def changeEvent(self, event: Any) -> None:
        """Draw the small pictures anew in another size of letters."""
        super().changeEvent(event)
        if event.type() in RESTYLE and hasattr(self, "close_button"):
            self._fill()

    def _fetched(self, one: OrderFile, content: bytes) -> None:
        self._pictures[one.sha256] = picture_of(content, one.mime)
        self._missing.pop(one.sha256, None)
        self._fill()
        self._say_missing()
        if self._open == one.sha256:
            self.show_full([other.sha256 for other in self.files].index(one.sha256))

    def _lost(self, one: OrderFile, error: DeskError) -> None:
        self._missing[one.sha256] = error
        self._ask_way(self.files)

    def _say_missing(self) -> None:
        """Say that files are on their way here, or what else is wrong with one."""
        coming = self._coming & self._missing.keys()
        error = next((error for name, error in self._missing.items() if name not in coming), None)
        if error is not None:
            self.trouble.say(error.sentence, **error.values)
        elif coming:
            self.trouble.say(COMING_SMALL if coming <= self._small.keys() else COMING, count=len(coming))
        self.trouble.set_role("warn" if error is not None else "caption")
        self.trouble.setVisible(bool(self._missing))

    def _way(self, one: OrderFile) -> str:
        """Return the words for a file that is on its way."""
        if one.id in self._uploading:
            return "  ·  " + spoken(N_("still uploading"))
        if one.sha256 in self._coming and one.sha256 not in self._pictures:
            return "  ·  " + spoken(SMALL_PICTURE if one.sha256 in self._small else N_("still on its way"))
        return ""

    def _fill(self) -> None:
        edge, chosen = theme.px(96), self.list.currentRow()
        self.list.setIconSize(QSize(edge, edge))
        self.list.setGridSize(QSize(edge + theme.px(20), edge + theme.px(34)))
        self.list.setFixedHeight(edge + theme.px(52))
        self.list.clear()
        for one in self.files:
            waits = self._way(one)
            arrow = "" if not waits else "↑ " if one.id in self._uploading else "↓ "
            item = QListWidgetItem(arrow + spoken(FILE_KINDS.get(one.kind, one.kind)))
            item.setToolTip(file_title(one) + waits)
            picture = self._pictures.get(one.sha256, self._small.get(one.sha256))
            if picture is not None:
                item.setIcon(QIcon(_within(picture, edge, edge)))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, file_title(one) + waits)
            self.list.addItem(item)
        if self.files:
            self.list.setCurrentRow(max(0, min(chosen, len(self.files) - 1)))


class _Strip(QListWidget):
    escape: Any = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens, Escape closes the large picture."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentItem() is not None:
            self.itemActivated.emit(self.currentItem())
        elif event.key() == Qt.Key.Key_Escape and self.escape is not None:
            self.escape()
        else:
            super().keyPressEvent(event)


def file_title(one: OrderFile) -> str:
    """Return what a file shows: its kind, the words below it, and of which device."""
    kind = spoken(FILE_KINDS.get(one.kind, one.kind))
    return " ".join(part for part in (kind, one.about, one.caption) if part)


def picture_of(content: bytes, mime: str) -> QPixmap:
    """Return a stored file as a picture; a signature is ink on white in every look."""
    if "svg" not in mime:
        return QPixmap.fromImage(QImage.fromData(content))
    from PySide6.QtSvg import QSvgRenderer

    picture = QPixmap(1200, 400)
    picture.fill(Qt.GlobalColor.white)
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(content)).render(painter, QRectF(0, 0, 1200, 400))
    painter.end()
    return picture


def _within(picture: QPixmap, width: int, height: int) -> QPixmap:
    if picture.isNull() or (picture.width() <= width and picture.height() <= height):
        return picture
    return _scaled(picture, width, height)


def _scaled(picture: QPixmap, width: int, height: int) -> QPixmap:
    return picture.scaled(width, height, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
