"""Which printer takes which paper, label size, true-up and a test label; for the first start and the settings."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from deskapp import settings
from deskapp.errors import N_, DeskError
from deskapp.i18n import language, say
from deskapp.settings import Setting, Values
from deskapp.ui.jobs import Jobs, Progress
from deskapp.ui.pages.settings_fields import PathField, Pick
from deskapp.ui.tokens import MEDIUM
from deskapp.ui.widgets.choice import Choice, ChoiceBar
from deskapp.ui.widgets.fields import NumberField
from deskapp.ui.widgets.forms import Form, row
from deskapp.ui.widgets.notices import Banner
from deskapp.ui.widgets.text import Button

TO_FOLDER = Choice("", N_("Folder (PDF files)"))
SIZES = [
    Choice("60x40", N_("60 × 40 mm")), Choice("50x30", N_("50 × 30 mm")), Choice("40x30", N_("40 × 30 mm")),
    Choice("a4", N_("A4 sheet of labels")),
]  # fmt: skip
SMALL_CODES = [Choice("code128", N_("Bar code")), Choice("qr", N_("QR code"))]
SLIPS = [Choice("80mm", N_("80 mm roll")), Choice("a5", N_("A5 page"))]
LANGUAGES = [Choice("zh_CN", "简体中文", raw=True), Choice("en", "English", raw=True)]
NUDGE_STEP = 5
"""Tenths of a millimetre a press of a nudge button moves the label."""


def find(_progress: Progress) -> list[tuple[str, str]]:
    """Return address and name of every printer the system knows; asks the system, so not in the window's thread."""
    from deskapp.print.printers import find_printers

    return [(found.address, found.name) for found in find_printers()]


def print_test_label(values: Values, folder: str) -> str:
    """Print a label with rulers on the label printer and return the evidence; raises Unavailable."""
    from deskapp.print.edition import Edition
    from deskapp.print.printers import PDF, open_printer
    from deskapp.print.render import render
    from deskapp.rules.numbers import make_label
    from deskapp.rules.papers import TestLabelCard

    size = values[settings.LABEL_SIZE]
    medium = "a4-labels" if size == "a4" else f"label-{size}"
    if size in ("50x30", "40x30") and values[settings.SMALL_LABEL_CODE] == "qr":
        medium += "+qr"
    nudge = values[settings.LABEL_OFFSET_X] / 10, values[settings.LABEL_OFFSET_Y] / 10
    chosen = values[settings.PAGE_PRINTER if size == "a4" else settings.LABEL_PRINTER]
    address = chosen or f"pdf:{values[settings.PRINT_FOLDER] or folder}"
    card = TestLabelCard(number=make_label("D", 99_999, 0), printer=address.partition(":")[2][-40:])
    made = render("test_label", card, Edition(medium, values[settings.PAPER_LANGUAGE], nudge_mm=nudge))
    return open_printer(address).send(made.pdf, PDF, "test label", page_mm=(made.width_mm, made.height_mm))


class PrintingForm(QWidget):
    """The settings of paper as one form.

    Signals:
        edited: a person changed one; carries the Setting and the value.
    """

    edited = Signal(object, object)

    def __init__(self, jobs: Jobs, *, folder: str, short: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.jobs = jobs
        self.folder = folder
        self._nothing_found = (  # at the first start the step itself says where papers go without one
            N_("No printer was found. Switch it on and look again, or set it up later.") if short
            else N_("No printer is set up on this computer. Papers go to the folder as PDF files.")
        )  # fmt: skip
        self._values = Values()
        self.picks: dict[str, Pick] = {}
        self.bars: dict[str, ChoiceBar] = {}
        self.offsets: dict[str, NumberField] = {}
        self.place = PathField(folder)
        self.form = Form(columns=2)
        self.banner = Banner("info")
        self.test = Button(N_("Print a test label"), icon="printer", clicked=self.print_test)
        self.again = Button(N_("Look for printers again"), "quiet", icon="refresh", clicked=self.look)
        self._fields(short)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(MEDIUM)
        outer.addWidget(self.form)
        outer.addWidget(self.banner)
        outer.addLayout(row(self.test, self.again, 1))
        self.look()

    def show_values(self, values: Values) -> None:
        """Show settings without telling anybody."""
        self._values = values
        for setting in (settings.LABEL_PRINTER, settings.SLIP_PRINTER, settings.PAGE_PRINTER):
            self.picks[setting.key].set_value(values[setting])
        for key, bar in self.bars.items():
            bar.set_value(str(values[settings.declared(key)]))
        for key, field in self.offsets.items():
            field.set_value(int(values[settings.declared(key)]))
        self.place.set_value(values[settings.PRINT_FOLDER])
        self._fit()

    def values(self) -> Values:
        """Return the settings as they are shown."""
        return self._values

    def look(self) -> None:
        """Ask the system which printers there are."""
        self.again.setEnabled(False)
        self.jobs.background(find, owner=self, then=self._found, refused=self._refused)

    def print_test(self) -> None:
        """Print a test label with what is set now."""
        self.test.setEnabled(False)
        values, folder = self._values, self.folder
        self.jobs.background(
            lambda _progress: print_test_label(values, folder), owner=self, then=self._tested,
            refused=self._refused,
        )  # fmt: skip

    def _fields(self, short: bool) -> None:
        for setting in (settings.LABEL_PRINTER, settings.SLIP_PRINTER, settings.PAGE_PRINTER):
            pick = self.picks[setting.key] = Pick([TO_FOLDER])
            pick.chosen.connect(lambda value, setting=setting: self._edit(setting, value))
            self.form.add(setting.key, setting.title, pick)
        self.form.add(settings.PRINT_FOLDER.key, settings.PRINT_FOLDER.title, self.place,
                      hint=N_("Empty: the folder “papers” beside the data"))  # fmt: skip
        self.place.edited.connect(lambda path: self._edit(settings.PRINT_FOLDER, path))
        self._bar(settings.LABEL_SIZE, SIZES, span=2)  # all sizes in one line
        self._bar(settings.SMALL_LABEL_CODE, SMALL_CODES, span=2)
        self._bar(settings.SLIP_FORM, SLIPS)
        self._bar(settings.RECEIPT_FORM, SLIPS[::-1])
        if short:
            return
        self._bar(settings.PAPER_LANGUAGE, LANGUAGES)
        self._offset(settings.LABEL_OFFSET_X)
        self._offset(settings.LABEL_OFFSET_Y)

    def _offset(self, setting: Setting[int]) -> None:
        field = self.offsets[setting.key] = NumberField(low=-50, high=50)
        field.set_value(0)
        field.editingFinished.connect(lambda: self._nudge(setting, field.value()))
        less = Button(role="quiet", icon="minus", name=N_("Half a millimetre less"),
                      clicked=lambda: self._step(setting, -NUDGE_STEP))  # fmt: skip
        more = Button(role="quiet", icon="plus", name=N_("Half a millimetre more"),
                      clicked=lambda: self._step(setting, NUDGE_STEP))  # fmt: skip
        holder = QWidget()
        line = row(field, less, more)
        line.setContentsMargins(0, 0, 0, 0)
        holder.setLayout(line)
        holder.setFocusProxy(field)
        self.form.add(setting.key, setting.title, holder)

    def _bar(self, setting: Setting[str], choices: list[Choice], span: int = 1) -> None:
        bar = self.bars[setting.key] = ChoiceBar(choices, numbered=False)
        bar.chosen.connect(lambda value: self._edit(setting, value))
        self.form.add(setting.key, setting.title, bar, span=span)

    def _edit(self, setting: Setting[Any], value: Any) -> None:
        try:
            self._values = self._values.having(setting, value)
        except DeskError as error:
            self.banner.put("warn", say(error))
            return
        self._fit()
        self.edited.emit(setting, value)

    def _fit(self) -> None:
        """Show the choice of code only where the label is too small for both."""
        small = self._values[settings.LABEL_SIZE] in ("50x30", "40x30")
        self.form.rows[settings.SMALL_LABEL_CODE.key].setVisible(small)

    def _nudge(self, setting: Setting[int], value: int | None) -> None:
        wanted = value or 0
        if wanted != self._values[setting]:
            self._edit(setting, wanted)

    def _step(self, setting: Setting[int], step: int) -> None:
        value = max(-50, min(50, self._values[setting] + step))
        self.offsets[setting.key].set_value(value)
        self._nudge(setting, value)

    def _found(self, found: list[tuple[str, str]]) -> None:
        self.again.setEnabled(True)
        choices = [TO_FOLDER, *(Choice(address, name, raw=True) for address, name in found)]
        for key, pick in self.picks.items():
            chosen = str(self._values[settings.declared(key)])
            pick.set_choices(choices)
            pick.set_value(chosen)
        if not found:
            self.banner.say("info", self._nothing_found)

    def _tested(self, evidence: str) -> None:
        self.test.setEnabled(True)
        scheme, _colon, name = evidence.partition(":")
        if scheme == "file":
            self.banner.say("ok", N_("The test label lies in the folder: {name}"), name=name)
        else:
            self.banner.say("ok", N_("The test label is at the printer. Measure the rulers and move it if needed."))

    def _refused(self, error: DeskError) -> None:
        self.test.setEnabled(True)
        self.again.setEnabled(True)
        self.banner.put("warn", say(error, language()))


