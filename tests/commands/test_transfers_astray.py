"""What comes without a paper: taken in where it stands, sent home, or begun as an order from the device alone."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from deskapp.commands.bench import release_quarantine
from deskapp.commands.checkin_forms import Photo
from deskapp.commands.transfers import hand_over, open_manifest, pack
from deskapp.commands.transfers_arrivals import match_arrivals
from deskapp.commands.transfers_astray import Kept, begin_from_device, send_home, take_in_here, tell_outlet
from deskapp.commands.transfers_differences import note_extra, undo_receive
from deskapp.commands.transfers_receive import finish_receipt, receive_line
from deskapp.errors import N_, Refused
from deskapp.models import folding, transfers
from deskapp.models.device import Device
from deskapp.models.people import Site
from deskapp.models.repair import RepairItem, RepairOrder, ReviewCard
from deskapp.models.stock import Attachment
from deskapp.models.store import Store, Write, command
from deskapp.models.transfer import ManifestEvent
from deskapp.queries.transfers_astray import Way, astray_of_event, astray_of_item
from deskapp.rules.states import WorkState
from tests.commands.test_bench import consent
from tests.conftest import People
from tests.factories_bench import Benched
from tests.factories_bench import take_in as check_in
from tests.factories_transfers import COURIER, DEPOT, TOWN, Yard, elsewhere, fine, yard
from tests.small_photos import thumbnail

PHOTO = Photo("f" * 64, size=1000, kind="difference", thumbnail=thumbnail(1))


@pytest.fixture
def place(store: Store, people: People) -> Yard:
    return yard(store, people)


def item(place: Yard, item_id: str) -> RepairItem:
    with place.store.read() as session:
        return session.get_one(RepairItem, item_id)


def noted(place: Yard, scanned: str, **more: Any) -> str:
    """Let a device stand in the next van to the depot without a line; returns the fact's id."""
    draft = place.sent(1)
    done = place.depot(note_extra(manifest_id=draft.manifest_id, scanned=scanned, courier=COURIER, **more))
    return done.event_id


def release(place: Yard, item_id: str, *, at: str = DEPOT) -> None:
    other = consent(place.shop, place.people.clerk, "witness", place.people.supervisor)
    act = release_quarantine(item_id=item_id, finding="封签完好，误装车", second=other, shelf="")
    place.store.run(elsewhere(site_id=at, act=act), by=place.people.supervisor)


def ways(place: Yard, item_id: str, *, at: str) -> tuple[Way, ...]:
    found: Way = place.store.run(seen_at(site_id=at, item_id=item_id)).result
    return found  # type: ignore[return-value]


@command(N_("Look from another site in a test"), right="")
def seen_at(write: Write, *, site_id: str, item_id: str) -> Any:
    """Ask for the ways on as a desk of that site would see them."""
    from deskapp.models.local import StoreInfo

    row = write.session.get_one(StoreInfo, "site_id")
    own, row.value = row.value, site_id
    write.session.flush()
    found = astray_of_item(write.session, item_id)
    row.value = own
    return found.ways if found is not None else ()


def test_a_stray_of_an_outlet_is_released_and_goes_on_at_the_depot(place: Yard) -> None:
    (stray,) = place.take(1)
    event_id = noted(place, stray.label_no)
    assert item(place, stray.item_id).at_site == DEPOT, "the depot sees it in its own quarantine"
    assert ways(place, stray.item_id, at=DEPOT) == (Way.RELEASE,)
    with pytest.raises(Refused) as early:
        place.depot(take_in_here(item_id=stray.item_id, serial_no=stray.serial_no, tamper_result="ok"))
    assert early.value.code == "quarantined"

    release(place, stray.item_id)
    assert ways(place, stray.item_id, at=DEPOT) == (Way.TAKE_IN, Way.SEND_HOME)
    place.depot(take_in_here(item_id=stray.item_id, serial_no=stray.serial_no, tamper_result="ok", shelf="D-01"))

    row = item(place, stray.item_id)
    assert (row.work_state, row.holder, row.at_site) == ("depot_received", "shelf:D-01", DEPOT)
    with place.store.read() as session:
        open_ones = transfers.view_of(session, place_of(session, event_id)).open_differences
        assert open_ones == 0, "the difference is settled by what was done"
        assert len(folding.custody_of(session, stray.item_id).gaps) == 1, "the gap stays in the chain"


def place_of(session: Any, event_id: str) -> str:
    from deskapp.models.transfer import ManifestEvent

    return str(session.get_one(ManifestEvent, event_id).manifest_id)


@pytest.mark.parametrize(
    ("more", "field", "code"),
    [({"serial_no": "ZZ99999999"}, "serial_no", "other_serial"), ({"tamper_result": ""}, "tamper_result", "missing"),
     ({"tamper_result": "suspect"}, "tamper_result", "tamper"), ({"shelf": "Z-99"}, "shelf", "")],
)  # fmt: skip
def test_a_stray_is_taken_in_by_its_number_and_a_look(place: Yard, more: dict[str, str], field: str, code: str) -> None:
    (stray,) = place.take(1)
    noted(place, stray.label_no)
    release(place, stray.item_id)
    given = {"item_id": stray.item_id, "serial_no": stray.serial_no, "tamper_result": "ok", **more}
    with pytest.raises(Refused) as error:
        place.depot(take_in_here(**given))
    assert error.value.field == field and (error.value.code or "") == code
    assert item(place, stray.item_id).work_state == "checked_in"


def test_a_stray_goes_home_and_is_taken_in_there_again(place: Yard) -> None:
    (stray,) = place.take(1)
    noted(place, stray.label_no)
    release(place, stray.item_id)
    done = place.depot(send_home(item_id=stray.item_id, serial_no=stray.serial_no, tamper_result="ok"))
    assert done.home == "鼓楼支局" and item(place, stray.item_id).work_state == "awaiting_return"

    home = place.store.facts.site_id
    draft = place.depot(open_manifest(kind="return", to=home))
    place.depot(pack(manifest_id=draft.manifest_id, scanned=stray.label_no, seal_no="DD000001"))
    labels = (stray.label_no,)
    place.depot(hand_over(manifest_id=draft.manifest_id, counted=labels, courier=COURIER, tamper_result="ok"))
    place.do(
        receive_line(manifest_id=draft.manifest_id, scanned=stray.label_no, looked=fine(stray), courier=COURIER,
                     shelf="A-01")
    )  # fmt: skip

    row = item(place, stray.item_id)
    assert (row.work_state, row.holder, row.at_site) == ("checked_in", "shelf:A-01", home), "nobody repaired it"
    again = place.do(open_manifest(kind="out", to=DEPOT))
    place.do(pack(manifest_id=again.manifest_id, scanned=stray.label_no, seal_no="FZ000444"))


def test_what_belongs_here_is_not_sent_home(place: Yard) -> None:
    (one,) = place.take(1)
    with pytest.raises(Refused) as error:
        place.do(send_home(item_id=one.item_id, serial_no=one.serial_no, tamper_result="ok"))
    assert error.value.code == "own"


def in_town(place: Yard, act: Any) -> Any:
    return place.store.run(elsewhere(site_id=TOWN, act=act), by=place.people.supervisor).result


def test_a_device_of_another_outlet_goes_from_outlet_to_outlet(place: Yard) -> None:
    """The mirror: the van to the town brought a repaired device of the branch along, without a line."""
    from tests.commands.test_transfers import back

    _home, stray = back(place)
    assert isinstance(stray, Benched)
    van = place.depot(open_manifest(kind="return", to=TOWN))
    theirs: Benched = in_town(place, check_in(merchant_id=place.shop.ids["merchant"], serial_no="TJ9100000077"))
    assert theirs.item_id
    with pytest.raises(Refused):
        place.depot(pack(manifest_id=van.manifest_id, scanned=stray.label_no, seal_no="DD000009"))
    in_town(place, note_paper(manifest_id=van.manifest_id))
    in_town(place, note_extra(manifest_id=van.manifest_id, scanned=stray.label_no, courier=COURIER))
    assert item(place, stray.item_id).work_state == "quarantined"
    release(place, stray.item_id, at=TOWN)
    assert ways(place, stray.item_id, at=TOWN) == (Way.TAKE_IN, Way.SEND_HOME)

    in_town(place, send_home(item_id=stray.item_id, serial_no=stray.serial_no, tamper_result="ok"))
    draft = in_town(place, open_manifest(kind="return", to=place.store.facts.site_id))
    in_town(place, pack(manifest_id=draft.manifest_id, scanned=stray.label_no, seal_no="TJ000555"))
    labels = (stray.label_no,)
    in_town(place, hand_over(manifest_id=draft.manifest_id, counted=labels, courier=COURIER, tamper_result="ok"))
    place.do(
        receive_line(manifest_id=draft.manifest_id, scanned=stray.label_no, looked=fine(stray), courier=COURIER,
                     shelf="B-03-2")
    )  # fmt: skip
    assert item(place, stray.item_id).work_state == "ready_for_pickup", "it was through with the depot"


@command(N_("Let a van arrive in a test"), right="")
def note_paper(write: Write, *, manifest_id: str) -> None:
    """Let a manifest be under way by its paper."""
    from deskapp.commands.transfers_desk import event
    from deskapp.rules.transfers import Kind

    event(write, manifest_id, Kind.PAPER, data={"count": 0, "seals": [], "lines": [], "part": 1, "parts": 1})


def test_a_device_of_another_outlet_may_be_handed_out_where_it_came(place: Yard) -> None:
    from tests.commands.test_transfers import back

    _home, stray = back(place)
    assert isinstance(stray, Benched)
    van = place.depot(open_manifest(kind="return", to=TOWN))
    in_town(place, note_paper(manifest_id=van.manifest_id))
    in_town(place, note_extra(manifest_id=van.manifest_id, scanned=stray.label_no, courier=COURIER))
    release(place, stray.item_id, at=TOWN)
    in_town(place, take_in_here(item_id=stray.item_id, serial_no=stray.serial_no, tamper_result="ok"))
    row = item(place, stray.item_id)
    assert (row.work_state, row.at_site) == ("ready_for_pickup", TOWN)
    with place.store.read() as session:
        keys = [card.data.get("key") for card in session.scalars(select(ReviewCard).where(
            ReviewCard.subject_id == stray.item_id, ReviewCard.kind == "todo", ReviewCard.settled_at == 0))]  # fmt: skip
    assert "shelf" in keys


def test_what_travels_to_another_depot_and_stands_here_is_noted_here(place: Yard) -> None:
    place.store.run(second_depot())
    first = place.do(open_manifest(kind="out", to="site-far"))
    (stray,) = place.take(1)
    place.do(pack(manifest_id=first.manifest_id, scanned=stray.label_no, seal_no="FZ000888"))
    place.do(hand_over(manifest_id=first.manifest_id, counted=(stray.label_no,), courier=COURIER, tamper_result="ok"))
    noted(place, stray.label_no)
    assert item(place, stray.item_id).work_state == "quarantined"
    release(place, stray.item_id)
    assert item(place, stray.item_id).work_state == "in_transit_out"
    place.depot(take_in_here(item_id=stray.item_id, serial_no=stray.serial_no, tamper_result="ok", shelf="D-01"))
    assert item(place, stray.item_id).work_state == "depot_received"


@command(N_("Add a second depot in a test"), right="")
def second_depot(write: Write) -> None:
    """Add one more depot."""
    write.session.add(Site(id="site-far", code="XM-D9", name="厦门维修中心", short_name="厦门", is_depot=True))


# -- from the device alone ---------------------------------------------------------------------


def begun(place: Yard, event_id: str, **more: Any) -> Kept:
    given = {"serial_no": "PX99887766554", "tamper_result": "ok", "model": "百富 S90", "shelf": "D-01", **more}
    done: Kept = place.depot(begin_from_device(event_id=event_id, **given))
    return done


def test_an_order_is_begun_from_a_device_nobody_knows(place: Yard) -> None:
    event_id = noted(place, "PX99887766554", words="混在车里", photos=(PHOTO,))
    with place.store.read() as session:
        found = astray_of_event(session, event_id)
        assert found is not None and found.ways == (Way.BEGIN, Way.TELL)
    done = begun(place, event_id)

    row = item(place, done.item_id)
    assert (row.work_state, row.holder, row.at_site) == ("depot_received", "shelf:D-01", DEPOT)
    with place.store.read() as session:
        order = session.get_one(RepairOrder, row.order_id)
        assert (order.deliverer_name, order.number, order.merchant_id) == (COURIER, done.order_no, "")
        kept = session.scalars(select(Attachment).where(Attachment.subject_id == done.item_id)).all()
        named = [(row.sha256, row.thumbnail) for row in kept]
        assert (PHOTO.sha256, PHOTO.thumbnail) in named, "its photos are the device's too"
        (difference,) = transfers.view_of(session, place_of(session, event_id)).differences
        assert difference.settled is not None and difference.settled.words == done.order_no
    with pytest.raises(Refused) as twice:
        begun(place, event_id)
    assert twice.value.code == "again"


def test_a_suspicious_device_nobody_knows_begins_in_quarantine(place: Yard) -> None:
    done = begun(place, noted(place, "PX99887766554"), tamper_result="suspect")
    assert done.quarantined and item(place, done.item_id).work_state == "quarantined"
    release(place, done.item_id)
    assert ways(place, done.item_id, at=DEPOT) == (Way.TAKE_IN,)


@pytest.mark.parametrize(
    ("more", "field"), [({"tamper_result": ""}, "tamper_result"), ({"model": " "}, "devices.0.model")]
)
def test_an_order_is_begun_only_with_a_look_and_a_model(place: Yard, more: dict[str, str], field: str) -> None:
    event_id = noted(place, "PX99887766554")
    with pytest.raises(Refused) as error:
        begun(place, event_id, **more)
    assert error.value.field == field


def test_the_senders_record_takes_over_when_it_comes(place: Yard) -> None:
    """The order begun from the device ends, the sender's goes on, with the gap in its chain."""
    theirs = elsewhere_already(place)
    event_id = noted(place, "PX99887766554")
    done = begun(place, event_id)
    place.store.run(renumber(device_id=theirs.device_id, serial_no="PX99887766554"))
    assert place.store.ask(lambda session: waits(session, DEPOT))
    for _turn in range(2):
        place.depot(match_arrivals())

    assert WorkState(item(place, done.item_id).work_state) is WorkState.CANCELLED
    assert item(place, theirs.item_id).work_state == "quarantined"
    with place.store.read() as session:
        cards = session.scalars(select(ReviewCard).where(ReviewCard.kind == "extra_known")).all()
        assert [card.subject_id for card in cards] == [theirs.item_id]
        assert len(folding.custody_of(session, theirs.item_id).gaps) == 1
    release(place, theirs.item_id)
    place.depot(take_in_here(item_id=theirs.item_id, serial_no="PX99887766554", tamper_result="ok", shelf="D-01"))
    assert item(place, theirs.item_id).work_state == "depot_received"


def elsewhere_already(place: Yard) -> Benched:
    """Take a device in at another outlet; its number becomes known here later, as by a sync."""
    theirs: Benched = in_town(place, check_in(merchant_id=place.shop.ids["merchant"], serial_no="TJ9100000091"))
    return theirs


@command(N_("Give a unit another number in a test"), right="")
def renumber(write: Write, *, device_id: str, serial_no: str) -> None:
    """Let it be the unit that bears this number."""
    write.session.get_one(Device, device_id).serial_no = serial_no


def waits(session: Any, site_id: str) -> bool:
    return bool(transfers.extras_to_match(session, site_id))


def test_an_order_somebody_worked_on_is_not_ended_by_itself(place: Yard) -> None:
    from deskapp.commands.bench import start_diagnosis

    theirs = elsewhere_already(place)
    done = begun(place, noted(place, "PX99887766554"))
    act = start_diagnosis(item_id=done.item_id, bench="W1", tamper_result="ok", seal_opened_by="T01")
    place.depot(act, place.people.technician)
    place.store.run(renumber(device_id=theirs.device_id, serial_no="PX99887766554"))
    place.depot(match_arrivals())
    states = [item(place, one).work_state for one in (done.item_id, theirs.item_id)]
    assert states == ["diagnosing", "checked_in"]
    with place.store.read() as session:
        card = session.scalars(select(ReviewCard).where(ReviewCard.kind == "extra_known")).one()
        assert card.data["order"] == done.order_no, "a person decides"


def test_a_later_visit_of_the_same_unit_is_another_matter(place: Yard) -> None:
    noted(place, "PX99887766554")
    theirs = elsewhere_already(place)
    place.store.run(renumber(device_id=theirs.device_id, serial_no="PX99887766554"))
    assert not place.store.ask(lambda session: waits(session, DEPOT))


def test_a_noted_device_that_is_taken_back_is_matched_with_nothing(place: Yard) -> None:
    theirs = elsewhere_already(place)
    event_id = noted(place, "PX99887766554")
    place.store.run(renumber(device_id=theirs.device_id, serial_no="PX99887766554"))
    assert place.store.ask(lambda session: waits(session, DEPOT))
    place.depot(undo_receive(event_id=event_id))
    assert not place.store.ask(lambda session: waits(session, DEPOT))


def test_a_depot_without_a_counter_takes_in_what_a_merchant_brings(place: Yard) -> None:
    from deskapp.models.people import Shelf

    @command(N_("Add a shelf in a test"), right="")
    def shelf(write: Write) -> None:
        write.session.query(Shelf).filter(Shelf.code == "A-01").update({"site_id": DEPOT})

    place.store.run(shelf())
    one: Benched = place.depot(check_in(merchant_id=place.shop.ids["merchant"], serial_no="TJ9100000088"))
    assert ways(place, one.item_id, at=DEPOT) == (Way.TAKE_IN,)
    place.depot(take_in_here(item_id=one.item_id, serial_no=one.serial_no, tamper_result="ok", shelf="D-01"))
    assert item(place, one.item_id).work_state == "depot_received"


def test_the_note_prints_what_was_decided(place: Yard) -> None:
    (stray,) = place.take(1)
    event_id = noted(place, stray.label_no)
    release(place, stray.item_id)
    place.depot(take_in_here(item_id=stray.item_id, serial_no=stray.serial_no, tamper_result="ok", shelf="D-01"))
    with place.store.read() as session:
        manifest_id = place_of(session, event_id)
    place.receive(manifest_id, place.devices[-1])
    done = place.depot(finish_receipt(manifest_id=manifest_id, rest="missing", courier=COURIER))
    assert done.differences == 0


def test_an_outlet_is_told_of_a_stray_only_while_nobody_here_has_its_record(place: Yard) -> None:
    theirs = elsewhere_already(place)
    event_id = noted(place, "PX99887766554")
    with pytest.raises(Refused) as own:
        place.depot(tell_outlet(event_id=event_id, to=DEPOT))
    with pytest.raises(Refused) as nowhere:
        place.depot(tell_outlet(event_id=event_id, to=" "))
    assert (own.value.code, nowhere.value.code) == ("own", "missing")
    assert place.depot(tell_outlet(event_id=event_id, to="FZ-T2")) == "台江支局"
    with place.store.read() as session:
        seen = astray_of_event(session, event_id)
        assert seen is not None and Way.BEGIN in seen.ways, "the order can be begun meanwhile"
        (told,) = session.scalars(select(ManifestEvent).where(ManifestEvent.kind == "told")).all()
        view = transfers.view_of(session, told.manifest_id)
        assert told.data["to_site"] == TOWN and len(view.extras) == len(view.differences) == 1, "it changes nothing"

    place.store.run(renumber(device_id=theirs.device_id, serial_no="PX99887766554"))
    with pytest.raises(Refused) as error:
        place.depot(tell_outlet(event_id=event_id, to="FZ-T2"))
    assert error.value.code == "known"
