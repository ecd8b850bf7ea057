"""Where a desk belongs, as its store tells it. Imports nothing of the network: every desk asks this at its start."""

from __future__ import annotations

from dataclasses import dataclass

from deskapp.models import sync_state
from deskapp.models.store import ReadSession


@dataclass(frozen=True, slots=True)
class Membership:
    """Where this desk belongs."""

    url: str
    station: str
    epoch: str
    pin: str
    offset_ms: int
    problem: str
    retired: bool


def membership(session: ReadSession) -> Membership | None:
    """Return where this desk belongs, or None while it works on its own."""
    get = sync_state.state
    url, station = get(session, "server"), get(session, "station")
    if not url or not station:
        return None
    return Membership(
        url, station, get(session, "epoch"), get(session, "pin"), sync_state.number(session, "offset_ms"),
        get(session, "problem"), get(session, "retired") == "1",
    )  # fmt: skip
