"""How a ticket's states, events and due times are shown: words, tones and icons."""

from __future__ import annotations

from deskapp import catalogue, knowledge
from deskapp.errors import N_
from deskapp.queries.tickets import EventCard, TicketRow
from deskapp.rules.deadlines import PRIORITY_TITLES
from deskapp.rules.ticket_fields import TicketKind
from deskapp.rules.tickets import KIND_TITLES, MOVE_TITLES, STATE_TITLES, WAITING_ON, TicketState
from deskapp.ui.kit import Cell, Column, Happening, spoken
from deskapp.ui.pages.visit_words import step_words
from deskapp.ui.pages.words import full_moment, moment

STATE_TONES = {"open": "info", "in_progress": "accent", "waiting": "warn", "done": "ok", "cancelled": "neutral"}
STATE_ICONS = {
    "open": "inbox", "in_progress": "player-play", "waiting": "player-pause", "done": "check", "cancelled": "ban",
}  # fmt: skip
ENDINGS = {
    "solved": N_("Solved"), "send_in": N_("The device has to come in"), "visit": N_("Somebody has to go there"),
    "bank_handoff": N_("Handed on to the bank"),
}  # fmt: skip
ANSWERS = {"yes": N_("Yes"), "no": N_("No"), "could_not": N_("Could not do it")}
_DAY_MS = 86_400_000
VISIT = "visit"


def state_cell(row: TicketRow) -> Cell:
    """Return the state of a ticket as a pill."""
    text = spoken(STATE_TITLES[TicketState(row.state)])
    if row.waits_for:
        text = _about(text, spoken(WAITING_ON.get(row.waits_for, row.waits_for)))
    return Cell(text, STATE_TONES[row.state], STATE_ICONS[row.state], pill=True)


def _about(what: str, more: str) -> str:
    return spoken(N_("{what}: {more}"), what=what, more=more)


def due_cell(row: TicketRow, now: int) -> Cell:
    """Return when a ticket is due; late and soon are marked by words and icon, not by colour alone."""
    if row.state in ("done", "cancelled"):
        return Cell("")
    if not row.done_due:
        return Cell(spoken(N_("clock stopped")), "muted", "player-pause")
    if now > row.done_due:
        return Cell(spoken(N_("late since {when}"), when=moment(row.done_due)), "danger", "alarm")
    if row.done_due - now < _DAY_MS:
        return Cell(spoken(N_("today {when}"), when=moment(row.done_due)[6:]), "warn", "clock")
    return Cell(moment(row.done_due), "muted")


def subject(row: TicketRow) -> str:
    """Return what a ticket is about in one line."""
    if row.kind != "repair":
        return " ".join(part for part in (spoken(KIND_TITLES[TicketKind(row.kind)]), row.words) if part)
    symptom = catalogue.title("symptoms", row.symptom_code) if row.symptom_code else ""
    return " · ".join(part for part in (symptom, row.words) if part)


def columns(now: int) -> list[Column]:
    """Return the columns of every list of tickets."""
    return [
        Column("number", N_("Number"), lambda row: row.number, 178),
        Column("state", N_("State"), state_cell, 130),
        Column("priority", N_("Priority"), lambda row: priority_cell(row), 96),
        Column("merchant", N_("Merchant"), lambda row: row.merchant or row.phone, 150),
        Column("subject", N_("Subject"), subject, 0),
        Column("opened", N_("Opened"), lambda row: moment(row.opened_at), 110),
        Column("due", N_("Due"), lambda row: due_cell(row, now), 150),
    ]


def priority_cell(row: TicketRow) -> Cell:
    """Return the priority; the urgent one carries an icon."""
    text = spoken(PRIORITY_TITLES[row.priority])
    return Cell(text, "danger", "alert-triangle") if row.priority == 1 else Cell(text, "muted")


def happening(event: EventCard) -> Happening:
    """Return one event as a line of the history."""
    what, icon, tone = _what(event)
    words = event.words
    if event.kind == VISIT:
        what, words, icon, tone = step_words(event)
    if event.voided:
        what, tone = spoken(N_("{what} (taken back)"), what=what), "muted"
    return Happening(full_moment(event.at), what, event.by, words, icon, tone)


def _what(event: EventCard) -> tuple[str, str, str]:
    data = event.data
    if event.kind in MOVE_TITLES:
        text = spoken(MOVE_TITLES[event.kind])
        if event.kind == "wait":
            text = _about(text, spoken(WAITING_ON.get(str(data.get("reason")), "")))
        elif data.get("reason"):
            text = _about(text, str(data["reason"]))
        return text, STATE_ICONS.get(event.to_state, "circle-check"), STATE_TONES.get(event.to_state, "muted")
    guide = knowledge.guides().get(str(data.get("guide", "")))
    language = _language()
    if event.kind == "guide_start" and guide:
        return spoken(N_("Guide: {title}"), title=guide.title.in_language(language)), "book", "accent"
    if event.kind == "guide_answer" and guide:
        answer = spoken(ANSWERS[str(data["answer"])])
        step = next((one for one in guide.steps if one.id == data["step"]), None)
        question = step.text.in_language(language) if step else str(data["step"])
        return f"{question} → {answer}", "message", "muted"
    if event.kind == "guide_end":
        return spoken(ENDINGS[str(data["ending"])]), "check", "ok"
    titles = {
        "note": (N_("Note"), "message"), "contact": (N_("Contact logged"), "phone-call"),
        "solved": (N_("Solved"), "check"), "guide_undo": (N_("Answer taken back"), "arrow-back-up"),
        "undo": (N_("Last step taken back"), "arrow-back-up"),
    }  # fmt: skip
    title, icon = titles.get(event.kind, (event.kind, "circle-check"))
    return spoken(title), icon, "muted"


def _language() -> str:
    from deskapp.i18n import language

    return language()
