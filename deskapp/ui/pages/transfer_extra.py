"""A device in the van that nobody listed: its number, words, photos."""

from __future__ import annotations

from PySide6.QtCore import Signal

from deskapp.errors import N_, DeskError
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.ui.kit import Button, Card, Form, PageContext, ScanField, Text, TextField, row, spoken
from deskapp.ui.pages.transfer_photos import ODD, FolderStrip


class ExtraCard(Card):
    """What is noted of a device that is not on the manifest.

    Signals:
        noted: it is to be kept; carries the photos, stored.
    """

    noted = Signal(object)

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            N_("Not on this manifest"), icon="alert-triangle",
            hint=N_("A known device goes into quarantine, because nobody has signed for its way here."),
        )  # fmt: skip
        self.number = ""
        self.what = Text(role="heading")
        self.serial = ScanField(N_("Scan it from the case"), name=N_("Serial number on the case"))
        self.words = TextField(N_("Where it lay, in which bag"), limit=160)
        self.photos = FolderStrip(context, shows=ODD)
        self.form = Form()
        self.form.add("serial_no", N_("Serial number on the case"), self.serial)
        self.form.add("words", N_("Words"), self.words)
        self.form.add("photos", N_("Photos"), self.photos)
        self.keep = Button(N_("Note it"), "primary", icon="check", clicked=self.submit)
        self.drop = Button(N_("Cancel"), "quiet", clicked=self.hide)
        self.add(self.what)
        self.add(self.form)
        self.add(row(1, self.drop, self.keep))
        self.words.returnPressed.connect(self.submit)

    def begin(self, number: str) -> None:
        """Ask about a device by what was scanned of it."""
        self.number = number
        label = parse_scan(number).kind is ScanKind.LABEL
        self.what.put(number)
        self.form.clear_errors()
        self.serial.setText("" if label else number)
        self.words.clear()
        self.photos.clear()
        self.show()
        (self.serial if label else self.words).setFocus()

    def take_serial(self, number: str) -> bool:
        """Take the number from the case of a device that was scanned by its label; tells whether that was asked."""
        asked = parse_scan(self.number).kind is ScanKind.LABEL
        if asked:
            self.serial.setText(number)
            self.words.setFocus()
        return asked

    def submit(self) -> None:
        """Keep the photos, then let it be noted."""
        self.photos.keep(self.noted.emit)

    def refuse(self, error: DeskError) -> bool:
        """Show a refusal at its field; tells whether it has one here."""
        return self.form.refuse(error)

    def retranslate(self) -> None:
        """Say the name of the card."""
        self.setAccessibleName(spoken(N_("Not on this manifest")))
