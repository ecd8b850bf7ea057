"""The afternoon: the call, two pickups, a wrong code, a reprint, the end of the day."""

from __future__ import annotations

from typing import cast

from deskapp.clock import system_clock
from deskapp.print import raster
from deskapp.queries.pickup import pickup_order
from deskapp.queries.printing import paper_numbered
from deskapp.queries.today import today
from deskapp.rules import papers
from deskapp.rules.money import amount_in_words_cn
from deskapp.tour.bench import QUOTE_FEN
from deskapp.tour.counter import DELIVERER_ID, FREE, PAYABLE
from deskapp.tour.place import PAPERS
from deskapp.tour.stage import BOSS, CLERK, Stage
from deskapp.ui.pages.day_end import DayEndPage
from deskapp.ui.pages.pickup import PickupPage
from deskapp.ui.pages.print_queue import PrintQueuePage
from deskapp.ui.pages.ready import ReadyPage

SIGNATURE = (
    ((60, 60), (110, 45), (90, 110), (140, 90)),
    ((170, 50), (175, 120), (230, 70), (250, 115), (300, 60)),
)
"""Two strokes of the mouse."""

MARK_OF_A_COPY = "补打1/REPRINT1"


def ready_call(stage: Stage) -> None:
    """Call the merchant: the pickup code is shown this once, the outcome is logged."""
    hands = stage.hands
    stage.sign_in(CLERK)
    page = cast("ReadyPage", stage.open("ready"))
    hands.until(lambda: page.panel.card is not None, "whom to call")
    hands.push(page.panel.make)
    hands.until(lambda: page.panel.say_box.isVisible() and page.panel.code.text(), "the code")
    stage.story.code = "".join(page.panel.code.text().split())
    hands.until(page.panel.result.hasFocus, "the outcome")
    stage.shot("call")
    hands.press("1⏎")
    hands.until(page.panel.words.hasFocus, "the note")
    hands.say("今天下午来取一台，另一台稍后取")
    hands.press("⏎")
    hands.until(lambda: page.panel.card is not None and page.panel.card.attempts, "the call is logged")
    stage.shot("call_logged")
    stage.diary.expect("digits of the pickup code", 6, len(stage.story.code))
    row = next((one for one in page.rows if one.order_id == stage.story.order_id), None)
    stage.diary.expect("devices ready for pickup", 2, row.ready if row else 0)
    seen = stage.ask(lambda session: today(session, system_clock()))
    stage.diary.expect("nobody is left to call, says the start page", 0, seen.counts["calls"])


def partial(stage: Stage) -> None:
    """Hand the free terminal out on the scanned slip, with its accessories; the other one stays."""
    hands = stage.hands
    stage.sign_in(CLERK)
    slip = stage.ask(lambda session: paper_numbered(session, stage.story.slip_no, ("pickup_slip",)))
    card = papers.from_json(slip.card) if slip else None
    assert isinstance(card, papers.PickupSlipCard)
    hands.scan(f"PS1:{card.number}:{card.token}")
    page = cast("PickupPage", stage.page("pickup"))
    hands.until(lambda: page.visit is not None and page.visit.release_id, "the slip is checked")
    _identify(stage, page)
    _give(stage, page, FREE, stage.story.accessories[:2])
    hands.until(lambda: page.place == 3, "the payment")
    stage.shot("nothing_to_pay")
    hands.chord("Ctrl+S")
    _sign(stage, page, "5")
    stage.papers_out()
    stage.shot("handed_out")
    _check_receipt(stage, page, 0, "")
    states = _states(stage)
    stage.diary.expect("one has gone, one stays", {FREE: "picked_up", PAYABLE: "ready_for_pickup"}, states)


def wrong_code(stage: Stage) -> None:
    """Somebody without the slip says a wrong code: nothing is handed out, the try is counted."""
    hands = stage.hands
    stage.sign_in(CLERK)
    page = _open_rest(stage)
    hands.go(page.who.ways)
    hands.press("2")
    hands.until(page.who.code.hasFocus, "the code")
    hands.say(_other_code(stage.story.code))
    hands.press("⏎")
    hands.until(lambda: page.who.answer.property("role") == "danger", "the code is refused")
    stage.shot("refused")
    card = stage.ask(lambda session: pickup_order(session, order_id=stage.story.order_id))
    stage.diary.expect("tries left", 4, card.tries_left if card else None)
    stage.diary.expect("nothing is released", "", page.visit.release_id if page.visit else "")
    stage.diary.expect("it is still here", "ready_for_pickup", _states(stage)[PAYABLE])


def rest(stage: Stage) -> None:
    """The right code: the second terminal goes, 150 yuan in cash are taken, the receipt says it in capitals."""
    hands = stage.hands
    stage.sign_in(CLERK)
    page = _open_rest(stage)
    hands.go(page.who.ways)
    hands.press("2")
    hands.until(page.who.code.hasFocus, "the code")
    hands.say(stage.story.code)
    hands.press("⏎")
    hands.until(lambda: page.visit is not None and page.visit.release_id, "the code is right")
    _identify(stage, page)
    _give(stage, page, PAYABLE, stage.story.accessories[2:])
    hands.until(lambda: page.place == 3, "the payment")
    hands.until(page.pay.method.hasFocus, "how it is paid")
    hands.press("1")
    hands.until(page.pay.given.hasFocus, "what is handed over")
    hands.say("200")
    stage.shot("payment")
    hands.press("⏎")
    _sign(stage, page, "4")
    stage.papers_out()
    stage.shot("handed_out")
    _check_receipt(stage, page, QUOTE_FEN, amount_in_words_cn(QUOTE_FEN).removeprefix("人民币"))
    stage.diary.expect("both have gone", {FREE: "picked_up", PAYABLE: "picked_up"}, _states(stage))


def reprint(stage: Stage) -> None:
    """Print the receipt once more from the queue: it is marked as a copy and logged."""
    hands = stage.hands
    stage.sign_in(CLERK)
    page = cast("PrintQueuePage", stage.open("print_queue"))
    hands.go(page.which)
    hands.press("2")
    wanted = stage.story.receipts[-1]
    hands.until(lambda: page.table.model.rowCount() > 5, "the newest papers")
    hands.go(page.table.view)
    for _line in range(page.table.model.rowCount()):
        hands.rest(20)
        if page.job is not None and page.job.number == wanted:
            break
        hands.chord("Down")
    hands.until(lambda: page.job is not None and page.job.number == wanted, "the receipt is chosen")
    hands.go(page.reason)
    hands.press("1")
    hands.rest(300)
    stage.shot("reprint")
    hands.push(page.reprint_button)
    hands.until(lambda: page.reason.value() is None, "the copy is queued")
    stage.papers_out()
    copies = [paper for paper in stage.diary.papers if paper["number"] == wanted and paper["copy"]]
    stage.diary.expect("a copy came out", 1, len(copies))
    original, copy = (_text(stage, wanted, "repair_receipt", number) for number in (0, 1))
    stage.diary.expect("the original carries no mark of a copy", False, MARK_OF_A_COPY in original)
    stage.diary.expect("the copy is marked", True, MARK_OF_A_COPY in copy)


def day_end(stage: Stage) -> None:
    """Look at the shelves and the drawer, close the day, print its paper; then the start page of an empty house."""
    hands = stage.hands
    stage.sign_in(BOSS)
    page = cast("DayEndPage", stage.open("day_end"))
    hands.until(lambda: page.view is not None, "the figures of the day")
    hands.scan(stage.story.labels[FREE])
    hands.until(lambda: page.count.dirty, "what the scan means: this one has gone")
    stage.shot("stranger_at_the_shelf")
    hands.push(page.count.desk.undo_button)
    hands.until(lambda: not page.count.dirty, "the scan is taken back")
    hands.fill(page.cash, "150")
    stage.shot("figures")
    hands.push(page.close_button)
    hands.until(lambda: page.view is not None and page.view.closed, "the day is closed")
    stage.papers_out()
    stage.shot("closed")
    view = page.view
    assert view is not None
    stage.diary.number("day_end", view.number)
    stage.diary.expect("takings of the day in fen", QUOTE_FEN, view.figures.net_fen)
    stage.diary.expect("devices taken in and handed out", [2, 2], [view.figures.received, view.figures.returned])
    stage.diary.expect("devices left on the shelves", 0, len(view.figures.held))
    kinds = [paper["kind"] for paper in stage.diary.papers]
    stage.diary.expect("day-end papers", 1, kinds.count("day_end"))
    stage.open("today")
    stage.shot("today")


# -- the steps of a pickup -------------------------------------------------------------


def _open_rest(stage: Stage) -> PickupPage:
    """Scan the label of the terminal that stayed; the window opens its pickup."""
    stage.open("ready")
    stage.hands.scan(stage.story.labels[PAYABLE])
    page = cast("PickupPage", stage.page("pickup"))
    stage.hands.until(lambda: page.visit is not None and page.place == 0, "the pickup of the rest")
    stage.calm()
    return page


def _identify(stage: Stage, page: PickupPage) -> None:
    hands = stage.hands
    hands.until(page.who.own.hasFocus, "who collects")
    hands.press("1")
    hands.until(page.who.last4.hasFocus, "the document")
    hands.say(DELIVERER_ID)
    stage.shot("who")
    hands.press("⏎")
    hands.until(lambda: page.place == 1, "the devices")


def _give(stage: Stage, page: PickupPage, serial: str, accessories: list[str]) -> None:
    hands = stage.hands
    for label in accessories:
        hands.scan(label)
    hands.scan(stage.story.labels[serial])
    item = next(one for one in page.what.blocks if page.what.blocks[one].device.serial_no == serial)
    hands.until(page.what.blocks[item].tamper.hasFocus, "the tamper check")
    hands.press("1")
    ticked = page.visit.accessories if page.visit else set()
    stage.diary.expect(f"{serial}: accessories ticked", len(accessories), len(ticked))
    stage.shot("devices")
    hands.press("⏎")
    hands.until(lambda: page.place == 2, "the test")
    sheet = page.test.sheets[item]
    hands.until(sheet.hasFocus, "the test has the focus")
    for _test in sheet.steps[:-1]:
        hands.press("p")
    stage.shot("test")
    hands.press("p")


def _sign(stage: Stage, page: PickupPage, stars: str) -> None:
    hands = stage.hands
    hands.until(lambda: page.place == 4, "the signature")
    stage.calm()
    hands.draw(page.sign.pad.pad, SIGNATURE)
    hands.go(page.sign.rating)
    hands.press(stars)
    stage.shot("signed")
    hands.chord("Ctrl+S")
    hands.until(page.done_panel.isVisible, "it is handed out")


def _check_receipt(stage: Stage, page: PickupPage, fen: int, capitals: str) -> None:
    number = page.done_panel.number.text()
    stage.story.receipts.append(number)
    stage.diary.number("receipt", number)
    job = stage.ask(lambda session: paper_numbered(session, number, ("repair_receipt",)))
    card = papers.from_json(job.card) if job else None
    assert isinstance(card, papers.RepairReceiptCard)
    stage.diary.expect(f"{number}: total in fen", fen, card.total_fen)
    if capitals:
        said = capitals in _text(stage, number, "repair_receipt")
        stage.diary.expect(f"{number}: the amount in capitals", True, said)


def _text(stage: Stage, number: str, kind: str, copy: int = 0) -> str:
    name = f"{number} {kind}" + (f" copy {copy}" if copy else "")
    return "".join(raster.text((stage.out / PAPERS / f"{name}.pdf").read_bytes()).split())


def _states(stage: Stage) -> dict[str, str]:
    card = stage.ask(lambda session: pickup_order(session, order_id=stage.story.order_id))
    return {one.serial_no: str(one.state.value) for one in card.devices} if card else {}


def _other_code(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"
