"""The pages of printing as a clerk uses them: set a printer up, print, lose the cable, account for every sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from PySide6.QtCore import Qt

from deskapp.commands.printer_profiles import pause_printer, save_printer, use_printer
from deskapp.commands.printing import mark_printed
from deskapp.errors import N_
from deskapp.models.local import PrintJob
from deskapp.models.store import Store, Write, command
from deskapp.print import templates
from deskapp.print.lines import Limits
from deskapp.print.raw_printer import open_raw
from deskapp.print.spooler import Spooler
from deskapp.queries import printing
from deskapp.queries.printers import profiles
from deskapp.rules.papers import LABEL_KINDS
from deskapp.rules.printer_profiles import Profile
from deskapp.ui.application import Relay
from deskapp.ui.page import PageContext, PrintDoor
from deskapp.ui.pages.print_queue import PrintQueuePage
from deskapp.ui.pages.printers import PrintersPage
from deskapp.ui.pages.templates import TemplatesPage
from deskapp.ui.status import StatusCard, StatusLine
from tests.checkin_shop import stock_shop, taken_in
from tests.conftest import People
from tests.keys import press_key, type_keys
from tests.print.printer_desk import SHORT
from tests.print.virtual_printers import VirtualPrinter

LABELS = tuple(sorted(LABEL_KINDS))
TAKEN = 5
"""Labels of one check-in: two devices, three loose accessories."""


@dataclass
class Desk:
    """A desk with a real spooler: what happens to a paper reaches the pages as in the program."""

    qtbot: Any
    context: PageContext
    store: Store
    spooler: Spooler
    said: list[str]

    def page(self, kind: type[Any], **args: object) -> Any:
        """Open a page, wide enough for all of it."""
        made = kind(self.context)
        self.qtbot.addWidget(made)
        self.context.jobs.changed.connect(made.changed)
        made.resize(1300, 1000)
        made.show()
        made.open(**args)
        return made

    def states(self) -> dict[str, str]:
        """Return the state of every label by its number."""
        return self.store.ask(
            lambda s: {job.number: job.state for job in printing.recent_jobs(s) if job.kind in LABELS}
        )

    def wait(self, so: Callable[[], object], ms: int = 15_000) -> None:
        self.qtbot.waitUntil(lambda: bool(so()), timeout=ms)


@pytest.fixture
def desk(qtbot: Any, context: PageContext, store: Store) -> Iterator[Desk]:
    relay = Relay()
    relay.told.connect(context.jobs.changed)
    limits = Limits(**{name: getattr(SHORT, name) for name in Limits.__dataclass_fields__})
    spooler = Spooler(
        store,
        tell=lambda paper: relay.tell(paper.changes) if paper.changes else None,
        open_raw=lambda profile: open_raw(profile, limits),
    )
    said: list[str] = []
    context.printing = PrintDoor(spooler.hurry, spooler.clear_printer)
    context.toast = lambda text, **values: said.append(text)

    def wake(changes: Any) -> None:
        if changes.touches("print_job", "printer_profile", "printer_choice"):
            spooler.wake()

    context.jobs.changed.connect(wake)
    store.run(stock_shop())
    spooler.start()
    yield Desk(qtbot, context, store, spooler, said)
    spooler.stop()


@pytest.fixture
def printer() -> Iterator[VirtualPrinter]:
    with VirtualPrinter("zpl", print_ms=5) as made:
        yield made


def with_labels_on(desk: Desk, printer: VirtualPrinter, **more: Any) -> None:
    desk.store.run(save_printer(profile=Profile(printer.address, "Left", language=printer.language, **more)))
    desk.store.run(use_printer(kinds=LABELS, address=printer.address, medium="label-60x40"))


# ---------------------------------------------------------------- setting up


@pytest.mark.parametrize("language", ["zpl", "tspl", "escpos"])
def test_a_printer_is_set_up_by_address_and_keys_and_its_language_is_found_out(desk: Desk, language: str) -> None:
    with VirtualPrinter(language) as printer:
        page = desk.page(PrintersPage, section="add")
        setup = page.setup
        setup.address.setFocus()
        type_keys(setup.address, f"127.0.0.1:{printer.port}")
        press_key(setup.address, Qt.Key.Key_Return)

        desk.wait(lambda: setup.language.value() == language)
        assert setup.medium.value() == ("roll-80" if language == "escpos" else "label-60x40")
        press_key(setup.medium, Qt.Key.Key_Return)
        assert printer.wait_printed(1)
        desk.wait(lambda: setup.print_again.isEnabled())
        press_key(setup.came, Qt.Key.Key_1)
        press_key(setup.came, Qt.Key.Key_Return)
        type_keys(setup.name, "Counter")
        press_key(setup.name, Qt.Key.Key_Return)

        desk.wait(lambda: page.bar.value() == "list" and page.printers.profile is not None)
        kept = desk.store.ask(profiles)[printer.address]
        assert (kept.language, kept.name) == (language, "Counter")
        assert page.printers.name.text() == "Counter"
        desk.wait(lambda: page.printers.table in (page.window().focusWidget(), page.window().focusWidget().parent()))


def test_the_button_that_goes_on_is_in_sight_at_every_step_on_a_small_screen(
    desk: Desk, printer: VirtualPrinter
) -> None:
    with_labels_on(desk, printer)
    page = desk.page(PrintersPage)
    page.resize(1100, 680)  # what a window of 1280 x 800 leaves to it
    desk.wait(lambda: page.printers.profile is not None)
    page.show_section("add")
    for step in range(4):
        page.setup.go(step)
        desk.wait(lambda: page.setup.next.mapTo(page, page.setup.next.rect().bottomLeft()).y() < page.height())


def test_nothing_that_came_out_leads_back_to_the_language(desk: Desk, printer: VirtualPrinter) -> None:
    setup = desk.page(PrintersPage, section="add").setup
    setup.address.setText(printer.address)
    setup.go_on()
    desk.wait(lambda: setup.language.value() == "zpl")
    setup.go_on()
    desk.wait(lambda: setup.print_again.isEnabled())
    press_key(setup.came, Qt.Key.Key_3)

    assert setup.stepper.current() == 1 and "another language" in setup.answer.text()
    assert desk.store.ask(profiles) == {}


def test_an_address_that_is_none_is_refused_at_its_field(desk: Desk) -> None:
    setup = desk.page(PrintersPage, section="add").setup
    setup.address.setText("ftp:x")
    setup.go_on()

    assert "no printer address" in setup.finder.form.rows["address"].error.text()
    assert setup.stepper.current() == 0


def test_a_printer_that_is_not_there_says_so_before_anything_is_kept(desk: Desk) -> None:
    with VirtualPrinter("zpl") as gone:
        address = gone.address
    setup = desk.page(PrintersPage, section="add").setup
    setup.address.setText(address)
    setup.go_on()

    desk.wait(lambda: setup.answer.property("role") == "warn")


def test_the_test_run_is_kept_and_told_in_words(desk: Desk, printer: VirtualPrinter) -> None:
    with_labels_on(desk, printer)
    page = desk.page(PrintersPage)
    desk.wait(lambda: page.printers.profile is not None)
    page.printers.show_part("test")
    page.printers.test.run()

    assert printer.wait_printed(10)
    desk.wait(lambda: desk.store.ask(profiles)[printer.address].learned_at)
    assert desk.store.ask(profiles)[printer.address].learned.counter is True
    desk.wait(lambda: any("counts its papers" in line.what for line in page.printers.test.known.happenings))


def test_truing_by_arrow_keys_and_by_the_printed_numbers(desk: Desk, printer: VirtualPrinter) -> None:
    with_labels_on(desk, printer)
    page = desk.page(PrintersPage)
    desk.wait(lambda: page.printers.profile is not None)
    page.printers.show_part("true")
    true = page.printers.true

    def tune() -> Any:
        return desk.store.ask(profiles)[printer.address].tune("label-60x40")

    press_key(true.pad, Qt.Key.Key_Right)
    press_key(true.pad, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    desk.wait(lambda: (tune().offset_x_um, tune().offset_y_um) == (250, 1000))
    true.print_calibration()
    assert printer.wait_printed(2)
    desk.wait(lambda: true.print_page.isEnabled())

    true.edge_fields["left"].setText("2")
    true.work_out()
    desk.wait(lambda: tune().offset_x_um == 2250)
    assert page.scan("990003")
    desk.wait(lambda: tune().smallest_module == 3)


def test_a_new_roll_is_counted_down(desk: Desk, printer: VirtualPrinter, people: People) -> None:
    with_labels_on(desk, printer)
    page = desk.page(PrintersPage)
    desk.wait(lambda: page.printers.profile is not None)
    true = page.printers.true
    true.roll.setText("100")
    true.save()
    desk.wait(lambda: desk.store.ask(profiles)[printer.address].tune("label-60x40").roll_pieces == 100)
    taken_in(desk.store, people)
    desk.spooler.wake()

    desk.wait(lambda: f"About {100 - TAKEN} of 100" in true.left_words.text())


# ---------------------------------------------------------------- the day's papers


def test_the_cable_is_pulled_and_every_sheet_is_accounted_for(
    desk: Desk, printer: VirtualPrinter, people: People
) -> None:
    """The printer's own count settles what it can; every label comes out once, and nobody is asked."""
    with_labels_on(desk, printer)
    queue = desk.page(PrintQueuePage)
    printer.set(cut_after=6000)
    taken_in(desk.store, people)
    desk.spooler.wake()
    desk.wait(lambda: printer.received >= 6000)
    printer.set(cut_after=None, vanished=True)
    printer.set(vanished=False)
    desk.spooler.hurry()

    desk.wait(lambda: set(desk.states().values()) == {"printed"}, 40_000)
    assert printer.wait_for(lambda: not printer.waiting)
    assert len(printer.sheets) == len(desk.states()) == TAKEN
    assert len({sheet.sha256 for sheet in printer.sheets}) == TAKEN
    assert queue.question.isHidden()


def test_without_a_count_one_question_is_asked_and_answered_by_keys(
    desk: Desk, printer: VirtualPrinter, people: People
) -> None:
    with_labels_on(desk, printer)
    printer.set(silent=True, no_counter=True, cut_after=6000)
    queue = desk.page(PrintQueuePage)
    taken_in(desk.store, people)
    desk.spooler.wake()
    desk.wait(lambda: "unknown" in desk.states().values() and not queue.question.isHidden())
    printer.set(cut_after=None)
    desk.wait(lambda: len(queue.question.last.jobs) > 1)

    assert printer.wait_for(lambda: not printer.waiting)
    before = sum(state == "printed" for state in desk.states().values())  # windows that left before the cut
    out = len(printer.sheets) - before
    last = queue.question.last
    asked = len(last.jobs)
    assert not queue.question.button.isEnabled(), "nothing is answered before somebody chose"
    last.setFocus()
    press_key(last, Qt.Key.Key_Home)
    for _ in range(out):
        press_key(last, Qt.Key.Key_Right)
    again = asked - out
    words = "1 is printed again" if again == 1 else f"{again} are printed again"
    assert words in queue.question.meaning.text() or out in (0, asked)
    press_key(last, Qt.Key.Key_Return)
    desk.spooler.hurry()

    desk.wait(lambda: set(desk.states().values()) == {"printed"}, 40_000)
    assert printer.wait_printed(TAKEN)
    assert len({sheet.sha256 for sheet in printer.sheets}) == len(printer.sheets) == TAKEN
    answered = desk.store.ask(lambda s: [j.resolved_by for j in printing.recent_jobs(s) if j.evidence == "person"])
    assert answered == [people.clerk.staff_id] * out


def test_a_printer_out_of_paper_is_told_in_words_and_goes_on_by_itself(
    desk: Desk, printer: VirtualPrinter, people: People
) -> None:
    with_labels_on(desk, printer)
    printer.set(paper_out=True)
    queue = desk.page(PrintQueuePage)
    taken_in(desk.store, people)
    desk.spooler.wake()

    desk.wait(lambda: "failed" in desk.states().values())
    tile = queue.printers.tiles[printer.address]
    tile.ask()
    desk.wait(lambda: "paper is used up" in tile.sentence.text())
    desk.wait(lambda: "paper is used up" in queue.trouble.text())
    printer.set(paper_out=False)
    press_key(tile.now, Qt.Key.Key_Return)

    desk.wait(lambda: set(desk.states().values()) == {"printed"})
    assert printer.wait_printed(TAKEN)
    assert len(printer.sheets) == TAKEN


def test_a_paused_printer_waits_and_goes_on(desk: Desk, printer: VirtualPrinter, people: People) -> None:
    with_labels_on(desk, printer)
    desk.store.run(pause_printer(address=printer.address))
    queue = desk.page(PrintQueuePage)
    taken_in(desk.store, people)
    desk.spooler.wake()
    queue.open()
    desk.wait(lambda: printer.address in queue.printers.tiles and len(queue.table.rows()) >= TAKEN)
    tile = queue.printers.tiles[printer.address]
    desk.wait(lambda: f"{TAKEN} papers wait" in tile.load.text() and "Paused here" in tile.sentence.text())
    assert set(desk.states().values()) == {"queued"}
    press_key(tile.pause, Qt.Key.Key_Return)

    desk.wait(lambda: set(desk.states().values()) == {"printed"})


def test_clearing_a_printer_says_what_it_does_and_cancels_what_it_held(
    desk: Desk, printer: VirtualPrinter, people: People
) -> None:
    with_labels_on(desk, printer)
    printer.set(paper_left=1)
    queue = desk.page(PrintQueuePage)
    taken_in(desk.store, people)
    desk.spooler.wake()
    desk.wait(lambda: "held" in desk.states().values())
    desk.wait(lambda: queue.printers.tiles[printer.address].line.held)
    held = sum(state == "held" for state in desk.states().values())
    press_key(queue.printers.tiles[printer.address].clear, Qt.Key.Key_Return)
    confirm = queue.printers.confirm
    assert f"{held} papers" in confirm.question.text() and confirm.isVisible()
    confirm.yes.click()

    desk.wait(lambda: sum(state == "cancelled" for state in desk.states().values()) == held)
    desk.wait(lambda: any("forgotten" in text for text in desk.said))


def test_a_waiting_label_goes_onto_a_sheet_at_the_cell_a_person_chose(
    desk: Desk, printer: VirtualPrinter, people: People
) -> None:
    with_labels_on(desk, printer)
    desk.store.run(pause_printer(address=printer.address))
    taken_in(desk.store, people)
    queue = desk.page(PrintQueuePage)
    desk.wait(lambda: any(job.kind == "device_label" for job in queue.table.rows()))
    queue.table.select(next(n for n, job in enumerate(queue.table.rows()) if job.kind == "device_label"))
    number = queue.job.number
    sheet = next(n for n, choice in enumerate(queue.elsewhere.bar._choices, 1) if choice.value == "sheet")
    press_key(queue.elsewhere.bar, str(sheet))
    picker = queue.elsewhere.picker
    press_key(picker, Qt.Key.Key_Down)
    press_key(picker, Qt.Key.Key_Right)
    press_key(picker, Qt.Key.Key_Return)

    desk.wait(lambda: desk.states()[number] == "printed")
    job = desk.store.ask(lambda s: printing.paper_numbered(s, number))
    assert (job.medium, job.start_cell, job.printer.startswith("pdf:")) == ("a4-labels", 4, True)
    desk.wait(lambda: queue.view.sheet.next_cell == 5)


# ---------------------------------------------------------------- batches, history, pictures


@command(N_("Print everything for the test"), right="")
def all_came_out(write: Write) -> None:
    for job in write.session.query(PrintJob):
        job.state = "printed"


def test_part_of_a_batch_is_printed_again_with_a_reason(desk: Desk, people: People) -> None:
    desk.spooler.stop()
    taken_in(desk.store, people)
    desk.store.run(all_came_out())
    queue = desk.page(PrintQueuePage, which="all")
    desk.wait(lambda: queue.batch.line is not None and queue.batch.line.printed)
    batch = queue.batch
    assert batch.line.total == len(queue.table.rows())
    batch.first.setText("2")
    batch.last.setText("3")
    batch.again.click()
    desk.wait(lambda: "reason" in batch.form.rows["reason"].error.text())
    press_key(batch.reason, Qt.Key.Key_1)
    batch.again.click()

    def copies() -> list[int]:
        return desk.store.ask(lambda s: [job.batch_seq for job in printing.recent_jobs(s) if job.copy_no == 1])

    desk.wait(lambda: sorted(copies()) == [1, 2])


def test_cancelling_the_rest_of_a_batch_leaves_what_came_out(desk: Desk, people: People) -> None:
    desk.spooler.stop()
    taken_in(desk.store, people)
    first = desk.store.ask(printing.waiting_jobs)[0]
    desk.store.run(mark_printed(job_id=first.id, evidence="person"))
    queue = desk.page(PrintQueuePage)
    desk.wait(lambda: queue.batches.rows and queue.batches.rows[0].line is not None)
    assert queue.batches.rows[0].count.text().startswith("1 of ")
    queue.batches.rows[0].cancel.click()

    desk.wait(lambda: desk.store.ask(printing.waiting_jobs) == [])
    assert desk.store.ask(lambda s: printing.batch(s, first.batch_id)).count("printed") == 1


def test_the_preview_shows_the_very_dots_of_the_printer_and_warns(
    desk: Desk, printer: VirtualPrinter, people: People
) -> None:
    with_labels_on(desk, printer, dots_per_mm=12)
    desk.store.run(pause_printer(address=printer.address))
    taken_in(desk.store, people)
    queue = desk.page(PrintQueuePage)
    desk.wait(lambda: any(job.kind == "device_label" for job in queue.table.rows()))
    queue.table.select(next(n for n, job in enumerate(queue.table.rows()) if job.kind == "device_label"))

    desk.wait(lambda: queue.preview.proof is not None and queue.preview.proof.exact)
    assert queue.preview.proof.dpi == 305
    assert (queue.preview._papers[0].width(), queue.preview._papers[0].height()) == (720, 480)


def test_the_history_of_a_paper_says_who_asked(desk: Desk, people: People) -> None:
    desk.spooler.stop()
    taken_in(desk.store, people)
    queue = desk.page(PrintQueuePage)

    desk.wait(lambda: any(line.who == "李秀英" for line in queue.story.happenings))


def test_the_status_line_says_a_question_before_everything_else(qtbot: Any) -> None:
    line = StatusLine()
    qtbot.addWidget(line)
    line.show_status(StatusCard(print_failed=3, print_doubt=2, print_trouble="x"), 0)
    assert line.paper.text() == "Did 2 papers come out? Please look"
    line.show_status(
        StatusCard(
            print_waiting=1, print_failed=2, print_trouble="The paper is used up. Change the roll, then continue."
        ),
        0,
    )
    assert line.paper.text() == "3 papers wait: The paper is used up. Change the roll, then continue."


# ---------------------------------------------------------------- templates


def test_a_broken_template_is_told_in_words_and_the_shipped_one_prints(desk: Desk, people: People) -> None:
    desk.spooler.stop()
    taken_in(desk.store, people)
    page = desk.page(TemplatesPage)
    desk.wait(lambda: page.row is not None and page.preview.proof is not None)
    file = templates.begin_own("device_label", desk.store.home.templates, "ours")
    file.write_text(file.read_text("utf-8").replace("height = 56", 'height = "lots"'), encoding="utf-8")

    desk.wait(lambda: page.faults.banners and "ours.toml" in page.faults.banners[0].text.text())
    assert "height" in page.faults.banners[0].text.text()
    assert page.row.id == "device_label"


def test_an_option_changes_the_picture_at_once(desk: Desk, people: People) -> None:
    desk.spooler.stop()
    taken_in(desk.store, people)

    def keep(setting: Any, value: Any) -> None:
        from deskapp.commands.setup import set_setting

        desk.context.jobs.do(set_setting(key=setting.key, value=value), owner=page, by=people.admin)

    desk.context.set_value = keep
    page = desk.page(TemplatesPage)
    desk.wait(lambda: page.row is not None and page.preview.proof is not None)
    before = page.preview.proof.pictures
    assert "D0" in page.about.text()
    page.options.fields["merchant"].click()

    desk.wait(lambda: page.preview.proof.pictures != before)
    assert page.row.values["merchant"] is False


def test_a_copy_of_a_template_needs_a_name_that_can_be_one(desk: Desk) -> None:
    page = desk.page(TemplatesPage)
    desk.wait(lambda: page.row is not None)
    page.own_name.setText("Our Label")
    page.copy_own()

    desk.wait(lambda: "Small letters" in page.own.rows["name"].error.text())
