"""Where a guide stands on a ticket: read from what happened, so that a call can be taken up again after any break."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from deskapp import knowledge
from deskapp.queries.tickets import TicketCard
from deskapp.rules.guides import Answer, Guide, ending_of

GUIDED: Final[Mapping[str, str]] = {
    "repair": "", "transaction_anomaly": "transaction_anomaly", "software_update": "manual_update",
    "consultation": "prevention_care",
}  # fmt: skip
"""Kinds of tickets that a guide helps with, and the guide of the kind (none: the symptom's)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A guide that was begun: the answers so far, then the step that is asked next or how it ended."""

    guide: Guide
    given: tuple[tuple[str, str], ...]
    step_id: str = ""
    ending: str = ""


def standing(card: TicketCard) -> Standing | None:
    """Return where the newest guide of a ticket stands; None when there is none to go on with.

    A guide whose text was changed since begins anew, and so does one after which the problem was solved.
    """
    guide_id, given = "", list[tuple[str, str]]()
    for event in card.events:
        if event.kind == "guide_start":
            guide_id, given = str(event.data.get("guide", "")), []
        elif event.kind == "guide_answer" and not event.voided:
            given.append((str(event.data.get("step", "")), str(event.data.get("answer", ""))))
        elif event.kind in ("solved", "reopen"):
            guide_id = ""
    guide = knowledge.guides().get(guide_id)
    if guide is None:
        return None
    target = guide.first.id
    try:
        for step_id, answer in given:
            if step_id != target:
                return None
            target = guide.step(step_id).after(Answer(answer))
    except (KeyError, ValueError):
        return None
    ending = ending_of(target)
    return Standing(guide, tuple(given), "" if ending else target, ending.value if ending else "")
