"""Settling what waits for a person: to-dos that were done elsewhere, and cards that somebody has to look at."""

from __future__ import annotations

from deskapp.commands.entry import Entry
from deskapp.commands.moves import settle, site_of
from deskapp.errors import N_, Refused
from deskapp.models.repair import ReviewCard, WorkEvent
from deskapp.models.store import Write, command
from deskapp.rules import access

_TODO_RIGHTS = ("check_in", "diagnose", "co_sign")
"""Whoever works with devices may tick off a to-do; everything else is looked at by a second person."""


@command(N_("Settle a card"), right="")
def settle_card(write: Write, *, card_id: str, how: str) -> None:
    """Take a card off the list, with words that say what was done about it.

    A to-do may be settled by whoever works with devices. A review needs the right to co-sign,
    and what one person did alone is looked at by another, unless the whole site is one person.
    A device in quarantine is not settled here: two people release it.
    """
    card = write.session.get(ReviewCard, card_id)
    if card is None or card.settled_at:
        raise Refused(N_("This is settled already."), field="card", code="settled")
    if card.kind == "quarantine":
        raise Refused(N_("A device in quarantine is released on its own page, by two people."), field="card")
    if not how.strip():
        raise Refused(N_("Write down what was done about it."), field="how")
    held = write.actor.roles
    if card.kind == "todo":
        if not any(access.may(write.roles, held, right) for right in _TODO_RIGHTS):
            access.require(write.roles, held, "check_in")
    else:
        access.require(write.roles, held, "co_sign")
    if card.kind == "solo" and not site_of(write).solo and _did_it(write, card):
        raise Refused(N_("Somebody else has to look at what you did alone."), field="card", code="second_person")
    settle(write, card, Entry().note(how, "how"))


def _did_it(write: Write, card: ReviewCard) -> bool:
    last = (
        write.session.query(WorkEvent)
        .filter(WorkEvent.item_id == card.subject_id, WorkEvent.move == str(card.data.get("move", "")))
        .order_by(WorkEvent.n.desc())
        .first()
    )
    return last is not None and last.by == write.actor.staff_id
