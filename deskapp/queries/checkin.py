"""What the counter sees while it takes devices in: the unit's past, the merchant's people, the models."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from deskapp import catalogue
from deskapp.clock import shop_day
from deskapp.models import past, search, transfers
from deskapp.models.device import Device, DeviceModel
from deskapp.models.merchant import Merchant, MerchantContact
from deskapp.models.people import Shelf
from deskapp.models.store import ReadSession
from deskapp.models.ticket import ServiceTicket
from deskapp.queries.naming import title_of
from deskapp.rules.identifiers import clean_serial
from deskapp.rules.masking import mask
from deskapp.rules.states import WorkState


@dataclass(frozen=True, slots=True)
class StayLine:
    """One stay of the unit with us, for the list of earlier orders (times in ms UTC)."""

    item_id: str
    order_no: str
    label_no: str
    state: str
    symptom_code: str
    came_at: int
    left_at: int
    days_ago: int


@dataclass(frozen=True, slots=True)
class ContactCard:
    """Somebody at the merchant's; `phone` is whole because the form takes it over, `masked` is what is shown."""

    name: str
    relation: str
    phone: str
    masked: str


@dataclass(frozen=True, slots=True)
class MerchantCard:
    """A merchant as the check-in shows it, with the people who may bring devices."""

    id: str
    name: str
    short_name: str
    merchant_no: str
    address: str
    contacts: tuple[ContactCard, ...] = ()
    terminals: int = 0


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A model of the catalogue: what it can, what usually comes with it, what to know about it."""

    id: str
    name: str
    kind: str
    capabilities: tuple[str, ...] = ()
    accessories: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Similar:
    """A known unit that a typed serial number may mean."""

    device_id: str
    serial_no: str
    model: str
    merchant: str


@dataclass(frozen=True, slots=True)
class LoanerLine:
    """A loaner the merchant has now; `due_at` in ms UTC, 0 for none agreed."""

    serial_no: str
    model: str
    due_at: int
    late: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What a merchant said of a unit before it came to the counter."""

    ticket_id: str
    number: str
    symptom_code: str
    words: str
    business_stopped: bool
    merchant_id: str = ""
    """Who called, as far as that was known; `merchant` is the short name."""

    merchant: str = ""


@dataclass(frozen=True, slots=True)
class DeviceBriefing:
    """Everything to know about a unit before it is taken in; `known` is False for a new serial number."""

    serial_no: str
    known: bool
    device_id: str = ""
    model: ModelCard | None = None
    model_words: str = ""
    tusn: str = ""
    terminal_no: str = ""
    ownership: str = ""
    merchant: MerchantCard | None = None
    open_stay: StayLine | None = None
    earlier: tuple[StayLine, ...] = ()
    warranty_result: str = ""
    warranty_until: str = ""
    warranty_days: int | None = None
    covered_orders: tuple[tuple[str, str], ...] = ()
    """Repairs whose warranty still runs: order number and last day."""

    loaners: tuple[LoanerLine, ...] = ()
    open_tickets: tuple[tuple[str, str], ...] = ()
    """Open tickets about this unit: id and number."""

    told: Told | None = None
    """What was said of it on the newest open ticket that asks for a repair."""

    do_not_wipe: bool = False
    is_loaner: bool = False
    outdated: str = ""
    note: str = ""
    twins: int = 0
    same_terminal_no: tuple[str, ...] = ()
    lookalikes: tuple[Similar, ...] = ()

    def repeat_of(self, symptom_code: str) -> StayLine | None:
        """Return the recent repair of the same fault, if this symptom makes it a repeat."""
        covered = {order for order, _until in self.covered_orders}
        for stay in self.earlier:
            ended = stay.state in (WorkState.PICKED_UP, WorkState.CLOSED)
            recent = stay.days_ago <= past.REPEAT_DAYS or stay.order_no in covered
            if ended and recent and symptom_code and stay.symptom_code == symptom_code:
                return stay
        return None


def device_briefing(session: ReadSession, serial_no: str, now: int) -> DeviceBriefing:
    """Return what is known about the unit with this serial number, as of an instant (ms UTC)."""
    serial = clean_serial(serial_no)
    units = past.units_with(session, serial)
    if not units:
        similar = tuple(_similar(session, unit) for unit in past.lookalikes_of(session, serial)[:3])
        return DeviceBriefing(serial, False, lookalikes=similar)
    unit = units[-1]
    known = past.stays(session, [one.id for one in units])
    lines = [_stay(stay, now) for stay in known]
    held = next((line for stay, line in zip(known, lines, strict=True) if stay.open), None)
    model = session.get(DeviceModel, unit.model_id) if unit.model_id else None
    view = past.first_view(
        session, unit, merchant_id=unit.merchant_id, symptom_code="", now=now,
        known=[stay for stay in known if not stay.open],
    )  # fmt: skip
    end = view.end.isoformat() if view.end else unit.warranty_until
    today, repairs = shop_day(now), past.repair_warranties(session, unit, "", known, now)
    covered = tuple((one.previous, one.end.isoformat()) for one in repairs if one.end >= today)
    others = past.other_units_on(session, unit.terminal_no, unit.merchant_id, unit.id)
    return DeviceBriefing(
        serial_no=unit.serial_no,
        known=True,
        device_id=unit.id,
        model=_model(model) if model else None,
        model_words="" if model else unit.note,
        tusn=unit.tusn,
        terminal_no=unit.terminal_no,
        ownership=unit.ownership,
        merchant=merchant_card(session, unit.merchant_id) if unit.merchant_id else None,
        open_stay=held,
        earlier=tuple(line for line in lines if line is not held)[:5],
        warranty_result=view.result.value,
        warranty_until=end,
        warranty_days=past.days_left(end, now),
        covered_orders=covered,
        loaners=tuple(_loaner(session, one, due, now) for one, due in past.loaners_with(session, unit.merchant_id)),
        open_tickets=_open_tickets(session, unit.id),
        told=_told(session, unit.id),
        do_not_wipe=unit.do_not_wipe,
        is_loaner=unit.loaner,
        outdated=_outdated(unit, model),
        note=unit.note if model else "",
        twins=len(units) - 1,
        same_terminal_no=tuple(one.serial_no for one in others),
    )


def serial_of(session: ReadSession, tusn: str) -> str:
    """Return the serial number of the unit with this TUSN, which stands on some cases instead; empty when unknown."""
    if not tusn:
        return ""
    units = session.scalars(select(Device).where(Device.tusn == tusn).order_by(Device.n.desc()))
    return next((past.survivor(session, unit).serial_no for unit in units), "")


def _stay(stay: past.Stay, now: int) -> StayLine:
    days = (shop_day(now) - shop_day(stay.left_at or stay.came_at)).days
    return StayLine(
        stay.item_id, stay.order_no, stay.label_no, stay.state.value, stay.symptom_code, stay.came_at, stay.left_at,
        days,
    )  # fmt: skip


def _similar(session: ReadSession, unit: Device) -> Similar:
    model = session.get(DeviceModel, unit.model_id) if unit.model_id else None
    owner = session.get(Merchant, unit.merchant_id) if unit.merchant_id else None
    return Similar(
        unit.id, unit.serial_no, title_of(model),
        (owner.short_name or owner.name) if owner else "",
    )  # fmt: skip


def _loaner(session: ReadSession, unit: Device, due_at: int, now: int) -> LoanerLine:
    model = session.get(DeviceModel, unit.model_id) if unit.model_id else None
    return LoanerLine(unit.serial_no, title_of(model), due_at, bool(due_at) and due_at < now)


def _open_tickets(session: ReadSession, unit_id: str) -> tuple[tuple[str, str], ...]:
    rows = session.execute(
        select(ServiceTicket.id, ServiceTicket.number)
        .where(ServiceTicket.device_id == unit_id, ServiceTicket.state.not_in(("done", "cancelled")))
        .order_by(ServiceTicket.n.desc())
        .limit(3)
    )
    return tuple((row.id, row.number) for row in rows)


def _told(session: ReadSession, unit_id: str) -> Told | None:
    row = session.execute(
        select(
            ServiceTicket.id, ServiceTicket.number, ServiceTicket.symptom_code, ServiceTicket.words,
            ServiceTicket.business_stopped, ServiceTicket.merchant_id, Merchant.short_name, Merchant.name,
        )
        .join(Merchant, Merchant.id == ServiceTicket.merchant_id, isouter=True)
        .where(
            ServiceTicket.device_id == unit_id, ServiceTicket.kind == "repair",
            ServiceTicket.state.not_in(("done", "cancelled")),
        )
        .order_by(ServiceTicket.n.desc())
        .limit(1)
    ).first()  # fmt: skip
    if row is None:
        return None
    return Told(
        row.id, row.number, row.symptom_code, row.words, row.business_stopped, row.merchant_id or "",
        row.short_name or row.name or "",
    )  # fmt: skip


def _outdated(unit: Device, model: DeviceModel | None) -> str:
    """Return the least version the model should have when the unit's own is lower, else nothing."""
    if model is None or not model.min_version or not unit.app_version:
        return ""
    return model.min_version if _version(unit.app_version) < _version(model.min_version) else ""


def _version(text: str) -> list[int]:
    return [int("".join(char for char in part if char.isdigit()) or 0) for part in text.split(".")]


def _model(row: DeviceModel) -> ModelCard:
    return ModelCard(row.id, title_of(row), row.kind, tuple(row.capabilities), tuple(row.accessories), row.note)


def condition_items(kind: str, capabilities: tuple[str, ...]) -> tuple[catalogue.Word, ...]:
    """Return what is looked at on a device of this kind; everything where the kind is unknown."""
    return tuple(
        word
        for word in catalogue.words("condition_items").values()
        if (not kind or kind in word.extra.get("kinds", ()))
        and (not kind or not word.extra.get("needs") or word.extra["needs"] in capabilities)
    )


# -- merchants and models ------------------------------------------------------------


def merchant_card(session: ReadSession, merchant_id: str) -> MerchantCard | None:
    """Return a merchant with the people who may bring devices, the main contact first."""
    row = session.get(Merchant, merchant_id)
    if row is None:
        return None
    if row.joined_into:
        return merchant_card(session, row.joined_into)
    contacts = session.scalars(
        select(MerchantContact)
        .where(MerchantContact.merchant_id == row.id, MerchantContact.active)
        .order_by(MerchantContact.main.desc(), MerchantContact.n)
        .limit(6)
    )
    cards = tuple(
        ContactCard(one.name, one.relation, one.phone, mask("phone", one.phone) if one.phone else "")
        for one in contacts
    )
    return MerchantCard(row.id, row.name, row.short_name, row.merchant_no, row.address, cards)


def merchants_like(session: ReadSession, text: str, limit: int = 8) -> list[MerchantCard]:
    """Return merchants found by any part of number, name, pinyin initials or phone tail, best first."""
    found = (merchant_card(session, one) for one in search.newest(session, search.MERCHANT, text, limit * 2))
    cards = {card.id: card for card in found if card is not None}
    wanted = text.strip()
    ordered = sorted(
        cards.values(), key=lambda card: (wanted not in (card.short_name, card.merchant_no), len(card.short_name))
    )
    return ordered[:limit]


def models_like(session: ReadSession, text: str, limit: int = 8) -> list[ModelCard]:
    """Return models of the catalogue whose brand, name or stable name has every word of the text."""
    words = text.casefold().split()
    rows = session.scalars(select(DeviceModel).where(DeviceModel.active).order_by(DeviceModel.brand, DeviceModel.name))
    fitting = [
        row
        for row in rows
        if all(word in f"{row.brand} {row.brand_en} {row.name} {row.id}".casefold() for word in words)
    ]
    fitting.sort(key=lambda row: row.name.casefold() not in words)
    return [_model(row) for row in fitting[:limit]]


def shelves(session: ReadSession, site_id: str) -> list[tuple[str, str]]:
    """Return the shelves for devices to be repaired: id and code."""
    rows = session.execute(
        select(Shelf.id, Shelf.code)
        .where(Shelf.site_id.not_in(transfers.other_sites(session, site_id)), Shelf.active, Shelf.use == "repair")
        .order_by(Shelf.code)
    )
    return [(row.id, row.code) for row in rows]
