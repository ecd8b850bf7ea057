"""The import page while a file is read: how far it is, and a stop that leaves nothing behind."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from sqlalchemy import func, select

from deskapp.commands import imports
from deskapp.models import replay
from deskapp.models.merchant import Merchant
from deskapp.models.store import Store
from deskapp.ui.page import PageContext
from deskapp.ui.pages.imports import ImportPage
from tests.conftest import People
from tests.keys import press_key

LINES = 200


@pytest.fixture
def page(qtbot: Any, context: PageContext, people: People) -> ImportPage:
    context.jobs.actor = people.admin
    made = ImportPage(context)
    qtbot.addWidget(made)
    made.resize(1100, 800)
    made.show()
    made.open()
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Merchants of a branch as another program exports them."""
    lines = ["商户号,商户名称"]
    lines += [f"8{number:014d},福州第{number}商店" for number in range(LINES)]
    target = tmp_path / "merchants.csv"
    target.write_text("\n".join(lines), "utf-8")
    return target


class Gate:
    """Holds the write thread at a line until the test has looked at the page."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, line: int) -> None:
        self.reached, self.free = threading.Event(), threading.Event()
        usual, count = imports._check_line, [0]

        def slow(*args: Any) -> None:
            count[0] += 1
            if count[0] == line:
                self.reached.set()
                self.free.wait(20)
            usual(*args)

        monkeypatch.setattr(imports, "_check_line", slow)


def merchants(store: Store) -> int:
    return store.ask(lambda session: session.scalar(select(func.count()).select_from(Merchant)) or 0)


def previewed(qtbot: Any, page: ImportPage, file: Path) -> None:
    page.kind.set_value("merchants")
    page.file.set_value(str(file))
    page.preview()
    qtbot.waitUntil(lambda: page.found is not None, timeout=20_000)


def test_rows_done_and_per_cent_are_told_while_it_runs(
    qtbot: Any, page: ImportPage, file: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch, 120)
    page.file.set_value(str(file))
    page.preview()
    qtbot.waitUntil(gate.reached.is_set, timeout=20_000)

    qtbot.waitUntil(lambda: page.progress.count.text() == f"100 of {LINES} lines, 50 %")
    assert page.progress.isVisible() and page.progress.bar.value() == 100
    assert not page.choice_card.isEnabled()
    gate.free.set()
    qtbot.waitUntil(lambda: page.found is not None, timeout=20_000)
    assert page.progress.isHidden() and page.choice_card.isEnabled() and merchants(store) == 0


def test_escape_stops_an_import_and_nothing_is_half_there(
    qtbot: Any, page: ImportPage, file: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    previewed(qtbot, page, file)
    before = store.ask(replay.head)
    gate = Gate(monkeypatch, 60)
    page.import_button.click()
    qtbot.waitUntil(gate.reached.is_set, timeout=20_000)
    press_key(page.progress.bar, Qt.Key.Key_Escape)
    assert page.progress.count.text() == "Stopping …"
    gate.free.set()

    qtbot.waitUntil(lambda: "Stopped: nothing was imported." in page.banner.text.text(), timeout=20_000)
    assert merchants(store) == 0 and store.ask(replay.head) == before
    assert page.progress.isHidden() and page.import_button.isEnabled()
    monkeypatch.undo()
    page.save()
    qtbot.waitUntil(lambda: merchants(store) == LINES, timeout=20_000)
    qtbot.waitUntil(page.kind.hasFocus)
    assert not page.import_button.isEnabled(), "it is done; the keys stand at the choice of the next list"


def test_once_everything_is_read_it_cannot_be_stopped_any_more(
    qtbot: Any, page: ImportPage, file: Path, store: Store
) -> None:
    watch = page.progress.begin("Importing {file} …", file.name)
    watch.moved.emit(LINES, LINES)

    assert not page.progress.stop_button.isEnabled()
    page.progress.stop()
    watch.at(LINES, LINES)
    assert "written as one" in page.progress.count.text()
