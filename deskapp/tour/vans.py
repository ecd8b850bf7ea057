"""Vans between branch and depot: sealed bags, counted out, signed; received line by line at the other end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import cast

from deskapp.commands.checkin import check_in
from deskapp.commands.checkin_forms import AccessoryForm, Deliverer, DeviceForm, Terms
from deskapp.paths import resource
from deskapp.print import raster
from deskapp.queries.checkin import device_briefing
from deskapp.queries.orders import order_of
from deskapp.queries.transfers import manifest
from deskapp.tour.pickup import SIGNATURE
from deskapp.tour.stage import CLERK, RECEIVER, Person, Stage
from deskapp.ui.pages.transfer_in import TransferInPage
from deskapp.ui.pages.transfer_out import TransferOutPage
from deskapp.ui.pages.transfers import TransfersPage

WORN, DEAD = "LD350S00000006", "PXS90S00000007"
"""Two terminals of one merchant: the print head of the first is worn, the main board of the second is dead."""

BAGS = {WORN: "FJ20260071", DEAD: "FJ20260072"}
BACK_BAG = "FJ20260098"
DELIVERER_ID = "2211"
CARRIER, PLATE, COURIER = "邮政邮路", "闽A12345", "王邮路"
WAYBILLS = {"out": "EMS1234567890", "return": "EMS1234567913"}
SHELF, PICKUP_SHELF = "D-01-1", "B-01-1"


@dataclass(frozen=True, slots=True)
class Van:
    """What goes on a van: of which kind, from whom, and which device in which sealed bag."""

    kind: str
    by: Person
    bags: tuple[tuple[str, str], ...]
    """Serial number and seal."""


def take_in(stage: Stage) -> None:
    """Take the two terminals in at the counter; their labels and the slip print."""
    stage.sign_in(CLERK)
    now = stage.now
    known = stage.ask(lambda session: device_briefing(session, WORN, now))
    devices = tuple(
        DeviceForm(
            serial_no=serial, tamper="ok", batch="no", symptom_code=symptom, words=words, condition={"all": "fine"},
            no_photo_reason="queue", accessories=(AccessoryForm("power_adapter"),) if serial == WORN else (),
        ) for serial, symptom, words in ((WORN, "faint_print", "小票有白线"), (DEAD, "no_power", "插电也不开机"))
    )  # fmt: skip
    done = stage.do(
        check_in(devices=devices, deliverer=Deliverer("王五", "13800000103", id_last4=DELIVERER_ID),
                 terms=Terms(data_notice=True), merchant_id=known.merchant.id if known.merchant else "")
    )  # fmt: skip
    sent = stage.story.sent
    sent.order_id, sent.slip_no = done.order_id, done.slip_no
    for form, device in zip(devices, done.devices, strict=True):
        stage.story.labels[form.serial_no] = device.label_no
        stage.story.items[form.serial_no] = device.item_id
        sent.accessories += device.accessory_labels
    stage.papers_out()
    stage.window.navigate("order", id=done.order_id)
    stage.page("order")
    stage.shot("order")
    stage.diary.expect("both are taken in", {"checked_in"}, set(states(stage).values()))


def send_to_depot(stage: Stage) -> None:
    """Bag both, count them out, sign, and hand them to the courier; the manifest prints, two copies."""
    van = Van("out", CLERK, tuple(BAGS.items()))
    stage.story.sent.manifest = send(stage, van)
    stage.diary.expect("both are on the way", {"in_transit_out"}, set(states(stage).values()))


def send(stage: Stage, van: Van) -> str:
    """Send a van off from a desk; returns the manifest's id."""
    hands = stage.hands
    stage.sign_in(van.by)
    begin = cast("TransfersPage", stage.open("transfers"))
    hands.push(begin.new_button)
    hands.until(lambda: begin.card.isVisible() and begin.to.buttons, "where it may go")
    begin.kind.set_value(van.kind)
    hands.until(begin.to.value, "the only other site is chosen")
    hands.push(begin.start)
    page = cast("TransferOutPage", stage.page("transfer_out"))
    hands.until(lambda: page.view is not None, "the manifest")
    _pack(stage, page, van)
    stage.shot("packed")
    _carriage(stage, page, WAYBILLS[van.kind])
    hands.push(page.count_button)
    for serial, _seal in van.bags:
        hands.scan(stage.story.labels[serial])
        hands.until(partial(_counted, page, stage.story.labels[serial]), "it is counted out")
    hands.until(page.sign.isVisible, "the signatures")
    hands.go(page.sign.tamper)
    hands.press("1")
    hands.until(page.sign.answered, "all devices were looked at")
    hands.fill(page.sign.courier, COURIER)
    for pad in (page.sign.giver, page.sign.taker):
        hands.draw(pad.pad, SIGNATURE)
    stage.shot("signed")
    hands.push(page.hand)
    hands.until(lambda: page.view is not None and page.view.row.state == "under_way", "the van has left")
    assert page.view is not None
    identity, number = page.view.row.id, page.view.row.number
    stage.diary.number("manifest", number)
    stage.papers_out()
    stage.shot("under_way")
    _check_manifest(stage, number, van)
    return identity


def _pack(stage: Stage, page: TransferOutPage, van: Van) -> None:
    """Scan the seal of each bag, then the devices that go into it; the command sheet closes a bag."""
    hands = stage.hands
    for serial, seal in van.bags:
        if page.seal and page.seal != seal:
            hands.scan("X:NEXT")
            hands.until(lambda: not page.seal, "the bag is closed")
        if not page.seal:
            hands.scan(seal)
            hands.until(lambda: page.seal, "the bag is open")
        hands.scan(stage.story.labels[serial])
        hands.until(partial(_packed, page, stage.story.labels[serial]), "it is in the bag")


def _packed(page: TransferOutPage, label: str) -> bool:
    return page.view is not None and any(one.label_no == label for one in page.view.lines)


def _counted(page: TransferOutPage, label: str) -> bool:
    return label in page.out


def _carriage(stage: Stage, page: TransferOutPage, waybill: str) -> None:
    hands, card = stage.hands, page.carriage
    for field, words in ((card.carrier, CARRIER), (card.waybill, waybill), (card.vehicle, PLATE)):
        hands.fill(field, words)
    hands.push(card.keep)
    hands.until(lambda: card.said.text(), "how it travels is kept")
    stage.shot("carriage")


def _check_manifest(stage: Stage, number: str, van: Van) -> None:
    said = paper_text(stage, f"{number} manifest.pdf")
    wanted = [*(stage.story.labels[serial] for serial, _seal in van.bags), *dict(van.bags).values(),
              WAYBILLS[van.kind], COURIER]  # fmt: skip
    stage.diary.expect(f"{number}: labels, seals, waybill and courier are on the paper", [],
                       [one for one in wanted if one not in said])  # fmt: skip


def paper_text(stage: Stage, name: str) -> str:
    """Return what a paper of a desk says, without blanks."""
    return "".join(raster.text((stage.papers / name).read_bytes()).split())


def states(stage: Stage) -> dict[str, str]:
    """Return the states of the devices of the order that went to the depot, by serial number, as a desk knows them."""
    card = stage.ask(lambda session: order_of(session, stage.story.sent.order_id))
    return {line.serial_no: str(line.state) for line in card.lines} if card else {}


# -- at the other end --------------------------------------------------------------------


def receive_at_depot(stage: Stage) -> None:
    """Receive at the depot: the first in order, the second out of a bag whose seal is broken."""
    depot, hands, identity = stage.depot, stage.depot.hands, stage.story.sent.manifest
    depot.sign_in(RECEIVER)
    page = arrive(depot, identity)
    hands.scan(SHELF)
    hands.until(lambda: page.shelf == SHELF, "the shelf")
    in_order(depot, page, WORN)
    in_hand(depot, page, DEAD)
    hands.push(page.look.odd)
    hands.until(page.look.seal.hasFocus, "what is wrong")
    hands.press("2")
    hands.go(page.look.tamper)
    hands.press("1")
    hands.fill(page.look.words, "袋口封签断开，露出VOID字样")
    page.look.photos.add_file(resource("samples", "device_back.jpg"))
    hands.until(lambda: page.look.photos.photos, "the photo is taken in")
    depot.shot("seal_broken")
    hands.push(page.look.receive)
    hands.until(lambda: page.view is not None and page.view.received == 2, "both are received")
    finish(depot, page)
    number = page.view.row.number if page.view else ""
    note = paper_text(depot, f"{number} discrepancy_note.pdf")
    stage.diary.expect("the note names the device and its seal", True,
                       stage.story.labels[DEAD] in note and BAGS[DEAD] in note)  # fmt: skip
    stage.diary.expect("the broken bag's device is in quarantine", {WORN: "depot_received", DEAD: "quarantined"},
                       states(depot))  # fmt: skip
    stage.diary.expect("open differences", 1, page.view.row.differences if page.view else 0)


def arrive(stage: Stage, identity: str) -> TransferInPage:
    """Wait until the sender's record is here, scan the paper's number, and open the van."""
    hands, now = stage.hands, stage.now
    hands.until(lambda: stage.ask(lambda session: _there(session, identity, now)), "the sender's record is here")
    view = stage.ask(lambda session: manifest(session, identity, now))
    assert view is not None
    hands.scan(view.row.number)
    page = cast("TransferInPage", stage.page("transfer_in"))
    hands.until(lambda: page.view is not None and page.view.row.id == identity, "the van")
    hands.until(lambda: page.courier.text(), "who carried it")
    return page


def _there(session: object, identity: str, now: int) -> bool:
    view = manifest(session, identity, now)  # type: ignore[arg-type]
    return view is not None and view.row.state == "under_way" and bool(view.lines)


def in_hand(stage: Stage, page: TransferInPage, serial: str) -> None:
    """Take a device out of its bag: label, then the serial number on the case."""
    hands, label = stage.hands, stage.story.labels[serial]
    hands.scan(label)
    hands.until(lambda: page.look.line is not None and page.look.line.label_no == label, "the device in the hand")
    hands.scan(serial)
    hands.until(page.look.ready, "its serial number")


def in_order(stage: Stage, page: TransferInPage, serial: str) -> None:
    """Receive a device on which everything is in order."""
    hands, before = stage.hands, page.view.received if page.view else 0
    in_hand(stage, page, serial)
    stage.shot(f"in_order_{serial.lower()}")
    hands.scan("X:OK")
    hands.until(lambda: page.view is not None and page.view.received == before + 1, "it is received")


def finish(stage: Stage, page: TransferInPage) -> None:
    """Sign for what came; the received manifest prints, and the note of what differs."""
    hands = stage.hands
    hands.push(page.finish_button)
    hands.until(page.end.isVisible, "the signatures")
    for pad in (page.end.giver, page.end.taker):
        hands.draw(pad.pad, SIGNATURE)
    stage.shot("signed")
    hands.push(page.end.button)
    hands.until(lambda: page.view is not None and page.view.row.state == "arrived", "it is signed")
    stage.papers_out()
    stage.shot("received")
