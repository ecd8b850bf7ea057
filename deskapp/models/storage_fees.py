"""The storage fee of one device as of now, by the price list in force; the page and the act reckon it alike."""

from __future__ import annotations

from sqlalchemy.orm import Session

from deskapp.clock import shop_day
from deskapp.models import bench
from deskapp.models.handing_out import ready_since, work_events
from deskapp.models.repair import RepairItem
from deskapp.rules.storage_fee import StorageFee, Terms, reckon, terms_of


def storage_terms(session: Session, now: int) -> Terms:
    """Return what the price list in force says about storage."""
    version, lines = bench.price_list(session, shop_day(now))
    return terms_of(version, {code: one.fen for code, one in lines.items() if one.kind == "storage"})


def waiting_since(session: Session, item: RepairItem) -> int:
    """Return since when a device has stood ready (ms UTC), also after its waiting was ended."""
    moves = [event for event in work_events(session, item.id) if event.move != "abandon"]
    return ready_since(moves) or item.state_at


def storage_fee(session: Session, item: RepairItem, now: int) -> StorageFee:
    """Return the fee for keeping a device until today: whole days since it became ready, the first day not counted."""
    waited = (shop_day(now) - shop_day(waiting_since(session, item))).days
    return reckon(storage_terms(session, now), max(0, waited))
