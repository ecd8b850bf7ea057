"""The repair itself: parts by scan, actions by short code, versions, advice; and waiting for a part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy, QWidget

from deskapp import catalogue, settings
from deskapp.commands.bench import RepairForm, record_repair, resume_job, send_to_test
from deskapp.commands.bench_keys import need_key_load
from deskapp.commands.bench_parts import Used, parts_arrived, put_part_back, use_part
from deskapp.errors import N_, DeskError
from deskapp.queries.bench import PartRow, part_by_code, parts_for
from deskapp.queries.bench_card import JobCard, Part
from deskapp.ui.kit import (
    Banner,
    Cell,
    Column,
    DataTable,
    EmptyState,
    LatinField,
    NumberField,
    SuggestField,
    Suggestion,
    Text,
    TextField,
    spoken,
)
from deskapp.ui.pages.job_kit import HistoryBox, Host, Primary, Step
from deskapp.ui.pages.job_photos import JobPhotos
from deskapp.ui.pages.job_pick import Picker, named, words_search
from deskapp.ui.pages.job_serials import SerialStrip

if TYPE_CHECKING:
    from deskapp.models.store import Command, Override, ReadSession

KEYS_GONE = N_("The keys are gone after this work")


class RepairStep(Step):
    """Fit parts and say what was done; the main button sends the device to whoever tests it."""

    columns = 4
    hint = N_("Scan a part to fit it. In the list Delete puts one back onto the shelf.")

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.add = SuggestField(self.jobs, self._search, N_("Scan or type a part"), name=N_("Fit a part"))
        self.table = DataTable(
            [
                Column("name", N_("Part"), lambda part: named(part.name, part.name_en), 0),
                Column("number", N_("Number"), lambda part: part.part_no, 110),
                Column("serial", N_("Serial of the part"), _serial, 130),
                Column("quantity", N_("Qty"), lambda part: str(part.quantity), 48, right=True),
            ],
            name=N_("Parts in the device"),
            empty=EmptyState("packages", N_("No part yet. Scan one, or go on without.")),
        )
        self.table.view.setMinimumHeight(76)
        self.table.setMinimumHeight(96)
        # As high as the other fields leave room for, however many parts there are: the step never scrolls.
        self.table.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        self.serials = SerialStrip(self)
        self.photos = JobPhotos(self.context, "repair", "after")
        self._storing = False
        self._again: Callable[[Override], None] | None = None
        self.work = Picker(self.jobs, words_search("actions"), N_("Short code or words, such as HDC"),
                              N_("What was done"))  # fmt: skip
        self.minutes = NumberField("20", low=0, high=1440)
        self.firmware = LatinField(N_("unchanged"))
        self.app = LatinField(N_("unchanged"))
        self.advice = TextField(N_("What the merchant should do differently"), limit=300)
        self.form.add("actions", N_("What was done"), self.work, needed=True, span=3)
        self.form.add("minutes", N_("Minutes"), self.minutes)
        self.form.add("firmware_version", N_("Firmware after"), self.firmware)
        self.form.add("app_version", N_("Application after"), self.app)
        self.form.add("prevention_tip", N_("Advice on the receipt"), self.advice, span=2)
        self.keys = Text(KEYS_GONE, "warn", wrap=True)
        self.column.addWidget(self.add)
        self.column.addWidget(self.serials)
        self.column.addWidget(self.table, 1)
        self.column.addWidget(self.form)
        self.column.addWidget(self.photos)
        self.column.addWidget(self.keys)
        self.add.taken.connect(lambda suggestion: self._wanted(suggestion.data))
        self.add.entered.connect(self._entered)
        self.work.entered.connect(self.minutes.setFocus)
        self.work.changed.connect(self._changed_actions)
        self.minutes.returnPressed.connect(self.firmware.setFocus)
        self.firmware.returnPressed.connect(self.app.setFocus)
        self.app.returnPressed.connect(self.advice.setFocus)
        self.advice.returnPressed.connect(self.submit)
        self.table.view.installEventFilter(self)

    def eventFilter(self, watched: QWidget, event: object) -> bool:  # type: ignore[override]
        """Delete on a part puts it back onto the shelf."""
        if event.type() == event.Type.KeyPress and event.key() == Qt.Key.Key_Delete:  # type: ignore[attr-defined]
            part = self.table.current()
            if part is not None and self.card is not None:
                self.do(put_part_back(item_id=self.card.item_id, part_id=part.part_id, quantity=part.quantity,
                                      serial_no=part.serial_no))  # fmt: skip
                return True
        return False

    def show_card(self, card: JobCard, *, anew: bool) -> None:
        """Show the parts; propose action and advice from the diagnosis."""
        super().show_card(card, anew=anew)
        self.table.set_rows(card.parts, keep=lambda part: (part.part_id, part.serial_no))
        self.photos.show_for(card.item_id, card.photos)
        if anew:
            self.serials.close_strip()
            self.add.reset()
            done = card.repair_actions
            self.work.put([(code, catalogue.title("actions", code)) for code in done])
            for field in (self.minutes, self.firmware, self.app):
                field.clear()
            self.advice.setText(card.advice or self._usual_advice(card))
            self.advice.setCursorPosition(0)
        self._changed_actions()

    def retranslate(self) -> None:
        """Say what was done in the window's language."""
        self.work.say({code: catalogue.title("actions", code) for code in self.work.values()})

    def _usual_advice(self, card: JobCard) -> str:
        cause = catalogue.words("causes").get(card.finding.cause_code) if card.finding else None
        paper = self.context.values()[settings.PAPER_LANGUAGE]  # it stands on the receipt
        return catalogue.title("advice", str(cause.extra.get("advice", "")), paper) if cause else ""

    def _search(self, session: ReadSession, text: str) -> Sequence[Suggestion]:
        model = self.card.model_id if self.card else ""
        return [
            Suggestion(
                named(part.name, part.name_en),
                spoken(
                    N_("{part_no} · {count} on the shelf") if part.fits else N_("{part_no} · not for this model"),
                    part_no=part.part_no, count=part.on_shelf,
                ),
                "packages", "", part, part.bin,
            )
            for part in parts_for(session, model, text, limit=8)
        ]  # fmt: skip

    def _entered(self, text: str) -> None:
        if text:
            self._by_code(text)
        else:
            self.work.setFocus()

    def _by_code(self, text: str) -> None:
        model = self.card.model_id if self.card else ""

        def found(part: PartRow | None) -> None:
            if part is None:
                self.host.fail(spoken(N_("“{typed}” is no part."), typed=text))
            else:
                self._wanted(part)

        self.jobs.ask(lambda session: part_by_code(session, text, model), owner=self, then=found, exclusive="part")

    def _wanted(self, part: PartRow) -> None:
        self.add.reset()
        needed = part.old_part or (self.card is not None and self.card.old_parts_back)
        if part.serialised or needed:
            self.serials.ask(part, needed=needed)
        else:
            self.fit(part, "", "", "")

    def stand_back(self, on: bool) -> None:
        """Show nothing but the questions about a part while it is fitted: so all of it is seen at once."""
        self.form.setVisible(not on)
        self.photos.setVisible(not on)

    def fit(self, part: PartRow, serial: str, old: str, old_to: str) -> None:
        """Book a part into the device."""
        if self.card is None:
            return
        act = use_part(
            item_id=self.card.item_id, part_id=part.part_id, serial_no=serial, old_serial_no=old, old_part_to=old_to
        )
        self.host.fail("")
        self.jobs.do(act, owner=self, then=lambda used: self._fitted(part, serial, used), refused=self._unfit)

    def _fitted(self, part: PartRow, serial: str, used: Used) -> None:
        self.serials.close_strip()
        card = self.card

        def undo() -> None:
            if card is not None:
                self.do(put_part_back(item_id=card.item_id, part_id=part.part_id, serial_no=serial))

        if used.left < 0:
            self.context.toast(N_("{name} is fitted. The shelf should hold none: it is on the list to be counted."),
                               tone="warn", undo=undo, name=named(part.name, part.name_en))  # fmt: skip
        else:
            self.context.toast(N_("{name} is fitted, {left} left."), undo=undo, name=named(part.name, part.name_en),
                               left=used.left)  # fmt: skip
        self.add.setFocus()

    def _unfit(self, error: DeskError) -> None:
        if self.serials.isHidden():
            self.refuse(error)
        else:
            self.serials.refuse(error)

    def take(self, text: str) -> bool:
        """Take a scan: the serial number that is waited for, else a part's number."""
        if not self.serials.isHidden():
            return self.serials.take(text)
        if self.card is not None and text.upper() != self.card.serial_no and "-" in text:
            self._by_code(text)
            return True
        return False

    def _changed_actions(self) -> None:
        self.keys.setVisible(self._keys_gone())
        self.host.refresh_primary()

    def _keys_gone(self) -> bool:
        listed = catalogue.words("actions")
        now = any(listed[code].extra.get("keys") for code in self.work.values() if code in listed)
        return now or (self.card is not None and self.card.keys_gone)

    def first(self) -> QWidget:
        """Return where parts go in."""
        return self.add

    def primary(self) -> Primary:
        """Say what comes."""
        if self._keys_gone():
            return Primary(N_("Ask for a key load"), "key")
        return Primary(N_("Send to test"), "clipboard-check")

    def submit(self) -> None:
        """Store the photos, then record the work with them and send the device on."""
        if self.card is None or self._storing:
            return
        if self.photos.busy():
            self.host.fail(spoken(N_("A photo is still being made smaller; try again in a moment.")))
            return
        form = RepairForm(
            self.work.values(), firmware_version=self.firmware.text(), app_version=self.app.text(),
            minutes=self.minutes.value() or 0, prevention_tip=self.advice.text(),
        )  # fmt: skip
        item_id = self.card.item_id
        self.host.fail("")
        self._storing = True
        self.photos.keep(lambda kept: self._send(item_id, replace(form, photos=kept)), self.refuse)

    def _send(self, item_id: str, form: RepairForm) -> None:
        self._storing = False

        def sent(_done: object) -> None:
            self.photos.saved(item_id)

        if self._keys_gone():
            listed = catalogue.words("actions")
            why = tuple(code for code in form.actions if code in listed and listed[code].extra.get("keys"))

            def recorded(done: object) -> None:
                sent(done)
                self._end(partial(need_key_load, item_id=item_id, actions=why))

            self.do(record_repair(item_id=item_id, form=form), recorded)
        else:
            self._end(partial(send_to_test, item_id=item_id, form=form), sent)

    def _end(
        self,
        act: Callable[..., Command[Any]],
        then: Callable[[Any], None] | None = None,
        allowed: Override | None = None,
    ) -> None:
        """End the repair; work beyond what was agreed is for a supervisor to waive, on the spot."""
        self._again = partial(self._end, act, then)
        self.do(act(override=allowed), then)

    def refuse(self, error: DeskError) -> None:
        """Show a refusal where it belongs; what was typed and the photos stay."""
        self._storing = False
        super().refuse(error)
        again = self._again
        if error.code == "quote_first" and again is not None:
            self.context.ask_supervisor("waive", again, why=error.sentence, **error.values)

    def kept(self) -> dict[str, Any]:
        """Return what was done while it is not sent."""
        if not self.work.values():
            return {}
        return {
            "actions": [list(one) for one in self.work.chips.items], "minutes": self.minutes.text(),
            "firmware": self.firmware.text(), "app": self.app.text(), "advice": self.advice.text(),
        }  # fmt: skip

    def restore(self, form: dict[str, Any]) -> None:
        """Put a draft back."""
        self.work.put([(str(key), catalogue.title("actions", str(key))) for key, _text in form.get("actions", [])])
        self.minutes.setText(str(form.get("minutes", "")))
        self.firmware.setText(str(form.get("firmware", "")))
        self.app.setText(str(form.get("app", "")))
        self.advice.setText(str(form.get("advice", "")))
        self._changed_actions()


class WaitingStep(Step):
    """A job that rests: why, since when, and how to go on."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.notice = Banner("info", dismissible=False)
        self.bench = LatinField(N_("W1"))
        self.form.add("bench", N_("Back on bench"), self.bench)
        self.history = HistoryBox()
        self.column.addWidget(self.notice)
        self.column.addWidget(self.form)
        self.column.addWidget(self.history)
        self.column.addStretch(1)
        self.bench.returnPressed.connect(self.submit)

    def show_card(self, card: JobCard, *, anew: bool) -> None:
        """Say on what it waits."""
        super().show_card(card, anew=anew)
        self.history.show_card(card)
        if anew:
            self.bench.setText(card.bench)
        if card.state == "awaiting_parts":
            self.notice.say(
                "info", N_("Waiting for {count} x {part}, order {order}, expected {day}. Then the job goes on."),
                count=card.awaited_quantity, part=card.awaited_part, order=card.awaited_order, day=card.awaited_day,
            )  # fmt: skip
        else:
            note = next((one.words for one in card.notes if one.move == "pause_job"), "")
            self.notice.say("info", N_("Put aside: {note}"), note=note)

    def first(self) -> QWidget:
        """Return the bench."""
        return self.bench

    def primary(self) -> Primary:
        """Say what comes."""
        waits = self.card is not None and self.card.state == "awaiting_parts"
        return Primary(N_("Parts have arrived") if waits else N_("Go on with the job"), "player-play")

    def submit(self) -> None:
        """Take the job up again."""
        card = self.card
        if card is None:
            return
        if card.state == "awaiting_parts":
            self.do(parts_arrived(item_id=card.item_id, part_id=card.awaited_part, quantity=card.awaited_quantity,
                                  bench=self.bench.text()))  # fmt: skip
        else:
            self.do(resume_job(item_id=card.item_id, bench=self.bench.text()))


def _serial(part: Part) -> str | Cell:
    return part.serial_no or Cell("–", "muted")
