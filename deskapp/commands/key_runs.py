"""Key-load runs: a list authorised beforehand, two custodians, and every device on the list accounted for.

Whoever makes the list loads no keys. What is typed is judged as in any field about keys: a text that may be a key or a
part of one is refused at its field and never stored.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from deskapp.clock import shop_day
from deskapp.commands.bench_keys import METHODS, check_value_of, no_key
from deskapp.commands.moves import item_of, move, record, refuse_wiping, settle_todo
from deskapp.commands.papers_depot import queue_key_run
from deskapp.errors import N_, Forbidden, Refused
from deskapp.models import past
from deskapp.models.device import Device
from deskapp.models.key_runs import (
    FAILED,
    LEFT_OUT,
    LOADED,
    STARTED_HOLDS_MS,
    Run,
    RunDevice,
    run_of,
)
from deskapp.models.repair import ItemRecord, RepairItem
from deskapp.models.store import Override, Write, command
from deskapp.rules.depot import KEY_FAILURES
from deskapp.rules.identifiers import clean_serial
from deskapp.rules.states import WorkState as S

MOST_DEVICES = 200


@command(N_("Authorise a key-load run"), right="override")
def open_key_run(write: Write, *, devices: Sequence[str], key_set: str, method: str, words: str = "") -> str:
    """Make the list of a run from scanned labels or serial numbers and print it; returns the run's id.

    On it go devices that await a key load, and units of the pool that are on no order. Raises Refused at `devices.N`.
    """
    if method not in METHODS:
        raise Refused(N_("How are the keys loaded?"), field="method", code="missing")
    if not devices or len(devices) > MOST_DEVICES:
        raise Refused(N_("Scan 1 to {most} devices for the list."), field="devices", code="empty", most=MOST_DEVICES)
    name = no_key(key_set, "key_set")
    if not name:
        raise Refused(N_("Note the name of the key set, such as TMK-2026-03."), field="key_set", code="missing")
    listed: list[RunDevice] = []
    for place, scanned in enumerate(devices):
        one = _device(write, scanned, f"devices.{place}")
        if one.device_id in {other.device_id for other in listed}:
            raise Refused(
                N_("{number} is on the list already."), field=f"devices.{place}", code="twice", number=scanned.strip()
            )
        listed.append(one)
    run_id, number = write.new_id(), _number(write)
    record(
        write, run_id, "key_run", no_key(words, "words"), number=number, key_set=name, method=method,
        site=write.site_id,
        devices=[
            {"device_id": one.device_id, "item_id": one.item_id, "label_no": one.label_no,
             "serial_no": one.serial_no, "terminal_no": one.terminal_no}
            for one in listed
        ],
    )  # fmt: skip
    write.session.flush()
    queue_key_run(write, run_id)
    return run_id


@command(N_("Sign in for a key-load run"), right="key_load")
def start_key_run(write: Write, *, run_id: str, second: Override | None) -> None:
    """Let two custodians begin: the one at the desk and the second by PIN; neither made the list."""
    run = _open_run(write, run_id)
    other = write.second_person(second, "key_load", field="second")
    if other == write.actor.staff_id:
        raise Forbidden(N_("The second person must be somebody else."), field="second", code="second_person")
    if run.authorised_by in (other, write.actor.staff_id):
        raise Forbidden(N_("Whoever authorised the list does not load the keys."), field="second", code="authorised")
    record(write, run_id, "key_run_start", "", a=write.actor.staff_id, b=other)


@command(N_("Load keys in a run"), right="key_load")
def load_in_run(write: Write, *, run_id: str, device: str, slot: str, check_value: str, device_result: str) -> int:
    """Note that the keys are in a device of the list: slot and check value as shown; returns how many are left."""
    run, one, other = _begun(write, run_id, device)
    name = no_key(slot, "slot")
    if not name:
        raise Refused(N_("Note the name of the key slot."), field="slot", code="missing")
    value = check_value_of(check_value)
    shown = no_key(device_result, "device_result")
    if not shown:
        raise Refused(N_("What did the device show?"), field="device_result", code="missing")
    if one.item_id:
        item = item_of(write, one.item_id)
        move(
            write, item, "load_keys",
            {"key_load_method": run.method, "key_slot": name, "key_check_value": value, "device_result": shown,
             "run_no": run.number, "key_set": run.key_set},
            second_id=other,
        )  # fmt: skip
    else:
        refuse_wiping(write.session.get_one(Device, one.device_id))
    record(write, one.item_id or one.device_id, "key_load", "", method=run.method, slot=name, check_value=value,
           second=other, run=run.number)  # fmt: skip
    _settle_todos(write, one.device_id)
    return _account(write, run, one, LOADED, shown, slot=name, check_value=value)


def _settle_todos(write: Write, device_id: str) -> None:
    """Take the wish for this unit's keys off its own devices on orders, and off those whose place it took."""
    for item in write.session.scalars(select(RepairItem).where(RepairItem.device_id == device_id)):
        for item_id in (item.id, item.previous_item_id):
            if item_id:
                settle_todo(write, item_id, "key_check_value", "loaded")


@command(N_("Note a failed key load"), right="key_load")
def fail_in_run(write: Write, *, run_id: str, device: str, words: str = "", reason: str = "") -> int:
    """Note that the keys did not go in; the device stays where it is and waits for another run.

    `reason` is a code of `rules.depot.KEY_FAILURES`, so that everybody reads it in their own language; what the device
    showed goes into the words, which may be left out where the code says it all.
    """
    run, one, _other = _begun(write, run_id, device)
    said = no_key(words, "words")
    if reason and reason not in KEY_FAILURES:
        raise Refused(N_("Why did it fail?"), field="reason", code="missing")
    if not said and reason in ("", "other"):
        raise Refused(N_("What did the device show?"), field="words", code="missing")
    return _account(write, run, one, FAILED, said, reason=reason)


@command(N_("Leave a device out of a run"), right="key_load")
def leave_out(write: Write, *, run_id: str, device: str, words: str) -> int:
    """Account for a device of the list that was not loaded at all, with the reason."""
    run, one, _other = _begun(write, run_id, device)
    said = no_key(words, "words")
    if not said:
        raise Refused(N_("Why was it not loaded?"), field="words", code="missing")
    return _account(write, run, one, LEFT_OUT, said)


@command(N_("Close a key-load run"), right="key_load")
def close_key_run(write: Write, *, run_id: str, words: str = "") -> str:
    """Close a run and print its record; refused while a device of the list is not accounted for."""
    run = _open_run(write, run_id)
    left = run.open_devices
    if left:
        raise Refused(
            N_("{count} devices of the list are not accounted for, first {label}."), field="device", code="open",
            count=len(left), label=left[0].label_no or left[0].serial_no,
        )  # fmt: skip
    _custodians(write, run)
    record(write, run_id, "key_run_close", no_key(words, "words"))
    write.session.flush()
    return queue_key_run(write, run_id).id


@command(N_("Print a key-load record"), right="read")
def print_key_run(write: Write, *, run_id: str) -> str:
    """Queue the list or the record of a run as it stands; returns the job."""
    if run_of(write.session, run_id) is None:
        raise Refused(N_("This run is not known here."), field="run", code="unknown")
    return queue_key_run(write, run_id).id


def _open_run(write: Write, run_id: str) -> Run:
    run = run_of(write.session, run_id)
    if run is None:
        raise Refused(N_("This run is not known here."), field="run", code="unknown")
    if run.closed_at:
        raise Refused(N_("Run {number} is closed."), field="run", code="closed", number=run.number)
    return run


def _begun(write: Write, run_id: str, scanned: str) -> tuple[Run, RunDevice, str]:
    """Return the run, the device of its list, and the other custodian."""
    run = _open_run(write, run_id)
    other = _custodians(write, run)
    one = run.device(scanned) or run.device(clean_serial(scanned) or "-")
    if one is None:
        raise Refused(
            N_("{number} is not on the list of run {run}: it gets no keys."), field="device", code="not_listed",
            number=scanned.strip()[:40], run=run.number,
        )  # fmt: skip
    done = run.lines.get(one.device_id)
    if done is not None and done.result == LOADED:
        raise Refused(
            N_("The keys are in {number} already."), field="device", code="loaded", number=one.label_no or one.serial_no
        )
    return run, one, other


def _custodians(write: Write, run: Run) -> str:
    if write.actor.staff_id not in run.custodians or write.now - run.started_at > STARTED_HOLDS_MS:
        raise Forbidden(N_("Two key custodians sign in for the run first."), field="second", code="not_started")
    return next(one for one in run.custodians if one != write.actor.staff_id)


def _account(
    write: Write, run: Run, one: RunDevice, result: str, words: str, *, slot: str = "", check_value: str = "",
    reason: str = "",
) -> int:  # fmt: skip
    record(
        write, run.id, "key_run_line", words, device_id=one.device_id, item=one.item_id, result=result, slot=slot,
        check_value=check_value, **({"reason": reason} if reason else {}),
    )  # fmt: skip
    write.session.flush()
    now = run_of(write.session, run.id)
    return len(now.open_devices) if now else 0


def _device(write: Write, scanned: str, field: str) -> RunDevice:
    text = scanned.strip().upper()
    item = write.session.scalars(select(RepairItem).where(RepairItem.label_no == text)).first()
    if item is None:
        units = past.units_with(write.session, clean_serial(text) or "-")
        if not units:
            raise Refused(N_("{number} is not known here."), field=field, code="unknown", number=text[:40])
        return _unit(write, units[-1], field)
    return _waiting(write, item, write.session.get_one(Device, item.device_id), field)


def _unit(write: Write, unit: Device, field: str) -> RunDevice:
    held = next((stay for stay in past.stays(write.session, [unit.id]) if stay.open), None)
    if held is not None and held.state is not S.SWAPPED:
        return _waiting(write, item_of(write, held.item_id), unit, field)
    return RunDevice(unit.id, "", "", unit.serial_no, unit.terminal_no)


def _waiting(write: Write, item: RepairItem, unit: Device, field: str) -> RunDevice:
    """A device on an order gets keys when it awaits them, or when it takes another's place and has none yet."""
    if item.work_state == S.AWAITING_KEY_LOAD:
        return RunDevice(unit.id, item.id, item.label_no, unit.serial_no, item.terminal_no)
    supplied = write.session.scalars(
        select(ItemRecord.id).where(ItemRecord.item_id == unit.id, ItemRecord.kind == "unit_test").limit(1)
    ).first()
    if supplied is None:
        raise Refused(N_("{number} does not await a key load."), field=field, code="state", number=item.label_no)
    return RunDevice(unit.id, "", item.label_no, unit.serial_no, item.terminal_no)


def _number(write: Write) -> str:
    """Return the run's number: the station, the day, and a sequence of that day that is counted here."""
    day = f"{shop_day(write.now):%y%m%d}"
    start = f"KL{write.station_no:05d}-{day}-"
    rows = write.session.scalars(select(ItemRecord).where(ItemRecord.kind == "key_run")).all()
    taken = [str(row.data.get("number", "")) for row in rows]
    return f"{start}{1 + sum(one.startswith(start) for one in taken):02d}"
