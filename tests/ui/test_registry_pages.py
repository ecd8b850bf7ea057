"""The look-up and edit pages, by keys alone, in both languages, with a name on everything that takes the focus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QPlainTextEdit, QTableView, QWidget
from sqlalchemy import select

from deskapp import i18n
from deskapp.commands.catalogue import receive_parts
from deskapp.commands.setup import add_shelf
from deskapp.models.bench import serials_on_shelf
from deskapp.models.local import LookupUse, PrintJob
from deskapp.models.merchant import MerchantContact
from deskapp.models.repair import RepairItem
from deskapp.models.store import Actor, Store
from deskapp.paths import resource
from deskapp.queries import registry
from deskapp.queries.site_calendar import calendar_month
from deskapp.ui import theme
from deskapp.ui.actions import ACTIONS
from deskapp.ui.kit import ChoiceBar
from deskapp.ui.page import Page, PageContext, PageSpec
from deskapp.ui.pages.table import PAGES
from deskapp.ui.window import Window
from tests.checkin_shop import HOTPOT, NOODLES, ONE, TWO, stock_shop, taken_in
from tests.conftest import People
from tests.keys import press_key
from tests.ui.scan_keys import type_scan

MINE = (
    ("merchants", "clerk", {}), ("merchant", "supervisor", {"merchant_id": NOODLES}), ("merchant", "clerk", {}),
    ("devices", "clerk", {}), ("device", "supervisor", {"device_id": f"unit-{ONE}"}), ("device", "clerk", {}),
    ("models", "admin", {}), ("stock", "keeper", {}), ("prices", "admin", {}), ("staff", "admin", {}),
    ("calendar", "supervisor", {}), ("import", "admin", {}), ("go_live", "supervisor", {}),
    ("journal", "auditor", {}), ("shelf", "admin", {}), ("order", "clerk", {}), ("printers", "admin", {}),
)  # fmt: skip
NAMED = (QAbstractButton, QLineEdit, QPlainTextEdit, QComboBox, QTableView, ChoiceBar)
Open = Callable[..., Any]
_shown: list[Window] = []


@pytest.fixture(autouse=True)
def _shop(store: Store) -> None:
    store.run(stock_shop())


@pytest.fixture
def desk(make_window: Callable[..., Window]) -> Iterator[Window]:
    """The whole window with every page of the table."""
    _shown.append(make_window(list(PAGES)))
    yield _shown[-1]
    _shown.clear()


@pytest.fixture
def go(qtbot, desk: Window, people: People) -> Open:
    """Sign somebody in and open a page; returns the page once its first answers are here."""

    def open_page(page_id: str, who: str = "clerk", **args: object) -> Any:
        actor: Actor = getattr(people, who)
        desk.enter(actor)
        desk.activateWindow()
        desk.navigate(page_id, **args)
        page = desk.shell.page() if desk.shell else None
        assert isinstance(page, Page)
        return page

    return open_page


def focused() -> QWidget:
    """Return what has the focus, or would have it if the screen made this window the active one."""
    here = QApplication.focusWidget() or _shown[-1].focusWidget()
    assert here is not None, "nothing has the focus"
    return here


def keys(text: str) -> None:
    """Type as a person does: slower than the moment for which keys are held back as a scanner's."""
    for letter in text:
        if letter.isascii():
            press_key(focused(), letter)
            _shown[-1].scanner.release()
        else:
            focused().insert(letter)  # what an input method commits


def press(key: Qt.Key) -> None:
    """Press one key."""
    press_key(focused(), key)
    _shown[-1].scanner.release()


def reach(name: str, most: int = 60) -> QWidget:
    """Press Tab until the field or button with an accessible name has the focus."""
    for _step in range(most):
        here = focused()
        if here.accessibleName() == name:
            return here
        press(Qt.Key.Key_Tab)
    raise AssertionError(f"Tab does not reach {name!r}")


# ---- the table of pages


def test_every_page_an_action_opens_is_in_the_table_and_its_module_is_there() -> None:
    known = {page.id for page in PAGES}
    wanted = {action.handler.removeprefix("open:") for action in ACTIONS if action.handler.startswith("open:")}

    assert wanted <= known
    assert len(known) == len(PAGES)
    for page in PAGES:
        closed = dict(zip(page.factory.__code__.co_freevars, page.factory.__closure__ or (), strict=True))
        module = import_module(f"deskapp.ui.pages.{closed['module'].cell_contents}")
        assert issubclass(getattr(module, closed["name"].cell_contents), Page)


def test_what_a_search_finds_opens_a_page_of_the_table() -> None:
    from deskapp.ui.finding import KIND_PAGES, STEP_PAGES

    assert {*KIND_PAGES.values(), *STEP_PAGES.values()} <= {page.id for page in PAGES}


# ---- names and languages


@pytest.mark.parametrize(("page_id", "who", "args"), MINE)
def test_everything_that_takes_the_focus_has_a_name_in_both_languages(
    qtbot, go: Open, store: Store, people: People, page_id: str, who: str, args: dict
) -> None:
    if page_id == "order":
        args = {"id": taken_in(store, people).order_id}
    page = go(page_id, who, **args)
    qtbot.wait(150)
    for language in ("en", "zh_CN"):
        i18n.use(language)
        QApplication.processEvents()
        nameless = [
            f"{type(widget).__name__} {widget.objectName()}"
            for widget in page.findChildren(QWidget)
            if isinstance(widget, NAMED) and widget.isVisible() and widget.focusPolicy() != Qt.FocusPolicy.NoFocus
            and not widget.accessibleName().strip() and not isinstance(widget.parent(), QComboBox)
        ]  # fmt: skip
        assert nameless == [], language


@pytest.mark.parametrize(("page_id", "who", "args"), MINE)
def test_nothing_stays_english_in_the_chinese_window(
    qtbot, go: Open, store: Store, people: People, page_id: str, who: str, args: dict
) -> None:
    from deskapp.ui.widgets.text import Button, Text

    if page_id == "order":
        args = {"id": taken_in(store, people).order_id}
    i18n.use("zh_CN")
    page = go(page_id, who, **args)
    qtbot.wait(150)
    said = [label.text() for label in page.findChildren(Text) if label._text] + [
        button.text() for button in page.findChildren(Button) if button._text
    ]
    english = [text for text in said if text and text.isascii() and len(text) > 4 and text.replace(" ", "").isalpha()]
    assert [text for text in english if text not in ("TUSN", "IMEI", "ICCID")] == []


@pytest.mark.parametrize(("page_id", "who", "args"), MINE)
def test_a_page_opens_at_one_and_a_half_times_the_text_in_the_dark(
    qtbot, go: Open, look: QApplication, page_id: str, who: str, args: dict
) -> None:
    theme.apply(look, "dark", 150)
    page = go(page_id, who, **args)
    qtbot.wait(100)

    assert not page.grab().isNull()


# ---- merchants


def test_a_merchant_is_found_by_initials_and_opened_by_keys(qtbot, desk: Window, go: Open) -> None:
    page = go("merchants")
    qtbot.waitUntil(lambda: len(page.table.rows()) == 2)
    page.filter()
    keys("slhg")
    qtbot.waitUntil(lambda: [row.id for row in page.table.rows()] == [HOTPOT])
    press(Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: desk.shell.page_id() == "merchant")
    detail = desk.shell.page()
    qtbot.waitUntil(lambda: detail.title.text() == "示例火锅")
    desk.back()
    assert desk.shell.page_id() == "merchants"


def test_a_merchant_is_edited_by_keys_and_its_history_tells(qtbot, desk: Window, go: Open, store: Store) -> None:
    page = go("merchant", merchant_id=NOODLES)
    qtbot.waitUntil(lambda: page.title.text() == "示例小面")
    page.sections.setFocus()
    field = reach("Short name")
    field.selectAll()
    keys("小面总店")
    page.save()

    qtbot.waitUntil(lambda: page.title.text() == "小面总店")
    page.sections.setFocus()
    press(Qt.Key.Key_5)
    assert page.history.isVisible() and not page.details.isVisible()
    qtbot.waitUntil(lambda: len(page.history.changes) > 2)
    newest = page.history.timeline.happenings[0]
    assert newest.what == "Change a merchant" and "示例小面 → 小面总店" in newest.detail and newest.who == "李秀英"


def test_a_refusal_stands_at_its_field_and_nothing_typed_is_lost(qtbot, go: Open) -> None:
    page = go("merchant", merchant_id=NOODLES)
    qtbot.waitUntil(lambda: page.title.text() == "示例小面")
    page.sections.setFocus()
    field = reach("Merchant number")
    field.selectAll()
    keys("100391054110002")
    page.save()

    row = page.form.rows["merchant_no"]
    qtbot.waitUntil(lambda: row.error.isVisible())
    assert "示例火锅" in row.error.text() and field.text() == "100391054110002"


def test_a_new_merchant_is_entered_with_a_person_by_keys(qtbot, desk: Window, go: Open, store: Store) -> None:
    page = go("merchants")
    page.filter()
    keys("新开的店")
    qtbot.waitUntil(lambda: page.table.rows() == [] and page.count.text().startswith("0"))
    page.add_merchant()
    detail = desk.shell.page()
    assert detail.form.rows["name"].field.text() == "新开的店"
    detail.form.rows["name"].field.setFocus()
    reach("Name")
    keys("王五")
    reach("Phone")
    keys("13800000199")
    detail.save()

    qtbot.waitUntil(lambda: detail.card is not None and bool(detail.card.contacts))
    assert store.ask(lambda session: session.scalars(select(MerchantContact.name)).all())[-1] == "王五"


def test_phones_are_masked_until_a_reason_is_given(qtbot, go: Open, store: Store) -> None:
    def texts(page: Any) -> str:
        from deskapp.ui.widgets.text import Text

        return " ".join(label.text() for label in page.contacts.findChildren(Text))

    page = go("merchant", "supervisor", merchant_id=NOODLES)
    qtbot.waitUntil(lambda: "138****0101" in texts(page))
    assert "13800000101" not in texts(page)
    page.contacts.reason.setFocus()
    keys("商户来电核对")
    press(Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: "13800000101" in texts(page))
    uses = store.ask(lambda session: session.scalars(select(LookupUse.reason)).all())
    assert uses == ["商户来电核对"]


def test_twins_are_joined_after_one_more_question(qtbot, go: Open, store: Store) -> None:
    page = go("merchant", "supervisor", merchant_id=NOODLES)
    qtbot.waitUntil(lambda: page.title.text() == "示例小面")
    page.sections.setFocus()
    press(Qt.Key.Key_5)
    page.join.twin.setFocus()
    keys("slhg")
    qtbot.waitUntil(lambda: page.join.twin.popup.isVisible())
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.join.twin.chosen is not None)
    reach("Reason")
    keys("同一家")
    press(Qt.Key.Key_Return)
    assert page.join.confirm.isVisible() and "示例火锅" in page.join.confirm.question.text()
    page.join.confirm.yes.setFocus()
    press(Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: len(store.ask(lambda session: registry.merchants(session))) == 1)


# ---- devices


def test_a_scan_opens_the_unit(qtbot, desk: Window, go: Open) -> None:
    page = go("devices")
    qtbot.waitUntil(lambda: len(page.table.rows()) == 3)
    assert page.scan(TWO)

    qtbot.waitUntil(lambda: desk.shell.page_id() == "device")
    qtbot.waitUntil(lambda: desk.shell.page().title.text() == TWO)


def test_a_serial_number_is_corrected_with_a_supervisors_pin(
    qtbot, desk: Window, go: Open, store: Store, people: People
) -> None:
    page = go("device", device_id=f"unit-{ONE}")
    qtbot.waitUntil(lambda: page.title.text() == ONE)
    page.right_serial.setFocus()
    keys("NL910S00000077")
    press(Qt.Key.Key_Return)
    panel = desk.shell.supervisor
    qtbot.waitUntil(panel.isVisible)
    panel.who.setText("S01")
    panel.pin.setText(people.pins["S01"])
    panel.reason.setText("看错了一位")
    panel.allow.click()

    qtbot.waitUntil(lambda: page.title.text() == "NL910S00000077")


def test_a_unit_is_bound_elsewhere_by_keys(qtbot, go: Open, store: Store) -> None:
    page = go("device", device_id=f"unit-{ONE}")
    qtbot.waitUntil(lambda: page.title.text() == ONE)
    page.sections.setFocus()
    press(Qt.Key.Key_2)
    page.binding.merchant.setFocus()
    keys("slhg")
    qtbot.waitUntil(lambda: page.binding.merchant.popup.isVisible())
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.binding.merchant.chosen is not None)
    reach("Terminal number")
    keys("35000088")
    reach("Bind")
    press(Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: len(page.binding.table.rows()) == 2)
    assert page.binding.table.rows()[0].terminal_no == "35000088"


def test_a_copy_of_a_paper_needs_a_reason(qtbot, go: Open, store: Store, people: People) -> None:
    taken_in(store, people)
    page = go("device", device_id=f"unit-{ONE}")
    page.sections.go("papers")
    qtbot.waitUntil(lambda: bool(page.papers.table.rows()))
    page.papers.table.setFocus()
    press(Qt.Key.Key_Down)
    page.papers.table.select(0)
    page.papers.print_copy()
    qtbot.waitUntil(lambda: page.papers.form.rows["reason"].error.isVisible())
    page.papers.reason.setFocus()
    press(Qt.Key.Key_1)
    press(Qt.Key.Key_Return)

    copies = lambda: store.ask(lambda s: s.scalars(select(PrintJob).where(PrintJob.copy_no == 1)).all())  # noqa: E731
    qtbot.waitUntil(lambda: len(copies()) == 1)


def test_the_service_card_of_a_bound_device_is_printed_beside_its_papers(qtbot, go: Open, store: Store) -> None:
    page = go("device", device_id=f"unit-{ONE}")
    page.sections.go("papers")
    qtbot.waitUntil(page.service_card.isVisible)
    page.service_card.click()
    qtbot.waitUntil(lambda: "service_card" in [job.kind for job in page.papers.table.rows()])


# ---- stock, models, prices, staff


def test_parts_are_taken_in_and_counted_by_keys(qtbot, go: Open, store: Store) -> None:
    page = go("stock", "keeper")
    qtbot.waitUntil(lambda: len(page.table.rows()) > 5)
    page.filter()
    keys("CBL-LAN")
    qtbot.waitUntil(lambda: len(page.table.rows()) == 1)
    press(Qt.Key.Key_Return)
    keys("5")
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.table.rows()[0].on_hand == 5)
    page.part.sections.setFocus()
    press(Qt.Key.Key_2)
    page.part.counted.setFocus()
    keys("4")
    press(Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: page.table.rows()[0].on_hand == 4)
    qtbot.waitUntil(lambda: len(page.moves.state.moves) == 2)


def test_serial_numbers_are_scanned_one_after_the_other(qtbot, desk: Window, go: Open, store: Store) -> None:
    page = go("stock", "keeper")
    qtbot.waitUntil(lambda: len(page.table.rows()) > 5)
    tracked = next(number for number, one in enumerate(page.table.rows()) if one.serialised)
    page.table.select(tracked)
    page.part.begin()
    for serial in ("BRD0000001", "BRD0000002", "BRD0000001"):
        type_scan(desk, serial)
        qtbot.wait(120)
    qtbot.waitUntil(lambda: page.part.serials.text().split() == ["BRD0000001", "BRD0000002"])
    page.part.supplier.setFocus()
    press(Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: page.table.current() is not None and page.table.current().on_hand == 2)


def test_an_empty_count_of_tracked_parts_takes_nothing_away_and_scans_say_which_is_gone(
    qtbot, desk: Window, go: Open, store: Store, people: People
) -> None:
    page = go("stock", "keeper")
    qtbot.waitUntil(lambda: len(page.table.rows()) > 5)
    tracked = next(one for one in page.table.rows() if one.serialised)
    store.run(receive_parts(part_id=tracked.id, quantity=2, serials=["BRD0000001", "BRD0000002"]), by=people.keeper)
    page.table.select(page.table.rows().index(tracked))
    page.part.sections.go("count")
    page.part.count()
    assert page.part.count_form.rows["serials"].error.text()

    page.part.take_serial("BRD0000002")
    page.part.count()
    qtbot.waitUntil(lambda: store.ask(lambda s: serials_on_shelf(s, tracked.id)) == {"BRD0000002"})


def test_labels_of_a_part_are_queued(qtbot, go: Open, store: Store) -> None:
    page = go("stock", "keeper")
    qtbot.waitUntil(lambda: len(page.table.rows()) > 5)
    page.table.select(0)
    page.part.sections.setFocus()
    press(Qt.Key.Key_3)
    page.part.copies.setFocus()
    page.part.copies.selectAll()
    keys("2")
    press(Qt.Key.Key_Return)

    jobs = lambda: store.ask(lambda session: session.scalars(select(PrintJob.kind)).all())  # noqa: E731
    qtbot.waitUntil(lambda: jobs() == ["part_label", "part_label"])


def test_a_model_is_changed_and_its_history_shown(qtbot, go: Open, store: Store) -> None:
    page = go("models", "admin")
    qtbot.waitUntil(lambda: len(page.table.rows()) > 10)
    page.filter()
    keys("n910")
    qtbot.waitUntil(lambda: all("n910" in row.id for row in page.table.rows()))
    page.table.select(0)
    months = page.form.rows["warranty_months"].field
    months.setFocus()
    months.selectAll()
    keys("36")
    page.save()

    qtbot.waitUntil(lambda: page.table.rows()[0].warranty_months == 36)
    qtbot.waitUntil(lambda: len(page.history.changes) >= 2)


def test_a_price_list_gets_a_new_version(qtbot, go: Open, store: Store) -> None:
    page = go("prices", "admin")
    qtbot.waitUntil(lambda: len(page.table.rows()) > 5)
    count = len(page.table.rows())
    page.version_form.rows["version"].field.setFocus()
    keys("2026-9")
    reach("Stands from")
    keys("2026-07-01")
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.version.value() == "2026-9")
    assert len(page.table.rows()) == count
    page.table.select(0)
    price = page.form.rows["fen"].field
    price.setFocus()
    price.selectAll()
    keys("99.50")
    page.save()

    changed = lambda: [row for row in store.ask(registry.prices) if row.fen == 9950]  # noqa: E731
    qtbot.waitUntil(lambda: [row.version for row in changed()] == ["2026-9"])
    page.table.select(1)
    page.table.select(0)
    qtbot.waitUntil(lambda: any("99.50" in line.detail for line in page.history.timeline.happenings))


def test_the_last_administrator_stays(qtbot, go: Open, store: Store) -> None:
    page = go("staff", "admin")
    qtbot.waitUntil(lambda: len(page.table.rows()) == 7)
    page.table.select(0)
    assert page.person.staff_no == "A01"
    page.ticks.set_values(["technician"])
    page.save()

    qtbot.waitUntil(lambda: page.form.rows["roles"].error.isVisible())
    assert "last administrator" in page.form.rows["roles"].error.text()


def test_a_person_is_added_with_roles_and_what_they_may(qtbot, go: Open, store: Store) -> None:
    page = go("staff", "admin")
    qtbot.waitUntil(lambda: len(page.table.rows()) == 7)
    page.add_person()
    keys("C02")
    press(Qt.Key.Key_Tab)
    keys("新来的")
    press(Qt.Key.Key_Tab)
    press(Qt.Key.Key_Space)
    assert page.ticks.values() == ["counter_clerk"] and "Take devices in" in page.may.text()
    reach("First PIN")
    keys("730164")
    page.save()

    qtbot.waitUntil(lambda: len(page.table.rows()) == 8)
    qtbot.waitUntil(lambda: page.person is not None and page.person.staff_no == "C02")


def test_the_badge_of_a_person_is_printed_from_the_page(qtbot, go: Open, store: Store) -> None:
    page = go("staff", "admin")
    qtbot.waitUntil(lambda: len(page.table.rows()) == 7)
    assert not page.badge_button.isVisible()
    page.table.select(1)
    qtbot.waitUntil(page.badge_button.isVisible)

    page.print_paper()

    qtbot.waitUntil(lambda: store.ask(lambda s: s.scalars(select(PrintJob.kind)).all()) == ["badge_label"])


# ---- calendar


def test_a_day_is_closed_by_keys(qtbot, go: Open, store: Store) -> None:
    page = go("calendar", "supervisor")
    qtbot.waitUntil(lambda: page.grid.card() is not None, timeout=8000)
    qtbot.waitUntil(lambda: focused() is page.grid)
    press(Qt.Key.Key_Right)
    assert page.grid.current.isoformat() == "2026-03-13"
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_3)
    press(Qt.Key.Key_Return)
    keys("盘点")
    press(Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: page.grid.card().note == "盘点" and page.grid.card().hours is None)
    qtbot.waitUntil(lambda: any("盘点" in line.detail for line in page.history.timeline.happenings))
    page.grid.setFocus()
    press(Qt.Key.Key_PageDown)
    qtbot.waitUntil(lambda: page.grid.first.month == 4)
    assert page.month_title.text() == "April 2026"


def test_hours_that_are_no_hours_are_refused_at_their_day(qtbot, go: Open, store: Store) -> None:
    page = go("calendar", "supervisor")
    tuesday = page.week_form.rows["day_1"]
    qtbot.waitUntil(lambda: tuesday.field.text() == "08:30-17:30", timeout=8000)
    tuesday.field.setText("often")
    page.save()
    assert tuesday.error.isVisible()

    tuesday.field.setText("9:00-18:00")
    page.save()
    from datetime import date

    month = lambda: store.ask(lambda session: calendar_month(session, date(2026, 3, 1)))  # noqa: E731
    qtbot.waitUntil(lambda: month().week[1] == (540, 1080))


# ---- import and export


def test_a_file_is_previewed_then_imported_by_keys(qtbot, go: Open, store: Store) -> None:
    page = go("import", "admin")
    page.kind.setFocus()
    press(Qt.Key.Key_2)
    reach("File")
    page.file.set_value(str(resource("samples", "merchants.csv")))
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.found is not None, timeout=8000)
    assert (page.lines.value(), page.wrong.value()) == ("12", "0")
    assert len(store.ask(lambda session: registry.merchants(session))) == 2
    qtbot.waitUntil(lambda: focused() is page.import_button)
    press(Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: len(store.ask(lambda session: registry.merchants(session))) == 12, timeout=8000)


def test_wrong_lines_are_listed_and_nothing_is_taken(qtbot, go: Open, store: Store, tmp_path: Path) -> None:
    file = tmp_path / "merchants.csv"
    file.write_text("商户号,商户名称,颜色\n12,甲店,红\n100391054110099,,蓝\n100391054110098,乙店,绿\n", "utf-8")
    page = go("import", "admin", kind="merchants")
    page.file.set_value(str(file))
    page.preview()
    qtbot.waitUntil(lambda: page.found is not None, timeout=8000)

    assert [row.line for row in page.problems.rows()] == [2, 3]
    assert "颜色" in page.unknown.text() and not page.import_button.isEnabled()
    assert len(store.ask(lambda session: registry.merchants(session))) == 2


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_list_is_exported_and_the_export_is_noted(
    qtbot, go: Open, store: Store, tmp_path: Path, ending: str
) -> None:
    page = go("merchants", "supervisor")
    page.export()
    bar = page.export_bar
    target = tmp_path / f"merchants.{ending}"
    bar.path.set_value(str(target))
    with qtbot.waitSignal(bar.saved, timeout=8000):
        bar.run()

    assert target.stat().st_size > 100
    assert store.ask(lambda session: session.scalars(select(LookupUse.record_id)).all()) == ["export:merchants"]


def test_a_clerk_cannot_export(go: Open) -> None:
    page = go("merchants", "clerk")
    page.export()

    assert not page.export_bar.isVisible()


# ---- day one, journal, shelves, orders


def test_devices_on_the_shelf_are_taken_over_by_keys(qtbot, desk: Window, go: Open, store: Store) -> None:
    page = go("go_live", "supervisor")
    entry = page.entry
    qtbot.waitUntil(lambda: focused() is entry.merchant)
    keys("slxm")
    qtbot.waitUntil(lambda: entry.merchant.popup.isVisible())
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: entry.merchant.chosen is not None)
    reach("Brought by")
    keys("张三")
    reach("Phone")
    keys("13800000101")
    reach("Day it came in")
    keys("2026-03-01")
    reach("Old paper or list")
    keys("旧凭证0312")
    for serial in (ONE, TWO):
        assert page.scan(serial)
        entry.tamper.setFocus()
        press(Qt.Key.Key_1)
        press(Qt.Key.Key_Return)
    assert [one.serial_no for one in entry.devices] == [ONE, TWO]
    page.save()

    items = lambda: store.ask(lambda session: session.scalars(select(RepairItem.id)).all())  # noqa: E731
    qtbot.waitUntil(lambda: len(items()) == 2, timeout=8000)
    qtbot.waitUntil(lambda: page.pills["taken"].text() == "done")
    assert entry.devices == []


def test_an_unanswered_tamper_check_keeps_the_device_off_the_list(go: Open) -> None:
    page = go("go_live", "supervisor")
    page.scan(ONE)
    page.entry.add_device()

    assert page.entry.devices == [] and page.entry.form.rows["tamper"].error.isVisible()


def test_the_checklist_names_who_can_do_what_i_cannot(qtbot, go: Open) -> None:
    from deskapp.ui.widgets.text import Text

    page = go("go_live", "supervisor")
    qtbot.waitUntil(lambda: page.seen is not None)

    assert not page.buttons["staff"].isVisible()
    assert any("Administrator" in label.text() for label in page.findChildren(Text))
    assert page.pills["merchants"].text() == "done" and page.pills["shelves"].text() == "to do"


def test_an_auditor_reads_the_journal_and_proves_the_chain(qtbot, go: Open, store: Store) -> None:
    page = go("journal", "auditor")
    qtbot.waitUntil(lambda: len(page.table.rows()) >= 3)
    page.table.setFocus()
    press(Qt.Key.Key_Down)
    page.table.select(0)
    qtbot.waitUntil(lambda: bool(page.values.rows()))
    page.verify()

    qtbot.waitUntil(lambda: "whole" in page.banner.text.text())


def test_a_shelf_is_added_and_its_label_printed(qtbot, go: Open, store: Store, people: People) -> None:
    page = go("shelf", "admin")
    page.form.rows["code"].field.setFocus()
    keys("b-03-2")
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: [row.code for row in page.table.rows()] == ["B-03-2"])

    page = go("shelf", "supervisor")
    qtbot.waitUntil(lambda: page.table.current() is not None)
    page.print_label()
    qtbot.waitUntil(lambda: store.ask(lambda s: s.scalars(select(PrintJob.kind)).all()) == ["shelf_label"])


def test_an_order_leads_to_its_device_and_merchant(
    qtbot, desk: Window, go: Open, store: Store, people: People
) -> None:
    store.run(add_shelf(code="A-1"), by=people.admin)
    done = taken_in(store, people)
    page = go("order", id=done.devices[1].item_id, kind="item")
    qtbot.waitUntil(lambda: page.title.text() == done.order_no)
    qtbot.waitUntil(lambda: page.devices.current() is not None)

    assert page.devices.current().serial_no == TWO
    assert not page.pickup_button.isVisible()
    page.to_device()
    qtbot.waitUntil(lambda: desk.shell.page_id() == "device")

    unit = desk.shell.page()
    qtbot.waitUntil(lambda: unit.card is not None and not unit.chain_button.isHidden())
    unit.chain_button.click()
    qtbot.waitUntil(lambda: desk.shell.page_id() == "custody")
    qtbot.waitUntil(lambda: desk.shell.page().view is not None)


def test_hours_are_read_as_people_write_them() -> None:
    from deskapp.ui.pages.calendar import hours_text, read_hours

    assert read_hours("8:30-17:30") == (510, 1050) and hours_text((510, 1050)) == "08:30-17:30"
    assert read_hours("8:30 – 17:30") == (510, 1050)
    assert [read_hours(text) for text in ("", "8-", "17:30-8:30", "8:70-9:00", "a-b", "8:30")] == [None] * 6


class Flashes(QObject):
    """Notes every window of its own that opens, however short."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note and pass on."""
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.seen.append(type(watched).__name__)
        return False


@pytest.mark.parametrize("spec", PAGES, ids=lambda spec: spec.id)
def test_building_a_page_opens_no_window_that_takes_the_keys_away(
    qtbot, qapp: QApplication, context: PageContext, spec: PageSpec
) -> None:
    flashes = Flashes()
    qapp.installEventFilter(flashes)
    page = spec.factory(context)
    qapp.removeEventFilter(flashes)
    qtbot.addWidget(page)

    assert flashes.seen == []
