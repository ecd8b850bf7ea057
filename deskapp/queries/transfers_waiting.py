"""What lies here and could go into the next bag."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from deskapp.models import transfers
from deskapp.models.device import Device
from deskapp.models.handing_out import open_loans
from deskapp.models.loaner_places import Where, line_key, pool_here
from deskapp.models.repair import IN_HAND, AccessoryItem, RepairItem
from deskapp.models.store import ReadSession
from deskapp.queries.dayend import the_site
from deskapp.queries.naming import model_words
from deskapp.rules.papers_custody import ManifestType
from deskapp.rules.transfers import PACKED_FROM


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A device that could go onto a manifest."""

    item_id: str
    label_no: str
    serial_no: str
    model: str
    shelf: str
    since: int
    accessories: int


def _pool(session: ReadSession) -> list[WaitingRow]:
    """Return the loaners that lie here."""
    out = {loan.device_id for loan in open_loans(session)}
    return [
        WaitingRow("", line_key(unit), unit.serial_no, model_words(session, unit), "", 0, 0)
        for unit, place in pool_here(session)
        if place.where is Where.HERE and unit.id not in out
    ]


def ready_to_pack(session: ReadSession, kind: str, limit: int = 200) -> list[WaitingRow]:
    """Return the devices of this site that could be packed on a manifest of a kind, longest waiting first."""
    if kind == ManifestType.LOANER:
        return _pool(session)[:limit]
    states = [state.value for state in PACKED_FROM.get(ManifestType(kind), ())]
    here = the_site(session)
    rows = session.scalars(
        select(RepairItem)
        .where(IN_HAND, RepairItem.work_state.in_(states))
        .order_by(RepairItem.state_at)
        .limit(4 * limit)
    ).all()
    away = transfers.elsewhere(session, here, [row.id for row in rows])
    found = []
    for row in rows:
        if row.id in away:
            continue
        device = session.get(Device, row.device_id)
        count = session.scalar(
            select(func.count()).select_from(AccessoryItem)
            .where(AccessoryItem.item_id == row.id, AccessoryItem.kind != "")
        ) or 0  # fmt: skip
        found.append(
            WaitingRow(row.id, row.label_no, device.serial_no if device else "", model_words(session, device),
                       row.holder.partition(":")[2], row.state_at, count)
        )  # fmt: skip
    return found[:limit]
