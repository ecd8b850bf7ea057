"""Every store that a release ever left behind opens, whole, in this one; and a newer one is refused elsewhere."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from sqlalchemy import func, select

from deskapp import cipher
from deskapp.models import backup, replay, schema
from deskapp.models.repair import RepairItem
from deskapp.models.store import Store
from deskapp.models.ticket import ServiceTicket
from deskapp.paths import Home
from deskapp.queries.find import find
from tests.conftest import KEY

STORES = sorted(Path(__file__).parent.glob("store-*.zip"))


def test_there_is_a_store_of_each_release() -> None:
    assert [path.stem for path in STORES][:1] == ["store-0.1.0"]


@pytest.mark.parametrize("file", STORES, ids=lambda path: path.stem)
def test_a_store_of_an_earlier_release_opens_whole(file: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home").make()
    with zipfile.ZipFile(file) as archive:
        archive.extractall(home.root)

    with Store(home, KEY) as store:
        counts = store.ask(lambda s: [s.scalar(select(func.count()).select_from(t)) for t in (ServiceTicket, RepairItem)])
        assert counts == [2, 2]
        assert store.ask(replay.verify_chain) == store.ask(replay.head)[0] > 0
        assert store.ask(lambda s: find(s, "示例小面")).hits
    assert backup.integrity(home, KEY, thorough=True) == []


@pytest.mark.parametrize("file", STORES, ids=lambda path: path.stem)
def test_its_tables_are_those_of_a_new_store(file: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home").make()
    with zipfile.ZipFile(file) as archive:
        archive.extractall(home.root)
    Store(home, KEY).close()
    old = cipher.connect(home.database, KEY)
    new = cipher.connect(tmp_path / "new.db", KEY, writer=True, create=True)
    schema.build(new)

    assert schema.described(old) == schema.described(new)
    old.close()
    new.close()
