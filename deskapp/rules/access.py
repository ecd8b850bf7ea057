"""Who may do what: roles, rights, and the rule of the second person.

A role is a list of rights, kept as data in `resources/roles.toml`; every command declares
the one right it needs. A person may hold several roles and then has all their rights.
What data may never grant is written here: an administrator handles no money and no
devices, an auditor changes nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from deskapp.errors import N_, Corrupt, Forbidden


class Role(StrEnum):
    """What a person is at the branch. `SYSTEM` is the program acting by itself, never a person."""

    COUNTER_CLERK = "counter_clerk"
    SITE_SUPERVISOR = "site_supervisor"
    COURIER = "courier"
    DEPOT_RECEIVER = "depot_receiver"
    TECHNICIAN = "technician"
    QC_INSPECTOR = "qc_inspector"
    KEY_CUSTODIAN = "key_custodian"
    PARTS_KEEPER = "parts_keeper"
    FIELD_ENGINEER = "field_engineer"
    DEPOT_SUPERVISOR = "depot_supervisor"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"


_PERSONS: Final = frozenset(role.value for role in Role if role is not Role.SYSTEM)

SUPERVISORS: Final = frozenset({Role.SITE_SUPERVISOR, Role.DEPOT_SUPERVISOR})

ROLE_TITLES: Final[Mapping[Role, str]] = {
    Role.COUNTER_CLERK: N_("Counter clerk"),
    Role.SITE_SUPERVISOR: N_("Site supervisor"),
    Role.COURIER: N_("Courier"),
    Role.DEPOT_RECEIVER: N_("Depot receiver"),
    Role.TECHNICIAN: N_("Technician"),
    Role.QC_INSPECTOR: N_("QC inspector"),
    Role.KEY_CUSTODIAN: N_("Key custodian"),
    Role.PARTS_KEEPER: N_("Parts keeper"),
    Role.FIELD_ENGINEER: N_("Field engineer"),
    Role.DEPOT_SUPERVISOR: N_("Depot supervisor"),
    Role.AUDITOR: N_("Auditor"),
    Role.ADMINISTRATOR: N_("Administrator"),
    Role.SYSTEM: N_("The program itself"),
}

RIGHTS: Final[Mapping[str, str]] = {
    "read": N_("Look up tickets, devices and merchants"),
    "ticket": N_("Open and work on service tickets"),
    "guidance": N_("Guide a merchant by phone"),
    "visit": N_("Plan and carry out visits on site"),
    "merchant": N_("Enter and edit merchants and devices"),
    "check_in": N_("Take devices in"),
    "counter_service": N_("Small service at the counter"),
    "pickup": N_("Hand devices out"),
    "payment": N_("Take payments"),
    "call": N_("Call merchants and log the attempts"),
    "reprint_first": N_("Reprint a paper for the first time"),
    "reprint": N_("Reprint a paper again"),
    "loaner": N_("Lend loaners and take them back"),
    "transfer": N_("Hand devices over to a courier and receive them"),
    "quarantine": N_("Put a device into quarantine"),
    "quarantine_release": N_("Release a device from quarantine"),
    "witness": N_("Sign as a witness"),
    "note": N_("Write notes on devices"),
    "diagnose": N_("Diagnose devices"),
    "quote": N_("Prepare and send quotes"),
    "approval": N_("Record a merchant's approval or refusal"),
    "parts_use": N_("Fit and remove parts"),
    "repair": N_("Repair devices"),
    "hand_job_over": N_("Pause a job or hand it over"),
    "test": N_("Test repaired devices"),
    "key_load": N_("Load keys"),
    "stock": N_("Manage the parts stock"),
    "shelf_count": N_("Count the shelf"),
    "swap": N_("Swap a device for another"),
    "scrap": N_("Scrap devices"),
    "abandoned": N_("Decide about uncollected devices"),
    "override": N_("Override a rule with a reason"),
    "waive": N_("Waive a charge"),
    "discount": N_("Grant a discount"),
    "refund": N_("Pay money back"),
    "correct": N_("Correct or void an entry"),
    "join": N_("Join two records of the same thing"),
    "reopen": N_("Reopen a closed job"),
    "unmask": N_("See masked personal data"),
    "pin_reset": N_("Set a new PIN for a colleague"),
    "day_end": N_("Day-end closing"),
    "register": N_("Print the paper register"),
    "co_sign": N_("Sign as the second person"),
    "audit": N_("Read the journal"),
    "staff": N_("Manage staff and roles"),
    "settings": N_("Change settings"),
    "calendar": N_("Edit the site calendar"),
    "catalogue": N_("Edit catalogues, models and price lists"),
    "import": N_("Import files"),
    "export": N_("Export files"),
    "backup": N_("Make backups"),
    "restore": N_("Restore a backup"),
    "go_live": N_("Take over work in progress at go-live"),
}

READING: Final = frozenset({"read", "audit", "co_sign", "witness"})
MONEY: Final = frozenset({"payment", "waive", "discount", "refund", "day_end", "quote", "approval"})
CUSTODY: Final = frozenset(
    {"check_in", "counter_service", "pickup", "loaner", "transfer", "quarantine", "quarantine_release",
     "diagnose", "repair", "parts_use", "test", "key_load", "swap", "scrap", "abandoned", "shelf_count",
     "go_live"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Roles:
    """Every role and its rights, as read from `roles.toml`."""

    rights: Mapping[Role, frozenset[str]]


def load(text: str) -> Roles:
    """Read the table of roles from TOML; a table that grants what must not be granted is `Corrupt`."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Corrupt(N_("The table of roles cannot be read: {detail}"), detail=str(error)) from error
    table: dict[Role, frozenset[str]] = {}
    for name, entry in raw.items():
        listed = entry.get("rights") if isinstance(entry, dict) else None
        if not isinstance(listed, list) or name not in _PERSONS:
            raise Corrupt(N_("The table of roles names an unknown role: {role}"), role=name)
        rights = frozenset(str(right) for right in listed)
        _judge_role(Role(name), rights)
        table[Role(name)] = rights
    missing = [role for role in Role if role not in table and role is not Role.SYSTEM]
    if missing:
        raise Corrupt(N_("The table of roles lacks the role {role}"), role=missing[0].value)
    return Roles(table)


def _judge_role(role: Role, rights: frozenset[str]) -> None:
    unknown = sorted(rights - RIGHTS.keys())
    if unknown:
        raise Corrupt(N_("The table of roles names an unknown right: {right}"), right=unknown[0])
    if role is Role.AUDITOR and not rights <= READING:
        raise Corrupt(N_("An auditor reads only; the table of roles gives more."))
    if role is Role.ADMINISTRATOR and rights & (MONEY | CUSTODY):
        raise Corrupt(
            N_("An administrator handles no money and no devices; the table of roles says otherwise.")
        )


def rights_of(table: Roles, held: Iterable[str]) -> frozenset[str]:
    """Return all rights of a person holding these roles; unknown role names give nothing."""
    rights: set[str] = set()
    for name in held:
        if name in _PERSONS:
            rights |= table.rights.get(Role(name), frozenset())
    return frozenset(rights)


def may(table: Roles, held: Iterable[str], right: str) -> bool:
    """Tell whether a person holding these roles has the right. A right nobody declared is a bug."""
    if right not in RIGHTS:
        raise ValueError(f"no such right: {right}")
    return right in rights_of(table, held)


def who_may(table: Roles, right: str) -> tuple[Role, ...]:
    """Return the roles that have the right, in the order of `Role`."""
    return tuple(role for role in Role if right in table.rights.get(role, frozenset()))


def require(table: Roles, held: Iterable[str], right: str) -> None:
    """Raise `Forbidden`, naming the right and a role that has it, unless the person has the right."""
    if may(table, held, right):
        return
    able = who_may(table, right)
    raise Forbidden(
        N_("You may not do this: {right}. Ask: {who}."),
        code="right",
        right=RIGHTS[right],
        who=ROLE_TITLES[able[0]] if able else ROLE_TITLES[Role.ADMINISTRATOR],
    )


def two_persons(first: str, second: str, *, solo_site: bool = False) -> bool:
    """Tell whether the second person's step may be done; True in the answer means "by the same person".

    Persons are compared, never roles: two roles of one person are still one person. Where the
    site is set as a one-person site the same person may do both steps, and the caller marks it
    on the receipt and raises a review card.
    """
    if not first or not second:
        raise Forbidden(
            N_("A second person has to take part; name them."), field="second", code="second_person"
        )
    if first != second:
        return False
    if solo_site:
        return True
    raise Forbidden(N_("The second person must be somebody else."), field="second", code="second_person")
