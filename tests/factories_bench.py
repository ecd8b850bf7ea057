"""Devices on the shelf for the tests of the bench: models, parts, prices, shelves, and a check-in without a page."""

from __future__ import annotations

from dataclasses import dataclass

from deskapp.clock import shop_day
from deskapp.commands.moves import hop, move
from deskapp.errors import N_
from deskapp.models import catalogue
from deskapp.models.device import Device, DeviceModel, TerminalBinding
from deskapp.models.merchant import Merchant, MerchantContact
from deskapp.models.people import Shelf, Site, Staff
from deskapp.models.repair import AccessoryItem, RepairItem, RepairOrder
from deskapp.models.stock import Attachment, Part, PriceLine, StockMove
from deskapp.models.store import Store, Write, command
from tests.conftest import People


@dataclass(frozen=True, slots=True)
class Benched:
    """A device that was checked in: what it and its order are called."""

    item_id: str
    order_id: str
    device_id: str
    label_no: str
    serial_no: str


@command(N_("Fill the shelves of the test branch"), right="")
def stock_up(write: Write) -> dict[str, str]:
    """Add models, parts with ten of each on the shelf, prices, shelves and a merchant; return ids by name."""
    ids: dict[str, str] = {}
    for model in catalogue.shipped_models():
        if model["id"] in ("newland-n910", "pax-s90", "newland-sp60", "pax-a920"):
            write.session.add(
                DeviceModel(
                    id=model["id"], brand=model["brand"]["zh"], brand_en=model["brand"]["en"], name=model["model"],
                    kind=model["kind"], capabilities=model["capabilities"], warranty_months=model["warranty_months"],
                    key_load_on_board_change=model["needs_key_load_on_board_change"],
                )
            )  # fmt: skip
    for part in catalogue.shipped_parts():
        row = Part(
            id=write.new_id(), part_no=part["part_no"], name=part["zh"], name_en=part["en"], fits=part["fits"],
            price_fen=part["fen"], warranty_days=part["warranty_days"], serialised=part["serialised"], bin="E-1",
        )  # fmt: skip
        write.session.add(row)
        ids[row.part_no] = row.id
        if not row.serialised or row.part_no == "BAT-N910":
            write.session.add(
                StockMove(id=write.new_id(), at=write.now, by="", part_id=row.id, from_place="supplier",
                          to_place="shelf", quantity=10)
            )  # fmt: skip
    prices = catalogue.shipped_prices()
    for line in prices["lines"]:
        write.session.add(
            PriceLine(id=write.new_id(), version=prices["version"], code=line["code"], kind=line["kind"],
                      name=line["zh"], name_en=line["en"], fen=line["fen"], valid_from=prices["valid_from"])
        )  # fmt: skip
    for code, use in (("A-01", "repair"), ("B-03-2", "pickup")):
        write.session.add(
            Shelf(id=write.new_id(), site_id=write.site_id, code=code, use=use, label_no=write.label("L"))
        )
    merchant = Merchant(
        id=write.new_id(), merchant_no="100350153310027", name="福州市鼓楼区闽味小吃店", short_name="闽味小吃店"
    )
    write.session.add(merchant)
    write.session.add(
        MerchantContact(id=write.new_id(), merchant_id=merchant.id, name="林国强", phone="13805912345", main=True)
    )
    ids["merchant"] = merchant.id
    return ids


@command(N_("Take a test device in"), right="")
def take_in(
    write: Write,
    *,
    merchant_id: str,
    serial_no: str,
    model_id: str = "newland-n910",
    symptom: str = "no_power",
    words: str = "",
    warranty_until: str = "",
    ceiling_fen: int = 0,
    priority: int = 3,
    order_id: str = "",
    device_id: str = "",
) -> Benched:
    """Check a device in as the counter would, with its accessory and its place on the shelf."""
    session = write.session
    device = session.get(Device, device_id) if device_id else None
    if device is None:
        device = Device(id=write.new_id(), serial_no=serial_no, model_id=model_id, warranty_until=warranty_until)
        session.add(device)
        session.add(
            TerminalBinding(id=write.new_id(), device_id=device.id, merchant_id=merchant_id, terminal_no="35010042",
                            valid_from="2025-01-10")
        )  # fmt: skip
    order = session.get(RepairOrder, order_id) if order_id else None
    if order is None:
        order = RepairOrder(
            id=write.new_id(), number=write.number("R"), slip_no=write.number("K"), site_id=write.site_id,
            merchant_id=merchant_id, opened_at=write.now, opened_by=write.actor.staff_id, deliverer_name="林国强",
            deliverer_phone="13805912345", ceiling_fen=ceiling_fen,
        )  # fmt: skip
        session.add(order)
    shelf = session.query(Shelf).filter(Shelf.code == "A-01").one()
    item = RepairItem(
        id=write.new_id(), order_id=order.id, line_no=1, device_id=device.id, label_no=write.label("D"),
        terminal_no="35010042", symptom_code=symptom, words=words, shelf_id=shelf.id, priority=priority,
    )  # fmt: skip
    session.add(item)
    session.add(AccessoryItem(id=write.new_id(), item_id=item.id, kind="power_adapter", label_no=write.label("A")))
    session.flush()
    move(
        write, item, "check_in",
        {"serial_no": serial_no, "model": model_id, "merchant": merchant_id, "accessories": ["power_adapter"],
         "condition": {"case": "fine"}, "tamper_result": "ok", "unsettled_batch": "no", "deliverer": "林国强",
         "data_notice": True, "photos": ["p"], "signature": "s", "label_scan_back": True, "power_state": "no",
         "estimate": "7", "warranty_papers": "none"},
    )  # fmt: skip
    hop(
        write, item, "shelf:A-01", giver="林国强", taker=write.actor.name or "李秀英", tamper_result="ok", place="A-01",
        from_holder="merchant",
    )  # fmt: skip
    return Benched(item.id, order.id, device.id, item.label_no, serial_no)


@command(N_("Give a test person more roles"), right="")
def give_roles(write: Write, *, staff_id: str, roles: list[str]) -> None:
    """Set somebody's roles."""
    write.session.get_one(Staff, staff_id).roles = roles


@command(N_("Run the test branch with one person"), right="")
def go_solo(write: Write) -> None:
    """Mark the site as a one-person site."""
    write.session.get_one(Site, write.site_id).solo = True


@command(N_("Attach a test photo"), right="")
def attach_photo(write: Write, *, item_id: str) -> None:
    """Attach a photo of damage."""
    write.session.add(
        Attachment(id=write.new_id(), at=write.now, by="", subject_kind="repair_item", subject_id=item_id,
                   kind="photo", sha256="0" * 64, mime="image/jpeg", size=1000)
    )  # fmt: skip


@dataclass(slots=True)
class Shop:
    """A test branch with stock, and short ways to bring devices to the bench."""

    store: Store
    people: People
    ids: dict[str, str]
    taken: int = 0

    def take_in(self, serial_no: str = "", **more: object) -> Benched:
        """Check a device in at the counter."""
        self.taken += 1
        serial = serial_no or f"NLN91025{self.taken:06d}"
        return self.store.run(
            take_in(merchant_id=self.ids["merchant"], serial_no=serial, **more),  # type: ignore[arg-type]
            by=self.people.clerk,
        ).result

    def today(self) -> str:
        """The shop's day as ISO text."""
        return shop_day(self.store.now).isoformat()


def open_shop(store: Store, people: People) -> Shop:
    """Return the test branch with stock on its shelves."""
    return Shop(store, people, store.run(stock_up()).result)
