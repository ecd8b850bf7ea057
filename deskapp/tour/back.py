"""The way back: a sealed bag, the branch receives, the merchant collects; then the evidence and the sums."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import cast

from deskapp.queries.printing import paper_numbered
from deskapp.rules import papers
from deskapp.tour import stick
from deskapp.tour.chain import settled
from deskapp.tour.compared import rows, store_sums
from deskapp.tour.depot import QUOTE_FEN, UNIT
from deskapp.tour.pickup import SIGNATURE
from deskapp.tour.stage import BOSS, CLERK, RECEIVER, Stage
from deskapp.tour.vans import (
    BACK_BAG,
    DEAD,
    DELIVERER_ID,
    PICKUP_SHELF,
    WORN,
    Van,
    arrive,
    finish,
    in_order,
    paper_text,
    send,
    states,
)
from deskapp.ui.hands import NotSeen
from deskapp.ui.pages.custody import CustodyPage
from deskapp.ui.pages.pickup import PickupPage

_TOLD = 20
"""How many records that differ are told of each scope."""


def send_back(stage: Stage) -> None:
    """Seal both into one bag, count them out and hand them to the courier, though the line is down."""
    stick.cut(stage)
    van = Van("return", RECEIVER, ((WORN, BACK_BAG), (UNIT, BACK_BAG)))
    stage.story.sent.back = send(stage.depot, van)
    stage.diary.expect("both are on the way back", {WORN: "in_transit_back", DEAD: "swapped", UNIT: "in_transit_back"},
                       states(stage.depot))  # fmt: skip


def receive_at_branch(stage: Stage) -> None:
    """Receive both at the branch; they lie ready for the merchant."""
    stage.sign_in(CLERK)
    page = arrive(stage, stage.story.sent.back)
    stage.hands.scan(PICKUP_SHELF)
    stage.hands.until(lambda: page.shelf == PICKUP_SHELF, "the shelf")
    for serial in (WORN, UNIT):
        in_order(stage, page, serial)
    finish(stage, page)
    stage.diary.expect("both are ready", {WORN: "ready_for_pickup", DEAD: "swapped", UNIT: "ready_for_pickup"},
                       states(stage))  # fmt: skip


def collect(stage: Stage) -> None:
    """Hand both out on the scanned slip; the merchant pays what was agreed, the receipt prints."""
    hands, sent = stage.hands, stage.story.sent
    stage.sign_in(CLERK)
    slip = stage.ask(lambda session: paper_numbered(session, sent.slip_no, ("pickup_slip",)))
    card = papers.from_json(slip.card) if slip else None
    assert isinstance(card, papers.PickupSlipCard)
    hands.scan(f"PS1:{card.number}:{card.token}")
    page = cast("PickupPage", stage.page("pickup"))
    hands.until(lambda: page.visit is not None and page.visit.release_id, "the slip is checked")
    hands.until(page.who.own.hasFocus, "who collects")
    hands.press("1")
    hands.until(page.who.last4.hasFocus, "the document")
    hands.say(DELIVERER_ID)
    hands.press("⏎")
    hands.until(lambda: page.place == 1, "the devices")
    for label in sent.accessories:
        hands.scan(label)
    items = [stage.story.items[serial] for serial in (WORN, UNIT)]
    for serial, item in zip((WORN, UNIT), items, strict=True):
        hands.scan(stage.story.labels[serial])
        hands.until(page.what.blocks[item].tamper.hasFocus, "the tamper check")
        hands.press("1")
    stage.shot("devices")
    hands.press("⏎")
    hands.until(lambda: page.place == 2, "the test")
    for item in items:
        sheet = page.test.sheets[item]
        hands.go(sheet)
        for _test in sheet.steps:
            hands.press("p")
    hands.until(lambda: page.place == 3, "the payment")
    hands.until(page.pay.method.hasFocus, "how it is paid")
    hands.press("1")
    hands.until(page.pay.given.hasFocus, "what is handed over")
    hands.say("150")
    stage.shot("payment")
    hands.press("⏎")
    hands.until(lambda: page.place == 4, "the signature")
    stage.calm()
    hands.draw(page.sign.pad.pad, SIGNATURE)
    hands.go(page.sign.rating)
    hands.press("5")
    hands.chord("Ctrl+S")
    hands.until(page.done_panel.isVisible, "it is handed out")
    stage.papers_out()
    stage.shot("handed_out")
    number = page.done_panel.number.text()
    stage.diary.number("receipt", number)
    job = stage.ask(lambda session: paper_numbered(session, number, ("repair_receipt",)))
    receipt = papers.from_json(job.card) if job else None
    assert isinstance(receipt, papers.RepairReceiptCard)
    stage.diary.expect(f"{number}: total in fen", QUOTE_FEN, receipt.total_fen)
    stage.diary.expect("both have gone", {WORN: "picked_up", DEAD: "swapped", UNIT: "picked_up"}, states(stage))


def evidence(stage: Stage) -> None:
    """Show the whole chain of the device of the broken bag and of the repaired one; print it and check its code."""
    hands = stage.hands
    stage.sign_in(BOSS)
    stage.window.navigate("custody", id=stage.story.items[WORN], kind="item")
    page = cast("CustodyPage", stage.page("custody"))
    hands.until(lambda: page.view is not None and page.view.item_id == stage.story.items[WORN], "the chain")
    stage.shot("chain")
    hands.push(page.print_button)
    stage.paper("custody_record")
    assert page.view is not None
    chain = page.view.chain
    label = stage.story.labels[WORN]
    said = paper_text(stage, _record(stage))
    stage.diary.expect("gaps in the chain", 0, len(chain.gaps))
    stage.diary.expect("hand-overs, from the merchant to the merchant", True, len(chain.links) >= 7)
    stage.diary.expect("the digest stands on the record", True, chain.proof.lower() in said.lower())
    stage.diary.number("custody_digest", chain.proof)
    stage.diary.expect("the record is of this device", True, label in said)


def _record(stage: Stage) -> str:
    file = next(str(one["file"]) for one in stage.diary.papers if one["kind"] == "custody_record")
    return file.rpartition("/")[2]


def sums(stage: Stage) -> None:
    """Compare what both stores and the server hold, scope by scope: the same sums, digit by digit."""
    depot, centre = stage.depot, stage.server
    for desk in (stage, depot):
        settled(desk)
    stage.hands.until(lambda: states(stage) == states(depot), "both know the same of the order")
    with suppress(NotSeen):  # then what differs is told below, record by record
        stage.hands.until(lambda: not _differing(stage), "both hold what the server holds")
    for scope, records in _odd_records(stage).items():
        stage.diary.expect(f"{scope}: records that differ from the server's", [], records)
    held = {"branch": stage.ask(store_sums), "depot": depot.ask(store_sums)}
    server = {scope: centre.sum_of(scope) for scope in sorted({*held["branch"], *held["depot"]})}
    stage.diary.sums = {"server": server, **held}
    for name, ours in held.items():
        stage.diary.expect(f"{name}: the sums of every scope are the server's",
                           {scope: server[scope] for scope in ours}, ours)  # fmt: skip
    stage.diary.expect("scopes that both hold", True, bool(set(held["branch"]) & set(held["depot"])))
    stage.open("sync")
    stage.shot("branch")
    depot.open("sync")
    depot.shot("depot")


def _differing(stage: Stage) -> dict[str, Stage]:
    """Return the scopes in which a desk does not hold what the server holds, each with such a desk."""
    return {
        scope: desk
        for desk in (stage, stage.depot)
        for scope, ours in desk.ask(store_sums).items()
        if ours != stage.server.sum_of(scope)
    }


def _odd_records(stage: Stage) -> dict[str, list[str]]:
    """Return for each scope that differs the records of which one side holds something else, in a few words."""
    found = {}
    for scope, desk in _differing(stage).items():
        theirs, ours = stage.server.rows(scope), desk.ask(partial(rows, scope=scope))
        odd = sorted(key for key in {*theirs, *ours} if theirs.get(key) != ours.get(key))
        found[scope] = [f"{' '.join(key)}: {theirs.get(key)} | {ours.get(key)}" for key in odd[:_TOLD]]
    return found
