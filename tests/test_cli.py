"""The command line: each verb, its exit status, its words for people and its JSON for programs."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QObject, Signal

from deskapp import cli, i18n, secrets, settings
from deskapp.cli.verbs import answer
from deskapp.commands.papers import queue
from deskapp.commands.printer_profiles import save_printer
from deskapp.commands.setup import add_shelf, set_setting
from deskapp.errors import N_
from deskapp.models import backup, opening
from deskapp.models.people import StaffSecret
from deskapp.models.store import Store, Write, command
from deskapp.paths import Home, resource
from deskapp.print import raster
from deskapp.queries.printers import profiles
from deskapp.queries.printing import open_jobs
from deskapp.rules import papers
from deskapp.rules.numbers import make_label
from deskapp.rules.printer_profiles import Profile
from tests.conftest import KEY, PINS, START, FixedClock, People
from tests.print.virtual_printers import VirtualPrinter

PASSPHRASE = "correct horse battery"
ROOT = Path(__file__).resolve().parent.parent

Run = Callable[..., tuple[int, dict[str, object]]]


@pytest.fixture(autouse=True)
def _languages(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    before = i18n.language()
    yield
    i18n.use(before)


@pytest.fixture
def home(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The test branch behind a passphrase that the environment knows."""
    secrets.lock_away(home.vault, KEY, PASSPHRASE)
    monkeypatch.setenv("DESKAPP_PASSPHRASE", PASSPHRASE)
    return home


@pytest.fixture
def pin_of(tmp_path: Path) -> Callable[[str], list[str]]:
    """The words that say who acts."""

    def words(number: str) -> list[str]:
        file = tmp_path / f"pin-{number}"
        file.write_text(PINS[number] + "\n", "utf-8")
        return ["--staff", number, "--pin-file", str(file)]

    return words


@pytest.fixture
def run(home: Home, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run words on the test branch and return status and JSON."""

    def go(*words: str) -> tuple[int, dict[str, object]]:
        status = cli.main([*words, "--home", str(home.root), "--json"])
        out = capsys.readouterr().out
        return status, json.loads(out) if out else {}

    return go


# -- import and export -----------------------------------------------------------


def test_models_and_merchants_are_imported_and_counted(run: Run, pin_of: Callable[[str], list[str]]) -> None:
    assert run("import", "models", str(resource("samples", "models.csv")), *pin_of("A01"))[0] == 0

    status, told = run("import", "merchants", str(resource("samples", "merchants.csv")), *pin_of("A01"))

    assert status == 0 and told["added"] == 12 and told["done"] is True


def test_a_dry_run_tells_and_changes_nothing(run: Run, home: Home, pin_of: Callable[[str], list[str]]) -> None:
    file = str(resource("samples", "merchants.csv"))

    status, told = run("import", "merchants", file, "--dry-run", *pin_of("A01"))

    assert status == 0 and told["added"] == 12 and told["done"] is False
    status, told = run("import", "merchants", file, *pin_of("A01"))
    assert (status, told["added"], told["changed"]) == (0, 12, 0)


def test_a_file_with_wrong_columns_is_refused_whole(run: Run, pin_of: Callable[[str], list[str]]) -> None:
    file = str(resource("samples", "devices_gb18030_wrong_columns.csv"))

    status, told = run("import", "devices", file, *pin_of("A01"))

    assert status == 1 and told["code"] == "columns" and "机身号/序列号" in str(told["sentences"])


def test_every_wrong_line_is_named_and_nothing_is_taken(
    run: Run, tmp_path: Path, pin_of: Callable[[str], list[str]]
) -> None:
    file = tmp_path / "m.csv"
    file.write_text("商户号,商户名称\n100391054110001,榕城小面\n123,\n100391054110001,又一个\n", "utf-8-sig")

    status, told = run("import", "merchants", str(file), *pin_of("A01"))

    assert status == 1 and [problem["line"] for problem in told["problems"]] == [3, 4]  # type: ignore[attr-defined]
    status, told = run("export", "merchants", str(tmp_path / "out.csv"), *pin_of("S01"))
    assert (status, told["lines"]) == (0, 0)


def test_an_export_can_be_imported_again(run: Run, tmp_path: Path, pin_of: Callable[[str], list[str]]) -> None:
    for kind in ("models", "merchants", "devices"):
        run("import", kind, str(resource("samples", f"{kind}.csv")), *pin_of("A01"))
    file = tmp_path / "devices.csv"

    status, told = run("export", "devices", str(file), *pin_of("S01"))

    assert (status, told["lines"]) == (0, 30)
    assert run("import", "devices", str(file), "--dry-run", *pin_of("A01"))[1]["added"] == 0


def test_telephone_numbers_are_masked_for_whoever_may_not_see_them(
    run: Run, tmp_path: Path, pin_of: Callable[[str], list[str]]
) -> None:
    run("import", "merchants", str(resource("samples", "merchants.csv")), *pin_of("A01"))
    file = tmp_path / "merchants.csv"
    run("export", "merchants", str(file), *pin_of("A01"))
    masked = file.read_text("utf-8-sig")
    run("export", "merchants", str(file), *pin_of("S01"))
    seen = file.read_text("utf-8-sig")

    assert "13800000101" not in masked and "138****0101" in masked
    assert "13800000101" in seen


def test_no_cell_of_an_export_is_a_formula(run: Run, tmp_path: Path, pin_of: Callable[[str], list[str]]) -> None:
    source = tmp_path / "m.csv"
    source.write_text('商户号,商户名称,备注\n100391054110001,榕城小面,"=1+1"\n', "utf-8-sig")
    run("import", "merchants", str(source), *pin_of("A01"))
    plain, excel = tmp_path / "out.csv", tmp_path / "out.xlsx"
    run("export", "merchants", str(plain), *pin_of("S01"))
    run("export", "merchants", str(excel), *pin_of("S01"))

    rows = list(csv.reader(plain.read_text("utf-8-sig").splitlines()))
    assert rows[1][-1] == "'=1+1"
    from openpyxl import load_workbook

    cells = [cell for line in load_workbook(excel).worksheets[0].iter_rows() for cell in line]
    assert all(cell.data_type != "f" for cell in cells) and cells[-1].value == "=1+1"


def test_an_export_needs_a_file_name_that_says_what_it_is(
    run: Run, tmp_path: Path, pin_of: Callable[[str], list[str]]
) -> None:
    status, told = run("export", "tickets", str(tmp_path / "out.doc"), *pin_of("S01"))

    assert status == 1 and told["field"] == "file"


# -- who acts ------------------------------------------------------------------------


def test_a_clerk_may_not_export(run: Run, tmp_path: Path, pin_of: Callable[[str], list[str]]) -> None:
    status, told = run("export", "merchants", str(tmp_path / "out.csv"), *pin_of("C01"))

    assert status == 1 and told["code"] == "right" and not (tmp_path / "out.csv").exists()


def test_a_wrong_pin_is_refused_and_the_try_is_kept(run: Run, home: Home, tmp_path: Path, people: People) -> None:
    file = tmp_path / "pin"
    file.write_text("000000", "utf-8")

    status, told = run("export", "merchants", str(tmp_path / "out.csv"), "--staff", "S01", "--pin-file", str(file))

    assert (status, told["code"]) == (1, "pin") and not (tmp_path / "out.csv").exists()
    with Store(home, KEY) as store, store.read() as session:
        assert session.get_one(StaffSecret, people.supervisor.staff_id).failures == 1


def test_work_of_a_person_needs_a_name(run: Run, tmp_path: Path) -> None:
    status, told = run("export", "merchants", str(tmp_path / "out.csv"))

    assert status == 1 and told["code"] == "no_staff"


def test_a_pin_file_that_is_not_there_is_a_sentence(run: Run, tmp_path: Path) -> None:
    words = ["--staff", "S01", "--pin-file", str(tmp_path / "none")]

    assert run("export", "merchants", str(tmp_path / "out.csv"), *words)[0] == 1


# -- papers ----------------------------------------------------------------------------


@command(N_("Queue a slip for the test"), right="")
def queue_slip(write: Write) -> str:
    card = papers.PickupSlipCard(number=write.number("K"), token="ABCD2345", merchant="榕城小面")
    return queue(write, card, subject_kind="repair_order", subject_id="x").number


@pytest.mark.parametrize(("ending", "start"), [(".pdf", b"%PDF-"), (".png", b"\x89PNG")])
def test_a_paper_is_drawn_again_from_its_frozen_card(
    run: Run, home: Home, tmp_path: Path, pin_of: Callable[[str], list[str]], ending: str, start: bytes
) -> None:
    with Store(home, KEY, clock=FixedClock()) as store:
        number = store.run(queue_slip()).result
    file = tmp_path / f"slip{ending}"

    status, told = run("print", "slip", number, "--to", str(file), *pin_of("C01"))

    assert status == 0 and told["number"] == number
    assert file.read_bytes().startswith(start)


def test_a_paper_in_a_file_is_made_with_the_templates_of_the_branch(
    run: Run, home: Home, tmp_path: Path, people: People, pin_of: Callable[[str], list[str]]
) -> None:
    """What a branch tuned is on the paper from the printer, so it is on this one too."""
    options = {"pickup_slip": json.dumps({"closing": "凭证遗失请致电网点"})}
    with Store(home, KEY, clock=FixedClock()) as store:
        number = store.run(queue_slip()).result
        store.run(set_setting(key=settings.TEMPLATE_OPTIONS.key, value=options), by=people.admin)

    assert run("print", "slip", number, "--to", str(tmp_path / "slip.pdf"), *pin_of("C01"))[0] == 0
    assert "凭证遗失请致电网点" in raster.text((tmp_path / "slip.pdf").read_bytes())


def test_a_number_that_nobody_printed_is_refused(run: Run, tmp_path: Path, pin_of: Callable[[str], list[str]]) -> None:
    status, told = run("print", "receipt", "C00000", "--to", str(tmp_path / "x.pdf"), *pin_of("C01"))

    assert status == 1 and told["field"] == "number" and not (tmp_path / "x.pdf").exists()


@pytest.mark.parametrize(("ending", "start"), [(".zpl", b"^XA"), (".tspl", b"SIZE"), (".escpos", b"\x1b@")])
def test_a_label_is_written_in_the_language_of_a_printer(
    run: Run, home: Home, tmp_path: Path, pin_of: Callable[[str], list[str]], ending: str, start: bytes
) -> None:
    number = _label(home)
    file = tmp_path / f"label{ending}"

    status, told = run("print", "label", number, "--to", str(file), *pin_of("C01"))

    assert status == 0 and told["pages"] == 1
    assert start in file.read_bytes()[:200]


def test_a_slip_on_a_page_is_nothing_for_a_label_printer(
    run: Run, home: Home, tmp_path: Path, people: People, pin_of: Callable[[str], list[str]]
) -> None:
    with Store(home, KEY, clock=FixedClock()) as store:
        store.run(set_setting(key=settings.SLIP_FORM.key, value="a5"), by=people.admin)
        number = store.run(queue_slip()).result

    assert run("print", "slip", number, "--to", str(tmp_path / "slip.zpl"), *pin_of("C01"))[0] == 1


def test_a_label_goes_to_a_printer_and_a_second_time_only_with_a_reason(
    run: Run, home: Home, pin_of: Callable[[str], list[str]]
) -> None:
    number = _label(home)
    with VirtualPrinter("zpl") as printer:
        with Store(home, KEY, clock=FixedClock()) as store:
            store.run(save_printer(profile=Profile(printer.address, "Counter", "zpl")))

        status, told = run("print", "label", number, "--printer", "Counter", *pin_of("C01"))
        assert (status, told["state"], told["evidence"], len(printer.sheets)) == (0, "printed", "counter", 1)

        status, told = run("print", "label", number, "--printer", "Counter", *pin_of("C01"))
        assert (status, told["field"], len(printer.sheets)) == (1, "reason", 1)

        words = ("--printer", "Counter", "--reason", "torn")
        assert run("print", "label", number, *words, *pin_of("C01"))[0] == 0
        assert len(printer.sheets) == 2


def test_a_printer_that_is_gone_is_a_sentence_and_the_label_waits(
    run: Run, home: Home, pin_of: Callable[[str], list[str]]
) -> None:
    number = _label(home)
    with VirtualPrinter("zpl", vanished=True) as printer, Store(home, KEY, clock=FixedClock()) as store:
        store.run(save_printer(profile=Profile("tcp://127.0.0.1:9", "Counter", "zpl")))
        assert printer.sheets == []

    status, told = run("print", "label", number, "--printer", "Counter", *pin_of("C01"))

    assert (status, told["code"]) == (1, "failed")
    with Store(home, KEY, clock=FixedClock()) as store:
        assert [job.state for job in store.ask(open_jobs)] == ["failed"]


def test_printers_are_listed_and_one_is_asked_what_it_can_say(
    run: Run, home: Home, pin_of: Callable[[str], list[str]]
) -> None:
    with VirtualPrinter("escpos") as printer:
        with Store(home, KEY, clock=FixedClock()) as store:
            store.run(save_printer(profile=Profile(printer.address, "Receipts", "escpos")))

        status, told = run("printers")
        rows = cast(list[dict[str, str]], told["printers"])
        assert status == 0
        assert [(row["address"], row["readiness"]) for row in rows if row["name"] == "Receipts"] == [
            (printer.address, "ready")
        ]

        status, told = run("printers", "--test", "Receipts", *pin_of("A01"))
        learned = cast(dict[str, object], told["learned"])
        assert (status, learned["status"], len(printer.sheets)) == (0, True, 1)
        with Store(home, KEY, clock=FixedClock()) as store:
            assert store.ask(profiles)[printer.address].learned.status is True


def _label(home: Home) -> str:
    with Store(home, KEY, clock=FixedClock()) as store:
        return str(store.run(queue_label()).result)


@command(N_("Queue a label for the test"), right="")
def queue_label(write: Write) -> str:
    card = papers.ShelfLabelCard(number=make_label("L", 123, 7), location="A-01")
    return queue(write, card, subject_kind="shelf", subject_id="x").number


# -- backup and restore ----------------------------------------------------------------


def test_a_backup_needs_nobody_and_comes_back_for_an_administrator(
    run: Run, home: Home, tmp_path: Path, people: People, pin_of: Callable[[str], list[str]]
) -> None:
    file = tmp_path / "a.deskbackup"
    assert run("backup", str(file))[0] == 0
    with Store(home, KEY, clock=FixedClock()) as store:
        store.run(add_shelf(code="LATER"), by=people.admin)

    status, told = run("restore", str(file), *pin_of("A01"))

    assert status == 0 and told["station_no"] == 0
    assert backup.integrity(home, KEY) == []


def test_a_supervisor_may_not_restore(run: Run, tmp_path: Path, pin_of: Callable[[str], list[str]]) -> None:
    file = tmp_path / "a.deskbackup"
    run("backup", str(file))

    status, told = run("restore", str(file), *pin_of("S01"))

    assert status == 1 and told["code"] == "right"


def test_a_backup_comes_back_on_a_new_computer_by_the_code_in_a_file(
    run: Run, home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = tmp_path / "code"
    code.write_text(opening.new_recovery_code(home, KEY), "utf-8")
    file = tmp_path / "a.deskbackup"
    run("backup", str(file))

    new = tmp_path / "new"
    words = ["restore", str(file), "--recovery-code-file", str(code), "--home", str(new), "--json"]
    status = cli.main(words)

    told = json.loads(capsys.readouterr().out)
    assert status == 0 and told["station_no"] in opening.PROVISIONAL
    assert opening.find_key(Home(new), PASSPHRASE) == KEY


def test_a_backup_file_that_is_none_is_refused(run: Run, tmp_path: Path, pin_of: Callable[[str], list[str]]) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("hello", "utf-8")

    assert run("restore", str(file), *pin_of("A01"))[1]["code"] == "not_a_backup"


# -- doctor ------------------------------------------------------------------------------


def levels(told: dict[str, object]) -> dict[str, str]:
    checks: list[dict[str, str]] = told["checks"]  # type: ignore[assignment]
    return {check["name"]: check["level"] for check in checks}


def test_the_doctor_finds_a_healthy_branch_healthy(run: Run, home: Home) -> None:
    opening.new_recovery_code(home, KEY)
    backup.back_up_daily(home, KEY, START)

    status, told = run("doctor")

    found = levels(told)
    assert status == 0 and told["wrong"] == 0
    assert {"version", "driver", "place", "disk", "key", "store", "integrity", "chain", "backup", "fonts"} <= set(found)


def test_the_doctor_finds_damage_and_a_missing_backup(run: Run, home: Home) -> None:
    content = bytearray(home.database.read_bytes())
    content[len(content) // 2] ^= 1
    home.database.write_bytes(content)

    status, told = run("doctor")

    found = levels(told)
    assert status == 1 and found["backup"] == "wrong" and found["recovery"] == "wrong"
    assert "wrong" in {found.get("integrity"), found.get("store")}


def test_the_doctor_examines_an_empty_computer_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.main(["doctor", "--home", str(tmp_path / "none"), "--json"]) == 0
    assert levels(json.loads(capsys.readouterr().out))["store"] == "note"


def test_what_is_wrong_stands_first_for_people(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "--home", str(home.root)]) == 1

    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("✗") and lines[-1].startswith("✓")


# -- words ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [["frobnicate"], ["import"], ["import", "lamps", "x.csv"], ["print", "label", "D1"], ["export", "parts", "x.csv"],
     ["tour"], ["backup"], ["--colour"], ["import", "merchants", "x.csv", "--dry"]],
)  # fmt: skip
def test_wrong_usage_ends_with_two(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 2
    assert "usage" in capsys.readouterr().err


def test_help_is_no_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0 and "restore" in capsys.readouterr().out


def test_a_home_before_the_verb_counts_too(home: Home, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.main(["--home", str(home.root), "--json", "backup", str(tmp_path / "a.deskbackup")]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == 0


def test_sentences_are_in_the_language_of_the_computer(
    home: Home, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    cli.main(["export", "merchants", str(tmp_path / "x.csv"), "--home", str(home.root)])

    assert "请用 --staff 工号" in capsys.readouterr().err


def test_a_wrong_passphrase_is_refused(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "words"
    file.write_text("wrong passphrase\n", "utf-8")
    words = ["backup", str(tmp_path / "a"), "--home", str(home.root), "--passphrase-file", str(file), "--json"]

    assert cli.main(words) == 1
    assert json.loads(capsys.readouterr().out)["field"] == "passphrase"


def test_without_a_screen_the_window_says_so(home: Home) -> None:
    environment = {key: value for key, value in os.environ.items() if key not in
                   ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "deskapp", "--home", str(home.root)], cwd=ROOT, env=environment, check=False,
        capture_output=True, encoding="utf-8", timeout=60,
    )  # fmt: skip

    assert done.returncode == 1 and "tour" in done.stderr


# -- one process owns the store -------------------------------------------------------------


class _Window(QObject):
    changed = Signal(object)


def test_the_running_window_does_the_work_of_the_command_line(
    run: Run, store: Store, home: Home, tmp_path: Path, qtbot: object
) -> None:
    from deskapp.ui.listener import Listener

    listener = Listener(home)
    try:
        listener.answer_with(partial(answer, store))
        # The way the program hears it: a signal may be left by a listener only in the thread that sends it.
        window = _Window()
        listener.forward_changes(window.changed)
        with qtbot.waitSignal(window.changed, timeout=10_000) as heard:  # type: ignore[attr-defined]
            pin = tmp_path / "pin"
            pin.write_text(PINS["A01"], "utf-8")
            status, told = run(
                "import", "models", str(resource("samples", "models.csv")), "--staff", "A01", "--pin-file", str(pin)
            )
        assert status == 0 and int(str(told["lines"])) > 0 and heard.args is not None
    finally:
        listener.close()


def test_a_knock_without_the_token_is_not_answered(home: Home, store: Store) -> None:
    from deskapp.ui.knock import knock
    from deskapp.ui.listener import Listener

    listener = Listener(home)
    try:
        listener.answer_with(partial(answer, store))
        note = json.loads(home.socket.read_text("utf-8"))
        home.socket.write_text(json.dumps({**note, "token": "0" * 32}), "utf-8")
        assert knock(home, {"verb": "backup", "file": "x"}) == {"refused": "token"}
    finally:
        listener.close()


def test_a_window_that_was_killed_is_not_waited_for(home: Home, run: Run, tmp_path: Path) -> None:
    home.socket.write_text(json.dumps({"address": str(home.root / "gone.sock"), "token": "x"}), "utf-8")

    assert run("backup", str(tmp_path / "a.deskbackup"))[0] == 0


def test_while_another_program_holds_the_store_there_is_a_sentence(run: Run, store: Store, tmp_path: Path) -> None:
    status, told = run("backup", str(tmp_path / "a.deskbackup"))

    assert status == 1 and told["code"] == "already_open"
