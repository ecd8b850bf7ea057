"""The server under test, once on SQLite and once on a private PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from deskapp.server.database import Database
from deskapp.server.service import Options, Server
from tests.server.postgres import PrivatePostgres, programs, start_private
from tests.server.station import Clock


@pytest.fixture(scope="session")
def private_postgres() -> Iterator[PrivatePostgres]:
    if programs() is None and not os.environ.get("CI"):
        pytest.skip("PostgreSQL is not installed here: apt-get install postgresql")
    server = start_private()
    yield server
    server.stop()


def emptied(postgres: PrivatePostgres) -> str:
    """Return the address of an empty database."""
    import psycopg

    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return postgres.url


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "server.db")
    return emptied(request.getfixturevalue("private_postgres"))


@pytest.fixture
def server(url: str, tmp_path: Path) -> Iterator[Server]:
    opened = Server(Options(url, tmp_path / "state", tmp_path / "archive"), Clock())
    yield opened
    opened.close()


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = Database(url)
    yield opened
    opened.close()
