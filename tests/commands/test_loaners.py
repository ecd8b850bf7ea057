"""Loaners: lent, due, taken back, and missed at the pickup."""

from __future__ import annotations

import pytest

from deskapp.commands.loaners import extend_loan, lend, set_loaner, take_back
from deskapp.errors import N_, Refused
from deskapp.models.device import Device
from deskapp.models.handing_out import open_loans
from deskapp.models.store import Store, Write, command
from tests.commands.test_pickup import consent, hand, item, order_with
from tests.conftest import START, People
from tests.factories_pickup import Line

DAY = 86_400_000
LOANER = "LOAN00000017"


@command(N_("Add a loaner for a test"), right="")
def loaner(write: Write) -> str:
    row = Device(id=write.new_id(), serial_no=LOANER, model_id="", loaner=True)
    write.session.add(row)
    return row.id


def lent(store: Store, people: People, order_id: str, *, days: int = 7) -> None:
    store.run(lend(serial_no=LOANER, due_at=START + days * DAY, order_id=order_id, tamper_result="ok",
                   accessories=("power_adapter",)), by=people.clerk)  # fmt: skip


def test_a_loaner_goes_out_and_comes_back(store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    store.run(loaner())

    lent(store, people, order.order_id)
    out = store.ask(lambda s: open_loans(s, order_id=order.order_id))
    assert [(loan.serial_no, loan.due_at) for loan in out] == [(LOANER, START + 7 * DAY)]

    store.run(take_back(serial_no=LOANER, tamper_result="ok"), by=people.clerk)
    assert store.ask(lambda s: open_loans(s)) == []


def test_a_loaner_is_lent_to_one_merchant_at_a_time(store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    store.run(loaner())
    lent(store, people, order.order_id)

    with pytest.raises(Refused) as refusal:
        lent(store, people, order.order_id)

    assert refusal.value.code == "out"


def test_lending_wants_a_day_to_come_a_check_and_a_loaner(store: Store, people: People) -> None:
    order = order_with(store, people, Line(serial_no="NL861234567"))
    store.run(loaner())
    good = {"serial_no": LOANER, "due_at": START + DAY, "order_id": order.order_id, "tamper_result": "ok"}

    for change, field in (({"due_at": START - DAY}, "due_at"), ({"tamper_result": ""}, "tamper_result"),
                          ({"tamper_result": "suspect"}, "tamper_result"), ({"serial_no": "NL861234567"}, "serial_no"),
                          ({"serial_no": "UNKNOWN99"}, "serial_no"), ({"order_id": ""}, "merchant")):  # fmt: skip
        with pytest.raises(Refused) as refusal:
            store.run(lend(**{**good, **change}), by=people.clerk)  # type: ignore[arg-type]
        assert refusal.value.field == field


def test_the_day_can_be_moved_and_the_old_one_stays_in_the_history(store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    store.run(loaner())
    lent(store, people, order.order_id)

    store.run(extend_loan(serial_no=LOANER, due_at=START + 14 * DAY, reason="配件未到"), by=people.clerk)

    out = store.ask(lambda s: open_loans(s))
    assert [(loan.due_at, loan.words) for loan in out] == [(START + 14 * DAY, "配件未到")]


def test_a_missing_piece_has_to_be_named(store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    store.run(loaner())
    lent(store, people, order.order_id)

    with pytest.raises(Refused) as refusal:
        store.run(take_back(serial_no=LOANER, tamper_result="ok", complete=False), by=people.clerk)

    assert refusal.value.field == "words"


def test_a_suspicious_loaner_leaves_the_pool(store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    device = store.run(loaner()).result
    lent(store, people, order.order_id)

    store.run(take_back(serial_no=LOANER, tamper_result="suspect"), by=people.clerk)

    assert not store.ask(lambda s: s.get_one(Device, device)).loaner


def test_the_last_device_does_not_go_while_the_loaner_is_out(store: Store, people: People) -> None:
    order = order_with(store, people, Line(), Line())
    device = store.run(loaner()).result
    lent(store, people, order.order_id)

    hand(store, people, order, 0)
    with pytest.raises(Refused) as refusal:
        hand(store, people, order, 1)
    assert (refusal.value.field, refusal.value.code) == ("loaner", "needs_override")

    hand(store, people, order, 1, loaners_back=(device,))
    assert store.ask(lambda s: open_loans(s)) == []
    assert item(store, order.items[1]).work_state == "picked_up"


def test_a_supervisor_lets_the_loaner_come_later(store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    store.run(loaner())
    lent(store, people, order.order_id)

    hand(store, people, order, 0, override=consent(store, people, reason="备机明日归还"))

    assert len(store.ask(lambda s: open_loans(s))) == 1


def test_a_device_in_repair_is_no_loaner(store: Store, people: People) -> None:
    order_with(store, people, Line(serial_no="NL861234567"))

    with pytest.raises(Refused, match="in repair"):
        store.run(set_loaner(serial_no="NL861234567"), by=people.clerk)


def test_the_first_due_stands_first(store: Store, people: People) -> None:
    order, other = order_with(store, people, Line()), order_with(store, people, Line())
    store.run(loaner())
    lent(store, people, order.order_id, days=9)
    store.run(set_loaner(serial_no=spare(store)), by=people.clerk)
    store.run(lend(serial_no="LOAN00000025", due_at=START + 2 * DAY, order_id=other.order_id, tamper_result="ok"),
              by=people.clerk)  # fmt: skip

    assert [loan.serial_no for loan in store.ask(lambda s: open_loans(s))] == ["LOAN00000025", LOANER]


def spare(store: Store) -> str:
    @command(N_("Add a spare for a test"), right="")
    def add(write: Write) -> str:
        write.session.add(Device(id=write.new_id(), serial_no="LOAN00000025", model_id=""))
        return "LOAN00000025"

    return store.run(add()).result
