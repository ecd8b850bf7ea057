"""The end of a desk's data: nothing readable stays, a kill in the middle is gone on from, and nobody else loses a file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from deskapp import secrets
from deskapp.errors import Unavailable
from deskapp.models import backup, ending, opening
from deskapp.models.blobs import Blobs
from deskapp.models.ending import Ending, Why
from deskapp.models.store import Store
from deskapp.paths import Home
from tests.conftest import START

WORDS = "王小明的电话13800000102"


class Ring(secrets.Keyring):
    """A keyring whose entries can be seen and forgotten; `locked` lets nothing go."""

    class _Back:
        def __init__(self) -> None:
            self.kept: dict[tuple[str, str], str] = {}
            self.locked = False

        def get_password(self, service: str, name: str) -> str | None:
            return self.kept.get((service, name))

        def set_password(self, service: str, name: str, text: str) -> None:
            self.kept[service, name] = text

        def delete_password(self, service: str, name: str) -> None:
            if self.locked:
                raise RuntimeError("locked")
            del self.kept[service, name]

    def __init__(self) -> None:
        super().__init__(self._Back())


def furnished(root: Path, ring: Ring) -> tuple[Home, Ending]:
    """A home with a store, a backup, a photo, a paper and a file of somebody else's."""
    home, fresh = Home(root), opening.Fresh()
    opening.make(home, fresh, now=START, passphrase=None, keyring=ring)
    with Store(home, fresh.key) as store:
        facts = store.facts
        backup.back_up_daily(home, fresh.key, START)
        Blobs(home.blobs, fresh.key).keep(b"photo", "image/jpeg", START)
    (home.papers / "A.pdf").write_text(WORDS)
    (home.logs / "desk.log").write_text("gestern")
    home.quarantine.mkdir()
    (home.quarantine / "desk.db").write_text(WORDS)
    (home.root / "holiday.txt").write_text("not ours")
    ring.set(f"{facts.store_id}.{facts.station}", b"s" * 32)
    told = Ending(
        Why.LOST, START, facts.store_id, facts.station, facts.station_no, "鼓楼支局", "http://s", receipt="ab"
    )
    return home, told


def everything(home: Home) -> bytes:
    return b"".join(path.read_bytes() for path in home.root.rglob("*") if path.is_file())


def test_wherever_a_wiping_is_cut_off_the_next_start_ends_it(tmp_path: Path) -> None:
    ring = Ring()
    home, told = furnished(tmp_path / "whole", ring)
    count = len(list(ending._files(home, told)))
    assert count >= 7

    for cut in range(1, count + 1, 2):
        place, keys = Home(tmp_path / f"cut{cut}"), Ring()
        shutil.copytree(home.root, place.root)
        keys.backend.kept.update(ring.backend.kept)
        ending.begin(place, told)
        work = ending.steps(place, told, lambda keys=keys: keys)
        for _step in range(cut):
            next(work)
        work.close()  # the computer goes dark

        with pytest.raises(Unavailable) as said:
            opening.find_key(place, keyring=lambda keys=keys: keys)

        assert said.value.code == "ended"
        assert keys.backend.kept == {}
        left = sorted(path.name for path in place.root.rglob("*") if path.name != "desk.lock")
        assert left == ["ended.json", "holiday.txt"]
        assert WORDS.encode() not in everything(place)


def test_an_old_image_of_a_wiped_disk_opens_no_more(tmp_path: Path) -> None:
    ring = Ring()
    home, told = furnished(tmp_path / "desk", ring)
    shutil.copytree(home.root, tmp_path / "image")
    ending.begin(home, told)
    ending.finish(home, lambda: ring)

    with pytest.raises(Unavailable) as said:
        opening.find_key(Home(tmp_path / "image"), keyring=lambda: ring)

    assert said.value.code == "no_key"


def test_a_keyring_that_holds_on_to_a_key_is_asked_again_and_the_files_are_gone_meanwhile(tmp_path: Path) -> None:
    ring = Ring()
    home, told = furnished(tmp_path / "desk", ring)
    ending.begin(home, told)
    ring.backend.locked = True

    with pytest.raises(Unavailable) as held:
        opening.find_key(home, keyring=lambda: ring)
    found = ending.read(home)
    assert held.value.code == "keyring" and not home.database.exists()
    assert found is not None and not found.done

    ring.backend.locked = False
    with pytest.raises(Unavailable) as said:
        opening.find_key(home, keyring=lambda: ring)
    assert said.value.code == "ended" and ring.backend.kept == {}


def test_a_desk_that_is_open_is_not_wiped_under_its_feet(tmp_path: Path) -> None:
    ring = Ring()
    home, told = furnished(tmp_path / "desk", ring)
    with Store(home, opening.find_key(home, keyring=lambda: ring)):
        ending.begin(home, told)
        with pytest.raises(Unavailable) as said:
            opening.find_key(home, keyring=lambda: ring)
        assert said.value.code == "already_open" and home.database.exists()


def test_what_begins_anew_at_a_wiped_place_stays(tmp_path: Path) -> None:
    ring, fresh = Ring(), opening.Fresh()
    home, told = furnished(tmp_path / "desk", ring)
    ending.begin(home, told)
    ending.finish(home, lambda: ring)

    opening.make(home, fresh, now=START, passphrase=None, keyring=ring)

    assert opening.find_key(home, keyring=lambda: ring) == fresh.key
    assert not home.ended.exists() and home.database.exists()


def test_a_torn_note_destroys_nothing(tmp_path: Path) -> None:
    ring = Ring()
    home, told = furnished(tmp_path / "desk", ring)
    ending.begin(home, told)
    home.ended.write_bytes(home.ended.read_bytes()[:-9])

    assert opening.find_key(home, keyring=lambda: ring) is not None
    assert home.database.exists()
