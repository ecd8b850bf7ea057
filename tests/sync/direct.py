"""A line without a network: requests go straight into the server's own service, in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from deskapp.server import stations
from deskapp.server.push import Fork
from deskapp.server.service import Server
from deskapp.sync.framing import dump, unpack
from deskapp.sync.messages import EnrolRequest, read_message, to_json
from deskapp.sync.signing import read_header
from deskapp.sync.transport import READ_S, Address, Answer
from deskapp.sync.wire import read_request


class Direct:
    """Carries requests to a server in this process; the signature is not looked at."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.meanwhile: Callable[[], None] | None = None

    def __call__(self, _address: Address) -> Direct:
        return self

    def send(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str], *, read_s: float = READ_S,
        half: bool = False,
    ) -> Answer:  # fmt: skip
        if self.meanwhile is not None:
            self.meanwhile()
            self.meanwhile = None
        if target == "/healthz":
            return Answer(200, {}, dump({"ok": True, "now": self.server.clock()}))
        plain = unpack(body, headers.get("Content-Encoding", "identity"))
        if target == "/v1/station":
            return Answer(200, {}, to_json(self.server.enrol(read_message(EnrolRequest, plain))))
        claim = read_header(headers["Authorization"])
        with self.server.database.read() as tx:
            station = stations.find(tx, claim.station)
        assert station is not None
        if target == "/v1/sync":
            try:
                reply, _moved = self.server.sync(station, read_request(plain))
            except Fork:
                return Answer(409, {}, dump({"error": "fork"}))
            return Answer(200, {}, reply.to_bytes())
        return Answer(404, {}, dump({"error": "not_found"}))

    def close(self) -> None:
        """Nothing is held."""
