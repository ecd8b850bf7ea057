"""What nobody gave for a van is written as not given, stands on the list, and is filled in later."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from deskapp.commands.shelving import put_on_shelf
from deskapp.commands.transfers import Carriage, change_carriage, hand_over, open_manifest, pack
from deskapp.commands.transfers_differences import note_extra
from deskapp.commands.transfers_late import note_seal
from deskapp.commands.transfers_receive import receive_line
from deskapp.errors import Refused
from deskapp.models import transfers
from deskapp.models.repair import CustodyEvent, RepairItem, ReviewCard, WorkEvent
from deskapp.models.store import Store
from deskapp.models.transfer import Manifest, ManifestEvent
from tests.commands.test_transfers import back
from tests.conftest import People
from tests.factories_transfers import COURIER, DEPOT, Yard, fine, yard


@pytest.fixture
def place(store: Store, people: People) -> Yard:
    return yard(store, people)


def todos(place: Yard, subject_id: str) -> set[str]:
    with place.store.read() as session:
        rows = session.scalars(
            select(ReviewCard).where(
                ReviewCard.subject_id == subject_id, ReviewCard.kind == "todo", ReviewCard.settled_at == 0
            )
        )
        return {str(card.data["key"]) for card in rows}


def test_a_waybill_that_comes_later_settles_its_todo(place: Yard) -> None:
    draft = place.sent(1)
    assert todos(place, draft.manifest_id) == {"signature", "waybill"}
    place.receive(draft.manifest_id, place.devices[0])
    place.do(change_carriage(manifest_id=draft.manifest_id, carriage=Carriage("邮政邮路", "EMS1234567890")))

    assert todos(place, draft.manifest_id) == {"signature"}
    with place.store.read() as session:
        assert session.get_one(Manifest, draft.manifest_id).waybill == "EMS1234567890"


def test_what_was_given_is_not_changed_once_the_van_has_arrived(place: Yard) -> None:
    from deskapp.commands.transfers_receive import finish_receipt

    draft = place.sent(1)
    place.receive(draft.manifest_id, place.devices[0])
    place.depot(finish_receipt(manifest_id=draft.manifest_id, rest="missing", courier=COURIER))
    place.do(change_carriage(manifest_id=draft.manifest_id, carriage=Carriage("邮政邮路", "EMS1234567890")))
    with pytest.raises(Refused):
        place.do(change_carriage(manifest_id=draft.manifest_id, carriage=Carriage("邮政邮路", "EMS9999999999")))


def test_a_bag_without_a_seal_travels_and_its_number_is_noted_later(place: Yard) -> None:
    one, two = place.take(2)
    draft = place.do(open_manifest(kind="out", to=DEPOT))
    with pytest.raises(Refused) as silent:
        place.do(pack(manifest_id=draft.manifest_id, scanned=one.label_no))
    place.do(pack(manifest_id=draft.manifest_id, scanned=one.label_no, unsealed=True))
    place.do(pack(manifest_id=draft.manifest_id, scanned=two.label_no, seal_no="FZ000002"))
    counted = (one.label_no, two.label_no)
    place.do(hand_over(manifest_id=draft.manifest_id, counted=counted, courier=COURIER, tamper_result="ok"))
    assert silent.value.field == "seal_no" and "seal_no" in todos(place, draft.manifest_id)
    done = place.receive(draft.manifest_id, one, seal_ok=None)
    assert done.differences == (), "nobody asks for a seal that was never there"

    with pytest.raises(Refused):
        place.do(note_seal(manifest_id=draft.manifest_id, seal_no="FZ000003", label_no=two.label_no))
    assert place.do(note_seal(manifest_id=draft.manifest_id, seal_no="fz 000003")) == 1
    assert "seal_no" not in todos(place, draft.manifest_id)
    with place.store.read() as session:
        view = transfers.view_of(session, draft.manifest_id)
        assert [line.seal_no for line in view.lines] == ["FZ000003", "FZ000002"] and "FZ000003" in view.seals
    other = place.do(open_manifest(kind="out", to=DEPOT))
    (three,) = place.take(1)
    with pytest.raises(Refused):
        place.do(pack(manifest_id=other.manifest_id, scanned=three.label_no, seal_no="FZ000003"))


def test_a_device_received_without_a_shelf_asks_for_one_until_it_lies_on_one(place: Yard) -> None:
    home, one = back(place)
    draft = place.depot(open_manifest(kind="return", to=home))
    place.depot(pack(manifest_id=draft.manifest_id, scanned=one.label_no, seal_no="FZ888888"))  # type: ignore[attr-defined]
    place.depot(
        hand_over(manifest_id=draft.manifest_id, counted=(one.label_no,), courier=COURIER, tamper_result="ok")  # type: ignore[attr-defined]
    )
    act = receive_line(manifest_id=draft.manifest_id, scanned=one.label_no, looked=fine(one), courier=COURIER)  # type: ignore[attr-defined, arg-type]
    place.do(act)
    item_id = one.item_id  # type: ignore[attr-defined]
    assert "shelf" in todos(place, item_id)

    place.do(put_on_shelf(item_id=item_id, shelf="B-03-2"))
    assert "shelf" not in todos(place, item_id)


def test_no_fact_says_a_dash_for_what_nobody_gave(place: Yard) -> None:
    draft = place.sent(2)
    place.depot(
        receive_line(
            manifest_id=draft.manifest_id, scanned=place.devices[0].label_no, looked=fine(place.devices[0]),
            courier=COURIER,
        )
    )  # fmt: skip
    (stray,) = place.take(1)
    place.depot(note_extra(manifest_id=draft.manifest_id, scanned=stray.label_no))
    with place.store.read() as session:
        said = [value for row in session.scalars(select(WorkEvent)) for value in row.data.values()]
        said += [row.giver for row in session.scalars(select(ManifestEvent))]
        said += [name for row in session.scalars(select(CustodyEvent)) for name in (row.giver, row.taker)]
        assert "-" not in said and ["-"] not in said
        assert session.get_one(RepairItem, stray.item_id).work_state == "quarantined"
