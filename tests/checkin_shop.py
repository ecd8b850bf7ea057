"""A shop with two known merchants and a few known terminals, and a filled-in check-in to vary."""

from __future__ import annotations

from dataclasses import dataclass, replace

from deskapp.commands.catalogue_setup import fill_catalogues
from deskapp.commands.checkin import check_in
from deskapp.commands.checkin_forms import AccessoryForm, CheckedIn, Deliverer, DeviceForm, Terms
from deskapp.errors import N_
from deskapp.models.device import Device, TerminalBinding
from deskapp.models.merchant import Merchant, MerchantContact
from deskapp.models.store import Store, Write, command
from tests.conftest import People

NOODLES, HOTPOT = "merchant-noodles", "merchant-hotpot"
ONE, TWO, THEIRS = "NL910S00000001", "NL910S00000002", "PX920S00000003"


@dataclass(frozen=True, slots=True)
class Shop:
    """Ids of what is known."""

    noodles: str = NOODLES
    hotpot: str = HOTPOT


@command(N_("Stock the test shop"), right="")
def stock_shop(write: Write) -> Shop:
    """Enter catalogue, merchants with contacts, and bound terminals."""
    session = write.session
    fill_catalogues(write)
    for identity, number, name, short, contact, phone in (
        (NOODLES, "100391054110001", "榕城示例小面馆", "示例小面", "张三", "13800000101"),
        (HOTPOT, "100391054110002", "重庆示例火锅（练习店）", "示例火锅", "李四", "13800000102"),
    ):
        session.add(Merchant(id=identity, merchant_no=number, name=name, short_name=short, address="福州市鼓楼区示例路1号"))
        session.add(
            MerchantContact(
                id=f"{identity}-1", merchant_id=identity, name=contact, relation="店主", phone=phone, main=True
            )
        )
    for serial, model, merchant, terminal, until in (
        (ONE, "newland-n910", NOODLES, "35000001", "2099-12-31"),
        (TWO, "newland-n910", NOODLES, "35000002", "2020-01-31"),
        (THEIRS, "pax-a920", HOTPOT, "35000003", ""),
    ):
        session.add(Device(id=f"unit-{serial}", serial_no=serial, model_id=model, warranty_until=until))
        session.add(
            TerminalBinding(
                id=f"bound-{serial}", device_id=f"unit-{serial}", merchant_id=merchant, terminal_no=terminal,
                valid_from="2023-01-01",
            )
        )  # fmt: skip
    return Shop()


DEVICE = DeviceForm(
    serial_no=ONE, tamper="ok", batch="no", symptom_code="no_power", condition={"all": "fine"},
    no_photo_reason="queue",
    accessories=(AccessoryForm("power_adapter"), AccessoryForm("data_cable"), AccessoryForm("paper_roll")),
)  # fmt: skip
SECOND = replace(DEVICE, serial_no=TWO, symptom_code="faint_print", accessories=(AccessoryForm("battery"),))
WHO = Deliverer("张三", "138 0000 0101", id_last4="001X")
TERMS = Terms(data_notice=True, ceiling_fen=20000)


def taken_in(store: Store, people: People, *devices: DeviceForm, **changed: object) -> CheckedIn:
    """Check devices in as the clerk, with everything else in order unless changed."""
    values: dict[str, object] = {
        "devices": devices or (DEVICE, SECOND), "deliverer": WHO, "terms": TERMS, "merchant_id": NOODLES, **changed,
    }  # fmt: skip
    return store.run(check_in(**values), by=people.clerk).result
