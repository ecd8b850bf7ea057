"""A desk that takes a new identity, or belongs elsewhere: whatever becomes of the answer, it is one station and speaks."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from deskapp import secrets
from deskapp.errors import N_, DeskError, Unavailable
from deskapp.models import sync_state
from deskapp.server import stations, wholes
from deskapp.server.service import Options, Server
from deskapp.server.stations import CodeRefused
from deskapp.sync import enrol
from deskapp.sync.belonging import membership
from deskapp.sync.framing import dump, unpack
from deskapp.sync.messages import EnrolRequest, read_message, to_json
from deskapp.sync.signing import read_header
from deskapp.sync.transport import Answer
from tests.server.station import new_code, open_site
from tests.sync.desks import Desk, new_desk
from tests.sync.direct import Direct
from tests.sync.test_stories import opened

SITE, OTHER = "FZ-A1", "FZ-B1"
URL = "http://127.0.0.1:1"


class Line(Direct):
    """A line on which the answers to enrolments are lost while `lost`; nothing reaches the server while `down`."""

    lost = down = False

    def send(self, method: str, target: str, body: bytes, headers: Mapping[str, str], **more: Any) -> Answer:
        if target.startswith("/v1/snapshot/"):
            found = wholes.snapshot(self.server.database, unquote(target.removeprefix("/v1/snapshot/")), 1)
            return Answer(200, {}, found.body or b"")
        if target != "/v1/station":
            return super().send(method, target, body, headers, **more)
        if self.down:
            raise Unavailable(N_("The server cannot be reached."), code="offline")
        vouches = None
        if "Authorization" in headers:
            with self.server.database.read() as tx:
                vouches = stations.find(tx, read_header(headers["Authorization"]).station)
        plain = unpack(body, headers.get("Content-Encoding", "identity"))
        try:
            reply = self.server.enrol(read_message(EnrolRequest, plain), vouches)
        except CodeRefused:
            return Answer(403, {}, dump({"error": "code"}))
        if self.lost:
            raise Unavailable(N_("The server cannot be reached."), code="offline")
        return Answer(200, {}, to_json(reply))


class InMemory:
    """What the system keeps its keys in, here in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, name: str) -> str | None:
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, text: str) -> None:
        self.kept[service, name] = text


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    server = Server(Options(str(tmp_path / "server.db"), tmp_path))
    open_site(server, SITE)
    open_site(server, OTHER)
    yield Line(server)
    server.close()


@pytest.fixture
def desk(line: Line, tmp_path: Path) -> Iterator[Desk]:
    desk = new_desk(tmp_path, "甲", code=SITE, line=line)
    desk.enrol(URL, new_code(line.server, SITE), line)
    desk.sync()
    yield desk
    desk.close()


def known_stations(line: Line) -> set[str]:
    with line.server.database.read() as tx:
        return {row[6] for row in stations.listed(tx)}


@pytest.mark.parametrize("ring", [None, secrets.Keyring(InMemory())])
@pytest.mark.parametrize("lost", [True, False])
def test_however_often_a_new_identity_is_asked_for_in_vain_the_desk_can_ask_once_more(
    desk: Desk, line: Line, ring: secrets.Keyring | None, lost: bool
) -> None:
    """Its key went after three tries where there was no keyring, and each lost answer left a station behind."""
    if ring is not None:
        voice = enrol.voice_of(desk.store, None)
        enrol.keep_station_key(desk.store, voice.station, voice.key, ring)
        enrol.forget_station_key(desk.store, "", None)
    before = known_stations(line)
    line.lost, line.down = lost, not lost
    for _try in range(5):
        with pytest.raises(Unavailable, match="cannot be reached"):
            enrol.enrol_anew(desk.store, line, enrol.voice_of(desk.store, ring), keyring=ring)
    line.lost = line.down = False

    reply = enrol.enrol_anew(desk.store, line, enrol.voice_of(desk.store, ring), keyring=ring)

    assert known_stations(line) - before == {reply.station} == {desk.store.facts.station}
    assert enrol.voice_of(desk.store, ring).station == reply.station
    again = enrol.enrol_anew(desk.store, line, enrol.voice_of(desk.store, ring), keyring=ring)
    assert again.station != reply.station, "what was asked for before is over with its answer"


def test_a_lost_answer_costs_a_desk_that_belonged_before_no_second_code(desk: Desk, line: Line) -> None:
    was, code = desk.store.facts.station, new_code(line.server, OTHER)
    line.lost = True
    with pytest.raises(Unavailable):
        enrol.enrol(desk.store, line, url=URL, code=code)
    line.lost = False

    reply = enrol.enrol(desk.store, line, url=URL, code=f" {code.lower()} ")

    assert reply.site_code == OTHER and reply.station != was
    assert len(known_stations(line)) == 2


def test_another_code_is_another_question(desk: Desk, line: Line) -> None:
    """The server had let the desk in by the first code; it must not answer the second one by that."""
    line.lost = True
    with pytest.raises(Unavailable):
        enrol.enrol(desk.store, line, url=URL, code=new_code(line.server, OTHER))
    line.lost = False

    assert enrol.enrol(desk.store, line, url=URL, code=new_code(line.server, SITE)).site_code == SITE


def test_a_name_that_the_server_took_out_of_service_is_not_asked_for_for_ever(desk: Desk, line: Line) -> None:
    line.lost = True
    with pytest.raises(Unavailable):
        enrol.enrol_anew(desk.store, line, enrol.voice_of(desk.store, None), keyring=None)
    line.lost = False
    with line.server.database.write() as tx:
        (name,) = known_stations(line) - {desk.store.facts.station}
        found = stations.find(tx, name)
        assert found is not None and stations.retire(tx, found, 1)

    with pytest.raises(DeskError, match="code"):
        enrol.enrol_anew(desk.store, line, enrol.voice_of(desk.store, None), keyring=None)
    assert enrol.enrol_anew(desk.store, line, enrol.voice_of(desk.store, None), keyring=None).station != name
    with desk.store.read() as session:
        assert sync_state.state(session, "asked_as") == ""


def test_connected_with_another_server_a_desk_that_was_speaking_goes_on_with_that_one(
    desk: Desk, line: Line, tmp_path: Path
) -> None:
    """The agent spoke on with the old server, took the new chain of its acts for a clone's, and asked there for a name."""
    server = Server(Options(str(tmp_path / "other.db"), tmp_path / "other"))
    open_site(server, SITE)
    there, url = Line(server), "http://127.0.0.1:2"
    desk.line, desk.exchange = lambda address: there if address.url == url else line, None
    ticket = opened(desk)
    desk.sync()

    enrol.enrol(desk.store, there, url=url, code=new_code(server, SITE))
    desk.sync()
    desk.sync()  # what the old one had is asked for where the new one says how little it knows

    with desk.store.read() as session:
        ours = membership(session)
    assert ours is not None and (ours.url, {ours.station}) == (url, known_stations(there))
    with server.database.read() as tx:
        assert {uid for (uid,) in tx.all("SELECT uid FROM change_set")} == set(desk.uids())
        assert tx.one("SELECT 1 FROM record WHERE id = ?", (ticket,)) is not None
    assert desk.unsent() == 0 and len(known_stations(line)) == 1
    server.close()


def test_a_desk_is_not_given_another_name_in_the_middle_of_a_contact(desk: Desk, line: Line) -> None:
    code, done = new_code(line.server, OTHER), threading.Event()

    def connect() -> None:
        enrol.enrol(desk.store, line, url=URL, code=code)
        done.set()

    was = desk.store.facts.station
    with desk.store.contact:
        thread = threading.Thread(target=connect)
        thread.start()
        while len(known_stations(line)) < 2:
            assert thread.is_alive()
        thread.join(1)
        assert desk.store.facts.station == was and not done.is_set()
    thread.join(20)
    assert done.is_set() and desk.store.facts.station != was
