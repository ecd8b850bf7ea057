"""Loading keys: who, which slot, which check value. A key itself is never typed, shown or stored here."""

from __future__ import annotations

import re
from collections.abc import Sequence

from deskapp import catalogue
from deskapp.commands.bench_charge import keep_to_agreement
from deskapp.commands.bench_desk import Job, events_of, job_of, kept, needed
from deskapp.commands.moves import move, raise_card, record
from deskapp.errors import N_, Forbidden, Refused
from deskapp.models import bench
from deskapp.models.key_runs import open_run_with, run_by_number
from deskapp.models.store import Override, Write, command
from deskapp.rules.depot import keys_gone_by
from deskapp.rules.identifiers import Context, judge, sentence
from deskapp.rules.states import WorkState

METHODS = ("master_pos", "key_card", "remote", "by_hand")
"""How keys come into a terminal."""

_CHECK_VALUE = re.compile(r"[0-9A-F]{4,6}")


@command(N_("Ask for a key load"), right="read")
def need_key_load(
    write: Write, *, item_id: str, reason: str = "", actions: Sequence[str] | None = None,
    override: Override | None = None,
) -> None:  # fmt: skip
    """Put a device before the key custodians, because its keys are gone.

    `actions` are the codes of what took the keys out (none: its tamper protection); they are stored as codes, so that
    everybody reads them in their own language. Else the `reason` is in words. From the repair it goes on to the test
    afterwards: what was used is compared with what was agreed, as there.
    """
    job = job_of(write, item_id)
    if actions is not None and not reason.strip():
        if not set(actions) <= set(catalogue.words("actions")):
            raise Refused(N_("Unknown action."), field="reason", code="missing")
        words = keys_gone_by(actions)
    else:
        words = needed(kept(write, job, reason, "reason"), "reason", N_("Why are the keys gone?"))
    if WorkState(job.item.work_state) is WorkState.REPAIRING:
        keep_to_agreement(write, job, override)
    move(write, job.item, "need_key_load", {"reason": words}, reason=words)


@command(N_("Load keys"), right="key_load")
def load_keys(
    write: Write,
    *,
    item_id: str,
    method: str,
    slot: str,
    check_value: str,
    device_result: str,
    second: Override | None,
    run_no: str = "",
    override: Override | None = None,
) -> None:
    """Record a key load by two custodians outside any run: slot and check value as the device shows them.

    Keys go into devices of a list that was authorised before (PCI PIN Security v3.1, requirement 30-3); such a load is
    noted in its run (`key_runs.load_in_run`). Without a list a supervisor who loads no keys here consents with a
    reason, and a card says so. Raises Refused for anything that may be a key or a part of one, at its field.
    """
    job = job_of(write, item_id)
    if method not in METHODS:
        raise Refused(N_("How are the keys loaded?"), field="method", code="missing")
    fields = {"slot": slot, "check_value": check_value, "device_result": device_result, "run_no": run_no}
    clean = {name: no_key(text, name) for name, text in fields.items()}
    needed(clean["slot"], "slot", N_("Note the name of the key slot."))
    value = check_value_of(check_value)
    _refuse_with_a_list(write, job, clean["run_no"])
    needed(clean["device_result"], "device_result", N_("What did the device show?"))
    other = write.second_person(second, "key_load", field="second")
    allowed = _allowed_outside_a_run(write, job, other, override)
    reason = override.reason.strip() if override else ""
    move(
        write, job.item, "load_keys",
        {"key_load_method": method, "key_slot": clean["slot"], "key_check_value": value,
         "device_result": clean["device_result"], "run_no": "", "allowed_by": allowed},
        second_id=other, reason=reason,
    )  # fmt: skip
    record(write, item_id, "key_load", "", method=method, slot=clean["slot"], check_value=value, second=other,
           allowed_by=allowed, allowed_why=reason)  # fmt: skip
    raise_card(write, "review", "repair_item", item_id, words=reason, data={"what": "keys", "code": "outside_run"})


@command(N_("Keys are still there"), right="read")
def keys_kept(write: Write, *, item_id: str, reason: str, self_test_result: str) -> None:
    """Pass the key load by, because the model keeps its keys and its own test says so.

    What was done to the device is read from its record, never asked: after work that takes the keys out it is refused.
    """
    job = job_of(write, item_id)
    words = needed(kept(write, job, reason, "reason"), "reason", N_("Why are the keys still there?"))
    shown = needed(
        kept(write, job, self_test_result, "self_test_result"), "self_test_result", N_("What did the self-test show?")
    )
    gone = bench.keys_gone(events_of(write, item_id), job.model)
    if gone or not bench.keeps_keys(job.model):
        raise Refused(N_("The keys are gone or may be: have them loaded."), field="method", code="key_load")
    move(
        write, job.item, "keys_kept", {"reason": words, "self_test_result": shown, "board_changed": gone},
        reason=words,
    )  # fmt: skip


def _refuse_with_a_list(write: Write, job: Job, run_no: str) -> None:
    """A device on the list of an open run gets its keys there; a number that is named has to be that of such a run."""
    run = run_by_number(write.session, run_no) if run_no else open_run_with(write.session, job.device.id)
    if run is None and not run_no:
        return
    if run is None:
        raise Refused(N_("There is no key-load run {run}."), field="run_no", code="unknown_run", run=run_no)
    if run.closed_at:
        raise Refused(N_("Run {number} is closed."), field="run_no", code="closed", number=run.number)
    if not any(one.device_id == job.device.id for one in run.devices):
        raise Refused(
            N_("{number} is not on the list of run {run}: it gets no keys."), field="run_no", code="not_listed",
            number=job.item.label_no, run=run.number,
        )  # fmt: skip
    raise Refused(N_("Load this device on the page of run {run}."), field="run_no", code="in_run", run=run.number)


def _allowed_outside_a_run(write: Write, job: Job, other: str, override: Override | None) -> str:
    """Return the supervisor who lets keys be loaded without a list; raises Refused without one."""
    if override is None:
        raise Refused(
            N_("{number} is on no key-load list. A supervisor makes the list, or allows this load with a reason."),
            field="run_no", code="no_run", number=job.item.label_no,
        )  # fmt: skip
    allowed = write.second_person(override, "override", field="run_no")
    if allowed in (other, write.actor.staff_id):
        raise Forbidden(N_("Whoever authorised the list does not load the keys."), field="run_no", code="authorised")
    return allowed


def check_value_of(typed: str) -> str:
    """Return a check value in its one form; raises Refused for anything else, a key first of all."""
    value = no_key(typed, "check_value").upper().replace(" ", "")
    if not _CHECK_VALUE.fullmatch(value):
        raise Refused(N_("The check value has 4 to 6 characters, 0-9 and A-F, as the device shows it."),
                      field="check_value", code="check_value")  # fmt: skip
    return value


def no_key(text: str, field: str) -> str:
    """Return a text that is no key; raises Refused at the field for one that may be."""
    verdict = judge("key_material", text.strip(), context=Context(key_load_field=True))
    if verdict.value is None:
        words, values = sentence(verdict)
        raise Refused(words, field=field, code=verdict.code, **values)
    return verdict.value
