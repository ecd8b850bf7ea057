"""The program's own closing: what nobody came back to counts as done after some days, and only that."""

from __future__ import annotations

from typing import Any

import pytest

from deskapp import knowledge
from deskapp.commands.guidance import answer_step, finish_solved, start_guide
from deskapp.commands.pickup import close_due
from deskapp.commands.pickup_correct import void_pickup
from deskapp.commands.tickets import TicketForm, add_note, open_ticket
from deskapp.errors import Forbidden
from deskapp.models.journal import ChangeSet
from deskapp.models.repair import RepairItem, WorkEvent
from deskapp.models.store import Store
from deskapp.models.ticket import ServiceTicket, TicketEvent
from deskapp.rules.guides import Answer, Ending, ending_of
from tests.commands.test_pickup import hand, order_with
from tests.conftest import FixedClock, People
from tests.factories_pickup import Line


def state(store: Store, item_id: str) -> str:
    return store.ask(lambda s: s.get_one(RepairItem, item_id).work_state)


def ticket_state(store: Store, ticket_id: str) -> str:
    return store.ask(lambda s: s.get_one(ServiceTicket, ticket_id).state)


def guided_to_the_end(store: Store, people: People, ending: Ending = Ending.SOLVED) -> str:
    """Open a ticket and answer its guide so that it ends that way."""
    form = TicketForm(caller_name="张三", callback_phone="13800000101", serial_no="NL910S00000001",
                      symptom_code="no_power", words="按键没有反应", business_stopped=False)  # fmt: skip
    ticket = store.run(open_ticket(form=form), by=people.clerk).result.ticket_id
    step = store.run(start_guide(ticket_id=ticket, guide_id="no_power"), by=people.clerk).result
    for answer in way_to(step, ending):
        step = store.run(answer_step(ticket_id=ticket, guide_id="no_power", step_id=step, answer=answer),
                         by=people.clerk).result.next_step  # fmt: skip
    return ticket


def way_to(start: str, ending: Ending) -> list[str]:
    """The shortest answers that lead from a step to an ending."""
    guide = knowledge.guide("no_power")
    steps = {step.id: step for step in guide.steps}
    waiting: list[tuple[str, list[str]]] = [(start, [])]
    seen = {start}
    while waiting:
        at, answers = waiting.pop(0)
        for answer in Answer:
            target = steps[at].after(answer)
            if ending_of(target) is ending:
                return [*answers, answer.value]
            if target in steps and target not in seen:
                seen.add(target)
                waiting.append((target, [*answers, answer.value]))
    raise AssertionError(f"no way to {ending}")


def test_a_device_closes_a_week_after_its_pickup_with_the_days_it_waited(
    store: Store, people: People, clock: FixedClock
) -> None:
    order = order_with(store, people, Line(), Line())
    hand(store, people, order, 0)
    clock.forward(days=7.1)

    assert store.run(close_due()).result == 1

    event = store.ask(lambda s: s.query(WorkEvent).filter_by(move="close_auto").one())
    assert (event.by, event.data["waited_days"]) == ("system", 7)
    assert [state(store, one) for one in order.items] == ["closed", "ready_for_pickup"]


def test_a_pickup_that_was_taken_back_does_not_close(store: Store, people: People, clock: FixedClock) -> None:
    order = order_with(store, people, Line())
    done = hand(store, people, order, 0)
    store.run(void_pickup(receipt_no=done.receipt_no, reason="取错设备"), by=people.supervisor)
    clock.forward(days=30)

    assert store.run(close_due()).result == 0
    assert state(store, order.items[0]) == "ready_for_pickup"


def test_a_ticket_whose_guide_solved_it_is_done_after_three_days(
    store: Store, people: People, clock: FixedClock
) -> None:
    ticket = guided_to_the_end(store, people)
    clock.forward(days=2.9)
    assert store.run(close_due()).result == 0

    clock.forward(days=0.2)

    assert store.run(close_due()).result == 1
    assert ticket_state(store, ticket) == "done"
    last = store.ask(lambda s: s.query(TicketEvent).filter_by(kind="finish").one())
    assert last.data["waited_days"] == 3 and last.by == ""
    assert store.run(close_due()).result == 0


@pytest.mark.parametrize("ending", [Ending.SEND_IN, Ending.VISIT])
def test_a_guide_that_ended_otherwise_leaves_the_ticket_open(
    store: Store, people: People, clock: FixedClock, ending: Ending
) -> None:
    ticket = guided_to_the_end(store, people, ending)
    clock.forward(days=30)

    assert store.run(close_due()).result == 0
    assert ticket_state(store, ticket) == "in_progress"


def test_whoever_wrote_something_after_the_end_keeps_the_ticket(
    store: Store, people: People, clock: FixedClock
) -> None:
    ticket = guided_to_the_end(store, people)
    store.run(add_note(ticket_id=ticket, words="商户称又黑屏"), by=people.clerk)
    clock.forward(days=30)

    assert store.run(close_due()).result == 0
    assert ticket_state(store, ticket) == "in_progress"


def test_a_ticket_that_a_person_finished_is_left_alone(store: Store, people: People, clock: FixedClock) -> None:
    ticket = guided_to_the_end(store, people)
    done: dict[str, Any] = {"solution": "换电源", "confirmed_by": "张三", "tip_given": True, "tip": "用原装充电器"}
    store.run(finish_solved(ticket_id=ticket, **done), by=people.clerk)
    clock.forward(days=30)

    assert store.run(close_due()).result == 0


def test_closing_nothing_leaves_no_trace_in_the_journal(store: Store) -> None:
    before = store.ask(lambda s: s.query(ChangeSet).count())

    assert store.run(close_due()).result == 0

    assert store.ask(lambda s: s.query(ChangeSet).count()) == before


def test_no_person_closes_in_the_programs_name(store: Store, people: People, clock: FixedClock) -> None:
    order = order_with(store, people, Line())
    hand(store, people, order, 0)
    clock.forward(days=8)

    with pytest.raises(Forbidden):
        store.run(close_due(), by=people.clerk)
    assert state(store, order.items[0]) == "picked_up"
