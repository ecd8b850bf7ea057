"""Tickets: opened in one act, worked on by moves, finished only with the result their kind asks for."""

from __future__ import annotations

import pytest

from deskapp import knowledge
from deskapp.commands.guidance import answer_step, finish_solved, start_guide, undo_answer
from deskapp.commands.tickets import TicketForm, add_note, move_ticket, open_ticket
from deskapp.errors import Forbidden, Refused
from deskapp.models.store import Store
from deskapp.queries import tickets
from deskapp.rules.guides import Answer, ending_of
from tests.commands.test_pickup import consent
from tests.conftest import FixedClock, People

CALL = TicketForm(
    channel="phone", callback_phone="138 0013-8000", caller_name="王先生", model_words="N910", symptom_code="no_power",
    words="早上开不了机", business_stopped=True,
)  # fmt: skip


def opened(store: Store, people: People, form: TicketForm = CALL) -> str:
    return store.run(open_ticket(form=form), by=people.clerk).result.ticket_id


def card(store: Store, ticket_id: str) -> tickets.TicketCard:
    found = store.ask(lambda session: tickets.ticket(session, ticket_id))
    assert found is not None
    return found


def test_a_call_from_an_unknown_merchant_needs_only_a_number_to_call_back(store: Store, people: People) -> None:
    done = store.run(open_ticket(form=CALL), by=people.clerk).result

    assert done.number.startswith("T00123260312") and done.priority == 1
    assert card(store, done.ticket_id).callback_phone == "13800138000"
    assert card(store, done.ticket_id).row.phone == "138****8000"


def test_neither_merchant_nor_number_is_refused_at_the_field(store: Store, people: People) -> None:
    with pytest.raises(Refused) as refusal:
        store.run(open_ticket(form=TicketForm(symptom_code="no_power", business_stopped=False)), by=people.clerk)

    assert refusal.value.field == "callback_phone"


def test_business_stopped_is_never_assumed(store: Store, people: People) -> None:
    form = TicketForm(callback_phone="13800138000", model_words="N910", symptom_code="no_power")

    with pytest.raises(Refused) as refusal:
        store.run(open_ticket(form=form), by=people.clerk)

    assert refusal.value.field == "business_stopped"


def test_a_card_number_in_a_note_is_refused_and_nothing_of_it_is_kept(store: Store, people: People) -> None:
    ticket_id = opened(store, people)

    with pytest.raises(Refused) as refusal:
        store.run(add_note(ticket_id=ticket_id, words="客户卡号 6222 0212 3456 7890 128 请核对"), by=people.clerk)

    assert refusal.value.field == "words" and refusal.value.code == "card_number_found"
    assert all("6222" not in event.words for event in card(store, ticket_id).events)


def test_the_clock_stands_still_while_the_merchant_is_awaited(
    store: Store, people: People, clock: FixedClock
) -> None:
    ticket_id = opened(store, people)
    before = card(store, ticket_id).row.done_due

    store.run(move_ticket(ticket_id=ticket_id, move="wait", reason="merchant"), by=people.clerk)
    assert card(store, ticket_id).row.done_due == 0
    clock.forward(days=2)
    store.run(move_ticket(ticket_id=ticket_id, move="go_on"), by=people.clerk)

    assert card(store, ticket_id).row.done_due > before


def test_a_consultation_is_done_only_with_its_answer(store: Store, people: People) -> None:
    form = TicketForm(kind="consultation", callback_phone="13800138000", answers={"topic": "费率", "needs": "想了解"})
    ticket_id = opened(store, people, form)

    with pytest.raises(Refused) as refusal:
        store.run(move_ticket(ticket_id=ticket_id, move="finish"), by=people.clerk)
    assert refusal.value.field == "answer"

    result = {"answer": "已说明", "model_proposed": "none"}
    state = store.run(move_ticket(ticket_id=ticket_id, move="finish", answers=result), by=people.clerk).result
    assert state == "done" and card(store, ticket_id).closed_at > 0


def test_guidance_keeps_every_answer_and_ends_where_the_guide_ends(store: Store, people: People) -> None:
    ticket_id = opened(store, people)
    guide = knowledge.guide("no_power")
    step = store.run(start_guide(ticket_id=ticket_id, guide_id="no_power"), by=people.clerk).result
    given = []
    ending = ""
    while not ending:
        answer = Answer.COULD_NOT
        given.append(step)
        done = store.run(
            answer_step(ticket_id=ticket_id, guide_id="no_power", step_id=step, answer=answer.value), by=people.clerk
        ).result
        step, ending = done.next_step, done.ending

    events = [event for event in card(store, ticket_id).events if event.kind == "guide_answer"]
    assert [event.data["step"] for event in events] == given
    assert {event.data["version"] for event in events} == {guide.version}
    assert ending_of(guide.step(given[-1]).after(Answer.COULD_NOT)) == ending
    assert card(store, ticket_id).row.state == "in_progress"


def test_an_answer_can_be_taken_back(store: Store, people: People) -> None:
    ticket_id = opened(store, people)
    first = store.run(start_guide(ticket_id=ticket_id, guide_id="no_power"), by=people.clerk).result
    store.run(answer_step(ticket_id=ticket_id, guide_id="no_power", step_id=first, answer="no"), by=people.clerk)

    assert store.run(undo_answer(ticket_id=ticket_id), by=people.clerk).result == first
    with pytest.raises(Refused):
        store.run(undo_answer(ticket_id=ticket_id), by=people.clerk)


def test_solved_by_phone_names_what_solved_it_and_who_confirmed(store: Store, people: People) -> None:
    ticket_id = opened(store, people)
    store.run(start_guide(ticket_id=ticket_id, guide_id="no_power"), by=people.clerk)

    with pytest.raises(Refused) as refusal:
        store.run(finish_solved(ticket_id=ticket_id, solution="换插座", confirmed_by="", tip_given=True), by=people.clerk)
    assert refusal.value.field == "confirmed_by"

    store.run(finish_solved(ticket_id=ticket_id, solution="换插座", confirmed_by="王先生", tip_given=True), by=people.clerk)
    assert card(store, ticket_id).row.state == "done"


def test_only_a_supervisor_reopens(store: Store, people: People) -> None:
    ticket_id = opened(store, people)
    store.run(move_ticket(ticket_id=ticket_id, move="cancel", reason="打错"), by=people.clerk)

    with pytest.raises(Refused) as alone:
        store.run(move_ticket(ticket_id=ticket_id, move="reopen", reason="又坏了"), by=people.clerk)
    assert alone.value.code == "needs_override"

    state = store.run(move_ticket(ticket_id=ticket_id, move="reopen", reason="又坏了"), by=people.supervisor).result
    assert state == "in_progress"


def test_a_clerk_reopens_a_ticket_with_a_supervisors_consent(store: Store, people: People) -> None:
    ticket_id = opened(store, people)
    store.run(move_ticket(ticket_id=ticket_id, move="cancel", reason="打错"), by=people.clerk)

    allowed = consent(store, people, "reopen")
    act = move_ticket(ticket_id=ticket_id, move="reopen", reason="又坏了", override=allowed)
    assert store.run(act, by=people.clerk).result == "in_progress"


def test_a_technician_does_not_open_tickets(store: Store, people: People) -> None:
    with pytest.raises(Forbidden):
        store.run(open_ticket(form=CALL), by=people.technician)


def test_a_kind_with_a_result_of_its_own_is_not_done_by_a_guide(store: Store, people: People) -> None:
    form = TicketForm(kind="consultation", callback_phone="13800138000", answers={"topic": "upkeep", "needs": "保养"})
    ticket_id = store.run(open_ticket(form=form), by=people.clerk).result.ticket_id
    store.run(start_guide(ticket_id=ticket_id, guide_id="prevention_care"), by=people.clerk)

    done = store.run(
        finish_solved(ticket_id=ticket_id, solution="已说明", confirmed_by="王先生", tip_given=True), by=people.clerk
    ).result

    assert done is False
    card = store.ask(lambda session: tickets.ticket(session, ticket_id))
    assert card is not None and card.row.state == "in_progress"
