"""`deskapp tour`, the counter's day and the depot's, played to its end in a process of its own; what it leaves behind."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image
from sqlalchemy import select

from deskapp import cipher, tour
from deskapp.models import opening
from deskapp.models.repair import RepairOrder
from deskapp.models.store import Store
from deskapp.paths import Home
from deskapp.queries.orders import order_of
from deskapp.queries.pickup import pickup_order
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.tour.compared import store_sums
from deskapp.tour.counter import CARD, FREE, PAYABLE
from deskapp.tour.day import LEFT_OUT
from deskapp.tour.depot import UNIT
from deskapp.tour.diary import Diary
from deskapp.tour.place import STICK
from deskapp.tour.stage import PASSPHRASE
from deskapp.tour.stick import FILE
from deskapp.tour.timing import Took
from deskapp.tour.vans import DEAD, WORN

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 420
PAPERS = {
    "device_label": 5, "accessory_label": 4, "pickup_slip": 2, "quote": 2, "repair_receipt": 4, "day_end": 1,
    "manifest": 4, "discrepancy_note": 1, "bench_traveller": 1, "key_run": 2, "command_sheet": 1, "custody_record": 1,
    "swap_note": 1, "inspection_sheet": 1,
}  # fmt: skip
PAGES = {"manifest": 2}
"""Both copies of a manifest come in one file; every other paper is one page."""

STEPS = 40
KINDS = {
    "ticket": ScanKind.TICKET, "order": ScanKind.ORDER, "pickup_slip": ScanKind.SLIP, "quote": ScanKind.QUOTE,
    "repair_receipt": ScanKind.RECEIPT, "device_label": ScanKind.LABEL, "accessory_label": ScanKind.ACCESSORY,
    "manifest": ScanKind.MANIFEST, "visit": ScanKind.VISIT,
}  # fmt: skip

pytestmark = pytest.mark.slow


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "deskapp", *words]


def surroundings(**more: str) -> dict[str, str]:
    names = ("DISPLAY", "WAYLAND_DISPLAY", "DESKAPP_HOME", "DESKAPP_PASSPHRASE")
    kept = {key: value for key, value in os.environ.items() if key not in names}
    return {**kept, "LANG": "C", "LC_ALL": "C", "QT_QPA_PLATFORM": "offscreen", **more}


def deskapp(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words), cwd=ROOT, env=surroundings(**more), capture_output=True, encoding="utf-8",
        timeout=PATIENCE_S, check=False,
    )  # fmt: skip


def order_with_slip(session: Any, slip_no: str) -> str:
    return str(session.scalars(select(RepairOrder.id).where(RepairOrder.slip_no == slip_no)).one())


def prints(folder: Path) -> dict[str, str]:
    """Every file below a folder with its SHA-256."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*")) if path.is_file()
    }  # fmt: skip


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], dict[str, Any], str]:
    """One played day: its folder, the reply, the summary, and the lines of progress."""
    out = tmp_path_factory.mktemp("tour") / "day"
    done = deskapp("tour", "--out", str(out), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    summary["left behind"] = prints(out)  # now: tests open the stores again
    return out, json.loads(done.stdout), summary, done.stderr


def test_the_day_is_played_to_its_end_and_everything_is_as_expected(played) -> None:
    _out, reply, summary, _lines = played

    assert summary["ok"] and not summary["broken_off"]
    assert [check for check in summary["checks"] if not check["ok"]] == []
    assert len(summary["checks"]) >= 125 and len(summary["steps"]) == STEPS
    assert all(step["complete"] and step["seconds"] > 0 for step in summary["steps"])
    assert all(0 <= step["waited"] < step["seconds"] and step["longest_wait"]["what"] for step in summary["steps"])
    assert reply["status"] == 0 and f"The day is over: {STEPS} steps" in reply["sentences"][0]


def test_progress_is_told_line_by_line(played) -> None:
    lines = [line for line in played[3].splitlines() if line.startswith("Step ")]

    assert len(lines) == STEPS and lines[0].startswith(f"Step 1 of {STEPS}: The first start")


def test_every_file_is_in_the_summary_with_its_hash(played) -> None:
    _out, _reply, summary, _lines = played
    told = {entry["file"]: entry["sha256"] for entry in summary["files"]}
    here = summary["left behind"]

    assert {name: here.get(name) for name in told} == told
    unlisted = set(here) - set(told) - {"summary.json"}
    homes = ("home", "depot-home")
    left_out = {f"{home}/{name}" for home in homes for name in ("desk.lock", "ballast")}
    assert all(name.startswith(("home/logs/", "depot-home/logs/")) or name in left_out for name in unlisted)


def test_every_paper_came_out_and_carries_its_number(played) -> None:
    out, _reply, summary, _lines = played
    kinds = [paper["kind"] for paper in summary["papers"]]

    assert {kind: kinds.count(kind) for kind in PAPERS} == PAPERS and len(kinds) == sum(PAPERS.values())
    for paper in summary["papers"]:
        document = pypdfium2.PdfDocument((out / paper["file"]).read_bytes())
        text = "".join("".join(page.get_textpage().get_text_bounded().split()) for page in document)
        assert paper["number"] in text, paper["file"]
        assert paper["pages"] == len(document) == PAGES.get(paper["kind"], 1)
        document.close()


def test_the_receipt_of_the_rest_says_the_amount_in_capitals_and_its_copy_is_marked(played) -> None:
    out, _reply, summary, _lines = played
    texts = {}
    for paper in summary["papers"]:
        if paper["kind"] == "repair_receipt":
            document = pypdfium2.PdfDocument((out / paper["file"]).read_bytes())
            texts[paper["number"], paper["copy"]] = "".join(document[0].get_textpage().get_text_bounded().split())
            document.close()
    (copied,) = [number for number, copy in texts if copy == 1]

    assert "壹佰伍拾元整" in texts[copied, 0] and "¥150.00" in texts[copied, 0]
    assert "补打1" in texts[copied, 1] and "补打" not in texts[copied, 0]


def test_every_number_that_was_made_reads_back_as_what_it_is(played) -> None:
    numbers = [(one["kind"], one["number"]) for one in played[2]["numbers"] if one["kind"] in KINDS]

    assert {kind for kind, _number in numbers} == set(KINDS)
    for kind, number in numbers:
        scan = parse_scan(number)
        assert (scan.kind, scan.problem or "") == (KINDS[kind], ""), number


def test_each_step_left_pictures_of_the_window(played) -> None:
    out, _reply, summary, _lines = played

    for step in summary["steps"]:
        assert step["pictures"], step["title"]
        for name in step["pictures"]:
            with Image.open(out / name) as picture:
                assert picture.size == (1280, 800)
                assert len(picture.convert("RGB").reduce(4).getcolors(1 << 20) or []) > 50, name


def test_the_store_of_the_day_opens_again_and_is_sound(played) -> None:
    out, _reply, summary, _lines = played
    home = Home(out / "home")

    told = deskapp("doctor", "--home", str(home.root), "--json", DESKAPP_PASSPHRASE=summary["passphrase"],
                   DESKAPP_NO_KEYRING="1")  # fmt: skip
    assert json.loads(told.stdout)["status"] == told.returncode == 0, told.stdout
    with Store(home, opening.find_key(home, PASSPHRASE)) as store:
        order_no = next(one["number"] for one in summary["numbers"] if one["kind"] == "pickup_slip")
        card = store.ask(lambda session: pickup_order(session, slip_no=order_no))
    assert card is not None
    assert {device.serial_no: device.state.value for device in card.devices} == {
        FREE: "picked_up", PAYABLE: "picked_up",
    }  # fmt: skip


def test_both_stores_and_the_server_end_with_the_same_sums(played) -> None:
    out, _reply, summary, _lines = played
    server, branch, depot = (summary["sums"][name] for name in ("server", "branch", "depot"))

    assert set(branch) & set(depot) == {"ref"} and len(branch) >= 3 and len(depot) >= 3
    assert {**branch, **depot} == server
    assert branch["ref"] == depot["ref"] == server["ref"]
    for name in ("home", "depot-home"):  # and so they do when they are opened again
        home = Home(out / name)
        with Store(home, opening.find_key(home, PASSPHRASE)) as store:
            assert store.ask(store_sums) == (branch if name == "home" else depot)


def test_what_went_by_stick_is_at_the_server_once_and_was_never_readable_on_the_way(played) -> None:
    out, _reply, summary, _lines = played
    said = {check["what"]: check["seen"] for check in summary["checks"]}
    van = [one["number"] for one in summary["numbers"] if one["kind"] == "manifest"][-1].encode()
    server = sqlite3.connect(f"file:{out / 'server' / 'server.db'}?mode=ro", uri=True)
    try:
        entries = [(scope, *json.loads(body)[:5]) for scope, body in server.execute("SELECT scope, body FROM log")
                   if van in body]  # fmt: skip
    finally:
        server.close()
    stick = (out / STICK / FILE).read_bytes()

    assert said["the depot: acts that wait to be sent"] > 1 and said["branch: the evening's van is there once"] == 1
    for act in ("open_manifest", "hand_over"):  # offered twice: by the stick, and when the line was back
        scopes = [entry[0] for entry in entries if entry[-1] == act]
        assert len(scopes) == len(set(scopes)) == 2, act
    assert len(stick) > 1000 and van not in stick


def test_the_way_of_the_devices_is_told_the_same_in_both_stores(played) -> None:
    out, _reply, summary, _lines = played
    slip = [one["number"] for one in summary["numbers"] if one["kind"] == "pickup_slip"][1]
    wanted = {WORN: "picked_up", DEAD: "swapped", UNIT: "picked_up"}

    for name in ("home", "depot-home"):
        home = Home(out / name)
        with Store(home, opening.find_key(home, PASSPHRASE)) as store:
            card = store.ask(lambda session: order_of(session, order_with_slip(session, slip)))
        assert card is not None
        assert {line.serial_no: line.state for line in card.lines} == wanted
        assert card.due_fen == 0 and sum(line.paid_fen for line in card.lines) == 15_000


def test_the_custody_record_bears_the_digest_of_the_whole_chain(played) -> None:
    out, _reply, summary, _lines = played
    (digest,) = [one["number"] for one in summary["numbers"] if one["kind"] == "custody_digest"]
    (file,) = [paper["file"] for paper in summary["papers"] if paper["kind"] == "custody_record"]
    document = pypdfium2.PdfDocument((out / file).read_bytes())
    text = "".join(document[0].get_textpage().get_text_bounded().split())
    document.close()

    assert digest in text and len(digest) == 64
    for person in ("林受理", "王邮路", "郑收发", "孙维修", "周质检", "王五"):
        assert person in text, person


def test_the_card_number_that_was_typed_is_nowhere_in_the_store(played) -> None:
    home = Home(played[0] / "home")
    connection = cipher.connect(home.database, opening.find_key(home, PASSPHRASE))
    try:
        plain = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        tables = [name for (name,) in connection.execute(plain)]
        rows = [row for table in tables for row in connection.execute(f'SELECT * FROM "{table}"')]
    finally:
        connection.close()

    said = repr(rows)
    assert "顾客刷卡失败" in said, "the search would have found nothing anyway"
    assert CARD not in said


def test_a_second_run_on_the_same_folder_is_refused_and_touches_nothing(played) -> None:
    out = played[0]
    before = prints(out)

    again = deskapp("tour", "--out", str(out))

    assert again.returncode == 1 and "has been played" in again.stderr
    assert prints(out) == before


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine", "utf-8")

    refused = deskapp("tour", "--out", str(tmp_path))

    assert refused.returncode == 1 and "not empty" in refused.stderr
    assert prints(tmp_path).keys() == {"letter.txt"}


def test_a_tour_without_a_folder_is_wrong_usage() -> None:
    assert deskapp("tour").returncode == 2


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_tour_killed_in_the_middle_is_refused_and_its_store_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "day"
    running = subprocess.Popen(
        command("tour", "--out", str(out)), cwd=ROOT, env=surroundings(), stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, encoding="utf-8",
    )  # fmt: skip
    assert running.stdout is not None
    for line in running.stdout:
        if line.startswith("Step 5 "):
            break
    running.send_signal(signal.SIGKILL)
    running.wait(PATIENCE_S)
    running.stdout.close()
    before = prints(out)

    again = deskapp("tour", "--out", str(out))

    assert again.returncode == 1 and "did not end" in again.stderr
    assert prints(out) == before and not (out / "summary.json").exists()
    told = deskapp("doctor", "--home", str(out / "home"), "--json", DESKAPP_PASSPHRASE=PASSPHRASE,
                   DESKAPP_NO_KEYRING="1")  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr


def test_a_desk_without_the_servers_packages_plays_the_counters_day_and_says_so(tmp_path: Path) -> None:
    """The control for the floors of an installation: nothing of the tour needs a server before its step is played."""
    ask = (
        "import sys, importlib.util as u; real = u.find_spec;"
        "u.find_spec = lambda name, *rest: None if name in ('fastapi', 'uvicorn') else real(name, *rest);"
        "sys.modules.update({'fastapi': None, 'uvicorn': None});"
        "from deskapp.tour.day import chosen; steps, why = chosen(); print(len(steps), why)"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=ROOT, env=surroundings(), capture_output=True, encoding="utf-8", check=False
    )

    assert done.stdout.startswith("17 The depot's day was left out"), done.stdout + done.stderr
    lines: list[str] = []
    reply = tour.reply(Diary(tmp_path, lines.append, "en", 17, LEFT_OUT), tmp_path, "en")
    assert reply["status"] == 0 and reply["sentences"][1].startswith("The depot's day was left out")


def test_something_unexpected_makes_the_day_fail(tmp_path: Path) -> None:
    """The control: a difference is told at once, and the reply is not the one of a good day."""
    lines: list[str] = []
    diary = Diary(tmp_path, lines.append, "en", 1)
    diary.begin("A step")
    diary.expect("devices", 2, 1)
    diary.end(Took(0.1))

    reply = tour.reply(diary, tmp_path, "en")

    assert reply["status"] == 1 and "1 of 1 things" in reply["sentences"][0]
    assert lines[-1].strip() == "not as expected: devices: 1 instead of 2"
