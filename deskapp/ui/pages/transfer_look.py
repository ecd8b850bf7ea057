"""One device out of the van: what is expected, what somebody sees, and what does not match."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from deskapp import catalogue
from deskapp.commands.checkin_forms import Photo as Kept
from deskapp.commands.transfers_receive import Looked
from deskapp.errors import N_, DeskError
from deskapp.queries.transfers import LineRow
from deskapp.rules.transfers import plain_serial, tail_of
from deskapp.ui.kit import (
    Button,
    Card,
    Choice,
    ChoiceBar,
    FlowLayout,
    Form,
    LatinField,
    PageContext,
    ScanField,
    Text,
    TextField,
    listed,
    reveal,
    row,
    spoken,
)
from deskapp.ui.pages.transfer_photos import ODD, FolderStrip
from deskapp.ui.widgets.enter import into_view

SEAL = (Choice("yes", N_("Whole, and its number")), Choice("no", N_("Broken or another")))
ACCESSORIES = (Choice("yes", N_("All there")), Choice("no", N_("Something is missing")))
TAMPER = (Choice("ok", N_("Nothing suspicious")), Choice("suspect", N_("Suspicious")))


class LookCard(Card):
    """The device at hand.

    Signals:
        taken: everything is answered; the device is to be received. Carries the photos, stored.
    """

    taken = Signal(object)

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("The device in your hand"), icon="device-mobile")
        self._wrong = False
        self._there: set[str] = set()
        self.line: LineRow | None = None
        self.what = Text(role="heading", wrap=True, copy=True)
        self.sent = Text(role="muted", wrap=True, copy=True)
        self.serial = ScanField(N_("Scan it from the case"), name=N_("Serial number on the case"))
        self.match = Text(role="ok", wrap=True)
        self.seal = ChoiceBar(SEAL, name=N_("Seal of the bag"))
        self.accessories = ChoiceBar(ACCESSORIES, name=N_("Accessories"))
        self.tamper = ChoiceBar(TAMPER, name=N_("Tamper check"))
        self.seal_no = LatinField(N_("Scan it, if it is another than was sent"), limit=24)
        self.missing = TextField(N_("Which accessories are missing"), limit=80)
        self.words = TextField(N_("What was seen: damage, other number, wet box"), limit=160)
        self.photos = FolderStrip(context, shows=ODD)
        self.form = Form()
        self.form.add("serial_no", N_("Serial number on the &case"), self.serial, needed=True)
        self.fine = Button(N_("All in &order"), "primary", icon="circle-check", clicked=self.all_fine)
        self.odd = Button(N_("Something is &wrong"), icon="alert-triangle", clicked=self.something_wrong)
        self.answers = Form()
        self.answers.add("seal", N_("&Seal of the bag"), self.seal, needed=True)
        self.answers.add("seal_no", N_("&Number on the seal"), self.seal_no)
        self.answers.add("accessories", N_("&Accessories"), self.accessories, needed=True)
        self.answers.add("missing", N_("What is &missing"), self.missing)
        self.answers.add("tamper", N_("&Tamper check"), self.tamper, needed=True)
        self.answers.add("words", N_("Wor&ds"), self.words)
        self.answers.add("photos", N_("Photos of what does not match"), self.photos)
        self.receive = Button(N_("&Receive as answered"), "primary", icon="check", clicked=self.submit)
        for part in (self.what, self.sent, self.form, self.match):
            self.add(part)
        buttons = FlowLayout(margin=0)
        buttons.addWidget(self.fine)
        buttons.addWidget(self.odd)
        self.add(buttons)
        self.add(self.answers)
        self.add(row(1, self.receive))
        self.serial.scanned.connect(self.take_serial)
        for bar in (self.seal, self.accessories, self.tamper):
            bar.chosen.connect(lambda _value, here=bar: self._answered(here))
        self.words.returnPressed.connect(self.submit)

    def begin(self, line: LineRow) -> str:
        """Put another device into the hand; nothing is answered. Returns what comes next, as a message id.

        A loaner was scanned by the serial number on its case: that needs no second scan.
        """
        self.line = line
        self._wrong = False
        self._there = set()
        self.form.clear_errors()
        self.answers.clear_errors()
        for field in (self.serial, self.seal_no, self.missing, self.words):
            field.clear()
        for bar in (self.seal, self.accessories, self.tamper):
            bar.set_value(None)
        self.photos.clear()
        self.what.put(f"{line.label_no}  {line.model}")
        self._say_sent(line)
        if line.serial_no and line.label_no == line.serial_no:
            self.serial.setText(line.serial_no)
        self._show()
        self.show()
        return N_("Matches. Look at it: is all in order?") if self.ready() else N_("Now the serial number on the case")

    def _say_sent(self, line: LineRow) -> None:
        serial = f"…{line.serial_no}" if line.tail and line.serial_no else line.serial_no or "–"
        names = [catalogue.title("accessory_types", kind) for kind in line.accessories]
        count = spoken(N_("{count} pieces"), count=line.accessory_count)
        things = listed(names) if names else count if line.accessory_count else "–"
        self.sent.say(N_("As sent: serial number {serial}, bag seal {seal}, accessories: {things}"), serial=serial,
                      seal=line.seal_no or "–", things=things)  # fmt: skip

    def take_accessory(self, label: str) -> tuple[int, int]:
        """Tick an accessory by its own label; returns how many are there and how many there should be."""
        self._there.add(label)
        wanted = self.line.accessory_count if self.line is not None else 0
        if wanted and len(self._there) >= wanted:
            self.accessories.set_value("yes")
        return len(self._there), wanted

    def take_seal(self, number: str) -> bool:
        """Take a code as the number of a seal that was not sent; tells whether that is what is asked."""
        asked = self.ready() and self.seal.value() == "no"
        if asked:
            self.seal_no.setText(number)
        return asked

    def something_wrong(self) -> None:
        """Open the questions one by one."""
        self._wrong = True
        self._show()
        (self.seal if self.line is not None and self.line.seal_no else self.tamper).setFocus()

    def suspicious(self) -> bool:
        """Answer the tamper check with what was seen; tells whether nothing else has to be answered."""
        self._wrong = True
        self.tamper.set_value("suspect")
        self._show()
        return self.ready()

    def take_serial(self, number: str) -> bool:
        """Take the serial number from the case; tells whether it is the one that was sent."""
        self.serial.setText(number)
        self._show()
        return self.matches()

    def matches(self) -> bool:
        """Tell whether the serial number on the case is the expected one."""
        line = self.line
        if line is None or not line.serial_no:
            return True
        if line.tail:
            return tail_of(self.serial.text()) == line.serial_no
        return plain_serial(self.serial.text()) == plain_serial(line.serial_no)

    def ready(self) -> bool:
        """Tell whether everything but the tamper check is answered or follows by itself."""
        return bool(self.line and self.serial.text().strip())

    def all_fine(self) -> None:
        """Somebody looked and says so: seal whole, accessories there, nothing suspicious.

        Where something is wrong the questions are open: then what was answered holds, and nothing is answered by this.
        """
        if self.line is None:
            return
        if self.asked():
            self.submit()
            return
        if not self.ready():
            self.serial.setFocus()
            self.form.rows["serial_no"].refuse(spoken(N_("Scan the serial number from the case first.")))
            return
        self.seal.set_value("yes")
        self.accessories.set_value("yes")
        self.tamper.set_value("ok")
        self.submit()

    def submit(self) -> None:
        """Keep the photos, then let the device be received as it was answered."""
        if self.line is not None:
            self.form.clear_errors()
            self.answers.clear_errors()
            self.photos.keep(self.taken.emit)

    def _answered(self, bar: ChoiceBar) -> None:
        """Show what an answer asks for, and go on to the next question as at the counter."""
        self._show()
        if not bar.hasFocus():
            return
        stops: list[QWidget] = [self.seal, self.seal_no, self.accessories, self.missing, self.tamper, self.words]
        following = next(one for one in stops[stops.index(bar) + 1 :] if one.isVisibleTo(self))
        following.setFocus()
        into_view(following)

    def looked(self, photos: tuple[Kept, ...] = ()) -> Looked:
        """Return what was answered."""
        line = self.line
        seal, accessories = self.seal.value(), self.accessories.value()
        return Looked(
            self.serial.text(), self.tamper.value() or "",
            None if seal is None or (line is not None and not line.seal_no) else seal == "yes",
            self.seal_no.text() if seal == "no" else "",
            None if accessories is None or (line is not None and not line.accessory_count) else accessories == "yes",
            self.missing.text(), self.words.text(), photos,
        )  # fmt: skip

    def refuse(self, error: DeskError) -> bool:
        """Show a refusal at its field; tells whether it has one here."""
        if error.field in self.answers.rows:
            self._wrong = True
            self._show()
        return self.form.refuse(error) or self.answers.refuse(error)

    def asked(self) -> bool:
        """Tell whether the questions are open one by one."""
        return self._wrong or (bool(self.serial.text().strip()) and not self.matches())

    def _show(self) -> None:
        line = self.line
        odd = bool(self.serial.text().strip()) and not self.matches()
        asked = self.asked()
        self.answers.setVisible(asked)
        self.receive.setVisible(asked)
        for button in (self.fine, self.odd):
            button.setVisible(not asked)
        left = self.tamper.value() == "suspect"  # what is suspicious is left as it is: nothing else is asked
        if line is not None:
            for name, bar, there in (("seal", self.seal, bool(line.seal_no)),
                                     ("accessories", self.accessories, line.accessory_count > 0)):  # fmt: skip
                self.answers.rows[name].setVisible(there and (not left or bar.value() is not None))
        self.answers.rows["seal_no"].setVisible(self.seal.value() == "no")
        self.answers.rows["missing"].setVisible(self.accessories.value() == "no")
        self.match.set_role("danger" if odd else "ok")
        if odd:
            self.match.say(N_("Another serial number than was sent: the device goes into quarantine."))
        else:
            self.match.say(N_("The serial number matches."))
        reveal(self.match, bool(self.serial.text().strip()))
