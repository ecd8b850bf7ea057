"""Transports at the desk: packing, counting out, receiving, differences, stocktake and custody, by scans and keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QImage
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import select

from deskapp.commands.loaners import set_loaner
from deskapp.commands.transfers import hand_over, open_manifest, pack
from deskapp.errors import N_
from deskapp.models.device import Device
from deskapp.models.local import PrintJob
from deskapp.models.repair import AccessoryItem, RepairItem
from deskapp.models.store import Store, Write, command
from deskapp.models.transfer import Manifest, ManifestEvent
from deskapp.rules.paper_store import from_json
from deskapp.rules.papers_custody import ManifestCard
from deskapp.rules.small_pictures import read
from deskapp.settings import PHOTO_FOLDER, Values
from deskapp.ui import sounds
from deskapp.ui.finding import StoreFinder
from deskapp.ui.page import PageContext
from deskapp.ui.pages.custody import CustodyPage
from deskapp.ui.pages.transfer_differences import DiscrepanciesPage
from deskapp.ui.pages.transfer_in import TransferInPage
from deskapp.ui.pages.transfer_out import TransferOutPage
from deskapp.ui.pages.transfer_sort import SortPage
from deskapp.ui.pages.transfer_stocktake import StocktakePage
from deskapp.ui.pages.transfers import TransfersPage
from tests.conftest import People
from tests.factories_transfers import COURIER, DEPOT, Yard, elsewhere, yard


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
    assert page.sign.form.rows["tamper"].error.isVisible(), "nobody has looked at the devices yet"
    page.verb("OK")
    assert page.sign.answered()
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
    qtbot.waitUntil(lambda: bool(page.desk.acts))
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
    qtbot.waitUntil(lambda: state(place, one.item_id) == "depot_received" and page.look.line is None)

    page.scan(two.label_no)
    qtbot.waitUntil(lambda: page.look.line is not None and page.look.line.label_no == two.label_no)
    page.scan("TJ99999999")
    qtbot.waitUntil(page.look.receive.isVisible)
    for bar, value in ((page.look.seal, "yes"), (page.look.accessories, "yes"), (page.look.tamper, "ok")):
        bar.set_value(value)
    page.look.submit()
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


def test_the_number_of_another_seal_is_scanned_and_kept_with_the_difference(
    qtbot: Any, shown: Any, place: Yard
) -> None:
    draft, (one,) = place.incoming(1)
    page = shown(TransferInPage, id=draft.manifest_id)
    qtbot.waitUntil(lambda: page.view is not None)
    page.scan(one.label_no)
    qtbot.waitUntil(lambda: page.look.line is not None)
    page.scan(one.serial_no)
    qtbot.waitUntil(page.look.ready)
    page.look.something_wrong()
    for bar, value in ((page.look.seal, "no"), (page.look.accessories, "yes"), (page.look.tamper, "ok")):
        bar.set_value(value)
    page.scan("ZZ999999")
    qtbot.waitUntil(lambda: page.look.seal_no.text() == "ZZ999999")
    page.look.submit()
    qtbot.waitUntil(lambda: state(place, one.item_id) == "quarantined")
    with place.store.read() as session:
        told = [str((row.seal_no, row.data)) for row in session.scalars(select(ManifestEvent))]
    assert any("ZZ999999" in one for one in told)


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


def test_a_manifest_whose_record_has_not_come_is_named_with_what_to_scan(qtbot: Any, shown: Any, place: Yard) -> None:
    page = shown(TransfersPage)
    page.scan("M93059261123001V")
    qtbot.waitUntil(page.banner.isVisible)
    assert "The record of M93059261123001V is not here" in page.banner.text.text()


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
    qtbot.waitUntil(lambda: page.desk.panel.said() == "Counted already")
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
    place.do(
        hand_over(manifest_id=draft.manifest_id, counted=(one.label_no,), courier=COURIER, tamper_result="ok"), boss
    )
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


# -- the signed paper -------------------------------------------------------------------


def scan_file(path: Path) -> Path:
    """Write a small picture as a scanner would."""
    picture = QImage(240, 320, QImage.Format.Format_RGB32)
    picture.fill(0xFFEEDDCC)
    assert picture.save(str(path))
    return path


def test_the_signed_paper_is_filed_by_file_and_opens_again(qtbot: Any, shown: Any, place: Yard, tmp_path: Path) -> None:
    draft = place.packed(1)
    page = shown(TransferOutPage, id=draft.manifest_id)
    qtbot.waitUntil(lambda: page.view is not None)
    assert not page.signed.isVisible(), "nothing is signed before the hand-over"
    place.do(
        hand_over(
            manifest_id=draft.manifest_id, counted=(place.devices[0].label_no,), courier=COURIER, tamper_result="ok"
        ),
        place.people.supervisor,
    )
    page.open(id=draft.manifest_id)
    qtbot.waitUntil(page.signed.isVisible)
    assert "scan or photograph it" in page.signed.standing.text()

    page.signed.begin()
    assert not page.signed.keep.isEnabled()
    page.signed.strip.add_file(scan_file(tmp_path / "signed.png"))
    qtbot.waitUntil(page.signed.keep.isEnabled)
    page.signed.submit()
    qtbot.waitUntil(lambda: page.view.files != ())
    assert [one.kind for one in page.view.files] == ["paper"] and page.signed.adding.isHidden()
    assert read(page.view.files[0].thumbnail) is not None, "other desks see at once that it is filed"
    qtbot.waitUntil(lambda: "1 page" in page.signed.standing.text())

    qtbot.waitUntil(lambda: bool(page.signed.files._pictures))
    page.signed.files.show_full(0)
    assert not page.signed.files.full.pixmap().isNull()

    chain = shown(CustodyPage, id=place.devices[0].item_id)
    qtbot.waitUntil(lambda: chain.view is not None)
    assert any("signed paper filed, 1 page" in one.detail for one in chain.line.happenings)


def test_a_scanned_pdf_comes_by_the_photo_folder_page_by_page(
    qtbot: Any, shown: Any, place: Yard, context: PageContext, tmp_path: Path
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    context.values = lambda: Values().having(PHOTO_FOLDER, str(folder))
    draft = place.sent(1)
    page = shown(TransferOutPage, id=draft.manifest_id)
    qtbot.waitUntil(page.signed.isVisible)
    (folder / "before.pdf").write_bytes(b"")
    page.signed.begin()

    canvas = Canvas(str(tmp_path / "two.pdf"), pagesize=(200, 280))
    for words in ("page one", "page two"):
        canvas.drawString(20, 200, words)
        canvas.showPage()
    canvas.save()
    (tmp_path / "two.pdf").rename(folder / "two.pdf")

    qtbot.waitUntil(lambda: len(page.signed.strip.photos) == 2, timeout=10_000)
    assert [max(one.width, one.height) for one in page.signed.strip.photos] == [2000, 2000]
    assert all(read(one.thumbnail) for one in page.signed.strip.photos)
    page.signed.strip.add_file(scan_file(tmp_path / "broken.png").rename(tmp_path / "broken.pdf"))
    qtbot.waitUntil(lambda: "not a scan that can be read" in page.signed.strip.note.text())


# -- loaners ----------------------------------------------------------------------------


def test_loaners_are_packed_and_received_by_their_serial_numbers(qtbot: Any, shown: Any, place: Yard) -> None:
    for serial in ("LOAN00000017", "LOAN00000025"):
        place.store.run(new_loaner(serial_no=serial))
    boss = place.people.supervisor
    draft = place.do(open_manifest(kind="loaner", to=DEPOT), boss)
    page = shown(TransferOutPage, id=draft.manifest_id)
    qtbot.waitUntil(lambda: len(page.waiting.rows()) == 2)
    page.scan("LOAN00000017")
    assert page.panel.said() == "First scan the seal of the bag"
    page.scan("FZ000777")
    page.scan("LOAN00000017")
    qtbot.waitUntil(lambda: [line.label_no for line in page.view.lines] == ["LOAN00000017"])
    assert [row.label_no for row in page.waiting.rows()] == ["LOAN00000025"]
    page.verb("UNDO")
    qtbot.waitUntil(lambda: page.view.lines == ())

    there = place.store.run(
        elsewhere(site_id=DEPOT, act=open_manifest(kind="loaner", to=place.store.facts.site_id)), by=boss
    ).result
    for act in (
        pack(manifest_id=there.manifest_id, scanned="LOAN00000025", seal_no="DD000001"),
        hand_over(manifest_id=there.manifest_id, counted=("LOAN00000025",), courier=COURIER, tamper_result="ok"),
    ):
        place.store.run(elsewhere(site_id=DEPOT, act=act), by=boss)
    van = shown(TransferInPage, id=there.manifest_id)
    qtbot.waitUntil(lambda: van.view is not None)
    van.courier.setText(COURIER)
    van.scan("LOAN00000025")
    qtbot.waitUntil(lambda: van.look.line is not None)
    assert van.look.ready(), "the serial number was scanned already"
    van.verb("OK")
    qtbot.waitUntil(lambda: [line.state for line in van.view.lines] == ["received"])


@command(N_("Add a loaner in a test"), right="")
def new_loaner(write: Write, *, serial_no: str) -> str:
    """Put a unit into the pool."""
    write.session.add(Device(id=write.new_id(), serial_no=serial_no, model_id="newland-n910"))
    return set_loaner(serial_no=serial_no).run(write)


# -- sorting ----------------------------------------------------------------------------


def test_sorting_says_where_and_puts_onto_the_scanned_shelf(qtbot: Any, shown: Any, place: Yard) -> None:
    one, two = place.take(2)
    page = shown(SortPage)
    page.scan(one.label_no)
    qtbot.waitUntil(lambda: page.desk.panel.said() == "To the bench")
    page.scan(one.label_no)
    qtbot.waitUntil(lambda: page.desk.progress.text() == "1" and len(page.table.rows()) == 1)

    page.scan("B-03-2")
    qtbot.waitUntil(lambda: page.shelf == "B-03-2")
    page.scan(two.label_no)
    qtbot.waitUntil(lambda: page.desk.panel.said() == "Put onto B-03-2")
    page.scan(two.label_no)
    qtbot.waitUntil(lambda: "already" in page.desk.panel.said())
    page.verb("UNDO")
    qtbot.waitUntil(lambda: "A-01 again" in page.desk.panel.said())

    page.leave()
    assert page.shelf == "" and page.seen == []
