"""At the bench: two diagnoses, a quote and its approval, parts, and the test by somebody else."""

from __future__ import annotations

from typing import Any, cast

from deskapp.catalogue import TestStep
from deskapp.queries.bench import parts_for
from deskapp.tour.counter import FREE, PAYABLE
from deskapp.tour.stage import CLERK, INSPECTOR, TECHNICIAN, Stage
from deskapp.ui.pages.bench import BenchPage
from deskapp.ui.pages.job import JobPanel

BATTERY, PRINT_HEAD = "BAT-A920", "PRH-58"
NEW_SERIALS = {BATTERY: "BATA920X11001", PRINT_HEAD: "PRH58X15001"}
OLD_SERIALS = {BATTERY: "BATA920X03377", PRINT_HEAD: "PRH58X02218"}
CALLED_BACK = "13800000102"
QUOTE_FEN = 15000
"""A print head for 120 yuan and a small repair for 30, as in the shipped lists."""


def diagnose_free(stage: Stage) -> None:
    """Find a swollen battery in the terminal under warranty: free of charge, so the repair starts at once."""
    panel = _diagnose(stage, FREE, "DCG", BATTERY, "电池鼓包，后盖顶起，充电口电压正常")
    stage.diary.expect("the repair is free", "free", panel.card and panel.card.basis)
    stage.hands.chord("Ctrl+Return")
    stage.hands.until(lambda: panel.step_name == "repair", "the repair begins")
    stage.diary.expect("it is being repaired", "repairing", panel.card and panel.card.state)


def diagnose_payable(stage: Stage) -> None:
    """Find a worn print head in the terminal out of warranty: to be paid, so a quote is made and printed."""
    hands = stage.hands
    panel = _diagnose(stage, PAYABLE, "DYT", PRINT_HEAD, "自检页有三条白线，打印头断针")
    stage.diary.expect("the repair is to be paid", "payable", panel.card and panel.card.basis)
    hands.chord("Ctrl+Return")
    hands.until(lambda: panel.step_name == "quote" and len(_step(panel).lines) == 2, "labour and part on the quote")
    hands.until(lambda: _step(panel).add.hasFocus(), "the line field has the focus")
    stage.shot("quote")
    hands.press("⏎")
    hands.until(lambda: panel.card is not None and panel.card.state == "awaiting_approval", "the quote is sent")
    stage.papers_out()
    stage.shot("quote_sent")
    quote = panel.card.quote if panel.card else None
    stage.story.quote_fen = quote.total_fen if quote else 0
    stage.diary.number("quote", quote.number if quote else "")
    stage.diary.expect("total of the quote in fen", QUOTE_FEN, stage.story.quote_fen)
    stage.diary.expect("quotes on paper", 1, [paper["kind"] for paper in stage.diary.papers].count("quote"))


def approve_by_phone(stage: Stage) -> None:
    """Call the merchant back on the number on file and record the words of the approval."""
    hands = stage.hands
    panel = job(stage, CLERK, PAYABLE, "answer")
    answer = _step(panel)
    hands.until(answer.channel.hasFocus, "the question has the focus")
    hands.press("2")
    hands.until(answer.who.hasFocus, "who agreed")
    for words in ("李四", "同意更换打印头，150元", CALLED_BACK):
        hands.say(words)
        if words == CALLED_BACK:
            stage.shot("approval")
        hands.press("⏎")
    hands.until(lambda: panel.card is not None and panel.card.state == "repairing", "the approval is recorded")
    stage.diary.expect("the price is agreed", "approved", panel.card and panel.card.money_state)


def repair(stage: Stage) -> None:
    """Fit a battery and a print head from stock, old serial numbers out, new ones in, and send both to test."""
    for serial, part, action in ((FREE, BATTERY, "HDC"), (PAYABLE, PRINT_HEAD, "HPJ")):
        _repair_one(stage, serial, part, action)


def _repair_one(stage: Stage, serial: str, part: str, action: str) -> None:
    stage.diary.expect(f"{part}: opening stock of the imported list", 2, on_shelf(stage, part))
    panel = job(stage, TECHNICIAN, serial, "repair")
    fit_and_send(stage, panel, part, (NEW_SERIALS[part], OLD_SERIALS[part]), action)


def fit_and_send(stage: Stage, panel: JobPanel, part: str, serials: tuple[str, str], action: str) -> None:
    """Fit a part (its serial number, that of the old one), say what was done, and send the device to test."""
    hands, step, before = stage.hands, _step(panel), on_shelf(stage, part)
    new, old = serials
    hands.until(step.add.hasFocus, "the field for parts has the focus")
    hands.scan(part)
    hands.until(step.serials.new.hasFocus, "the serial number of the new part")
    hands.scan(new)
    hands.until(step.serials.old.hasFocus, "the serial number of the old part")
    stage.shot(f"fit_{part.lower()}")
    hands.scan(old)
    hands.until(step.serials.where.hasFocus, "what becomes of the old part")
    hands.press("2")
    hands.until(lambda: panel.card is not None and panel.card.parts, "the part is booked")
    hands.until(step.add.hasFocus, "the field for parts has the focus")
    hands.press("⏎")
    hands.say(action)
    hands.until(lambda: step.work.field.popup.isVisible(), "what was done is found")
    hands.press("⏎")
    hands.until(lambda: step.work.values(), "what was done")
    hands.press("⏎")
    hands.until(step.minutes.hasFocus, "the minutes")
    hands.press("25⏎")
    hands.press("⏎⏎")
    hands.until(step.advice.hasFocus, "the advice")
    stage.shot(f"repaired_{part.lower()}")
    card = panel.card
    parts = [(one.part_no, one.serial_no) for one in card.parts] if card else []
    stage.diary.expect(f"{part}: fitted with its serial number", [[part, new]], [list(p) for p in parts])
    taken = [one.serial_no for one in card.parts_out] if card else []
    stage.diary.expect(f"{part}: the old one is kept", [old], taken)
    stage.diary.expect(f"{part}: one less on the shelf", before - 1, on_shelf(stage, part))
    hands.press("⏎")
    hands.until(lambda: panel.card is not None and panel.card.state == "qc_testing", "it is sent to test")


def test_by_another(stage: Stage) -> None:
    """Let the inspector go through both test plans, value by value; both then lie ready."""
    for seal, serial in (("FQ2600117", FREE), ("FQ2600118", PAYABLE)):
        hands = stage.hands
        panel = job(stage, INSPECTOR, serial, "test")
        step = _step(panel)
        hands.until(step.sheet.hasFocus, "the test plan has the focus")
        stage.diary.expect(f"{serial}: tested by somebody else", False, panel.card and panel.card.own_work)
        for one in step.sheet.steps:
            hands.press(passing(one))
        hands.until(step.tamper.hasFocus, "the test plan is through")
        hands.press("1")
        hands.until(step.seal.hasFocus, "the seal")
        hands.say(seal)
        hands.press("⏎")
        hands.say("B-01-1")
        stage.shot(f"tested_{seal.lower()}")
        hands.press("⏎")
        hands.until(_state_is(panel, "ready_for_pickup"), "it is ready")
    stage.shot("ready")


def passing(step: TestStep) -> str:
    """Return the keys that answer a step of a test plan well."""
    if step.kind != "number":
        return "p"
    low, high = step.low, step.high
    if low is None or high is None:
        value = low if low is not None else high or 0
    else:
        value = high if high - low <= 1 else (low + high) // 2
    return f"{int(value)}⏎"


def _diagnose(stage: Stage, serial: str, cause: str, part: str, words: str) -> JobPanel:
    panel = job(stage, TECHNICIAN, serial, "start")
    start = _step(panel)
    stage.hands.until(start.tamper.hasFocus, "the look at the case")
    stage.hands.press("1⏎")
    find(stage, panel, cause, part, words)
    return panel


def find(stage: Stage, panel: JobPanel, cause: str, part: str, words: str) -> None:
    """Write down what the bench finds: cause, small labour, a part where one is needed, the words."""
    hands = stage.hands
    hands.until(lambda: panel.step_name == "diagnose", "the diagnosis")
    step = _step(panel)
    hands.until(step.confirmed.hasFocus, "the first question")
    hands.press("11")
    hands.until(step.cause.hasFocus, "the cause")
    hands.say(cause)
    hands.until(lambda: step.cause.popup.isVisible(), "the cause is found")
    hands.press("⏎")
    hands.until(step.labour.hasFocus, "the labour")
    hands.press("S")
    hands.until(step.parts.field.hasFocus, "the parts")
    if part:
        hands.say(part)
        hands.until(lambda: step.parts.field.popup.isVisible(), "the part is found")
        hands.press("⏎")
        hands.until(lambda: step.parts.values(), "the part")
    hands.press("⏎")
    hands.until(step.words.hasFocus, "the findings")
    hands.say(words)
    stage.shot("findings")
    hands.press("⏎⏎⏎")
    hands.until(step.verdict.isVisible, "the decision")
    stage.shot("decision")


def job(stage: Stage, person: Any, serial: str, step: str) -> JobPanel:
    """Let a person scan a label wherever they are; the window opens the device at its step."""
    stage.sign_in(person)
    stage.hands.scan(stage.story.labels[serial])
    page = cast("BenchPage", stage.page("bench"))
    panel = page.panel
    stage.hands.until(
        lambda: panel.card is not None and panel.card.serial_no == serial and panel.step_name == step,
        f"{serial} opens at the step {step}",
    )
    stage.calm()
    assert panel.card is not None
    stage.story.items[serial] = panel.card.item_id
    return panel


def _step(panel: JobPanel) -> Any:
    return panel.steps[panel.step_name]


def _state_is(panel: JobPanel, state: str) -> Any:
    return lambda: panel.card is not None and panel.card.state == state


def on_shelf(stage: Stage, part_no: str) -> int:
    rows = stage.ask(lambda session: parts_for(session, "", part_no, limit=5))
    return next(row.on_shelf for row in rows if row.part_no == part_no)
