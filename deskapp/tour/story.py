"""What later steps of the played days need from earlier ones."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Story:
    """What later steps need from earlier ones."""

    recovery_code: str = ""
    ticket_id: str = ""
    ticket_no: str = ""
    order_id: str = ""
    order_no: str = ""
    slip_no: str = ""
    items: dict[str, str] = field(default_factory=dict)
    """Ids of the devices on the order by serial number."""
    labels: dict[str, str] = field(default_factory=dict)
    """Label numbers by serial number."""
    accessories: list[str] = field(default_factory=list)
    shelf_label: str = ""
    code: str = ""
    quote_fen: int = 0
    receipts: list[str] = field(default_factory=list)
    depot_recovery_code: str = ""
    sent: Sent = field(default_factory=lambda: Sent())
    carried: Carried = field(default_factory=lambda: Carried())


@dataclass(slots=True)
class Sent:
    """What later steps need of the devices that went to the depot."""

    depot_site: str = ""
    order_id: str = ""
    slip_no: str = ""
    accessories: list[str] = field(default_factory=list)
    manifest: str = ""
    """Id of the manifest to the depot."""
    back: str = ""
    """Id of the manifest of the way back."""
    quote_fen: int = 0


@dataclass(slots=True)
class Carried:
    """What later steps need of the stick that went with the evening van."""

    before: int = 0
    """The depot's newest act when its line went down."""
    acts: int = 0
    """How many acts were on the stick."""
    code: str = ""
