"""What is known about printers: kept as given, checked, chosen by kind, forgotten whole; and the history of papers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from deskapp import cipher
from deskapp.commands import printer_profiles as acts
from deskapp.errors import Refused
from deskapp.models.local import PrintEvent, PrintJob
from deskapp.models.store import Store, Write, command
from deskapp.queries import printers as asks
from deskapp.queries.printing import steps_of
from deskapp.rules.printer_profiles import Capabilities, Profile, Tune, checked_address, tcp_parts
from tests.conftest import People

ZEBRA = Profile("tcp://192.168.1.50:9100", "前台标签机", "zpl", dots_per_mm=12, head_dots=1248)


@command("Add a paper for the test", right="")
def add_job(
    write: Write, *, state: str = "printed", printer: str = ZEBRA.address, medium: str = "label-60x40", pieces: int = 1
) -> str:
    job = PrintJob(
        id=write.new_id(), kind="device_label", subject_kind="x", subject_id="x", card="{}", created_at=write.now,
        state=state, state_at=write.now, printer=printer, medium=medium, pieces=pieces,
    )  # fmt: skip
    write.session.add(job)
    write.session.add(PrintEvent(job_id=job.id, at=write.now, state=state, evidence="counter"))
    return job.id


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("192.168.1.50", "tcp://192.168.1.50:9100"),
        (" 192.168.1.50:9101 ", "tcp://192.168.1.50:9101"),
        ("printer.local", "tcp://printer.local:9100"),
        ("TCP://Zebra:9100", "tcp://zebra:9100"),
        ("tcp://[fe80::1]:9100", "tcp://[fe80::1]:9100"),
        ("usb:/dev/usb/lp0", "usb:/dev/usb/lp0"),
        ("/dev/usb/lp1", "usb:/dev/usb/lp1"),
        ("spool:Zebra ZD420 (copy 1)", "spool:Zebra ZD420 (copy 1)"),
        ("pdf:/home/desk/papers", "pdf:/home/desk/papers"),
    ],
)
def test_an_address_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert checked_address(typed) == kept == checked_address(kept)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "  ",
        "usb:/etc/passwd",
        "usb:/dev/usb/../sda",
        "tcp://",
        "tcp://a/b",
        "tcp://a:0",
        "tcp://a:70000",
        "ftp:x",
        "a b",
        "spool: ",
        "tcp://-x",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(Refused) as refusal:
        checked_address(typed)
    assert refusal.value.field == "address"


def test_tcp_parts_are_host_and_port() -> None:
    assert tcp_parts("tcp://[fe80::1]:9100") == ("fe80::1", 9100)


# ---------------------------------------------------------------- printers


def test_a_printer_is_kept_as_given_and_found_again(store: Store, people: People) -> None:
    address = store.run(acts.save_printer(profile=replace(ZEBRA, address="192.168.1.50")), by=people.clerk).result
    assert address == ZEBRA.address
    assert store.ask(asks.profiles) == {ZEBRA.address: ZEBRA}
    assert store.ask(lambda s: asks.profile_of(s, ZEBRA.address)) == ZEBRA
    assert store.ask(lambda s: asks.profile_of(s, "tcp://other:9100")) == Profile("tcp://other:9100")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"language": ""}, "language"),
        ({"language": "pcl"}, "language"),
        ({"dots_per_mm": 9}, "dots_per_mm"),
        ({"head_dots": 9999}, "head_dots"),
        ({"fallback": ZEBRA.address}, "fallback"),
        ({"address": "usb:/etc/passwd"}, "address"),
    ],
)
def test_what_no_printer_has_is_refused_at_its_field(
    store: Store, people: People, change: dict[str, object], field: str
) -> None:
    with pytest.raises(Refused) as refusal:
        store.run(acts.save_printer(profile=replace(ZEBRA, **change)), by=people.clerk)  # type: ignore[arg-type]
    assert refusal.value.field == field and store.ask(asks.profiles) == {}


def test_printers_never_take_over_from_each_other_in_a_ring(store: Store, people: People) -> None:
    a, b, c = (replace(ZEBRA, address=f"tcp://{name}:9100") for name in "abc")
    store.run(acts.save_printer(profile=replace(a, fallback=b.address)), by=people.clerk)
    store.run(acts.save_printer(profile=replace(b, fallback=c.address)), by=people.clerk)
    with pytest.raises(Refused):
        store.run(acts.save_printer(profile=replace(c, fallback=a.address)), by=people.clerk)


def test_what_was_learned_stays_until_the_language_changes(store: Store, people: People) -> None:
    learned = Capabilities(status=True, counter=False, closes=True, ms_per_piece=700)
    store.run(acts.save_printer(profile=ZEBRA), by=people.clerk)
    store.run(acts.keep_learned(address=ZEBRA.address, learned=learned))
    store.run(acts.save_printer(profile=replace(ZEBRA, name="后台")), by=people.clerk)
    kept = store.ask(asks.profiles)[ZEBRA.address]
    assert kept.learned == learned and kept.learned_at > 0 and kept.name == "后台"

    store.run(acts.save_printer(profile=replace(ZEBRA, language="tspl")), by=people.clerk)
    assert store.ask(asks.profiles)[ZEBRA.address].learned == Capabilities()


def test_capabilities_that_cannot_be_read_count_as_not_tried() -> None:
    assert Capabilities.from_json({"status": "yes", "ms_per_piece": -4, "more": 1}) == Capabilities()
    every = Capabilities(False, True, None, True, "ZD420", 5)
    assert Capabilities.from_json(every.to_json()) == every


def test_a_printer_can_be_paused_and_goes_on(store: Store, people: People) -> None:
    store.run(acts.pause_printer(address=ZEBRA.address), by=people.clerk)
    assert store.ask(asks.profiles)[ZEBRA.address].paused
    store.run(acts.save_printer(profile=ZEBRA), by=people.clerk)
    assert store.ask(asks.profiles)[ZEBRA.address].paused  # saving a form does not start a printer somebody stopped
    store.run(acts.pause_printer(address=ZEBRA.address, paused=False), by=people.clerk)
    assert not store.ask(asks.profiles)[ZEBRA.address].paused


def test_forgetting_a_printer_forgets_all_of_it(store: Store, people: People) -> None:
    other = replace(ZEBRA, address="tcp://other:9100", fallback=ZEBRA.address)
    for profile in (ZEBRA, other):
        store.run(acts.save_printer(profile=profile), by=people.clerk)
    store.run(acts.tune_printer(address=ZEBRA.address, tune=Tune("label-60x40")), by=people.clerk)
    store.run(acts.choose_printer(kind="device_label", address=ZEBRA.address), by=people.clerk)
    store.run(acts.choose_printer(kind="part_label", address=other.address, fallback=ZEBRA.address), by=people.clerk)
    store.run(acts.forget_printer(address=ZEBRA.address), by=people.clerk)

    assert {one.fallback for one in store.ask(asks.profiles).values()} == {""}
    assert {kind: one.fallback for kind, one in store.ask(asks.choices).items()} == {"part_label": ""}
    assert not store.ask(lambda s: asks.profile_of(s, ZEBRA.address)).tunes
    with pytest.raises(Refused):
        store.run(acts.forget_printer(address=ZEBRA.address), by=people.clerk)


# ---------------------------------------------------------------- media, choices, rolls


def test_a_tune_belongs_to_a_printer_and_a_medium(store: Store, people: People) -> None:
    tune = Tune("label-60x40", "mark", 3000, 60, 4, 180, 1500, -700, 1_001_000, 999_000, 3)
    store.run(acts.save_printer(profile=ZEBRA), by=people.clerk)
    store.run(acts.tune_printer(address=ZEBRA.address, tune=tune), by=people.clerk)
    profile = store.ask(asks.profiles)[ZEBRA.address]

    assert replace(profile.tune("label-60x40"), calibrated_at=0) == tune
    assert profile.tune("label-60x40@300+qr").offset_x_um == 1500
    assert profile.tune("label-50x30") == Tune("label-50x30") and profile.tune("roll-80").feed == "continuous"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"feed": "hope"}, "feed"),
        ({"rotation": 90}, "rotation"),
        ({"offset_x_um": 16_000}, "offset_x_um"),
        ({"scale_y_ppm": 1_100_000}, "scale_y_ppm"),
        ({"darkness": 101}, "darkness"),
        ({"speed": 0}, "speed"),
        ({"medium": " "}, "medium"),
    ],
)
def test_settings_no_printer_takes_are_refused(
    store: Store, people: People, change: dict[str, object], field: str
) -> None:
    store.run(acts.save_printer(profile=ZEBRA), by=people.clerk)
    with pytest.raises(Refused) as refusal:
        store.run(
            acts.tune_printer(address=ZEBRA.address, tune=replace(Tune("label-60x40"), **change)), by=people.clerk
        )  # type: ignore[arg-type]
    assert refusal.value.field == field


def test_a_kind_of_document_has_its_printer(store: Store, people: People) -> None:
    store.run(
        acts.choose_printer(kind="pickup_slip", address="192.168.1.60", fallback="pdf:/papers", medium="roll-80"),
        by=people.clerk,
    )
    assert store.ask(asks.choices)["pickup_slip"] == asks.Choice(
        "pickup_slip", "tcp://192.168.1.60:9100", "pdf:/papers", "roll-80"
    )
    store.run(acts.choose_printer(kind="pickup_slip"), by=people.clerk)
    assert store.ask(asks.choices) == {}


def test_what_is_left_of_a_roll_is_counted_from_the_papers(store: Store, people: People) -> None:
    store.run(acts.save_printer(profile=ZEBRA), by=people.clerk)
    store.run(add_job())
    store.run(acts.new_roll(address=ZEBRA.address, medium="label-60x40", pieces=500), by=people.clerk)
    store.run(add_job(medium="label-60x40@300+qr"))
    store.run(add_job(pieces=4))
    store.run(add_job(state="unknown"))
    store.run(add_job(printer="tcp://other:9100"))
    store.run(add_job(medium="label-50x30"))

    assert store.ask(asks.paper_left) == [asks.PaperLeft(ZEBRA.address, "label-60x40", 500, 495)]
    store.run(acts.new_roll(address=ZEBRA.address, medium="label-60x40", pieces=0), by=people.clerk)
    assert store.ask(asks.paper_left) == []


# ---------------------------------------------------------------- history


def test_the_steps_of_a_paper_are_never_changed(store: Store) -> None:
    job_id = store.run(add_job()).result
    step = store.ask(lambda s: steps_of(s, job_id))[-1]
    assert (step.state, step.evidence) == ("printed", "counter")

    @command("Rewrite history", right="")
    def rewrite(write: Write) -> None:
        write.session.execute(text("UPDATE print_event SET state = 'queued'"))

    with pytest.raises(cipher.DatabaseError):
        store.run(rewrite())
    assert store.ask(lambda s: steps_of(s, job_id))[-1] == step


def test_nothing_about_printers_leaves_this_computer(store: Store, people: People) -> None:
    done = store.run(acts.save_printer(profile=ZEBRA), by=people.clerk)
    assert done.changes.seq == 0 and done.changes.touches("printer_profile")


def test_the_files_of_a_printers_lock_are_this_users_own() -> None:
    from deskapp.print.lines import gate_folder

    folder = gate_folder()
    assert folder is not None and isinstance(folder, Path) and folder.stat().st_mode & 0o077 == 0
