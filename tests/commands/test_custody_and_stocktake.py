"""The chain of custody as evidence, and the walk along the shelves."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import select

from deskapp.commands.custody_paper import print_custody
from deskapp.commands.moves import hop, item_of
from deskapp.commands.stocktake import save_stocktake
from deskapp.errors import N_, Forbidden, Refused
from deskapp.models import custody_chain
from deskapp.models.local import PrintJob
from deskapp.models.repair import CustodyEvent, ItemRecord, ReviewCard
from deskapp.models.stock_walk import Off, compare
from deskapp.models.store import Store, Write, command
from deskapp.rules import papers
from deskapp.rules.paper_store import from_json
from tests.conftest import People
from tests.factories_transfers import Yard, yard


@pytest.fixture
def place(store: Store, people: People) -> Yard:
    return yard(store, people)


@command(N_("Move a device on in a test"), right="")
def moved_on(write: Write, *, item_id: str) -> None:
    """Put a device onto another shelf."""
    hop(write, item_of(write, item_id), "shelf:B-03-2", giver="李秀英", taker="李秀英", tamper_result="ok")


@command(N_("Change a name in a test"), right="")
def rename(write: Write, *, item_id: str, name: str) -> None:
    """Change who gave a device, as an erasure by law would."""
    row = write.session.scalars(select(CustodyEvent).where(CustodyEvent.item_id == item_id)).first()
    assert row is not None
    write.session.connection().exec_driver_sql("UPDATE custody_event SET giver = ? WHERE id = ?", (name, row.id))


@command(N_("Falsify a hand-over in a test"), right="")
def falsify(write: Write, *, item_id: str) -> None:
    """Change where a device went."""
    row = write.session.scalars(select(CustodyEvent).where(CustodyEvent.item_id == item_id)).first()
    assert row is not None
    write.session.connection().exec_driver_sql("UPDATE custody_event SET place = 'X' WHERE id = ?", (row.id,))


def record_of(place: Yard, item_id: str) -> papers.CustodyCard:
    place.do(print_custody(item_id=item_id))
    with place.store.read() as session:
        job = session.scalars(select(PrintJob).where(PrintJob.kind == "custody_record")).all()[-1]
    card = from_json(job.card)
    assert isinstance(card, papers.CustodyCard)
    return card


def verdict(place: Yard, item_id: str, code: str) -> str:
    with place.store.read() as session:
        return custody_chain.check_code(custody_chain.chain_of(session, item_id), code)


def test_a_printed_chain_is_proven_by_its_code_until_something_is_changed(place: Yard) -> None:
    (one,) = place.take(1)
    card = record_of(place, one.item_id)
    assert (card.hops, card.gaps, len(card.proof)) == (1, 0, 64)
    assert verdict(place, one.item_id, card.code) == "same"
    place.do(moved_on(item_id=one.item_id))
    assert verdict(place, one.item_id, card.code) == "grown"
    place.do(rename(item_id=one.item_id, name=""))
    assert verdict(place, one.item_id, card.code) == "names"
    place.do(falsify(item_id=one.item_id))
    assert verdict(place, one.item_id, card.code) == "differs"
    assert verdict(place, one.item_id, "PS1:D001230000012") == "form"


def test_a_hand_over_heard_of_later_does_not_make_the_paper_wrong(place: Yard) -> None:
    (one,) = place.take(1)
    place.do(moved_on(item_id=one.item_id))
    place.do(save_stocktake(shelves=(), found={one.item_id: "A-01"}, extra={}))
    with place.store.read() as session:
        chain = custody_chain.chain_of(session, one.item_id)
    assert len(chain.links) == 3
    proof = named = ""
    for link in (chain.links[0], chain.links[2]):  # as the other desk printed it, before the second one came
        proof = hashlib.sha256(f"{proof}{link.plain}".encode()).hexdigest()
        named = hashlib.sha256(f"{named}{link.full}".encode()).hexdigest()
    code = f"PS1:{one.label_no}:C2:{proof[:20].upper()}:{named[:20].upper()}"
    assert verdict(place, one.item_id, code) == "between"
    assert verdict(place, one.item_id, code.replace(proof[:20].upper(), "0" * 20)) == "differs"


def test_the_record_shows_who_where_seal_and_signature_of_each_hand(place: Yard) -> None:
    draft = place.sent(1)
    one = place.devices[0]
    place.receive(draft.manifest_id, one)
    card = record_of(place, one.item_id)

    assert [line.paper for line in card.lines][1:] == [draft.number, draft.number]
    assert (card.lines[1].seal, card.lines[2].taker) == ("FZ000000", "欧阳静")
    assert "维修中心" in card.lines[1].to_words


def test_a_device_that_was_never_handed_over_has_no_record(place: Yard) -> None:
    with pytest.raises(Refused):
        place.do(print_custody(item_id="nothing"))


# -- the walk ---------------------------------------------------------------------------


def test_a_walk_tells_what_is_missing_elsewhere_and_too_many(place: Yard) -> None:
    one, two, three = place.take(3)
    found = {one.item_id: "A-01", two.item_id: "B-03-2"}
    with place.store.read() as session:
        walk = compare(session, place.store.now, ("A-01",), found, {"D00999": "A-01"})

    assert {(line.off, line.label_no) for line in walk.lines} == {
        (Off.MISSING, three.label_no), (Off.MOVED, two.label_no), (Off.EXTRA, "D00999"),
    }  # fmt: skip
    assert len(walk.expected) == 3


def test_a_stocktake_corrects_shelves_and_raises_each_missing_device_once(place: Yard) -> None:
    one, two, three = place.take(3)
    for _turn in range(2):
        done = place.do(save_stocktake(shelves=(), found={one.item_id: "A-01", two.item_id: "B-03-2"}, extra={}))
    assert (done.expected, done.found, done.missing) == (3, 2, 1)
    with place.store.read() as session:
        cards = session.scalars(select(ReviewCard).where(ReviewCard.kind == "missing_at_count")).all()
        assert [card.subject_id for card in cards] == [three.item_id]
        chain = custody_chain.chain_of(session, two.item_id)
        assert [link.to_holder for link in chain.links] == ["shelf:A-01", "shelf:B-03-2"]
        assert len(session.scalars(select(ItemRecord).where(ItemRecord.kind == "stocktake")).all()) == 2
        jobs = session.scalars(select(PrintJob).where(PrintJob.kind == "stocktake")).all()
        first = from_json(jobs[0].card)
    assert isinstance(first, papers.StocktakeCard) and len(first.lines) == 2


def test_what_another_site_received_is_not_looked_for_here(place: Yard) -> None:
    draft = place.sent(2)
    place.receive(draft.manifest_id, place.devices[0])
    (here,) = place.take(1)
    with place.store.read() as session:
        walk = compare(session, place.store.now, (), {}, {})
    assert [line.label_no for line in walk.lines] == [here.label_no]


def test_an_empty_walk_is_not_kept_and_who_may_not_count_does_not(place: Yard) -> None:
    with pytest.raises(Refused):
        place.do(save_stocktake(shelves=(), found={}, extra={}))
    with pytest.raises(Forbidden):
        place.do(save_stocktake(shelves=(), found={"x": "A"}, extra={}), place.people.technician)
