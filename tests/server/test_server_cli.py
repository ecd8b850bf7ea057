"""The administrator's commands, one after the other, in both languages."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from pathlib import Path

import pytest

from deskapp.clock import system_clock
from deskapp.rules.access import Role
from deskapp.server.cli import main
from deskapp.server.service import Options, Server
from deskapp.server.telling import draw_qr
from tests.server.conftest import emptied
from tests.server.live import OPEN, Line, command, request_of, running
from tests.server.postgres import PrivatePostgres
from tests.server.station import create, desk_at


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


def failing(data: Path, *words: str, db: str = "", capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command that refuses, and return its one sentence."""
    capsys.readouterr()
    assert main(["--data", str(data), *(("--db", db) if db else ()), *words]) == 1
    told = capsys.readouterr().err
    assert told.startswith("deskapp-server: ")
    assert told.count("\n") == 1, told
    return told.removeprefix("deskapp-server: ").strip()


def test_sites_and_people_are_added_listed_and_refused_in_words(
    tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command(tmp_path, "site", "add", " B01 ", "城南支局", db=url)
    again = command(tmp_path, "site", "add", "B01", "城南支局", db=url)
    command(tmp_path, "staff", "add", "C07", "王敏", "--role", "counter_clerk", "--role", "technician", db=url)
    command(tmp_path, "staff", "stop", "C07", db=url)

    sites = command(tmp_path, "site", "list", db=url)
    assert re.fullmatch(r"B01 +[0-9a-f-]{36}  城南支局\n", sites)
    assert again.split()[1] in sites
    assert command(tmp_path, "staff", "list", db=url) == "C07      王敏  counter_clerk technician  (stopped)\n"
    refused = [
        failing(tmp_path, *words, db=url, capsys=capsys)
        for words in (
            ("site", "add", "", "无名"), ("site", "add", "B\n02", "名"), ("staff", "add", "C07", "李娟"),
            ("staff", "add", "C08", "李娟", "--role", "king"), ("staff", "stop", "C99"),
            ("station", "enrol", "B99"), ("station", "enrol", "B01", "--minutes", "0"), ("station", "retire", "7"),
            ("station", "revoke", "--lost", "7"), ("station", "found", "7"), ("station", "aside", "7"),
        )
    ]  # fmt: skip
    assert refused == [
        "'' cannot be used as a site's code.",
        "'B\\n02' cannot be used as a site's code.",
        "There is a person with the number C07 already.",
        f"There is no role king. The roles are: {', '.join(role for role in Role if role != Role.SYSTEM)}.",
        "There is nobody with the number C99.",
        "There is no site B99. Add it with `deskapp-server site add`.",
        "A code holds for 1 to 10080 minutes.",
        *["There is no station 7."] * 4,
    ]


def test_a_station_is_retired_lost_found_and_what_it_sent_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = Server(Options(str(tmp_path / "server.db"), tmp_path))
    desk, other = desk_at(server, "B01", 5), desk_at(server, "B01", 6)
    with running(tmp_path) as process:
        line = Line(process.host, process.port, desk.key, desk.id, server.epoch.value)
        lost = command(tmp_path, "station", "revoke", "--lost", "5")
        desk.act(create("service_ticket", number="T1", site_id=desk.site), at=system_clock())
        status = line.ask("POST", "/v1/sync", request_of(desk).to_bytes())[0]
        while OPEN:
            OPEN.pop().close()
    listed = command(tmp_path, "station", "list")
    waiting = command(tmp_path, "station", "aside")
    shown = command(tmp_path, "station", "aside", "5")
    taken = command(tmp_path, "station", "aside", "5", "--take")
    again = command(tmp_path, "station", "revoke", "--lost", "5")
    found = command(tmp_path, "station", "found", "5")
    not_lost = failing(tmp_path, "station", "found", "5", capsys=capsys)
    retired = command(tmp_path, "station", "retire", "6")
    twice = failing(tmp_path, "station", "retire", "6", capsys=capsys)
    book = [line.split()[2] for line in command(tmp_path, "audit").splitlines()]

    assert lost == (
        "Station 00005 (窗口) is shut out.\n"
        "Station 00005 is wiped at its next contact, after what it holds was set aside here.\n"
    )
    assert status == 403
    assert re.search(r"^00005 B01 +lost ", listed, re.MULTILINE)
    assert waiting == "00005 窗口: 1 pushes\n"
    assert "test" in shown
    assert "service_ticket" in shown
    assert taken == "1 of 1 acts was taken, nothing is kept aside any more.\n"
    assert again.startswith("Station 00005 was shut out already.\n")
    assert found.startswith("Station 5 may work again")
    assert "It had been told to wipe itself by then." in found
    assert not_lost == "Station 5 was not lost: active."
    assert retired.startswith("Station 6 pushes what it holds")
    assert twice == "Station 6 is not at work: retiring."
    assert book[:8] == [
        "retire", "found", "aside_taken", "wipe_told", "set_aside", "wipe", "revoke_lost", "enrol",
    ]  # fmt: skip
    assert json.loads((tmp_path / "epoch.json").read_text())["lost"] == []
    assert desk.row().seq == 1
    assert other.row().state == "retiring"
    assert command(tmp_path, "check") == "Nothing wrong was found.\n"
    server.close()


def test_the_commands_speak_chinese_where_the_terminal_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    command(tmp_path, "site", "add", "B01", "城南支局")

    told = command(tmp_path, "station", "enrol", "B01", "--name", "一号窗口")
    assert told.startswith("城南支局 一台电脑用的代码，10 分钟内有效：\n")
    assert command(tmp_path, "check") == "没有发现问题。\n"
    assert failing(tmp_path, "station", "retire", "7", capsys=capsys) == "没有 7 号工作站。"
    monkeypatch.setenv("LC_ALL", "C")
    assert command(tmp_path, "check") == "Nothing wrong was found.\n"


def test_the_code_and_its_qr_say_the_same(tmp_path: Path) -> None:
    import zxingcpp
    from PIL import Image

    command(tmp_path, "site", "add", "B01", "支局")
    told = command(tmp_path, "station", "enrol", "B01", "--address", "https://sync.example.org")
    code = re.search(r"^ {4}(\S+)$", told, re.MULTILINE)
    rows = [line for line in told.splitlines() if set(line) & set("█▄▀")]
    width = max(map(len, rows))
    image = Image.new("L", (width, 2 * len(rows)))
    for y, row in enumerate(rows):
        for x, mark in enumerate(row.ljust(width)):
            image.putpixel((x, 2 * y), 255 if mark in "█▀" else 0)
            image.putpixel((x, 2 * y + 1), 255 if mark in "█▄" else 0)
    (read,) = zxingcpp.read_barcodes(image.resize((width * 6, len(rows) * 12)))

    assert code is not None
    assert read.text == f"DESK:https://sync.example.org#{code[1]}"


def test_a_terminal_without_half_blocks_gets_a_qr_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", plain)

    told = draw_qr("ABCD-EFGH-JKLM")

    assert set(told) == {"#", " ", "\n"}
    assert told.isascii()


def test_a_damaged_database_is_told_line_by_line_and_a_damaged_backup_is_not_put_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = Server(Options(str(tmp_path / "server.db"), tmp_path))
    desk = desk_at(server, "B01")
    for number in range(3):
        desk.act(create("service_ticket", number=f"T{number}", site_id=desk.site))
    desk.sync()
    with server.database.write() as tx:
        tx.run("UPDATE log SET body = ? WHERE scope LIKE 'site:%' AND n = 2", (b"[]",))
        tx.run("UPDATE change_set SET body = ? WHERE seq = 3", (b"{",))
        tx.run("UPDATE station SET parked = 1")
        tx.put("blob", [("a" * 64, 5, 1, 0, desk.id, "")])
        tx.run("DELETE FROM member WHERE root IN (SELECT root FROM member ORDER BY root LIMIT 1)")
    server.close()

    assert main(["--data", str(tmp_path), "check"]) == 1
    told = capsys.readouterr().out
    for part in (
        "broken at entry 2",
        "not what its hash says",
        "that wait",
        "is not whole",
        "trees name",
        "5 things are wrong",
    ):
        assert part in told
    assert main(["--data", str(tmp_path), "backup", str(tmp_path / "copy.db")]) == 1
    before = (tmp_path / "server.db").read_bytes()
    refused = failing(tmp_path, "restore", str(tmp_path / "copy.db"), capsys=capsys)
    (tmp_path / "rubbish.db").write_bytes(b"SQLite format 3\0" + os.urandom(5000))
    rubbish = failing(tmp_path, "restore", str(tmp_path / "rubbish.db"), capsys=capsys)
    absent = failing(tmp_path, "restore", str(tmp_path / "absent.db"), capsys=capsys)

    assert refused.startswith("The backup copy.db is damaged: The log of site:")
    assert "damaged" in rubbish
    assert absent == "There is no file absent.db."
    assert (tmp_path / "server.db").read_bytes() == before
    assert sorted(path.name for path in tmp_path.glob("server.db.*")) == ["server.db.lock"]


def test_nothing_is_put_under_a_server_that_is_at_work_and_no_second_one_starts_on_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command(tmp_path, "site", "add", "B01", "支局")
    command(tmp_path, "backup", str(tmp_path / "kept.db"))
    with running(tmp_path):
        for words in (("restore", str(tmp_path / "kept.db")), ("restore",), ("serve", "--port", "0")):
            told = failing(tmp_path, *words, capsys=capsys)
            assert told == "A server is at work on server.db. Stop it first."

    assert command(tmp_path, "restore", str(tmp_path / "kept.db")).startswith("Epoch 2-")


def test_postgresql_is_backed_up_and_put_back_by_the_same_commands(
    tmp_path: Path, private_postgres: PrivatePostgres, capsys: pytest.CaptureFixture[str]
) -> None:
    url = emptied(private_postgres)
    server = Server(Options(url, tmp_path, tmp_path / "archive"))
    desk = desk_at(server, "B01")
    desk.act(create("merchant", name="店"))
    desk.sync()
    said = command(tmp_path, "backup", str(tmp_path / "kept.dump"), db=url)
    desk.act(create("merchant", name="后来"))
    desk.sync()
    busy = failing(tmp_path, "restore", str(tmp_path / "kept.dump"), db=url, capsys=capsys)
    server.close()
    restored = command(tmp_path, "--archive", str(tmp_path / "archive"), "restore", str(tmp_path / "kept.dump"), db=url)
    back = Server(Options(url, tmp_path))
    desk.server = back

    assert said.strip().endswith("sound")
    assert busy == "A server is at work on PostgreSQL. Stop it first."
    assert restored.strip().endswith("1 change set came back from the archive.")
    assert desk.row().seq == 2
    assert back.epoch.count == 2
    back.close()
    assert command(tmp_path, "check", db=url) == "Nothing wrong was found.\n"
    (tmp_path / "rubbish").write_bytes(b"no dump")
    assert "could not finish" in failing(tmp_path, "restore", str(tmp_path / "rubbish"), db=url, capsys=capsys)
    assert command(tmp_path, "check", db=url) == "Nothing wrong was found.\n"


def test_files_of_the_server_are_for_its_own_user(tmp_path: Path) -> None:
    data = tmp_path / "data"
    command(data, "--archive", str(tmp_path / "archive"), "staff", "add", "C01", "王敏")
    command(data, "backup", str(tmp_path / "kept.db"))
    (archive,) = (tmp_path / "archive").glob("*.deskarchive")

    for file in (data / "server.db", archive, tmp_path / "kept.db"):
        assert file.stat().st_mode & 0o077 == 0, file.name
    assert data.stat().st_mode & 0o077 == 0


def test_a_database_that_is_not_there_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = failing(tmp_path, "check", db="postgresql://desk@127.0.0.1:1/desk", capsys=capsys)

    assert told.startswith("The database cannot be reached: ")
