"""The steps of the played days in their order."""

from __future__ import annotations

import importlib.util
from typing import Final

from deskapp.errors import N_
from deskapp.tour import back, bench, chain, counter, depot, onsite, pickup, start, stick, vans
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
    Step(N_("A visit at the merchant's place, from the plan to the signed paper"), "16:50", onsite.visit),
    Step(N_("The end of the day"), "17:25", pickup.day_end),
    Step(N_("The next morning: the branch connects with the central server"), "08:10", chain.connect_branch, 1),
    Step(N_("The depot's first computer joins"), "08:20", chain.join_depot, 1),
    Step(N_("The depot's colleagues, shelves, units and parts"), "08:25", chain.furnish_depot, 1),
    Step(N_("Two terminals for the depot are taken in"), "08:45", vans.take_in, 1),
    Step(N_("Two sealed bags, counted out, signed, on their way"), "09:05", vans.send_to_depot, 1),
    Step(N_("The depot receives line by line; one bag's seal is broken"), "10:20", vans.receive_at_depot, 1),
    Step(N_("Two people release the device from quarantine"), "10:50", depot.quarantine, 1),
    Step(N_("The next device at the bench, and its quote"), "11:05", depot.diagnose, 1),
    Step(N_("Meanwhile the other terminal: its board is dead"), "11:20", depot.dead_board, 1),
    Step(N_("The branch asks the merchant, and the answer travels back"), "11:30", depot.approve_at_branch, 1),
    Step(N_("A part from the depot's stock"), "11:40", depot.repair, 1),
    Step(N_("A second person tests the repaired terminal, and a unit of the pool"), "13:20", depot.test_by_another, 1),
    Step(N_("A key-load run by two custodians, with one failed unit"), "13:40", depot.key_run, 1),
    Step(N_("The unit takes the place of the dead terminal"), "14:05", depot.swap, 1),
    Step(N_("The supervisor's board"), "14:40", depot.board, 1),
    Step(N_("The depot's line is down; both go back in a sealed bag all the same"), "14:55", back.send_back, 1),
    Step(N_("What was done there goes along on a stick, behind a code"), "15:10", stick.write, 1),
    Step(N_("The branch brings the stick's acts to the server"), "16:00", stick.bring, 1),
    Step(N_("The branch receives both"), "16:10", back.receive_at_branch, 1),
    Step(N_("The depot's line is back: what came by stick is there once"), "16:30", stick.line_back, 1),
    Step(N_("The merchant collects both and pays"), "16:40", back.collect, 1),
    Step(N_("The chain of custody, printed with its digest"), "17:00", back.evidence, 1),
    Step(N_("Both stores and the server hold the same"), "17:20", back.sums, 1),
)  # fmt: skip

LEFT_OUT: Final = N_("The depot's day was left out: the packages of the central server are not installed here.")


def chosen() -> tuple[tuple[Step, ...], str]:
    """Return the steps that can be played here, and why some are left out: a message id, empty where none is.

    Stores hear of each other by a server only, and what a stick carries goes to one too; a desk may be installed
    without it.
    """
    if all(importlib.util.find_spec(name) for name in ("fastapi", "uvicorn")):
        return STEPS, ""
    return tuple(step for step in STEPS if step.day == 0), LEFT_OUT
