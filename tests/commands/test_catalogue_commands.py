"""The branch's own catalogue: models, parts with stock and labels, price lists by version, calendar and hours."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from deskapp.commands.catalogue import (
    ModelForm,
    PartForm,
    PriceForm,
    count_parts,
    put_model,
    put_part,
    put_prices,
    receive_parts,
)
from deskapp.commands.catalogue_setup import copy_catalogues
from deskapp.commands.papers_staff import queue_badge_label
from deskapp.commands.papers_stock import queue_part_label, queue_shelf_label
from deskapp.commands.people import change_staff
from deskapp.commands.setup import add_shelf, change_service_times, clear_calendar_day, set_calendar_day
from deskapp.errors import Forbidden, Refused
from deskapp.models import times
from deskapp.models.local import PrintJob
from deskapp.models.people import Staff
from deskapp.models.repair import ReviewCard
from deskapp.models.store import Store
from deskapp.queries import registry
from deskapp.queries.around import part_of_label, part_state
from deskapp.queries.scan import resolve_scan
from deskapp.queries.site_calendar import calendar_month
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.rules.papers import BadgeLabelCard, PartLabelCard, ShelfLabelCard, from_json
from tests.conftest import People

BATTERY = PartForm("bat-n910", "N910 锂电池", fits=("newland-n910",), price_fen=8000, min_quantity=2, bin="C-02-1")


def part(store: Store, people: People, form: PartForm = BATTERY) -> str:
    return store.run(put_part(form=form), by=people.keeper).result


def on_hand(store: Store, part_id: str) -> int:
    return next(row.on_hand for row in store.ask(registry.parts) if row.id == part_id)


def test_a_model_is_added_changed_and_set_aside(store: Store, people: People) -> None:
    form = ModelForm("Newland-N999", "新大陆", "N999", capabilities=("print",), warranty_months=24)
    identity = store.run(put_model(form=form), by=people.admin).result
    store.run(put_model(form=ModelForm(identity, "新大陆", "N999", active=False)), by=people.admin)

    rows = {row.id: row for row in store.ask(registry.models)}
    assert identity == "newland-n999" and rows[identity].active is False
    assert identity not in {row.id for row in store.ask(lambda session: registry.models(session, active_only=True))}


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (ModelForm("", "新大陆", "N1"), "id"),
        (ModelForm("a", "", "N1"), "name"),
        (ModelForm("a", "新大陆", "N1", kind="toaster"), "kind"),
        (ModelForm("a", "新大陆", "N1", serial_pattern="[A-Z"), "serial_pattern"),
    ],
)
def test_a_model_that_is_not_complete_is_refused_at_its_field(
    store: Store, people: People, form: ModelForm, field: str
) -> None:
    with pytest.raises(Refused) as refusal:
        store.run(put_model(form=form), by=people.admin)
    assert refusal.value.field == field


def test_the_shipped_catalogue_never_overwrites_what_the_branch_changed(store: Store, people: People) -> None:
    first = store.run(copy_catalogues(), by=people.admin).result
    store.run(put_model(form=ModelForm("newland-n910", "新大陆", "N910改")), by=people.admin)

    again = store.run(copy_catalogues(), by=people.admin).result

    assert first.models > 10 and (again.models, again.parts, again.prices) == (0, 0, 0)
    assert next(row.name for row in store.ask(registry.models) if row.id == "newland-n910") == "N910改"


def test_stock_is_the_sum_of_what_came_and_what_was_counted(store: Store, people: People) -> None:
    part_id = part(store, people)
    assert [row.id for row in store.ask(lambda session: registry.parts(session, below_minimum=True))] == [part_id]

    store.run(receive_parts(part_id=part_id, quantity=5, supplier="甲公司"), by=people.keeper)
    assert on_hand(store, part_id) == 5

    difference = store.run(count_parts(part_id=part_id, counted=3, reason="少两块"), by=people.keeper).result
    assert (difference, on_hand(store, part_id)) == (-2, 3)
    assert store.run(count_parts(part_id=part_id, counted=3), by=people.keeper).result == 0
    moves = store.ask(lambda session: part_state(session, part_id)).moves
    assert [(move.from_place, move.to_place, move.quantity) for move in moves] == [
        ("shelf", "count", 2), ("supplier", "shelf", 5),
    ]  # fmt: skip


def test_a_count_of_tracked_parts_says_which_one_is_gone(store: Store, people: People) -> None:
    part_id = part(store, people, PartForm("BRD-1", "主板", serialised=True))
    store.run(receive_parts(part_id=part_id, quantity=2, serials=["SN-1001", "SN-1002"]), by=people.keeper)

    with pytest.raises(Refused) as refusal:
        store.run(count_parts(part_id=part_id, counted=1), by=people.keeper)
    assert refusal.value.field == "serials"
    off = store.run(count_parts(part_id=part_id, counted=2, serials=["SN-1002", "SN-1003"]), by=people.keeper).result

    assert (off, on_hand(store, part_id)) == (0, 2)
    assert store.ask(lambda session: part_state(session, part_id)).serials == ("SN-1002", "SN-1003")
    with store.read() as session:
        card = session.scalars(select(ReviewCard).where(ReviewCard.kind == "stock_difference")).one()
    assert (card.data["gone"], card.data["extra"]) == (["SN-1001"], ["SN-1003"])


def test_a_tracked_part_needs_a_serial_number_for_each(store: Store, people: People) -> None:
    part_id = part(store, people, PartForm("BRD-1", "主板", serialised=True))

    with pytest.raises(Refused) as refusal:
        store.run(receive_parts(part_id=part_id, quantity=2, serials=["SN-1001"]), by=people.keeper)
    assert refusal.value.field == "serials"

    store.run(receive_parts(part_id=part_id, quantity=2, serials=["SN-1001", "SN-1002"]), by=people.keeper)
    assert store.ask(lambda session: part_state(session, part_id)).serials == ("SN-1001", "SN-1002")


def test_part_labels_are_numbered_queued_and_found_again_by_a_scan(store: Store, people: People) -> None:
    part_id = part(store, people)
    store.run(receive_parts(part_id=part_id, quantity=5, supplier="甲公司"), by=people.keeper)

    numbers = store.run(queue_part_label(part_id=part_id, copies=2), by=people.keeper).result

    jobs = store.ask(lambda session: session.scalars(select(PrintJob).order_by(PrintJob.number)).all())
    assert [job.number for job in jobs] == sorted(numbers) and len(set(numbers)) == 2
    card = from_json(jobs[0].card)
    assert isinstance(card, PartLabelCard)
    assert (card.part_no, card.supplier, card.bin) == ("BAT-N910", "甲公司", "C-02-1")
    assert store.ask(lambda session: resolve_scan(session, numbers[0])).id == part_id
    assert store.ask(lambda session: part_of_label(session, numbers[1])) == part_id
    assert on_hand(store, part_id) == 5


@pytest.mark.parametrize("copies", [0, -1, 101])
def test_so_many_labels_are_not_printed_at_once(store: Store, people: People, copies: int) -> None:
    part_id = part(store, people)
    with pytest.raises(Refused) as refusal:
        store.run(queue_part_label(part_id=part_id, copies=copies), by=people.keeper)
    assert refusal.value.field == "copies"


def test_a_shelf_has_a_label_that_opens_it(store: Store, people: People) -> None:
    shelf_id = store.run(add_shelf(code="b-03-2", zone="B", use="pickup"), by=people.admin).result

    number = store.run(queue_shelf_label(shelf_id=shelf_id), by=people.clerk).result

    job = store.ask(lambda session: session.scalars(select(PrintJob)).one())
    card = from_json(job.card)
    assert isinstance(card, ShelfLabelCard) and (card.location, card.use) == ("B-03-2", "pickup")
    assert store.ask(lambda session: resolve_scan(session, number)).id == shelf_id


def test_price_lists_stand_beside_each_other_by_version(store: Store, people: People) -> None:
    lines = [PriceForm("L1", "labour", "小修", 3000), PriceForm("L2", "labour", "中修", 6000)]
    store.run(put_prices(version="2026-1", valid_from="2026-01-01", lines=lines), by=people.admin)
    store.run(put_prices(version="2026-2", valid_from="2026-07-01", lines=lines[:1]), by=people.admin)
    store.run(put_prices(version="2026-1", valid_from="2026-01-01", lines=lines[1:]), by=people.admin)

    rows = store.ask(registry.prices)
    assert [(row.version, row.code) for row in rows] == [("2026-2", "L1"), ("2026-1", "L2")]
    with pytest.raises(Refused):
        store.run(put_prices(version="2026-3", valid_from="", lines=[PriceForm("L1", "labour", "小修", -1)]), by=people.admin)


def test_only_those_who_may_edit_catalogue_and_stock(store: Store, people: People) -> None:
    with pytest.raises(Forbidden):
        store.run(put_model(form=ModelForm("a", "b", "c")), by=people.clerk)
    with pytest.raises(Forbidden):
        store.run(put_part(form=BATTERY), by=people.admin)
    with pytest.raises(Forbidden):
        store.run(put_prices(version="1", valid_from="", lines=[]), by=people.supervisor)


# ---- calendar and hours


def month(store: Store, text: str):
    from datetime import date

    return store.ask(lambda session: calendar_month(session, date.fromisoformat(text)))


def day(store: Store, text: str):
    return next(one for one in month(store, text[:8] + "01").days if one.day.isoformat() == text)


def test_the_calendar_knows_public_holidays_and_make_up_days(store: Store) -> None:
    assert day(store, "2025-10-01").hours is None and day(store, "2025-10-01").holiday == "National Day"
    assert day(store, "2025-09-28").hours is not None and day(store, "2025-09-28").holiday == "National Day"
    assert day(store, "2026-03-12").hours == (510, 1050)
    assert day(store, "2026-03-15").hours is None
    assert day(store, "2040-03-12").provisional


def test_a_day_is_overruled_and_given_back(store: Store, people: People) -> None:
    store.run(set_calendar_day(day="2026-03-15", works=True, note="盘点"), by=people.supervisor)
    overruled = day(store, "2026-03-15")
    assert (overruled.hours, overruled.own, overruled.note, overruled.public) == ((510, 1050), True, "盘点", False)

    store.run(clear_calendar_day(day="2026-03-15"), by=people.supervisor)
    assert day(store, "2026-03-15").hours is None


def test_hours_and_promises_are_saved_and_used(store: Store, people: People) -> None:
    week = {number: (540, 1080) if number < 5 else None for number in range(7)}
    promises = {1: (20, 1, True), 2: (60, 2, False), 3: (480, 4, False), 4: (960, 8, False)}

    store.run(change_service_times(week=week, promises=promises), by=people.supervisor)

    card = month(store, "2026-03-01")
    assert card.week[0] == (540, 1080) and card.week[5] is None and dict(card.promises) == promises
    assert day(store, "2026-03-14").hours is None
    site = store.facts.site_id
    assert store.ask(lambda session: times.promise_of(session, site, 2)).first_response_min == 60


@pytest.mark.parametrize(
    ("week", "promises", "field"),
    [
        (dict.fromkeys(range(7)), {}, "week"),
        ({0: (600, 600)}, {}, "day_0"),
        ({0: (600, 2000)}, {}, "day_0"),
        ({0: (600, 700)}, {3: (0, 1, False)}, "priority_3"),
        ({0: (600, 700)}, {5: (10, 1, False)}, "priority_5"),
    ],
)
def test_hours_that_cannot_be_are_refused_at_their_field(
    store: Store, people: People, week: dict, promises: dict, field: str
) -> None:
    with pytest.raises(Refused) as refusal:
        store.run(change_service_times(week=week, promises=promises), by=people.supervisor)
    assert refusal.value.field == field


def test_a_badge_is_queued_with_name_and_code_and_only_for_people_who_work_here(store: Store, people: People) -> None:
    clerk = people.clerk.staff_id
    number = store.run(queue_badge_label(staff_id=clerk), by=people.admin).result
    job = store.ask(lambda s: s.query(PrintJob).filter_by(kind="badge_label").one())
    card = from_json(job.card)
    assert isinstance(card, BadgeLabelCard)
    assert (card.number, card.staff_no, job.subject_kind, job.subject_id) == (number, "C01", "staff", clerk)
    assert parse_scan(number).kind is ScanKind.BADGE and job.medium.startswith("label-")

    with pytest.raises(Forbidden):
        store.run(queue_badge_label(staff_id=clerk), by=people.clerk)
    row = store.ask(lambda s: s.get_one(Staff, clerk))
    store.run(
        change_staff(staff_id=clerk, name=row.name, roles=list(row.roles), badge_no=row.badge_no, active=False),
        by=people.admin,
    )
    with pytest.raises(Refused):
        store.run(queue_badge_label(staff_id=clerk), by=people.admin)
