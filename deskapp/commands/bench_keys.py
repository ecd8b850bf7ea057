"""Loading keys: who, which slot, which check value. A key itself is never typed, shown or stored here."""

from __future__ import annotations

import re

from deskapp.commands.bench_desk import Job, job_of, kept, needed
from deskapp.commands.moves import move, record
from deskapp.errors import N_, Refused
from deskapp.models.key_runs import run_by_number
from deskapp.models.store import Override, Write, command
from deskapp.rules.identifiers import Context, judge, sentence

METHODS = ("master_pos", "key_card", "remote", "by_hand")
"""How keys come into a terminal."""

_CHECK_VALUE = re.compile(r"[0-9A-F]{4,6}")


@command(N_("Ask for a key load"), right="read")
def need_key_load(write: Write, *, item_id: str, reason: str) -> None:
    """Put a device before the key custodians, because its keys are gone."""
    job = job_of(write, item_id)
    words = needed(kept(write, job, reason, "reason"), "reason", N_("Why are the keys gone?"))
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
) -> None:
    """Record a key load by two custodians: slot and check value as the device shows them.

    Raises Refused for anything that may be a key or a part of one, at the field where it stands.
    """
    job = job_of(write, item_id)
    if method not in METHODS:
        raise Refused(N_("How are the keys loaded?"), field="method", code="missing")
    fields = {"slot": slot, "check_value": check_value, "device_result": device_result, "run_no": run_no}
    clean = {name: no_key(text, name) for name, text in fields.items()}
    needed(clean["slot"], "slot", N_("Note the name of the key slot."))
    value = check_value_of(check_value)
    _on_the_list(write, job, clean["run_no"])
    needed(clean["device_result"], "device_result", N_("What did the device show?"))
    other = write.second_person(second, "key_load", field="second")
    move(
        write, job.item, "load_keys",
        {"key_load_method": method, "key_slot": clean["slot"], "key_check_value": value,
         "device_result": clean["device_result"], "run_no": clean["run_no"]},
        second_id=other,
    )  # fmt: skip
    record(write, item_id, "key_load", "", method=method, slot=clean["slot"], check_value=value, second=other)


@command(N_("Keys are still there"), right="read")
def keys_kept(write: Write, *, item_id: str, reason: str, self_test_result: str, board_changed: bool) -> None:
    """Pass the key load by, because the model keeps its keys and its own test says so."""
    job = job_of(write, item_id)
    words = needed(kept(write, job, reason, "reason"), "reason", N_("Why are the keys still there?"))
    shown = needed(
        kept(write, job, self_test_result, "self_test_result"), "self_test_result", N_("What did the self-test show?")
    )
    changed = board_changed and (job.model is None or job.model.key_load_on_board_change)
    move(
        write, job.item, "keys_kept", {"reason": words, "self_test_result": shown, "board_changed": changed},
        reason=words,
    )  # fmt: skip


def _on_the_list(write: Write, job: Job, run_no: str) -> None:
    """A run that is known here names its devices; a load in it is noted there (`key_runs.load_in_run`)."""
    run = run_by_number(write.session, run_no) if run_no else None
    if run is None:
        return
    if not any(one.device_id == job.device.id for one in run.devices):
        raise Refused(
            N_("{number} is not on the list of run {run}: it gets no keys."), field="run_no", code="not_listed",
            number=job.item.label_no, run=run.number,
        )  # fmt: skip
    raise Refused(N_("Load this device on the page of run {run}."), field="run_no", code="in_run", run=run.number)


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
