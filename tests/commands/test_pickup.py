"""Handing devices out: partial, with payment, free, unrepaired, to an agent, with what a supervisor allows."""

from __future__ import annotations

from typing import Any

import pytest

from deskapp.commands.people import vouch
from deskapp.commands.pickup import close_due, confirm_working, hand_out, reopen, take_payment
from deskapp.commands.pickup_forms import Collector, HandedItem, Payment, Proof, ProofKind, Reduction, Signed
from deskapp.commands.pickup_release import check_release
from deskapp.errors import DeskError, Forbidden, Refused
from deskapp.models.handing_out import work_events
from deskapp.models.local import PrintJob
from deskapp.models.repair import (
    AccessoryItem,
    CustodyEvent,
    MoneyEvent,
    Pickup,
    RepairItem,
    RepairOrder,
    ReviewCard,
    WorkEvent,
)
from deskapp.models.store import Override, Store, Write, command
from deskapp.rules import papers
from tests.conftest import PINS, FixedClock, People
from tests.factories_pickup import ID_LAST4, Line, Order, ready_order

TESTS = dict.fromkeys(("power_on", "sign_on", "print", "read_card", "connection"), "pass")


def order_with(store: Store, people: People, *lines: Line, **more: Any) -> Order:
    act = ready_order(
        lines=lines, supervisor=people.supervisor.staff_id, technician=people.technician.staff_id,
        inspector=people.inspector.staff_id, **more,
    )  # fmt: skip
    return store.run(act).result


def released(store: Store, people: People, order: Order) -> str:
    proof = Proof(ProofKind.SLIP, slip_no=order.slip_no, token=order.token)
    return store.run(check_release(order_id=order.order_id, proof=proof), by=people.clerk).result.release_id


def consent(store: Store, people: People, right: str = "override", reason: str = "已当面核实") -> Override:
    given = store.run(vouch(who="S01", pin=PINS["S01"], right=right), by=people.clerk).result
    return given.for_reason(reason)


def owner() -> Collector:
    return Collector("王小明", id_last4=ID_LAST4)


def goes(order: Order, place: int, **more: Any) -> HandedItem:
    values: dict[str, Any] = {"tamper": "ok", "tests": TESTS, "accessories": order.accessories[place], **more}
    return HandedItem(order.items[place], **values)


def hand(store: Store, people: People, order: Order, *places: int, **more: Any) -> Any:
    values: dict[str, Any] = {
        "order_id": order.order_id, "collector": owner(), "rating": 5, "signed": Signed(on_paper=True),
        "items": tuple(goes(order, place) for place in places),
    }  # fmt: skip
    values.update(more)
    values.setdefault("release_id", released(store, people, order))
    return store.run(hand_out(**values), by=people.clerk).result


def item(store: Store, item_id: str) -> RepairItem:
    return store.ask(lambda session: session.get_one(RepairItem, item_id))


def receipt(store: Store, number: str) -> papers.RepairReceiptCard:
    job = store.ask(lambda session: session.query(PrintJob).filter_by(number=number).one())
    card = papers.from_json(job.card)
    assert isinstance(card, papers.RepairReceiptCard)
    return card


def test_two_of_three_are_collected_and_the_third_later_with_payment(store: Store, people: People) -> None:
    order = order_with(
        store, people, Line(end="free", accessories=("power_adapter",)), Line(end="free"), Line(fen=15000)
    )

    first = hand(store, people, order, 0, 1)

    assert first.left_behind == 1 and first.total_fen == 0
    assert [item(store, one).work_state for one in order.items] == ["picked_up", "picked_up", "ready_for_pickup"]
    assert store.ask(lambda s: s.get_one(RepairOrder, order.order_id)).state == "open"

    second = hand(store, people, order, 2, payments=(Payment("cash", 10000), Payment("wechat", 5000)))

    assert second.total_fen == 15000 and second.receipt_no != first.receipt_no
    gone = item(store, order.items[2])
    assert (gone.money_state, gone.due_fen, gone.paid_fen, gone.receipt_no) == ("paid", 0, 15000, second.receipt_no)
    assert store.ask(lambda s: s.get_one(RepairOrder, order.order_id)).state == "closed"


def test_a_pickup_is_one_commit_with_hop_move_money_and_receipt(store: Store, people: People) -> None:
    order = order_with(store, people, Line(fen=15000, accessories=("power_adapter", "data_cable")))
    release = released(store, people, order)

    done = store.run(
        hand_out(order_id=order.order_id, release_id=release, collector=owner(), items=(goes(order, 0),),
                 payments=(Payment("alipay", 15000),), signed=Signed(on_paper=True), rating=4),
        by=people.clerk,
    )  # fmt: skip

    assert done.changes.touches("pickup", "work_event", "custody_event", "money_event", "print_job")
    with store.read() as session:
        hop = session.query(CustodyEvent).order_by(CustodyEvent.n.desc()).first()
        assert hop is not None
        assert (hop.from_holder, hop.to_holder, hop.tamper_result) == ("shelf:B-01-1", "merchant", "ok")
        assert (hop.giver, hop.taker) == ("李秀英", "王小明")
        returned = session.query(AccessoryItem).filter_by(item_id=order.items[0]).all()
        assert all(one.returned_at for one in returned)
        assert work_events(session, order.items[0])[-1].data["payment"]["fen"] == 15000
        assert session.query(MoneyEvent).filter_by(kind="payment").one().number == done.result.receipt_no


def test_a_paper_signature_stays_a_to_do_on_the_device(store: Store, people: People) -> None:
    order = order_with(store, people, Line())

    done = hand(store, people, order, 0)

    assert done.todo == ("signature",)
    cards = store.ask(lambda s: s.query(ReviewCard).filter_by(subject_id=order.items[0], kind="todo").all())
    assert [card.data["key"] for card in cards if card.data["move"] == "hand_out"] == ["signature"]


def test_the_receipt_says_what_was_found_done_charged_and_tested(store: Store, people: People) -> None:
    order = order_with(store, people, Line(fen=15000))

    done = hand(store, people, order, 0, payments=(Payment("cash", 15000),), invoice_no="12345678")
    card = receipt(store, done.receipt_no)

    device = card.devices[0]
    assert (device.cause, device.action, device.repaired) == ("打印头老化断针", "更换配件", True)
    assert (device.version_before, device.version_after) == ("2.1.8 / 3.0", "2.2.0 / 3.0")
    assert [test.name for test in device.tests] == ["开机", "签到", "打印", "读卡", "通信"]
    assert [(line.name, line.amount_fen) for line in card.lines] == [("打印头", 12000), ("小修工时费", 3000)]
    assert (card.total_fen, card.payment, card.price_list) == (15000, "现金 ¥150.00", "2025-01")
    assert card.advice.startswith("每用完十卷纸") and card.invoice_no == "12345678" and card.rating == 5
    assert (card.technician, card.inspector, card.clerk) == ("张建国", "刘敏", "李秀英")


def test_people_are_masked_on_the_receipt(store: Store, people: People) -> None:
    order = order_with(store, people, Line())

    card = receipt(store, hand(store, people, order, 0).receipt_no)

    assert (card.collector, card.id_last4, card.merchant_no) == ("王**", "001X", "100391*****0001")


def test_a_free_repair_has_a_receipt_over_nothing(store: Store, people: People) -> None:
    order = order_with(store, people, Line(end="free"))

    card = receipt(store, hand(store, people, order, 0).receipt_no)

    assert (card.total_fen, card.payment, card.basis) == (0, "", papers.ChargeBasis.IN_WARRANTY)


def test_a_declined_device_goes_unrepaired_and_pays_the_inspection(store: Store, people: People) -> None:
    order = order_with(store, people, Line(fen=2000, end="declined"))

    fails = {**TESTS, "print": "fail"}
    done = hand(store, people, order, 0, items=(goes(order, 0, tests=fails),), payments=(Payment("cash", 2000),))
    card = receipt(store, done.receipt_no)

    assert not card.devices[0].repaired and card.lines[0].kind is papers.LineKind.INSPECTION
    assert card.devices[0].tests[2].result is papers.CheckResult.FAIL


def test_the_payments_make_up_exactly_what_is_owed(store: Store, people: People) -> None:
    order = order_with(store, people, Line(fen=15000))
    release = released(store, people, order)

    for fen, code in ((14999, "too_little"), (15001, "too_much")):
        with pytest.raises(Refused) as refusal:
            hand(store, people, order, 0, payments=(Payment("cash", fen),), release_id=release)
        assert (refusal.value.field, refusal.value.code) == ("payment", code)
    assert item(store, order.items[0]).work_state == "ready_for_pickup"

    assert hand(store, people, order, 0, payments=(Payment("cash", 15000),), release_id=release).total_fen == 15000


def test_nothing_is_paid_by_a_method_nobody_knows(store: Store, people: People) -> None:
    order = order_with(store, people, Line(fen=100))

    with pytest.raises(Refused, match="how it is paid"):
        hand(store, people, order, 0, payments=(Payment("shells", 100),))


def test_the_tamper_check_has_no_default(store: Store, people: People) -> None:
    order = order_with(store, people, Line())

    with pytest.raises(Refused) as refusal:
        hand(store, people, order, 0, items=(goes(order, 0, tamper=""),))

    assert refusal.value.field == "items.0.tamper"


def test_a_suspicious_device_is_not_handed_out(store: Store, people: People) -> None:
    order = order_with(store, people, Line())

    with pytest.raises(Refused, match="quarantine"):
        hand(store, people, order, 0, items=(goes(order, 0, tamper="suspect"),))


def test_every_test_with_the_merchant_wants_an_answer(store: Store, people: People) -> None:
    order = order_with(store, people, Line())

    with pytest.raises(Refused) as refusal:
        hand(store, people, order, 0, items=(goes(order, 0, tests={"power_on": "pass"}),))

    assert refusal.value.field == "items.0.tests"


def test_a_missing_accessory_needs_a_supervisor_and_leaves_a_card(store: Store, people: People) -> None:
    order = order_with(store, people, Line(accessories=("power_adapter", "data_cable")))
    one = (goes(order, 0, accessories=order.accessories[0][:1]),)

    with pytest.raises(Refused) as refusal:
        hand(store, people, order, 0, items=one)
    assert (refusal.value.field, refusal.value.code) == ("accessories", "needs_override")

    hand(store, people, order, 0, items=one, override=consent(store, people))

    cards = store.ask(lambda s: s.query(ReviewCard).filter_by(kind="accessory_gap").all())
    assert [card.subject_id for card in cards] == [order.accessories[0][1]]
    pickup = store.ask(lambda s: s.query(Pickup).one())
    assert (pickup.second_by, pickup.reason) == (people.supervisor.staff_id, "已当面核实")
    assert pickup.data["exceptions"] == ["accessory_gap"]


def test_a_document_that_is_not_the_deliverers_needs_a_supervisor(store: Store, people: People) -> None:
    order = order_with(store, people, Line())

    with pytest.raises(Refused) as refusal:
        hand(store, people, order, 0, collector=Collector("王小明", id_last4="1234"))
    assert (refusal.value.field, refusal.value.code) == ("id_last4", "needs_override")

    done = hand(store, people, order, 0, collector=Collector("王小明", id_type="none"),
                override=consent(store, people))  # fmt: skip
    assert done.receipt_no.startswith("C")


def test_an_agent_shows_a_document_of_their_own(store: Store, people: People) -> None:
    order = order_with(store, people, Line())

    hand(store, people, order, 0, collector=Collector("赵代办", is_agent=True, id_last4="5678"))

    pickup = store.ask(lambda s: s.query(Pickup).one())
    assert pickup.collector_is_agent and pickup.id_last4 == "5678"


def test_a_whole_identity_number_is_cut_to_its_last_four(store: Store, people: People) -> None:
    order = order_with(store, people, Line())

    hand(store, people, order, 0, collector=Collector("王小明", id_last4="34052419800101001X"))

    assert store.ask(lambda s: s.query(Pickup).one()).id_last4 == "001X"


def test_a_discount_needs_its_right_and_its_reason(store: Store, people: People) -> None:
    order = order_with(store, people, Line(fen=15000), Line(fen=5000))
    release = released(store, people, order)
    cut = Reduction("discount", 6000, "several_devices")

    with pytest.raises(Refused) as refusal:
        hand(store, people, order, 0, 1, reductions=(cut,), payments=(Payment("cash", 14000),), release_id=release)
    assert refusal.value.field == "reduction"

    allowed = Reduction("discount", 6000, "several_devices", consent(store, people, "discount"))
    done = hand(store, people, order, 0, 1, reductions=(allowed,), payments=(Payment("cash", 14000),),
                release_id=release)  # fmt: skip

    card = receipt(store, done.receipt_no)
    assert (card.discount_fen, card.discount_reason, card.total_fen) == (6000, "多台同修", 14000)
    assert item(store, order.items[0]).paid_fen == 9000 and item(store, order.items[1]).paid_fen == 5000


def test_a_consent_for_one_thing_does_not_serve_for_another(store: Store, people: People) -> None:
    order = order_with(store, people, Line(fen=15000))
    wrong = Reduction("waiver", 15000, "goodwill", consent(store, people, "discount"))

    with pytest.raises(Refused):
        hand(store, people, order, 0, reductions=(wrong,))


def test_a_waived_charge_leaves_nothing_to_pay(store: Store, people: People) -> None:
    order = order_with(store, people, Line(fen=15000))
    allowed = Reduction("waiver", 15000, "our_delay", consent(store, people, "waive"))

    done = hand(store, people, order, 0, reductions=(allowed,))

    assert done.total_fen == 0 and item(store, order.items[0]).money_state == "waived"


def test_a_release_serves_once_and_for_half_an_hour(store: Store, people: People, clock: FixedClock) -> None:
    order = order_with(store, people, Line(), Line())
    release = released(store, people, order)
    hand(store, people, order, 0, release_id=release)

    with pytest.raises(Refused) as used:
        hand(store, people, order, 1, release_id=release)
    assert used.value.code == "used"

    late = released(store, people, order)
    clock.forward(minutes=31)
    with pytest.raises(Refused) as old:
        hand(store, people, order, 1, release_id=late)
    assert old.value.code == "old"


def test_nothing_goes_without_a_release(store: Store, people: People) -> None:
    order = order_with(store, people, Line())

    with pytest.raises(Refused) as refusal:
        hand(store, people, order, 0, release_id="")

    assert (refusal.value.field, refusal.value.code) == ("proof", "no_release")


def test_a_device_goes_once(store: Store, people: People) -> None:
    order = order_with(store, people, Line(), Line())
    hand(store, people, order, 0)

    with pytest.raises(Refused) as refusal:
        hand(store, people, order, 0)

    assert refusal.value.code == "gone" and str(refusal.value.values["receipt"]).startswith("C")


def test_a_device_still_on_the_bench_stays(store: Store, people: People) -> None:
    order = order_with(store, people, Line(end="bench"))

    with pytest.raises(DeskError):
        hand(store, people, order, 0)


def test_a_technician_hands_nothing_out(store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    release = released(store, people, order)

    with pytest.raises(Forbidden):
        store.run(
            hand_out(order_id=order.order_id, release_id=release, collector=owner(), items=(goes(order, 0),)),
            by=people.technician,
        )


def test_a_confirmed_device_is_closed_and_can_be_reopened(store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    hand(store, people, order, 0)

    store.run(confirm_working(item_ids=order.items, result="transaction", confirmed_by="王小明"), by=people.clerk)
    assert item(store, order.items[0]).work_state == "closed"

    with pytest.raises(Refused) as alone:
        store.run(reopen(item_id=order.items[0], reason="又坏了"), by=people.clerk)
    assert alone.value.code == "needs_override"
    store.run(reopen(item_id=order.items[0], reason="商户来电称故障重现"), by=people.supervisor)
    assert item(store, order.items[0]).work_state == "picked_up"


def test_a_clerk_reopens_with_consent_and_it_stands_in_the_supervisors_name(store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    hand(store, people, order, 0)
    store.run(confirm_working(item_ids=order.items, result="call", confirmed_by="王小明"), by=people.clerk)

    act = reopen(item_id=order.items[0], reason="又坏了", override=consent(store, people, "reopen"))
    store.run(act, by=people.clerk)

    last = store.ask(lambda s: s.query(WorkEvent).filter_by(item_id=order.items[0]).order_by(WorkEvent.n).all())[-1]
    assert (last.move, last.by, last.reason) == ("reopen", people.supervisor.staff_id, "又坏了")


def test_a_device_that_came_again_is_not_reopened_on_its_old_order(store: Store, people: People) -> None:
    order, again = order_with(store, people, Line()), order_with(store, people, Line())
    hand(store, people, order, 0)
    store.run(confirm_working(item_ids=order.items, result="call", confirmed_by="王小明"), by=people.clerk)

    @command("Make it the same device", right="")
    def same(write: Write) -> None:
        row = write.session.get_one(RepairItem, again.items[0])
        row.device_id = write.session.get_one(RepairItem, order.items[0]).device_id

    store.run(same())

    with pytest.raises(Refused) as refusal:
        store.run(reopen(item_id=order.items[0], reason="又坏了"), by=people.supervisor)
    assert refusal.value.code == "moved_on" and refusal.value.values["order"]


def test_what_nobody_complains_about_closes_after_a_week(store: Store, people: People, clock: FixedClock) -> None:
    order = order_with(store, people, Line(), Line())
    hand(store, people, order, 0)
    clock.forward(days=6.9)
    assert store.run(close_due()).result == 0

    clock.forward(days=0.2)

    assert store.run(close_due()).result == 1
    assert [item(store, one).work_state for one in order.items] == ["closed", "ready_for_pickup"]
    assert store.run(close_due()).result == 0


def test_money_can_be_taken_before_the_pickup(store: Store, people: People) -> None:
    order = order_with(store, people, Line(fen=15000))

    paid = store.run(take_payment(order_id=order.order_id, payments=(Payment("transfer", 15000),)), by=people.clerk)
    done = hand(store, people, order, 0)

    assert paid.result.fen == 15000 and done.total_fen == 0
    card = receipt(store, done.receipt_no)
    assert card.total_fen == 15000 and card.payment.endswith(" ¥150.00")
