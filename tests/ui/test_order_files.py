"""Photos of another desk are seen small at once, marked as that, and whole as soon as they have come."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from PySide6.QtCore import Qt

from deskapp import i18n
from deskapp.commands.checkin_after import attach_photo
from deskapp.commands.checkin_forms import Photo
from deskapp.commands.syncing import move_transfer, note_transfers
from deskapp.models.blobs import Blobs
from deskapp.models.stock import Attachment
from deskapp.models.store import Changes, Store
from deskapp.ui.page import PageContext
from deskapp.ui.pages.order_files import Files
from deskapp.ui.speech import retranslate_tree
from tests.commands.test_pickup import order_with
from tests.conftest import People
from tests.factories_pickup import Line
from tests.keys import press_key
from tests.small_photos import jpeg_of, thumbnail

WHOLE = jpeg_of(1, width=640, height=480)
"""The photo; that it looks like another than its small picture tells both apart."""


@pytest.fixture
def files(qtbot: Any, context: PageContext) -> Files:
    made = Files(context)
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    return made


def elsewhere(store: Store, people: People, content: bytes, small: str) -> str:
    """The record of a photo that was taken at another desk, and is still on its way here; returns its SHA-256."""
    order = order_with(store, people, Line())
    sha256 = hashlib.sha256(content).hexdigest()
    store.run(attach_photo(item_id=order.items[0], photo=Photo(sha256, size=len(content), thumbnail=small)),
              by=people.clerk)  # fmt: skip
    row = store.ask(lambda session: session.query(Attachment).filter_by(sha256=sha256).one())
    store.run(note_transfers(transfers=[(sha256, "down", row.id, 25, len(content))], seen=row.n))
    return sha256


def shown_of(store: Store) -> Any:
    from deskapp.queries.orders import order_files

    def question(session: Any) -> Any:
        ids = [row.subject_id for row in session.query(Attachment)]
        return order_files(session, ids, {}, {})

    return store.ask(question)


def arrived(store: Store, sha256: str, content: bytes) -> Changes:
    """The photo's bytes have come, as the exchange notes it."""
    Blobs(store.home.blobs, store.key).keep(content, "image/jpeg", 1)
    return store.run(move_transfer(sha256=sha256, way="down", values={"state": "done"})).changes


def test_a_photo_on_its_way_is_seen_small_and_then_whole(
    qtbot: Any, files: Files, store: Store, people: People
) -> None:
    sha256 = elsewhere(store, people, WHOLE, thumbnail(1))
    files.show_files(shown_of(store))

    item = files.list.item(0)
    assert not item.icon().isNull(), "at once, before anything was asked"
    qtbot.waitUntil(lambda: files.list.item(0).text().startswith("↓"))
    qtbot.waitUntil(files.trouble.isVisible)
    assert files.trouble.text() == ("1 photo is still on its way to this computer. Until then you see a small picture.")
    assert "small picture, the photo is still on its way" in files.list.item(0).toolTip()
    files.list.setFocus()
    press_key(files.list, Qt.Key.Key_Return)
    assert files.full.isVisible() and "small picture" in files.caption.text()
    assert files.full.pixmap().width() < 640

    files.heard(arrived(store, sha256, WHOLE))

    qtbot.waitUntil(lambda: sha256 in files._pictures)
    assert files.trouble.isHidden() and not files.list.item(0).text().startswith("↓")
    assert "small picture" not in files.caption.text() and files.full.pixmap().width() == 640, "open as it is"


def test_one_without_a_small_picture_is_only_said_to_be_on_its_way(
    qtbot: Any, files: Files, store: Store, people: People
) -> None:
    elsewhere(store, people, WHOLE, "")
    files.show_files(shown_of(store))
    qtbot.waitUntil(files.trouble.isVisible)
    qtbot.waitUntil(lambda: files.list.item(0).text().startswith("↓"))
    assert files.trouble.text() == "1 photo is still on its way to this computer."
    assert files.list.item(0).icon().isNull()
    files.show_full(0)
    assert files.full.isHidden()


def test_it_is_all_said_in_chinese_too(qtbot: Any, files: Files, store: Store, people: People) -> None:
    i18n.use("zh_CN")
    elsewhere(store, people, WHOLE, thumbnail(1))
    files.show_files(shown_of(store))
    qtbot.waitUntil(files.trouble.isVisible)
    retranslate_tree(files)
    qtbot.waitUntil(lambda: files.list.item(0).text().startswith("↓"))
    assert files.trouble.text() == "还有 1 张照片正在传到这台电脑，传完之前先看缩略图。"
    assert "缩略图，原照片还在传输中" in files.list.item(0).toolTip()
