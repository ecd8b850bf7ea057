"""Day-end figures, what a scan at the shelf means, and Excel files that hold texts, never formulas."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from deskapp.commands.dayend import close_day, save_shelf_count
from deskapp.commands.pickup_forms import Payment
from deskapp.errors import Unavailable
from deskapp.models.device import Device
from deskapp.models.repair import RepairItem
from deskapp.models.store import Store
from deskapp.queries import sheets
from deskapp.queries.dayend import Meaning, day_view, days_open, register_lines, shelf_scan, the_site
from deskapp.queries.sheets import Sheet, Yuan, write_book
from tests.commands.test_loaners import LOANER, loaner
from tests.commands.test_pickup import hand, order_with
from tests.conftest import FixedClock, People
from tests.factories_pickup import Line

DAY = date(2026, 3, 12)


def test_a_day_is_open_until_it_is_closed(store: Store, people: People) -> None:
    site = store.ask(the_site)
    assert site == store.facts.site_id
    assert not store.ask(lambda s: day_view(s, site, DAY, store.now)).closed

    store.run(close_day(day="2026-03-12", remarks="平账"), by=people.supervisor)

    view = store.ask(lambda s: day_view(s, site, DAY, store.now))
    assert (view.closed, view.closed_by, view.number, view.remarks) == (True, "欧阳静", "FZ-D1-20260312", "平账")


def test_days_that_were_forgotten_are_told(store: Store, people: People, clock: FixedClock) -> None:
    order_with(store, people, Line())
    clock.forward(days=2)

    assert store.ask(lambda s: days_open(s, store.facts.site_id, date(2026, 3, 14), store.now)) == [DAY]

    store.run(close_day(day="2026-03-12"), by=people.supervisor)
    assert store.ask(lambda s: days_open(s, store.facts.site_id, date(2026, 3, 14), store.now)) == []


def test_the_last_count_of_the_day_counts(store: Store, people: People) -> None:
    order = order_with(store, people, Line(), Line())
    for found in (order.items, order.items[:1]):
        store.run(save_shelf_count(day="2026-03-12", found=tuple(found)), by=people.clerk)

    seen = store.ask(lambda s: day_view(s, store.facts.site_id, DAY, store.now)).figures

    assert [line.item_id for line in seen.missing] == [order.items[1]]
    assert seen.count is not None and seen.count.by == "李秀英"


def test_a_scan_at_the_shelf_is_explained(store: Store, people: People) -> None:
    order = order_with(store, people, Line(accessories=("power_adapter",)), Line())
    hand(store, people, order, 1)
    store.run(loaner())

    with store.read() as session:
        serial = session.get_one(Device, session.get_one(RepairItem, order.items[0]).device_id).serial_no
        accessory = shelf_scan(session, "A001230000019").meaning
        meanings = [shelf_scan(session, text).meaning for text in (order.labels[0], serial, order.labels[1],
                                                                   LOANER, "FREMD12345")]  # fmt: skip
        misread = shelf_scan(session, order.labels[0][:-1] + str((int(order.labels[0][-1]) + 1) % 10)).meaning

    assert meanings == [Meaning.HELD, Meaning.HELD, Meaning.GONE, Meaning.LOANER, Meaning.FOREIGN]
    assert misread is Meaning.MISREAD and accessory in (Meaning.MISREAD, Meaning.ACCESSORY, Meaning.FOREIGN)


def test_the_day_end_as_excel_reads_back(store: Store, people: People, tmp_path: Path) -> None:
    order = order_with(store, people, Line(fen=15000), Line(), name='=HYPERLINK("x")商户')
    hand(store, people, order, 0, payments=(Payment("cash", 15000),))
    seen = store.ask(lambda s: day_view(s, store.facts.site_id, DAY, store.now)).figures
    target = tmp_path / "deep" / "日终.xlsx"

    write_book(target, sheets.day_end_book(seen, "zh_CN"))

    book = load_workbook(target)
    takings = book[book.sheetnames[1]]
    assert [cell.value for cell in takings[2]][1:] == [1, 150]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert not list(tmp_path.rglob("*.part"))


def test_no_text_becomes_a_formula(tmp_path: Path) -> None:
    target = tmp_path / "a.xlsx"
    texts = ["=1+1", "+1", "-1", "@x", "\t=1", "00123", "a\x07b"]

    write_book(target, [Sheet("x", ["t"], [10], [[text] for text in texts] + [[Yuan(-5)], [7], [None]])])

    page = load_workbook(target).active
    assert page is not None
    assert [page.cell(row, 1).data_type for row in range(2, 9)] == ["s"] * 7
    assert [page.cell(row, 1).value for row in (2, 7, 8)] == ["=1+1", "00123", "ab"]
    assert float(page.cell(9, 1).value) == -0.05 and page.cell(10, 1).value == 7


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", "utf-8")

    with pytest.raises(Unavailable):
        write_book(tmp_path / "file" / "a.xlsx", [Sheet("x", ["t"], [10], [])])


def test_the_register_as_excel_has_one_line_for_each_device(store: Store, people: People, tmp_path: Path) -> None:
    order = order_with(store, people, Line(fen=15000), Line())
    hand(store, people, order, 0, payments=(Payment("cash", 15000),))
    rows = store.ask(lambda s: register_lines(s, DAY, DAY))

    write_book(tmp_path / "r.xlsx", sheets.register_book(rows, DAY, DAY, "zh_CN"))

    page = load_workbook(tmp_path / "r.xlsx").active
    assert page is not None and page.max_row == 3
    assert page.cell(2, 15).value == 150 and page.cell(3, 15).value in (None, "")
