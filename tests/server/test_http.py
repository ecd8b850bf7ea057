"""The server as a process of its own: who is let in, what is refused, and that nothing is revealed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from deskapp.clock import new_uuid7, system_clock
from deskapp.server.service import Options, Server
from deskapp.sync import framing
from deskapp.sync.framing import canonical_bytes
from deskapp.sync.messages import EnrolRequest, read_digest, read_snapshot, to_json
from deskapp.sync.signing import StationKey, sign_words
from deskapp.sync.wire import SyncRequest
from tests.server.live import OPEN, Line, Process, command, request_of, running
from tests.server.station import Desk, create, fact


@pytest.fixture(autouse=True)
def hang_up() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def live(data: Path, url: str) -> Iterator[Process]:
    with running(data, "--poll", "0.1", db=url) as process:
        yield process


def enrolled(data: Path, live: Process, url: str, site: str = "B01") -> tuple[Desk, Line]:
    """Enrol a desk over HTTP with a code from the command line."""
    command(data, "site", "add", site, "支局", db=url)
    said = command(data, "station", "enrol", site, db=url)
    code = next(line.strip() for line in said.splitlines() if line.strip().count("-") == 2 and len(line.strip()) == 14)
    desk = Desk(None, StationKey.make())  # type: ignore[arg-type]
    asked = EnrolRequest(code, desk.key.public, desk.id, 90_001)
    signed = EnrolRequest(code, desk.key.public, desk.id, 90_001, proof=sign_words(desk.key, asked.words()))
    line = Line(live.host, live.port, desk.key, desk.id)
    status, told, _headers = line.raw("POST", "/v1/station", to_json(signed))
    assert status == 200, told
    reply = orjson.loads(told)
    desk.no, desk.site = reply["number"], reply["site_id"]
    desk.cursors = dict.fromkeys(reply["scopes"], (0, ""))
    line.epoch = reply["epoch"]
    return desk, line


def acted(desk: Desk, *ops: dict[str, Any]) -> str:
    return desk.act(*ops, at=system_clock())


def exchanged(desk: Desk, line: Line) -> None:
    desk.take(line.sync(request_of(desk)))


def test_two_desks_agree_over_http_in_every_packing(data: Path, live: Process, url: str) -> None:
    one, first = enrolled(data, live, url)
    two, second = enrolled(data, live, url)
    for encoding in framing.ENCODINGS:
        first.encoding = second.encoding = encoding
        acted(one, create("service_ticket", number="T1", site_id=one.site, words="单" * 200))
        exchanged(one, first)
        exchanged(two, second)

    assert one.holds() == two.holds()
    assert len(two.holds()) == 4  # with the site itself


def test_a_request_that_is_repeated_or_changed_is_refused(data: Path, live: Process, url: str) -> None:
    desk, line = enrolled(data, live, url)
    body = request_of(desk).to_bytes()
    header = {"authorization": line.header("POST", "/v1/sync", body)}
    other = StationKey.make().sign("POST", "/v1/sync", body, station=desk.id, counter=line.counter(), epoch=line.epoch)

    answers = [
        line.raw("POST", "/v1/sync", body, header),
        line.raw("POST", "/v1/sync", body, header),
        line.raw("POST", "/v1/sync", body + b" ", {"authorization": line.header("POST", "/v1/sync", body)}),
        line.raw("POST", "/v1/carried", body, {"authorization": line.header("POST", "/v1/sync", body)}),
        line.raw("POST", "/v1/sync", body, {"authorization": other.header()}),
        line.raw("POST", "/v1/sync", body),
        line.raw(
            "POST",
            "/v1/sync",
            body,
            {"authorization": line.header("POST", "/v1/sync", body, system_clock() - 3_600_000)},
        ),
    ]

    assert [status for status, _told, _headers in answers] == [200, 401, 401, 401, 401, 401, 401]
    assert orjson.loads(answers[1][1])["error"] == "replayed"
    assert {frozenset(orjson.loads(told)) for _status, told, _headers in answers[1:]} == {
        frozenset(("error", "now", "epoch"))
    }


def test_a_replay_is_refused_after_the_server_was_started_again(data: Path, url: str) -> None:
    with running(data, db=url) as first:
        desk, line = enrolled(data, first, url)
        body = request_of(desk).to_bytes()
        header = {"authorization": line.header("POST", "/v1/sync", body)}
        assert line.raw("POST", "/v1/sync", body, header)[0] == 200
        line.close()
    with running(data, db=url) as second:
        again = Line(second.host, second.port, desk.key, desk.id, line.epoch)

        assert again.raw("POST", "/v1/sync", body, header)[0] == 401
        assert again.ask("POST", "/v1/sync", body)[0] == 200
        again.close()


def test_a_clock_wrong_by_years_costs_one_try_and_no_more(data: Path, live: Process, url: str) -> None:
    desk, line = enrolled(data, live, url)
    line.offset = -5 * 365 * 24 * 3600 * 1000
    line.epoch = ""

    status, _told, _headers = line.ask("POST", "/v1/sync", request_of(desk).to_bytes())

    assert status == 200


def test_a_lost_station_reads_nothing_from_the_next_request_on(data: Path, live: Process, url: str) -> None:
    desk, line = enrolled(data, live, url)
    acted(desk, create("merchant", name="店"))
    exchanged(desk, line)
    command(data, "station", "revoke", "--lost", str(desk.no), db=url)
    acted(desk, create("merchant", name="补"))
    answers = [
        line.ask("POST", "/v1/sync", request_of(desk).to_bytes()),
        line.ask("GET", "/v1/wait?since=ref=0"),
        line.ask("GET", "/v1/snapshot/ref"),
        line.ask("GET", "/v1/digest/ref"),
        line.ask("GET", "/v1/blob/" + "0" * 64),
    ]

    assert [(status, orjson.loads(told)["error"]) for status, told, _headers in answers] == [(403, "lost")] * 5
    server = Server(Options(url, data))
    with server.database.read() as tx:
        aside = tx.all("SELECT station FROM set_aside")
        taken = tx.one("SELECT seq FROM station")
    server.close()
    assert aside == [(desk.id,)]
    assert taken == (1,)


def test_a_retired_station_gives_what_it_has_and_then_is_done(data: Path, live: Process, url: str) -> None:
    desk, line = enrolled(data, live, url)
    command(data, "station", "retire", str(desk.no), db=url)
    acted(desk, create("merchant", name="店"))

    reply = line.sync(request_of(desk))
    desk.take(reply)
    line.sync(SyncRequest(3, system_clock(), desk.known, desk.cursors, purged=True))
    status, told, _headers = line.ask("POST", "/v1/sync", request_of(desk).to_bytes())

    assert reply.retire
    assert (status, orjson.loads(told)["error"]) == (403, "retired")
    assert "retired" in command(data, "station", "list", db=url)


def test_a_code_is_good_once_and_five_wrong_tries_spend_it(data: Path, live: Process, url: str) -> None:
    command(data, "site", "add", "B01", "支局", db=url)
    said = command(data, "station", "enrol", "B01", db=url)
    code = next(line.strip() for line in said.splitlines() if len(line.strip()) == 14 and line.strip().count("-") == 2)
    key = StationKey.make()
    line = Line(live.host, live.port, key, new_uuid7())

    def ask(text: str) -> int:
        asked = EnrolRequest(text, key.public, new_uuid7(), 0)
        signed = EnrolRequest(text, key.public, asked.station, 0, proof=sign_words(key, asked.words()))
        return line.raw("POST", "/v1/station", to_json(signed))[0]

    wrong = [ask(code[:4] + "-2222-2222") for _try in range(5)]

    assert wrong == [403] * 5
    assert ask(code) == 403


def test_only_one_of_many_who_use_a_code_at_once_gets_in(data: Path, live: Process, url: str) -> None:
    command(data, "site", "add", "B01", "支局", db=url)
    said = command(data, "station", "enrol", "B01", db=url)
    code = next(line.strip() for line in said.splitlines() if len(line.strip()) == 14 and line.strip().count("-") == 2)
    statuses: list[int] = []

    def ask() -> None:
        key = StationKey.make()
        line = Line(live.host, live.port, key, new_uuid7())
        asked = EnrolRequest(code, key.public, line.station, 0)
        signed = EnrolRequest(code, key.public, line.station, 0, proof=sign_words(key, asked.words()))
        statuses.append(line.raw("POST", "/v1/station", to_json(signed))[0])
        line.close()

    threads = [threading.Thread(target=ask) for _one in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [200] + [403] * 7


def test_a_waiting_station_hears_of_a_commit_in_this_or_another_process(data: Path, url: str) -> None:
    with running(data, "--poll", "0.1", db=url) as here:
        one, first = enrolled(data, here, url)
        two, second = enrolled(data, here, url)
        exchanged(one, first)
        exchanged(two, second)
        scope = f"site:{one.site}"
        assert second.ask("GET", f"/v1/wait?since={scope}={two.cursors[scope][0]}&seconds=0")[0] == 204
        heard: list[Any] = []

        def wait() -> None:
            heard.append(second.ask("GET", f"/v1/wait?since={scope}={two.cursors[scope][0]}&seconds=20"))

        # One file is served by one process; on PostgreSQL the commit comes by way of another one.
        with running(data, db=url) if url.startswith("postgres") else contextlib.nullcontext(here) as there:
            waiting = threading.Thread(target=wait)
            waiting.start()
            far = Line(there.host, there.port, one.key, one.id, first.epoch, last=first.last + 1_000)
            acted(one, create("service_ticket", number="T1", site_id=one.site))
            one.take(far.sync(request_of(one)))
            waiting.join(20)
            far.close()

    assert heard[0][0] == 200
    assert orjson.loads(heard[0][1]) == {"heads": {scope: 1}}


def test_scopes_and_records_of_others_are_not_there_at_all(data: Path, live: Process, url: str) -> None:
    one, first = enrolled(data, live, url, "B01")
    other, second = enrolled(data, live, url, "B02")
    acted(other, create("service_ticket", number="T1", site_id=other.site))
    exchanged(other, second)
    foreign, nowhere = f"site:{other.site}", f"site:{new_uuid7()}"

    for path in ("/v1/snapshot/{}", "/v1/digest/{}", "/v1/digest/{}?bucket=3"):
        answers = [first.ask("GET", path.format(scope)) for scope in (foreign, nowhere)]
        assert [status for status, _told, _headers in answers] == [404, 404]
    assert first.ask("GET", f"/v1/wait?since={foreign}=0&seconds=0")[0] == 204


def test_a_snapshot_goes_on_where_it_was_cut(data: Path, live: Process, url: str) -> None:
    desk, line = enrolled(data, live, url)
    for number in range(300):
        acted(desk, create("merchant", name=f"店{number}", note=os.urandom(20).hex()))
    exchanged(desk, line)
    status, whole, headers = line.ask("GET", "/v1/snapshot/ref")
    tag = headers["etag"]
    rest = line.ask("GET", "/v1/snapshot/ref", range=f"bytes={len(whole) // 2}-", if_range=tag)
    parts = [line.ask("GET", "/v1/snapshot/ref", range=f"bytes={at}-{at + 999}") for at in range(0, len(whole), 1_000)]
    same = line.ask("GET", "/v1/snapshot/ref", if_none_match=tag)
    beyond = line.ask("GET", "/v1/snapshot/ref", range=f"bytes={len(whole)}-")
    summed = read_digest(line.ask("GET", "/v1/digest/ref")[1])

    assert status == 200
    assert rest[0] == 206
    assert whole[: len(whole) // 2] + rest[1] == whole
    assert {(one[0], one[2]["etag"]) for one in parts} == {(206, tag)}
    assert b"".join(one[1] for one in parts) == whole  # type: ignore[misc]
    assert parts[1][2]["content-range"] == f"bytes 1000-1999/{len(whole)}"
    assert line.ask("GET", "/v1/snapshot/ref", range="bytes=5-3")[:2] == (200, whole), "no range at all"
    assert same[0] == 304
    assert beyond[0] == 416
    assert sum(len(page) for page in list(read_snapshot([whole]))[1:]) == 301  # type: ignore[arg-type]
    assert summed.scope == "ref"


def test_a_blob_comes_in_pieces_and_only_whole_goes_out_to_those_who_may_see_it(
    data: Path, live: Process, url: str
) -> None:
    one, first = enrolled(data, live, url, "B01")
    _other, second = enrolled(data, live, url, "B02")
    content = os.urandom(600_000)
    name = hashlib.sha256(content).hexdigest()
    path = f"/v1/blob/{name}"

    def piece(start: int, size: int, last: bool = False) -> tuple[int, bytes, Any]:
        some = content[start : start + size]
        query = f"offset={start}&digest={hashlib.sha256(some).hexdigest()}&last={str(last).lower()}"
        return first.ask("PATCH", f"{path}?{query}", some)

    assert first.ask("HEAD", path)[0] == 204
    assert piece(0, 262_144)[0] == 204
    wrong = piece(100, 10)
    assert (wrong[0], orjson.loads(wrong[1])["offset"]) == (409, 262_144)
    assert first.ask("HEAD", path)[2]["upload-offset"] == "262144"
    assert piece(262_144, 600_000, last=True)[0] == 200
    assert first.ask("GET", path)[0] == 404
    order = create("repair_order", number="R1", ticket_id="", site_id=one.site)
    acted(
        one, order, fact("attachment", subject_kind="repair_order", subject_id=order["id"], kind="photo", sha256=name)
    )
    exchanged(one, first)

    status, got, _headers = first.ask("GET", path)
    assert (status, got) == (200, content)
    assert second.ask("GET", path)[0] == 404
    torn = first.ask("PATCH", f"/v1/blob/{'a' * 64}?offset=0&digest={hashlib.sha256(b'x').hexdigest()}&last=true", b"x")
    assert torn[0] == 400


def test_what_is_too_large_or_no_message_gets_a_word_and_no_more(data: Path, live: Process, url: str) -> None:
    desk, line = enrolled(data, live, url)
    bomb = framing.pack(bytes(framing.MOST_PLAIN + 1)).body
    answers = [
        line.ask("POST", "/v1/sync", bytes(framing.MOST_BODY + 1)),
        line.ask("POST", "/v1/sync", bomb, content_encoding="zstd"),
        line.ask("POST", "/v1/sync", b"{", content_encoding="zstd"),
        line.ask("POST", "/v1/sync", b'{"v":1}'),
        line.ask("POST", "/v1/sync", b"[]", content_encoding="br"),
        line.ask("GET", "/v1/wait?since=%00"),
        line.ask("GET", "/v1/wait"),
        line.ask("GET", "/v1/nothing"),
        line.ask("DELETE", "/v1/sync"),
        line.ask("GET", "/v1/blob/../../etc/passwd"),
    ]

    assert [status for status, _told, _headers in answers] == [413, 413, 400, 400, 415, 400, 400, 404, 405, 404]
    for _status, told, headers in answers:
        assert set(orjson.loads(told)) <= {"error", "now"}
        assert "server" not in {name.lower() for name in headers}


@pytest.mark.parametrize("uid", ["act", "u" * 500, "a\0b"])
def test_an_act_without_a_proper_name_is_a_fault_of_its_sender_and_none_of_the_server(
    uid: str, data: Path, live: Process, url: str
) -> None:
    desk, line = enrolled(data, live, url)
    desk.act(create("merchant", name="店"), at=system_clock(), uid=uid)

    for plain in (True, False):
        status, told, _headers = line.ask("POST", "/v1/sync", request_of(desk).to_bytes(plain=plain))

        assert (status, orjson.loads(told)["error"]) == (400, "bad_request")


def test_who_brings_the_stick_of_a_lost_desk_is_told_whose_it_is(data: Path, live: Process, url: str) -> None:
    lost, _line = enrolled(data, live, url)
    _carrier, line = enrolled(data, live, url)
    acted(lost, create("service_ticket", number="T1", site_id=lost.site))
    text = request_of(lost).to_bytes().decode()
    proof = sign_words(lost.key, canonical_bytes(["carried", lost.id, text]))
    command(data, "station", "revoke", "--lost", str(lost.no), "--only", db=url)

    status, told, _headers = line.ask(
        "POST", "/v1/carried", framing.dump({"station": lost.id, "body": text, "proof": proof})
    )

    assert status == 403
    assert orjson.loads(told)["station"] == lost.id
    assert "T1" not in told.decode()
    assert line.ask("GET", "/v1/digest/ref")[0] == 200


def test_change_sets_on_a_stick_are_taken_from_another_desk(data: Path, live: Process, url: str) -> None:
    cut_off, _line = enrolled(data, live, url)
    carrier, line = enrolled(data, live, url)
    acted(cut_off, create("service_ticket", number="T1", site_id=cut_off.site))
    text = request_of(cut_off).to_bytes().decode()
    proof = sign_words(cut_off.key, canonical_bytes(["carried", cut_off.id, text]))
    package = {"station": cut_off.id, "body": text, "proof": proof}

    first = line.ask("POST", "/v1/carried", framing.dump(package))
    again = line.ask("POST", "/v1/carried", framing.dump(package))
    forged = line.ask("POST", "/v1/carried", framing.dump({**package, "body": text.replace("T1", "T2")}))
    exchanged(carrier, line)

    assert (first[0], again[0], forged[0]) == (200, 200, 404)
    assert orjson.loads(framing.unpack(first[1], first[2].get("content-encoding", "identity")))["h"][0] == 1
    assert len(carrier.holds()) == 2


def test_health_and_counters_can_be_read(data: Path, live: Process, url: str) -> None:
    desk, line = enrolled(data, live, url)
    acted(desk, create("merchant", name="店"))
    exchanged(desk, line)

    assert orjson.loads(line.raw("GET", "/healthz")[1])["ok"] is True
    told = line.raw("GET", "/metrics")[1].decode()
    assert "deskapp_change_sets_total 1\n" in told
    assert 'deskapp_sync_seconds_bucket{le="+Inf"} 1\n' in told
    assert "店" not in told


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_what_was_answered_is_there_after_the_server_died(data: Path, url: str, how: int) -> None:
    with running(data, db=url) as first:
        desk, line = enrolled(data, first, url)
        for number in range(20):
            acted(desk, create("merchant", name=f"店{number}"))
            exchanged(desk, line)
        line.close()
        first.process.send_signal(how)
        first.process.wait(20)

    assert command(data, "check", db=url) == "Nothing wrong was found.\n"
    with running(data, db=url) as second:
        again = Line(second.host, second.port, desk.key, desk.id, line.epoch)
        reply = again.sync(request_of(desk))
        again.close()
    assert reply.head == desk.known
    assert reply.resnapshot == {}


def test_people_and_sites_added_at_the_server_reach_every_desk(data: Path, live: Process, url: str) -> None:
    desk, line = enrolled(data, live, url)
    command(data, "staff", "add", "C07", "王敏", "--role", "counter_clerk", db=url)
    command(data, "staff", "stop", "C07", db=url)
    exchanged(desk, line)

    people = [op for _scope, entry in desk.entries for op in entry.ops if op.entity == "staff"]
    assert [op.kind for op in people] == ["put", "set"]
    assert people[0].values["name"] == "王敏"
    assert people[1].values == {"active": False}
    assert "C07      王敏  counter_clerk  (stopped)" in command(data, "staff", "list", db=url)
    assert "staff_stop" in command(data, "audit", db=url)
    assert command(data, "check", db=url) == "Nothing wrong was found.\n"


def test_a_backup_is_sound_and_a_restore_begins_a_new_epoch(data: Path, tmp_path: Path) -> None:
    with running(data) as first:
        desk, line = enrolled(data, first, "")
        acted(desk, create("merchant", name="店"))
        exchanged(desk, line)
        said = command(data, "backup", str(tmp_path / "kept.db"))
        acted(desk, create("merchant", name="后来"))
        exchanged(desk, line)
        line.close()
    command(data, "restore", str(tmp_path / "kept.db"))
    with running(data) as second:
        again = Line(second.host, second.port, desk.key, desk.id, line.epoch)
        reply = again.sync(request_of(desk))
        desk.known = reply.head
        healed = again.sync(request_of(desk))
        again.close()

    assert "sound" in said
    assert again.epoch != line.epoch
    assert reply.head[0] == 1
    assert reply.resnapshot == {"ref": "ahead"}
    assert healed.head[0] == 2
