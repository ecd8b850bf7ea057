"""What happens less often: photos, a stick, a desk taken out of service, a clock that is years off, hints, proxies."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from deskapp.clock import new_uuid7
from deskapp.errors import N_, Refused, Unavailable
from deskapp.models import ending, opening
from deskapp.models.blobs import Blobs
from deskapp.models.stock import Attachment
from deskapp.models.store import Store, Write, command
from deskapp.models.sync_state import BlobTransfer, SyncRound
from deskapp.queries.syncing import Standing, contacts, queued_acts, sync_badge, unsent_records, uploading_photos
from deskapp.sync.carrier import read_file, write_file
from deskapp.sync.exchange import Exchange
from deskapp.sync.pulse import Pulse
from deskapp.sync.transport import Network
from deskapp.ui.sync_words import badge_said
from tests.conftest import KEY
from tests.server.conftest import emptied
from tests.small_photos import thumbnail
from tests.sync.desks import Desk
from tests.sync.fault_proxy import Fault
from tests.sync.test_stories import ON_BOTH, noted, opened, ticket_of
from tests.sync.world import World, check


@pytest.fixture
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    made = World(tmp_path)
    if getattr(request, "param", "sqlite") == "postgres":
        made.db = emptied(request.getfixturevalue("private_postgres"))
    made.say("site", "add", "FZ-A1", "鼓楼支局")
    made.start()
    yield made
    made.close()


@command(N_("Attach a file in a story"), right="")
def attach_file(write: Write, *, ticket: str, kind: str, sha256: str, size: int, thumbnail: str = "") -> str:
    """Name a file that lies in the blob store."""
    row = Attachment(
        id=write.new_id(), at=write.now, by=write.actor.staff_id, subject_kind="service_ticket", subject_id=ticket,
        kind=kind, sha256=sha256, mime="image/jpeg", size=size, thumbnail=thumbnail,
    )  # fmt: skip
    write.session.add(row)
    return row.id


def attached(desk: Desk, ticket: str, kind: str, content: bytes, thumbnail: str = "") -> str:
    sha256 = Blobs(desk.home.blobs, desk.store.key).keep(content, "image/jpeg", desk.clock())
    act = attach_file(ticket=ticket, kind=kind, sha256=sha256, size=len(content), thumbnail=thumbnail)
    return desk.store.run(act, by=desk.boss).result


def fast(desk: Desk) -> Desk:
    """Let photos take all of the line."""
    from deskapp.commands.setup import set_setting

    desk.store.run(set_setting(key="sync.photo_rate", value=0), by=desk.admin)
    desk.exchange = None
    return desk


@ON_BOTH
def test_photos_reach_every_desk_signatures_first(world: World) -> None:
    one, two = fast(world.desk("甲", "FZ-A1", first=True)), world.desk("乙", "FZ-A1")
    fast(two)
    ticket = opened(one)
    photo, signature = os.urandom(900_000), os.urandom(9_000)
    first = attached(one, ticket, "photo", photo)
    second = attached(one, ticket, "signature", signature)
    for line in world.lines.values():
        line.plan = _fails_at("/v1/blob", every=4)
    with pytest.raises(Unavailable):
        one.sync()
    with one.store.read() as session:
        states = {row.attachment_id: row.state for row in session.scalars(select(BlobTransfer))}
        assert uploading_photos(session, [first, second]) <= {first, second}
    assert states[first] == "waiting", "the signature goes first, so the photo is what was cut"
    for _try in range(12):
        try:
            one.sync()
        except Unavailable:
            continue
    one.reopen()
    world.lines["甲"].plan = lambda _method, _target: Fault.NONE
    fast(one).sync()
    world.lines["乙"].plan = lambda _method, target: Fault.HALF_REPLY if "/blob/" in target else Fault.NONE
    for _try in range(3):
        with suppress(Unavailable):
            two.sync()
    for line in world.lines.values():
        line.plan = lambda _method, _target: Fault.NONE
    two.sync()

    blobs = Blobs(two.home.blobs, two.store.key)
    assert blobs.fetch(hashlib.sha256(photo).hexdigest()) == photo
    assert blobs.fetch(hashlib.sha256(signature).hexdigest()) == signature
    with one.store.read() as session:
        assert not uploading_photos(session, [first, second])
    check(world)


def _fails_at(place: str, *, every: int):  # type: ignore[no-untyped-def]
    count = iter(range(1, 10**9))
    return lambda _method, target: Fault.REFUSE if target.startswith(place) and next(count) % every == 0 else Fault.NONE


@ON_BOTH
def test_acts_travel_on_a_stick(world: World, tmp_path: Path) -> None:
    one, two = world.desk("甲", "FZ-A1", first=True), world.desk("乙", "FZ-A1")
    world.lines["乙"].down = True
    ticket = opened(two, "线路断了三天")
    photo = attached(two, ticket, "photo", os.urandom(30_000), thumbnail(1))
    stick = tmp_path / "stick.desk"
    made = write_file(two.store, stick)
    assert made.acts == 2 and "线路断了三天".encode() not in stick.read_bytes()

    with pytest.raises(Refused, match="does not open"):
        read_file(one.store, stick, code="ABCDE-FGHJK-LMNPQ-RSTUV-WXYZ2")
    brought = read_file(one.store, stick, code=made.code)
    assert brought.forwarded and brought.sent == 2
    one.sync()
    assert ticket_of(one, ticket).words == "线路断了三天"
    with one.store.read() as session:
        assert session.get_one(Attachment, photo).thumbnail == thumbnail(1), "the photo follows when the line is back"

    read_file(two.store, stick)
    world.lines["乙"].down = False
    world.settle()
    check(world, texts=("线路断了三天",))


@ON_BOTH
def test_a_desk_taken_out_of_service_pushes_what_it_holds_and_is_empty(world: World) -> None:
    one, two = world.desk("甲", "FZ-A1", first=True), world.desk("乙", "FZ-A1")
    ticket = opened(one)
    world.settle()
    noted(two, ticket, "最后一句")
    world.say("station", "retire", str(two.store.facts.station_no))
    with pytest.raises(Unavailable) as ended:
        two.sync()
    assert ended.value.code == "retired"
    assert two.count("service_ticket") == two.count("sync_held") == two.count("sync_feed") == 0
    one.sync()
    check(world, "甲", texts=("最后一句",))
    with pytest.raises(Unavailable):
        two.sync()


def test_a_desk_out_of_service_takes_no_act_that_nobody_would_hear_of(world: World) -> None:
    two = world.desk("乙", "FZ-A1", first=True)
    opened(two)
    world.settle()
    world.say("station", "retire", str(two.store.facts.station_no))
    with pytest.raises(Unavailable):
        two.sync()
    acts = two.count("change_set")
    for _start in range(2):
        with pytest.raises(Unavailable) as refused:
            opened(two)
        assert refused.value.code == "retired" and two.count("change_set") == acts
        two.reopen()


def test_while_a_desk_says_its_last_word_it_takes_no_act(world: World) -> None:
    two = world.desk("乙", "FZ-A1", first=True)
    opened(two)
    world.settle()
    world.say("station", "retire", str(two.store.facts.station_no))
    told: list[str] = []

    def act_now(_changes: object) -> None:  # the purge is under way: the last request has not been made
        with pytest.raises(Unavailable) as refused:
            opened(two)
        told.append(refused.value.code)

    with pytest.raises(Unavailable):
        Exchange(two.store, clock=two.clock, line=two.line, told=act_now).speak()
    assert set(told) == {"retired"}


@pytest.mark.parametrize("years", [-10, 10])
def test_a_clock_that_is_years_off_never_stops_syncing(world: World, years: int) -> None:
    one, two = world.desk("甲", "FZ-A1", first=True), world.desk("乙", "FZ-A1")
    two.clock.wrong_ms = years * 365 * 86_400_000
    two.reopen()
    ticket = opened(two, "钟不准")
    world.settle()
    assert ticket_of(one, ticket).words == "钟不准"
    with two.store.read() as session:
        badge = sync_badge(session, two.clock())
    assert abs(badge.clock_off_ms + two.clock.wrong_ms) < 60_000
    with one.store.read() as session:
        assert sync_badge(session, one.clock()).clock_off_ms == 0
    check(world, texts=("钟不准",))


def test_the_badge_and_the_queue_say_how_it_stands(world: World) -> None:
    one = world.desk("甲", "FZ-A1", first=True)
    ticket = opened(one)
    with one.store.read() as session:
        badge, queue = sync_badge(session, one.clock()), queued_acts(session)
        assert unsent_records(session, [ticket, "x"]) == {ticket}
    assert (badge.standing, badge.unsent) == (Standing.ONLINE, 1)
    assert [(act.title, act.by) for act in queue] == [("Open a ticket", "欧阳静")]
    world.lines["甲"].down = True
    with pytest.raises(Unavailable):
        one.sync()
    with one.store.read() as session:
        badge = sync_badge(session, one.clock())
        assert contacts(session)[0].problem.startswith("The server cannot be reached")
    assert badge.standing is Standing.OFFLINE and "sent later" in badge.problem
    world.lines["甲"].down = False
    one.sync()
    with one.store.read() as session:
        assert sync_badge(session, one.clock()).unsent == 0
        assert session.scalars(select(SyncRound).order_by(SyncRound.n.desc())).first().sent == 1  # type: ignore[union-attr]


def test_a_hint_wakes_the_other_desk(world: World) -> None:
    one, two = world.desk("甲", "FZ-A1", first=True), world.desk("乙", "FZ-A1")
    came = threading.Event()
    from deskapp.sync.exchange import Exchange

    ticket: list[str] = []
    exchange = Exchange(two.store, told=lambda changes: came.set() if changes.touches("service_ticket") else None)
    rounds = threading.Event()
    pulse = Pulse(exchange, told=lambda _how: rounds.set())
    pulse.start()
    try:
        assert rounds.wait(20)
        ticket.append(opened(one))
        one.sync()
        assert came.wait(20), "the hint came"
    finally:
        pulse.stop()
        exchange.close()
    assert ticket_of(two, ticket[0]).number


def test_a_wrong_code_is_refused_and_nothing_is_changed(world: World, tmp_path: Path) -> None:
    from tests.sync.desks import new_desk

    desk = new_desk(tmp_path, "戊")
    before = desk.store.facts
    try:
        with pytest.raises(Refused) as refused:
            desk.enrol(f"http://127.0.0.1:{world.port}", "ABCD-EFGH-JKLM")
        assert refused.value.field == "code" and desk.store.facts == before
    finally:
        desk.close()


def test_a_lost_desk_whose_line_breaks_keeps_what_is_unsent_for_the_next_contact(world: World) -> None:
    one, two = world.desk("甲", "FZ-A1", first=True), world.desk("乙", "FZ-A1")
    ticket = opened(one)
    world.settle()
    world.revoke(two)
    noted(two, ticket, "断线前写的")
    asked: list[int] = []

    class Breaks(Network):
        def send(self, *how: Any, **more: Any) -> Any:
            asked.append(1)
            if len(asked) == 2:
                raise Unavailable("offline", code="offline")
            return super().send(*how, **more)

    two.close()
    two.store = Store(two.home, KEY, clock=two.clock, new_id=new_uuid7)
    two.line = Breaks
    codes = []
    for _contact in range(2):
        with pytest.raises(Unavailable) as refused:
            two.sync()
        codes.append((refused.value.code, two.home.ended.exists()))

    assert codes == [("offline", False), ("wiped", True)]
    assert "add_note" in world.say("station", "aside", str(two.store.facts.station_no))


def test_a_lost_desk_hears_the_order_though_a_photo_was_refused_first(world: World) -> None:
    """It stopped speaking at the bare word that comes with a photo, and kept its data until the next start."""
    one = fast(world.desk("甲", "FZ-A1", first=True))
    attached(one, opened(one), "photo", os.urandom(9_000))
    revoked: list[str] = []

    def plan(method: str, target: str) -> Fault:
        if method == "PATCH" and not revoked:
            revoked.append(target)
            world.revoke(one)
        return Fault.NONE

    world.lines["甲"].plan = plan
    with pytest.raises(Unavailable) as told:
        one.sync()

    assert revoked and told.value.code == "wiped"
    assert ending.read(one.home) is not None


def test_a_retired_desk_goes_only_when_its_photos_are_at_the_server(world: World) -> None:
    one, two = world.desk("甲", "FZ-A1", first=True), world.desk("乙", "FZ-A1")
    ticket = opened(one)
    world.settle()
    sha256 = hashlib.sha256(attached_photo := os.urandom(700_000)).hexdigest()
    attached(fast(two), ticket, "photo", attached_photo)
    world.say("station", "retire", str(two.store.facts.station_no))

    with pytest.raises(Unavailable) as gone:
        for _contact in range(5):
            two.sync()

    assert gone.value.code == "retired"
    two.close()
    with pytest.raises(Unavailable):
        opening.find_key(two.home)
    database = world.database()
    with closing(database), database.read() as tx:
        assert tx.all("SELECT done FROM blob WHERE sha256 = ?", (sha256,))[0][0]
    assert [path.name for path in two.home.root.iterdir() if path.name != "desk.lock"] == ["ended.json"]


def set_line(desk: Desk, **values: object) -> None:
    from deskapp.commands.setup import set_setting

    for key, value in values.items():
        desk.store.run(set_setting(key=f"sync.{key}", value=value), by=desk.admin)
    if desk.exchange is not None:
        desk.exchange.close()
    desk.exchange = None


def at_server(world: World) -> dict[str, int]:
    database = world.database()
    with closing(database), database.read() as tx:
        return dict(map(tuple, tx.all("SELECT sha256, done FROM blob")))


def test_on_a_line_paid_by_volume_photos_wait_and_say_so_but_signatures_go(world: World) -> None:
    one = fast(world.desk("甲", "FZ-A1", first=True))
    ticket = opened(one)
    set_line(one, line="metered", metered_photo=20)
    small, large, signed = os.urandom(9_000), os.urandom(90_000), os.urandom(60_000)
    for kind, content in (("photo", small), ("photo", large), ("signature", signed)):
        attached(one, ticket, kind, content)
    one.sync()

    names = {name: hashlib.sha256(content).hexdigest() for name, content in
             (("small", small), ("large", large), ("signed", signed))}  # fmt: skip
    assert at_server(world).keys() == {names["small"], names["signed"]}
    with one.store.read() as session:
        badge = sync_badge(session, one.clock())
    assert (badge.held, badge.photos, badge.unsent) == (1, 1, 0)
    assert badge_said(badge, one.clock()).text.startswith("Online, all sent; {count} photos wait")

    set_line(one, line="auto")
    assert one.exchange is None
    one.exchange = Exchange(one.store, clock=one.clock)
    one.exchange.metered = True  # as the system says
    one.sync()
    assert names["large"] not in at_server(world)
    one.exchange.metered = False  # a cable was plugged in; nothing else has changed
    one.sync()
    assert names["large"] in at_server(world)
    with one.store.read() as session:
        assert sync_badge(session, one.clock()).held == 0
