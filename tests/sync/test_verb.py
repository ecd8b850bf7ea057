"""`deskapp sync` from the command line: connect, speak once, and carry acts by a real file on a stick."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deskapp import cli, i18n, secrets
from deskapp.commands.setup import set_setting
from deskapp.models.store import Actor, Store
from deskapp.paths import Home
from tests.conftest import KEY
from tests.sync.desks import new_desk
from tests.sync.world import World

PASSPHRASE = "correct horse battery"
ADMINISTRATOR = Actor("a-1", "A01", "管理员", ("administrator",))
Run = Callable[..., tuple[int, dict[str, object]]]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.say("site", "add", "FZ-A1", "鼓楼支局")
    made.start()
    yield made
    made.close()


@pytest.fixture
def run(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Run]:
    """Run words on one of two computers: 甲 opened the branch, 乙 is new."""
    monkeypatch.setenv("DESKAPP_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("DESKAPP_NO_KEYRING", "1")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    before = i18n.language()
    for name, code in (("甲", "FZ-A1"), ("乙", "")):
        desk = new_desk(tmp_path, name, code=code)
        secrets.lock_away(desk.home.vault, KEY, PASSPHRASE)
        desk.close()
    pin = tmp_path / "pin"
    pin.write_text("274860\n", "utf-8")

    def go(name: str, *words: str, by: str = "") -> tuple[int, dict[str, object]]:
        who = ["--staff", by, "--pin-file", str(pin)] if by else []
        status = cli.main(["sync", *words, *who, "--home", str(tmp_path / name), "--json"])
        out = capsys.readouterr().out
        return status, json.loads(out) if out else {}

    yield go
    i18n.use(before)


def test_a_desk_is_connected_syncs_and_carries_by_words_alone(run: Run, world: World, tmp_path: Path) -> None:
    url, code = f"http://127.0.0.1:{world.port}", world.code("FZ-A1")
    assert run("甲", "--once")[1]["code"] == "not_enrolled"
    refused, told = run("甲", "--server", url, "--code", code)
    assert refused != 0, "whoever may not change settings connects nothing"
    assert run("甲", "--server", url, "--code", "AAAA-BBBB-CCCC", by="A01")[0] != 0

    status, told = run("甲", "--server", url, "--code", code, by="A01")
    assert status == 0 and told["site"] == "FZ-A1"
    status, told = run("甲", "--once")
    assert status == 0 and int(str(told["sent"])) > 0
    assert run("甲", "--once")[1]["sent"] == 0

    # A computer with nothing on it yet: nobody there could show a right.
    assert run("乙", "--server", url, "--code", world.code("FZ-A1"))[0] == 0
    stick = tmp_path / "stick.desk"
    status, made = run("乙", "--export", str(stick))
    assert status == 0 and stick.exists()
    assert run("甲", "--import", str(stick), "--code", "AAAAA-AAAAA-AAAAA-AAAAA-AAAAA")[0] != 0
    status, told = run("甲", "--import", str(stick), "--code", str(made["code"]))
    assert status == 0 and told["forwarded"] is True
    assert run("甲", "--import", str(stick), "--code", str(made["code"]))[0] == 0, "brought twice changes nothing"
    status, told = run("乙", "--import", str(stick))
    assert status == 0 and told["forwarded"] is False
    assert run("乙", "--once")[0] == 0
    told = run("乙", "--export", str(tmp_path / "empty.desk"))[1]
    assert told["acts"] == 0 and "nothing to carry" in str(told["sentences"])

    world.stop()
    status, told = run("甲", "--once")
    assert status != 0 and told["code"] == "offline"
    stick.write_bytes(stick.read_bytes()[:2_000])
    assert run("甲", "--import", str(stick), "--code", str(made["code"]))[0] != 0, "half a file opens nothing"


def test_a_desk_is_connected_by_the_proxy_of_its_settings(run: Run, world: World, tmp_path: Path) -> None:
    """Its window went by it, these words did not."""
    with Store(Home(tmp_path / "甲"), KEY) as store:
        store.run(set_setting(key="sync.proxy", value="http://127.0.0.1:9"), by=ADMINISTRATOR)

    status, told = run("甲", "--server", f"http://127.0.0.1:{world.port}", "--code", world.code("FZ-A1"), by="A01")

    assert (status, told["code"]) == (1, "offline")


def test_a_lost_desk_that_syncs_by_words_is_wiped_and_says_so_from_then_on(
    run: Run, world: World, tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{world.port}"
    assert run("甲", "--server", url, "--code", world.code("FZ-A1"), by="A01")[0] == 0
    assert run("甲", "--once")[0] == 0
    number = world.say("station", "list").split()[0]
    world.say("station", "revoke", "--lost", number)

    told = [run("甲", "--once") for _time in range(2)]

    assert [(status, reply["code"]) for status, reply in told] == [(1, "ended")] * 2
    left = sorted(path.name for path in (tmp_path / "甲").rglob("*") if path.name != "desk.lock")
    assert left == ["ended.json"]
    assert "(wiped 20" in world.say("station", "list")
