"""The branch itself, as its details are shown and edited."""

from __future__ import annotations

from dataclasses import dataclass

from deskapp.models.local import StoreInfo
from deskapp.models.people import Site
from deskapp.models.store import ReadSession


@dataclass(frozen=True, slots=True)
class SiteCard:
    """A branch: the fields of its form, and what this desk is in it."""

    id: str
    station_no: int
    practice: bool
    code: str
    name: str
    short_name: str
    depot_code: str
    is_outlet: bool
    is_depot: bool
    solo: bool
    region: str
    address: str
    phone: str
    hotline: str
    complaint_phone: str
    hours: str


def site_card(session: ReadSession) -> SiteCard | None:
    """Return the branch of this desk."""
    info = {row.key: row.value for row in session.query(StoreInfo).all()}
    row = session.get(Site, info.get("site_id", ""))
    if row is None:
        return None
    return SiteCard(
        row.id, int(info.get("station_no", "0")), info.get("practice") == "1", row.code, row.name, row.short_name,
        row.depot_code, row.is_outlet, row.is_depot, row.solo, row.region, row.address, row.phone, row.hotline,
        row.complaint_phone, row.hours,
    )  # fmt: skip
