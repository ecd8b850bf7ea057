"""Marks on single records: not sent yet, photos still uploading. Asked for records in sight only, so it is cheap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from deskapp.models import sync_state
from deskapp.models.act_session import driver_of
from deskapp.models.store import ReadSession


class Mark(NamedTuple):
    """Whether something about a record was not sent yet, and how many of its photos are still on their way."""

    unsent: bool = False
    photos: int = 0


BELONGS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "ticket": (("ticket_event", "ticket_id"), ("site_visit", "ticket_id"), ("attachment", "subject_id")),
    "visit": (("attachment", "subject_id"),),
    "order": (
        ("repair_item", "order_id"), ("pickup", "order_id"), ("money_event", "order_id"), ("attachment", "subject_id"),
    ),
    "item": (
        ("work_event", "item_id"), ("item_record", "item_id"), ("custody_event", "item_id"),
        ("money_event", "item_id"), ("accessory_item", "item_id"), ("attachment", "subject_id"),
    ),
    "device": (("terminal_binding", "device_id"),),
    "merchant": (("merchant_contact", "merchant_id"), ("service_contract", "merchant_id")),
}  # fmt: skip
"""What belongs to a record of a kind, by table and the (indexed) column that names it."""

_MANY: Final = 400


def sync_marks(session: ReadSession, kind: str, ids: Iterable[str]) -> dict[str, Mark]:
    """Return the marks of those of these records that have one; `kind` is one of `BELONGS`.

    On a desk without a server nothing is marked: there is nobody to send to.
    """
    wanted = list(dict.fromkeys(one for one in ids if one))
    if not wanted or not sync_state.state(session, "server"):
        return {}
    driver = driver_of(session)
    unsent, photos = set[str](), dict[str, int]()
    if driver.execute("SELECT 1 FROM change_set WHERE acked_at = 0 LIMIT 1").fetchone() is not None:
        unsent = _unsent(driver, kind, wanted)
    waiting = "SELECT 1 FROM blob_transfer WHERE state IN ('waiting', 'failed') AND way = 'up' LIMIT 1"
    if driver.execute(waiting).fetchone() is not None:
        photos = _photos(driver, wanted)
    return {one: Mark(one in unsent, photos.get(one, 0)) for one in wanted if one in unsent or one in photos}


def order_mark(session: ReadSession, order_id: str) -> Mark:
    """Return the mark of an order with its devices."""
    items = [one for (one,) in driver_of(session).execute("SELECT id FROM repair_item WHERE order_id = ?", (order_id,))]
    found = [*sync_marks(session, "order", [order_id]).values(), *sync_marks(session, "item", items).values()]
    return Mark(any(one.unsent for one in found), sum(one.photos for one in found))


def _unsent(driver: Any, kind: str, wanted: Sequence[str]) -> set[str]:
    found: set[str] = set()
    # CROSS JOIN keeps the order: from the few records in sight outwards, never from all that waits.
    questions = [
        "SELECT DISTINCT c.record_id FROM changed_record c CROSS JOIN change_set s"
        f" WHERE c.record_id IN ({{}}) AND s.seq = c.seq AND {sync_state.UNSENT}"
    ]
    questions += [
        f"SELECT DISTINCT b.{column} FROM {table} b CROSS JOIN changed_record c CROSS JOIN change_set s"
        f" WHERE b.{column} IN ({{}}) AND c.record_id = b.id AND s.seq = c.seq AND {sync_state.UNSENT}"
        for table, column in BELONGS[kind]
    ]
    for some in _slices(wanted):
        for question in questions:
            found.update(one for (one,) in driver.execute(question.format(", ".join("?" * len(some))), some))
    return found


def _photos(driver: Any, wanted: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in _slices(wanted):
        rows = driver.execute(
            "SELECT a.subject_id, count(*) FROM attachment a CROSS JOIN blob_transfer b"
            f" WHERE a.subject_id IN ({', '.join('?' * len(some))}) AND b.attachment_id = a.id AND b.way = 'up'"
            " AND b.state IN ('waiting', 'failed') GROUP BY 1",
            some,
        )
        found.update(dict(rows.fetchall()))
    return found


def _slices(ids: Sequence[str]) -> Iterable[list[str]]:
    return (list(ids[start : start + _MANY]) for start in range(0, len(ids), _MANY))
