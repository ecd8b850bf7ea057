"""The second person's test: every step answered, judged against its limits, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from deskapp.catalogue import TestStep
from deskapp.commands.bench_charge import charge
from deskapp.commands.bench_desk import (
    QC_BENCH,
    Job,
    cards_of,
    events_of,
    job_of,
    kept,
    tamper_answer,
    to_bench,
    to_shelf,
)
from deskapp.commands.bench_warranty import leave_warranty
from deskapp.commands.moves import item_of, move, must_be, raise_card, record, settle, site_of
from deskapp.commands.people import actor_of
from deskapp.commands.stock_desk import free_tray
from deskapp.errors import N_, Forbidden, Refused
from deskapp.models import bench
from deskapp.models.device import DeviceModel
from deskapp.models.folding import work_of
from deskapp.models.handing_out import came_for_another
from deskapp.models.people import Site, Staff
from deskapp.models.repair import CustodyEvent
from deskapp.models.store import Override, Write, command
from deskapp.rules import access
from deskapp.rules.custody import TamperResult
from deskapp.rules.identifiers import Context, judge, sentence
from deskapp.rules.lifecycle import TOO_MANY_FAILURES, WorkState, hands_of

PASS, FAIL, SKIP = "pass", "fail", "skip"
THIRD_FAILURE = "third_failure"
"""The card of a device that waits at the test for a supervisor's decision."""


@dataclass(frozen=True, slots=True)
class TestValue:
    """The answer to one step: pass, fail, skip (with words why), or a measured whole number."""

    __test__ = False

    step: str
    result: str = ""
    value: int | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Tested:
    """What a test came to. `failed` are step ids; `loops` counts the failed tests of this device."""

    passed: bool
    failed: tuple[str, ...]
    loops: int
    charged_fen: int = 0
    solo: bool = False


@command(N_("Test a repaired device"), right="test")
def run_test(
    write: Write,
    *,
    item_id: str,
    values: Sequence[TestValue],
    tamper_result: str,
    seal_no: str = "",
    shelf: str = "",
    firmware_version: str = "",
    words: str = "",
    override: Override | None = None,
) -> Tested:
    """Record a whole test. Passed, the device is charged and ready for pickup, or sealed and packed for the outlet it
    came from; failed, it goes back to the bench.

    Whoever worked on the device may not test it; on a one-person site they may, and it is marked.
    The third failure is a supervisor's decision: theirs is then the move, beside the inspector. So is a pass in which
    a step was left out that the plan does not let anybody leave out.
    """
    job = job_of(write, item_id)
    must_be(job.item, WorkState.QC_TESTING)
    plan_id, steps = plan_of(job)
    judged = [judge_step(step, values) for step in steps]
    failed = tuple(str(one["step"]) for one in judged if one["result"] == FAIL)
    said = kept(write, job, words, "words")
    answer = tamper_answer(tamper_result)
    _refuse_own_work(write, job)
    to_bench(write, job, QC_BENCH, tamper_result=TamperResult.NOT_DUE)
    facts = {"plan": plan_id, "values": judged, "passed": not failed}
    for card in cards_of(write, item_id, THIRD_FAILURE):
        settle(write, card, "decided")
    if failed:
        loops = 1 + sum(row.move == "fail_test" for row in events_of(write, item_id))
        _fail(write, job, failed, loops, said, override)
        record(write, item_id, "test", said, **facts, loops=loops)
        return Tested(False, failed, loops)
    facts |= consented(write, steps, judged, override)
    seal = new_seal(write, seal_no)
    back = bench.goes_back(write.session, site_of(write), job.order)
    allowed = move(
        write, job.item, "pass_test_for_return" if back else "pass_test",
        {"test_plan": plan_id, "test_values": judged, "tamper_result": answer, "seal_no": seal,
         "firmware_version": firmware_version.strip() or job.device.firmware_version, "shelf": shelf.strip()},
    )  # fmt: skip
    record(write, item_id, "test", said, **facts, solo=allowed.solo)
    to_shelf(write, job, shelf, tamper_result=answer, seal_out=seal)
    free_tray(write, job.item)
    if _only_brought_in(write, item_id):
        return Tested(True, (), 0, 0, allowed.solo)
    leave_warranty(write, job)
    return Tested(True, (), 0, charge(write, job), allowed.solo)


@command(N_("Leave a third failure to a supervisor"), right="test")
def call_supervisor(write: Write, *, item_id: str) -> None:
    """Put the decision about a device that fails for the third time on the supervisors' list; it waits at the test.

    Nothing happens when it stands there already, or when this is not the third failure.
    """
    job = job_of(write, item_id)
    must_be(job.item, WorkState.QC_TESTING)
    loops = 1 + sum(row.move == "fail_test" for row in events_of(write, item_id))
    if loops >= TOO_MANY_FAILURES and not cards_of(write, item_id, THIRD_FAILURE):
        raise_card(write, THIRD_FAILURE, "repair_item", item_id, data={"loops": loops})


def _only_brought_in(write: Write, item_id: str) -> bool:
    """Tell whether a unit took another's place and was only loaded with keys: no work to charge or to warrant."""
    events = events_of(write, item_id)
    return came_for_another(events) and not any(row.move == "record_repair" for row in events)


def plan_of(job: Job) -> tuple[str, tuple[TestStep, ...]]:
    """Return the test plan of a device: that of its kind, without what the model does not have."""
    return plan_of_model(job.model)


def plan_of_model(model: DeviceModel | None) -> tuple[str, tuple[TestStep, ...]]:
    """Return the test plan of a model with its own limits and steps; the smart terminal's where it is unknown."""
    return bench.test_plan(model)


def judge_step(step: TestStep, values: Sequence[TestValue]) -> dict[str, Any]:
    """Return the judged answer to a step; raises Refused at the step where there is none that counts."""
    answer = next((one for one in values if one.step == step.id), None)
    if answer is None or not (answer.result or answer.value is not None):
        raise Refused(N_("Every step of the test needs an answer."), field=step.id, code="missing")
    if answer.result == SKIP:
        if not answer.words.strip():
            raise Refused(N_("Say why this step was left out."), field=step.id, code="missing")
        return {"step": step.id, "result": SKIP, "words": answer.words.strip()}
    if step.kind != "number":
        if answer.result not in (PASS, FAIL):
            raise Refused(N_("Answer with passed or failed."), field=step.id, code="missing")
        return {"step": step.id, "result": answer.result}
    if answer.value is None:
        raise Refused(N_("Enter the measured value."), field=step.id, code="number")
    low, high = _limit(step.low), _limit(step.high)
    inside = (low is None or answer.value >= low) and (high is None or answer.value <= high)
    return {
        "step": step.id, "result": PASS if inside else FAIL, "value": answer.value, "low": low, "high": high,
        "unit": step.unit,
    }  # fmt: skip


def consented(
    write: Write, steps: Sequence[TestStep], judged: Sequence[dict[str, Any]], override: Override | None
) -> dict[str, Any]:
    """Return who allowed a test to pass without its mandatory steps, and why; nothing where none was left out.

    Raises Refused at the first of them without a supervisor's consent, and for a test of nothing but omissions, which
    no consent makes a test.
    """
    if all(one["result"] == SKIP for one in judged):
        raise Refused(N_("Every step was left out: nothing was tested."), field=steps[0].id, code="nothing_tested")
    left = {str(one["step"]) for one in judged if one["result"] == SKIP}
    missing = [step for step in steps if step.id in left and not step.may_skip]
    if not missing:
        return {}
    named = [step.id for step in missing]
    if override is None and access.may(write.roles, write.actor.roles, "override"):
        return {"left_out": named, "allowed_by": write.actor.staff_id}
    if override is None:
        raise Refused(
            N_("{count} steps were left out that have to be tested: a supervisor allows it with a reason."),
            field=missing[0].id, code="mandatory", count=len(missing),
        )  # fmt: skip
    allowed = write.second_person(override, "override")
    return {"left_out": named, "allowed_by": allowed, "allowed_why": override.reason.strip()}


def _limit(number: float | None) -> int | None:
    return None if number is None else int(number)


def _refuse_own_work(write: Write, job: Job) -> None:
    """Say at once what the table of moves would say at the end, before anything else is found wrong."""
    site = write.session.get_one(Site, write.site_id)
    if write.actor.staff_id in hands_of(work_of(write.session, job.item.id).history) and not site.solo:
        raise Forbidden(
            N_("Nobody tests their own work: another person has to test this device."), field="second",
            code="fresh_eyes",
        )  # fmt: skip


def _fail(write: Write, job: Job, failed: Sequence[str], loops: int, words: str, override: Override | None) -> None:
    acting, second = write, ""
    if loops >= TOO_MANY_FAILURES and override is not None:
        who = write.session.get_one(Staff, write.second_person(override, "override"))
        acting, second = replace(write, actor=actor_of(who)), write.actor.staff_id
    reason = override.reason.strip() if override and second else words
    move(
        acting, job.item, "fail_test", {"failed_items": list(failed), "loop_count": loops, "words": words},
        second_id=second, reason=reason,
    )  # fmt: skip
    if loops >= TOO_MANY_FAILURES:
        raise_card(write, "review", "repair_item", job.item.id, data={"what": "test", "code": "third_failure"})
    item = item_of(write, job.item.id)
    technician = write.session.get(Staff, item.technician_id) if item.technician_id else None
    place = next(
        (str(row.data["bench"]) for row in reversed(events_of(write, item.id)) if row.data.get("bench")), QC_BENCH
    )
    if technician is not None and place != QC_BENCH:
        back = replace(write, actor=actor_of(technician))
        to_bench(back, job, place, tamper_result=TamperResult.NOT_DUE, giver=write.actor.name)


def new_seal(write: Write, typed: str) -> str:
    """Return the number of a seal that was never used; empty where none is given. Raises Refused at `seal_no`."""
    if not typed.strip():
        return ""
    clean = typed.strip().upper()
    used = write.session.scalars(select(CustodyEvent.id).where(CustodyEvent.seal_out == clean)).first()
    verdict = judge("seal_no", clean, context=Context(used_seals=frozenset({clean} if used else ())))
    if verdict.value is None:
        words, values = sentence(verdict)
        raise Refused(words, field="seal_no", code=verdict.code, **values)
    return verdict.value
