"""Orders at the counter as the bench leaves them: taken in, repaired, tested, charged, ready for pickup."""

from __future__ import annotations

from dataclasses import dataclass, replace

from deskapp.commands.moves import hop, item_of, move, record
from deskapp.commands.people import actor_of
from deskapp.errors import N_
from deskapp.models.device import Device, DeviceModel
from deskapp.models.merchant import Merchant, MerchantContact
from deskapp.models.people import Shelf, Staff
from deskapp.models.repair import AccessoryItem, MoneyEvent, RepairItem, RepairOrder
from deskapp.models.store import Write, command

PHONE = "13800138000"
ID_LAST4 = "001X"


@dataclass(frozen=True, slots=True)
class Line:
    """One device of an order: what it costs (fen), what was handed in with it, and how it ended."""

    fen: int = 0
    accessories: tuple[str, ...] = ()
    end: str = "repaired"  # repaired, free, declined, bench, unrepaired
    serial_no: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the tests need it."""

    order_id: str
    order_no: str
    slip_no: str
    token: str
    merchant_id: str
    items: tuple[str, ...]
    labels: tuple[str, ...]
    accessories: tuple[tuple[str, ...], ...]


@command(N_("Lay an order on the shelf for a test"), right="")
def ready_order(
    write: Write, *, lines: tuple[Line, ...], supervisor: str, technician: str, inspector: str,
    name: str = "鼓楼老街鱼丸店", opened_at: int = 0, phone: str = PHONE, id_last4: str = ID_LAST4,
) -> Order:  # fmt: skip
    """Add an order whose devices are at the end each line names."""
    session = write.session
    boss = replace(write, actor=actor_of(session.get_one(Staff, supervisor)))
    people = (boss, technician, inspector)
    if session.get(DeviceModel, "test-a8") is None:
        session.add(
            DeviceModel(
                id="test-a8", brand="联迪", brand_en="Landi", name="APOS A8", kind="smart_pos",
                capabilities=["print", "ic", "mag", "nfc", "sim", "battery"], accessories=["power_adapter"],
                warranty_months=12,
            )
        )  # fmt: skip
        session.add(Shelf(id="shelf-b1", site_id=write.site_id, code="B-01-1", zone="B", use="pickup",
                          label_no=write.label("L")))  # fmt: skip
    merchant = Merchant(
        id=write.new_id(), merchant_no="100391053110001", name=name, short_name=name[-5:], address="福州市鼓楼区八一七路 8 号"
    )
    session.add(merchant)
    session.add(MerchantContact(id=write.new_id(), merchant_id=merchant.id, name="王小明", phone=phone, main=True))
    order = RepairOrder(
        id=write.new_id(), number=write.number("R"), slip_no=write.number("K"), slip_token="7KQ2M9XA",
        site_id=write.site_id, merchant_id=merchant.id, opened_at=opened_at or write.now,
        opened_by=supervisor, deliverer_name="王小明", deliverer_phone=phone,
        deliverer_id_type="resident_id", deliverer_id_last4=id_last4,
    )  # fmt: skip
    session.add(order)
    session.flush()
    items = [_line(people, order, merchant, line, place) for place, line in enumerate(lines, 1)]
    session.flush()
    given = [
        tuple(row.id for row in session.query(AccessoryItem).filter_by(item_id=item.id).order_by(AccessoryItem.n))
        for item in items
    ]
    return Order(
        order.id, order.number, order.slip_no, order.slip_token, merchant.id, tuple(item.id for item in items),
        tuple(item.label_no for item in items), tuple(given),
    )  # fmt: skip


def _line(
    people: tuple[Write, str, str], order: RepairOrder, merchant: Merchant, line: Line, place: int
) -> RepairItem:
    write = people[0]
    session = write.session
    serial = line.serial_no or f"NL86100{place:02d}{order.slip_no[-6:]}"
    device = Device(id=write.new_id(), serial_no=serial, model_id="test-a8", firmware_version="2.1.8")
    session.add(device)
    item = RepairItem(
        id=write.new_id(), order_id=order.id, line_no=place, device_id=device.id, label_no=write.label("D"),
        terminal_no=f"1003911{place}", symptom_code="faint_print", words="走纸不畅", shelf_id="shelf-b1",
        technician_id=people[1],
    )  # fmt: skip
    session.add(item)
    for kind in line.accessories:
        session.add(AccessoryItem(id=write.new_id(), item_id=item.id, kind=kind, label_no=write.label("A")))
    session.flush()
    move(
        write, item, "check_in",
        {"serial_no": serial, "model": "test-a8", "merchant": merchant.id, "accessories": list(line.accessories),
         "condition": {"all": "fine"}, "tamper_result": "ok", "unsettled_batch": "no", "deliverer": "noted",
         "data_notice": True, "photos": ["x"], "signature": "x", "label_scan_back": True, "power_state": "on",
         "estimate": 0, "warranty_papers": "none"},
    )  # fmt: skip
    hop(write, item, "shelf:B-01-1", giver="王小明", taker="李秀英", tamper_result="ok")
    if line.end == "unrepaired":
        return item
    _bench(people, item, line)
    return item_of(write, item.id)


def _bench(people: tuple[Write, str, str], item: RepairItem, line: Line) -> None:
    boss, technician, inspector = people
    session = boss.session
    bench = replace(boss, actor=actor_of(session.get_one(Staff, technician)))
    tester = replace(boss, actor=actor_of(session.get_one(Staff, inspector)))
    move(bench, item, "start_diagnosis", {"bench": "B1"})
    found = {
        "symptom_confirmed": "yes", "cause_code": "print_head_worn", "cause_class": "wear", "tamper_flag": "none",
        "warranty_decision": {"result": "free" if line.end == "free" else "payable", "basis": "outside"},
        "firmware_version": "2.1.8", "app_version": "3.0", "labour_class": "LAB-S",
    }  # fmt: skip
    move(bench, item, "record_diagnosis", found)
    record(bench, item.id, "diagnosis", "", **found)
    if line.end == "bench":
        return
    if line.end == "declined":
        move(boss, item, "decline", {"decline_reason": "too_expensive", "inspection_fee": line.fen,
                                     "reassembled": True, "risk_notice": True})  # fmt: skip
        _charge(bench, item, line)
        move(boss, item, "ready_declined", {"reassembled": True, "tamper_result": "ok", "shelf": "B-01-1"})
        return
    move(bench, item, "start_repair", {"cause_class": "wear", "warranty_decision": found["warranty_decision"],
                                       "charge_basis": "free"})  # fmt: skip
    move(bench, item, "record_repair", {"action": ["replace_part"], "parts_in": [], "parts_out": [],
                                        "labour_minutes": 20, "firmware_version": "2.2.0", "photos": ["x"],
                                        "prevention_tip": "printer"})  # fmt: skip
    record(bench, item.id, "repair", "", actions=["replace_part"], firmware_version="2.2.0", app_version="3.0")
    move(bench, item, "send_to_test", {"action": ["replace_part"], "board_changed": False})
    move(tester, item, "pass_test", {"test_plan": "smart_pos", "test_values": [1], "tamper_result": "ok",
                                     "seal_no": "S1234567", "firmware_version": "2.2.0", "shelf": "B-01-1"})  # fmt: skip
    _charge(bench, item, line)


def _charge(write: Write, item: RepairItem, line: Line) -> None:
    declined = line.end == "declined"
    listed = [
        {"kind": "part", "code": "PH-A8", "name": "打印头", "name_en": "Print head", "quantity": 1,
         "unit_fen": max(0, line.fen - 3000), "amount_fen": max(0, line.fen - 3000)},
        {"kind": "labour", "code": "LAB-S", "name": "小修工时费", "name_en": "Labour, small repair", "quantity": 1,
         "unit_fen": min(3000, line.fen), "amount_fen": min(3000, line.fen)},
    ]  # fmt: skip
    if declined:
        listed = [{"kind": "inspection", "code": "INS-DEC", "name": "拒修检测费", "name_en": "Inspection fee",
                   "quantity": 1, "unit_fen": line.fen, "amount_fen": line.fen}]  # fmt: skip
    write.session.add(
        MoneyEvent(
            id=write.new_id(), at=write.now, by=write.actor.staff_id, item_id=item.id, order_id=item.order_id,
            kind="charge", fen=line.fen,
            data={"lines": listed, "price_list": "2025-01", "basis": "in_warranty" if line.end == "free" else
                  "out_of_warranty"},
        )
    )  # fmt: skip
    write.session.flush()
