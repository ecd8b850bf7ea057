"""Free or payable, decided at the bench once the cause is known, and the warranty a finished repair leaves."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import Any

from deskapp.clock import shop_day
from deskapp.commands.bench_desk import Job, events_of, photos_of
from deskapp.errors import N_, Refused
from deskapp.models import bench, past
from deskapp.models.people import Staff
from deskapp.models.store import Override, Write
from deskapp.models.warranty_terms import repair_term
from deskapp.rules import warranty

KEPT_AFTER = timedelta(days=365)
"""A term is kept so long after the day that was written down: days with us are added to it when it is asked for."""


def decide(
    write: Write,
    job: Job,
    cause_class: str,
    exclusions: Iterable[str],
    *,
    parts: Collection[str] = (),
    override: Override | None = None,
    free: bool | None = None,
) -> warranty.Decision:
    """Return the decision for a device with this class of cause, as of the day it came in.

    `parts` are the numbers of the parts that have to be replaced: a part is covered by its own term.

    The terms are those of the merchant's contract, else of the model, else the usual ones; which counted stands among
    the reasons. `free` overrides the rule and needs a second person who may do so; raises Refused without one.
    """
    session = write.session
    on = shop_day(job.order.opened_at)
    merchant_id = job.order.merchant_id or job.device.merchant_id
    base = past.basics(session, job.device, job.model, merchant_id, on)
    earlier = [stay for stay in past.stays(session, [job.device.id]) if stay.item_id != job.item.id]
    return warranty.decide(
        on=on,
        cause=warranty.Cause(cause_class),
        contract_end=base.contract_end,
        model_end=_day(job.device.warranty_until),
        manufactured=_day(job.device.manufactured_on),
        model_months=job.model.warranty_months if job.model else None,
        grace_months=base.grace_months,
        rules=base.rules,
        repairs=past.repair_warranties(session, job.device, job.item.symptom_code, earlier, write.now, parts),
        exclusions=[warranty.Exclusion(code) for code in exclusions if code],
        evidence=bool(photos_of(write, job.item.id)),
        tamper_suspected=_suspected(write, job),
        custody_days=past.days_in_custody(session, earlier, write.now),
        override=_override(write, override, free),
    )


def leave_warranty(write: Write, job: Job) -> None:
    """Note on the device until when this repair and each new part are covered.

    A repair that was free under an earlier repair's warranty begins nothing anew: the term of that repair stays,
    and so does that of a part that is replaced inside its own. A part that was not covered carries its own term.
    """
    today, came = shop_day(write.now), shop_day(job.order.opened_at)
    fitted = bench.fitted(write.session, job.item.id)
    stays = [stay for stay in past.stays(write.session, [job.device.id]) if stay.item_id != job.item.id]
    known = past.repair_warranties(
        write.session, job.device, job.item.symptom_code, stays, write.now, [part.part_no for part in fitted]
    )
    # What covered the device when it came in goes on; it may have ended while it was here, and begins nothing anew.
    running = [repair for repair in known if repair.end >= came] if _free_again(write, job) else []
    earlier = max((one for one in running if one.same_fault), key=lambda one: one.end, default=None)
    kept_term = repair_term(write.session, job.model, job.order.merchant_id or job.device.merchant_id, today)
    until = warranty.repair_warranty_end(today, kept_term.months, earlier)
    goes_on = dict(earlier.rule.values if earlier.rule else {}) if earlier else kept_term.to_record()
    if earlier:
        goes_on["since"] = earlier.since
    entries: list[dict[str, Any]] = [
        {"order_no": job.order.number, "until": until.isoformat(), "symptom_code": job.item.symptom_code, **goes_on}
    ]
    for part in fitted:
        covered = max((one for one in running if one.part == part.part_no), key=lambda one: one.end, default=None)
        if part.warranty_days or covered:
            end = covered.written if covered else today + timedelta(days=part.warranty_days)
            entries.append(
                {"order_no": job.order.number, "until": end.isoformat(), "symptom_code": job.item.symptom_code,
                 "part_no": part.part_no, **({"since": covered.since} if covered else {})}
            )  # fmt: skip
    kept = dict(job.device.repair_warranty or {})
    old = kept.get("repairs") if isinstance(kept.get("repairs"), list) else [kept] if kept else []
    still = [one for one in old or [] if str(one.get("until", "")) >= (today - KEPT_AFTER).isoformat()]
    job.device.repair_warranty = {"repairs": [*still, *entries]}


def _free_again(write: Write, job: Job) -> bool:
    """Tell whether this repair was free because an earlier one was still covered."""
    found = bench.last_of(events_of(write, job.item.id), "record_diagnosis")
    decision = found.data["warranty_decision"] if found else {}
    return decision.get("result") == "free" and decision.get("basis") == warranty.Basis.REPAIR_WARRANTY


def _suspected(write: Write, job: Job) -> bool:
    """A suspicion is cleared by a release from quarantine, which two people signed."""
    suspected = False
    for row in events_of(write, job.item.id):
        if row.move == "quarantine" or row.data.get("tamper_result") == "suspect":
            suspected = True
        elif row.move == "release_quarantine":
            suspected = False
    return suspected


def _override(write: Write, override: Override | None, free: bool | None) -> warranty.Override | None:
    if free is None:
        return None
    if override is None:
        raise Refused(N_("This needs a supervisor's PIN and a reason."), field="override", code="needs_override")
    who = write.session.get_one(Staff, write.second_person(override, "override"))
    return warranty.Override(who.staff_no, override.reason.strip(), free)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
