"""Devices on the shelf for the tests of the bench: models, parts, prices, shelves, and a check-in in one line."""

from __future__ import annotations

from dataclasses import dataclass

from deskapp import catalogue
from deskapp.clock import shop_day
from deskapp.commands.checkin import check_in
from deskapp.commands.checkin_forms import AccessoryForm, Deliverer, DeviceForm, Terms
from deskapp.commands.moves import hop, move
from deskapp.errors import N_
from deskapp.models.device import Device, DeviceModel, TerminalBinding
from deskapp.models.merchant import Merchant, MerchantContact
from deskapp.models.people import Shelf, Site, Staff
from deskapp.models.repair import RepairItem
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
    device_id: str = "",
) -> Benched:
    """Check a device in as the counter would, with its accessory and its place on the shelf."""
    session = write.session
    device = session.get(Device, device_id) if device_id else None
    if device is None:
        device = Device(id=write.new_id(), serial_no=serial_no, model_id=model_id, warranty_until=warranty_until)
        session.add(device)
        session.add(
            TerminalBinding(id=write.new_id(), device_id=device.id, merchant_id=merchant_id,
                            terminal_no=f"3501{serial_no[-4:]}", valid_from="2025-01-10")
        )  # fmt: skip
        session.flush()
    shelf = session.query(Shelf).filter(Shelf.code == "A-01").one()
    form = DeviceForm(
        serial_no=device.serial_no, device_id=device.id, tamper="ok", batch="no", symptom_code=symptom, words=words,
        accessories=(AccessoryForm("power_adapter"),), condition={"all": "fine"}, power_state="no",
        no_photo_reason="no_camera",
    )  # fmt: skip
    act = check_in(
        devices=(form,), deliverer=Deliverer("林国强", "13805912345"), merchant_id=merchant_id, shelf_id=shelf.id,
        terms=Terms(ceiling_fen=ceiling_fen, data_notice=True),
    )  # fmt: skip
    done = act.run(write)
    one = done.devices[0]
    session.get_one(RepairItem, one.item_id).priority = priority
    return Benched(one.item_id, done.order_id, device.id, one.label_no, device.serial_no)


@command(N_("Hand a test device out"), right="")
def given_out(write: Write, *, item_id: str) -> None:
    """Let the merchant take a ready device home."""
    item = write.session.get_one(RepairItem, item_id)
    move(
        write, item, "hand_out",
        {"release_proof": "slip", "collector": "林国强", "identity": "1234", "accessories_returned": [],
         "payment": "cash", "counter_test": "ok", "signature": "s", "rating": 5},
    )  # fmt: skip
    hop(write, item, "merchant", giver="李秀英", taker="林国强", tamper_result="ok")


@command(N_("Give a test person more roles"), right="")
def give_roles(write: Write, *, staff_id: str, roles: list[str]) -> None:
    """Set somebody's roles."""
    write.session.get_one(Staff, staff_id).roles = roles


@command(N_("Run the test branch with one person"), right="")
def go_solo(write: Write) -> None:
    """Mark the site as a one-person site."""
    write.session.get_one(Site, write.site_id).solo = True


@command(N_("Attach a test photo"), right="")
def photographed(write: Write, *, item_id: str) -> None:
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
