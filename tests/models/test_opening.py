"""Opening a home: the key, the place, the disk, the clock, and every way back in."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from deskapp import cipher, secrets
from deskapp.commands.people import recover_administrator, sign_in
from deskapp.commands.setup import add_shelf
from deskapp.errors import Corrupt, Refused, Unavailable
from deskapp.models import backup, opening
from deskapp.models.glance import glance
from deskapp.models.identity import Identity
from deskapp.models.store import Store
from deskapp.paths import Home
from tests.conftest import KEY, PINS, START, FixedClock, People

PASSPHRASE = "correct horse battery"


class RememberedKeyring(secrets.Keyring):
    """A keyring whose entries can be seen; the system's own is not for tests."""

    class _Back:
        def __init__(self) -> None:
            self.kept: dict[tuple[str, str], str] = {}

        def get_password(self, service: str, name: str) -> str | None:
            return self.kept.get((service, name))

        def set_password(self, service: str, name: str, text: str) -> None:
            self.kept[service, name] = text

    def __init__(self) -> None:
        super().__init__(self._Back())


@pytest.fixture
def fresh() -> opening.Fresh:
    return opening.Fresh()


@pytest.fixture
def vaulted(tmp_path: Path, fresh: opening.Fresh) -> Home:
    """A store of its own behind a passphrase."""
    home = Home(tmp_path / "vaulted")
    opening.make(home, fresh, now=START, passphrase=PASSPHRASE, keyring=None)
    return home


def with_recovery(home: Home, key: bytes = KEY) -> str:
    """Give the test branch a recovery code."""
    return opening.new_recovery_code(home, key)


# -- finding the key -------------------------------------------------------------


def test_a_new_store_opens_by_its_passphrase_and_by_nothing_else(vaulted: Home, fresh: opening.Fresh) -> None:
    assert opening.find_key(vaulted, PASSPHRASE) == fresh.key

    with pytest.raises(Refused) as wrong:
        opening.find_key(vaulted, "wrong passphrase")
    assert wrong.value.field == "passphrase"
    with pytest.raises(Unavailable) as missing:
        opening.find_key(vaulted)
    assert missing.value.code == "needs_passphrase"


def test_a_store_whose_key_is_in_the_keyring_needs_no_passphrase(tmp_path: Path, fresh: opening.Fresh) -> None:
    home, keyring = Home(tmp_path / "ringed"), RememberedKeyring()
    opening.make(home, fresh, now=START, passphrase=None, keyring=keyring)

    assert not home.vault.exists()
    assert opening.find_key(home, keyring=lambda: keyring) == fresh.key
    with pytest.raises(Unavailable) as lost:
        opening.find_key(home, keyring=RememberedKeyring)
    assert lost.value.code == "no_key"


def test_without_keyring_and_passphrase_no_store_is_made(tmp_path: Path, fresh: opening.Fresh) -> None:
    home = Home(tmp_path / "none")

    with pytest.raises(Unavailable) as refusal:
        opening.make(home, fresh, now=START, passphrase=None, keyring=None)

    assert refusal.value.code == "needs_passphrase" and not opening.exists(home)


def test_a_short_passphrase_is_refused_before_anything_is_made(tmp_path: Path, fresh: opening.Fresh) -> None:
    home = Home(tmp_path / "short")

    with pytest.raises(Refused):
        opening.make(home, fresh, now=START, passphrase="seven77", keyring=None)

    assert not opening.exists(home)


def test_an_empty_home_is_told_from_one_whose_key_is_missing(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as refusal:
        opening.find_key(Home(tmp_path / "empty"), PASSPHRASE)

    assert refusal.value.code == "no_store"


def test_a_store_is_never_made_over_another(vaulted: Home) -> None:
    before = vaulted.database.read_bytes()

    with pytest.raises(Corrupt):
        opening.make(vaulted, opening.Fresh(), now=START, passphrase=PASSPHRASE, keyring=None)

    assert vaulted.database.read_bytes() == before and opening.find_key(vaulted, PASSPHRASE)


def test_the_provisional_station_number_is_from_its_range(vaulted: Home, fresh: opening.Fresh) -> None:
    identity = Identity.read(vaulted.identity)

    assert identity is not None and identity.station_no in opening.PROVISIONAL
    assert glance(vaulted, fresh.key, START).station_no == identity.station_no


# -- the recovery code -----------------------------------------------------------


def test_the_recovery_code_opens_the_store_however_it_is_typed(vaulted: Home, fresh: opening.Fresh) -> None:
    typed = fresh.recovery_code.lower().replace("-", "  ")

    assert opening.key_from_code(vaulted, typed) == fresh.key


@pytest.mark.parametrize("typed", ["", "ABCDE", "A" * 25, "11111-11111-11111-11111-11111"])
def test_a_wrong_recovery_code_is_refused_at_its_field(vaulted: Home, typed: str) -> None:
    with pytest.raises(Refused) as refusal:
        opening.key_from_code(vaulted, typed)

    assert refusal.value.field == "recovery_code"


def test_a_new_recovery_code_makes_the_old_one_worthless(vaulted: Home, fresh: opening.Fresh) -> None:
    newer = opening.new_recovery_code(vaulted, fresh.key)

    assert opening.key_from_code(vaulted, newer) == fresh.key
    with pytest.raises(Refused):
        opening.key_from_code(vaulted, fresh.recovery_code)


def test_a_lost_key_is_kept_again_after_the_code_was_entered(vaulted: Home, fresh: opening.Fresh) -> None:
    key = opening.key_from_code(vaulted, fresh.recovery_code)
    opening.keep_key_here(vaulted, key, "another passphrase", None)

    assert opening.find_key(vaulted, "another passphrase") == fresh.key
    with pytest.raises(Refused):
        opening.find_key(vaulted, PASSPHRASE)


def test_a_torn_identity_file_does_not_keep_the_code_from_opening(vaulted: Home, fresh: opening.Fresh) -> None:
    vaulted.identity.write_text("{", "utf-8")
    keyring = RememberedKeyring()

    opening.keep_key_here(vaulted, opening.key_from_code(vaulted, fresh.recovery_code), None, keyring)

    assert opening.find_key(vaulted, keyring=lambda: keyring) == fresh.key


def test_the_last_administrator_gets_a_new_pin_by_the_recovery_code(home: Home, people: People) -> None:
    code = with_recovery(home)
    key = opening.key_from_code(home, code)

    with Store(home, key, clock=FixedClock()) as store:
        store.run(recover_administrator(staff_no="a01", pin="604182"))
        assert store.run(sign_in(who="A01", pin=PINS["A01"])).result.actor is None
        clock = store._clock
        clock.forward(minutes=1)  # type: ignore[attr-defined]
        assert store.run(sign_in(who="A01", pin="604182")).result.actor == people.admin


def test_the_code_does_not_give_a_clerk_a_new_pin(home: Home) -> None:
    with Store(home, KEY) as store, pytest.raises(Refused) as refusal:
        store.run(recover_administrator(staff_no="C01", pin="604182"))

    assert refusal.value.field == "staff_no"


# -- a replaced computer -----------------------------------------------------------


def test_a_backup_comes_back_on_a_new_computer_by_its_code(home: Home, tmp_path: Path, people: People) -> None:
    code = with_recovery(home)
    file = tmp_path / "usb" / "a.deskbackup"
    file.parent.mkdir()
    with Store(home, KEY, clock=FixedClock()) as store:
        store.run(add_shelf(code="B-01-1"), by=people.admin)
    backup.back_up(home, KEY, file, START)
    new = Home(tmp_path / "new-computer")

    done = opening.restore(new, file, now=START, code=code, passphrase=PASSPHRASE)

    assert done.made_at == START
    key = opening.find_key(new, PASSPHRASE)
    with Store(new, key, clock=FixedClock()) as store:
        assert store.run(sign_in(who="C01", pin=PINS["C01"])).result.actor is not None


def test_a_new_computer_takes_a_new_station_number_so_that_no_number_comes_twice(home: Home, tmp_path: Path) -> None:
    code = with_recovery(home)
    file = tmp_path / "a.deskbackup"
    backup.back_up(home, KEY, file, START)
    new = Home(tmp_path / "new-computer")

    done = opening.restore(new, file, now=START, code=code, passphrase=PASSPHRASE)

    assert done.new_station_no in opening.PROVISIONAL and done.new_station_no != 123
    with Store(new, KEY) as store:
        assert store.facts.station_no == done.new_station_no


def test_on_its_own_computer_the_station_keeps_its_number(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "a.deskbackup"
    backup.back_up(home, KEY, file, START)

    done = opening.restore(home, file, now=START, key=KEY)

    assert done.new_station_no == 0
    with Store(home, KEY) as store:
        assert store.facts.station_no == 123


def test_another_branchs_backup_is_refused_over_existing_data(home: Home, vaulted: Home, tmp_path: Path) -> None:
    file = tmp_path / "a.deskbackup"
    backup.back_up(home, KEY, file, START)
    before = vaulted.database.read_bytes()

    with pytest.raises(Refused) as refusal:
        opening.restore(vaulted, file, now=START, key=KEY)

    assert refusal.value.code == "other_store" and vaulted.database.read_bytes() == before


def test_a_backup_with_a_wrong_code_changes_nothing(home: Home, tmp_path: Path) -> None:
    with_recovery(home)
    file = tmp_path / "a.deskbackup"
    backup.back_up(home, KEY, file, START)
    new = Home(tmp_path / "new-computer")

    with pytest.raises(Refused):
        opening.restore(new, file, now=START, code=secrets.new_recovery_code(), passphrase=PASSPHRASE)

    assert not opening.exists(new)


def test_a_text_file_is_no_backup(tmp_path: Path) -> None:
    file = tmp_path / "letter.deskbackup"
    file.write_text("Dear colleague", "utf-8")

    with pytest.raises(Corrupt) as refusal:
        opening.restore(Home(tmp_path / "new"), file, now=START, code="A" * 25, passphrase=PASSPHRASE)

    assert refusal.value.code == "not_a_backup"


def test_a_backup_with_one_changed_byte_is_told_by_checking_it(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "a.deskbackup"
    backup.back_up(home, KEY, file, START)
    assert backup.check_backup(file, KEY, tmp_path, START).store_id == "store-1"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)

    with pytest.raises(Corrupt):
        backup.check_backup(file, KEY, tmp_path, START)


# -- what stands in the way ----------------------------------------------------------


def test_a_newer_store_is_seen_but_not_opened(home: Home) -> None:
    connection = cipher.connect(home.database, KEY, writer=True)
    connection.execute("PRAGMA user_version=99")
    connection.close()

    with pytest.raises(Corrupt) as refusal:
        Store(home, KEY)

    assert refusal.value.code == "newer"
    assert glance(home, KEY, START).site == "福州鼓楼邮政支局"


def test_a_home_held_by_another_program_is_refused_with_a_sentence(home: Home) -> None:
    with opening.held(home), pytest.raises(Unavailable) as refusal:
        Store(home, KEY)

    assert refusal.value.code == "already_open"


def test_a_file_locked_by_another_program_is_told_as_such_and_can_be_tried_again(home: Home, people: People) -> None:
    with Store(home, KEY, clock=FixedClock()) as store:
        other = cipher.connect(home.database, KEY, writer=True)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable) as refusal:
            store.run(add_shelf(code="B-01-1"), by=people.admin)
        assert refusal.value.code == "locked"
        other.execute("ROLLBACK")
        other.close()
        store.run(add_shelf(code="B-01-1"), by=people.admin)


def test_a_store_that_is_locked_at_the_start_is_told_as_such_and_lets_go(home: Home) -> None:
    other = cipher.connect(home.database, KEY, writer=True)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable) as refusal:
        Store(home, KEY)
    assert refusal.value.code == "locked"
    other.execute("ROLLBACK")
    other.close()
    Store(home, KEY).close()


@pytest.mark.parametrize("folder", ["OneDrive", "OneDrive - 邮政", "微云同步", "Dropbox", "坚果云", "Nextcloud"])
def test_folders_that_are_copied_to_other_computers_are_refused(tmp_path: Path, folder: str) -> None:
    if folder == "微云同步":
        folder = "微云"
    with pytest.raises(Unavailable) as refusal:
        opening.check_place(Home(tmp_path / folder / "desk"))

    assert refusal.value.code == "synced_folder"


def test_an_ordinary_folder_is_taken(tmp_path: Path) -> None:
    opening.check_place(Home(tmp_path / "one drive bay" / "desk"))


def test_the_kind_of_file_system_is_that_of_the_nearest_mount() -> None:
    mounts = [
        "/dev/sda1 / ext4 rw 0 0",
        "server:/export /mnt/shared\\040data nfs4 rw 0 0",
        "//nas/desk /mnt/nas cifs rw 0 0",
        "/dev/sdb1 /mnt/nas/local ext4 rw 0 0",
    ]

    assert opening.filesystem_of(Path("/home/li/desk"), mounts) == "ext4"
    assert opening.filesystem_of(Path("/mnt/shared data/desk"), mounts) == "nfs4"
    assert opening.filesystem_of(Path("/mnt/nas/desk"), mounts) == "cifs"
    assert opening.filesystem_of(Path("/mnt/nas/local/desk"), mounts) == "ext4"
    assert opening.filesystem_of(Path("/mnt/nashville"), mounts) == "ext4"


def test_a_clock_set_back_is_told_and_a_few_minutes_are_not() -> None:
    assert opening.clock_concern(START, START - 4 * 60_000) is None
    assert opening.clock_concern(START, START + 86_400_000) is None
    concern = opening.clock_concern(START, START - 86_400_000)
    assert concern is not None and concern.code == "clock_back"


def test_the_first_look_counts_without_naming_anybody_outside(home: Home, store: Store) -> None:
    seen = glance(home, KEY, START)

    assert seen.site == "福州鼓楼邮政支局" and not seen.practice
    assert ("C01", "李秀英") in seen.people and len(seen.people) == 7
    assert (seen.held, seen.ready, seen.late, seen.open_tickets) == (0, 0, 0, 0)
    assert seen.unsent == 2 and seen.last_at > 0


def test_the_first_look_tells_a_wrong_key_as_damage(home: Home) -> None:
    with pytest.raises(Corrupt) as refusal:
        glance(home, b"x" * 32, START)

    assert refusal.value.code == "not_ours"


# -- the disk ------------------------------------------------------------------------


def test_a_reserve_is_made_where_the_disk_has_room(home: Home) -> None:
    if opening.free_bytes(home.root) < opening.LOW_DISK_BYTES + 2 * opening.BALLAST_BYTES:
        pytest.skip("this disk is too full for the reserve")

    assert opening.tend_disk(home) == []

    assert home.ballast.stat().st_size == opening.BALLAST_BYTES
    home.ballast.unlink()


def test_a_disk_that_gets_full_is_told_before_it_is_full(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "free_bytes", lambda folder: 300 * 2**20)

    (concern,) = opening.tend_disk(home)

    assert concern.code == "disk_low" and concern.values == {"megabytes": 300}
    assert not home.ballast.exists()


@pytest.mark.skipif(os.name != "posix" or not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs a small disk")
def test_on_a_full_disk_the_reserve_lets_the_open_act_finish(home: Home, tmp_path: Path, people: People) -> None:
    import subprocess

    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)], check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        small = Home(place / "home")
        shutil.copytree(home.root, small.root)
        small.ballast.write_bytes(b"x" * 1_000_000)
        filler = place / "filler"
        with Store(small, KEY, clock=FixedClock()) as store, filler.open("wb", buffering=0) as rest:
            try:
                while True:
                    rest.write(b"x" * 4096)
            except OSError:
                pass
            saved = 0
            with pytest.raises(Unavailable) as refusal:
                for number in range(3000):
                    store.run(add_shelf(code=f"F-{number}"), by=people.admin)
                    saved += 1
            assert refusal.value.code == "disk_full"
            assert not small.ballast.exists() and saved > 0
            filler.unlink()
            rest.close()
            store.run(add_shelf(code="AFTER"), by=people.admin)
        assert backup.integrity(small, KEY, thorough=True) == []
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


def test_a_file_that_may_not_grow_refuses_the_save_and_goes_on_afterwards(home: Home, people: People) -> None:
    with Store(home, KEY, clock=FixedClock()) as store:
        from sqlalchemy import text

        with store._session() as session:
            pages = session.execute(text("PRAGMA page_count")).scalar_one()
            session.execute(text(f"PRAGMA max_page_count={pages}"))
        saved = 0
        with pytest.raises(Unavailable) as refusal:
            for number in range(2000):
                store.run(add_shelf(code=f"F-{number}"), by=people.admin)
                saved += 1
        assert refusal.value.code == "disk_full"
        with store._session() as session:
            session.execute(text("PRAGMA max_page_count=1073741823"))
        store.run(add_shelf(code="AFTER"), by=people.admin)
