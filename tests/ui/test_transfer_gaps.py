"""Hands of a van by scanner and keys alone: the giver's look, what is suspicious, what came without a paper."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from sqlalchemy import select

from deskapp.commands.transfers import hand_over, open_manifest, pack
from deskapp.commands.transfers_differences import note_extra
from deskapp.commands.transfers_receive import finish_receipt, receive_line
from deskapp.models.people import Shelf
from deskapp.models.repair import RepairItem, ReviewCard
from deskapp.models.store import Store
from deskapp.models.transfer import Manifest
from deskapp.ui.page import PageContext
from deskapp.ui.pages.custody import CustodyPage
from deskapp.ui.pages.table import PAGES
from deskapp.ui.pages.transfer_differences import DiscrepanciesPage
from deskapp.ui.pages.transfer_in import TransferInPage
from deskapp.ui.pages.transfer_out import TransferOutPage
from deskapp.ui.pages.transfer_words import ASIDE
from deskapp.ui.pages.transfers import TransfersPage
from tests.commands.test_bench import consent
from tests.conftest import People
from tests.factories_transfers import COURIER, DEPOT, Yard, fine, yard
from tests.keys import press_key

WAIT = 10_000


@pytest.fixture
def place(store: Store, people: People, context: PageContext) -> Yard:
    context.jobs.actor = people.supervisor
    return yard(store, people)


def state(place: Yard, item_id: str) -> str:
    with place.store.read() as session:
        return session.get_one(RepairItem, item_id).work_state


def until(qtbot: Any, what: Any) -> None:
    qtbot.waitUntil(what, timeout=WAIT)


def counted(qtbot: Any, page: Any, place: Yard) -> None:
    """Scan every device out."""
    until(qtbot, lambda: page.view is not None and len(page.view.lines) == len(place.devices))
    page.verb("OK")
    for one in place.devices:
        page.scan(one.label_no)
    until(qtbot, lambda: len(page.out) == len(place.devices))


# -- the giver ------------------------------------------------------------------------


def test_one_press_says_that_all_was_looked_at_and_the_next_ends_it(qtbot: Any, shown: Any, place: Yard) -> None:
    draft = place.packed(2)
    page = shown(TransferOutPage, id=draft.manifest_id)
    until(qtbot, lambda: page.view is not None)
    page.verb("TAMPEROK")
    assert "First scan out" in page.panel.said() and not page.sign.answered()
    counted(qtbot, page, place)
    until(qtbot, page.sign.tamper.hasFocus)

    page.verb("TAMPEROK")
    assert page.sign.answered() and page.sign.courier.hasFocus()
    page.sign.courier.setText(COURIER)
    for pad in (page.sign.giver, page.sign.taker):
        press_key(pad.on_paper, Qt.Key.Key_Space)
    press_key(page.hand, Qt.Key.Key_Space)
    until(qtbot, lambda: state(place, place.devices[0].item_id) == "in_transit_out")

    chain = shown(CustodyPage, id=place.devices[0].item_id)
    until(qtbot, lambda: chain.view is not None)
    assert any("Tamper check by 欧阳静: intact" in one.detail for one in chain.line.happenings)
    assert not chain.astray.isVisible()


def test_the_device_in_the_hand_is_put_aside_by_one_scan_and_the_van_leaves(
    qtbot: Any, shown: Any, place: Yard
) -> None:
    draft = place.packed(3)
    odd = place.devices[2]
    page = shown(TransferOutPage, id=draft.manifest_id)
    counted(qtbot, page, place)
    page.verb("QUARANTINE")
    assert page.reason.isVisible() and odd.label_no in page.reason.question.text()
    press_key(page.reason.why, Qt.Key.Key_Return)
    until(qtbot, lambda: state(place, odd.item_id) == "quarantined")
    until(qtbot, lambda: len(page.view.lines) == 2)
    assert page.panel.said() == ASIDE and page.sign.isVisible(), "the other two are counted still"
    page.verb("OK")
    assert page.sign.answered()


def test_the_chosen_line_is_put_aside_with_its_words(qtbot: Any, shown: Any, place: Yard) -> None:
    draft = place.packed(2)
    page = shown(TransferOutPage, id=draft.manifest_id)
    until(qtbot, lambda: page.view is not None and len(page.table.rows()) == 2)
    page.verb("QUARANTINE")
    page.table.select(1)
    page.lists.odd.click()
    label = page.table.rows()[1].label_no
    page.reason.why.setText("键盘松动")
    page.reason.submit()
    until(qtbot, lambda: [line.label_no for line in page.view.lines] != [] and len(page.view.lines) == 1)
    with place.store.read() as session:
        row = session.scalars(select(RepairItem).where(RepairItem.label_no == label)).one()
        assert row.work_state == "quarantined"


def test_a_bag_without_a_seal_is_packed_and_its_number_typed_later(qtbot: Any, shown: Any, place: Yard) -> None:
    (one,) = place.take(1)
    draft = place.do(open_manifest(kind="out", to=DEPOT))
    page = shown(TransferOutPage, id=draft.manifest_id)
    until(qtbot, lambda: page.view is not None)
    page.scan(one.label_no)
    assert page.panel.said() == "First scan the seal of the bag"
    page.no_seal.click()
    page.scan(one.label_no)
    until(qtbot, lambda: len(page.view.lines) == 1)
    assert not page.carriage.form.rows["seal_no"].isVisible()
    place.do(hand_over(manifest_id=draft.manifest_id, counted=(one.label_no,), courier=COURIER, tamper_result="ok"))
    page.open(id=draft.manifest_id)
    until(qtbot, page.carriage.form.rows["seal_no"].isVisible)
    page.carriage.seal.setText("FZ000555")
    page.carriage.waybill.setText("SF1234567890")
    page.carriage.save()
    until(qtbot, lambda: page.view.seals == ("FZ000555",) and page.view.waybill == "SF1234567890")
    with place.store.read() as session:
        left = session.scalars(select(ReviewCard).where(ReviewCard.kind == "todo", ReviewCard.settled_at == 0,
                                                        ReviewCard.subject_id == draft.manifest_id)).all()  # fmt: skip
    assert [card.data["key"] for card in left] == ["signature"]


def test_a_van_is_taken_back_with_a_look_at_each_and_the_odd_one_scanned(qtbot: Any, shown: Any, place: Yard) -> None:
    draft = place.sent(2)
    odd, good = place.devices
    page = shown(TransferOutPage, id=draft.manifest_id)
    until(qtbot, page.back_button.isVisible)
    page.back_button.click()
    page.reason.why.setText("车辆故障")
    page.reason.who.setText(COURIER)
    page.reason.submit()
    until(qtbot, page.reason.form.rows["tamper"].error.isVisible)
    page.scan(odd.label_no)
    assert page.reason.tamper.value() == "suspect" and page.reason.odd.text() == odd.label_no
    page.reason.submit()
    until(qtbot, lambda: state(place, good.item_id) == "awaiting_dispatch")
    assert state(place, odd.item_id) == "quarantined"


def test_a_shelf_scanned_at_the_makers_return_fills_its_field(qtbot: Any, shown: Any, place: Yard) -> None:
    from deskapp.commands.bench import start_diagnosis

    (one,) = place.take(1)
    boss = place.people.supervisor
    place.do(start_diagnosis(item_id=one.item_id, bench="W1", tamper_result="ok"), place.people.technician)
    draft = place.do(open_manifest(kind="vendor", to="新大陆售后"), boss)
    place.do(pack(manifest_id=draft.manifest_id, scanned=one.label_no, rma_no="RMA-7", consent="商户电话同意"), boss)
    gone = hand_over(manifest_id=draft.manifest_id, counted=(one.label_no,), courier=COURIER, tamper_result="ok")
    place.do(gone, boss)
    page = shown(TransferOutPage, id=draft.manifest_id)
    until(qtbot, lambda: page.view is not None)
    page.scan(one.label_no)
    until(qtbot, lambda: page.maker.line is not None)
    with place.store.read() as session:
        label = session.scalars(select(Shelf.label_no).where(Shelf.code == "A-01")).one()
    page.scan(label)
    until(qtbot, lambda: page.maker.shelf.text() == "A-01")
    page.scan("B-03-2")
    until(qtbot, lambda: page.maker.shelf.text() == "B-03-2")
    page.scan(one.serial_no)
    until(qtbot, lambda: page.maker.serial.text() == one.serial_no)
    assert page.maker.line is not None and page.maker.tamper.hasFocus()


# -- the taker ------------------------------------------------------------------------


def test_a_suspicious_device_is_isolated_by_two_scans_and_the_next_goes_on(qtbot: Any, shown: Any, place: Yard) -> None:
    draft, (odd, good) = place.incoming(2)
    page = shown(TransferInPage, id=draft.manifest_id)
    until(qtbot, lambda: page.view is not None)
    page.courier.setText(COURIER)
    for text in (odd.label_no, odd.serial_no):
        page.scan(text)
    until(qtbot, page.look.ready)
    page.verb("QUARANTINE")
    page.verb("OK")
    until(qtbot, lambda: state(place, odd.item_id) == "quarantined")
    until(qtbot, lambda: page.panel.said() == ASIDE)
    assert page.look.line is None and page.field.hasFocus()
    for text in (good.label_no, good.serial_no):
        page.scan(text)
    until(qtbot, page.look.ready)
    page.verb("OK")
    until(qtbot, lambda: state(place, good.item_id) == "depot_received")


def test_ok_never_answers_over_what_somebody_answered(qtbot: Any, shown: Any, place: Yard) -> None:
    draft, (one,) = place.incoming(1)
    page = shown(TransferInPage, id=draft.manifest_id)
    until(qtbot, lambda: page.view is not None)
    page.courier.setText(COURIER)
    for text in (one.label_no, one.serial_no):
        page.scan(text)
    until(qtbot, page.look.ready)
    page.look.something_wrong()
    page.look.seal.set_value("no")
    page.verb("OK")
    until(qtbot, lambda: page.look.answers.rows["tamper"].error.isVisible())
    assert page.look.seal.value() == "no" and page.look.tamper.value() is None


def test_the_end_waits_for_what_is_in_the_hand_and_ok_notes_a_stray(qtbot: Any, shown: Any, place: Yard) -> None:
    draft, (one,) = place.incoming(1)
    page = shown(TransferInPage, id=draft.manifest_id)
    until(qtbot, lambda: page.view is not None)
    page.scan(one.label_no)
    until(qtbot, lambda: page.look.line is not None)
    page.verb("NEXT")
    assert "First answer" in page.panel.said() and not page.end.isVisible()
    page.verb("UNDO")
    page.scan("PX99887766554")
    until(qtbot, page.extra.isVisible)
    page.verb("UNDO")
    assert not page.extra.isVisible()
    page.scan("PX99887766554")
    until(qtbot, page.extra.isVisible)
    page.verb("OK")
    until(qtbot, lambda: bool(page.view.differences) and not page.extra.isVisible())
    page.verb("NEXT")
    assert page.end.isVisible()


def test_a_walk_that_was_left_off_goes_on_with_courier_and_shelf(qtbot: Any, shown: Any, place: Yard) -> None:
    draft, (one, _two) = place.incoming(2)
    first = shown(TransferInPage, id=draft.manifest_id)
    until(qtbot, lambda: first.view is not None)
    first.courier.setText("赵师傅")
    for text in ("B-03-2", one.label_no, one.serial_no):
        first.scan(text)
    until(qtbot, first.look.ready)
    first.verb("OK")
    until(qtbot, lambda: first.view.received == 1)

    again = shown(TransferInPage, id=draft.manifest_id)  # the computer was started anew
    until(qtbot, lambda: again.view is not None)
    assert (again.shelf, again.courier.text()) == ("B-03-2", "赵师傅")
    other, _devices = place.incoming(1, first=50)
    again.open(id=other.manifest_id)
    until(qtbot, lambda: again.view is not None and again.view.row.id == other.manifest_id)
    assert again.shelf == "", "another van has its own shelf"


def test_what_comes_with_a_second_van_is_signed_for_too(qtbot: Any, shown: Any, place: Yard) -> None:
    draft, (one, two) = place.incoming(2)
    boss = place.people.supervisor
    place.do(receive_line(manifest_id=draft.manifest_id, scanned=one.label_no, looked=fine(one), courier=COURIER), boss)
    place.do(finish_receipt(manifest_id=draft.manifest_id, rest="later", courier=COURIER), boss)
    page = shown(TransferInPage, id=draft.manifest_id)
    until(qtbot, lambda: page.view is not None)
    page.scan(two.label_no)
    page.scan(two.serial_no)
    until(qtbot, page.look.ready)
    page.verb("OK")
    until(qtbot, lambda: page.view.row.state == "arrived")
    assert page.finish_button.isVisible() and page.finish_button.hasFocus(), "a key must not undo it"
    page.verb("NEXT")
    for pad in (page.end.giver, page.end.taker):
        pad.on_paper.setChecked(True)
    page.end.submit()
    until(qtbot, lambda: not page.finish_button.isVisible())


def test_our_own_manifest_opens_where_it_is_sent_from(
    qtbot: Any, shown: Any, place: Yard, context: PageContext
) -> None:
    went: list[tuple[str, str]] = []
    context.navigate = lambda page, **args: went.append((page, str(args.get("id"))))
    draft = place.sent(1)
    shown(TransferInPage, id=draft.manifest_id)
    until(qtbot, lambda: went == [("transfer_out", draft.manifest_id)])


def test_the_transports_open_where_the_work_of_this_site_is(qtbot: Any, shown: Any, place: Yard) -> None:
    page = shown(TransfersPage)
    until(qtbot, page.new_button.hasFocus)
    assert page.lists.value() == "under_way"
    place.packed(1)
    page.open()
    until(qtbot, lambda: page.lists.value() == "drafts" and len(page.table.rows()) == 1)
    sent, _devices = place.incoming(1)
    page.open()
    until(qtbot, lambda: page.lists.value() == "under_way")
    assert page.table.current().id == sent.manifest_id and page.table.view.hasFocus()
    page.open(list="arrived")
    until(qtbot, lambda: page.lists.value() == "arrived")


# -- without a paper -------------------------------------------------------------------


def test_what_came_without_a_paper_is_taken_in_by_scans(
    qtbot: Any, shown: Any, place: Yard, context: PageContext
) -> None:
    from deskapp.commands.bench import release_quarantine
    from tests.commands.test_transfers import back

    _home, stray = back(place)  # waits at the depot, is of this branch, and comes here with a van of another's
    van, _devices = place.incoming(1)
    place.do(note_extra(manifest_id=van.manifest_id, scanned=stray.label_no, courier=COURIER))  # type: ignore[attr-defined]
    item_id = stray.item_id  # type: ignore[attr-defined]
    went: list[str] = []
    context.navigate = lambda page, **_args: went.append(page)
    page = shown(DiscrepanciesPage)
    until(qtbot, page.astray.release.isVisible)
    page.astray.release.click()
    assert went == ["order"] and not page.astray.form.isVisible()

    other = consent(place.shop, place.people.clerk, "witness", place.people.supervisor)
    place.do(release_quarantine(item_id=item_id, finding="误装车", second=other), place.people.supervisor)
    page.open()
    until(qtbot, page.astray.here.isVisible)
    assert not page.astray.home.isVisible(), "it is home"
    page.scan(stray.serial_no)  # type: ignore[attr-defined]
    until(qtbot, lambda: page.astray.serial.text() == stray.serial_no)  # type: ignore[attr-defined]
    page.scan("B-03-2")
    until(qtbot, lambda: page.astray.shelf.text() == "B-03-2")
    assert page.verb("TAMPEROK")
    page.astray.here.click()
    until(qtbot, lambda: state(place, item_id) == "ready_for_pickup")
    until(qtbot, lambda: page.table.rows() == [] or not page.table.rows())


def test_an_order_is_begun_from_the_device_alone(qtbot: Any, shown: Any, place: Yard) -> None:
    van, _devices = place.incoming(1)
    place.do(note_extra(manifest_id=van.manifest_id, scanned="PX99887766554", courier=COURIER))
    page = shown(DiscrepanciesPage)
    until(qtbot, page.astray.begin.isVisible)
    page.astray.begin.click()
    until(qtbot, page.astray.form.rows["tamper_result"].error.isVisible)
    press_key(page.astray.tamper, Qt.Key.Key_1)
    page.astray.begin.click()
    until(qtbot, page.astray.form.rows["model"].error.isVisible)
    page.astray.model.setText("百富 S90")
    page.astray.begin.click()
    until(qtbot, lambda: not page.table.rows())
    with place.store.read() as session:
        row = session.scalars(select(RepairItem).order_by(RepairItem.n.desc())).first()
        assert row is not None and row.work_state == "checked_in"


# -- in the window ---------------------------------------------------------------------


def test_a_whole_van_goes_out_of_the_window_by_scanner(
    qtbot: Any, place: Yard, people: People, make_window: Any
) -> None:
    one, two = place.take(2)
    draft = place.do(open_manifest(kind="out", to=DEPOT))
    window = make_window(list(PAGES))
    window.enter(people.clerk)
    window.scan(draft.number)
    until(qtbot, lambda: window.shell.page_id() == "transfer_out")
    page = window.shell.page()
    until(qtbot, lambda: page.view is not None)
    for text in ("FZ000999", one.label_no, two.label_no):
        window.scan(text)
    until(qtbot, lambda: len(page.view.lines) == 2)
    for text in ("X:OK", one.label_no, two.label_no):
        window.scan(text)
    until(qtbot, lambda: page.sign.isVisible())
    window.scan("X:OK")
    until(qtbot, page.sign.answered)
    assert window.shell.page_id() == "transfer_out", "the shelf, the look and the courier never leave the page"
    with place.store.read() as session:
        assert session.get_one(Manifest, draft.manifest_id).state == "draft"
