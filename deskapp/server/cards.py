"""The cards that the server itself puts on the list of people, where something did not go together as it should."""

from __future__ import annotations

import hashlib
from typing import Any

from deskapp.server import placing, rights, stations
from deskapp.server.work import Draft, Rec


def derived_id(*words: str) -> str:
    """Return an id (UUID, version 8) that is the same whenever it is made of the same words."""
    raw = hashlib.sha256("/".join(words).encode()).hexdigest()
    return f"{raw[:8]}-{raw[8:12]}-8{raw[13:16]}-a{raw[17:20]}-{raw[20:32]}"


def raise_card(
    draft: Draft, kind: str, rec: Rec, data: dict[str, Any], *, seed: str = "", party: str = "", about: str = ""
) -> None:  # fmt: skip
    """Put a disagreement on the list of the people who hold the record; the same one is raised once.

    What every branch holds concerns the site that wrote this time, and `party`, the site whose words it met. `about`
    is what makes it the same one, where that is not the record.
    """
    card_id = derived_id("card", kind, about or rec.id, seed or draft.one.uid)
    if draft.get(card_id) is not None:
        return
    values = {
        "kind": kind, "subject_kind": rec.entity, "subject_id": rec.id, "words": "", "data": data,
        "raised_at": draft.at, "settled_at": 0, "settled_by": "", "settled_how": "",
    }  # fmt: skip
    placing.settle(draft, "review_card", card_id, values, fact=False, party=party)
    draft.cards.append(card_id)


def tell_of_rights(draft: Draft, rec: Rec) -> None:
    """Raise one card a day and branch about somebody who did what is not theirs to do; it is taken, for it happened."""
    seed = f"{draft.author.site}/{draft.at // stations.DAY_MS}"
    staff, card = draft.one.staff, derived_id("card", rights.CARD, draft.one.staff, seed)
    if draft.get(card) is not None:
        return
    draft.work.load([staff, card])
    person = draft.get(staff) or rec  # withdrawn: then it is about what was done
    raise_card(draft, rights.CARD, person, {
        "by": draft.one.staff, "at": draft.at, "station": draft.author.no, "command": draft.one.command,
        "entity": rec.entity, "record": rec.id,
    }, seed=seed, about=staff)  # fmt: skip
