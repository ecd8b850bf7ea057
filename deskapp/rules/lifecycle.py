"""The life of one device on one order: which move is legal, and the state as a fold of facts.

A move is checked when a person makes it (`check`). What was made is a fact and is never refused
afterwards: `fold_work` reads the facts in their order and gives the state; a fact that is no legal
move from the state before it (two desks acted on the same device without knowing of each other)
is kept, moves nothing and is listed for a person to settle.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from deskapp.errors import N_, Forbidden, Refused
from deskapp.rules.access import ROLE_TITLES, SUPERVISORS, Role, two_persons
from deskapp.rules.facts import without_voided
from deskapp.rules.move_records import RECORD_TITLES, is_recorded, missing_keys, refuse_missing
from deskapp.rules.moves import HANDS_ON, TABLE, Move, Where
from deskapp.rules.states import ENDED, HELD, NOT_YET, RESUMING, STATE_TITLES, WAITING_FOR, WorkState

__all__ = [
    "ENDED", "HELD", "RECORD_TITLES", "RESUMING", "STATE_TITLES", "WAITING_FOR",
    "Allowed", "Move", "Where", "WorkFact", "WorkState", "WorkView",
    "check", "fold_work", "hands_of", "legal", "moves",
]  # fmt: skip

TOO_MANY_FAILURES: Final = 3
"""The third failed test of one device is a supervisor's decision, not another round."""

MAY_START: Final = frozenset({"free", "within_ceiling", "waived", "approved"})
"""Why a repair may start without a new approval (`charge_basis`)."""


COMES_AS_IT_IS: Final = frozenset(
    {"arrive", "check_in", "take_over", "receive", "receive_home", "courier_back", "back_from_vendor"}
)
"""Moves by which a device comes to us in whatever state it is: the act that finds it suspect quarantines it next."""


SWAPS: Final = frozenset(
    {"swap", "supply_swap", "supply_swap_for_keys", "supply_swap_for_return", "supply_swap_on_site"}
)
"""Moves by which one unit takes the place of another."""


@dataclass(frozen=True, slots=True)
class WorkFact:
    """What was done: the move, the state it led to, when (ms UTC) and by whom.

    `resumes` is, for a move that remembers, the state the person left; `voids` is the uid of the
    fact this one takes back.
    """

    move: str
    to: WorkState
    at_ms: int
    by: str
    resumes: WorkState | None = None
    uid: str = ""
    voids: str | None = None


@dataclass(frozen=True, slots=True)
class WorkView:
    """Where a device stands: state (None before the first fact), what it goes back to, and how it came here.

    `history` are the facts that count, in order; `misfits` those that fit nowhere; `since_ms` is
    when the present state began.
    """

    state: WorkState | None = None
    remembered: WorkState | None = None
    history: tuple[WorkFact, ...] = ()
    misfits: tuple[WorkFact, ...] = ()
    since_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Allowed:
    """A move that may be made: where it leads, what stays to do, and whether one person did both parts."""

    move: Move
    to: WorkState
    todo: tuple[str, ...] = ()
    solo: bool = False


def moves() -> tuple[Move, ...]:
    """Return the whole table. A name may stand in it twice, never twice for the same state."""
    return TABLE


def legal(state: WorkState | None, site_roles: Iterable[str]) -> list[Move]:
    """Return the moves that can be made from a state at a site with these roles."""
    roles = frozenset(site_roles)
    return [move for move in TABLE if state in move.from_states and move.sites.fits(roles)]


def hands_of(history: Sequence[WorkFact]) -> frozenset[str]:
    """Return the persons who worked on the device, and so may not judge the work."""
    return frozenset(fact.by for fact in history if fact.move in HANDS_ON)


def check(
    state: WorkState | None,
    move: str,
    *,
    roles: Iterable[str],
    records: Mapping[str, object],
    site_roles: Iterable[str],
    by: str = "",
    second: str = "",
    second_roles: Iterable[str] = (),
    hands: Collection[str] = (),
    solo_site: bool = False,
    remembered: WorkState | None = None,
) -> Allowed:
    """Return what the move leads to, or raise `Refused` or `Forbidden` with a sentence naming what is wrong.

    `roles` are those of the acting person `by`; `second` is the other person at the act; `hands`
    are the persons who did the work that a test judges (`hands_of`). A name that is in no row is
    a bug and raises ValueError.
    """
    site = frozenset(site_roles)
    row = _row_for(state, move, site)
    _need_actor(row, _widened(roles, site))
    refuse_missing(row.title, missing_keys(row.records, records))
    _guard(row, records, _widened(roles, site))
    solo = _need_others(row, by, second, _widened(second_roles, site), hands, solo_site)
    target = _target(row, state, remembered)
    return Allowed(row, target, missing_keys(row.deferred, records), solo)


def _row_for(state: WorkState | None, name: str, site: frozenset[str]) -> Move:
    named = [move for move in TABLE if move.name == name]
    if not named:
        raise ValueError(f"no such move: {name}")
    here = [move for move in named if state in move.from_states]
    if not here:
        raise Refused(
            N_("“{move}” is not possible: the device is “{state}”."),
            code="state", move=named[0].title, state=STATE_TITLES[state] if state else NOT_YET,
        )  # fmt: skip
    if not here[0].sites.fits(site):
        raise Refused(N_("“{move}” is not possible at this site."), code="site", move=here[0].title)
    return here[0]


def _widened(roles: Iterable[str], site: frozenset[str]) -> frozenset[str]:
    """Where outlet and depot are one site, its supervisor supervises both."""
    held = frozenset(roles)
    if Where.CO_LOCATED.fits(site) and held & SUPERVISORS:
        return held | SUPERVISORS
    return held


def _need_actor(row: Move, roles: frozenset[str]) -> None:
    if not roles & row.actors:
        first = min(row.actors, key=list(Role).index)
        raise Forbidden(
            N_("“{move}” is not yours to do. Ask: {who}."),
            code="actor", move=row.title, who=ROLE_TITLES[first],
        )  # fmt: skip


def _need_others(
    row: Move, by: str, second: str, second_roles: frozenset[str], hands: Collection[str], solo_site: bool
) -> bool:
    """Check the second person's part; True when one person did both, as a one-person site may."""
    may_be_solo = solo_site and row.solo
    solo = False
    if row.second_person:
        solo = two_persons(by, second, solo_site=may_be_solo)
        if row.second_roles and not solo and not second_roles & row.second_roles:
            who = min(row.second_roles, key=list(Role).index)
            raise Forbidden(
                N_("“{move}”: the second person must be: {who}."),
                field="second", code="second_role", move=row.title, who=ROLE_TITLES[who],
            )  # fmt: skip
    if row.fresh_eyes and by in hands:
        if not may_be_solo:
            raise Forbidden(
                N_("Nobody tests their own work: another person has to test this device."),
                field="second", code="fresh_eyes",
            )  # fmt: skip
        solo = True
    return solo


def _guard(row: Move, records: Mapping[str, object], roles: frozenset[str]) -> None:
    """The few rules that look at what was answered, not only whether."""
    if row.name in ("send_to_test", "keys_kept") and records.get("board_changed"):
        raise Refused(
            N_("The board was changed, so the keys are gone: have keys loaded first."),
            field="board_changed", code="key_load",
        )  # fmt: skip
    if row.name == "start_repair" and records.get("charge_basis") not in MAY_START:
        raise Refused(
            N_("The repair has to be paid for: send a quote and wait for the approval."),
            field="charge_basis", code="quote_first",
        )  # fmt: skip
    if row.name == "fail_test":
        _guard_loops(records, roles)
    by_phone = row.name == "approve" and records.get("approval_channel") == "phone"
    if by_phone and not is_recorded("callback_number", records):
        raise Refused(
            N_("An approval by phone needs a call back to the number on file: note the number."),
            field="callback_number", code="callback",
        )  # fmt: skip
    if row.name in SWAPS and records.get("old_serial_no") == records.get("new_serial_no"):
        raise Refused(
            N_("The old and the new device have the same serial number."),
            field="new_serial_no", code="same_serial",
        )  # fmt: skip
    if records.get("tamper_result") == "suspect" and row.name not in COMES_AS_IT_IS:
        raise Refused(
            N_("The tamper check is suspicious: put the device into quarantine."),
            field="tamper_result", code="tamper",
        )  # fmt: skip


def _guard_loops(records: Mapping[str, object], roles: frozenset[str]) -> None:
    loops = records.get("loop_count")
    if isinstance(loops, bool) or not isinstance(loops, int):
        raise Refused(N_("Enter the number of failed tests as a number."), field="loop_count", code="number")
    if loops >= TOO_MANY_FAILURES and not roles & SUPERVISORS:
        raise Forbidden(
            N_("This device fails for the third time: a supervisor decides how it goes on."),
            field="loop_count", code="loops",
        )  # fmt: skip


def _target(row: Move, state: WorkState | None, remembered: WorkState | None) -> WorkState:
    target = row.to
    if row.resumes:
        target = remembered
    elif row.stays:
        target = state
    if target is None:
        raise Refused(
            N_("“{move}”: it is not known which state the device goes back to."),
            code="remembered", move=row.title,
        )  # fmt: skip
    return target


def fold_work(facts: Iterable[WorkFact]) -> WorkView:
    """Return where the device stands after these facts, taken in the order given.

    Voided facts are as if never made. The remembered states form a stack, because a device that
    waits for parts can be quarantined: released, it waits again, and then goes back to the bench.
    """
    counted, dangling = without_voided(tuple(facts))
    state: WorkState | None = None
    stack: list[WorkState] = []
    history: list[WorkFact] = []
    misfits: list[WorkFact] = list(dangling)
    since: int | None = None
    for fact in counted:
        row = _row_of_fact(fact, state, stack)
        if row is None:
            misfits.append(fact)
            continue
        if row.resumes:
            stack.pop()
        elif row.remembers and state is not None:
            stack.append(state)
        if fact.to is not state or since is None:
            since = fact.at_ms
        state = fact.to
        history.append(fact)
    return WorkView(state, stack[-1] if stack else None, tuple(history), tuple(misfits), since)


def _row_of_fact(fact: WorkFact, state: WorkState | None, stack: list[WorkState]) -> Move | None:
    for row in TABLE:
        if row.name != fact.move or state not in row.from_states:
            continue
        if row.resumes:
            target = stack[-1] if stack else None
        else:
            target = state if row.stays else row.to
        if fact.to is target:
            return row
    return None
