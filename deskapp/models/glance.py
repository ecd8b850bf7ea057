"""What is seen of a store before it is open: counts and settings, by a raw read, for the first painted window."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import NamedTuple

from deskapp import cipher, settings
from deskapp.errors import DeskError
from deskapp.paths import Home


class Glance(NamedTuple):
    """What the lock screen shows: the branch, who works here, and counts without a single name of a customer."""

    site: str
    practice: bool
    station_no: int
    people: tuple[tuple[str, str], ...]
    """Staff number and name of everybody who may sign in."""

    held: int
    """Devices inside the walls of this site; so are `ready` and `late`."""

    ready: int
    late: int
    open_tickets: int
    unsent: int
    last_at: int
    """When the newest act was saved, ms UTC; 0 in an empty store."""

    values: settings.Values = settings.NOTHING_SET


_HELD = "work_state NOT IN ('closed', 'cancelled', 'swapped', 'scrapped', 'picked_up')"
_WITH_US = (
    "work_state NOT IN ('registered', 'remote_guidance', 'resolved_remotely', 'visit_scheduled', 'on_site',"
    " 'in_transit_out', 'in_transit_back', 'vendor_repair')"
)
_HERE = (
    "at_site NOT IN (SELECT other.id FROM site other WHERE other.id <> ?1"
    " AND other.code <> coalesce((SELECT own.code FROM site own WHERE own.id = ?1), ''))"
)
"""Not in another site's hands; a site that bears two ids is told by its code (`models.transfers.same_site`)."""

_OPEN = "state NOT IN ('done', 'cancelled')"


def glance(home: Home, key: bytes, now: int) -> Glance:
    """Read what the lock screen shows, by a few prepared questions on a raw connection.

    Raises Corrupt where the file is damaged, foreign or does not open with the key. A store of
    another version gives what can be read: the store itself judges versions.
    """
    cipher.gate()
    connection = cipher.connect(home.database, key)

    def rows(sql: str, *values: object) -> list[tuple[object, ...]]:
        try:
            return list(connection.execute(sql, values).fetchall())
        except cipher.DatabaseError as error:
            told = cipher.explain(error)
            if isinstance(told, DeskError):
                raise told from error
            return []  # a table of another version

    def count(sql: str, *values: object) -> tuple[int, ...]:
        found = rows(f"SELECT {sql}", *values)
        return tuple(int(str(one or 0)) for one in found[0]) if found else (0, 0, 0)

    try:
        info = {str(name): str(value) for name, value in rows("SELECT key, value FROM store_info")}
        site = rows("SELECT name FROM site WHERE id = ?", info.get("site_id", ""))
        people = rows(  # colleagues of other sites are known here too, but have no PIN on this computer
            "SELECT staff_no, name FROM staff WHERE active AND id IN (SELECT staff_id FROM staff_secret) ORDER BY n"
        )
        held, ready, late = count(
            "count(*), sum(work_state = 'ready_for_pickup'), sum(work_state <> 'ready_for_pickup' AND done_due > 0"
            f" AND done_due < ?2) FROM repair_item WHERE {_HELD} AND {_WITH_US} AND {_HERE}",
            info.get("site_id", ""), now,
        )  # fmt: skip
        last = rows("SELECT at FROM change_set ORDER BY seq DESC LIMIT 1")
        return Glance(
            site=str(site[0][0]) if site else "",
            practice=info.get("practice") == "1",
            station_no=int(info.get("station_no", "0")),
            people=tuple((str(number), str(name)) for number, name in people),
            held=held,
            ready=ready,
            late=late,
            open_tickets=count(f"count(*) FROM service_ticket WHERE {_OPEN}")[0],
            unsent=_unsent(rows),
            last_at=int(str(last[0][0])) if last else 0,
            values=settings.values_of((str(name), str(text)) for name, text in rows("SELECT key, value FROM setting")),
        )  # fmt: skip
    finally:
        with contextlib.suppress(cipher.DatabaseError):
            connection.close()


class FirstLook(NamedTuple):
    """What the start has in hand before a window is made: the key, what is seen with it, or what stood in the way."""

    key: bytes | None = None
    seen: Glance | None = None
    trouble: DeskError | None = None


def first_look(home: Home, find_key: Callable[[], bytes], now: int) -> FirstLook:
    """Find the key and take a glance; what stands in the way is an answer, not an error."""
    key = None
    try:
        key = find_key()
        return FirstLook(key, glance(home, key, now))
    except DeskError as trouble:
        return FirstLook(key, trouble=trouble)


def _unsent(rows: Callable[..., list[tuple[object, ...]]]) -> int:
    """Return how many acts no server has; while none has any, that is the number of the newest."""
    if rows("SELECT 1 FROM change_set WHERE seq = 1 AND acked_at > 0"):
        found = rows(
            "SELECT count(*) FROM change_set s WHERE s.acked_at = 0"
            " AND NOT EXISTS (SELECT 1 FROM sync_result r WHERE r.uid = s.uid AND r.code <> 'parked')"
        )
    else:
        found = rows("SELECT coalesce(max(seq), 0) FROM change_set")
    return int(str(found[0][0])) if found else 0
