"""Looking at what is masked, and taking data out: each use leaves a note of who, what and why."""

from __future__ import annotations

from sqlalchemy import select

from deskapp.commands.entry import Entry
from deskapp.errors import N_, Refused
from deskapp.models.local import LookupUse
from deskapp.models.merchant import MerchantContact
from deskapp.models.store import Override, Write, command
from deskapp.rules import access


@command(N_("Look at masked values"), right="")
def look_up_phones(
    write: Write, *, merchant_id: str, reason: str = "", override: Override | None = None
) -> dict[str, str]:
    """Return the whole phone numbers of a merchant by contact, and note who looked and why.

    Whoever may unmask gives a reason; anybody else needs a supervisor's consent.
    """
    if access.may(write.roles, write.actor.roles, "unmask"):
        why = _reason(override.reason if override and not reason else reason)
    else:
        write.second_person(override, "unmask")
        why = _reason(override.reason if override else "")
    _note(write, merchant_id, why)
    rows = write.session.scalars(
        select(MerchantContact).where(MerchantContact.merchant_id == merchant_id, MerchantContact.active)
    )
    return {row.id: row.phone for row in rows}


@command(N_("Export a list"), right="export")
def note_export(write: Write, *, kind: str, reason: str = "", whole_numbers: bool = False) -> None:
    """Note that a list is about to leave the program; whole phone numbers need the right to unmask and a reason."""
    if whole_numbers:
        access.require(write.roles, write.actor.roles, "unmask")
        _reason(reason)
    _note(write, f"export:{kind}", Entry().note(reason, "reason") or "export")


def _reason(text: str) -> str:
    if not text.strip():
        raise Refused(N_("Give the reason."), field="reason")
    return Entry().note(text, "reason")


def _note(write: Write, record_id: str, reason: str) -> None:
    write.session.add(LookupUse(at=write.now, staff_id=write.actor.staff_id, record_id=record_id, reason=reason))
