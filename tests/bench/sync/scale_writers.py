"""A desk of the scale benches: keeps a journal and a connection, and pushes as fast as it is answered.

    python -m tests.bench.sync.scale_writers PORT SECRET EPOCH SITE PUSHES SETS OPS PULL STATION ...

One process, a thread a station; each speaks over the shipped client's own connection. Every push has SETS change sets of OPS facts about one ticket. With PULL it also takes
in all that is new until nothing is left. It waits for a line on its input before it begins, says "done", and prints the
time of every round trip in ms, one a line.
"""

from __future__ import annotations

import sys
import threading
import time

from deskapp.clock import system_clock
from deskapp.sync.signed import Signed, Voice
from deskapp.sync.signing import StationKey
from deskapp.sync.transport import NO_PROXY, Address, Network
from deskapp.sync.wire import SyncReply, SyncRequest, read_reply
from tests.server.station import Desk, create, fact

WORDS = "商户来电称打印模糊，已指导清洁打印头，待回访"


def journal(desk: Desk, pushes: int, sets: int, ops: int) -> None:
    """Fill a desk's journal beforehand: what is measured is the server."""
    ticket = create("service_ticket", number="T1", site_id=desk.site, words=WORDS)
    for at in range(pushes * sets):
        facts = [fact("ticket_event", ticket_id=ticket["id"], kind="note", words=f"{WORDS}{at}") for _op in range(ops)]
        desk.act(*([ticket] if at == 0 else []), *facts, at=system_clock())


def work(desk: Desk, port: int, epoch: str, sets: int, pull: bool, start: threading.Event, times: list[float]) -> None:
    network = Network(Address(f"http://127.0.0.1:{port}", proxy=NO_PROXY))
    signed = Signed(network, Voice(desk.id, desk.key, epoch), system_clock)

    def sync(request: SyncRequest) -> SyncReply:
        plain = request.to_bytes()
        return read_reply(signed.call("POST", "/v1/sync", plain, fine=(200, 410), columns=True).body)

    start.wait()
    sent = 0
    while sent < len(desk.journal):
        some = desk.journal[sent : sent + sets]
        began = time.perf_counter()
        reply = sync(SyncRequest(3, system_clock(), desk.known, desk.cursors if pull else {}, some))
        times.append(time.perf_counter() - began)
        desk.known = reply.head
        sent = desk.known[0]
        if pull:
            desk.take(reply)
    while pull:
        began = time.perf_counter()
        reply = sync(SyncRequest(3, system_clock(), desk.known, desk.cursors))
        times.append(time.perf_counter() - began)
        desk.take(reply)
        if not any(feed.more for feed in reply.feeds.values()):
            break
    network.close()


def main(words: list[str]) -> None:
    port, secret, epoch, sites, pushes, sets, ops, pull, *stations = words
    start, times = threading.Event(), []
    threads = []
    for at, station in enumerate(stations):
        site = sites.split(",")[at % len(sites.split(","))]
        desk = Desk(None, StationKey.of(secret), station, at + 1, site)  # type: ignore[arg-type]
        desk.cursors = dict.fromkeys(("ref", f"site:{site}", f"station:{station}"), (0, ""))
        journal(desk, int(pushes), int(sets), int(ops))
        given = (desk, int(port), epoch, int(sets), pull == "1", start, times)
        threads.append(threading.Thread(target=work, args=given))
        threads[-1].start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    start.set()
    for thread in threads:
        thread.join()
    sys.stdout.write("done\n")
    sys.stdout.flush()
    for one in times:
        sys.stdout.write(f"{one * 1000:.3f}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
