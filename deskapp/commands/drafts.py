"""Half-filled forms, saved at every pause so that a power cut costs nothing; one door for all pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from deskapp.errors import N_
from deskapp.models.local import Draft
from deskapp.models.store import Write, command
from deskapp.rules.card_numbers import strip_card_numbers


@command(N_("Save a draft"), right="")
def save_draft(
    write: Write, *, draft_id: str, page: str, form: Mapping[str, Any], title: str = "", known: Iterable[str] = ()
) -> int:
    """Save a form as it is now and return how many card numbers were cut from it before it was stored.

    `form` is plain JSON (texts, whole numbers, lists, dictionaries). `known` are numbers that are
    certainly no card numbers, such as the serial numbers on the form.
    """
    numbers = tuple(known)
    kept, cut = _strip(dict(form), numbers)
    heading, more = strip_card_numbers(title, numbers)
    row = write.session.get(Draft, draft_id)
    if row is None:
        row = Draft(id=draft_id, page=page, staff_id=write.actor.staff_id, saved_at=write.now)
        write.session.add(row)
    row.title, row.form, row.saved_at = heading, kept, write.now
    return cut + more


@command(N_("Drop a draft"), right="")
def drop_draft(write: Write, *, draft_id: str) -> None:
    """Forget a form; one that is gone already is no error."""
    row = write.session.get(Draft, draft_id)
    if row is not None:
        write.session.delete(row)


def _strip(value: Any, known: tuple[str, ...]) -> tuple[Any, int]:
    """Return a JSON value with every card number in it cut to its last four, and how many there were."""
    if isinstance(value, str):
        return strip_card_numbers(value, known)
    if isinstance(value, dict):
        pairs = {key: _strip(entry, known) for key, entry in value.items()}
        return {key: kept for key, (kept, _count) in pairs.items()}, sum(count for _kept, count in pairs.values())
    if isinstance(value, list | tuple):
        entries = [_strip(entry, known) for entry in value]
        return [kept for kept, _count in entries], sum(count for _kept, count in entries)
    return value, 0
