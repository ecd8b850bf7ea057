"""Calls, the pickup code, slips real and copied, five wrong tries, a lost slip, and going back unrepaired."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from sqlalchemy import select

from deskapp.commands.pickup import hand_out
from deskapp.commands.pickup_forms import Proof, ProofKind, Release
from deskapp.commands.pickup_release import (
    check_release,
    draw_code,
    finish_counter_service,
    give_back_unrepaired,
    log_call,
    make_pickup_code,
    report_slip_lost,
    start_counter_service,
    stop_counter_service,
    unblock_slip,
)
from deskapp.errors import Forbidden, Refused
from deskapp.models.handing_out import calls_of, code_of, was_repaired, work_events
from deskapp.models.journal import ChangeSet
from deskapp.models.repair import RepairItem, RepairOrder, ReviewCard
from deskapp.models.store import Store
from tests.commands.test_pickup import consent, goes, order_with, owner
from tests.conftest import FixedClock, People
from tests.factories_pickup import PHONE, Line, Order


def check(store: Store, people: People, order: Order, kind: ProofKind, **more: Any) -> Release:
    act = check_release(order_id=order.order_id, proof=Proof(kind, **more))
    return store.run(act, by=people.clerk).result


def code_for(store: Store, people: People, order: Order) -> str:
    return store.run(make_pickup_code(order_id=order.order_id), by=people.clerk).result.code


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_the_code_releases_and_is_told_with_a_sentence(store: Store, people: People) -> None:
    order = order_with(store, people, Line(), Line())

    made = store.run(make_pickup_code(order_id=order.order_id), by=people.clerk).result

    assert re.fullmatch(r"[0-9]{6}", made.code)
    said = made.sentence.format(**made.values)
    assert f"{made.code[:3]} {made.code[3:]}" in said and order.slip_no in said and "2 of" in said
    assert check(store, people, order, ProofKind.CODE, code=made.code).ok


def test_the_code_is_stored_nowhere(store: Store, people: People) -> None:
    order = order_with(store, people, Line())

    code = code_for(store, people, order)

    bodies = "".join(store.ask(lambda s: list(s.scalars(select(ChangeSet.body)))))
    assert "$argon2id$" in bodies and code not in re.sub(r"[0-9]{10,}", "", bodies)


def test_a_new_code_voids_the_old_one(store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    old, new = code_for(store, people, order), code_for(store, people, order)

    assert not check(store, people, order, ProofKind.CODE, code=old).ok
    assert check(store, people, order, ProofKind.CODE, code=new).ok


def test_the_code_of_one_slip_is_worth_nothing_for_another(store: Store, people: People) -> None:
    one, other = order_with(store, people, Line()), order_with(store, people, Line())
    code = code_for(store, people, one)
    code_for(store, people, other)

    assert not check(store, people, other, ProofKind.CODE, code=code).ok


def test_five_wrong_codes_end_with_a_supervisor(store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    code = code_for(store, people, order)

    answers = [check(store, people, order, ProofKind.CODE, code=wrong(code)) for _ in range(5)]

    assert [answer.tries_left for answer in answers] == [4, 3, 2, 1, 0]
    assert answers[0].values == {"left": 4} and answers[4].supervisor and not any(answer.ok for answer in answers)
    right = check(store, people, order, ProofKind.CODE, code=code)
    assert not right.ok and right.supervisor
    slip = check(store, people, order, ProofKind.SLIP, slip_no=order.slip_no, token=order.token)
    assert not slip.ok and slip.supervisor
    assert check(store, people, order, ProofKind.SUPERVISOR, override=consent(store, people)).ok
    assert store.ask(lambda s: s.query(ReviewCard).filter_by(kind="pickup_blocked").count()) == 1


def test_a_new_code_gives_new_tries(store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    code = code_for(store, people, order)
    for _ in range(5):
        check(store, people, order, ProofKind.CODE, code=wrong(code))

    code = code_for(store, people, order)

    assert check(store, people, order, ProofKind.CODE, code=code).ok


def test_what_is_no_code_is_no_try(store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    code_for(store, people, order)

    for typed in ("12345", "12345a", ""):
        with pytest.raises(Refused) as refusal:
            check(store, people, order, ProofKind.CODE, code=typed)
        assert refusal.value.field == "code"

    assert store.ask(lambda s: code_of(s, order.order_id)).tries == 0


def test_without_a_call_there_is_no_code(store: Store, people: People) -> None:
    order = order_with(store, people, Line())

    answer = check(store, people, order, ProofKind.CODE, code="123456")

    assert not answer.ok and "Call the merchant" in answer.sentence and answer.tries_left == 5


def test_a_copied_slip_is_a_wrong_try(store: Store, people: People) -> None:
    order = order_with(store, people, Line())

    answer = check(store, people, order, ProofKind.SLIP, slip_no=order.slip_no, token="ZZZZ2222")

    assert not answer.ok and answer.tries_left == 4 and "copy" in answer.sentence


def test_the_slip_of_another_order_names_the_right_one(store: Store, people: People) -> None:
    one, other = order_with(store, people, Line()), order_with(store, people, Line())

    with pytest.raises(Refused) as refusal:
        check(store, people, one, ProofKind.SLIP, slip_no=other.slip_no, token=other.token)

    assert refusal.value.values["slip"] == one.slip_no


def test_the_original_slip_releases_with_the_end_of_the_phone_number(store: Store, people: People) -> None:
    order = order_with(store, people, Line())

    with pytest.raises(Refused) as refusal:
        check(store, people, order, ProofKind.SLIP, slip_no=order.slip_no)
    assert refusal.value.code == "no_token"

    bad = check(store, people, order, ProofKind.SLIP_TYPED, slip_no=order.slip_no, phone_tail="0000")
    good = check(store, people, order, ProofKind.SLIP_TYPED, slip_no=order.slip_no, phone_tail=PHONE[-4:])
    assert not bad.ok and bad.tries_left == 4 and good.ok


def test_a_lost_slip_is_blocked_and_code_or_supervisor_release(store: Store, people: People) -> None:
    order = order_with(store, people, Line())

    store.run(report_slip_lost(order_id=order.order_id, reported_by="王小明", words="搬店时遗失"), by=people.clerk)

    answer = check(store, people, order, ProofKind.SLIP, slip_no=order.slip_no, token=order.token)
    assert not answer.ok and answer.supervisor and "lost" in answer.sentence
    assert check(store, people, order, ProofKind.CODE, code=code_for(store, people, order)).ok
    with pytest.raises(Refused, match="blocked already"):
        store.run(report_slip_lost(order_id=order.order_id, reported_by="王小明"), by=people.clerk)


def test_who_reported_the_loss_is_kept_masked(store: Store, people: People) -> None:
    order = order_with(store, people, Line())

    store.run(report_slip_lost(order_id=order.order_id, reported_by="王小明"), by=people.clerk)

    body = json.loads(store.ask(lambda s: s.query(ChangeSet).order_by(ChangeSet.seq.desc()).first()).body)
    assert "王小明" not in json.dumps(body, ensure_ascii=False)


def test_a_found_slip_is_a_supervisors_decision(store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    store.run(report_slip_lost(order_id=order.order_id, reported_by="王小明"), by=people.clerk)

    with pytest.raises(Forbidden):
        store.run(unblock_slip(order_id=order.order_id, reason="找到了"), by=people.clerk)
    store.run(unblock_slip(order_id=order.order_id, reason="找到了"), by=people.supervisor)

    assert not store.ask(lambda s: s.get_one(RepairOrder, order.order_id)).slip_blocked


def test_a_release_by_consent_keeps_who_and_why(store: Store, people: People) -> None:
    order = order_with(store, people, Line())
    release = check(store, people, order, ProofKind.SUPERVISOR, override=consent(store, people, reason="老客户，当面核实"))

    store.run(
        hand_out(order_id=order.order_id, release_id=release.release_id, collector=owner(), items=(goes(order, 0),)),
        by=people.clerk,
    )

    from deskapp.models.repair import Pickup

    pickup = store.ask(lambda s: s.query(Pickup).one())
    assert (pickup.proof, pickup.second_by, pickup.reason) == (
        "supervisor", people.supervisor.staff_id, "老客户，当面核实",
    )  # fmt: skip


def test_calls_are_counted_and_only_a_heard_code_counts(store: Store, people: People, clock: FixedClock) -> None:
    order = order_with(store, people, Line())
    ready_at = store.ask(lambda s: s.get_one(RepairItem, order.items[0])).state_at
    code_for(store, people, order)

    first = store.run(log_call(order_id=order.order_id, channel="phone", result="no_answer"), by=people.clerk).result
    assert (first.attempts, first.reached) == (1, False)
    assert not store.ask(lambda s: code_of(s, order.order_id)).exists

    clock.forward(hours=3)
    code = code_for(store, people, order)
    second = store.run(
        log_call(order_id=order.order_id, channel="phone", result="reached", words="周五来取"), by=people.clerk
    ).result
    assert (second.attempts, second.reached) == (2, True)
    assert check(store, people, order, ProofKind.CODE, code=code).ok
    calls = store.ask(lambda s: calls_of(s, order.order_id))
    assert [(call.result, call.words) for call in calls] == [("no_answer", ""), ("reached", "周五来取")]
    assert store.ask(lambda s: s.get_one(RepairItem, order.items[0])).state_at == ready_at


def test_a_text_message_brings_its_code_in_the_same_act(store: Store, people: People) -> None:
    order = order_with(store, people, Line())

    act = log_call(order_id=order.order_id, channel="message", result="reached", new_code=True)
    logged = store.run(act, by=people.clerk).result

    assert logged.code is not None and check(store, people, order, ProofKind.CODE, code=logged.code.code).ok


def test_a_card_number_in_a_call_note_is_refused(store: Store, people: People) -> None:
    order = order_with(store, people, Line())

    with pytest.raises(Refused) as refusal:
        store.run(
            log_call(order_id=order.order_id, channel="phone", result="reached", words="卡号 6222021234567890128"),
            by=people.clerk,
        )

    assert refusal.value.field == "words"
    assert store.ask(lambda s: calls_of(s, order.order_id)) == []


def test_nobody_is_called_about_a_device_on_the_bench(store: Store, people: People) -> None:
    order = order_with(store, people, Line(end="bench"))

    for act in (make_pickup_code(order_id=order.order_id),
                log_call(order_id=order.order_id, channel="phone", result="reached")):  # fmt: skip
        with pytest.raises(Refused) as refusal:
            store.run(act, by=people.clerk)
        assert refusal.value.code == "not_ready"


def test_codes_begin_neither_like_the_day_nor_like_the_phone_number() -> None:
    for _ in range(2000):
        code = draw_code("260312", "13800138000")

        assert re.fullmatch(r"[0-9]{6}", code)
        assert code[:2] not in ("12", "03") and code[:3] not in ("138", "380", "800", "001", "013", "000")
        assert len(set(code)) > 2


def test_a_device_goes_back_unrepaired_after_the_risks_were_told(store: Store, people: People) -> None:
    order = order_with(store, people, Line(end="unrepaired"))
    wanted = {"item_id": order.items[0], "decline_reason": "too_long"}

    with pytest.raises(Refused) as refusal:
        store.run(give_back_unrepaired(**wanted, risk_notice=False), by=people.clerk)
    assert refusal.value.field == "risk_notice"

    store.run(give_back_unrepaired(**wanted, risk_notice=True), by=people.clerk)

    with store.read() as session:
        assert session.get_one(RepairItem, order.items[0]).work_state == "ready_for_pickup"
        assert not was_repaired(work_events(session, order.items[0]))


def test_a_small_service_at_the_counter_ends_ready(store: Store, people: People) -> None:
    order = order_with(store, people, Line(end="unrepaired"))
    one = order.items[0]

    store.run(start_counter_service(item_id=one, action="clean"), by=people.clerk)
    with pytest.raises(Refused, match="bench"):
        store.run(finish_counter_service(item_id=one, action="clean", test_result="fail"), by=people.clerk)
    store.run(finish_counter_service(item_id=one, action="clean", test_result="pass", words="清洁打印头"), by=people.clerk)

    with store.read() as session:
        assert session.get_one(RepairItem, one).work_state == "ready_for_pickup"
        assert was_repaired(work_events(session, one))


def test_a_service_at_the_counter_can_be_given_up(store: Store, people: People) -> None:
    order = order_with(store, people, Line(end="unrepaired"))
    store.run(start_counter_service(item_id=order.items[0], action="clean"), by=people.clerk)

    store.run(stop_counter_service(item_id=order.items[0], reason="需拆机"), by=people.clerk)

    assert store.ask(lambda s: s.get_one(RepairItem, order.items[0])).work_state == "checked_in"
