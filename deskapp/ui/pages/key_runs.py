"""Key-load runs: the list a supervisor authorises, two custodians, one scan a device, nothing left open.

The page never asks for a key: only the name of the slot and the check value that the device shows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from deskapp.commands.key_runs import (
    close_key_run,
    fail_in_run,
    leave_out,
    load_in_run,
    open_key_run,
    print_key_run,
    start_key_run,
)
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.models.store import Changes, Command, Override
from deskapp.queries.key_runs import KeyWaiting, RunCard, RunLineRow, RunRow, awaiting_keys, run_card, run_rows
from deskapp.rules.depot import KEY_FAILURES, KEY_METHODS, KEY_RESULTS
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.ui.kit import (
    Banner,
    Button,
    Card,
    Cell,
    Choice,
    ChoiceBar,
    Column,
    DataTable,
    EmptyState,
    Form,
    LatinField,
    Page,
    PageContext,
    ScanField,
    Text,
    TextArea,
    TextField,
    row,
    spoken,
)
from deskapp.ui.tokens import LARGE, MEDIUM

STATES = {"authorised": (N_("authorised"), "accent", "list-check"), "begun": (N_("under way"), "warn", "key"),
          "closed": (N_("run closed"), "ok", "check")}  # fmt: skip
RESULT_TONES = {"loaded": ("ok", "check"), "failed": ("danger", "alert-triangle"), "left_out": ("muted", "minus")}
METHODS = tuple(Choice(key, title) for key, title in KEY_METHODS.items())
FAILURES = tuple(Choice(key, title) for key, title in KEY_FAILURES.items())


class KeyRunsPage(Page):
    """Runs at the left, the chosen one with its devices at the right."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            context, N_("Key-load runs"), N_("A list made beforehand, two custodians, every device accounted for."),
            scroll=False,
        )  # fmt: skip
        self.body.setSpacing(MEDIUM)
        self.card: RunCard | None = None
        self.waiting: list[KeyWaiting] = []
        self._wanted = ""
        self._arriving = False
        self.notice = Banner("info", dismissible=False)
        self.notice.say("info", N_("Only the name of the slot and the check value are kept. Never type a key here."))
        self.new = Button(N_("&New list"), "primary", icon="plus", clicked=self.begin)
        self.table = DataTable(
            [
                Column("number", N_("Run"), lambda one: one.number, 150),
                Column("count", N_("Loaded"), lambda one: f"{one.loaded} / {one.planned}", 64, right=True),
                Column("state", N_("State"), _state, 0),
            ],
            name=N_("Key-load runs"), empty=EmptyState("key", N_("No run yet. A supervisor makes the list.")),
        )  # fmt: skip
        self.lines = DataTable(
            [
                Column("label", N_("Label"), lambda one: one.label_no or one.serial_no, 150),
                Column("model", N_("Model"), lambda one: one.model, 0),
                Column("slot", N_("Slot"), lambda one: one.slot, 80),
                Column("value", N_("Check value"), lambda one: one.check_value, 100),
                Column("result", N_("Result"), _result, 180),
            ],
            name=N_("Devices of the run"), empty=EmptyState("key", N_("Choose a run.")),
        )  # fmt: skip
        self._build_list()
        self._build_load()
        self._arrange()
        self.table.selected.connect(self._selected)
        self.lines.selected.connect(self._line_chosen)

    def _build_list(self) -> None:
        self.maker = Card(N_("New list"), icon="list-check")
        self.form = Form(columns=2)
        self.devices = TextArea(lines=5)
        self.device = ScanField(N_("Scan one after the other"))
        self.key_set = LatinField(N_("such as TMK-2026-03"), limit=32)
        self.method = ChoiceBar(METHODS, name=N_("How the keys come in"))
        self.form.add("device", N_("&Device"), self.device)
        self.form.add("key_set", N_("Name of the &key set"), self.key_set, needed=True)
        self.form.add("devices", N_("Devices of the list, one a line"), self.devices, needed=True, span=2)
        self.form.add("method", N_("How the keys come in"), self.method, needed=True, span=2)
        self.waits = Text(role="muted", wrap=True)
        self.all = Button(N_("Take all that &wait"), "quiet", icon="plus", clicked=self.take_all)
        self.save_button = Button(N_("&Authorise and print"), "primary", icon="printer", clicked=self.authorise)
        self.maker.add(self.form)
        self.maker.add(row(self.waits, 1, self.all, self.save_button))
        self.maker.hide()
        self.device.scanned.connect(self._listed)

    def _build_load(self) -> None:
        self.loader = Card(N_("Load"), icon="key")
        self.load_form = Form(columns=4)
        self.target = ScanField(N_("Scan the device"))
        self.slot = LatinField(N_("TMK-01"), limit=32)
        self.value = LatinField(N_("4 to 6 characters"), limit=24)
        self.result = TextField(N_("What the device showed"), limit=120)
        self.load_form.add("device", N_("De&vice"), self.target, needed=True)
        self.load_form.add("slot", N_("Key &slot"), self.slot)
        self.load_form.add("check_value", N_("&Check value"), self.value)
        self.load_form.add("device_result", N_("&Result on the device"), self.result, needed=True)
        self.why = ChoiceBar(FAILURES, name=N_("Why it failed"))
        self.load_form.add("reason", N_("Why it failed"), self.why, span=4)
        self.load_form.rows["reason"].hide()
        self.sign = Button(N_("Sign &in, two custodians"), "primary", icon="users", clicked=self.sign_in)
        self.loaded = Button(N_("Keys are &loaded"), "primary", icon="check", clicked=self.load)
        self.failed = Button(N_("It &failed"), "danger", icon="alert-triangle", clicked=self.fail)
        self.skipped = Button(N_("&Not loaded"), icon="minus", clicked=self.skip)
        self.close_button = Button(N_("Close the run and &print"), icon="printer", clicked=self.close_run)
        self.paper = Button(N_("Print"), "quiet", icon="printer", clicked=self.print_paper)
        self.whose = Text(N_("Two key custodians load and sign. One signs in here, the other beside."), "muted")
        self.loader.add(self.whose)
        self.loader.add(self.load_form)
        self.loader.add(row(self.sign, self.failed, self.skipped, 1, self.paper, self.close_button, self.loaded))
        self.loader.hide()
        self.target.scanned.connect(lambda text: self._targeted(text))
        self.slot.returnPressed.connect(self.value.setFocus)
        self.value.returnPressed.connect(self.result.setFocus)
        self.result.returnPressed.connect(self.load)
        self.why.confirmed.connect(lambda _value: self.fail())

    def _arrange(self) -> None:
        self.head.addWidget(self.new)
        self.body.addWidget(self.notice)
        left, right = QVBoxLayout(), QVBoxLayout()
        left.addWidget(self.table, 1)
        right.setSpacing(MEDIUM)
        right.addWidget(self.maker)
        right.addWidget(self.lines, 100)
        right.addWidget(self.loader)
        right.addStretch(1)  # below a new list, while no run is shown
        both = QHBoxLayout()
        both.setSpacing(LARGE)
        both.addLayout(left, 3)
        both.addLayout(right, 6)
        self.body.addLayout(both, 1)

    # -- coming and going ---------------------------------------------------------

    def open(self, **args: object) -> None:
        """Show the runs; `id` is the one to choose."""
        self._wanted = str(args.get("id") or "")
        self.new.setVisible(self.context.may("override"))
        self._arriving = True
        self._ask()

    def changed(self, changes: Changes) -> None:
        """Follow runs and what waits for keys."""
        if changes.touches("item_record", "work_event"):
            self._ask()

    def scan(self, text: str) -> bool:
        """A label or serial number goes onto the list, or is the device whose keys are loaded."""
        if parse_scan(text).kind not in (ScanKind.LABEL, ScanKind.SERIAL):
            return False
        if not self.maker.isHidden():
            self._listed(text)
        elif self.card is not None:
            self._targeted(text)
        return True

    def verb(self, word: str) -> bool:
        """OK loads the device at hand, PRINT prints the record."""
        act = {"OK": self.load, "PRINT": self.print_paper}.get(word)
        if act is None:
            return False
        act()
        return True

    def retranslate(self) -> None:
        """Say what stands here again."""
        self._say_waiting()

    def begin(self) -> None:
        """Begin a new list."""
        self.maker.show()
        self.loader.hide()
        self.lines.hide()
        self.device.setFocus()

    def take_all(self) -> None:
        """Put everything that waits for keys onto the list."""
        self._put([*self._typed(), *(one.label_no for one in self.waiting)])

    def print_paper(self) -> None:
        """Print the list or the record of the run (Ctrl+P)."""
        if self.card is not None:
            self.jobs.do(print_key_run(run_id=self.card.row.id), owner=self, then=self._printed)

    # -- acting --------------------------------------------------------------------

    def authorise(self) -> None:
        """Make the list."""
        act = open_key_run(devices=tuple(self._typed()), key_set=self.key_set.text(), method=self.method.value() or "")
        self.jobs.do(act, owner=self, then=self._authorised, refused=self._refusing(self.form))

    def _authorised(self, run_id: str) -> None:
        self._wanted = run_id
        self.devices.setText("")
        self.maker.hide()
        self._arriving = True
        self.context.toast(N_("The list is authorised and prints"), tone="ok")
        self._ask()

    def sign_in(self) -> None:
        """Let the second custodian sign."""
        self.context.ask_supervisor(
            "key_load", self._sign, why=N_("Run {number}: the second key custodian signs."),
            number=self.card.row.number if self.card else "",
        )  # fmt: skip

    def _sign(self, consent: Override) -> None:
        if self.card is not None:
            self._do(start_key_run(run_id=self.card.row.id, second=consent), lambda _none: self.target.setFocus())

    def load(self) -> None:
        """Note the keys of the device at hand."""
        if self.card is not None and self.loaded.isEnabled():
            act = load_in_run(
                run_id=self.card.row.id, device=self.target.text(), slot=self.slot.text(),
                check_value=self.value.text(), device_result=self.result.text(),
            )  # fmt: skip
            self._do(act, self._accounted)

    def fail(self) -> None:
        """Note that the keys did not go in; the first time this asks why."""
        if self.card is None:
            return
        row = self.load_form.rows["reason"]
        if row.isHidden():
            row.show()
            self.why.setFocus()
            return
        run, device, why = self.card.row.id, self.target.text(), self.why.value() or ""
        self._do(fail_in_run(run_id=run, device=device, words=self.result.text(), reason=why), self._accounted)

    def skip(self) -> None:
        """Account for a device that was not loaded."""
        if self.card is not None:
            act = leave_out(run_id=self.card.row.id, device=self.target.text(), words=self.result.text())
            self._do(act, self._accounted)

    def close_run(self) -> None:
        """Close the run."""
        if self.card is not None:
            self._do(close_key_run(run_id=self.card.row.id), self._closed)

    def _printed(self, _job: str) -> None:
        self.context.toast(N_("The paper is being printed."), tone="ok")

    def _closed(self, _job: str) -> None:
        self.table.view.setFocus()
        self.context.toast(N_("The run is closed; its record prints"), tone="ok")

    def _accounted(self, left: int) -> None:
        for field in (self.target, self.value, self.result):
            field.clear()
        self.why.set_value(None)
        self.load_form.rows["reason"].hide()
        self.context.toast(N_("Noted; {count} devices are left"), tone="ok", count=left)
        (self.target if left else self.close_button).setFocus()

    def _do(self, act: Command[Any], then: Callable[[Any], None]) -> None:
        self.load_form.clear_errors()
        self.jobs.do(act, owner=self, then=then, refused=self._refusing(self.load_form))

    def _refusing(self, form: Form) -> Callable[[DeskError], None]:
        def refused(error: DeskError) -> None:
            if error.field == "words" and form is self.load_form:
                form.rows["device_result"].refuse(say(error))
                return
            if (error.field or "").startswith("devices.") and form is self.form:
                form.rows["devices"].refuse(say(error))
                return
            form.refuse(error, otherwise=lambda sentence: self.banner.put("danger", sentence))

        return refused

    # -- inside --------------------------------------------------------------------

    def _ask(self) -> None:
        self.jobs.ask(run_rows, owner=self, then=self._here, exclusive="runs")
        self.jobs.ask(awaiting_keys, owner=self, then=self._waits, exclusive="waiting")

    def _here(self, rows: list[RunRow]) -> None:
        self.table.set_rows(rows, keep=lambda one: one.id)
        wanted = self._wanted or (self.card.row.id if self.card else "")
        place = next((number for number, one in enumerate(rows) if one.id == wanted), 0)
        self._wanted = ""
        if rows:
            self.table.select(place)
            self._selected(rows[place])
        else:
            self._show(None)

    def _waits(self, waiting: list[KeyWaiting]) -> None:
        self.waiting = waiting
        self._say_waiting()

    def _say_waiting(self) -> None:
        self.waits.say(N_("{count} devices await keys."), count=len(self.waiting))
        self.all.setEnabled(bool(self.waiting))

    def _selected(self, chosen: RunRow | None) -> None:
        actor = self.context.actor()
        if chosen is None or actor is None:
            return
        now = self.context.now()
        self.jobs.ask(lambda session: run_card(session, chosen.id, actor.staff_id, now), owner=self, then=self._show,
                      exclusive="run")  # fmt: skip

    def _show(self, card: RunCard | None) -> None:
        self.card = card
        making = not self.maker.isHidden()
        self.lines.setVisible(not making)
        self.lines.set_rows(card.lines if card else (), keep=lambda one: one.device_id)
        going = card is not None and card.row.state != "closed"
        self.loader.setVisible(card is not None and not making)
        may = self.context.may("key_load")
        mine = bool(card and card.mine and going and may)
        self.load_form.setVisible(mine)
        self.sign.setVisible(going and may and not mine)
        for button in (self.loaded, self.failed, self.skipped):
            button.setVisible(mine)
        self.close_button.setVisible(mine and card is not None and not card.row.open)
        self.whose.setVisible(going and not may)
        if self._arriving:
            self._arriving = False
            self._go_to_next(mine)

    def _go_to_next(self, mine: bool) -> None:
        """Put the focus where the next thing is done: the device at hand, the signatures, or the runs."""
        if mine:
            first: QWidget = self.target if self.card is not None and self.card.row.open else self.close_button
        elif not self.sign.isHidden() and not self.loader.isHidden():
            first = self.sign
        else:
            first = self.table.view if self.table.rows() else self.new
        self.focus_first(first)

    def _line_chosen(self, line: RunLineRow | None) -> None:
        if line is not None and not self.load_form.isHidden() and not self.target.text():
            self.target.setText(line.label_no or line.serial_no)

    def _targeted(self, text: str) -> None:
        self.target.setText(parse_scan(text).number or text)
        (self.value if self.slot.text() else self.slot).setFocus()

    def _listed(self, text: str) -> None:
        self._put([*self._typed(), parse_scan(text).number or text])
        self.device.clear()
        self.device.setFocus()

    def _put(self, numbers: list[str]) -> None:
        self.devices.setText("\n".join(dict.fromkeys(one for one in numbers if one)))

    def _typed(self) -> list[str]:
        return [line.strip() for line in self.devices.text().splitlines() if line.strip()]


def _state(one: RunRow) -> Cell:
    words, tone, icon = STATES[one.state]
    return Cell(spoken(words), tone, icon, pill=True)


def _result(one: RunLineRow) -> Cell:
    if not one.result:
        return Cell(spoken(N_("still to load")), "warn", "clock", pill=True)
    tone, icon = RESULT_TONES[one.result]
    said = spoken(KEY_RESULTS[one.result])
    why = spoken(KEY_FAILURES[one.reason]) if one.reason in KEY_FAILURES else ""
    words = (said,) if one.result == "loaded" else (said, why, one.words)
    return Cell("  ".join(part for part in words if part), tone, icon)
