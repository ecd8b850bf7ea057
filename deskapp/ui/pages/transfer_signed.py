"""The signed paper of a van: what is filed, in small and in full, and the way to file it by file, paste or folder."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from PySide6.QtWidgets import QWidget

from deskapp.commands.checkin_forms import Photo as Kept
from deskapp.commands.transfers_signed import MOST_PAGES, file_signed_manifest
from deskapp.errors import N_, DeskError, Refused
from deskapp.i18n import say
from deskapp.queries.transfers import Manifested
from deskapp.ui.jobs import Progress
from deskapp.ui.kit import Button, Card, PageContext, Photo, Text, column, row
from deskapp.ui.pages.order_files import Files
from deskapp.ui.pages.transfer_photos import FolderStrip
from deskapp.ui.widgets.photos import KINDS, LARGEST_FILE
from deskapp.ui.widgets.thumbnails import thumbnail_of

LONG_EDGE = 2000
"""Pixels of a scanned A4 page's long side: 170 dots to the inch, at which the smallest print stays legible."""


def paper_pages(path: Path) -> list[Photo]:
    """Return the pages of a scanned PDF as pictures; raises Refused where it cannot be read or is far too long."""
    from deskapp.print.raster import scanned

    if path.stat().st_size > LARGEST_FILE:
        raise Refused(N_("The file {name} is too large to be a photo."), field="photos", name=path.name)
    try:
        pictures = scanned(path.read_bytes(), LONG_EDGE, MOST_PAGES)
    except (OSError, ValueError, RuntimeError) as error:
        raise Refused(N_("The file {name} is not a scan that can be read."), field="photos", name=path.name) from error
    found = []
    for place, picture in enumerate(pictures):
        content = io.BytesIO()
        picture.convert("RGB").save(content, "JPEG", quality=80, optimize=True)
        jpeg = content.getvalue()
        digest = hashlib.sha256(jpeg).hexdigest()
        title, size = f"{path.stem} {place + 1}", (picture.width, picture.height)
        found.append(Photo(title, jpeg, *size, digest, thumbnail_of(picture)))
    return found


class PaperStrip(FolderStrip):
    """Takes scanned PDFs too, page by page."""

    kinds = (*KINDS, ".pdf")

    def add_file(self, path: Path) -> None:
        """Add a picture, or each page of a PDF."""
        if path.suffix.lower() != ".pdf":
            super().add_file(path)
            return

        def work(_progress: Progress) -> list[Photo]:
            return paper_pages(path)

        self.work_on(work)


class SignedPaper(Card):
    """The signed manifest of one van: a line with what is filed, and the strip to file more, when it is opened."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("Signed paper"), icon="signature")
        self.context, self.jobs = context, context.jobs
        self._id = ""
        self.standing = Text(role="muted", wrap=True)
        self.more = Button(N_("Add the si&gned paper"), icon="paperclip", clicked=self.begin)
        self.files = Files(context)
        self.strip = PaperStrip(context, long_edge=LONG_EDGE)
        self.keep = Button(N_("&File it"), "primary", icon="check", clicked=self.submit)
        self.stop = Button(N_("Cancel"), "quiet", clicked=self.close_strip)
        self.wrong = Text(role="error", wrap=True)
        self.adding = QWidget()
        inner = column(self.strip, self.wrong, row(1, self.stop, self.keep))
        inner.setContentsMargins(0, 0, 0, 0)
        self.adding.setLayout(inner)
        self.add(row(self.standing, 1, self.more))
        self.add(self.adding)
        self.add(self.files)
        self.strip.changed.connect(self._counted)
        self.adding.hide()
        self.files.hide()
        self.hide()
        self._counted()

    def show_manifest(self, view: Manifested) -> None:
        """Show what is filed of a van; nothing before it was handed over."""
        if view.row.id != self._id:
            self._id = view.row.id
            self.close_strip()
        self.setVisible(view.signable)
        self.files.show_files(view.files)
        pages = sum(one.kind == "paper" for one in view.files)
        drawn = len(view.files) - pages
        if pages:
            self.standing.say(N_("{pages} pages filed, {drawn} signatures on the screen"), pages=pages, drawn=drawn)
        elif drawn >= 2:
            self.standing.say(N_("Signed on the screen. A signed paper can be filed beside it."))
        else:
            self.standing.say(N_("Signed on paper: scan or photograph it and file it here."))
        self.standing.set_role("muted" if pages or drawn >= 2 else "warn")

    def begin(self) -> None:
        """Open the strip; what appears in the photo folder from now on comes by itself."""
        self.adding.show()
        self.more.hide()
        self.strip.add_button.setFocus()

    def close_strip(self) -> None:
        """Put the strip away with what was not filed."""
        self.adding.hide()
        self.more.show()
        self.wrong.put("")
        self.strip.clear()

    def submit(self) -> None:
        """Keep the pages on a work thread, then file them."""
        if self.strip.photos and not self.strip.busy():
            self.keep.setEnabled(False)
            self.strip.keep(self._kept, self._no)

    def _kept(self, pages: tuple[Kept, ...]) -> None:
        act = file_signed_manifest(manifest_id=self._id, pages=pages)
        self.jobs.do(act, owner=self, then=self._filed, refused=self._no)

    def _filed(self, count: int) -> None:
        self.close_strip()
        self.context.toast(N_("The signed paper is filed: {count} pages"), tone="ok", count=count)
        self.more.setFocus()

    def _no(self, error: DeskError) -> None:
        self._counted()
        self.wrong.put(say(error))

    def _counted(self) -> None:
        self.keep.setEnabled(bool(self.strip.photos))
