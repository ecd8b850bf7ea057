"""A visit on site: agreed on from the ticket, the device looked at and cleaned, signed, and the paper of it."""

from __future__ import annotations

from typing import cast

from deskapp.queries.tickets import ticket
from deskapp.tour.pickup import SIGNATURE
from deskapp.tour.stage import BOSS, CLERK, Stage
from deskapp.ui.pages.ticket import TicketPage
from deskapp.ui.pages.visit import VisitPage

MET = "SMP2S00000009"
"""The terminal of the last call of the day."""


def visit(stage: Stage) -> None:
    """Plan a visit for the call that was just written down; then whoever goes there notes what happened."""
    ticket_id = _plan(stage)
    page = _go(stage)
    _finish(stage, page)
    card = page.card
    assert card is not None
    known = stage.ask(lambda session: ticket(session, ticket_id))
    stage.diary.expect("the visit is done on site", "done", card.row.state)
    stage.diary.expect("its ticket is done with it", "done", known.row.state if known else "")
    moves = [str(event.data.get("move", "")) for event in card.events]
    stage.diary.expect("what happened on the visit", ["schedule_visit", "arrive", "finish_on_site"], moves)
    sheets = [paper["number"] for paper in stage.diary.papers if paper["kind"] == "inspection_sheet"]
    stage.diary.expect("the sheet of the visit", [card.row.number], sheets)


def _plan(stage: Stage) -> str:
    hands = stage.hands
    stage.sign_in(CLERK)
    shown = cast("TicketPage", stage.page("ticket"))
    assert shown.card is not None
    ticket_id = shown.card.row.id
    hands.push(shown.visit)
    page = cast("VisitPage", stage.page("visit"))
    hands.until(lambda: page.plan.isVisible() and page.plan.window_field.day.hasFocus(), "the plan of the visit")
    hands.press("t⏎")
    hands.press("17⏎⏎")
    hands.until(page.plan.engineer.hasFocus, "who goes")
    hands.press("1")
    hands.go(page.plan.fee)
    hands.press("1")
    stage.shot("visit_planned")
    hands.chord("Ctrl+S")
    hands.until(lambda: page.card is not None and page.card.row.state == "planned", "the visit is agreed on")
    assert page.card is not None
    stage.diary.number("visit", page.card.row.number)
    return ticket_id


def _go(stage: Stage) -> VisitPage:
    """Open the visit of today, show the badge, scan the case, look at it."""
    hands = stage.hands
    stage.sign_in(BOSS)
    stage.open("visits")
    hands.press("⏎")
    page = cast("VisitPage", stage.page("visit"))
    hands.until(page.arrive.badge.hasFocus, "the arrival")
    hands.press("·")
    hands.scan(MET)
    hands.until(page.arrive.tamper.hasFocus, "the tamper check")
    stage.shot("visit_arrived")
    hands.press("1⏎")
    hands.until(lambda: page.result.isVisible() and page.result.action.hasFocus(), "what was done")
    return page


def _finish(stage: Stage, page: VisitPage) -> None:
    hands, result = stage.hands, page.result
    hands.press("QJ")
    hands.until(lambda: result.action.field.popup.isVisible(), "the action is found")
    hands.press("⏎")
    hands.go(result.test)
    hands.press("1⏎")
    hands.until(result.settled.hasFocus, "whether it is settled")
    hands.press("1")
    hands.go(result.pad.pad)
    hands.draw(result.pad.pad, SIGNATURE)
    stage.shot("visit_signed")
    hands.chord("Ctrl+S")
    hands.until(lambda: page.card is not None and page.card.row.state == "done", "the visit is over")
    hands.chord("Ctrl+P")
    hands.until(lambda: page.papers.table.rows(), "its paper")
    stage.papers_out()
    stage.shot("visit_done")
