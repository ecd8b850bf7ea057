"""Disagreements in plain sentences: who, where, when, what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from deskapp.errors import N_
from deskapp.queries.disagreements import PARKED, REFUSED, Detail, Side
from deskapp.queries.disagreements import TITLES as DISAGREEMENTS
from deskapp.rules.custody import HOLDER_TITLES, kind_of
from deskapp.rules.money import format_yuan
from deskapp.rules.tickets import MOVE_TITLES
from deskapp.ui.kit import spoken
from deskapp.ui.pages.words import MOVE_TITLES as WORK_TITLES
from deskapp.ui.pages.words import full_moment
from deskapp.ui.speech import listed
from deskapp.ui.sync_words import off_by

INTRODUCTIONS: Final[Mapping[str, str]] = {
    "also_changed": N_("Two people changed the same fields without seeing each other's version. The later one is in"
                       " force; the other one is kept here."),
    "identity_conflict": N_("Two people changed what this record is called or numbered. The first version is in force"
                            " until somebody decides."),
    "twin": N_("Two records bear the same number. Are they one and the same?"),
    "two_pickups": N_("Two counters have handed out the same device. Only one of them can have done so."),
    "stock_negative": N_("Parts were booked out at two benches at the same time."),
}  # fmt: skip
"""What a kind of card is about; the others have a sentence of their own."""

CARD_KINDS: Final[Mapping[str, str]] = {
    "todo": N_("Still to do"), "other": N_("To look at"), "disagreement": N_("Disagreement"),
}  # fmt: skip
"""Of what sort a card is; what it is about stands in its title, and is not said twice."""


def card_sort(kind: str) -> str:
    """Return the sort, one of `CARD_KINDS`, that a kind of card belongs to."""
    return "todo" if kind == "todo" else "disagreement" if kind in DISAGREEMENTS else "other"


_MONEY: Final[Mapping[str, str]] = {
    "quote": N_("Quote"), "approval": N_("Approval"), "decline": N_("Refusal"), "charge": N_("Charge"),
    "payment": N_("Payment"), "waiver": N_("Waiver"), "discount": N_("Discount"), "refund": N_("Refund"),
    "void": N_("Voided entry"),
}  # fmt: skip


def titled(title: str, fields: Iterable[str], words: str = "") -> str:
    """Return what a card is called, with the fields of which there are two versions, and its own words."""
    return "  ".join(part for part in (spoken(title), listed(spoken(one) for one in fields), words) if part)


def said_by(side: Side, me: str) -> str:
    """Return who wrote a version, where and when; the person at the desk is called “you”."""
    who = spoken(N_("You")) if me and side.staff_id == me else side.name or spoken(N_("Somebody"))
    parts = [who, side.site]
    if side.station:
        parts.append(spoken(N_("station {number}"), number=f"{side.station:05d}"))
    if side.at:
        parts.append(full_moment(side.at))
    return "  ·  ".join(part for part in parts if part)


def sentence(detail: Detail) -> str:
    """Return what happened, in one or two sentences."""
    row, data, side = detail.row, detail.data, detail.side
    who, when = side.name or spoken(N_("Somebody")), full_moment(side.at)
    if row.kind == "misfit":
        return _misfit(data, who, when)
    if row.kind == "clock" and row.local:
        off = int(data.get("off_ms", 0))
        text = (
            N_("This computer's clock is {span} slow. Syncing works all the same, but the times on papers"
               " and in the history are wrong. Set date and time of the computer.")
            if off > 0
            else N_("This computer's clock is {span} fast. Syncing works all the same, but the times on"
                    " papers and in the history are wrong. Set date and time of the computer.")
        )  # fmt: skip
        return spoken(text, span=off_by(off))
    if row.kind == "clock":
        return spoken(
            N_("Entries of {name} are dated {time}, in the future. The clock of the computer they were made on is"
               " wrong: have it set. The entries count all the same."), name=who, time=when,
        )  # fmt: skip
    if row.kind == "foreign_fact":
        return spoken(
            N_("Station {number} wrote something about a record that its branch does not have. It is kept; look whether"
               " it belongs here."), number=f"{int(data.get('station', 0)):05d}",
        )  # fmt: skip
    if row.kind == "cut":
        return spoken(N_("An entry held digits of a payment card or a key. They were cut out before anything was"
                         " stored; only the last four are left. Remind whoever wrote it."))  # fmt: skip
    if row.kind == "not_allowed":
        what, thing = spoken(str(data.get("what", ""))), str(data.get("about", ""))
        return spoken(
            N_("{name} did this at {time} at station {number}: “{what}”. By what the server knows that is not theirs"
               " to do, or they were no longer at work then. It happened, so it is kept. Ask about it; put the roles"
               " right, or the entry."),
            name=who, time=when, number=f"{int(data.get('station', 0)):05d}", what=f"{what} {thing}".strip(),
        )  # fmt: skip
    if row.kind == "same_number":
        return spoken(
            N_("Two records bear the number {number}. That happens where the disk of a computer was copied, or set back"
               " to an old state, and used. Both stay, and neither gets another number, for it stands on paper. Write"
               " on both papers whose they are; searching for the number shows both."),
            number=str(data.get("number", "")),
        )  # fmt: skip
    if row.kind == "photo_missing":
        return _photo(data)
    if row.kind in (REFUSED, PARKED):
        return _own(row.kind, str(data.get("reason", "")), full_moment(row.raised_at))
    return spoken(INTRODUCTIONS[row.kind]) if row.kind in INTRODUCTIONS else ""


def _photo(data: Mapping[str, object]) -> str:
    number, made = str(data.get("station", 0)).zfill(5), full_moment(int(str(data.get("made_at", 0) or 0)))
    where = str(data.get("place", ""))
    name = N_("station {number} ({place})") if where else N_("station {number}")
    place = spoken(name, number=number, place=where)
    text = (
        N_("The signature of {time} has not reached the server for a week. Only {place} has it: switch that computer"
           " on, open “Syncing” there, and leave it on until it says that all photos are sent. If it is gone for good,"
           " settle this and have the paper signed again.")
        if str(data.get("kind", "")).startswith("signature")
        else N_("The photo of {time} has not reached the server for a week. Only {place} has it: switch that computer"
                " on, open “Syncing” there, and leave it on until it says that all photos are sent. If it is gone for"
                " good, settle this and take a new photo where you still can.")
    )  # fmt: skip
    return spoken(text, time=made, place=place)


def _misfit(data: Mapping[str, object], who: str, when: str) -> str:
    axis, move = data.get("axis"), str(data.get("move", ""))
    if axis == "custody":
        return spoken(
            N_("{name} noted at {time} that the device was handed over by “{written}”. By the record it was with"
               " “{expected}”. Find out where it really was; the chain goes on from where it was seen last."),
            name=who, time=when, written=_holder(data.get("written")), expected=_holder(data.get("expected")),
        )  # fmt: skip
    titles = {"work": WORK_TITLES, "ticket": {**WORK_TITLES, **MOVE_TITLES}}.get(str(axis), _MONEY)
    what = titles.get(move)
    title = spoken(what) if what else move
    fen = data.get("fen")
    if isinstance(fen, int) and fen:
        title = f"{title} {format_yuan(fen)}"
    return spoken(
        N_("“{what}” by {name} at {time} does not fit: somebody else was quicker. The note is kept in the history and"
           " moves nothing. Look whether something is left to do."), what=title, name=who, time=when,
    )  # fmt: skip


def _holder(written: object) -> str:
    try:
        return spoken(HOLDER_TITLES[kind_of(str(written))])
    except (ValueError, KeyError):
        return str(written)


def _own(kind: str, reason: str, when: str) -> str:
    text = (
        N_("What you did at {time} was not taken by the server. Every word of it stands below: enter again what is"
           " still needed.") if kind == REFUSED
        else N_("The server has set an entry of {time} aside and takes it later by itself. Nothing is lost.")
    )  # fmt: skip
    told = spoken(text, time=when)
    return f"{told} {spoken(reason)}" if reason else told
