"""The API fuzzed from its own description: whatever is asked, signed or not, there is no 5xx and nothing undescribed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import status_code_conformance

from deskapp.server.service import Options, Server
from deskapp.sync.signing import StationKey
from tests.server.live import OPEN, Line, Process, running
from tests.server.station import desk_at

EXAMPLES = 25 if os.environ.get("CI") else 15


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Process, Line]]:
    data = tmp_path_factory.mktemp("api") / "data"
    data.mkdir()
    server = Server(Options(str(data / "server.db"), data))
    desk = desk_at(server, "B01")
    server.close()
    with running(data) as process:
        line = Line(process.host, process.port, desk.key, desk.id, server.epoch.value)
        yield process, line
        while OPEN:
            OPEN.pop().close()


OPERATIONS = [
    ("POST", "/v1/station"), ("POST", "/v1/sync"), ("POST", "/v1/carried"), ("GET", "/v1/missing"), ("GET", "/v1/wait"),
    ("GET", "/v1/snapshot/{scope}"), ("GET", "/v1/digest/{scope}"), ("HEAD", "/v1/blob/{sha256}"),
    ("PATCH", "/v1/blob/{sha256}"), ("GET", "/v1/blob/{sha256}"), ("GET", "/healthz"), ("GET", "/metrics"),
    ("POST", "/v1/wiped"),
]  # fmt: skip


class Signed(requests.auth.AuthBase):
    """Signs what schemathesis made up, as a station would."""

    def __init__(self, line: Line) -> None:
        self.line = line

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else bytes(body)
        request.headers["authorization"] = self.line.header(str(request.method), request.path_url, raw)
        return request


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_nothing_that_is_asked_brings_the_server_down(method: str, path: str, served: tuple[Process, Line]) -> None:
    process, line = served
    described = schemathesis.openapi.from_url(f"http://{process.host}:{process.port}/openapi.json")

    @given(described[path][method].as_strategy())
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def ask(case: Any) -> None:
        if path == "/v1/wait" and not isinstance((case.query or {}).get("seconds"), str):
            case.query = {**(case.query or {}), "seconds": 0}
        for auth in (Signed(line), None):
            answer = case.call(auth=auth, timeout=20)
            case.validate_response(answer, checks=[not_a_server_error, status_code_conformance])

    ask()


def test_the_description_names_every_route(served: tuple[Process, Line]) -> None:
    process, _line = served
    told = requests.get(f"http://{process.host}:{process.port}/openapi.json", timeout=10).json()

    found = {(name.upper(), path) for path, methods in told["paths"].items() for name in methods}
    assert found == set(OPERATIONS)
    for path, methods in told["paths"].items():
        for name, one in methods.items():
            signed = path.startswith("/v1/") and path not in ("/v1/station", "/v1/wiped")
            assert ("security" in one) is signed, (path, name)


def test_a_key_that_nobody_enrolled_opens_nothing(served: tuple[Process, Line]) -> None:
    process, _line = served
    stranger = Line(process.host, process.port, StationKey.make(), "01a201b1-e73c-7d8a-ae75-7f1cc02e6131", _line.epoch)
    told = requests.get(f"http://{process.host}:{process.port}/openapi.json", timeout=10).json()

    for path, methods in told["paths"].items():
        for method, one in methods.items():
            if "security" in one:
                place = path.format(scope="ref", sha256="0" * 64) + ("?since=ref=0" if "wait" in path else "")
                place += f"?offset=0&digest={'0' * 64}" if method == "patch" else ""
                status, _told, _headers = stranger.ask(method.upper(), place)
                assert status in (401, 429), (method, path)
