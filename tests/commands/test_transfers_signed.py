"""A signed manifest on paper: filed with the hand-over it signs, once, and evidence in the chain of custody."""

from __future__ import annotations

import pytest

from deskapp.commands.checkin_forms import Photo
from deskapp.commands.transfers_receive import finish_receipt, receive_line
from deskapp.commands.transfers_signed import file_signed_manifest
from deskapp.errors import Forbidden, Refused
from deskapp.models import custody_chain
from deskapp.models.repair import ReviewCard
from deskapp.models.store import Store
from deskapp.queries.transfers import manifest
from tests.commands.test_custody_and_stocktake import record_of
from tests.conftest import START, People
from tests.factories_transfers import COURIER, Yard, fine, yard

PAGES = (Photo("a" * 64, size=9, caption="scan 1"), Photo("b" * 64, size=9, caption="scan 2"))


@pytest.fixture
def place(store: Store, people: People) -> Yard:
    return yard(store, people)


def todos(place: Yard) -> list[str]:
    with place.store.read() as session:
        rows = session.query(ReviewCard).filter(ReviewCard.kind == "todo", ReviewCard.settled_at == 0).all()
        return sorted(str(row.data["move"]) for row in rows if row.data.get("key") == "signature")


def scans(place: Yard, item_id: str) -> list[int]:
    with place.store.read() as session:
        return [len(link.scans) for link in custody_chain.chain_of(session, item_id).links]


def test_the_senders_paper_belongs_to_the_hand_over_and_settles_its_to_do(place: Yard) -> None:
    draft = place.sent(1)
    assert "hand_over" in todos(place)

    assert place.do(file_signed_manifest(manifest_id=draft.manifest_id, pages=PAGES)) == 2

    assert "hand_over" not in todos(place)
    assert scans(place, place.devices[0].item_id) == [0, 2]
    seen = place.store.ask(lambda session: manifest(session, draft.manifest_id, START))
    assert seen is not None and seen.signable
    assert [(one.kind, one.caption) for one in seen.files] == [("paper", "scan 1"), ("paper", "scan 2")]


def test_the_receivers_paper_belongs_to_the_receipt(place: Yard) -> None:
    draft, (one,) = place.incoming(1)
    boss = place.people.supervisor
    with pytest.raises(Refused) as refusal:
        place.do(file_signed_manifest(manifest_id=draft.manifest_id, pages=PAGES), boss)
    assert refusal.value.code == "state"  # the other end signed, here nobody did yet

    place.do(receive_line(manifest_id=draft.manifest_id, scanned=one.label_no, looked=fine(one), courier=COURIER), boss)
    place.do(finish_receipt(manifest_id=draft.manifest_id, rest="missing", courier=COURIER), boss)
    place.do(file_signed_manifest(manifest_id=draft.manifest_id, pages=PAGES[:1]), boss)

    assert scans(place, one.item_id) == [0, 0, 1]
    assert "hand_over" in todos(place) and "close" not in todos(place)


def test_the_same_page_is_filed_once_and_the_printed_record_names_the_last_one(place: Yard) -> None:
    draft = place.sent(1)
    place.do(file_signed_manifest(manifest_id=draft.manifest_id, pages=PAGES))
    assert place.do(file_signed_manifest(manifest_id=draft.manifest_id, pages=PAGES)) == 2

    card = record_of(place, place.devices[0].item_id)
    assert (card.lines[1].signed, card.lines[1].paper) == ("B" * 12, draft.number)


def test_a_draft_has_no_signed_paper_and_nothing_is_filed_without_a_page(place: Yard) -> None:
    draft = place.packed(1)
    for pages, code in ((PAGES, "state"), ((), "missing")):
        with pytest.raises(Refused) as refusal:
            place.do(file_signed_manifest(manifest_id=draft.manifest_id, pages=pages))
        assert refusal.value.code == code
    with pytest.raises(Forbidden):
        place.do(file_signed_manifest(manifest_id=draft.manifest_id, pages=PAGES), place.people.technician)


def test_more_pages_than_a_manifest_has_are_refused(place: Yard) -> None:
    draft = place.sent(1)
    many = tuple(Photo(f"{number:064x}") for number in range(25))
    with pytest.raises(Refused) as refusal:
        place.do(file_signed_manifest(manifest_id=draft.manifest_id, pages=many))
    assert refusal.value.code == "many"
