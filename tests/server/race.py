"""Writers of the race: each a process of its own that pushes over HTTP, rolls back, and hangs in the middle.

    python -m tests.server.race HOST PORT STATION SECRET EPOCH SITE PUSHES SETS SEED

Prints the uid of every change set that the server said it has, one a line.
"""

from __future__ import annotations

import http.client
import random
import socket
import sys

from deskapp.clock import system_clock
from deskapp.sync import framing
from deskapp.sync.signing import StationKey
from deskapp.sync.wire import SyncRequest
from tests.server.live import Line
from tests.server.station import Desk, create


def interrupted(line: Line, request: SyncRequest, how: int) -> None:
    """Send a request and go away: half of its body, or before the answer is read."""
    body = framing.pack(request.to_bytes(), framing.PLAIN).body
    head = (
        f"POST /v1/sync HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n"
        f"authorization: {line.header('POST', '/v1/sync', body)}\r\n\r\n"
    ).encode()
    with socket.create_connection((line.host, line.port), timeout=30) as stream:
        stream.sendall(head + (body[: len(body) // 2] if how == 0 else body))
        if how == 2:
            stream.recv(20)


def main(words: list[str]) -> None:
    """Push until all of one's change sets are known to the server."""
    host, port, station, secret, epoch, site, pushes, sets, seed = words
    draw = random.Random(int(seed))
    desk = Desk(None, StationKey.of(secret), station, 1, site)  # type: ignore[arg-type]
    desk.cursors = {}
    line = Line(host, int(port), desk.key, station, epoch)
    told = 0
    for _push in range(int(pushes)):
        for _one in range(int(sets)):
            entity = draw.choice(["service_ticket", "service_ticket", "merchant"])
            desk.act(create(entity, site_id=site, number="T", name="x"), at=system_clock())
        request = SyncRequest(3, system_clock(), desk.known, {}, desk.journal[desk.known[0] :])
        if draw.random() < 0.08:
            interrupted(line, request, draw.randrange(3))
            # The same again, as a desk does whose line broke.
        try:
            reply = line.sync(request)
        except (http.client.HTTPException, OSError):
            continue
        desk.known = reply.head
        for uid in desk.uids[told : desk.known[0]]:
            sys.stdout.write(uid + "\n")
        told = max(told, desk.known[0])
    line.close()


if __name__ == "__main__":
    main(sys.argv[1:])
