"""Transports at the desk: packing, counting out, receiving, differences, stocktake and custody, by scans and keys."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from deskapp.models.local import PrintJob
from deskapp.models.repair import AccessoryItem, RepairItem
from deskapp.models.store import Store
from deskapp.models.transfer import Manifest
from deskapp.rules.paper_store import from_json
from deskapp.rules.papers_custody import ManifestCard
from deskapp.ui import sounds
from deskapp.ui.finding import StoreFinder
from deskapp.ui.page import PageContext
from deskapp.ui.pages.custody import CustodyPage
from deskapp.ui.pages.transfer_differences import DiscrepanciesPage
from deskapp.ui.pages.transfer_in import TransferInPage
from deskapp.ui.pages.transfer_out import TransferOutPage
from deskapp.ui.pages.transfer_stocktake import StocktakePage
from deskapp.ui.pages.transfers import TransfersPage
from tests.conftest import People
from tests.factories_transfers import COURIER, DEPOT, Yard, yard


@pytest.fixture
def place(store: Store, people: People) -> Yard:
    return yard(store, people)


@pytest.fixture(autouse=True)
def _the_supervisor(context: PageContext, people: People) -> None:
    context.jobs.actor = people.supervisor


def state(place: Yard, item_id: str) -> str:
    with place.store.read() as session:
        return session.get_one(RepairItem, item_id).work_state


def on_paper(page: Any) -> None:
    """Both sign on paper."""
    for pad in (page.giver, page.taker):
        pad.on_paper.setChecked(True)


def test_a_new_manifest_begins_with_its_addressee(qtbot: Any, shown: Any, place: Yard, context: PageContext) -> None:
    went: list[tuple[str, dict[str, Any]]] = []
    context.navigate = lambda page, **args: went.append((page, args))
    page = shown(TransfersPage)
    page.begin()
    qtbot.waitUntil(page.card.isVisible)
    page.to.set_value(DEPOT)
    page.submit()
    qtbot.waitUntil(lambda: bool(went))

    assert went[0][0] == "transfer_out" and went[0][1]["number"].startswith("M")


def test_a_van_is_packed_counted_out_and_handed_over_by_scans(qtbot: Any, shown: Any, place: Yard) -> None:
    draft = place.packed(0)
    one, two = place.take(2)
    page = shown(TransferOutPage, id=draft.manifest_id)
    qtbot.waitUntil(lambda: page.view is not None)

    page.scan(one.label_no)
    assert page.panel.said() == "First scan the seal of the bag"
    page.scan("FZ000123")
    for device in (one, two):
        page.scan(device.label_no)
        qtbot.waitUntil(lambda label=device.label_no: label in {line.label_no for line in page.view.lines})
    page.scan(two.label_no)
    qtbot.waitUntil(lambda: "already" in page.panel.said())

    page.verb("OK")
    page.scan(one.label_no)
    assert not page.sign.isVisible()
    page.scan(one.label_no)
    assert page.panel.said() == "Counted already"
    page.scan(two.serial_no)
    qtbot.waitUntil(page.sign.isVisible)
    page.sign.courier.setText(COURIER)
    on_paper(page.sign)
    page.save()
    qtbot.waitUntil(lambda: state(place, one.item_id) == "in_transit_out")
    qtbot.waitUntil(lambda: not page.sign.isVisible())


def test_undo_takes_the_last_packed_device_out_of_the_bag(qtbot: Any, shown: Any, place: Yard) -> None:
    draft = place.packed(0)
    (one,) = place.take(1)
    page = shown(TransferOutPage, id=draft.manifest_id)
    qtbot.waitUntil(lambda: page.view is not None)
    page.scan("FZ000123")
    page.scan(one.label_no)
    qtbot.waitUntil(lambda: bool(page.acts))
    page.verb("UNDO")
    qtbot.waitUntil(lambda: state(place, one.item_id) == "checked_in")


def test_a_van_is_received_line_by_line(qtbot: Any, shown: Any, place: Yard) -> None:
    draft, (one, two, three) = place.incoming(3)
    page = shown(TransferInPage, id=draft.manifest_id)
    qtbot.waitUntil(lambda: page.view is not None)
    page.scan("A-01")
    qtbot.waitUntil(lambda: page.shelf == "A-01")

    page.scan(one.label_no)
    qtbot.waitUntil(lambda: page.look.line is not None)
    page.look.all_fine()
    assert page.look.line is not None, "without the serial number nothing is in order"
    page.scan(one.serial_no)
    qtbot.waitUntil(page.look.ready)
    page.scan(two.label_no)
    qtbot.waitUntil(lambda: "First answer" in page.panel.said())
    page.verb("OK")
    qtbot.waitUntil(lambda: state(place, one.item_id) == "depot_received")

    page.scan(two.label_no)
    qtbot.waitUntil(lambda: page.look.line is not None and page.look.line.label_no == two.label_no)
    page.scan("TJ99999999")
    qtbot.waitUntil(page.look.receive.isVisible)
    for bar, value in ((page.look.seal, "yes"), (page.look.accessories, "yes"), (page.look.tamper, "ok")):
        bar.set_value(value)
    page.receive()
    qtbot.waitUntil(lambda: state(place, two.item_id) == "quarantined")
    qtbot.waitUntil(lambda: "quarantine" in page.panel.said())

    page.scan(one.label_no)
    qtbot.waitUntil(lambda: page.panel.said() == "Received already")
    page.verb("UNDO")
    qtbot.waitUntil(lambda: state(place, two.item_id) == "in_transit_out")

    page.save()
    page.end.rest.set_value("later")
    on_paper(page.end)
    page.end.submit()
    qtbot.waitUntil(lambda: not page.end.isVisible())
    with place.store.read() as session:
        assert session.get_one(Manifest, draft.manifest_id).state == "partly"
        assert session.scalars(select(PrintJob).where(PrintJob.kind == "manifest")).all()
    assert state(place, three.item_id) == "in_transit_out"


def test_a_device_nobody_listed_is_noted(qtbot: Any, shown: Any, place: Yard) -> None:
    draft, _devices = place.incoming(1)
    page = shown(TransferInPage, id=draft.manifest_id)
    qtbot.waitUntil(lambda: page.view is not None)
    page.scan("PX99887766554")
    qtbot.waitUntil(page.extra.isVisible)
    page.extra.submit()
    qtbot.waitUntil(lambda: bool(page.view.differences))

    listed = shown(DiscrepanciesPage)
    qtbot.waitUntil(lambda: len(listed.table.rows()) == 1)
    listed.decision.setText("退回原网点")
    listed.save()
    qtbot.waitUntil(lambda: listed.table.rows() == [] or not listed.table.rows())


def test_the_paper_alone_opens_a_van_and_its_list(qtbot: Any, shown: Any, place: Yard) -> None:
    draft, (one, _two) = place.incoming(2)
    with place.store.read() as session:
        card = from_json(session.scalars(select(PrintJob).where(PrintJob.kind == "manifest")).one().card)
    assert isinstance(card, ManifestCard)
    finder = StoreFinder()
    with place.store.read() as session:
        known = finder.resolve(session, card.code_1)
        bare = finder.resolve(session, draft.number)
        strange = finder.resolve(session, card.code_1[:-1] + ("0" if card.code_1[-1] != "0" else "1"))
    assert known.destination is not None and known.destination.page == "transfer_in"
    assert bare.destination is not None and bare.destination.args["id"] == draft.manifest_id
    assert strange.destination is None or strange.destination.page == "transfer_in"
    page = shown(TransferInPage, id=draft.manifest_id, code=card.code_1)
    qtbot.waitUntil(lambda: page.view is not None and len(page.view.lines) == 2)
    assert one.label_no in {line.label_no for line in page.view.lines}


def test_transports_are_listed_by_where_they_stand(qtbot: Any, shown: Any, place: Yard) -> None:
    place.packed(1)
    draft, _devices = place.incoming(2)
    page = shown(TransfersPage)
    qtbot.waitUntil(lambda: [one.number for one in page.table.rows()] == [draft.number])
    page.lists.set_value("drafts")
    page._show()
    assert len(page.table.rows()) == 1


def test_a_walk_along_the_shelves_is_saved(qtbot: Any, shown: Any, place: Yard) -> None:
    one, two = place.take(2)
    page = shown(StocktakePage)
    page.scan("A-01")
    qtbot.waitUntil(lambda: page.shelf == "A-01")
    page.scan(one.label_no)
    qtbot.waitUntil(lambda: len(page.found) == 1)
    page.scan(one.label_no)
    qtbot.waitUntil(lambda: page.panel.said() == "Counted already")
    page.scan("ZZ1234567890")
    qtbot.waitUntil(lambda: len(page.extra) == 1)
    page.verb("UNDO")
    assert page.extra == {}
    qtbot.waitUntil(lambda: [line.label_no for line in page.walk.lines] == [two.label_no])
    page.save()
    qtbot.waitUntil(lambda: page.found == {})


def test_the_chain_of_a_device_shows_its_gap_in_red(qtbot: Any, shown: Any, place: Yard) -> None:
    from deskapp.commands.transfers_differences import note_extra

    draft = place.sent(1)
    (stray,) = place.take(1)
    place.depot(note_extra(manifest_id=draft.manifest_id, scanned=stray.label_no, courier=COURIER))
    page = shown(CustodyPage, id=stray.item_id)
    qtbot.waitUntil(lambda: page.view is not None)

    gap = [one for one in page.line.happenings if one.what.startswith("Gap")]
    assert len(gap) == 1 and gap[0].tone == "danger"
    page.print_paper()
    papers = select(PrintJob.id).where(PrintJob.kind == "custody_record")
    qtbot.waitUntil(lambda: bool(place.store.ask(lambda session: session.scalars(papers).all())))
    page._check("PS1:D001230000012")
    assert "not the code" in page.verdict.text()


def test_each_sound_is_a_file_of_its_own(qapp: Any) -> None:
    contents = {sound: sounds.file_of(sound).read_bytes() for sound in sounds.Sound}
    assert len(set(contents.values())) == 3 and all(one[:4] == b"RIFF" for one in contents.values())
    sounds.play(sounds.Sound.OK)


def test_a_device_comes_back_from_the_maker_by_its_label(qtbot: Any, shown: Any, place: Yard) -> None:
    from deskapp.commands.bench import start_diagnosis
    from deskapp.commands.transfers import hand_over, open_manifest, pack

    (one,) = place.take(1)
    place.do(start_diagnosis(item_id=one.item_id, bench="W1", tamper_result="ok"), place.people.technician)
    draft = place.do(open_manifest(kind="vendor", to="新大陆售后"), place.people.supervisor)
    boss = place.people.supervisor
    place.do(pack(manifest_id=draft.manifest_id, scanned=one.label_no, rma_no="RMA-7", consent="商户电话同意"), boss)
    place.do(hand_over(manifest_id=draft.manifest_id, counted=(one.label_no,), courier=COURIER), boss)
    page = shown(TransferOutPage, id=draft.manifest_id)
    qtbot.waitUntil(lambda: page.view is not None)
    page.scan(one.label_no)
    qtbot.waitUntil(lambda: page.maker.line is not None)
    page.maker.result.set_value("repaired")
    page.maker.serial.setText(one.serial_no)
    page.maker.tamper.set_value("ok")
    page.maker.courier.setText(COURIER)
    page.maker.submit()
    qtbot.waitUntil(lambda: state(place, one.item_id) == "diagnosing")


def test_accessories_are_ticked_by_their_own_labels(qtbot: Any, shown: Any, place: Yard) -> None:
    draft, (one, two) = place.incoming(2)
    labels = select(AccessoryItem.item_id, AccessoryItem.label_no)
    known = {row.item_id: row.label_no for row in place.store.ask(lambda session: session.execute(labels).all())}
    page = shown(TransferInPage, id=draft.manifest_id)
    qtbot.waitUntil(lambda: page.view is not None)
    page.scan(one.label_no)
    qtbot.waitUntil(lambda: page.look.line is not None)
    page.scan(known[two.item_id])
    qtbot.waitUntil(lambda: "does not belong" in page.panel.said())
    page.scan(known[one.item_id])
    qtbot.waitUntil(lambda: page.look.accessories.value() == "yes")
    assert page.panel.said() == "Accessory 1 of 1"
