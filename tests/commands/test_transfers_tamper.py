"""The giver's look at what leaves, and at what comes back; what is suspicious goes aside and the rest goes on."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from deskapp.commands.checkin_forms import Photo
from deskapp.commands.loaners import set_loaner
from deskapp.commands.moves import hop, item_of, move
from deskapp.commands.transfers import hand_over, open_manifest, pack
from deskapp.commands.transfers_aside import put_aside, take_manifest_back
from deskapp.errors import N_, DeskError, Refused
from deskapp.models import custody_chain, transfers
from deskapp.models.device import Device
from deskapp.models.local import PrintJob
from deskapp.models.repair import RepairItem, ReviewCard, WorkEvent
from deskapp.models.stock import Attachment
from deskapp.models.store import Store, Write, command
from deskapp.rules import papers
from deskapp.rules.custody import TamperResult
from deskapp.rules.paper_store import from_json
from deskapp.rules.transfers import State, View
from tests.conftest import People
from tests.factories_bench import Benched
from tests.factories_transfers import COURIER, DEPOT, Yard, yard

PHOTO = Photo("e" * 64, size=1000, kind="damage")


@pytest.fixture
def place(store: Store, people: People) -> Yard:
    return yard(store, people)


def item(place: Yard, one: Benched) -> RepairItem:
    with place.store.read() as session:
        return session.get_one(RepairItem, one.item_id)


def view(place: Yard, identity: str) -> View:
    with place.store.read() as session:
        return transfers.view_of(session, identity)


def leave(place: Yard, manifest_id: str, devices: list[Benched], tamper: str = "ok") -> None:
    labels = tuple(one.label_no for one in devices)
    place.do(hand_over(manifest_id=manifest_id, counted=labels, courier=COURIER, tamper_result=tamper))


@pytest.mark.parametrize(("answer", "code"), [("", "missing"), ("not_due", "missing"), ("suspect", "tamper")])
def test_nothing_leaves_before_somebody_has_looked_at_it(place: Yard, answer: str, code: str) -> None:
    draft = place.packed(2)
    with pytest.raises(Refused) as error:
        leave(place, draft.manifest_id, place.devices, answer)
    assert (error.value.field, error.value.code) == ("tamper", code)
    assert view(place, draft.manifest_id).state is State.DRAFT


def test_the_givers_word_stands_on_the_hand_over_the_chain_and_the_paper(place: Yard) -> None:
    draft = place.sent(2)
    one = place.devices[0]
    place.receive(draft.manifest_id, one)

    assert view(place, draft.manifest_id).looked_at == "ok"
    with place.store.read() as session:
        links = custody_chain.chain_of(session, one.item_id).links
        assert [(link.tamper, link.by) for link in links[1:]] == [("ok", "李秀英"), ("ok", "欧阳静")]
        job = session.scalars(select(PrintJob).where(PrintJob.kind == "manifest")).first()
        assert job is not None
        card = from_json(job.card)
        fact = session.scalars(select(WorkEvent).where(WorkEvent.move == "hand_to_courier")).first()
        assert fact is not None and fact.data["tamper_result"] == "ok"
    assert isinstance(card, papers.ManifestCard)
    assert {line.tamper_out for line in card.lines} == {TamperResult.OK}
    assert {line.tamper_in for line in card.lines} == {TamperResult.NOT_DUE}


def test_one_suspicious_device_goes_aside_and_the_van_leaves_without_it(place: Yard) -> None:
    draft = place.packed(3)
    odd, *rest = place.devices
    said = place.do(put_aside(manifest_id=draft.manifest_id, label_no=odd.label_no, words="螺丝缺失", photos=(PHOTO,)))

    row = item(place, odd)
    assert (said, row.work_state, row.holder, row.resumes) == (odd.label_no, "quarantined", "quarantine", "checked_in")
    with place.store.read() as session:
        last = custody_chain.chain_of(session, odd.item_id).links[-1]
        assert (last.tamper, last.from_holder) == ("suspect", "shelf:A-01")
        kept = session.scalars(select(Attachment.sha256).where(Attachment.subject_id == odd.item_id)).all()
        assert PHOTO.sha256 in kept
        facts = session.scalars(select(WorkEvent).where(WorkEvent.item_id == odd.item_id)).all()
    assert facts[-1].data["finder"] == "C01", "no name in what can never be erased"
    leave(place, draft.manifest_id, rest)
    assert [line.label_no for line in view(place, draft.manifest_id).lines] == [one.label_no for one in rest]


def test_nobody_needs_words_to_put_a_suspicious_device_aside(place: Yard) -> None:
    draft = place.packed(1)
    place.do(put_aside(manifest_id=draft.manifest_id, label_no=place.devices[0].label_no))
    assert item(place, place.devices[0]).work_state == "quarantined"
    with pytest.raises(Refused):
        place.do(put_aside(manifest_id=draft.manifest_id, label_no=place.devices[0].label_no))


@command(N_("Release a device in a test"), right="")
def released(write: Write, *, item_id: str, by: str) -> None:
    """Release a device as two people would."""
    one = item_of(write, item_id)
    move(write, one, "release_quarantine", {"finding": "无异常"}, second_id=by)
    hop(write, one, "shelf:A-01", giver="欧阳静", taker="欧阳静", tamper_result="ok")


@command(N_("Quarantine a device in a test"), right="")
def found_odd(write: Write, *, item_id: str) -> None:
    """Quarantine a device where it lies, as on any page."""
    move(write, item_of(write, item_id), "quarantine", {"reason": "tamper", "finder": "S01"})
    hop(write, item_of(write, item_id), "quarantine", giver="欧阳静", taker="欧阳静", tamper_result="suspect")


def test_what_was_put_aside_travels_again_once_two_people_released_it(place: Yard) -> None:
    boss, clerk = place.people.supervisor, place.people.clerk.staff_id
    draft = place.packed(2)
    first, second = place.devices
    place.do(put_aside(manifest_id=draft.manifest_id, label_no=first.label_no))
    place.do(released(item_id=first.item_id, by=clerk), boss)
    place.do(pack(manifest_id=draft.manifest_id, scanned=first.label_no, seal_no="FZ000000"))
    # Quarantined elsewhere while it lay in the bag: off the manifest, released, and packed by its old state.
    place.do(found_odd(item_id=second.item_id), boss)
    with pytest.raises(Refused):
        leave(place, draft.manifest_id, place.devices)
    from deskapp.commands.transfers import unpack

    place.do(unpack(manifest_id=draft.manifest_id, reason="隔离", label_no=second.label_no))
    place.do(released(item_id=second.item_id, by=clerk), boss)
    assert item(place, second).work_state == "awaiting_dispatch"
    place.do(pack(manifest_id=draft.manifest_id, scanned=second.label_no, seal_no="FZ000000"))
    leave(place, draft.manifest_id, place.devices)
    assert {item(place, one).work_state for one in place.devices} == {"in_transit_out"}


@pytest.mark.parametrize(
    ("answer", "suspects", "field"),
    [("", (), "tamper"), ("not_due", (), "tamper"), ("whatever", (), "tamper"), ("suspect", (), "suspects"),
     ("suspect", ("D001230009990",), "suspects")],
)  # fmt: skip
def test_a_van_is_not_taken_back_unseen(place: Yard, answer: str, suspects: tuple[str, ...], field: str) -> None:
    draft = place.sent(1)
    with pytest.raises(Refused) as error:
        place.do(
            take_manifest_back(manifest_id=draft.manifest_id, reason="车辆故障", courier=COURIER, tamper_result=answer,
                               suspects=suspects)
        )  # fmt: skip
    assert error.value.field == field and view(place, draft.manifest_id).state is State.UNDER_WAY


def test_one_suspicious_device_does_not_hold_up_a_van_that_comes_back(place: Yard) -> None:
    draft = place.sent(3)
    odd = place.devices[1]
    count = place.do(
        take_manifest_back(manifest_id=draft.manifest_id, reason="车辆故障", courier=COURIER, tamper_result="suspect",
                           suspects=(odd.label_no,))
    )  # fmt: skip

    assert count == 3 and [item(place, one).work_state for one in place.devices] == [
        "awaiting_dispatch", "quarantined", "awaiting_dispatch",
    ]  # fmt: skip
    row = item(place, odd)
    assert (row.holder, row.resumes) == ("quarantine", "checked_in")
    seen = view(place, draft.manifest_id)
    assert seen.state is State.DRAFT and odd.label_no not in {line.label_no for line in seen.lines}
    with place.store.read() as session:
        chain = custody_chain.chain_of(session, odd.item_id)
        assert not chain.gaps and chain.suspicions == 1
        assert (
            session.scalars(select(ReviewCard).where(ReviewCard.kind == "quarantine")).one().subject_id == odd.item_id
        )
    leave(place, draft.manifest_id, [place.devices[0], place.devices[2]])


@command(N_("Add a loaner in a test"), right="")
def new_loaner(write: Write, *, serial_no: str) -> None:
    """Put a new unit into the pool."""
    write.session.add(Device(id=write.new_id(), serial_no=serial_no, model_id="newland-n910"))
    set_loaner(serial_no=serial_no).run(write)


def test_a_suspicious_loaner_leaves_the_manifest_and_the_pool(place: Yard) -> None:
    boss = place.people.supervisor
    for serial in ("LOAN00000017", "LOAN00000025"):
        place.store.run(new_loaner(serial_no=serial))
    draft = place.do(open_manifest(kind="loaner", to=DEPOT), boss)
    for serial in ("LOAN00000017", "LOAN00000025"):
        place.do(pack(manifest_id=draft.manifest_id, scanned=serial, seal_no="FZ000777"), boss)
    place.do(put_aside(manifest_id=draft.manifest_id, label_no="LOAN00000017"), boss)

    with place.store.read() as session:
        left = {
            row.serial_no: row.loaner for row in session.scalars(select(Device)) if row.serial_no.startswith("LOAN")
        }
        assert left == {"LOAN00000017": False, "LOAN00000025": True}
        assert session.scalars(select(ReviewCard).where(ReviewCard.kind == "loaner_suspect")).all()
    assert [line.label_no for line in view(place, draft.manifest_id).lines] == ["LOAN00000025"]


def test_a_suspicious_device_is_received_by_its_number_and_the_look_alone(place: Yard) -> None:
    """It is left as it is: nobody opens its bag to count accessories, and the rest of the van goes on."""
    draft = place.sent(2)
    odd, fine = place.devices
    done = place.receive(draft.manifest_id, odd, tamper="suspect", seal_ok=None, accessories_ok=None)
    assert done.quarantined and done.differences == ("tamper",)
    with place.store.read() as session:
        facts = session.scalars(select(WorkEvent).where(WorkEvent.item_id == odd.item_id)).all()
    received = next(fact for fact in facts if fact.move == "receive")
    assert (received.data["seal_result"], received.data["shelf"]) == ("not_looked", "quarantine")
    assert not place.receive(draft.manifest_id, fine).quarantined


def test_a_suspicious_device_is_never_packed(place: Yard) -> None:
    (one,) = place.take(1)
    draft = place.do(open_manifest(kind="out", to=DEPOT))
    with pytest.raises(DeskError) as error:
        place.do(pack(manifest_id=draft.manifest_id, scanned=one.label_no, seal_no="FZ000001", tamper_result="suspect"))
    assert error.value.code == "tamper"
