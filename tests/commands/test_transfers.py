"""Packing, handing over, receiving line by line, and everything that does not match."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from deskapp.commands.checkin_forms import Photo
from deskapp.commands.transfers import (
    Carriage,
    change_carriage,
    hand_over,
    open_manifest,
    pack,
    unpack,
)
from deskapp.commands.transfers_arrivals import warn_of_late
from deskapp.commands.transfers_aside import take_manifest_back
from deskapp.commands.transfers_desk import Signatures
from deskapp.commands.transfers_differences import add_difference_photos, note_extra, settle_difference, undo_receive
from deskapp.commands.transfers_papers import print_discrepancy_note
from deskapp.commands.transfers_receive import finish_receipt, receive_line
from deskapp.commands.transfers_vendor import receive_from_vendor
from deskapp.errors import DeskError, Forbidden, Refused
from deskapp.models import folding, transfers
from deskapp.models.local import PrintJob
from deskapp.models.repair import RepairItem, ReviewCard
from deskapp.models.store import Store
from deskapp.models.transfer import Manifest
from deskapp.rules import papers
from deskapp.rules.paper_store import from_json
from deskapp.rules.transfers import State, View
from tests.conftest import FixedClock, People
from tests.factories_transfers import COURIER, DEPOT, Yard, fine, yard

PHOTO = Photo("a" * 64, size=1000, kind="difference")


@pytest.fixture
def place(store: Store, people: People) -> Yard:
    return yard(store, people)


def item(place: Yard, item_id: str) -> RepairItem:
    with place.store.read() as session:
        return session.get_one(RepairItem, item_id)


def manifest(place: Yard, identity: str) -> Manifest:
    with place.store.read() as session:
        return session.get_one(Manifest, identity)


def view(place: Yard, identity: str) -> View:
    with place.store.read() as session:
        return transfers.view_of(session, identity)


def chain(place: Yard, item_id: str) -> list[tuple[str, str]]:
    with place.store.read() as session:
        return [(one.from_holder, one.to_holder) for one in folding.custody_of(session, item_id).chain]


def cards(place: Yard, kind: str) -> list[ReviewCard]:
    with place.store.read() as session:
        rows = session.scalars(select(ReviewCard).where(ReviewCard.kind == kind, ReviewCard.settled_at == 0))
        return list(rows)


def printed(place: Yard, kind: str) -> list[papers.Card]:
    with place.store.read() as session:
        rows = session.scalars(select(PrintJob).where(PrintJob.kind == kind).order_by(PrintJob.created_at)).all()
        return [from_json(row.card) for row in rows]


def code(error: pytest.ExceptionInfo[DeskError]) -> str:
    return error.value.code


# -- packing ---------------------------------------------------------------------------


def test_a_scanned_device_waits_in_its_bag_for_the_courier(place: Yard) -> None:
    draft = place.packed(2)

    assert [item(place, one.item_id).work_state for one in place.devices] == ["awaiting_dispatch"] * 2
    row = manifest(place, draft.manifest_id)
    assert (row.state, row.lines, row.to_site_id) == ("draft", 2, DEPOT)
    assert view(place, draft.manifest_id).lines[0].seal_no == "FZ000000"


def test_the_same_device_twice_and_a_device_on_another_manifest_are_told_apart(place: Yard) -> None:
    first = place.packed(1)
    label = place.devices[0].label_no
    with pytest.raises(Refused) as again:
        place.do(pack(manifest_id=first.manifest_id, scanned=label, seal_no="FZ000000"))
    second = place.do(open_manifest(kind="out", to="FZ-D7"))
    with pytest.raises(Refused) as other:
        place.do(pack(manifest_id=second.manifest_id, scanned=label, seal_no="FZ000009"))

    assert (code(again), code(other)) == ("again", "other")
    assert other.value.values["number"] == first.number


def test_a_device_is_found_by_its_serial_number_and_an_unknown_one_is_refused(place: Yard) -> None:
    (one,) = place.take(1)
    draft = place.do(open_manifest(kind="out", to=DEPOT))
    done = place.do(pack(manifest_id=draft.manifest_id, scanned=one.serial_no, seal_no="FZ000001"))
    with pytest.raises(Refused) as unknown:
        place.do(pack(manifest_id=draft.manifest_id, scanned="ZZ9988776655", seal_no="FZ000001"))
    with pytest.raises(Refused) as misread:
        place.do(pack(manifest_id=draft.manifest_id, scanned=one.label_no[:-1] + "X", seal_no="FZ000001"))

    assert done.label_no == one.label_no and code(unknown) == "unknown" and code(misread) in ("check", "unknown")


def test_a_seal_is_used_on_one_manifest_only(place: Yard) -> None:
    place.packed(1)
    draft = place.do(open_manifest(kind="out", to=DEPOT))
    (one,) = place.take(1)
    with pytest.raises(Refused) as used:
        place.do(pack(manifest_id=draft.manifest_id, scanned=one.label_no, seal_no="FZ000000"))
    assert used.value.field == "seal_no"


def test_a_device_is_taken_off_again_with_a_reason(place: Yard) -> None:
    draft = place.packed(2)
    one = place.devices[0]
    with pytest.raises(Refused):
        place.do(unpack(manifest_id=draft.manifest_id, item_id=one.item_id, reason=" "))
    place.do(unpack(manifest_id=draft.manifest_id, item_id=one.item_id, reason="商户来取"))

    assert item(place, one.item_id).work_state == "checked_in"
    assert manifest(place, draft.manifest_id).lines == 1


def test_nothing_can_be_sent_to_ourselves_or_nowhere(place: Yard) -> None:
    for to in ("", "FZ-X9", place.store.facts.site_id):
        with pytest.raises(Refused) as error:
            place.do(open_manifest(kind="out", to=to))
        assert error.value.field == "to"


# -- handing over ------------------------------------------------------------------------


def test_a_count_that_does_not_match_keeps_everything_here(place: Yard) -> None:
    draft = place.packed(3)
    labels = tuple(one.label_no for one in place.devices)
    for counted in (labels[:2], (*labels, "D001230009990"), (*labels[:2], labels[1])):
        with pytest.raises(Refused) as error:
            place.do(hand_over(manifest_id=draft.manifest_id, counted=counted, courier=COURIER, tamper_result="ok"))
        assert code(error) == "count"
    assert manifest(place, draft.manifest_id).state == "draft"


def test_the_courier_has_the_devices_after_the_hand_over_and_the_paper_says_so(place: Yard) -> None:
    draft = place.packed(2)
    place.do(change_carriage(manifest_id=draft.manifest_id, carriage=Carriage("邮政邮路", "EMS1234567890", "闽A12345")))
    labels = tuple(one.label_no for one in place.devices)
    signed = Signatures(Photo("b" * 64, "image/svg+xml"), Photo("c" * 64, "image/svg+xml"))
    sent = place.do(
        hand_over(manifest_id=draft.manifest_id, counted=labels, courier=COURIER, tamper_result="ok", signatures=signed)
    )

    one = place.devices[0]
    assert item(place, one.item_id).work_state == "in_transit_out"
    assert chain(place, one.item_id)[-1] == ("shelf:A-01", f"courier:site:{DEPOT}")
    (card,) = printed(place, "manifest")
    assert isinstance(card, papers.ManifestCard)
    assert (card.number, card.total, card.waybill, card.seals) == (sent.number, 2, "EMS1234567890", ("FZ000000",))
    assert (card.handed_by, card.courier, card.courier_signature) == ("李秀英", COURIER, "c" * 64)
    assert card.code_1.startswith(f"PS1:{sent.number}:1-1:O2.FZ-D1.FZ-D7.FZ000000:")
    assert cards(place, "todo") == [] or all(card.subject_kind != "manifest" for card in cards(place, "todo"))


def test_signed_on_paper_leaves_the_scan_to_do(place: Yard) -> None:
    place.sent(1)
    assert [card.data["key"] for card in cards(place, "todo") if card.subject_kind == "manifest"] == [
        "signature",
        "waybill",
    ]


def test_the_courier_is_never_the_person_who_hands_over(place: Yard) -> None:
    draft = place.packed(1)
    labels = (place.devices[0].label_no,)
    for courier in ("", "C01"):
        with pytest.raises((Refused, Forbidden)) as error:
            place.do(hand_over(manifest_id=draft.manifest_id, counted=labels, courier=courier, tamper_result="ok"))
        assert error.value.field == "courier"


def test_a_van_that_turns_round_is_a_draft_again(place: Yard) -> None:
    draft = place.sent(2)
    place.do(take_manifest_back(manifest_id=draft.manifest_id, reason="车辆故障", courier=COURIER, tamper_result="ok"))

    assert manifest(place, draft.manifest_id).state == "draft"
    assert item(place, place.devices[0].item_id).work_state == "awaiting_dispatch"
    place.do(
        hand_over(
            manifest_id=draft.manifest_id,
            counted=tuple(one.label_no for one in place.devices),
            courier=COURIER,
            tamper_result="ok",
        )
    )
    assert manifest(place, draft.manifest_id).state == "under_way"


# -- receiving --------------------------------------------------------------------------


def test_a_device_in_order_lies_on_the_depots_shelf(place: Yard) -> None:
    draft = place.sent(2)
    one = place.devices[0]
    done = place.receive(draft.manifest_id, one)

    assert (done.received, done.expected, done.differences, done.quarantined) == (1, 2, (), False)
    row = item(place, one.item_id)
    assert (row.work_state, row.holder, row.shelf_id) == ("depot_received", "shelf:D-01", "shelf-depot")
    assert manifest(place, draft.manifest_id).state == "partly"
    with place.store.read() as session:
        ids = [one.item_id, place.devices[1].item_id]
        assert transfers.elsewhere(session, place.store.facts.site_id, ids) == {one.item_id}
        assert transfers.elsewhere(session, DEPOT, ids) == {place.devices[1].item_id}


@pytest.mark.parametrize(
    ("seen", "field"),
    [({"tamper": ""}, "tamper"), ({"seal_ok": None}, "seal"), ({"accessories_ok": None}, "accessories"),
     ({"serial_no": ""}, "serial_no")],
)  # fmt: skip
def test_nothing_about_a_device_is_answered_by_itself(place: Yard, seen: dict[str, object], field: str) -> None:
    draft = place.sent(1)
    with pytest.raises(Refused) as error:
        place.receive(draft.manifest_id, place.devices[0], **seen)
    assert error.value.field == field


@pytest.mark.parametrize(
    ("seen", "kinds", "state"),
    [({"serial_no": "N91099999999"}, ("wrong_serial",), "quarantined"), ({"seal_ok": False}, ("seal_broken",), "quarantined"),
     ({"seal_no": "FZ999999"}, ("seal_broken",), "quarantined"), ({"tamper": "suspect"}, ("tamper",), "quarantined"),
     ({"accessories_ok": False, "missing_accessories": "适配器"}, ("accessories",), "depot_received")],
)  # fmt: skip
def test_what_does_not_match_is_kept_and_a_suspect_device_quarantined(
    place: Yard, seen: dict[str, object], kinds: tuple[str, ...], state: str
) -> None:
    draft = place.sent(1)
    done = place.receive(draft.manifest_id, place.devices[0], **seen, photos=(PHOTO,), words="外箱有水渍")

    assert done.differences == kinds
    row = item(place, place.devices[0].item_id)
    assert (row.work_state, row.holder.partition(":")[0]) == (
        state,
        "shelf" if state != "quarantined" else "quarantine",
    )
    assert manifest(place, draft.manifest_id).differences == 1
    assert [card.words for card in cards(place, "difference")] == [place.devices[0].label_no]
    (note,) = [place.do(print_discrepancy_note(manifest_id=draft.manifest_id))]
    card = printed(place, "discrepancy_note")[-1]
    assert isinstance(card, papers.DiscrepancyCard)
    assert note == draft.number and card.lines[0].photos == 1 and "外箱有水渍" in card.lines[0].found


def test_a_quarantined_arrival_goes_on_as_received_when_two_people_release_it(place: Yard) -> None:
    from deskapp.commands.bench import release_quarantine
    from tests.commands.test_bench import consent

    draft = place.sent(1)
    place.receive(draft.manifest_id, place.devices[0], seal_ok=False)
    other = consent(place.shop, place.people.clerk, "witness", place.people.supervisor)
    place.depot(
        release_quarantine(item_id=place.devices[0].item_id, finding="封签运输中磨损", second=other, shelf="D-01")
    )
    assert item(place, place.devices[0].item_id).work_state == "depot_received"


def test_received_twice_is_told_and_changes_nothing(place: Yard) -> None:
    draft = place.sent(1)
    place.receive(draft.manifest_id, place.devices[0])
    with pytest.raises(Refused) as error:
        place.receive(draft.manifest_id, place.devices[0])
    assert code(error) == "again"


def test_the_sender_does_not_receive_its_own_manifest(place: Yard) -> None:
    draft = place.sent(1)
    one = place.devices[0]
    with pytest.raises(Refused):
        place.do(receive_line(manifest_id=draft.manifest_id, scanned=one.label_no, looked=fine(one), courier=COURIER))


def test_a_receipt_is_taken_back_with_its_move_its_hop_and_its_cards(place: Yard) -> None:
    draft = place.sent(1)
    one = place.devices[0]
    done = place.receive(draft.manifest_id, one, seal_ok=False)
    place.depot(undo_receive(event_id=done.event_id))

    row = item(place, one.item_id)
    assert (row.work_state, row.holder) == ("in_transit_out", f"courier:site:{DEPOT}")
    assert view(place, draft.manifest_id).received == 0 and view(place, draft.manifest_id).differences == ()
    assert cards(place, "difference") == [] and cards(place, "quarantine") == []
    assert place.receive(draft.manifest_id, one).quarantined is False


def test_what_went_on_to_the_bench_is_not_taken_back(place: Yard) -> None:
    from deskapp.commands.bench import start_diagnosis

    draft = place.sent(1)
    one = place.devices[0]
    done = place.receive(draft.manifest_id, one)
    place.depot(start_diagnosis(item_id=one.item_id, bench="W1", tamper_result="ok", seal_opened_by="T01"))
    with pytest.raises(Refused) as error:
        place.depot(undo_receive(event_id=done.event_id))
    assert code(error) == "moved_on"


# -- what nobody listed, what never came ------------------------------------------------


def test_a_device_that_came_without_a_line_is_quarantined_with_its_gap_in_the_chain(place: Yard) -> None:
    draft = place.sent(1)
    (stray,) = place.take(1)
    done = place.depot(
        note_extra(manifest_id=draft.manifest_id, scanned=stray.label_no, words="混在车里", courier=COURIER)
    )

    assert done.quarantined and item(place, stray.item_id).work_state == "quarantined"
    with place.store.read() as session:
        gaps = folding.custody_of(session, stray.item_id).gaps
    assert [(gap.expected, gap.written) for gap in gaps] == [("shelf:A-01", f"courier:site:{DEPOT}")]
    assert view(place, draft.manifest_id).extras[0].label_no == stray.label_no


def test_a_device_of_another_van_is_sent_to_its_own_manifest(place: Yard) -> None:
    first, second = place.sent(1), None
    other = place.take(1)[0]
    second = place.do(open_manifest(kind="out", to=DEPOT))
    place.do(pack(manifest_id=second.manifest_id, scanned=other.label_no, seal_no="FZ777777"))
    place.do(hand_over(manifest_id=second.manifest_id, counted=(other.label_no,), courier=COURIER, tamper_result="ok"))
    with pytest.raises(Refused) as error:
        place.depot(note_extra(manifest_id=first.manifest_id, scanned=other.label_no))
    assert (code(error), error.value.values["number"]) == ("other_manifest", second.number)


def test_an_unknown_device_is_kept_by_its_serial_number(place: Yard) -> None:
    draft = place.sent(1)
    done = place.depot(note_extra(manifest_id=draft.manifest_id, scanned="PX99887766554", photos=(PHOTO,)))
    assert done.waits and view(place, draft.manifest_id).extras[0].serial_no == "PX99887766554"


def test_what_is_missing_becomes_a_difference_and_may_still_come(place: Yard) -> None:
    draft = place.sent(3)
    for one in place.devices[:2]:
        place.receive(draft.manifest_id, one)
    done = place.depot(finish_receipt(manifest_id=draft.manifest_id, rest="missing", courier=COURIER))

    assert (done.received, done.missing, done.differences) == (2, 1, 1)
    assert manifest(place, draft.manifest_id).state == "arrived"
    assert item(place, place.devices[2].item_id).work_state == "in_transit_out"
    received = printed(place, "manifest")[-1]
    assert isinstance(received, papers.ManifestCard)
    assert [line.received for line in received.lines] == [True, True, None]
    place.receive(draft.manifest_id, place.devices[2])
    assert manifest(place, draft.manifest_id).differences == 0


def test_what_comes_with_a_second_van_keeps_the_manifest_open(place: Yard) -> None:
    draft = place.sent(2)
    place.receive(draft.manifest_id, place.devices[0])
    place.depot(finish_receipt(manifest_id=draft.manifest_id, rest="later", courier=COURIER))
    assert manifest(place, draft.manifest_id).state == "partly"
    place.receive(draft.manifest_id, place.devices[1])
    place.depot(finish_receipt(manifest_id=draft.manifest_id, rest="missing", courier=COURIER))
    assert (manifest(place, draft.manifest_id).state, printed(place, "discrepancy_note")) == ("arrived", [])


def test_a_difference_is_settled_by_a_supervisor_in_words(place: Yard) -> None:
    draft = place.sent(1)
    place.receive(draft.manifest_id, place.devices[0], seal_ok=False)
    (difference,) = view(place, draft.manifest_id).differences
    assert place.depot(add_difference_photos(event_id=difference.fact.uid, photos=(PHOTO,))) == 1
    with pytest.raises(Forbidden):
        place.store.run(settle_difference(event_id=difference.fact.uid, decision="已核实"), by=place.people.clerk)
    place.do(settle_difference(event_id=difference.fact.uid, decision="已与承运方核实"), place.people.supervisor)

    assert manifest(place, draft.manifest_id).differences == 0 and cards(place, "difference") == []
    assert view(place, draft.manifest_id).differences[0].settled is not None


# -- back, to the maker, on the way too long ----------------------------------------------


def back(place: Yard) -> tuple[str, object]:
    """Bring a device through the depot until it waits for its return."""
    from deskapp.commands.bench_desk import job_of, to_shelf
    from deskapp.commands.moves import move
    from deskapp.models.store import command

    draft = place.sent(1)
    one = place.devices[-1]
    place.receive(draft.manifest_id, one)

    @command("Decline in a test", right="")
    def turn_down(write) -> None:  # type: ignore[no-untyped-def]
        job = job_of(write, one.item_id)
        move(
            write,
            job.item,
            "decline",
            {"decline_reason": "不修", "inspection_fee": 0, "reassembled": True, "risk_notice": True},
        )
        move(write, job.item, "return_declined", {"reassembled": True, "tamper_result": "ok", "seal_no": "FZ555555"})
        to_shelf(write, job, "", tamper_result="ok")

    place.depot(turn_down())
    return place.store.facts.site_id, one


def test_a_return_manifest_goes_the_same_way_and_ends_on_the_pickup_shelf(place: Yard) -> None:
    home, one = back(place)
    draft = place.depot(open_manifest(kind="return", to=home))
    place.depot(pack(manifest_id=draft.manifest_id, scanned=one.label_no, seal_no="FZ888888"))
    place.depot(hand_over(manifest_id=draft.manifest_id, counted=(one.label_no,), courier=COURIER, tamper_result="ok"))
    assert item(place, one.item_id).work_state == "in_transit_back"
    place.do(
        receive_line(
            manifest_id=draft.manifest_id, scanned=one.label_no, looked=fine(one), courier=COURIER, shelf="B-03-2"
        )
    )

    row = item(place, one.item_id)
    assert (row.work_state, row.holder) == ("ready_for_pickup", "shelf:B-03-2")
    with place.store.read() as session:
        assert folding.custody_of(session, one.item_id).unbroken


def test_a_return_to_the_wrong_outlet_is_refused(place: Yard) -> None:
    _home, one = back(place)
    with pytest.raises(Refused) as error:
        place.do(open_manifest(kind="return", to=place.store.facts.site_id))
    assert code(error) == "own"


def test_a_device_goes_to_the_maker_and_comes_back_where_it_was(place: Yard) -> None:
    (one,) = place.take(1)
    sent = place.sent(1)
    two = place.devices[-1]
    place.receive(sent.manifest_id, two)
    draft = place.depot(open_manifest(kind="vendor", to="新大陆售后"))
    with pytest.raises(Refused) as consent:
        place.depot(pack(manifest_id=draft.manifest_id, scanned=two.label_no, rma_no="RMA-1"))
    place.depot(pack(manifest_id=draft.manifest_id, scanned=two.label_no, rma_no="RMA-1", consent="电话 张三"))
    place.depot(hand_over(manifest_id=draft.manifest_id, counted=(two.label_no,), courier=COURIER, tamper_result="ok"))
    assert (item(place, two.item_id).work_state, item(place, two.item_id).holder) == (
        "vendor_repair",
        "vendor:新大陆售后",
    )

    with pytest.raises(Refused) as other:
        place.depot(receive_from_vendor(manifest_id=draft.manifest_id, label_no=two.label_no, result="repaired",
                                        serial_no="N91077777777", tamper_result="ok", courier=COURIER))  # fmt: skip
    place.depot(receive_from_vendor(manifest_id=draft.manifest_id, label_no=two.label_no, result="exchanged",
                                    serial_no="N91077777777", tamper_result="ok", courier=COURIER, shelf="D-01"))  # fmt: skip
    assert (consent.value.field, code(other)) == ("consent", "other_serial")
    assert item(place, two.item_id).work_state == "depot_received"
    assert manifest(place, draft.manifest_id).state == "arrived"
    assert [card.words for card in cards(place, "vendor_exchanged")] == ["N91077777777"]
    assert one.item_id != two.item_id


def test_a_suspicious_device_from_the_maker_goes_to_quarantine(place: Yard) -> None:
    place.take(1)
    sent = place.sent(1)
    two = place.devices[-1]
    place.receive(sent.manifest_id, two)
    draft = place.depot(open_manifest(kind="vendor", to="新大陆售后"))
    place.depot(pack(manifest_id=draft.manifest_id, scanned=two.label_no, rma_no="RMA-1", consent="电话 张三"))
    place.depot(hand_over(manifest_id=draft.manifest_id, counted=(two.label_no,), courier=COURIER, tamper_result="ok"))
    done = place.depot(receive_from_vendor(manifest_id=draft.manifest_id, label_no=two.label_no, result="repaired",
                                           serial_no=two.serial_no, tamper_result="suspect", courier=COURIER,
                                           shelf="D-01", words="封签被揭开"))  # fmt: skip
    row = item(place, two.item_id)
    assert done.quarantined
    assert (row.work_state, row.holder, row.resumes) == ("quarantined", "quarantine", "depot_received")
    assert [card.subject_id for card in cards(place, "quarantine")] == [two.item_id]


def test_a_van_that_is_two_days_on_the_way_is_told_once(place: Yard, clock: FixedClock) -> None:
    place.sent(1)
    assert place.store.run(warn_of_late()).result == 0
    clock.forward(hours=49)
    assert [place.store.run(warn_of_late()).result for _turn in range(2)] == [1, 0]
    assert len(cards(place, "late_transfer")) == 1


def test_who_may_not_transfer_does_not(place: Yard) -> None:
    with pytest.raises(Forbidden):
        place.do(open_manifest(kind="out", to=DEPOT), place.people.technician)


def test_states_are_told_in_words(place: Yard) -> None:
    from deskapp.rules.transfers import STATE_TITLES

    assert set(STATE_TITLES) == set(State)
