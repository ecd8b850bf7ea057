"""A van played by hand, scan by scan: what was said wrongly, lost or answered by itself, each once."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from sqlalchemy import select

from deskapp.commands.bench import start_diagnosis
from deskapp.commands.checkin_forms import Photo
from deskapp.commands.transfers import hand_over, open_manifest
from deskapp.commands.transfers_aside import take_manifest_back
from deskapp.commands.transfers_differences import note_extra
from deskapp.commands.transfers_receive import receive_line
from deskapp.errors import N_
from deskapp.models.people import Site
from deskapp.models.repair import AccessoryItem, RepairItem
from deskapp.models.store import Store, Write, command
from deskapp.models.transfer import ManifestEvent
from deskapp.queries.transfers import LineRow
from deskapp.rules.numbers import make_label
from deskapp.ui.page import PageContext
from deskapp.ui.pages.transfer_differences import DiscrepanciesPage
from deskapp.ui.pages.transfer_in import TransferInPage
from deskapp.ui.pages.transfer_out import TransferOutPage
from deskapp.ui.pages.transfer_words import line_state
from tests.conftest import People
from tests.factories_transfers import COURIER, DEPOT, Yard, fine, yard
from tests.keys import press_key, type_keys

WAIT = 10_000
PHOTO = Photo("e" * 64, size=1000, kind="difference")


@pytest.fixture
def place(store: Store, people: People, context: PageContext) -> Yard:
    context.jobs.actor = people.supervisor
    return yard(store, people)


def until(qtbot: Any, what: Any) -> None:
    qtbot.waitUntil(what, timeout=WAIT)


def says(qtbot: Any, page: Any, code: str, words: str) -> None:
    """Scan a code and wait until the panel says so."""
    page.scan(code)
    until(qtbot, lambda: page.panel.said() == words)


# -- the giver ---------------------------------------------------------------------------


def test_a_seal_and_an_accessory_are_no_devices_to_put_aside(qtbot: Any, shown: Any, place: Yard) -> None:
    first, second = place.take(2)
    with place.store.read() as session:
        accessory = session.scalars(
            select(AccessoryItem.label_no).where(AccessoryItem.item_id == first.item_id, AccessoryItem.label_no != "")
        ).one()
    draft = place.do(open_manifest(kind="out", to=DEPOT))
    page = shown(TransferOutPage, id=draft.manifest_id)
    until(qtbot, lambda: page.view is not None)
    says(qtbot, page, "FZ000001", "Bag open: scan the devices that go into it")
    says(qtbot, page, first.label_no, "Packed, number 1")
    says(qtbot, page, "FZ000001", "This bag is open: scan the devices that go into it")
    says(qtbot, page, "FZ000002", "No device that is here. The next seal? Then close this bag first")
    assert page.seal == "FZ000001", "what may be a device nobody knows does not become a seal"
    says(qtbot, page, accessory, f"An accessory of {first.label_no}: it goes into the same bag.")
    says(qtbot, page, second.label_no, "Packed, number 2")
    until(qtbot, lambda: len(page.view.lines) == 2)
    page.verb("OK")
    says(qtbot, page, "FZ000001", "The seal of a bag: count the devices in it")
    says(qtbot, page, accessory, "An accessory: count the device it belongs to")
    says(qtbot, page, "WEIRD00000001", "Not on this manifest: put it aside")
    assert not page.out and not page.lists.waiting_card.isVisible()


def test_whoever_gives_a_van_a_second_time_looks_a_second_time(qtbot: Any, shown: Any, place: Yard) -> None:
    draft = place.packed(1)
    (one,) = place.devices
    page = shown(TransferOutPage, id=draft.manifest_id)
    until(qtbot, lambda: page.view is not None)
    page.verb("OK")
    page.scan(one.label_no)
    until(qtbot, page.sign.isVisible)
    page.verb("OK")
    page.sign.courier.setText(COURIER)
    for pad in (page.sign.giver, page.sign.taker):
        press_key(pad.on_paper, Qt.Key.Key_Space)
    page.save()
    until(qtbot, lambda: page.view.row.state == "under_way")
    place.do(take_manifest_back(manifest_id=draft.manifest_id, reason="车坏了", courier=COURIER, tamper_result="ok"))
    page.open()
    until(qtbot, lambda: page.view.row.state == "draft")

    page.verb("OK")
    page.scan(one.label_no)
    until(qtbot, page.sign.isVisible)
    assert not page.sign.answered() and not page.sign.courier.text()
    assert not page.sign.giver.paper() and not page.sign.taker.paper()


def test_a_device_counted_anew_is_looked_at_anew(qtbot: Any, shown: Any, place: Yard) -> None:
    draft = place.packed(2)
    page = shown(TransferOutPage, id=draft.manifest_id)
    until(qtbot, lambda: page.view is not None and len(page.view.lines) == 2)
    page.verb("OK")
    for one in place.devices:
        page.scan(one.label_no)
    until(qtbot, page.sign.isVisible)
    page.verb("OK")
    assert page.sign.answered()
    page.verb("UNDO")
    page.scan(place.devices[1].label_no)
    until(qtbot, page.sign.isVisible)
    assert not page.sign.answered()


def test_a_van_is_taken_back_by_keys_from_the_reason_to_who_brings_it(qtbot: Any, shown: Any, place: Yard) -> None:
    draft = place.sent(2)
    odd = place.devices[1]
    page = shown(TransferOutPage, id=draft.manifest_id)
    until(qtbot, lambda: page.view is not None and page.isActiveWindow())
    page.back_button.click()
    until(qtbot, page.reason.why.hasFocus)
    page.reason.why.setText("车坏了")
    press_key(page.reason.why, Qt.Key.Key_Return)
    assert page.reason.who.hasFocus()
    page.reason.submit()
    until(qtbot, page.reason.form.rows["tamper"].error.isVisible)
    page.scan(odd.label_no)
    assert not page.reason.form.rows["tamper"].error.isVisible(), "the scan answers it"
    page.reason.who.setText(COURIER)
    page.reason.submit()
    until(qtbot, lambda: page.view.row.state == "draft" and len(page.view.lines) == 1)
    assert page.panel.said() == "Scan the seal of the next bag", "not what was said when it left"


# -- the receiver ------------------------------------------------------------------------


def test_the_number_on_the_case_of_a_stray_belongs_to_its_label(qtbot: Any, shown: Any, place: Yard) -> None:
    draft, (one,) = place.incoming(1)
    (stray,) = place.incoming(1, first=50)[1]
    page = shown(TransferInPage, id=draft.manifest_id)
    until(qtbot, lambda: page.view is not None)
    unknown = make_label("D", 90909, 1)
    says(qtbot, page, unknown, "Not on this manifest: put it aside and note it")
    says(qtbot, page, one.label_no, f"First answer for {unknown}")
    says(qtbot, page, unknown, "It is in your hand: note it")
    page.scan(stray.serial_no)
    until(qtbot, page.extra.words.hasFocus)
    assert (page.extra.number, page.extra.serial.text()) == (unknown, stray.serial_no)
    page.verb("OK")
    until(qtbot, lambda: not page.extra.isVisible())
    with place.store.read() as session:
        fact = session.scalars(select(ManifestEvent).where(ManifestEvent.kind == "difference")).one()
        assert (fact.label_no, fact.serial_no) == (unknown, stray.serial_no)


def test_the_courier_is_asked_once_and_enter_goes_back_to_the_device(qtbot: Any, shown: Any, place: Yard) -> None:
    draft, (one,) = place.incoming(1)
    page = shown(TransferInPage, id=draft.manifest_id)
    until(qtbot, lambda: bool(page.courier.text()))
    page.courier.clear()
    page.scan(one.label_no)
    until(qtbot, page.look.isVisible)
    page.scan(one.serial_no)
    until(qtbot, page.look.ready)
    page.verb("OK")
    until(qtbot, lambda: page.courier.hasFocus() and page.courier.property("wrong"))
    type_keys(page.courier, "Wang")
    assert not page.courier.property("wrong")
    press_key(page.courier, Qt.Key.Key_Return)
    assert page.look.fine.hasFocus()
    press_key(page.look.fine, Qt.Key.Key_Space)
    until(qtbot, lambda: page.view.received == 1)


def test_what_was_called_suspicious_stays_so_when_its_number_matches(qtbot: Any, shown: Any, place: Yard) -> None:
    draft, (one,) = place.incoming(1)
    page = shown(TransferInPage, id=draft.manifest_id)
    until(qtbot, lambda: page.view is not None)
    page.scan(one.label_no)
    until(qtbot, page.look.isVisible)
    page.verb("QUARANTINE")
    says(qtbot, page, one.serial_no, "Suspicious: receive it as it is, the rest need not be answered")
    until(qtbot, page.look.receive.hasFocus)
    press_key(page.look.receive, Qt.Key.Key_Space)
    until(qtbot, lambda: page.view.received == 1)
    with place.store.read() as session:
        assert session.get_one(RepairItem, one.item_id).work_state == "quarantined"


@pytest.mark.parametrize(
    ("state", "differences", "words", "tone"),
    [
        ("waits", (), "record to come", "info"), ("waits", ("tamper",), "Traces of tampering", "danger"),
        ("waits", ("accessories", "wrong_serial"), "Wrong serial number", "danger"), ("open", (), "expected", "neutral"),
        ("open", ("missing",), "Missing", "warn"), ("received", ("accessories",), "Accessories not complete", "warn"),
        ("quarantined", ("tamper",), "quarantine", "danger"),
    ],
)  # fmt: skip
def test_a_line_shows_what_is_wrong_before_what_is_awaited(
    state: str, differences: tuple[str, ...], words: str, tone: str
) -> None:
    cell = line_state(LineRow("D1", "", "", "", False, "", (), 0, "", state, differences=differences))
    assert (cell.text, cell.tone) == (words, tone)


def test_whoever_signs_reads_what_did_not_come(qtbot: Any, shown: Any, place: Yard) -> None:
    draft, (one, two) = place.incoming(2)
    page = shown(TransferInPage, id=draft.manifest_id)
    until(qtbot, lambda: page.view is not None)
    place.do(receive_line(manifest_id=draft.manifest_id, scanned=one.label_no, looked=fine(one), courier=COURIER),
             place.people.supervisor)  # fmt: skip
    page.open()
    until(qtbot, lambda: page.view.received == 1)
    page.save()
    hint = page.end.form.rows["rest"].hint
    assert hint.isVisible() and two.label_no in hint.text() and one.label_no not in hint.text()


def test_the_photo_of_a_difference_and_who_took_it_are_seen(qtbot: Any, shown: Any, place: Yard) -> None:
    draft, (one,) = place.incoming(1)
    looked = fine(one, seal_ok=False, photos=(PHOTO,))
    place.do(receive_line(manifest_id=draft.manifest_id, scanned=one.label_no, looked=looked, courier=COURIER),
             place.people.supervisor)  # fmt: skip
    page = shown(DiscrepanciesPage)
    until(qtbot, lambda: len(page.files.files) == 1 and page.files.isVisible())
    assert "欧阳静" in page.facts.values["at"].text() and page.facts.values["serial"].text() == one.serial_no


@command(N_("Add a third outlet in a test"), right="")
def add_outlet(write: Write) -> None:
    write.session.add(Site(id="site-far", code="FZ-T9", name="长乐支局", short_name="长乐支局", is_outlet=True))


def test_only_an_outlet_that_has_not_heard_of_the_van_is_told_of_a_stray(qtbot: Any, shown: Any, place: Yard) -> None:
    draft, (one,) = place.incoming(1)
    place.do(note_extra(manifest_id=draft.manifest_id, scanned="PX99887766554", courier=COURIER))
    page = shown(DiscrepanciesPage)
    until(qtbot, page.astray.begin.isVisible)
    assert not page.astray.tell.isVisible(), "both ends of this van have heard of it, and there is no other outlet"

    place.store.run(add_outlet())
    page.open()
    until(qtbot, page.astray.tell.isVisible)
    page.astray.tell.click()
    assert page.astray.form.rows["outlet"].error.isVisible()
    press_key(page.astray.outlet, "1")
    page.astray.tell.click()
    until(qtbot, page.astray.told.isVisible)
    assert "长乐支局" in page.astray.told.text() and page.astray.begin.isVisible()
    with place.store.read() as session:
        fact = session.scalars(select(ManifestEvent).where(ManifestEvent.kind == "told")).one()
        assert fact.data["to_site"] == "site-far" and fact.serial_no == "PX99887766554"
    assert one.label_no


def test_a_shelf_scanned_for_a_device_from_the_maker_leads_on(
    qtbot: Any, shown: Any, place: Yard, people: People
) -> None:
    (one,) = place.take(1)
    place.do(start_diagnosis(item_id=one.item_id, bench="W1", tamper_result="ok"), people.technician)
    draft = place.do(open_manifest(kind="vendor", to="新大陆售后"), people.supervisor)
    page = shown(TransferOutPage, id=draft.manifest_id, kind="vendor")
    until(qtbot, lambda: page.view is not None)
    page.scan(one.label_no)
    until(qtbot, page.rma.hasFocus)
    page.rma.setText("RMA-1")
    page.consent.setText("电话 张三")
    says(qtbot, page, one.label_no, "Packed, number 1")
    place.do(
        hand_over(manifest_id=draft.manifest_id, counted=(one.label_no,), courier=COURIER, tamper_result="ok"),
        people.supervisor,
    )
    page.open()
    until(qtbot, page.maker.isVisible)
    page.scan(one.label_no)
    until(qtbot, page.maker.form.isVisible)
    page.scan("A-01")
    until(qtbot, page.maker.courier.hasFocus)
    page.maker.courier.setText(COURIER)
    page.maker.result.set_value("repaired")
    page.maker.tamper.set_value("ok")
    page.scan(one.serial_no)
    until(qtbot, lambda: page.maker.serial.text() == one.serial_no)
    page.verb("OK")
    until(qtbot, lambda: page.view.received == 1)
    with place.store.read() as session:
        assert session.get_one(RepairItem, one.item_id).work_state == "diagnosing"
