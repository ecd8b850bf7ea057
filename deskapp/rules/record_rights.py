"""Which kind of record may be written with which rights, and whether only at one's own site.

The rights are those that the desk's commands ask for (`rules.access`), gathered by what the commands write. A desk
checks its commands; the server checks what arrives, by this table and by what it knows itself of the acting person.
`kept` kinds describe the organisation itself: who works here, what things cost, how a site is set up. They are not
taken from anybody else. All others tell of work that was done, which is taken in any case when it is added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from deskapp.rules.access import MONEY, READING, RIGHTS


@dataclass(frozen=True, slots=True)
class Need:
    """One of `rights` is needed. `own_site`: for records of the writer's own site only. `kept`: see above."""

    rights: frozenset[str]
    own_site: bool = False
    kept: bool = False


def _kept(*rights: str, own_site: bool = False) -> Need:
    return Need(frozenset(rights), own_site, True)


EVERYBODY: Final = frozenset(RIGHTS)
"""One of these has everybody who is at work."""

_STAFF: Final = _kept("staff")
_SITE: Final = _kept("settings", own_site=True)
_CATALOGUE: Final = _kept("catalogue", "import")

KEPT: Final[Mapping[str, Mapping[str, Need]]] = {
    "staff": {"": _STAFF, "skills": _kept("override", "staff"), "habits": Need(EVERYBODY, kept=True)},
    "site": {"": _SITE, "hours": _kept("settings", "calendar", own_site=True)},
    "device_model": {"": _CATALOGUE},
    "part": {"": _kept("catalogue", "import", "stock")},
    "price_line": {"": _CATALOGUE},
    "shelf": {"": _SITE},
    "calendar_day": {"": _kept("calendar", own_site=True)},
}
"""By table and field group; under the empty group whatever has no line of its own, adding and withdrawing with it."""

OFFICE: Final = frozenset((
    "audit", "settings", "staff", "catalogue", "calendar", "import", "export", "backup", "restore", "pin_reset",
    "register",
))  # fmt: skip
"""Rights that have to do with no ticket, device or merchant."""

WORKING: Final = frozenset(RIGHTS) - READING - OFFICE
"""Rights of whoever works at a counter, a bench or on the way in any way."""

_MONEY: Final = MONEY | {
    "pickup", "abandoned", "counter_service", "test", "diagnose", "repair", "swap", "scrap", "correct", "check_in",
    "go_live", "visit", "loaner", "override",
}  # fmt: skip
_MERCHANT: Final = WORKING | {"import"}

WORK: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys((
        "service_ticket", "ticket_event", "repair_order", "repair_item", "accessory_item", "work_event", "item_record",
        "custody_event", "loan_event", "attachment", "site_visit",
    ), WORKING),
    **dict.fromkeys(
        ("merchant", "merchant_contact", "service_contract", "device", "terminal_binding", "stock_move"), _MERCHANT
    ),
    "money_event": _MONEY,
    "pickup": frozenset({"pickup", "abandoned", "counter_service", "correct"}),
    "manifest": frozenset({"transfer", "loaner", "correct"}),
    "manifest_event": frozenset({"transfer", "loaner", "correct"}),
}  # fmt: skip
"""By table, the rights of which one is needed. Cards and notes of what was printed are everybody's."""


@lru_cache(maxsize=4_096)
def needed(table: str, group: str) -> Need | None:
    """Return what is needed to write a field group of a table (empty: to add or withdraw a record).

    None where everybody who acts may: tables of a newer program are among them.
    """
    if table in KEPT:
        return KEPT[table].get(group) or KEPT[table][""]
    rights = WORK.get(table)
    return Need(rights) if rights else None
