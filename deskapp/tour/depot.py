"""In the depot: quarantine, the bench, the quote that travels to the branch, keys, a swap, the test, the board."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from deskapp.queries.bench_job import job as job_of
from deskapp.queries.orders import order_of
from deskapp.tour import bench
from deskapp.tour.stage import CLERK, CUSTODIANS, HEAD, REPAIRER, TESTER, Stage
from deskapp.tour.vans import DEAD, SHELF, WORN, states
from deskapp.ui.pages.bench import BenchPage
from deskapp.ui.pages.board import BoardPage
from deskapp.ui.pages.device import DevicePage
from deskapp.ui.pages.job import JobPanel
from deskapp.ui.pages.key_runs import KeyRunsPage
from deskapp.ui.pages.order import OrderPage

UNIT, BAD_UNIT = "PXS90S00000102", "PXS90S00000101"
"""Units of the depot's pool: the first takes the dead terminal's place, into the second no key will go."""

PART, NEW_PART, OLD_PART = "PRH-58", "PRH58X35001", "PRH58X09114"
KEY_SET, SLOT, CHECK_VALUE = "TMK-2026-11", "TMK-01", "A1B2C3"
CALLED_BACK = "13800000103"
QUOTE_FEN = 15000
SEALS = {WORN: "FQ2600901", UNIT: "FQ2600902"}


def quarantine(stage: Stage) -> None:
    """Let the head and a second person look at the device of the broken bag and release it in writing."""
    depot, hands = stage.depot, stage.depot.hands
    depot.sign_in(HEAD)
    depot.open("bench")
    hands.scan(stage.story.labels[DEAD])
    page = cast("OrderPage", depot.page("order"))
    hands.until(lambda: page.card is not None and not page.acts.buttons["release"].isHidden(), "it is in quarantine")
    hands.push(page.acts.buttons["release"])
    act = cast("Any", page.acts.acts["release"])
    hands.until(act.finding.hasFocus, "the finding")
    hands.say("封签在分拣时刮破，有录像为证；机身封签、螺丝和机身号均完好")
    hands.press("⏎⏎")
    hands.say(SHELF)
    depot.shot("finding")
    hands.press("⏎")
    consent(depot, TESTER.staff_no, TESTER.pin, "已共同查看")
    hands.until(lambda: states(depot)[DEAD] == "depot_received", "it is released")
    depot.shot("released")


def diagnose(stage: Stage) -> None:
    """Give a technician the next device, print its traveller, find the worn print head and make a quote."""
    depot, hands = stage.depot, stage.depot.hands
    depot.sign_in(REPAIRER)
    page = cast("BenchPage", depot.open("bench"))
    hands.until(lambda: page.queue.rows, "the queue")
    hands.push(page.next)
    hands.until(lambda: page.panel.card is not None, "the next device")
    depot.shot("next_device")
    panel = _start(depot, WORN, REPAIRER.name)
    panel.drawers.print_traveller()
    bench.find(depot, panel, "DYT", PART, "自检页三条白线，打印头断针；胶辊正常")
    stage.diary.expect("the repair is to be paid", "payable", panel.card and panel.card.basis)
    hands.chord("Ctrl+Return")
    hands.until(lambda: panel.step_name == "quote" and len(cast("Any", panel.steps["quote"]).lines) == 2, "the quote")
    hands.until(lambda: cast("Any", panel.steps["quote"]).add.hasFocus(), "the line field has the focus")
    depot.shot("quote")
    hands.press("⏎")
    hands.until(lambda: panel.card is not None and panel.card.state == "awaiting_approval", "the quote is sent")
    depot.papers_out()
    quote = panel.card.quote if panel.card else None
    stage.diary.number("quote", quote.number if quote else "")
    stage.diary.expect("total of the quote in fen", QUOTE_FEN, quote.total_fen if quote else 0)


def _start(depot: Stage, serial: str, opened_by: str) -> JobPanel:
    panel = bench.job(depot, REPAIRER, serial, "start")
    start, hands = cast("Any", panel.steps["start"]), depot.hands
    hands.until(start.tamper.hasFocus, "the look at the case")
    hands.press("1")
    hands.fill(start.seal, opened_by)
    hands.chord("Ctrl+Return")
    return panel


def approve_at_branch(stage: Stage) -> None:
    """Call the merchant from the branch: the quote has come by itself, the answer goes back by itself."""
    hands, item = stage.hands, stage.story.items[WORN]
    hands.until(lambda: states(stage).get(WORN) == "awaiting_approval", "the branch hears of the quote")
    stage.sign_in(CLERK)
    stage.open("today")
    panel = bench.job(stage, CLERK, WORN, "answer")
    answer = cast("Any", panel.steps["answer"])
    hands.until(answer.channel.hasFocus, "the question has the focus")
    hands.press("2")
    hands.until(answer.who.hasFocus, "who agreed")
    for words in ("王五", "同意更换打印头，150元", CALLED_BACK):
        hands.say(words)
        if words == CALLED_BACK:
            stage.shot("approval")
        hands.press("⏎")
    hands.until(lambda: panel.card is not None and panel.card.state == "repairing", "the approval is recorded")
    depot = stage.depot
    depot.hands.until(lambda: states(depot).get(WORN) == "repairing", "the depot hears of the approval")
    now = depot.now
    card = depot.ask(lambda session: job_of(session, item, now))
    stage.diary.expect("the price is agreed, as the depot sees it", "approved", card and card.money_state)


def repair(stage: Stage) -> None:
    """Fit a print head from the depot's own stock, serial numbers out and in, and send the device to test."""
    depot = stage.depot
    panel = bench.job(depot, REPAIRER, WORN, "repair")
    stage.diary.expect(f"{PART}: the depot's own stock", 2, bench.on_shelf(depot, PART))
    bench.fit_and_send(depot, panel, PART, (NEW_PART, OLD_PART), "HPJ")


def dead_board(stage: Stage) -> None:
    """Take up the other device while the merchant is asked: its board is dead, it is not worth a repair."""
    depot = stage.depot
    panel = _start(depot, DEAD, REPAIRER.name)
    bench.find(depot, panel, "ZB", "", "主板无供电，主控芯片烧毁，无维修价值")
    found = panel.card.finding if panel.card else None
    stage.diary.expect("the cause is on record", "main_board_defect", found.cause_code if found else "")


def test_unit(stage: Stage) -> None:
    """Let the inspector test a unit of the pool by the plan of its model: it may then take another's place."""
    depot, hands = stage.depot, stage.depot.hands
    depot.open("today")
    hands.scan(UNIT)
    page = cast("DevicePage", depot.page("device"))
    hands.until(lambda: page.test.sheet.steps, "the plan of its model")
    hands.go(page.sections)
    hands.press("4")
    hands.until(page.test.isVisible, "the test")
    hands.go(page.test.sheet)
    for one in page.test.sheet.steps:
        hands.press(bench.passing(one))
    hands.until(page.test.tamper.hasFocus, "the plan is through")
    hands.press("1")
    depot.shot("unit_test")
    hands.push(page.test.keep)
    hands.until(lambda: page.test.notice.isVisible(), "the test is kept")
    depot.shot("unit_tested")


def key_run(stage: Stage) -> None:
    """Load keys from an authorised list, by two custodians; into one unit no key will go."""
    depot, hands = stage.depot, stage.depot.hands
    depot.sign_in(HEAD)
    page = cast("KeyRunsPage", depot.open("key_runs"))
    hands.push(page.new)
    hands.until(page.device.hasFocus, "the list")
    for serial in (BAD_UNIT, UNIT):
        hands.scan(serial)
        hands.until(partial(_listed, page, serial), "it is on the list")
    hands.fill(page.key_set, KEY_SET)
    hands.go(page.method)
    hands.press("1")
    depot.shot("list")
    hands.push(page.save_button)
    hands.until(lambda: page.card is not None and len(page.card.lines) == 2, "the list is authorised")
    depot.papers_out()
    first, second = CUSTODIANS
    depot.sign_in(first)
    page = cast("KeyRunsPage", depot.open("key_runs"))
    hands.until(lambda: page.card is not None and page.sign.isVisible(), "the run")
    hands.push(page.sign)
    consent(depot, second.staff_no, second.pin, "现场双人灌装")
    hands.until(lambda: page.card is not None and page.card.mine, "both have signed in")
    hands.scan(BAD_UNIT)
    hands.fill(page.result, "设备报E07，密钥区写入失败")
    hands.push(page.failed)
    hands.until(page.why.isVisible, "why it failed is asked")
    hands.press("2⏎")
    hands.until(lambda: page.card is not None and page.card.row.open == 1, "one is accounted for")
    hands.scan(UNIT)
    hands.fill(page.slot, SLOT)
    hands.fill(page.value, CHECK_VALUE)
    hands.fill(page.result, "灌装成功")
    depot.shot("load")
    hands.press("⏎")
    hands.until(lambda: page.card is not None and not page.card.row.open, "every device is accounted for")
    hands.push(page.close_button)
    hands.until(lambda: page.card is not None and page.card.row.state == "closed", "the run is closed")
    depot.papers_out()
    depot.shot("closed")
    results = {line.serial_no: line.result for line in page.card.lines} if page.card else {}
    stage.diary.expect("the run's results", {BAD_UNIT: "failed", UNIT: "loaded"}, results)
    stage.diary.number("key_run", page.card.row.number if page.card else "")


def _listed(page: KeyRunsPage, serial: str) -> bool:
    return serial in page.devices.text()


def consent(stage: Stage, who: str, pin: str, reason: str) -> None:
    """Let a second person sign in the panel above the page."""
    shell = stage.window.shell
    assert shell is not None
    panel, hands = shell.supervisor, stage.hands
    hands.until(panel.isVisible, "the second person is asked for")
    for field, words in ((panel.who, who), (panel.pin, pin), (panel.reason, reason)):
        hands.fill(field, words)
    stage.shot("second_person")
    hands.push(panel.allow)


def swap(stage: Stage) -> None:
    """Let the unit take the dead terminal's place: the terminal number stays, its label prints."""
    depot, hands = stage.depot, stage.depot.hands
    depot.sign_in(HEAD)
    depot.window.navigate("order", id=stage.story.items[DEAD], kind="item")
    page = cast("OrderPage", depot.page("order"))
    hands.until(lambda: page.card is not None and not page.acts.buttons["swap"].isHidden(), "the swap is offered")
    hands.push(page.acts.buttons["swap"])
    act = cast("Any", page.acts.acts["swap"])
    hands.until(act.serial.hasFocus, "the new unit")
    hands.scan(UNIT)
    hands.until(act.tamper.hasFocus, "the look at it")
    hands.press("1")
    hands.fill(act.reason, "主板烧毁，无维修价值，周转机替换")
    hands.fill(act.ticket, "SD20261120017")
    hands.fill(act.shelf, SHELF)
    hands.fill(act.seal, SEALS[UNIT])
    depot.shot("swap")
    hands.push(act.go)
    hands.until(lambda: states(depot).get(UNIT) == "awaiting_return", "the unit is on the order")
    depot.papers_out()
    depot.shot("swapped")
    card = depot.ask(lambda session: order_of(session, stage.story.sent.order_id))
    line = next(one for one in card.lines if one.serial_no == UNIT) if card else None
    if line is not None:
        stage.story.labels[UNIT], stage.story.items[UNIT] = line.label_no, line.id
    stage.diary.expect("the old one is swapped", "swapped", states(depot).get(DEAD))


def test_by_another(stage: Stage) -> None:
    """Let the inspector go through the plan of the repaired device, value by value, seal it and shelve it."""
    depot, hands = stage.depot, stage.depot.hands
    panel = bench.job(depot, TESTER, WORN, "test")
    step = cast("Any", panel.steps["test"])
    hands.until(step.sheet.hasFocus, "the test plan has the focus")
    stage.diary.expect("tested by somebody else", False, panel.card and panel.card.own_work)
    for one in step.sheet.steps:
        hands.press(bench.passing(one))
    hands.until(step.tamper.hasFocus, "the test plan is through")
    hands.press("1")
    hands.until(step.seal.hasFocus, "the seal")
    hands.say(SEALS[WORN])
    hands.press("⏎")
    hands.say(SHELF)
    depot.shot("tested")
    hands.press("⏎")
    hands.until(lambda: states(depot).get(WORN) == "awaiting_return", "it waits for the way back")
    depot.shot("packed_for_return")
    measured = len([one for one in step.sheet.steps if one.kind == "number"])
    stage.diary.expect("the plan has steps that are measured", True, measured > 0)
    test_unit(stage)


def board(stage: Stage) -> None:
    """Look at the whole house as its head does; the sheet of commands prints."""
    depot, hands = stage.depot, stage.depot.hands
    depot.sign_in(HEAD)
    page = cast("BoardPage", depot.open("board"))
    hands.until(lambda: page.seen is not None, "the board")
    depot.shot("board")
    hands.push(page.sheets.sheet)
    depot.paper("command_sheet")
    packing = next((one.count for one in page.seen.queues if one.name == "packing"), 0) if page.seen else 0
    stage.diary.expect("two wait for the van", 2, packing)
