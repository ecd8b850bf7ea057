"""Taking back: a pickup, a payment, an amount; money paid back on a paper of its own."""

from __future__ import annotations

from typing import Any

import pytest

from deskapp.commands.pickup import confirm_working, take_payment
from deskapp.commands.pickup_correct import correct_amount, refund, void_payment, void_pickup
from deskapp.commands.pickup_forms import Payment
from deskapp.errors import Refused
from deskapp.models.folding import custody_of, money_of, work_of
from deskapp.models.local import PrintJob
from deskapp.models.repair import AccessoryItem, ItemRecord, MoneyEvent, Pickup
from deskapp.models.store import Store
from deskapp.models.superseded import superseded
from deskapp.queries.receipts import receipts
from deskapp.rules import papers
from tests.commands.test_pickup import consent, hand, item, order_with, receipt
from tests.conftest import FixedClock, People
from tests.factories_pickup import Line, Order


def picked_up(store: Store, people: People, *lines: Line, fen: int = 0) -> tuple[Order, Any]:
    order = order_with(store, people, *lines)
    payments = (Payment("cash", fen),) if fen else ()
    return order, hand(store, people, order, *range(len(lines)), payments=payments)


def test_a_voided_pickup_brings_everything_back(store: Store, people: People) -> None:
    order, done = picked_up(store, people, Line(fen=15000, accessories=("power_adapter",)), fen=15000)

    store.run(void_pickup(receipt_no=done.receipt_no, reason="取错设备，已追回"), by=people.supervisor)

    row = item(store, order.items[0])
    assert (row.work_state, row.holder, row.due_fen, row.paid_fen, row.receipt_no) == (
        "ready_for_pickup", "shelf:B-01-1", 15000, 0, "",
    )  # fmt: skip
    with store.read() as session:
        assert session.query(AccessoryItem).filter_by(item_id=row.id).one().returned_at == 0
        assert custody_of(session, row.id).unbroken
        assert not work_of(session, row.id).misfits and not money_of(session, row.id).misfits


def test_both_the_pickup_and_its_voiding_stay_visible(store: Store, people: People) -> None:
    order, done = picked_up(store, people, Line())

    store.run(void_pickup(receipt_no=done.receipt_no, reason="取错设备"), by=people.supervisor)

    rows = store.ask(lambda s: s.query(Pickup).order_by(Pickup.n).all())
    assert [(row.voids, row.reason) for row in rows] == [("", ""), (rows[0].id, "取错设备")]
    marks = store.ask(lambda s: s.query(ItemRecord).filter_by(kind="papers_superseded").all())
    assert [mark.data["numbers"] for mark in marks] == [[done.receipt_no]]
    assert store.ask(lambda s: s.query(PrintJob).filter_by(number=done.receipt_no).one()).state == "cancelled"
    assert hand(store, people, order, 0).receipt_no != done.receipt_no


def test_voiding_can_leave_the_money(store: Store, people: People) -> None:
    order, done = picked_up(store, people, Line(fen=15000), fen=15000)

    act = void_pickup(receipt_no=done.receipt_no, reason="设备留下再检", keep_payments=True)
    store.run(act, by=people.supervisor)

    assert item(store, order.items[0]).paid_fen == 15000


def test_a_pickup_is_voided_after_it_was_closed(store: Store, people: People) -> None:
    order, done = picked_up(store, people, Line())
    store.run(confirm_working(item_ids=order.items, result="call", confirmed_by="王小明"), by=people.clerk)

    store.run(void_pickup(receipt_no=done.receipt_no, reason="实际未取走"), by=people.supervisor)

    assert item(store, order.items[0]).work_state == "ready_for_pickup"
    assert not store.ask(lambda s: work_of(s, order.items[0])).misfits


def test_a_clerk_voids_nothing_alone(store: Store, people: People) -> None:
    _order, done = picked_up(store, people, Line())

    with pytest.raises(Refused) as refusal:
        store.run(void_pickup(receipt_no=done.receipt_no, reason="取错"), by=people.clerk)
    assert refusal.value.code == "needs_override"

    act = void_pickup(receipt_no=done.receipt_no, reason="取错", override=consent(store, people, "correct"))
    store.run(act, by=people.clerk)
    last = store.ask(lambda s: s.query(Pickup).order_by(Pickup.n.desc()).first())
    assert last is not None and last.by == people.supervisor.staff_id


def test_a_pickup_is_voided_once(store: Store, people: People) -> None:
    _order, done = picked_up(store, people, Line())
    store.run(void_pickup(receipt_no=done.receipt_no, reason="取错"), by=people.supervisor)

    with pytest.raises(Refused, match="void already"):
        store.run(void_pickup(receipt_no=done.receipt_no, reason="取错"), by=people.supervisor)


def test_a_payment_noted_wrongly_is_voided_and_taken_again(store: Store, people: People) -> None:
    order, done = picked_up(store, people, Line(fen=15000), Line(fen=5000), fen=20000)

    undone = store.run(void_payment(receipt_no=done.receipt_no, reason="实为微信支付"), by=people.supervisor).result
    assert undone == 20000 and item(store, order.items[1]).due_fen == 5000

    act = take_payment(order_id=order.order_id, payments=(Payment("wechat", 20000),))
    again = store.run(act, by=people.clerk).result

    views = [store.ask(lambda s, one=one: money_of(s, one)) for one in order.items]
    assert [dict(view.by_method) for view in views] == [{"wechat": 15000}, {"wechat": 5000}]
    assert again.receipt_no != done.receipt_no and receipt(store, again.receipt_no).payment.endswith("¥200.00")
    with pytest.raises(Refused):
        store.run(void_payment(receipt_no=done.receipt_no, reason="再来一次"), by=people.supervisor)


def test_a_corrected_charge_leaves_the_difference_to_pay(store: Store, people: People) -> None:
    order = order_with(store, people, Line(fen=15000))

    owed = store.run(correct_amount(item_id=order.items[0], fen=12000, reason="工时费录错"), by=people.supervisor)

    assert owed.result == 12000
    done = hand(store, people, order, 0, payments=(Payment("cash", 12000),))
    card = receipt(store, done.receipt_no)
    assert card.total_fen == 12000 == sum(line.amount_fen for line in card.lines)


def test_a_corrected_charge_prints_a_new_receipt_and_marks_the_old_one(store: Store, people: People) -> None:
    order, done = picked_up(store, people, Line(fen=15000), Line(fen=5000), fen=20000)

    store.run(correct_amount(item_id=order.items[0], fen=12000, reason="工时费录错"), by=people.supervisor)

    shown = store.ask(lambda s: receipts(s, order.order_id))
    new = next(row for row in shown if row.kind == "correction")
    old = next(row for row in shown if row.number == done.receipt_no)
    card = receipt(store, new.number)
    assert (old.replaced_by, old.void, new.fen, new.devices) == (new.number, False, 17000, 2)
    assert (card.total_fen, card.replaces, len(card.devices)) == (17000, done.receipt_no, 2)
    assert card.collected_ms == receipt(store, done.receipt_no).collected_ms
    assert store.ask(lambda s: superseded(s, [done.receipt_no])) == {done.receipt_no: new.number}


def test_a_second_correction_takes_the_place_of_the_first(store: Store, people: People) -> None:
    order, done = picked_up(store, people, Line(fen=15000), fen=15000)
    for fen in (12000, 13000):
        store.run(correct_amount(item_id=order.items[0], fen=fen, reason="工时费录错"), by=people.supervisor)

    rows = {row.number: row for row in store.ask(lambda s: receipts(s, order.order_id))}
    right = next(row for row in rows.values() if not row.replaced_by)
    assert (right.kind, right.fen, len(rows)) == ("correction", 13000, 3)
    assert {row.replaced_by for row in rows.values() if row is not right} == {right.number}

    store.run(void_pickup(receipt_no=done.receipt_no, reason="取错设备"), by=people.supervisor)
    assert all(row.void or row.replaced_by for row in store.ask(lambda s: receipts(s, order.order_id)))
    assert next(r for r in store.ask(lambda s: receipts(s, order.order_id)) if r.number == right.number).void


def test_before_any_receipt_a_correction_prints_none(store: Store, people: People) -> None:
    order = order_with(store, people, Line(fen=15000))

    store.run(correct_amount(item_id=order.items[0], fen=12000, reason="工时费录错"), by=people.supervisor)

    assert store.ask(lambda s: s.query(PrintJob).filter_by(kind="repair_receipt").count()) == 0
    assert store.ask(lambda s: receipts(s, order.order_id)) == []


def test_too_much_paid_is_paid_back_on_its_own_paper(store: Store, people: People) -> None:
    order, done = picked_up(store, people, Line(fen=15000), fen=15000)
    store.run(correct_amount(item_id=order.items[0], fen=12000, reason="工时费录错"), by=people.supervisor)

    back = store.run(
        refund(order_id=order.order_id, fen=3000, method="cash", reason="多收退回"), by=people.supervisor
    ).result

    job = store.ask(lambda s: s.query(PrintJob).filter_by(number=back.receipt_no).one())
    card = papers.from_json(job.card)
    assert isinstance(card, papers.RefundCard)
    assert (job.kind, card.total_fen, card.method, card.reason) == ("refund", 3000, "现金", "多收退回")
    assert (card.receipt_no, card.paid_fen) == (done.receipt_no, 15000)
    assert card.allowed_by
    row = item(store, order.items[0])
    assert (row.paid_fen, row.due_fen) == (12000, 0)
    assert back.receipt_no != done.receipt_no


def test_a_goodwill_refund_leaves_nothing_owed(store: Store, people: People) -> None:
    order, _done = picked_up(store, people, Line(fen=15000), fen=15000)

    store.run(refund(order_id=order.order_id, fen=15000, method="cash", reason="我方责任"), by=people.supervisor)

    row = item(store, order.items[0])
    assert (row.paid_fen, row.due_fen) == (0, 0)
    assert not store.ask(lambda s: money_of(s, order.items[0])).misfits


def test_no_more_is_paid_back_than_was_paid(store: Store, people: People) -> None:
    order, _done = picked_up(store, people, Line(fen=15000), fen=15000)

    with pytest.raises(Refused) as refusal:
        store.run(refund(order_id=order.order_id, fen=15001, method="cash", reason="退"), by=people.supervisor)

    assert (refusal.value.field, refusal.value.code) == ("amount", "too_much")
    assert store.ask(lambda s: s.query(MoneyEvent).filter_by(kind="refund").count()) == 0


def test_a_pickup_is_not_taken_back_once_the_device_came_again(
    store: Store, people: People, clock: FixedClock
) -> None:
    order, done = picked_up(store, people, Line(serial_no="NL861000777"))
    clock.forward(days=2)
    from deskapp.models.repair import RepairItem

    again = order_with(store, people, Line())
    from deskapp.models.store import Write, command

    @command("Make it the same device", right="")
    def same(write: Write) -> None:
        row = write.session.get_one(RepairItem, again.items[0])
        row.device_id = write.session.get_one(RepairItem, order.items[0]).device_id

    store.run(same())

    with pytest.raises(Refused) as refusal:
        store.run(void_pickup(receipt_no=done.receipt_no, reason="取错"), by=people.supervisor)
    assert refusal.value.code == "moved_on"
