"""Telling the merchant and checking who comes: ready calls, the pickup code, slips, and a slip that is lost.

A wrong code is an answer, not an error: the try has to be saved, so that the fifth one ends in a
supervisor's hands. The code itself is shown once and never stored; what is stored is an argon2id
verifier that is worth something for one slip of one site only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select

from deskapp import catalogue
from deskapp.clock import random_token, shop_day
from deskapp.commands.entry import Entry
from deskapp.commands.moves import item_of, move, raise_card, record
from deskapp.commands.pickup_forms import Proof, ProofKind, Release
from deskapp.errors import N_, Refused
from deskapp.models.handing_out import (
    MOST_TRIES,
    RELEASE_MS,
    CodeState,
    calls_of,
    code_of,
    counted,
    items_of,
    ready_items,
)
from deskapp.models.people import Site
from deskapp.models.repair import ItemRecord, RepairOrder
from deskapp.models.store import Write, command
from deskapp.rules.masking import mask

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_CODE = re.compile(r"[0-9]{6}")

OPENING = N_(
    "Hello, this is {site}. {count} of your terminals are repaired and ready to be collected under slip {slip}. "
    "The pickup code is {code}. Please bring the slip or this code, and an identity document."
)
"""What the clerk says on the phone; the only time the code is spoken."""


@dataclass(frozen=True, slots=True)
class CodeMade:
    """A fresh pickup code, to be said once, with the sentence to say (`OPENING` and its values)."""

    code: str
    sentence: str
    values: dict[str, object]
    renewed: bool = False


@dataclass(frozen=True, slots=True)
class CallLogged:
    """A logged attempt: how many there were so far, whether somebody heard it, and whether a code counts now."""

    attempts: int
    reached: bool
    code: CodeMade | None = None
    holds: bool = False


# -- telling the merchant --------------------------------------------------------


@command(N_("Make a pickup code"), right="call")
def make_pickup_code(write: Write, *, order_id: str) -> CodeMade:
    """Make the code of an order whose devices are ready; an older one stops counting. It is never shown again."""
    order = order_of(write, order_id)
    if not ready_items(items_of(write.session, order.id)):
        raise Refused(N_("Nothing on this order is ready for pickup yet."), field="order", code="not_ready")
    return _make(write, order)


@command(N_("Log a ready call"), right="call")
def log_call(
    write: Write, *, order_id: str, channel: str, result: str, words: str = "", new_code: bool = False
) -> CallLogged:
    """Note one attempt to tell the merchant that devices are ready.

    With `new_code` the code is made in the same act (for a text message). A code that nobody heard,
    because nobody was reached since it was made, stops counting; one that was told at an earlier notice stays.
    """
    order = order_of(write, order_id)
    if channel not in catalogue.words("contact_channels"):
        raise Refused(N_("How was the merchant told? Choose a channel."), field="channel", code="missing")
    if result not in catalogue.words("call_results"):
        raise Refused(N_("What came of the call? Choose a result."), field="result", code="missing")
    entry = Entry()
    said = entry.note(words, "words")
    ready = ready_items(items_of(write.session, order.id))
    if not ready:
        raise Refused(N_("Nothing on this order is ready for pickup yet."), field="order", code="not_ready")
    code = _make(write, order) if new_code else None
    for item in ready:
        move(write, item, "notify", {"notice_channel": channel, "notice_result": result})
    record(write, order.id, "ready_call", said, channel=channel, result=result)
    entry.raise_cards(write, "repair_order", order.id)
    write.session.flush()
    calls, made = calls_of(write.session, order.id), code_of(write.session, order.id)
    heard = any(call.reached and call.at >= made.made_at for call in calls)
    if not heard:
        void_code(write, made)
    write.session.flush()
    return CallLogged(len(calls), result == "reached", code, made.exists and heard)


def _make(write: Write, order: RepairOrder) -> CodeMade:
    write.session.flush()
    earlier = code_of(write.session, order.id)
    void_code(write, earlier)
    code = draw_code(shop_day(write.now).strftime("%y%m%d"), order.deliverer_phone)
    record(write, order.id, "pickup_code", verifier=_HASHER.hash(_bound(order, code)))
    write.session.flush()
    site = write.session.get(Site, order.site_id or write.site_id)
    values: dict[str, object] = {
        "site": (site.short_name or site.name) if site else "",
        "count": len(ready_items(items_of(write.session, order.id))),
        "slip": order.slip_no,
        "code": " ".join((code[:3], code[3:])),
    }
    return CodeMade(code, OPENING, values, earlier.exists)


def draw_code(day: str, phone: str) -> str:
    """Return six random digits that begin neither like the day (yymmdd) nor like a part of the phone number.

    A code that looks like a date or a number everybody knows would be guessed first.
    """
    digits = "".join(char for char in phone if char.isdigit())
    known = {digits[at : at + 3] for at in range(max(0, len(digits) - 2))}
    while True:
        code = f"{int(random_token(8), 16) % 1_000_000:06d}"
        if code[:2] not in (day[4:6], day[2:4]) and code[:3] not in known and len(set(code)) > 2:
            return code


def _bound(order: RepairOrder, code: str) -> str:
    """A code is good for one slip at one site only, so both are part of what is hashed."""
    return f"{order.slip_no}:{order.site_id}:{code}"


def void_code(write: Write, code: CodeState) -> None:
    """Let a pickup code count no longer; nothing happens where there is none."""
    if not code.exists:
        return
    write.session.add(
        ItemRecord(
            id=write.new_id(), at=write.now, by=write.actor.staff_id, item_id=_subject(write, code.record_id),
            kind="pickup_code", voids=code.record_id,
        )
    )  # fmt: skip
    write.session.flush()


def _subject(write: Write, record_id: str) -> str:
    return write.session.get_one(ItemRecord, record_id).item_id


# -- checking who comes ----------------------------------------------------------


@command(N_("Check slip or code"), right="pickup")
def check_release(write: Write, *, order_id: str, proof: Proof) -> Release:
    """Check what the collector shows and answer with a release that is good for half an hour.

    Wrong answers are saved and counted; from the fifth on only a supervisor's consent releases.
    """
    order = order_of(write, order_id)
    state = code_of(write.session, order.id)
    if proof.kind is ProofKind.SUPERVISOR:
        second = write.second_person(proof.override, "override", field="proof")
        reason = Entry().note(proof.override.reason if proof.override else "", "reason")
        return _release(write, order, proof.kind, second, reason)
    if state.blocked:
        return _no(N_("There were {count} wrong tries. A supervisor has to let the devices go."), state,
                   count=state.tries)  # fmt: skip
    if proof.kind is ProofKind.CODE:
        return _check_code(write, order, proof, state)
    return _check_slip(write, order, proof, state)


def _check_code(write: Write, order: RepairOrder, proof: Proof, state: CodeState) -> Release:
    digits = "".join(proof.code.split())
    if not _CODE.fullmatch(digits):
        raise Refused(N_("A pickup code has six digits."), field="code", code="form")
    if not state.exists:
        return _no(
            N_("No pickup code counts for this slip yet. Call the merchant, or ask for the original slip."), state
        )
    try:
        _HASHER.verify(state.verifier, _bound(order, digits))
    except (VerificationError, InvalidHashError):
        return _wrong(write, order, proof.kind, state, N_("The code is not right. {left} tries are left."))
    return _release(write, order, proof.kind)


def _check_slip(write: Write, order: RepairOrder, proof: Proof, state: CodeState) -> Release:
    if order.slip_blocked:
        return _no(
            N_("This slip was reported lost and is blocked. Ask for the pickup code, or a supervisor."), state,
            supervisor=True,
        )  # fmt: skip
    if proof.slip_no != order.slip_no:
        raise Refused(
            N_("This is not the slip of order {order}. Look for slip {slip}."), field="slip", code="other_slip",
            order=order.number, slip=order.slip_no,
        )  # fmt: skip
    if proof.kind is ProofKind.SLIP:
        if not proof.token:
            raise Refused(
                N_("Only the slip's square code proves the original. Scan it, or enter the end of the phone number."),
                field="slip", code="no_token",
            )  # fmt: skip
        if proof.token != order.slip_token:
            return _wrong(
                write, order, proof.kind, state,
                N_("The code on this slip is not the one we printed: it may be a copy. {left} tries are left."),
            )  # fmt: skip
        return _release(write, order, proof.kind)
    digits = "".join(char for char in order.deliverer_phone if char.isdigit())
    if len(digits) < 4:
        return _no(N_("No phone number of the deliverer is on file. Ask for the code, or a supervisor."), state,
                   supervisor=True)  # fmt: skip
    if not re.fullmatch(r"[0-9]{4}", proof.phone_tail.strip()):
        raise Refused(N_("Enter the last four digits of the deliverer's phone number."), field="phone_tail")
    if proof.phone_tail.strip() != digits[-4:]:
        return _wrong(
            write, order, proof.kind, state, N_("The phone number does not end like this. {left} tries are left.")
        )
    return _release(write, order, proof.kind)


def _wrong(write: Write, order: RepairOrder, kind: ProofKind, state: CodeState, sentence: str) -> Release:
    record(write, order.id, "pickup_try", proof=kind.value)
    left = max(0, MOST_TRIES - state.tries - 1)
    if left:
        return Release(sentence=sentence, values={"left": left}, tries_left=left)
    raise_card(write, "pickup_blocked", "repair_order", order.id, data={"tries": state.tries + 1})
    return Release(
        sentence=N_("That was the last try. Only a supervisor can let the devices go now, or a new code."),
        tries_left=0, supervisor=True,
    )  # fmt: skip


def _no(sentence: str, state: CodeState, *, supervisor: bool = False, **values: object) -> Release:
    return Release(
        sentence=sentence, values=values, tries_left=state.left, supervisor=supervisor or state.blocked
    )


def _release(
    write: Write, order: RepairOrder, kind: ProofKind, second: str = "", reason: str = ""
) -> Release:
    row = record(write, order.id, "pickup_release", reason, proof=kind.value, second_by=second)
    return Release(row.id)


def spend_release(write: Write, order: RepairOrder, release_id: str) -> ItemRecord:
    """Return the release a hand-out stands on; raises Refused when it is none, another's, used or too old."""
    session = write.session
    row = session.get(ItemRecord, release_id) if release_id else None
    if row is None or row.kind != "pickup_release" or row.item_id != order.id:
        raise Refused(N_("Check the slip or the code first."), field="proof", code="no_release")
    uses = session.scalars(
        select(ItemRecord).where(ItemRecord.item_id == order.id, ItemRecord.kind == "pickup_release_used")
    ).all()
    if any(use.data.get("release") == row.id for use in counted(uses)):
        raise Refused(N_("Devices were handed out on this check already. Check again."), field="proof", code="used")
    if write.now - row.at > RELEASE_MS or row.by != (write.actor.staff_id or write.actor.staff_no):
        raise Refused(N_("The check was too long ago. Check slip or code again."), field="proof", code="old")
    record(write, order.id, "pickup_release_used", release=row.id)
    return row


# -- a lost slip -----------------------------------------------------------------


@command(N_("Report a slip lost"), right="pickup")
def report_slip_lost(write: Write, *, order_id: str, reported_by: str, words: str = "") -> None:
    """Note who reports the loss and block the slip: from now on a code or a supervisor releases the devices."""
    order = order_of(write, order_id)
    if not reported_by.strip():
        raise Refused(N_("Who reports the loss? Enter the name."), field="reported_by")
    entry = Entry()
    entry.take("name", reported_by, "reported_by", needed=True)
    if order.slip_blocked:
        raise Refused(N_("This slip is blocked already."), field="slip", code="blocked")
    # Records of this kind cannot be erased one by one, so the name is kept masked.
    record(
        write, order.id, "slip_lost", entry.note(words, "words"), slip=order.slip_no,
        reported_by=mask("name", reported_by.strip()),
    )  # fmt: skip
    raise_card(write, "slip_lost", "repair_order", order.id)
    order.slip_blocked = True


@command(N_("The lost slip was found"), right="correct")
def unblock_slip(write: Write, *, order_id: str, reason: str) -> None:
    """Let a slip count again that was blocked; a supervisor's act."""
    order = order_of(write, order_id)
    if not reason.strip():
        raise Refused(N_("Give the reason."), field="reason")
    record(write, order.id, "slip_found", Entry().note(reason, "reason"))
    order.slip_blocked = False


# -- other ways to become ready ----------------------------------------------------


@command(N_("Give back unrepaired"), right="counter_service")
def give_back_unrepaired(
    write: Write, *, item_id: str, decline_reason: str, risk_notice: bool, words: str = ""
) -> None:
    """Make a device ready for pickup as it came, after the merchant was told the risks."""
    item = item_of(write, item_id)
    if decline_reason not in catalogue.words("decline_reasons"):
        raise Refused(N_("Why is it not repaired? Choose the reason."), field="decline_reason", code="missing")
    if not risk_notice:
        raise Refused(N_("Tell the merchant what may happen if it is used unrepaired, then tick it."),
                      field="risk_notice")  # fmt: skip
    said = Entry().note(words, "words")
    move(write, item, "give_back_unrepaired", {"decline_reason": decline_reason, "risk_notice": True}, reason=said)


@command(N_("Start counter service"), right="counter_service")
def start_counter_service(write: Write, *, item_id: str, action: str) -> None:
    """Begin a small service at the counter: paper, adapter, update. The case stays closed."""
    move(write, item_of(write, item_id), "start_counter_service", {"action": _action(action)})


@command(N_("Finish counter service"), right="counter_service")
def finish_counter_service(
    write: Write, *, item_id: str, action: str, test_result: str, consumables: tuple[str, ...] = (), words: str = ""
) -> None:
    """Say what was done and how the test went; the device is then ready for pickup."""
    if test_result not in ("pass", "fail"):
        raise Refused(N_("Does it work now? Test it and answer."), field="test_result", code="missing")
    if test_result == "fail":
        raise Refused(N_("It still does not work: send it to the bench instead."), field="test_result", code="fail")
    move(
        write, item_of(write, item_id), "finish_counter_service",
        {"action": _action(action), "consumables": list(consumables), "test_result": test_result,
         "words": Entry().note(words, "words")},
    )  # fmt: skip


@command(N_("Stop counter service"), right="counter_service")
def stop_counter_service(write: Write, *, item_id: str, reason: str) -> None:
    """Give up the service at the counter; the device goes to the bench."""
    if not reason.strip():
        raise Refused(N_("Give the reason."), field="reason")
    said = Entry().note(reason, "reason")
    move(write, item_of(write, item_id), "stop_counter_service", {"reason": said}, reason=said)


def _action(code: str) -> str:
    if code not in catalogue.words("actions"):
        raise Refused(N_("Choose what is done."), field="action", code="missing")
    return code


def order_of(write: Write, order_id: str) -> RepairOrder:
    """Return an order; raises Refused when it is not known here."""
    order = write.session.get(RepairOrder, order_id)
    if order is None:
        raise Refused(N_("This order is not known here."), field="order")
    return order
