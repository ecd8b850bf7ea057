"""Parts of an order's page: what waits to be done, its receipts with their correction, its photos and signatures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QImage, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import QLabel, QListWidget, QListWidgetItem

from deskapp.commands.reviews import settle_card
from deskapp.errors import N_, DeskError
from deskapp.queries.orders import OrderCard, OrderFile, OrderTodo
from deskapp.queries.receipts import ReceiptRow
from deskapp.queries.syncing import uploading_photos
from deskapp.queries.today import CARD_TITLES
from deskapp.rules.money import format_yuan
from deskapp.ui import theme
from deskapp.ui.kit import (
    Button,
    Card,
    Cell,
    Column,
    DataTable,
    Form,
    PageContext,
    Text,
    TextField,
    row,
    spoken,
)
from deskapp.ui.pages.checkin_files import fetch_photo
from deskapp.ui.pages.lists import filled
from deskapp.ui.pages.pickup_summary import RECEIPT_KINDS, Correction, open_to_correction
from deskapp.ui.pages.words import full_moment, moment
from deskapp.ui.widgets.text import RESTYLE

if TYPE_CHECKING:
    from deskapp.models.store import Changes, Store

FILE_KINDS: Final = {
    "front": N_("Front"), "back": N_("Back side"), "damage": N_("Damage"), "signature": N_("Signature"),
    "signature_giver": N_("Signature of the giver"), "signature_taker": N_("Signature of the taker"),
    "paper": N_("Signed paper"), "approval": N_("Approval of the quote"),
    "before": N_("Before the repair"), "after": N_("After the repair"),
}  # fmt: skip


class Todos(Card):
    """What waits for a person on this order; each is settled with a word about what was done."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("To settle"), icon="alert-circle")
        self.context, self.jobs = context, context.jobs
        self.table = DataTable(
            [
                Column("what", N_("What"), _what, 0),
                Column("about", N_("About what"), lambda todo: todo.about, 150),
                Column("kind", N_("Kind"), lambda todo: spoken(CARD_TITLES.get(todo.kind, CARD_TITLES["review"])), 170),
                Column("since", N_("Raised"), lambda todo: moment(todo.raised_at), 110),
            ],
            name=N_("To settle"),
        )  # fmt: skip
        self.how = TextField(limit=200)
        self.form = Form()
        self.form.add("how", N_("What was done about it"), self.how, needed=True)
        self.settle = Button(N_("Settle"), icon="check", clicked=self.submit)
        self.wrong = Text(role="error", wrap=True)
        self.add(self.table)
        self.add(self.form)
        self.add(row(self.wrong, 1, self.settle))
        self.how.returnPressed.connect(self.submit)
        self.table.opened.connect(lambda _todo: self.how.setFocus())

    def show_card(self, card: OrderCard) -> None:
        """Show what waits."""
        self.setVisible(bool(card.todos))
        filled(self.table, card.todos, 5)
        if card.todos and self.table.current() is None:
            self.table.select(0)

    def submit(self) -> None:
        """Settle the chosen one."""
        todo: OrderTodo | None = self.table.current()
        if todo is not None and self.settle.isEnabled():
            self.settle.setEnabled(False)
            self.wrong.put("")
            act = settle_card(card_id=todo.card_id, how=self.how.text())
            self.jobs.do(act, owner=self, then=lambda _none: self._settled(todo), refused=self._refused)

    def _settled(self, todo: OrderTodo) -> None:
        self.settle.setEnabled(True)
        self.how.clear()
        self.context.toast(N_("Settled: {what}"), tone="ok", what=spoken(todo.title))

    def _refused(self, error: DeskError) -> None:
        self.settle.setEnabled(True)
        self.form.refuse(error, otherwise=self.wrong.put)


class Receipts(Card):
    """The receipts of an order; one is corrected in place, by a supervisor."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("Receipts"), icon="receipt")
        self._order_id = ""
        self.table = DataTable(
            [
                Column("number", N_("Number"), lambda one: one.number, 0),
                Column("kind", N_("Kind"), _kind, 150),
                Column("fen", N_("Amount"), lambda one: format_yuan(one.fen), 120, right=True),
                Column("devices", N_("Devices"), lambda one: str(one.devices), 90, right=True),
                Column("at", N_("When"), lambda one: full_moment(one.at), 150),
            ],
            name=N_("Receipts"),
        )  # fmt: skip
        self.correct = Button(N_("Correct …"), "link", icon="edit", clicked=self.ask)
        self.correction = Correction(context)
        self.correction.hide()
        self.add(self.table)
        self.add(row(self.correct, 1))
        self.add(self.correction)
        self._may = context.may("payment") or context.may("pickup")
        self.table.opened.connect(lambda _one: self.ask())
        self.table.selected.connect(self._selected)
        self.correction.closed.connect(self.table.setFocus)

    def show_card(self, card: OrderCard) -> None:
        """Show the receipts."""
        if card.id != self._order_id:
            self.correction.hide()
        self._order_id = card.id
        self.setVisible(bool(card.receipts))
        filled(self.table, card.receipts, 4)
        if card.receipts and self.table.current() is None:
            self.table.select(0)

    def ask(self) -> None:
        """Open the correction of the chosen receipt."""
        receipt: ReceiptRow | None = self.table.current()
        if receipt is not None and open_to_correction(receipt) and self._may:
            self.correction.ask(receipt, self._order_id)

    def _selected(self, receipt: ReceiptRow | None) -> None:
        self.correct.setVisible(open_to_correction(receipt) and self._may)


class Files(Card):
    """Photos, signatures and scans as small pictures; Enter shows one in full below."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("Photos and signatures"), icon="photo")
        self.jobs = context.jobs
        self.files: tuple[OrderFile, ...] = ()
        self._pictures: dict[str, QPixmap] = {}
        self._uploading: frozenset[str] = frozenset()
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
        self._fill()
        store = cast("Store", self.jobs.store) if files else None
        for one in files:
            if one.sha256 not in self._pictures and store is not None:
                self.jobs.background(
                    fetch_photo(store, one.sha256), owner=self, then=partial(self._fetched, one),
                    refused=partial(self._lost, one),
                )  # fmt: skip

    def heard(self, changes: Changes) -> None:
        """Look again which files are still on their way to the server, when some were sent."""
        if changes.touches("blob_transfer", "sync_round", "sync_state"):
            self._ask_way(self.files)

    def _ask_way(self, files: Sequence[OrderFile]) -> None:
        ids = [one.id for one in files]
        if ids:
            self.jobs.ask(
                lambda session: uploading_photos(session, ids), owner=self, then=self._on_the_way, exclusive="way"
            )

    def _on_the_way(self, uploading: frozenset[str]) -> None:
        if uploading != self._uploading:
            self._uploading = uploading
            self._fill()

    def show_full(self, place: int) -> None:
        """Show one picture as large as there is room."""
        if not 0 <= place < len(self.files):
            return
        one = self.files[place]
        picture = self._pictures.get(one.sha256)
        if picture is None:
            return
        room = max(240, min(self.width() - theme.px(48), theme.px(900)))
        self.full.setPixmap(_within(picture, room, theme.px(640)))
        self.full.setAccessibleName(file_title(one))
        self.caption.put("  ·  ".join(part for part in (file_title(one), full_moment(one.at), one.by) if part))
        for part in (self.full, self.caption, self.close_button):
            part.show()

    def close_picture(self) -> None:
        """Take the large picture away."""
        self.full.clear()
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
        self._fill()

    def _lost(self, one: OrderFile, error: DeskError) -> None:
        self.trouble.say(error.sentence, **error.values)
        self.trouble.show()

    def _fill(self) -> None:
        edge, chosen = theme.px(96), self.list.currentRow()
        self.list.setIconSize(QSize(edge, edge))
        self.list.setGridSize(QSize(edge + theme.px(20), edge + theme.px(34)))
        self.list.setFixedHeight(edge + theme.px(52))
        self.list.clear()
        for one in self.files:
            waits = "  ·  " + spoken(N_("still uploading")) if one.id in self._uploading else ""
            item = QListWidgetItem(("↑ " if waits else "") + spoken(FILE_KINDS.get(one.kind, one.kind)))
            item.setToolTip(file_title(one) + waits)
            picture = self._pictures.get(one.sha256)
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
    return picture.scaled(
        width, height, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    )


def _what(todo: OrderTodo) -> Cell:
    said = spoken(todo.title)
    icon = "list-check" if todo.kind == "todo" else "eye"
    return Cell(f"{said}  {todo.words}" if todo.words else said, "", icon)


def _kind(receipt: ReceiptRow) -> Cell:
    if receipt.void:
        return Cell(spoken(N_("void")), "danger", "ban", pill=True)
    if receipt.replaced_by:
        return Cell(spoken(N_("replaced")), "warn", "refresh", pill=True)
    return Cell(spoken(RECEIPT_KINDS[receipt.kind]), "neutral", "receipt", pill=True)
