"""Importing a branch's own lists: previewed, judged line by line, taken whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from deskapp.commands.imports import ImportRefused, import_file
from deskapp.errors import Forbidden, Refused
from deskapp.models import replay
from deskapp.models.device import Device, DeviceModel
from deskapp.models.merchant import Merchant, MerchantContact
from deskapp.models.stock import Part, StockMove
from deskapp.models.store import Store
from deskapp.paths import resource
from tests.conftest import People


def sample(name: str) -> str:
    return str(resource("samples", name))


def count(store: Store, table: type) -> int:
    return store.ask(lambda session: session.scalar(select(func.count()).select_from(table)) or 0)


def test_a_whole_branch_comes_in_from_its_exports(store: Store, people: People) -> None:
    for kind in ("models", "merchants", "devices", "parts"):
        found = store.run(import_file(kind=kind, file=sample(f"{kind}.csv")), by=people.admin).result
        assert found.problems == () and found.added == found.lines

    assert count(store, Merchant) == 12 and count(store, MerchantContact) == 12
    assert count(store, Device) == 30 and count(store, Part) > 0 and count(store, StockMove) > 0
    bound = store.ask(lambda s: s.scalar(select(func.count()).select_from(Device).where(Device.terminal_no != "")))
    assert bound and bound > 20


def test_importing_twice_changes_nothing_and_adds_nothing(store: Store, people: People) -> None:
    for kind in ("models", "merchants", "devices"):
        store.run(import_file(kind=kind, file=sample(f"{kind}.csv")), by=people.admin)
    before = store.ask(replay.head)

    again = store.run(import_file(kind="devices", file=sample("devices.csv")), by=people.admin).result

    assert again.added == 0 and again.changed == 30
    assert store.ask(replay.head) == before


def test_a_trial_shows_what_would_come_and_leaves_nothing(store: Store, people: People) -> None:
    found = store.run(import_file(kind="merchants", file=sample("merchants.csv")).as_trial(), by=people.admin)

    assert found.result.added == 12 and count(store, Merchant) == 0 and found.changes.records == frozenset()


def test_another_systems_export_in_gb18030_is_refused_naming_the_columns(store: Store, people: People) -> None:
    with pytest.raises(Refused) as refusal:
        store.run(import_file(kind="devices", file=sample("devices_gb18030_wrong_columns.csv")), by=people.admin)

    assert refusal.value.code == "columns"
    assert "机身号" in str(refusal.value) and "型号编码" in str(refusal.value)


def test_one_wrong_line_keeps_every_line_out_and_is_named(store: Store, people: People, tmp_path: Path) -> None:
    file = tmp_path / "merchants.csv"
    lines = ["商户号,商户名称,联系电话", "100391054110001,好店,13800138000", "10039105411000,短号店,13800138001", "100391054110003,第三店,123"]
    file.write_bytes("\r\n".join(lines).encode("gb18030"))

    with pytest.raises(ImportRefused) as refusal:
        store.run(import_file(kind="merchants", file=str(file)), by=people.admin)

    problems = refusal.value.found.problems
    assert [(problem.line, problem.field) for problem in problems] == [(3, "merchant_no"), (4, "contact_phone")]
    assert count(store, Merchant) == 0


def test_the_same_line_twice_in_one_file_is_named(store: Store, people: People, tmp_path: Path) -> None:
    file = tmp_path / "merchants.csv"
    file.write_text("商户号,商户名称\n100391054110001,好店\n100391054110001,好店\n", "utf-8")

    with pytest.raises(ImportRefused) as refusal:
        store.run(import_file(kind="merchants", file=str(file)), by=people.admin)

    assert refusal.value.found.problems[0].line == 3 and refusal.value.found.problems[0].values["line"] == 2


def test_excel_comes_in_like_csv_and_formulas_are_only_text(store: Store, people: People, tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["商户号", "商户名称", "备注"], ["100391054110001", "好店", "普通备注"]):
        sheet.append(row)
    book.save(tmp_path / "merchants.xlsx")

    found = store.run(import_file(kind="merchants", file=str(tmp_path / "merchants.xlsx")), by=people.admin).result

    assert found.added == 1
    assert store.ask(lambda s: s.scalars(select(Merchant.name)).all()) == ["好店"]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x01\x02", b"PK\x03\x04broken"])
def test_a_broken_file_is_a_sentence(store: Store, people: People, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / ("broken.xlsx" if content.startswith(b"PK") else "broken.csv")
    file.write_bytes(content)

    with pytest.raises(Refused):
        store.run(import_file(kind="merchants", file=str(file)), by=people.admin)


def test_a_clerk_does_not_import(store: Store, people: People) -> None:
    with pytest.raises(Forbidden):
        store.run(import_file(kind="models", file=sample("models.csv")), by=people.clerk)


def test_models_of_a_file_join_the_catalogue(store: Store, people: People) -> None:
    store.run(import_file(kind="models", file=sample("models.csv")), by=people.admin)

    assert store.ask(lambda s: s.get(DeviceModel, "landi-apos-a8")) is not None


def test_opening_stock_counts_for_parts_of_the_shipped_catalogue_too_and_only_once(
    store: Store, people: People
) -> None:
    from deskapp.commands.catalogue_setup import copy_catalogues
    from deskapp.queries.bench import parts_for

    store.run(copy_catalogues(), by=people.admin)
    for _turn in range(2):
        store.run(import_file(kind="parts", file=str(resource("samples", "parts.csv"))), by=people.admin)

    rows = store.ask(lambda session: parts_for(session, "pax-a920", "BAT-A920", limit=5))
    assert [row.on_shelf for row in rows if row.part_no == "BAT-A920"] == [2]
