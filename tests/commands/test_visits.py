"""Visits on site: agreed on, moved, arrived, finished, not met, taken in; rights and records of the one table."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from deskapp.commands.checkin import check_in
from deskapp.commands.tickets import TicketForm, move_ticket, open_ticket
from deskapp.commands.visits import (
    Carried,
    cancel_visit,
    change_visit,
    reschedule_visit,
    schedule_visit,
    undo_visit_step,
    visit_failed,
)
from deskapp.commands.visits_papers import print_inspection_sheet, print_missed_note
from deskapp.commands.visits_site import UsedPart, VisitResult, finish_on_site
from deskapp.errors import Forbidden, Refused
from deskapp.models import bench, folding, replay
from deskapp.models.local import PrintJob
from deskapp.models.repair import RepairItem, ReviewCard
from deskapp.models.stock import Part
from deskapp.models.store import Actor, Store
from deskapp.models.ticket import ServiceTicket, TicketEvent
from deskapp.models.visit import SiteVisit
from deskapp.rules import papers
from deskapp.rules.numbers import ScanKind, parse_scan
from tests.checkin_shop import DEVICE, NOODLES, ONE, TERMS, TWO, WHO
from tests.conftest import START, FixedClock, People
from tests.factories_visits import FROM, HOUR, PHONE, TO, Ground, arrived, ground, hire_engineer, planned

DONE = VisitResult(action=("clean",), words="清洁了电源接口", test_result="passed")


@pytest.fixture
def base(store: Store, people: People) -> Ground:
    return ground(store, people)


def visit_of(store: Store, visit_id: str) -> SiteVisit:
    return store.ask(lambda s: s.get_one(SiteVisit, visit_id))


def ticket_of(store: Store, base: Ground) -> ServiceTicket:
    return store.ask(lambda s: s.get_one(ServiceTicket, base.ticket_id))


def moves_of(store: Store, base: Ground) -> list[str]:
    rows = store.ask(lambda s: s.scalars(select(TicketEvent).order_by(TicketEvent.n)).all())
    return [str(row.data.get("move", row.kind)) for row in rows if row.ticket_id == base.ticket_id]


def cards(store: Store, kind: str) -> list[ReviewCard]:
    return store.ask(lambda s: list(s.scalars(select(ReviewCard).where(ReviewCard.kind == kind))))


def papers_of(store: Store, kind: str) -> list[papers.Card]:
    jobs = store.ask(lambda s: s.scalars(select(PrintJob).where(PrintJob.kind == kind).order_by(PrintJob.id)).all())
    return [papers.from_json(job.card) for job in jobs]


def test_a_visit_has_a_number_of_its_own_and_its_ticket_is_in_progress(
    store: Store, people: People, base: Ground
) -> None:
    done = planned(store, people, base, carry=(Carried("other", "梯子"),), fee="fee", fee_fen=5_000, words="先打电话")

    assert parse_scan(done.number).kind is ScanKind.VISIT
    visit = visit_of(store, done.visit_id)
    assert (visit.state, visit.from_at, visit.to_at) == ("planned", FROM, TO)
    assert (visit.contact_name, visit.contact_phone, visit.fee_fen) == ("张三", PHONE, 5_000)
    assert ticket_of(store, base).state == "in_progress"
    event = store.ask(lambda s: s.scalars(select(TicketEvent).where(TicketEvent.kind == "visit")).one())
    assert PHONE not in str(event.data) and "张三" not in str(event.data), "persons stand where they can be erased"
    assert store.ask(replay.verify_chain) > 0


UNPLANNED = (
    ({"from_at": 0}, "window"),
    ({"to_at": FROM}, "window"),
    ({"from_at": START - 9, "to_at": START - 5}, "window"),
    ({"to_at": FROM + 13 * HOUR}, "window"),
    ({"engineer_id": ""}, "engineer"),
    ({"address": " "}, "address"),
    ({"contact_phone": ""}, "contact"),
    ({"contact_phone": "12"}, "contact"),
    ({"fee": ""}, "fee_notice"),
    ({"fee": "fee"}, "fee_fen"),
    ({"carry": (Carried("part", "nothing"),)}, "carry_list"),
    ({"words": "卡号 6222021234567890128"}, "words"),
)


def test_what_is_missing_is_refused_at_its_field_and_no_visit_is_left_behind(
    store: Store, people: People, base: Ground
) -> None:
    for changed, field in UNPLANNED:
        with pytest.raises(Refused) as refused:
            planned(store, people, base, **changed)
        assert (changed, refused.value.field) == (changed, field)
    assert store.ask(lambda s: s.scalars(select(SiteVisit)).all()) == []
    assert ticket_of(store, base).state == "open"


def test_only_those_whose_row_it_is_may_plan_arrive_and_finish(store: Store, people: People, base: Ground) -> None:
    """The table of moves says who: a clerk plans, an engineer arrives and finishes, supervisors do both."""
    act = schedule_visit(ticket_id=base.ticket_id, form=base.form)
    for who in (people.technician, people.auditor, people.admin, people.keeper, base.engineer):
        with pytest.raises(Forbidden):
            store.run(act, by=who)
    visit_id = planned(store, people, base).visit_id
    with pytest.raises(Forbidden, match="not yours"):
        arrived(store, replace(base, engineer=people.clerk), visit_id)
    arrived(store, base, visit_id)
    with pytest.raises(Forbidden, match="not yours"):
        store.run(finish_on_site(visit_id=visit_id, result=DONE), by=people.clerk)
    assert store.run(finish_on_site(visit_id=visit_id, result=DONE), by=people.supervisor).result is True


def test_somebody_who_does_not_go_out_is_not_sent(store: Store, people: People, base: Ground) -> None:
    with pytest.raises(Refused, match="does not go to merchants"):
        planned(store, people, base, engineer_id=people.technician.staff_id)


def test_a_ticket_has_one_open_visit_and_does_not_end_behind_the_engineers_back(
    store: Store, people: People, base: Ground
) -> None:
    visit_id = planned(store, people, base).visit_id
    with pytest.raises(Refused, match="agreed on already"):
        planned(store, people, base)
    for move in ("finish", "cancel"):
        with pytest.raises(Refused, match="still open"):
            store.run(move_ticket(ticket_id=base.ticket_id, move=move, reason="不修了"), by=people.clerk)
    with pytest.raises(Refused, match="why the visit"):
        store.run(cancel_visit(visit_id=visit_id, reason=" "), by=people.clerk)
    store.run(cancel_visit(visit_id=visit_id, reason="机器好了"), by=people.clerk)
    assert visit_of(store, visit_id).state == "cancelled"
    assert ticket_of(store, base).state == "open"
    store.run(move_ticket(ticket_id=base.ticket_id, move="cancel", reason="机器好了"), by=people.clerk)


def test_nobody_goes_out_for_a_question_about_fees(store: Store, people: People, base: Ground) -> None:
    form = TicketForm(kind="fee_question", callback_phone=PHONE, answers={"rate": "0.6%", "source": "对账单"})
    other = store.run(open_ticket(form=form), by=people.clerk).result
    with pytest.raises(Refused, match="Nobody goes out"):
        store.run(schedule_visit(ticket_id=other.ticket_id, form=base.form), by=people.clerk)


def test_moving_a_visit_needs_a_reason_and_tells_of_other_visits_at_that_time(
    store: Store, people: People, base: Ground
) -> None:
    first = planned(store, people, base)
    other = store.run(open_ticket(form=TicketForm(
        merchant_id=NOODLES, callback_phone=PHONE, serial_no=TWO, symptom_code="no_print", business_stopped=False,
    )), by=people.clerk).result  # fmt: skip
    second = planned(store, people, replace(base, ticket_id=other.ticket_id), from_at=TO, to_at=TO + HOUR)
    assert second.meanwhile == ()
    with pytest.raises(Refused) as refused:
        store.run(reschedule_visit(visit_id=second.visit_id, from_at=FROM, to_at=TO, reason=" "), by=people.clerk)
    assert refused.value.field == "reason"

    act = reschedule_visit(visit_id=second.visit_id, from_at=FROM, to_at=TO, reason="商户要求")
    assert store.run(act, by=base.engineer).result.meanwhile == (first.number,)
    assert visit_of(store, second.visit_id).from_at == FROM
    assert store.run(undo_visit_step(visit_id=second.visit_id), by=people.clerk).result == "reschedule_visit"
    back = visit_of(store, second.visit_id)
    assert (back.from_at, back.to_at, back.state) == (TO, TO + HOUR, "planned")


def test_place_and_contact_can_be_put_right_and_the_time_stays(store: Store, people: People, base: Ground) -> None:
    done = planned(store, people, base)
    form = replace(base.form, address="福州市台江区示例路2号", contact_name="李四", from_at=1, to_at=2)
    store.run(change_visit(visit_id=done.visit_id, form=form), by=people.clerk)
    visit = visit_of(store, done.visit_id)
    assert (visit.address, visit.contact_name, visit.from_at) == ("福州市台江区示例路2号", "李四", FROM)


UNREADY = (
    ({"badge_shown": False}, "badge_shown"),
    ({"tamper_result": ""}, "tamper_result"),
    ({"tamper_result": "not_due"}, "tamper_result"),
    ({"serial_no": ""}, "serial_no"),
    ({"serial_no": TWO}, "serial_no"),
    ({"at_ms": START + 9 * HOUR}, "at"),
    ({"at_ms": 5}, "at"),
)


def test_nobody_begins_without_badge_number_and_a_look(store: Store, people: People, base: Ground) -> None:
    visit_id = planned(store, people, base).visit_id
    for changed, field in UNREADY:
        with pytest.raises(Refused) as refused:
            arrived(store, base, visit_id, **changed)
        assert (changed, refused.value.field) == (changed, field)
    assert visit_of(store, visit_id).state == "planned"


def test_another_device_than_the_reported_one_needs_a_reason_and_a_look_by_somebody(
    store: Store, people: People, base: Ground
) -> None:
    visit_id = planned(store, people, base).visit_id
    with pytest.raises(Refused) as refused:
        arrived(store, base, visit_id, serial_no=TWO)
    assert refused.value.code == "other_device" and ONE in str(refused.value.values)

    arrived(store, base, visit_id, serial_no=TWO, other_reason="商户报错了号")
    (card,) = cards(store, "other_device")
    assert (card.subject_id, card.data["serial_no"]) == (visit_id, TWO)


def test_what_is_done_on_site_ends_visit_and_ticket_and_parts_leave_the_shelf(
    store: Store, people: People, base: Ground, clock: FixedClock
) -> None:
    visit_id = planned(store, people, base).visit_id
    clock.forward(hours=4.5)
    assert arrived(store, base, visit_id) == f"unit-{ONE}"
    assert visit_of(store, visit_id).arrived_at >= FROM
    part = store.ask(lambda s: s.scalars(select(Part).where(Part.serialised.is_(False)).order_by(Part.n)).first())
    result = replace(DONE, parts=(UsedPart(part.id, 2),), comment="很快")
    assert store.run(finish_on_site(visit_id=visit_id, result=result), by=base.engineer).result is True

    assert visit_of(store, visit_id).state == "done"
    assert ticket_of(store, base).state == "done"
    assert store.ask(lambda s: bench.on_shelf(s, [part.id]))[part.id] == -2
    assert [card.data["key"] for card in cards(store, "todo") if card.subject_id == visit_id] == ["signature"]
    assert [card.subject_id for card in cards(store, "stock")] == [part.id]

    store.run(undo_visit_step(visit_id=visit_id), by=base.engineer)
    assert (visit_of(store, visit_id).state, ticket_of(store, base).state) == ("on_site", "in_progress")
    assert store.ask(lambda s: bench.on_shelf(s, [part.id]))[part.id] == 0
    assert not [card for card in cards(store, "todo") if card.subject_id == visit_id and not card.settled_at]
    assert store.ask(replay.verify_chain) > 0


UNFINISHED = (
    ({"action": (), "words": ""}, "action"),
    ({"action": ("replace_board",)}, "action"),
    ({"action": ("flying",)}, "action"),
    ({"test_result": ""}, "test_result"),
    ({"test_result": "failed"}, "done"),
    ({"left_at": START + 30 * HOUR}, "at"),
    ({"next_on": "31.12."}, "next_on"),
    ({"parts": (UsedPart("x"),)}, "part"),
)


def test_an_end_without_its_record_is_refused_at_its_field(store: Store, people: People, base: Ground) -> None:
    visit_id = planned(store, people, base).visit_id
    arrived(store, base, visit_id)
    for changed, field in UNFINISHED:
        with pytest.raises(Refused) as refused:
            store.run(finish_on_site(visit_id=visit_id, result=replace(DONE, **changed)), by=base.engineer)
        assert (changed, refused.value.field) == (changed, field)
    assert visit_of(store, visit_id).state == "on_site"


def test_a_matter_that_is_not_settled_leaves_the_ticket_open_for_the_next_visit(
    store: Store, people: People, base: Ground
) -> None:
    visit_id = planned(store, people, base).visit_id
    arrived(store, base, visit_id)
    result = replace(DONE, test_result="failed", done=False, next_on="2026-03-20")
    assert store.run(finish_on_site(visit_id=visit_id, result=result), by=base.engineer).result is False
    assert ticket_of(store, base).state == "in_progress"
    planned(store, people, base, from_at=FROM + 48 * HOUR, to_at=TO + 48 * HOUR)


def test_nobody_met_leaves_a_note_and_opens_the_ticket_again(store: Store, people: People, base: Ground) -> None:
    done = planned(store, people, base)
    with pytest.raises(Refused):
        store.run(visit_failed(visit_id=done.visit_id, reason=""), by=base.engineer)
    job = store.run(visit_failed(visit_id=done.visit_id, reason="nobody", next_try="周五上午"), by=base.engineer).result

    assert visit_of(store, done.visit_id).state == "not_met"
    assert ticket_of(store, base).state == "open"
    (note,) = papers_of(store, "missed_note")
    assert job and isinstance(note, papers.MissedNoteCard)
    assert (note.number, note.engineer, note.next_try) == (done.number, "陈外勤", "周五上午")

    store.run(undo_visit_step(visit_id=done.visit_id), by=base.engineer)
    assert (visit_of(store, done.visit_id).state, ticket_of(store, base).state) == ("planned", "in_progress")


def test_taken_along_a_device_ends_the_visit_with_its_check_in(store: Store, people: People, base: Ground) -> None:
    visit_id = planned(store, people, base).visit_id
    arrived(store, base, visit_id)
    came = store.run(
        check_in(devices=(DEVICE,), deliverer=WHO, terms=TERMS, merchant_id=NOODLES, ticket_id=base.ticket_id),
        by=base.engineer,
    ).result
    assert visit_of(store, visit_id).state == "taken_in"
    assert came.ticket_id == base.ticket_id
    with pytest.raises(Refused, match="Void the check-in"):
        store.run(undo_visit_step(visit_id=visit_id), by=base.engineer)


def test_a_suspicious_device_is_not_repaired_on_site_but_goes_into_quarantine(
    store: Store, people: People, base: Ground
) -> None:
    visit_id = planned(store, people, base).visit_id
    arrived(store, base, visit_id, tamper_result="suspect")
    with pytest.raises(Refused) as refused:
        store.run(finish_on_site(visit_id=visit_id, result=DONE), by=base.engineer)
    assert refused.value.code == "tamper"

    suspect = replace(DEVICE, tamper="suspect", tamper_found=("seal",))
    came = store.run(
        check_in(devices=(suspect,), deliverer=WHO, terms=TERMS, merchant_id=NOODLES, ticket_id=base.ticket_id),
        by=base.engineer,
    ).result
    item = store.ask(lambda s: s.get_one(RepairItem, came.devices[0].item_id))
    assert (item.work_state, visit_of(store, visit_id).state) == ("quarantined", "taken_in")


def test_a_merchant_who_brings_the_device_needs_no_visit_any_more(store: Store, people: People, base: Ground) -> None:
    visit_id = planned(store, people, base).visit_id
    store.run(
        check_in(devices=(DEVICE,), deliverer=WHO, terms=TERMS, merchant_id=NOODLES, ticket_id=base.ticket_id),
        by=people.clerk,
    )
    assert visit_of(store, visit_id).state == "taken_in"


def test_a_training_needs_no_device_and_ends_with_its_topics_and_signature(store: Store, people: People) -> None:
    base = ground(store, people, kind="training", serial_no="", symptom_code="", words="",
                  answers={"topics": ["operation", "security"], "attendees": ["张三"]})  # fmt: skip
    done = planned(store, people, base)
    arrived(store, base, done.visit_id, serial_no="", tamper_result="")
    with pytest.raises(Refused) as refused:
        store.run(finish_on_site(visit_id=done.visit_id, result=DONE), by=base.engineer)
    assert refused.value.field == "topics_done"
    result = replace(DONE, answers={"topics_done": ["operation", "security"]}, paper=True, test_result="not_possible")
    assert store.run(finish_on_site(visit_id=done.visit_id, result=result), by=base.engineer).result is True
    assert ticket_of(store, base).answers["signature"] == done.number


def test_an_inspection_ends_with_its_findings(store: Store, people: People) -> None:
    base = ground(store, people, kind="inspection", serial_no="", symptom_code="", words="",
                  answers={"devices": [ONE, TWO], "plan": "plan"})  # fmt: skip
    visit_id = planned(store, people, base).visit_id
    arrived(store, base, visit_id, serial_no=TWO)
    result = replace(DONE, answers={
        "hardware": "完好", "software": "最新", "network_findings": "信号好", "next_on": "none", "made_up": "x",
    })  # fmt: skip
    assert store.run(finish_on_site(visit_id=visit_id, result=result), by=base.engineer).result is True
    answers = ticket_of(store, base).answers
    assert answers["hardware"] == "完好" and "made_up" not in answers


def test_an_undone_plan_is_no_visit_and_what_went_on_since_stays(store: Store, people: People, base: Ground) -> None:
    done = planned(store, people, base)
    assert store.run(undo_visit_step(visit_id=done.visit_id), by=people.clerk).result == "schedule_visit"
    assert (visit_of(store, done.visit_id).state, ticket_of(store, base).state) == ("cancelled", "open")
    with pytest.raises(Refused, match="nothing to take back"):
        store.run(undo_visit_step(visit_id=done.visit_id), by=people.clerk)
    again = planned(store, people, base)
    store.run(visit_failed(visit_id=again.visit_id, reason="closed"), by=base.engineer)
    store.run(move_ticket(ticket_id=base.ticket_id, move="cancel", reason="不用了"), by=people.clerk)
    with pytest.raises(Refused, match="went on"):
        store.run(undo_visit_step(visit_id=again.visit_id), by=people.clerk)


def test_what_is_taken_back_in_a_guide_is_no_disagreement_of_the_ticket(
    store: Store, people: People, base: Ground
) -> None:
    from deskapp.commands.guidance import answer_step, start_guide, undo_answer

    step = store.run(start_guide(ticket_id=base.ticket_id, guide_id="no_power"), by=people.clerk).result
    store.run(answer_step(ticket_id=base.ticket_id, guide_id="no_power", step_id=step, answer="no"), by=people.clerk)
    store.run(undo_answer(ticket_id=base.ticket_id), by=people.clerk)
    assert store.ask(lambda s: folding.ticket_misfits(folding.events_of(s, base.ticket_id))) == []


def test_another_engineer_who_comes_instead_is_the_one_on_record(store: Store, people: People, base: Ground) -> None:
    visit_id = planned(store, people, base).visit_id
    other: Actor = store.run(hire_engineer(number="F02", name="郑外勤")).result
    arrived(store, replace(base, engineer=other), visit_id)
    assert visit_of(store, visit_id).engineer_id == other.staff_id


def test_what_an_arrival_taught_is_forgotten_with_it(store: Store, people: People) -> None:
    base = ground(store, people, serial_no="", model_words="N910")
    visit_id = planned(store, people, base).visit_id
    other: Actor = store.run(hire_engineer(number="F02", name="郑外勤")).result
    arrived(store, replace(base, engineer=other), visit_id, serial_no=TWO)
    assert ticket_of(store, base).device_id == f"unit-{TWO}"

    store.run(undo_visit_step(visit_id=visit_id, move="arrive"), by=other)
    assert ticket_of(store, base).device_id == ""
    assert visit_of(store, visit_id).engineer_id == base.engineer.staff_id
    arrived(store, base, visit_id, serial_no=ONE)  # nobody asks why it is not the neighbour's


def test_a_card_about_another_device_goes_with_the_arrival(store: Store, people: People, base: Ground) -> None:
    visit_id = planned(store, people, base).visit_id
    arrived(store, base, visit_id, serial_no=TWO, other_reason="商户报错了号")
    store.run(undo_visit_step(visit_id=visit_id), by=base.engineer)
    assert all(card.settled_at for card in cards(store, "other_device"))


def test_a_notice_takes_back_its_own_step_and_no_later_one(store: Store, people: People, base: Ground) -> None:
    visit_id = planned(store, people, base).visit_id
    arrived(store, base, visit_id)
    store.run(finish_on_site(visit_id=visit_id, result=DONE), by=base.engineer)
    with pytest.raises(Refused) as refused:
        store.run(undo_visit_step(visit_id=visit_id, move="arrive"), by=base.engineer)
    assert refused.value.code == "other" and visit_of(store, visit_id).state == "done"


def test_from_the_next_day_on_only_who_may_correct_takes_a_step_back(
    store: Store, people: People, base: Ground, clock: FixedClock
) -> None:
    visit_id = planned(store, people, base).visit_id
    arrived(store, base, visit_id)
    store.run(finish_on_site(visit_id=visit_id, result=DONE), by=base.engineer)
    clock.forward(hours=24)
    with pytest.raises(Refused) as refused:
        store.run(undo_visit_step(visit_id=visit_id), by=base.engineer)
    assert refused.value.code == "earlier_day"
    assert store.run(undo_visit_step(visit_id=visit_id), by=people.supervisor).result == "finish_on_site"


def test_no_step_is_taken_back_while_the_next_visit_is_open(store: Store, people: People, base: Ground) -> None:
    first = planned(store, people, base).visit_id
    arrived(store, base, first)
    store.run(finish_on_site(visit_id=first, result=replace(DONE, done=False)), by=base.engineer)
    planned(store, people, base, from_at=FROM + 48 * HOUR, to_at=TO + 48 * HOUR)
    with pytest.raises(Refused, match="went on"):
        store.run(undo_visit_step(visit_id=first), by=base.engineer)


def test_nobody_leaves_before_arriving_and_a_numbered_part_is_told_by_its_number(
    store: Store, people: People, base: Ground, clock: FixedClock
) -> None:
    visit_id = planned(store, people, base).visit_id
    clock.forward(hours=4)
    arrived(store, base, visit_id)
    part = store.ask(lambda s: s.scalars(select(Part).where(Part.serialised).order_by(Part.n)).first())
    for changed, field in (
        ({"left_at": store.now - HOUR}, "at"),
        ({"parts": (UsedPart(part.id),)}, "serial_no"),
        ({"parts": (UsedPart(part.id, 2, "BA1"),)}, "quantity"),
        ({"parts": (UsedPart(part.id, 1, "BA0000123"), UsedPart(part.id, 1, "BA0000123"))}, "serial_no"),
    ):
        with pytest.raises(Refused) as refused:
            store.run(finish_on_site(visit_id=visit_id, result=replace(DONE, **changed)), by=base.engineer)
        assert (changed, refused.value.field) == (changed, field)
    assert store.ask(lambda s: bench.on_shelf(s, [part.id]))[part.id] == 0


def test_papers_printed_from_the_ticket_bear_the_number_of_its_open_visit(
    store: Store, people: People, base: Ground
) -> None:
    done = planned(store, people, base)
    store.run(print_inspection_sheet(ticket_id=base.ticket_id), by=people.clerk)
    store.run(print_missed_note(ticket_id=base.ticket_id), by=people.clerk)
    assert [card.number for kind in ("inspection_sheet", "missed_note") for card in papers_of(store, kind)] == [
        done.number, done.number,
    ]  # fmt: skip


def test_a_suspicious_device_of_an_inspection_is_taken_in_and_ends_the_visit(store: Store, people: People) -> None:
    base = ground(store, people, kind="inspection", answers={"plan": "single", "devices": [ONE]})
    visit_id = planned(store, people, base).visit_id
    arrived(store, base, visit_id, tamper_result="suspect")
    suspect = replace(DEVICE, tamper="suspect", tamper_found=("seal",))
    store.run(
        check_in(devices=(suspect,), deliverer=WHO, terms=TERMS, merchant_id=NOODLES, ticket_id=base.ticket_id),
        by=base.engineer,
    )
    assert (visit_of(store, visit_id).state, ticket_of(store, base).state) == ("taken_in", "in_progress")
