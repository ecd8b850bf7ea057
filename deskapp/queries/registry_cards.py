"""What the questions about a branch's registry answer: one frozen card per kind of record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deskapp.queries.naming import model_title


@dataclass(frozen=True, slots=True)
class MerchantRow:
    """One merchant in a list; the phone is masked."""

    n: int
    id: str
    merchant_no: str
    name: str
    short_name: str
    district: str
    contact: str
    phone: str
    active: bool


@dataclass(frozen=True, slots=True)
class ContactCard:
    """A person at a merchant, unmasked: shown to staff on the merchant's own page."""

    id: str
    name: str
    relation: str
    phone: str
    main: bool


@dataclass(frozen=True, slots=True)
class ContractCard:
    """A contract; days are ISO text."""

    id: str
    number: str
    kind: str
    starts_on: str
    ends_on: str
    warranty_months: int
    explained_by: str
    open_questions: str


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One unit in a list."""

    n: int
    id: str
    serial_no: str
    model: str
    model_id: str
    merchant: str
    merchant_id: str
    terminal_no: str
    warranty_until: str
    ownership: str
    loaner: bool


@dataclass(frozen=True, slots=True)
class MerchantCard:
    """A merchant with everything its page shows; `versions` are what an edit says it has seen."""

    row: MerchantRow
    uscc: str
    address: str
    tier: str
    note: str
    joined_into: str
    contacts: tuple[ContactCard, ...]
    contracts: tuple[ContractCard, ...]
    devices: tuple[DeviceRow, ...]
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BindingCard:
    """One stretch of a unit's life with a merchant."""

    merchant_id: str
    merchant: str
    terminal_no: str
    valid_from: str
    valid_to: str
    place: str


@dataclass(frozen=True, slots=True)
class StayCard:
    """One stay of a unit with us."""

    item_id: str
    order_no: str
    opened_at: int
    symptom_code: str
    words: str
    work_state: str
    receipt_no: str


@dataclass(frozen=True, slots=True)
class DeviceCard:
    """A unit with everything its page shows."""

    row: DeviceRow
    tusn: str
    imei: str
    iccid: str
    manufactured_on: str
    firmware_version: str
    app_version: str
    do_not_wipe: bool
    note: str
    joined_into: str
    bindings: tuple[BindingCard, ...]
    stays: tuple[StayCard, ...]
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part with what lies on the shelf."""

    id: str
    part_no: str
    name: str
    name_en: str
    fits: tuple[str, ...]
    price_fen: int
    warranty_days: int
    serialised: bool
    on_hand: int
    min_quantity: int
    bin: str
    active: bool


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A terminal model."""

    id: str
    brand: str
    brand_en: str
    name: str
    kind: str
    unionpay_device_type: str
    capabilities: tuple[str, ...]
    accessories: tuple[str, ...]
    serial_pattern: str
    warranty_months: int
    key_load_on_board_change: bool
    min_version: str
    note: str
    support_contact: str
    active: bool
    tests: Mapping[str, Any] = field(default_factory=dict)

    def title(self) -> str:
        """Return brand and model in the window's language."""
        return model_title(self.brand, self.brand_en, self.name)


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One line of a price list."""

    version: str
    code: str
    kind: str
    name: str
    name_en: str
    fen: int
    region: str
    valid_from: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A staff member; `skills` are the models and kinds they repair, none means all."""

    id: str
    staff_no: str
    name: str
    badge_no: str
    roles: tuple[str, ...]
    active: bool
    skills: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShelfRow:
    """A shelf and how many devices lie there."""

    id: str
    code: str
    zone: str
    use: str
    label_no: str
    held: int


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day on which this site differs from the public calendar."""

    day: str
    works: bool
    note: str
