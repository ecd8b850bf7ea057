"""Questions about what a branch keeps: merchants, devices, models, parts, prices, staff, shelves, calendar."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import case, func, or_, select

from deskapp.models import transfers
from deskapp.models.bench import stock_here
from deskapp.models.device import Device, DeviceModel, TerminalBinding
from deskapp.models.journal import GroupVersion
from deskapp.models.local import StoreInfo
from deskapp.models.merchant import Merchant, MerchantContact, ServiceContract
from deskapp.models.people import CalendarDay, Shelf, Site, Staff
from deskapp.models.repair import RepairItem, RepairOrder
from deskapp.models.stock import Part, PriceLine, StockMove
from deskapp.models.store import ReadSession
from deskapp.queries.naming import title_of
from deskapp.queries.registry_cards import (
    BindingCard,
    ContactCard,
    ContractCard,
    DayRow,
    DeviceCard,
    DeviceRow,
    MerchantCard,
    MerchantRow,
    ModelRow,
    PartRow,
    PriceRow,
    ShelfRow,
    StaffRow,
    StayCard,
)
from deskapp.rules.masking import mask


def merchants(session: ReadSession, *, text: str = "", limit: int = 500) -> list[MerchantRow]:
    """Return merchants, newest first, filtered by any part of number, name or initials."""
    question = select(Merchant).where(Merchant.joined_into == "").order_by(Merchant.n.desc()).limit(limit)
    if text.strip():
        like = f"%{_escaped(text.strip())}%"
        found = [
            column.like(like, escape="\\") for column in (Merchant.merchant_no, Merchant.name, Merchant.short_name)
        ]
        question = question.where(or_(*found, Merchant.initials.like(like.lower(), escape="\\")))
    rows = session.scalars(question).all()
    contacts = _main_contacts(session, [row.id for row in rows])
    return [_merchant_row(row, contacts.get(row.id)) for row in rows]


def merchant(session: ReadSession, merchant_id: str) -> MerchantCard | None:
    """Return one merchant, or None."""
    row = session.get(Merchant, merchant_id)
    if row is None:
        return None
    contacts = session.scalars(
        select(MerchantContact)
        .where(MerchantContact.merchant_id == merchant_id, MerchantContact.active)
        .order_by(MerchantContact.main.desc(), MerchantContact.n)
    ).all()
    contracts = session.scalars(
        select(ServiceContract)
        .where(ServiceContract.merchant_id == merchant_id, ServiceContract.active)
        .order_by(ServiceContract.n.desc())
    ).all()
    return MerchantCard(
        row=_merchant_row(row, contacts[0] if contacts else None),
        uscc=row.uscc, address=row.address, tier=row.tier, note=row.note, joined_into=row.joined_into,
        contacts=tuple(ContactCard(one.id, one.name, one.relation, one.phone, one.main) for one in contacts),
        contracts=tuple(
            ContractCard(
                one.id, one.number, one.kind, one.starts_on, one.ends_on, one.warranty_months, one.explained_by,
                one.open_questions,
            )
            for one in contracts
        ),
        devices=tuple(devices(session, merchant_id=merchant_id)),
        versions=versions(session, merchant_id),
    )  # fmt: skip


def devices(
    session: ReadSession, *, text: str = "", merchant_id: str = "", loaners: bool = False, limit: int = 500
) -> list[DeviceRow]:
    """Return units, newest first."""
    question = (
        select(Device, DeviceModel, Merchant)
        .join(DeviceModel, DeviceModel.id == Device.model_id, isouter=True)
        .join(Merchant, Merchant.id == Device.merchant_id, isouter=True)
        .where(Device.joined_into == "")
        .order_by(Device.n.desc())
        .limit(limit)
    )
    if merchant_id:
        question = question.where(Device.merchant_id == merchant_id)
    if loaners:
        question = question.where(Device.loaner)
    if text.strip():
        like = f"%{_escaped(text.strip().upper())}%"
        columns = (Device.serial_no, Device.terminal_no, Device.tusn)
        question = question.where(or_(*[column.like(like, escape="\\") for column in columns]))
    return [_device_row(device, model, owner) for device, model, owner in session.execute(question)]


def device(session: ReadSession, device_id: str) -> DeviceCard | None:
    """Return one unit, or None."""
    row = session.get(Device, device_id)
    if row is None:
        return None
    model = session.get(DeviceModel, row.model_id) if row.model_id else None
    owner = session.get(Merchant, row.merchant_id) if row.merchant_id else None
    bindings = session.execute(
        select(TerminalBinding, Merchant.name)
        .join(Merchant, Merchant.id == TerminalBinding.merchant_id, isouter=True)
        .where(TerminalBinding.device_id == device_id)
        .order_by(TerminalBinding.n.desc())
    ).all()
    stays = session.execute(
        select(RepairItem, RepairOrder.number, RepairOrder.opened_at)
        .join(RepairOrder, RepairOrder.id == RepairItem.order_id)
        .where(RepairItem.device_id == device_id)
        .order_by(RepairItem.n.desc())
    ).all()
    return DeviceCard(
        row=_device_row(row, model, owner),
        tusn=row.tusn, imei=row.imei, iccid=row.iccid, manufactured_on=row.manufactured_on,
        firmware_version=row.firmware_version, app_version=row.app_version, do_not_wipe=row.do_not_wipe,
        note=row.note, joined_into=row.joined_into,
        bindings=tuple(
            BindingCard(one.merchant_id, name or "", one.terminal_no, one.valid_from, one.valid_to, one.place)
            for one, name in bindings
        ),
        stays=tuple(
            StayCard(item.id, number, at, item.symptom_code, item.words, item.work_state, item.receipt_no)
            for item, number, at in stays
        ),
        versions=versions(session, device_id),
    )  # fmt: skip


def models(session: ReadSession, *, active_only: bool = False) -> list[ModelRow]:
    """Return the catalogue of models by brand and name."""
    question = select(DeviceModel).order_by(DeviceModel.brand, DeviceModel.name)
    if active_only:
        question = question.where(DeviceModel.active)
    return [
        ModelRow(
            row.id, row.brand, row.brand_en, row.name, row.kind, row.unionpay_device_type, tuple(row.capabilities),
            tuple(row.accessories), row.serial_pattern, row.warranty_months, row.key_load_on_board_change,
            row.min_version, row.note, row.support_contact, row.active, dict(row.tests or {}),
        )
        for row in session.scalars(question)
    ]  # fmt: skip


def parts(session: ReadSession, *, below_minimum: bool = False) -> list[PartRow]:
    """Return the parts with their stock: the sum of the moves onto the shelf less those off it."""
    signed = case(
        (StockMove.to_place == "shelf", StockMove.quantity),
        (StockMove.from_place == "shelf", -StockMove.quantity),
        else_=0,
    )
    stock: dict[str, int | None] = dict(
        tuple(row)
        for row in session.execute(
            select(StockMove.part_id, func.sum(signed)).where(stock_here(session)).group_by(StockMove.part_id)
        )
    )
    rows = [
        PartRow(
            row.id, row.part_no, row.name, row.name_en, tuple(row.fits), row.price_fen, row.warranty_days,
            row.serialised, int(stock.get(row.id) or 0), row.min_quantity, row.bin, row.active,
        )
        for row in session.scalars(select(Part).order_by(Part.part_no))
    ]  # fmt: skip
    return [row for row in rows if row.on_hand < row.min_quantity] if below_minimum else rows


def prices(session: ReadSession) -> list[PriceRow]:
    """Return the lines of every price list that stand, newest list first."""
    rows = session.scalars(
        select(PriceLine).where(PriceLine.active).order_by(PriceLine.version.desc(), PriceLine.kind, PriceLine.code)
    )
    return [
        PriceRow(row.version, row.code, row.kind, row.name, row.name_en, row.fen, row.region, row.valid_from, row.id)
        for row in rows
    ]


def staff(session: ReadSession) -> list[StaffRow]:
    """Return everybody who works or worked here."""
    rows = session.scalars(select(Staff).order_by(Staff.active.desc(), Staff.staff_no))
    return [
        StaffRow(row.id, row.staff_no, row.name, row.badge_no, tuple(row.roles), row.active, tuple(row.skills))
        for row in rows
    ]


def shelves(session: ReadSession) -> list[ShelfRow]:
    """Return the shelves of this site with how many devices lie there."""
    counted = session.execute(
        select(RepairItem.shelf_id, func.count()).where(RepairItem.holder.like("shelf%")).group_by(RepairItem.shelf_id)
    )
    held = dict(counted.all())
    here = session.get(StoreInfo, "site_id")
    others = transfers.other_sites(session, here.value) if here is not None else []
    rows = session.scalars(select(Shelf).where(Shelf.active, Shelf.site_id.not_in(others)).order_by(Shelf.code))
    return [ShelfRow(row.id, row.code, row.zone, row.use, row.label_no, int(held.get(row.id, 0))) for row in rows]


def special_days(session: ReadSession, site_id: str) -> list[DayRow]:
    """Return the days on which this site differs from the public calendar."""
    rows = session.scalars(
        select(CalendarDay).where(CalendarDay.site_id == site_id, CalendarDay.active).order_by(CalendarDay.day)
    )
    return [DayRow(row.day, row.works, row.note) for row in rows]


def site(session: ReadSession, site_id: str) -> Mapping[str, object]:
    """Return what is known about a site, by the names of its form."""
    row = session.get(Site, site_id)
    if row is None:
        return {}
    names = (
        "code", "name", "short_name", "depot_code", "is_outlet", "is_depot", "solo", "region", "address", "phone",
        "hotline", "complaint_phone", "hours", "service_times",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names}


def versions(session: ReadSession, record_id: str) -> dict[str, str]:
    """Return the version of each field group of a record, for an edit to say what it has seen."""
    rows = session.execute(select(GroupVersion.name, GroupVersion.op_uid).where(GroupVersion.record_id == record_id))
    return dict(rows.all())


def _main_contacts(session: ReadSession, merchant_ids: list[str]) -> dict[str, MerchantContact]:
    rows = session.scalars(
        select(MerchantContact)
        .where(MerchantContact.merchant_id.in_(merchant_ids), MerchantContact.active)
        .order_by(MerchantContact.main, MerchantContact.n.desc())
    )
    return {row.merchant_id: row for row in rows}


def _merchant_row(row: Merchant, contact: MerchantContact | None) -> MerchantRow:
    return MerchantRow(
        row.n, row.id, row.merchant_no, row.name, row.short_name, row.district, contact.name if contact else "",
        mask("phone", contact.phone) if contact and contact.phone else "", row.active,
    )  # fmt: skip


def _device_row(row: Device, model: DeviceModel | None, owner: Merchant | None) -> DeviceRow:
    return DeviceRow(
        row.n, row.id, row.serial_no, title_of(model), row.model_id,
        (owner.short_name or owner.name) if owner else "", row.merchant_id, row.terminal_no, row.warranty_until,
        row.ownership, row.loaner,
    )  # fmt: skip


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
