"""What the counter hands to a check-in and what it gets back. Plain values, no records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AccessoryForm:
    """One loose thing handed in with a device; `kind` is a code of the accessory list."""

    kind: str
    serial_no: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo, signature or scan whose bytes lie in the blob store already.

    `kind`: front, back, damage, before, after, signature, paper. `thumbnail` is a small picture of it as a text
    (`rules.small_pictures`), empty where there is none.
    """

    sha256: str
    mime: str = "image/jpeg"
    size: int = 0
    kind: str = "front"
    caption: str = ""
    thumbnail: str = ""


@dataclass(frozen=True, slots=True)
class DeviceForm:
    """One device on the counter.

    `tamper` is `ok` or `suspect` and `batch` (unsettled batch) `no`, `yes` or `unknown`; neither has a
    default that passes. `typed_reason` is a code of the list of reasons and is empty when the serial
    number was scanned. `device_id` is the known unit that is meant where several are possible; `is_new`
    says that it is none of the look-alikes. `condition` maps checklist items to answers; {"all": "fine"}
    is the short form for nothing noticed.
    """

    serial_no: str
    tamper: str = ""
    batch: str = ""
    symptom_code: str = ""
    words: str = ""
    model_id: str = ""
    model_words: str = ""
    terminal_no: str = ""
    tusn: str = ""
    accessories: tuple[AccessoryForm, ...] = ()
    condition: Mapping[str, str] = field(default_factory=dict)
    condition_words: str = ""
    power_state: str = ""
    tamper_found: tuple[str, ...] = ()
    tamper_words: str = ""
    typed_reason: str = ""
    photos: tuple[Photo, ...] = ()
    no_photo_reason: str = ""
    device_id: str = ""
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class MerchantForm:
    """A merchant nobody has entered yet: the name is enough, the rest can follow."""

    name: str
    merchant_no: str = ""
    contact: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Deliverer:
    """Who stands at the counter. Of an identity number typed in full only the last four are kept."""

    name: str
    phone: str = ""
    id_type: str = "resident_id"
    id_last4: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed: ready by (ms UTC, 0 for the promised time), ceiling in fen (0 for none), consents."""

    estimate_at: int = 0
    ceiling_fen: int = 0
    data_notice: bool = False
    vendor_consent: bool = False
    old_parts_back: bool = False
    business_stopped: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the clerk should know after saving: a message id with values, and the device's line."""

    sentence: str
    values: Mapping[str, object] = field(default_factory=dict)
    line_no: int = 0


@dataclass(frozen=True, slots=True)
class CheckedDevice:
    """A device that is now in our hands, with the labels that were queued for it."""

    item_id: str
    device_id: str
    label_no: str
    accessory_labels: tuple[str, ...] = ()
    quarantined: bool = False
    previous_order_no: str = ""


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """The outcome of one check-in."""

    order_id: str
    order_no: str
    slip_no: str
    ticket_id: str
    ticket_no: str
    merchant_id: str
    devices: tuple[CheckedDevice, ...]
    notices: tuple[Notice, ...] = ()
