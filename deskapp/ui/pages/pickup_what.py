"""What goes: devices and their accessories, ticked by scanning them, with the tamper answer of each."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QLayout, QVBoxLayout, QWidget

from deskapp.errors import N_
from deskapp.models.old_parts import OldPart
from deskapp.queries.naming import in_window
from deskapp.queries.pickup import PickupDevice
from deskapp.rules.depot import OLD_PART_FATES
from deskapp.rules.identifiers import clean_serial
from deskapp.rules.numbers import parse_scan
from deskapp.ui.kit import Card, Choice, ChoiceBar, FlowLayout, Pill, ScanField, Text, row, spoken
from deskapp.ui.pages.pickup_parts import Host, Step, yuan
from deskapp.ui.pages.settings_fields import Tick
from deskapp.ui.tokens import MEDIUM, SMALL
from deskapp.ui.widgets.enter import into_view
from deskapp.ui.widgets.forms import Line

PROMISED = (Choice("merchant", N_("Given back now")), Choice("old_parts", N_("Stays here")))
UNKNOWN = tuple(Choice(fate, title) for fate, title in OLD_PART_FATES.items())
TAMPER = (Choice("ok", N_("Intact"), "", "shield-check"), Choice("suspect", N_("Suspicious"), "", "alert-triangle"))


class DeviceBlock(QFrame):
    """One device that can go: its tick, its accessories, its tamper answer."""

    def __init__(self, device: PickupDevice, step: WhatStep) -> None:
        super().__init__()
        self.device, self.step = device, step
        self.setProperty("role", "card")
        self.tick = Tick("")
        self.tick.setText(f"{device.model}   {device.serial_no}")
        self.tick.setAccessibleName(f"{device.model} {device.serial_no}")
        self.tick.retranslate = lambda: None  # type: ignore[method-assign]
        number = Text(role="muted")
        number.put("  ·  ".join(part for part in (device.label_no, device.terminal_no, device.shelf) if part))
        money = Text(role="strong")
        money.put(yuan(device.due_fen))
        tone, words = ("ok", N_("repaired")) if device.repaired else ("warn", N_("not repaired"))
        if device.stands_in:
            words = N_("takes the place of another")
        self.tamper = ChoiceBar(TAMPER, name=N_("Tamper check: seal, screws, card slot, keypad"))
        self.wrong = Text(role="error", wrap=True)
        self.wrong.hide()
        self.accessories = {one.id: Tick("") for one in device.accessories}
        for one in device.accessories:
            box = self.accessories[one.id]
            box.retranslate = lambda box=box, one=one: box.setText(  # type: ignore[method-assign,misc]
                "  ".join(part for part in (one.title(), one.label_no, one.note) if part)
            )
            box.retranslate()
            box.edited.connect(lambda on, key=one.id: step.tick_accessory(key, on))
        column = QVBoxLayout(self)
        column.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        column.setSpacing(SMALL)
        column.addLayout(row(self.tick, Pill(words, tone), 1, money))
        column.addLayout(row(number, 1))
        for box in self.accessories.values():
            line = row(box, 1)
            line.setContentsMargins(28, 0, 0, 0)
            column.addLayout(line)
        self.old_parts: dict[str, ChoiceBar] = {}
        for part in device.old_parts:
            column.addLayout(self._old_part(part))
        column.addWidget(Line())
        column.addLayout(row(Text(N_("Tamper check"), "label"), self.tamper, 1))
        column.addWidget(self.wrong)
        self.tick.edited.connect(lambda on: step.tick_device(device.item_id, on))
        self.tamper.chosen.connect(lambda value: step.answer_tamper(device.item_id, value))
        self.tamper.confirmed.connect(lambda _value: step.host.go_on())

    def _old_part(self, part: OldPart) -> QLayout:
        """Ask what becomes of an old part: promised, it goes or stays; of one nobody noted, everything is possible."""
        bar = ChoiceBar(PROMISED if part.promised else UNKNOWN, name=N_("Old part"))
        bar.chosen.connect(lambda value: self.step.answer_old_part(part.move_id, value))
        self.old_parts[part.move_id] = bar
        name = Text(role="body")
        name.put(" ".join(one for one in (in_window(part.name, part.name_en), part.serial_no) if one))
        flow = FlowLayout(margin=0)
        for widget in (Text(N_("Old part"), "label"), name, bar):
            flow.addWidget(widget)
        return flow

    def open_part(self) -> ChoiceBar | None:
        """Return the first old part without an answer."""
        answers = self.step.visit.old_parts
        return next((bar for key, bar in self.old_parts.items() if not answers.get(key)), None)

    def show_state(self) -> None:
        """Show what is ticked."""
        visit = self.step.visit
        on = self.device.item_id in visit.chosen
        self.tick.setChecked(on)
        for key, box in self.accessories.items():
            box.setChecked(key in visit.accessories)
            box.setEnabled(on)
        for key, bar in self.old_parts.items():
            bar.setEnabled(on)
            bar.set_value(visit.old_parts.get(key))
        self.tamper.setEnabled(on)
        self.tamper.set_value(visit.tamper.get(self.device.item_id))

    def complain(self, sentence: str) -> None:
        """Say below the tamper check what is missing."""
        self.wrong.put(sentence)
        self.wrong.setVisible(bool(sentence))


class WhatStep(Step):
    """The devices, their accessories, the loaner."""

    button = N_("On to the &test")

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.scan_field = ScanField(N_("Scan the labels of devices and accessories as they go over the counter"),
                                    name=N_("Label or serial number"))  # fmt: skip
        self.said = Text(role="muted", wrap=True)
        self.blocks: dict[str, DeviceBlock] = {}
        self.loaners: dict[str, Tick] = {}
        top = Card(N_("What goes over the counter"), icon="scan",
                   hint=N_("Scan each thing once more; what is not scanned can be ticked by hand."))  # fmt: skip
        top.add(self.scan_field)
        top.add(self.said)
        self.column.addWidget(top)
        self.list = QVBoxLayout()
        self.list.setSpacing(MEDIUM)
        self.column.addLayout(self.list)
        self.column.addStretch(1)
        self.scan_field.scanned.connect(self.take)

    def show_visit(self, *, anew: bool) -> None:
        """Show devices that can go, then those that stay and why."""
        if anew:
            self._build()
            self.said.put("")
        for block in self.blocks.values():
            block.show_state()
        for key, box in self.loaners.items():
            box.setChecked(key in self.visit.loaners_back)

    def _build(self) -> None:
        while self.list.count():
            old = self.list.takeAt(0).widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        card = self.visit.card
        self.blocks = {device.item_id: DeviceBlock(device, self) for device in card.ready}
        for block in self.blocks.values():
            self.list.addWidget(block)
        stay = [device for device in card.devices if not device.ready]
        if stay:
            self.list.addWidget(self._staying(stay))
        self.loaners = {}
        if card.loaners:
            self.list.addWidget(self._loaners())

    def _staying(self, stay: list[PickupDevice]) -> QWidget:
        box = Card(N_("Not part of this pickup"), icon="info-circle")
        for device in stay:
            line = Text(role="muted")
            line.put(f"{device.model}   {device.serial_no}   {device.label_no}")
            box.add(row(line, 1, Pill(device.state_title, "neutral")))
        return box

    def _loaners(self) -> QWidget:
        box = Card(N_("Loaner"), icon="switch-horizontal", hint=N_("It comes back before the last device goes."))
        for loan in self.visit.card.loaners:
            tick = Tick(N_("Back, complete and intact"))
            tick.edited.connect(lambda on, key=loan.device_id: self._tick_loaner(key, on))
            name = Text(role="strong")
            name.put(f"{loan.model}  {loan.serial_no}".strip())
            box.add(row(name, 1, tick))
            self.loaners[loan.device_id] = tick
        return box

    def first(self) -> QWidget:
        """Everything is scanned into this field."""
        return self.scan_field

    def done(self) -> bool:
        """At least one device, each with its tamper answer."""
        visit = self.visit
        if not visit.chosen:
            self._say("danger", spoken(N_("Scan or tick the devices that are collected.")))
            self.scan_field.setFocus()
            return False
        for key, block in self.blocks.items():
            block.complain("")
            if key in visit.chosen and visit.tamper.get(key) is None:
                block.complain(spoken(N_("Look at the device and answer the tamper check.")))
                block.tamper.setFocus()
                return False
            if key in visit.chosen and (bar := block.open_part()) is not None:
                block.complain(spoken(N_("Say what becomes of the old part.")))
                bar.setFocus()
                return False
            if key in visit.chosen and visit.tamper.get(key) == "suspect":
                sentence = N_("A suspicious device is not handed out: put it into quarantine on the bench.")
                block.complain(spoken(sentence))
                block.tamper.setFocus()
                return False
        return True

    def take(self, text: str) -> bool:
        """Tick what was scanned, or say what it is."""
        self.scan_field.clear()
        number, visit = parse_scan(text).number, self.visit
        for device in visit.card.devices:
            if number in (device.label_no, clean_serial(device.serial_no)):
                self._found(device)
                return True
            for accessory in device.accessories:
                if number == accessory.label_no:
                    self.tick_accessory(accessory.id, True)
                    if device.ready:
                        self.tick_device(device.item_id, True)
                    self._say("ok", spoken(N_("{what} goes with {device}."), what=accessory.title(),
                                           device=device.serial_no))  # fmt: skip
                    return True
        for loan in visit.card.loaners:
            if number == clean_serial(loan.serial_no):
                # Whether it is intact is answered by looking at it, never by the scan.
                self._say("muted", spoken(N_("Loaner {serial}: look at it, and tick it when it is complete and intact. "
                                             "Otherwise take it back on the page of the loaners."),
                                          serial=loan.serial_no))  # fmt: skip
                self.loaners[loan.device_id].setFocus()
                into_view(self.loaners[loan.device_id])
                return True
        self._say("warn", spoken(N_("{number} does not belong to this order. Put it back onto the shelf."),
                                 number=number))  # fmt: skip
        return True

    def _found(self, device: PickupDevice) -> None:
        if device.ready:
            self.tick_device(device.item_id, True)
            self._say("ok", spoken(N_("{serial} goes."), serial=device.serial_no))
            self.blocks[device.item_id].tamper.setFocus()
        elif device.receipt_no:
            self._say("warn", spoken(N_("{serial} was handed out already, receipt {receipt}."),
                                     serial=device.serial_no, receipt=device.receipt_no))  # fmt: skip
        else:
            self._say("warn", spoken(N_("{serial} is not ready yet: {state}."), serial=device.serial_no,
                                     state=spoken(device.state_title)))  # fmt: skip

    def tick_device(self, item_id: str, on: bool) -> None:
        """Let a device go, or keep it here."""
        (self.visit.chosen.add if on else self.visit.chosen.discard)(item_id)
        self.visit.payments.clear()
        self.visit.change_fen = 0
        self.visit.reductions.clear()
        self._again()

    def tick_accessory(self, key: str, on: bool) -> None:
        """Tick an accessory that lies on the counter."""
        (self.visit.accessories.add if on else self.visit.accessories.discard)(key)
        self._again()

    def answer_tamper(self, item_id: str, value: str) -> None:
        """Note the tamper answer of a device."""
        self.visit.tamper[item_id] = value
        self.blocks[item_id].complain("")
        self.host.touched()

    def answer_old_part(self, move_id: str, value: str) -> None:
        """Note what becomes of an old part."""
        self.visit.old_parts[move_id] = value
        for block in self.blocks.values():
            if move_id in block.old_parts:
                block.complain("")
                (block.open_part() or block.tamper).setFocus()
        self.host.touched()

    def _tick_loaner(self, device_id: str, on: bool) -> None:
        (self.visit.loaners_back.add if on else self.visit.loaners_back.discard)(device_id)
        self._again()

    def _again(self) -> None:
        self.show_visit(anew=False)
        self.host.touched()

    def _say(self, tone: str, sentence: str) -> None:
        self.said.set_role(tone)
        self.said.put(sentence)
