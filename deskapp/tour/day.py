"""The steps of the played day in their order."""

from __future__ import annotations

from typing import Final

from deskapp.errors import N_
from deskapp.tour import bench, counter, pickup, start
from deskapp.tour.stage import Step

STEPS: Final = (
    Step(N_("The first start: the branch, the first person, the recovery code"), "08:20", start.first_start),
    Step(N_("Colleagues, shelves, and the branch's own lists"), "08:25", start.fill_branch),
    Step(N_("A call, solved by phone"), "09:05", counter.solved_by_phone),
    Step(N_("A walk-in: two terminals, three accessories, labels scanned back"), "09:40", counter.walk_in),
    Step(N_("Diagnosis of the terminal that is under warranty"), "10:15", bench.diagnose_free),
    Step(N_("Diagnosis of the other terminal, and its quote"), "10:40", bench.diagnose_payable),
    Step(N_("The quote is approved by phone"), "11:10", bench.approve_by_phone),
    Step(N_("Parts from stock, serial numbers in and out"), "11:30", bench.repair),
    Step(N_("A second person tests both"), "13:45", bench.test_by_another),
    Step(N_("The ready call and the pickup code"), "14:30", pickup.ready_call),
    Step(N_("One terminal is picked up, with a receipt"), "15:10", pickup.partial),
    Step(N_("Somebody comes with a wrong code"), "15:50", pickup.wrong_code),
    Step(N_("The rest is picked up and paid"), "16:05", pickup.rest),
    Step(N_("The receipt is printed again, marked as a copy"), "16:20", pickup.reprint),
    Step(N_("A card number in a note is refused"), "16:40", counter.card_number),
    Step(N_("The end of the day"), "17:25", pickup.day_end),
)  # fmt: skip
