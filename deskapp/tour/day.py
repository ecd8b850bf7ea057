"""The steps of the played day in their order."""

from __future__ import annotations

from typing import Final

from deskapp.errors import N_
from deskapp.tour import counter, start
from deskapp.tour.stage import Step

STEPS: Final = (
    Step(N_("The first start: the branch, the first person, the recovery code"), "08:20", start.first_start),
    Step(N_("Colleagues, shelves, and the branch's own lists"), "08:25", start.fill_branch),
    Step(N_("A call, solved by phone"), "09:05", counter.solved_by_phone),
    Step(N_("A walk-in: two terminals, three accessories, labels scanned back"), "09:40", counter.walk_in),
    Step(N_("A card number in a note is refused"), "16:40", counter.card_number),
)  # fmt: skip
