"""Lists that leave the program: nothing in them is a formula, phones are masked, and they come back in."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from deskapp.commands.imports import import_file
from deskapp.errors import Refused, Unavailable
from deskapp.models.store import Store
from deskapp.queries.exports import KINDS, Table, as_csv, as_excel, export
from tests.checkin_shop import stock_shop, taken_in
from tests.conftest import People

FORMULA_MARKS = "=+-@\t\r＝＋－＠"

words = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=20)
nasty = st.builds(lambda mark, rest: mark + rest, st.sampled_from(list(FORMULA_MARKS)), words)


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@given(st.lists(st.tuples(words | nasty, nasty), max_size=5))
def test_no_exported_csv_cell_begins_like_a_formula(rows: list[tuple[str, str]]) -> None:
    read = read_csv(as_csv(Table(("甲", "乙"), tuple(rows))))

    assert all(not cell or cell[0] not in FORMULA_MARKS for row in read for cell in row)


@given(st.lists(st.tuples(words), max_size=5))
def test_harmless_cells_come_back_as_they_were(rows: list[tuple[str]]) -> None:
    kept = [row for row in rows if not row[0][:1] or row[0][0] not in FORMULA_MARKS]
    read = read_csv(as_csv(Table(("甲",), tuple(kept))))

    assert [row[0] if row else "" for row in read[1:]] == [row[0] for row in kept]


@given(st.lists(st.tuples(words | nasty), min_size=1, max_size=4))
def test_no_exported_excel_cell_is_a_formula(rows: list[tuple[str]]) -> None:
    sheet = load_workbook(io.BytesIO(as_excel(Table(("甲",), tuple(rows))))).worksheets[0]

    cells = [cell for line in sheet.iter_rows() for cell in line]
    assert not any(cell.data_type == "f" for cell in cells)
    assert all(cell.value is None or isinstance(cell.value, str) for cell in cells)


@pytest.fixture
def shop(store: Store, people: People) -> Store:
    store.run(stock_shop())
    taken_in(store, people)
    return store


def test_phones_and_names_leave_masked_unless_somebody_may_see_them(shop: Store) -> None:
    masked = shop.ask(lambda session: export(session, "merchants"))
    whole = shop.ask(lambda session: export(session, "merchants", unmasked=True))

    text = as_csv(masked).decode("utf-8-sig")
    assert "13800000101" not in text and "138****0101" in text and "张三" not in text
    assert "13800000101" in as_csv(whole).decode("utf-8-sig")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_headings_and_as_many_cells_in_every_row(shop: Store, kind: str) -> None:
    table = shop.ask(lambda session: export(session, kind))

    assert table.rows and {len(row) for row in table.rows} == {len(table.headings)}


def test_the_words_of_tickets_follow_the_language(shop: Store) -> None:
    chinese = shop.ask(lambda session: export(session, "tickets", language="zh_CN"))
    english = shop.ask(lambda session: export(session, "tickets", language="en"))

    assert english.headings[0] == "Ticket number"
    assert not any(title.isascii() for title in chinese.headings)


@pytest.mark.parametrize("kind", ["merchants", "devices"])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_what_was_exported_whole_can_be_imported_and_changes_nothing(
    shop: Store, people: People, tmp_path: Path, kind: str, ending: str
) -> None:
    table = shop.ask(lambda session: export(session, kind, unmasked=True))
    file = tmp_path / f"{kind}.{ending}"
    file.write_bytes(as_csv(table) if ending == "csv" else as_excel(table))

    found = shop.run(import_file(kind=kind, file=str(file)).as_trial(), by=people.admin).result

    assert (found.added, found.changed, found.problems) == (0, len(table.rows), ())
    assert found.unknown_columns == ()


def test_an_unknown_kind_is_refused(shop: Store) -> None:
    with pytest.raises(Refused) as refusal:
        shop.ask(lambda session: export(session, "secrets"))
    assert refusal.value.field == "kind"


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    from deskapp.ui.pages.lists import write_file

    write_file(tmp_path / "a.csv", b"1")
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    with pytest.raises(Unavailable):
        write_file(tmp_path / "nowhere" / "a.csv", b"1")
    with pytest.raises(Unavailable):
        write_file(tmp_path / "a.exe", b"1")
