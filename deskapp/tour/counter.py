"""At the counter: a call, a walk-in, and a note that must not be kept."""

from __future__ import annotations

from functools import partial
from typing import cast

from deskapp.i18n import translate
from deskapp.paths import resource
from deskapp.queries.tickets import ticket
from deskapp.rules.guides import Step as GuideStep
from deskapp.tour.stage import CLERK, Stage
from deskapp.ui.pages.checkin import CheckInPage
from deskapp.ui.pages.guidance import GuidancePage
from deskapp.ui.pages.quick_ticket import QuickTicketPage
from deskapp.ui.pages.ticket import TicketPage

FREE, PAYABLE = "PX920S00000004", "PX920S00000003"
"""Two terminals of one merchant: the first is under warranty until 2099, the second since 2023 no longer."""

CALLER = "示例小面"
DELIVERER_ID = "001X"
CUT = "A card number was taken out of the draft. Do not enter card numbers."
CARD = "6222020200112233446"
"""A made-up number with a right check digit, as somebody reads one from a slip."""


def solved_by_phone(stage: Stage) -> None:
    """Write a call down and guide the caller until it prints again."""
    hands = stage.hands
    stage.sign_in(CLERK)
    page = cast("QuickTicketPage", stage.open("quick_ticket"))
    hands.until(page.merchant.hasFocus, "the merchant has the focus")
    hands.say(CALLER)
    hands.until(lambda: page.merchant.popup.isVisible(), "the merchant is found")
    stage.shot("merchant_found")
    hands.press("⏎")
    hands.until(page.device.hasFocus, "the device has the focus")
    hands.say("NL910S00000001")
    hands.until(lambda: page.device.popup.isVisible(), "the device is found")
    hands.press("⏎")
    hands.until(page.symptom.hasFocus, "the symptom has the focus")
    hands.say("DY")
    hands.until(lambda: page.symptom.popup.isVisible(), "the symptom is found")
    hands.press("⏎")
    hands.until(page.words.hasFocus, "the words have the focus")
    hands.say("昨天换了新纸以后，小票上的字很淡")
    hands.chord("Ctrl+Return")
    hands.until(page.stopped.hasFocus, "the last question has the focus")
    hands.press("2")
    stage.shot("ticket_filled")
    hands.push(page.guide_button)
    guidance = cast("GuidancePage", stage.page("guidance"))
    _guide(stage, guidance)
    shown = cast("TicketPage", stage.page("ticket"))
    hands.until(lambda: shown.card is not None and shown.card.row.state == "done", "the ticket is done")
    stage.shot("ticket_done")
    card = shown.card
    assert card is not None
    stage.story.ticket_id, stage.story.ticket_no = card.row.id, card.row.number
    stage.diary.number("ticket", card.row.number)
    stage.diary.expect("the call is solved and done", "done", card.row.state)


def _guide(stage: Stage, page: GuidancePage) -> None:
    hands = stage.hands
    asked: list[str] = []
    hands.until(lambda: page.step is not None, "the first question")
    while (step := page.step) is not None:
        asked.append(step.id)
        hands.until(page.hasFocus, "the question takes the keys")
        if step.id == "clean_head":
            stage.shot("guide_question")
        hands.press("1")
        hands.until(partial(_answered, page, step), "the next question, or the end")
    stage.diary.expect("questions asked until it prints", 6, len(asked))
    hands.fill(page.solution, "清洁打印头后自检页清晰")
    stage.shot("guide_solved")
    hands.push(page.finish)


def _answered(page: GuidancePage, step: GuideStep) -> bool:
    """Tell whether the window has gone on from a question; between two questions there is a moment without one."""
    return page.end.isVisible() or page.step not in (None, step)


def walk_in(stage: Stage) -> None:
    """Take two terminals and three accessories in, by scanner and single keys, then scan the labels back."""
    hands = stage.hands
    stage.sign_in(CLERK)
    page = cast("CheckInPage", stage.open("check_in"))
    hands.until(page.sheet.serial.hasFocus, "the scan field has the focus")
    keys, scans = hands.keys, hands.scans
    hands.scan(FREE)
    hands.until(lambda: len(page.sheet.panels) == 1 and page.sheet.panels[0].briefing is not None, "what is known")
    hands.press("DC")
    hands.press("PA DC⏎")
    hands.press("111")
    stage.shot("first_device")
    hands.scan(PAYABLE)
    hands.until(lambda: len(page.sheet.panels) == 2 and page.sheet.panels[1].briefing is not None, "what is known")
    hands.press("DY")
    hands.press("BT⏎")
    hands.press("111")
    page.sheet.panels[1].photos.add_file(resource("samples", "device_front.jpg"))
    hands.until(lambda: page.sheet.panels[1].photos.photos, "the photo is taken in")
    hands.press("1")
    hands.press(f"{DELIVERER_ID}⏎")
    hands.press("3")
    hands.press("·")
    stage.shot("ready_to_save")
    hands.press("⏎")
    hands.until(lambda: page.labels.state is not None and len(page.labels.state.missing) == 2, "the labels")
    stage.papers_out()
    hands.until(partial(_printed, page), "the labels are printed")
    stage.shot("labels")
    state = page.labels.state
    assert state is not None
    _remember(stage, page)
    for row in state.missing:
        hands.scan(row.label_no)
        hands.until(partial(_ticked, page, row.label_no), "it is ticked off")
    hands.until(lambda: page.labels.finished, "all labels are scanned back")
    stage.shot("scanned_back")
    stage.diary.expect("scans of the check-in", 4, hands.scans - scans)
    stage.diary.expect("keys of the check-in, at most 30", True, hands.keys - keys <= 30)


def _printed(page: CheckInPage) -> bool:
    state = page.labels.state
    return state is not None and all(row.print_state == "printed" for row in state.rows)


def _ticked(page: CheckInPage, label_no: str) -> bool:
    state = page.labels.state
    return state is not None and all(row.label_no != label_no for row in state.missing)


def _remember(stage: Stage, page: CheckInPage) -> None:
    story, state = stage.story, page.labels.state
    assert state is not None
    story.order_id, story.order_no, story.slip_no = state.order_id, state.order_no, state.slip_no
    for row in state.rows:
        if row.kind == "device":
            story.labels[row.serial_no] = row.label_no
        else:
            story.accessories.append(row.label_no)
    for kind, number in (("order", story.order_no), ("slip", story.slip_no)):
        stage.diary.number(kind, number)
    stage.diary.expect("devices taken in", {FREE, PAYABLE}, set(story.labels))
    stage.diary.expect("accessories with a label of their own", 3, len(story.accessories))
    kinds = [paper["kind"] for paper in stage.diary.papers]
    stage.diary.expect("device labels", 2, kinds.count("device_label"))
    stage.diary.expect("accessory labels", 3, kinds.count("accessory_label"))
    stage.diary.expect("pickup slips", 1, kinds.count("pickup_slip"))


def card_number(stage: Stage) -> None:
    """Write a card number into a ticket: it is refused in place, and no digit of it is kept anywhere."""
    hands = stage.hands
    stage.sign_in(CLERK)
    page = cast("QuickTicketPage", stage.open("quick_ticket"))
    hands.fill(page.phone, "13800000105")
    hands.fill(page.device, "SMP2S00000009")
    hands.fill(page.symptom, "SK")
    hands.until(lambda: page.symptom.popup.isVisible(), "the symptom is found")
    hands.press("⏎")
    hands.fill(page.words, f"顾客卡号{CARD}刷卡失败")
    hands.go(page.stopped)
    hands.press("2")
    hands.push(page.save_button)
    hands.until(lambda: _refusal(page), "the note is refused")
    stage.shot("card_number_refused")
    stage.diary.expect("the ticket was not saved", "quick_ticket", stage.window.shell and stage.window.shell.page_id())
    stage.diary.expect("what was typed is still there", True, CARD in page.words.text())
    page.keep_draft()
    hands.until(lambda: page.draft_note.text(), "the draft is kept")
    stage.diary.expect("the draft says that the number was cut",
                       translate(CUT, stage.diary.language), page.draft_note.text())  # fmt: skip
    hands.fill(page.words, "顾客刷卡失败，改用扫码成功")
    hands.push(page.save_button)
    shown = cast("TicketPage", stage.page("ticket"))
    hands.until(lambda: shown.card is not None, "the ticket")
    assert shown.card is not None
    stage.diary.number("ticket", shown.card.row.number)
    kept = stage.ask(lambda session: ticket(session, shown.card.row.id if shown.card else ""))
    stage.diary.expect("no card number on the ticket", False, CARD in repr(kept))


def _refusal(page: QuickTicketPage) -> str:
    row = page.fault.rows["words"]
    return row.error.text() if row.error.isVisible() else ""
