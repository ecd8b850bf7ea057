"""Bad input and bad days: each gets a clear answer and loses nothing that was typed or saved.

Where each of them is tested (here is only what is nowhere else):

* wrong merchant number: `tests/rules/test_identifiers.py`; a foreign one, typed at the counter: here
* look-alike serial numbers: `tests/ui/test_checkin_page.py`, `tests/commands/test_checkin.py`
* full-width digits: `tests/ui/test_widgets.py`, `tests/ui/test_scanner.py`; a whole check-in of them: here
* Chinese input in the scan field: `tests/ui/test_scanner.py`; ended with Enter: here
* a scan that does not fit the step: `tests/ui/test_checkin_page.py`, `test_pickup_page.py`; all kinds, at the bench: here
* a duplicate serial number: `tests/commands/test_checkin.py`, `tests/ui/test_checkin_page.py`
* a card number in a note: `tests/commands/test_tickets.py`, `tests/ui/test_checkin_page.py`, and in the tour
  (`test_counter_day.py`, where the whole store is searched for it)
* a photo of 10 MB, whole and torn: here
* a CSV in GB18030 with wrong columns: `tests/commands/test_imports.py`, `tests/test_cli.py`, and in the tour
* a clock set back: `tests/models/test_store.py`, `test_opening.py`; in the middle of an order's life: here
* a full disk: `tests/models/test_opening.py`; in the middle of a check-in, with photos: here
* the database locked by another program: `tests/models/test_opening.py`; while the window saves: here
* a second instance: `tests/models/test_store.py`, `tests/test_app.py`, `tests/test_cli.py`
* kill -9 and power cuts: `test_power_cut.py`, and a tour killed in the middle in `test_counter_day.py`
* a damaged page: `tests/models/test_store.py`, `tests/test_app.py`
* a restored old backup: `tests/models/test_store.py`
* a store of a newer version: `tests/models/test_store.py`, `test_opening.py`, `tests/test_app.py`
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from sqlalchemy import func, select

from deskapp import cipher, i18n
from deskapp.clock import stopwatch
from deskapp.commands.bench import start_diagnosis
from deskapp.errors import Unavailable
from deskapp.models import backup, opening
from deskapp.models.blobs import Blobs
from deskapp.models.merchant import Merchant
from deskapp.models.repair import RepairItem, RepairOrder, WorkEvent
from deskapp.models.stock import Attachment
from deskapp.models.store import Store
from deskapp.paths import Home
from deskapp.rules.numbers import parse_scan
from deskapp.settings import Values
from deskapp.ui import theme
from deskapp.ui.finding import StoreFinder
from deskapp.ui.hands import Hands
from deskapp.ui.jobs import Jobs
from deskapp.ui.page import PageSpec
from deskapp.ui.pages.bench import BenchPage
from deskapp.ui.pages.checkin import CheckInPage
from deskapp.ui.window import Window
from tests.checkin_shop import ONE, stock_shop, taken_in
from tests.conftest import KEY, FixedClock, People
from tests.keys import press_key

TEN_MB = 10 * 1024 * 1024


@pytest.fixture(autouse=True)
def _english(qapp: QApplication) -> Iterator[None]:
    i18n.use("en")
    theme.load_bold()
    theme.apply(qapp, "light", 100)
    yield
    i18n.use("zh_CN")


@pytest.fixture
def jobs(store: Store, people: People, qapp: QApplication) -> Iterator[Jobs]:
    made = Jobs(lambda: store)
    made.actor = people.clerk
    yield made
    made.close()


@pytest.fixture
def window(qtbot, jobs: Jobs, store: Store, clock: FixedClock, people: People) -> Iterator[Window]:
    """The real window with check-in and bench over a branch with known merchants and terminals."""
    store.run(stock_shop())
    made = Window(Values(), "鼓楼支局")
    qtbot.addWidget(made)
    pages = [
        PageSpec("check_in", "Check devices in", "inbox", CheckInPage, "counter", "check_in"),
        PageSpec("bench", "Bench", "stethoscope", BenchPage, "workshop"),
    ]
    made.furnish(jobs, pages, StoreFinder(), now=clock)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    made.enter(people.clerk)
    yield made
    made.close()


@pytest.fixture
def page(qtbot, window: Window) -> CheckInPage:
    """Check-in, ready for the first scan."""
    window.navigate("check_in")
    shown = window.shell.page()
    assert isinstance(shown, CheckInPage)
    qtbot.waitUntil(shown.sheet.serial.hasFocus)
    QTest.qWait(30)
    return shown


def count(store: Store, table: type) -> int:
    return store.ask(lambda session: session.scalar(select(func.count()).select_from(table)) or 0)


def scanned(qtbot, window: Window, page: CheckInPage, serial: str = ONE) -> None:
    before = len(page.sheet.panels)
    Hands(lambda: window).scan(serial)
    qtbot.waitUntil(lambda: len(page.sheet.panels) > before and page.sheet.panels[-1].briefing is not None)


def answered(page: CheckInPage) -> None:
    """Answer everything about the devices on the page and about who brings them, as a person would."""
    for panel in page.sheet.panels:
        panel.symptom.set_value("no_power")
        for bar, value in ((panel.condition, "fine"), (panel.tamper, "ok"), (panel.batch, "no")):
            bar.set_value(value)
    party = page.sheet.party
    party.name.setText("张三")
    party.phone.setText("13800000101")
    party.id_last4.setText("001X")
    party.no_photo.set_value("queue")
    party.notice.setChecked(True)


def saved(qtbot, page: CheckInPage) -> None:
    page.save()
    qtbot.waitUntil(lambda: page.stack.currentIndex() == 1 and page.labels.state is not None)


# -- what is typed -------------------------------------------------------------------


def test_a_short_merchant_number_is_refused_and_another_banks_is_taken_with_a_word(
    qtbot, window: Window, page: CheckInPage, store: Store
) -> None:
    """Another bank's merchant is served too; the clerk is told to compare the number once more."""
    scanned(qtbot, window, page, "NEW123456789")
    page.sheet.panels[0].model.setText("新大陆 N910")
    answered(page)
    party = page.sheet.party
    party.merchant.setText("外行商户小吃店")
    party.merchant_no.setText("1003910541")
    merchants = count(store, Merchant)

    page.save()

    qtbot.waitUntil(lambda: party.rows["merchant_no"].error.isVisible())
    assert count(store, Merchant) == merchants and page.stack.currentIndex() == 0
    assert party.merchant.text() == "外行商户小吃店" and party.merchant_no.text() == "1003910541"
    party.merchant_no.setText("105391054110009")
    saved(qtbot, page)
    assert any("acquirer" in toast.text.text() or "bank" in toast.text.text() for toast in window.toasts.shown)
    kept = store.ask(lambda s: s.scalars(select(Merchant).where(Merchant.name == "外行商户小吃店")).one())
    assert kept.merchant_no == "105391054110009"


def test_a_check_in_typed_in_full_width_is_saved_as_if_it_were_not(
    qtbot, window: Window, page: CheckInPage, store: Store
) -> None:
    scanned(qtbot, window, page)
    answered(page)
    party = page.sheet.party
    for field, wide in ((party.phone, "１３８００００７７７７"), (party.id_last4, "００１Ｘ")):
        field.clear()
        field.setFocus()
        event = QInputMethodEvent("", [])
        event.setCommitString(wide)
        QCoreApplication.sendEvent(field, event)
        window.scanner.release()

    saved(qtbot, page)

    order = store.ask(lambda session: session.scalars(select(RepairOrder)).one())
    assert (order.deliverer_phone, order.deliverer_id_last4) == ("13800007777", "001X")


def test_chinese_in_the_scan_field_gets_a_sentence_and_stays_where_it_is(
    qtbot, window: Window, page: CheckInPage
) -> None:
    field = page.sheet.serial
    event = QInputMethodEvent("", [])
    event.setCommitString("新大陆九一零")
    QCoreApplication.sendEvent(field, event)
    window.scanner.release()

    press_key(field, Qt.Key.Key_Return)
    window.scanner.release()

    qtbot.waitUntil(page.banner.isVisible)
    assert page.banner.text.text() and field.text() == "新大陆九一零"
    assert not page.sheet.panels
    scanned(qtbot, window, page)
    assert page.sheet.panels[0].serial == ONE, "the next scan is not hindered by what was typed"


@pytest.mark.parametrize(
    "code", ["PS1:K0012326031200015:ABCDEFGH", "D001230000999", "X:NOSUCH", "HTTP://EXAMPLE.COM/1"]
)
def test_a_scan_that_fits_nothing_at_the_bench_is_answered_and_changes_nothing(
    qtbot, window: Window, store: Store, people: People, code: str
) -> None:
    done = taken_in(store, people)
    window.enter(people.technician)
    window.navigate("bench")
    label = store.ask(lambda s: s.scalars(select(RepairItem).where(RepairItem.order_id == done.order_id)).all())[0]
    Hands(lambda: window).scan(label.label_no)
    qtbot.waitUntil(lambda: window.shell.page_id() == "bench")
    bench = window.shell.page()
    qtbot.waitUntil(lambda: bench.panel.card is not None and bench.panel.step_name == "start")
    bench.panel.steps["start"].bench.setText("W7")
    before = count(store, WorkEvent)
    told: list[str] = []
    window.router.failed.connect(lambda: told.append(code))

    Hands(lambda: window).scan(code)

    qtbot.waitUntil(lambda: bool(told) or bool(window.toasts.shown))
    assert window.shell.page_id() == "bench" and bench.panel.steps["start"].bench.text() == "W7"
    assert count(store, WorkEvent) == before


# -- photos --------------------------------------------------------------------------


def heavy_photo(path: Path) -> Path:
    """A real JPEG of more than 10 MB, as a telephone takes them."""
    picture = Image.frombytes("RGB", (3600, 2700), os.urandom(3600 * 2700 * 3))
    picture.save(path, "JPEG", quality=95)
    assert path.stat().st_size > TEN_MB
    return path


def test_a_photo_of_ten_megabytes_is_kept_small_and_the_window_goes_on(
    qtbot, window: Window, page: CheckInPage, store: Store, tmp_path: Path
) -> None:
    scanned(qtbot, window, page)
    answered(page)
    beats: list[float] = []
    timer = QTimer(interval=5)
    timer.timeout.connect(lambda: beats.append(stopwatch()))
    timer.start()

    page.sheet.panels[0].photos.add_file(heavy_photo(tmp_path / "IMG_0001.jpg"))
    qtbot.waitUntil(lambda: bool(page.sheet.panels[0].photos.photos), timeout=20_000)
    timer.stop()
    saved(qtbot, page)

    gaps = [later - earlier for earlier, later in zip(beats, beats[1:], strict=False)]
    assert max(gaps) < 0.5, "the window stood still while the photo was made small"
    kept = store.ask(lambda session: session.scalars(select(Attachment).where(Attachment.kind != "signature")).all())
    assert len(kept) == 1 and kept[0].size < 3_000_000
    content = Blobs(store.home.blobs, KEY).fetch(kept[0].sha256)
    with Image.open(io.BytesIO(content)) as small:
        assert max(small.size) <= 1600


def test_a_torn_photo_is_refused_in_words_and_nothing_typed_is_lost(
    qtbot, window: Window, page: CheckInPage, tmp_path: Path
) -> None:
    whole = heavy_photo(tmp_path / "whole.jpg").read_bytes()
    torn = tmp_path / "torn.jpg"
    torn.write_bytes(whole[: len(whole) // 2])
    scanned(qtbot, window, page)
    answered(page)
    panel = page.sheet.panels[0]

    panel.photos.add_file(torn)

    qtbot.waitUntil(lambda: not panel.photos.busy(), timeout=20_000)
    assert "torn.jpg" in panel.photos.note.text()
    assert not panel.photos.photos and panel.symptom.value() == "no_power"
    saved(qtbot, page)


# -- the computer --------------------------------------------------------------------


def test_a_clock_set_back_in_the_middle_keeps_order_and_numbers(
    store: Store, people: People, clock: FixedClock
) -> None:
    store.run(stock_shop())
    before = taken_in(store, people)
    last_at = clock.now
    clock.forward(days=-400)

    (first, _second) = store.ask(
        lambda s: s.scalars(select(RepairItem).where(RepairItem.order_id == before.order_id)).all()
    )
    store.run(start_diagnosis(item_id=first.id, bench="W1", tamper_result="ok"), by=people.technician)

    moves = store.ask(
        lambda s: s.scalars(select(WorkEvent).where(WorkEvent.item_id == first.id).order_by(WorkEvent.n)).all()
    )
    assert [move.move for move in moves] == ["check_in", "start_diagnosis"], "facts are ordered by what came first"
    assert store.ask(lambda s: s.get_one(RepairItem, first.id)).work_state == "diagnosing"
    assert opening.clock_concern(last_at, clock.now) is not None


def test_a_locked_database_refuses_the_save_with_a_sentence_and_the_page_keeps_everything(
    qtbot, window: Window, page: CheckInPage, store: Store
) -> None:
    scanned(qtbot, window, page)
    answered(page)
    page.save_draft()
    qtbot.waitUntil(lambda: not window.jobs._running)
    other = cipher.connect(store.home.database, KEY, writer=True)
    other.execute("BEGIN IMMEDIATE")
    try:
        page.save()
        qtbot.waitUntil(page.banner.isVisible, timeout=30_000)
    finally:
        other.execute("ROLLBACK")
        other.close()

    assert page.stack.currentIndex() == 0 and count(store, RepairOrder) == 0
    assert page.sheet.panels[0].symptom.value() == "no_power" and page.sheet.party.name.text() == "张三"
    saved(qtbot, page)
    assert count(store, RepairOrder) == 1


def test_a_full_disk_refuses_the_check_in_whole_and_takes_it_when_there_is_room(
    home: Home, small_disk: Path, people: People
) -> None:
    there = Home(small_disk / "home")
    shutil.copytree(home.root, there.root)
    filler = small_disk / "filler"
    with Store(there, KEY, clock=FixedClock()) as store:
        store.run(stock_shop())
        _fill(filler)
        with pytest.raises(Unavailable) as refusal:
            for _turn in range(200):
                done = taken_in(store, people)
                store.run(_void(done.order_id), by=people.supervisor)
        orders = count(store, RepairOrder)
        with pytest.raises(Unavailable):
            Blobs(there.blobs, KEY).keep(os.urandom(400_000), "image/jpeg", store.now)
        filler.unlink()

        done = taken_in(store, people)

        assert refusal.value.code == "disk_full"
        assert count(store, RepairOrder) == orders + 1 and parse_scan(done.order_no).problem is None
        numbers = store.ask(lambda s: s.scalars(select(RepairOrder.number)).all())
        assert len(numbers) == len(set(numbers))
    assert backup.integrity(there, KEY, thorough=True) == []


def _fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as rest:
        try:
            while True:
                rest.write(b"x" * 4096)
        except OSError:
            pass


def _void(order_id: str) -> object:
    from deskapp.commands.checkin_after import void_check_in

    return void_check_in(order_id=order_id, reason="误收", given_back_to="张三")
