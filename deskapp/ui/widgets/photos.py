"""Photos of a device: from a file, the clipboard, a drop, or a folder a phone or camera writes into."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QFileSystemWatcher, QIODevice, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QIcon,
    QImage,
    QImageWriter,
    QKeyEvent,
    QKeySequence,
    QPixmap,
)
from PySide6.QtWidgets import QFileDialog, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from deskapp.errors import N_, Refused
from deskapp.i18n import say
from deskapp.ui import theme
from deskapp.ui.jobs import Jobs, Progress
from deskapp.ui.speech import spoken
from deskapp.ui.tokens import SMALL
from deskapp.ui.widgets.forms import row
from deskapp.ui.widgets.text import Button, Text
from deskapp.ui.widgets.thumbnails import thumbnail_in, thumbnail_of

LARGEST_FILE = 60_000_000
KINDS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")
SETTLE_MS = 600


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo ready to store: JPEG bytes without the camera's metadata, size in pixels, SHA-256 as hex.

    `thumbnail` is a small picture of it, as its record holds that (`widgets.thumbnails`).
    """

    name: str
    jpeg: bytes
    width: int
    height: int
    sha256: str
    thumbnail: str = ""


def shrink(source: Path | bytes, name: str, long_edge: int) -> Photo:
    """Return a photo at most `long_edge` pixels long, turned upright, without metadata such as places.

    Raises Refused when it is no picture or too large to be one.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    if isinstance(source, Path) and source.stat().st_size > LARGEST_FILE:
        raise Refused(N_("The file {name} is too large to be a photo."), field="photos", name=name)
    try:
        with Image.open(source if isinstance(source, Path) else io.BytesIO(source)) as opened:
            opened.draft("RGB", (long_edge, long_edge))
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise Refused(N_("The file {name} is not a photo that can be read."), field="photos", name=name) from error
    picture.thumbnail((long_edge, long_edge))
    picture.info.clear()  # words of the camera would be written again
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=85, optimize=True)
    jpeg = content.getvalue()
    digest = hashlib.sha256(jpeg).hexdigest()
    return Photo(name, jpeg, picture.width, picture.height, digest, thumbnail_of(picture))


def as_kept(jpeg: bytes, name: str) -> Photo:
    """Return a photo that was stored before, as it is: encoding it again would make another file of it."""
    from PIL import Image

    with Image.open(io.BytesIO(jpeg)) as opened:
        width, height = opened.size
    return Photo(name, jpeg, width, height, hashlib.sha256(jpeg).hexdigest(), thumbnail_in(jpeg))


class PhotoStrip(QWidget):
    """A row of photos and the ways to add one. Large files are made small on a work thread.

    Signals:
        changed: a photo was added or removed.
        refused: a file could not be used; carries the sentence.
    """

    changed = Signal()
    refused = Signal(str)

    kinds: tuple[str, ...] = KINDS
    flat = False
    """Whether the note stands beside the buttons, in fewer words: for places with more width than height."""

    def __init__(
        self, jobs: Jobs, *, long_edge: int = 1600, watched_folder: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._jobs, self._long_edge = jobs, long_edge
        self.photos: list[Photo] = []
        self._working = 0
        self.setAcceptDrops(True)
        self.list = QListWidget()
        self.list.setViewMode(QListWidget.ViewMode.IconMode)
        self.list.setFlow(QListWidget.Flow.LeftToRight)
        self.list.setWrapping(False)
        self.list.setMovement(QListWidget.Movement.Static)
        self.add_button = Button(N_("Add a photo"), icon="camera", clicked=self._choose)
        self.paste_button = Button(N_("Paste"), "quiet", icon="copy", clicked=self.paste)
        self.remove_button = Button(N_("Remove"), "quiet", icon="trash", clicked=self.remove_current)
        self.note = Text(role="caption", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addWidget(self.list)
        buttons = row(self.add_button, self.paste_button, self.remove_button)
        column.addLayout(buttons)
        if self.flat:
            buttons.addWidget(self.note, 1)
        else:
            buttons.addStretch(1)
            column.addWidget(self.note)
        self._watcher = QFileSystemWatcher(self)
        self._known: set[str] = set()
        self._folder: Path | None = None
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._look)
        self._watcher.directoryChanged.connect(lambda _folder: self._settle.start())
        self.watch(watched_folder)
        self.retranslate()
        self._show()

    def add_file(self, path: Path) -> None:
        """Add a picture file."""
        edge = self._long_edge
        self.work_on(lambda progress: [shrink(path, path.name, edge)])

    def add_bytes(self, content: bytes, name: str) -> None:
        """Add a picture held in memory."""
        edge = self._long_edge
        self.work_on(lambda progress: [shrink(content, name, edge)])

    def add_kept(self, fetch: Callable[[Progress], bytes], name: str) -> None:
        """Add a photo that was stored before; `fetch` brings its bytes, on a work thread."""
        self.work_on(lambda progress: [as_kept(fetch(progress), name)])

    def says(self, photo: Photo) -> str:
        """Return the words below a photo, in the window's language; none unless a strip has some."""
        return ""

    def paste(self) -> None:
        """Add what is on the clipboard, a picture or copied files."""
        clipboard = QGuiApplication.clipboard()
        mime = clipboard.mimeData()
        if mime is not None and mime.hasUrls():
            self._add_urls([url.toLocalFile() for url in mime.urls()])
        elif not (image := clipboard.image()).isNull():
            self.add_bytes(_png(image), spoken(N_("Clipboard")))
        else:
            self._say(spoken(N_("There is no picture on the clipboard.")))

    def remove_current(self) -> None:
        """Remove the chosen photo."""
        place = self.list.currentRow()
        if 0 <= place < len(self.photos):
            del self.photos[place]
            self._show()
            self.changed.emit()

    def without(self, names: Collection[str]) -> None:
        """Remove the photos with these SHA-256."""
        left = [photo for photo in self.photos if photo.sha256 not in names]
        if len(left) < len(self.photos):
            self.photos = left
            self._show()
            self.changed.emit()

    def clear(self) -> None:
        """Remove all photos."""
        self.photos.clear()
        self._show()
        self.changed.emit()

    def watch(self, folder: str) -> None:
        """Take every new picture of a folder; what is already in it is left alone."""
        if self._watcher.directories():
            self._watcher.removePaths(self._watcher.directories())
        self._folder = Path(folder) if folder and Path(folder).is_dir() else None
        if self._folder is not None:
            self._known = {entry.name for entry in self._folder.iterdir()}
            self._watcher.addPath(str(self._folder))
        self._show_note()

    def retranslate(self) -> None:
        """Say names in the window's language."""
        self.list.setAccessibleName(spoken(N_("Photos")))
        self.say_photos()

    def say_photos(self) -> None:
        """Say anew what stands below the photos."""
        for place, photo in enumerate(self.photos[: self.list.count()]):
            words, item = self.says(photo), self.list.item(place)
            item.setText(words)
            told = ", ".join(one for one in (words, photo.name) if one)
            item.setToolTip(told)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, told)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Paste and delete by key."""
        if event.matches(QKeySequence.StandardKey.Paste):
            self.paste()
        elif event.key() == Qt.Key.Key_Delete:
            self.remove_current()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept pictures and files."""
        if event.mimeData().hasUrls() or event.mimeData().hasImage():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add what was dropped."""
        mime = event.mimeData()
        if mime.hasUrls():
            self._add_urls([url.toLocalFile() for url in mime.urls()])
        elif mime.hasImage():
            self.add_bytes(_png(QImage(mime.imageData())), spoken(N_("Dropped picture")))
        event.acceptProposedAction()

    def busy(self) -> bool:
        """Tell whether a photo is still being made small."""
        return self._working > 0

    def _add_urls(self, files: list[str]) -> None:
        for file in files:
            if file:
                self.add_file(Path(file))

    def _choose(self) -> None:
        kinds = " ".join(f"*{kind}" for kind in self.kinds)
        files, _kind = QFileDialog.getOpenFileNames(self, spoken(N_("Add a photo")), "", f"({kinds})")
        self._add_urls(files)

    def _look(self) -> None:
        if self._folder is None:
            return
        for entry in sorted(self._folder.iterdir()):
            if entry.name not in self._known and entry.suffix.lower() in self.kinds:
                self._known.add(entry.name)
                self.add_file(entry)

    def work_on(self, work: Callable[[Progress], list[Photo]]) -> None:
        """Add what some work on another thread makes of a file."""
        self._working += 1
        self._show_note()
        self._jobs.background(work, owner=self, then=self._ready, refused=self._refused)

    def _ready(self, photos: list[Photo]) -> None:
        self._working -= 1
        known = {other.sha256 for other in self.photos}
        new = [photo for photo in photos if photo.sha256 not in known]
        if new:
            self.photos += new
            self._show()
            self.changed.emit()
        self._show_note()

    def _refused(self, error: object) -> None:
        self._working -= 1
        self._say(say(error))  # type: ignore[arg-type]

    def _say(self, sentence: str) -> None:
        self.note.put(sentence)
        self.note.set_role("error")
        self.refused.emit(sentence)

    def _show_note(self) -> None:
        self.note.set_role("caption")
        if self._working:
            self.note.say(N_("Making the photo smaller …"))
        elif self.flat:
            self.note.say(
                N_("New files of the photo folder come by themselves.") if self._folder is not None
                else N_("No photo folder is named in the settings yet.")
            )  # fmt: skip
        elif self._folder is not None:
            self.note.say(
                N_("Drop, paste (Ctrl+V) or choose a file; new files of the photo folder come by themselves.")
            )
        else:
            self.note.say(
                N_("Drop, paste (Ctrl+V) or choose a file. What a phone or camera saves comes by itself once the photo"
                   " folder is named in the settings.")
            )  # fmt: skip

    def _show(self) -> None:
        edge = theme.px(88)
        words = self.fontMetrics().height() + SMALL if any(self.says(photo) for photo in self.photos) else 0
        self.list.setIconSize(QSize(edge, edge))
        self.list.setGridSize(QSize(edge + 16, edge + 12 + words))
        self.list.setFixedHeight(edge + 32 + words)
        self.list.clear()
        for photo in self.photos:
            picture = QPixmap()
            picture.loadFromData(photo.jpeg)
            thumb = picture.scaled(
                edge, edge, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
            self.list.addItem(QListWidgetItem(QIcon(thumb), ""))
        self.say_photos()
        self.list.setVisible(bool(self.photos))
        self.remove_button.setVisible(bool(self.photos))
        self._show_note()


def _png(image: QImage) -> bytes:
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return bytes(content.data())
