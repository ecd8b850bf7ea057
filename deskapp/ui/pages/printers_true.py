"""Truing a printer for one paper: print the rulers, type what they say or move by the arrow keys, print again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from deskapp.commands.printer_profiles import new_roll, tune_printer
from deskapp.errors import N_, DeskError, Refused
from deskapp.i18n import say
from deskapp.queries.printers import PaperLeft
from deskapp.rules.printer_profiles import TRUE_SIZE, Profile, Tune
from deskapp.ui.kit import (
    Button,
    Card,
    Choice,
    ChoiceBar,
    Form,
    NumberField,
    PageContext,
    ScanField,
    Text,
    column,
    reveal,
    row,
    spoken,
)
from deskapp.ui.pages.printer_words import media_for, medium_title
from deskapp.ui.pages.printers_fields import MmField, NudgePad
from deskapp.ui.pages.printers_work import Tested, print_test
from deskapp.ui.pages.settings_fields import Pick
from deskapp.ui.tokens import LARGE, MEDIUM
from deskapp.ui.widgets.enter import go_to

if TYPE_CHECKING:
    from deskapp.print.calibration import Edges, Readings

FEEDS = [
    Choice("gap", N_("Gap between labels")), Choice("mark", N_("Black mark")), Choice("continuous", N_("Endless roll")),
]  # fmt: skip
TURNS = [Choice("0", N_("Upright")), Choice("180", N_("Upside down"))]
WAYS = [Choice("edges", N_("By the printed rulers")), Choice("ruler", N_("With a ruler of my own"))]


class TruePanel(QWidget):
    """Paper, feed, heat and place of the print of one printer, for one medium at a time."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self.context = context
        self.profile = Profile("")
        self.left: tuple[PaperLeft, ...] = ()
        self.medium = Pick(name=N_("Paper size"))
        self.where = Text(role="muted", wrap=True)
        column_ = QVBoxLayout(self)
        column_.setContentsMargins(0, 0, 0, 0)
        column_.setSpacing(LARGE)
        form = Form(columns=2)
        form.add("medium", N_("&Paper"), self.medium)
        column_.addWidget(form)
        for part in (self._paper_card(), self._place_card(), self._code_card()):
            column_.addWidget(part)
        self.medium.chosen.connect(lambda _value: self._fill())

    # ------------------------------------------------------------ parts

    def _paper_card(self) -> Card:
        self.feed = ChoiceBar(FEEDS, name=N_("How pieces are told apart"), numbered=False)
        self.gap = MmField()
        self.darkness = NumberField(low=0, high=100)
        self.speed = NumberField(low=1, high=14)
        self.turn = ChoiceBar(TURNS, name=N_("Direction"), numbered=False)
        self.roll = NumberField(low=0, high=100_000)
        self.form = Form(columns=2)
        self.form.add("feed", N_("How pieces are told apart"), self.feed, span=2)
        self.form.add("gap_um", N_("&Gap or mark, mm"), self.gap)
        self.form.add("rotation", N_("Direction"), self.turn)
        self.form.add("darkness", N_("&Darkness in per cent"), self.darkness, hint=N_("Empty: as the printer is set"))
        self.form.add("speed", N_("&Speed, inches a second"), self.speed, hint=N_("Empty: as the printer is set"))
        self.form.add("roll_pieces", N_("Papers on a full &roll"), self.roll, hint=N_("0 or empty: not counted"))
        self.left_words = Text(wrap=True)
        self.new_roll = Button(N_("A &new roll is in"), icon="refresh", clicked=self._new_roll)
        self.keep = Button(N_("&Keep"), "primary", icon="check", clicked=self.save)
        card = Card(N_("Paper and heat"), icon="file-text")
        card.add(self.form)
        line = row(self.left_words, self.new_roll, self.keep)
        line.setStretch(0, 1)
        card.add(line)
        return card

    def _place_card(self) -> Card:
        hint = N_("Print the rulers, say what they show or move the print by the arrow keys, and print again.")
        card = Card(N_("Place of the print"), icon="adjustments", hint=hint)
        self.print_page = Button(N_("Print the &calibration paper"), icon="printer", clicked=self.print_calibration)
        self.pad = NudgePad()
        self.offset = Text(wrap=True)
        self.way = ChoiceBar(WAYS, name=N_("How it was measured"), numbered=False, value="edges")
        self.edges = Form(columns=2)
        self.edge_fields = {name: MmField() for name in ("left", "right", "top", "bottom")}
        self.edges.add("left", N_("Number at the left edge"), self.edge_fields["left"])
        self.edges.add("right", N_("Number at the right edge"), self.edge_fields["right"])
        self.edges.add("top", N_("Number at the upper edge"), self.edge_fields["top"])
        self.edges.add("bottom", N_("Number at the lower edge"), self.edge_fields["bottom"])
        self.ruler = Form(columns=2)
        self.ruler_fields = {name: MmField() for name in ("left", "top", "far_left", "far_top")}
        self.ruler.add("left", N_("Cross 1 from the left edge, mm"), self.ruler_fields["left"])
        self.ruler.add("top", N_("Cross 1 from the upper edge, mm"), self.ruler_fields["top"])
        self.ruler.add("far_left", N_("Cross 9 from the left edge, mm"), self.ruler_fields["far_left"],
                       hint=N_("With cross 9 the size is corrected too"))  # fmt: skip
        self.ruler.add("far_top", N_("Cross 9 from the upper edge, mm"), self.ruler_fields["far_top"])
        self.apply = Button(N_("&Work it out"), "primary", icon="check", clicked=self.work_out)
        self.said = Text(role="info", wrap=True)
        self.said.hide()
        card.add(row(self.print_page, 1))
        card.add(self.said)  # beside the fields it speaks of: both fit on a small screen
        both = row(self.pad, gap=LARGE)
        right = column(self.way, self.edges, self.ruler, row(1, self.apply), gap=MEDIUM)
        both.addLayout(right, 1)
        card.add(self.offset)
        card.add(both)
        self.way.chosen.connect(lambda _value: self._which_way())
        self.pad.nudged.connect(lambda _x, _y: self._nudged())
        self.pad.confirmed.connect(self.print_calibration)
        self._which_way()
        return card

    def _code_card(self) -> Card:
        hint = N_("Scan the codes on the calibration paper, the finest first: how fine may codes be here?")
        card = Card(N_("Finest code"), icon="barcode", hint=hint)
        self.code = ScanField(N_("Scan or type"), name=N_("Code on the calibration paper"))
        self.finest = Text(wrap=True)
        card.add(row(self.code, 1))
        card.add(self.finest)
        self.code.scanned.connect(self._scanned)
        return card

    # ------------------------------------------------------------ what is shown

    def show_printer(self, profile: Profile, left: tuple[PaperLeft, ...]) -> None:
        """Show how a printer is set; the paper stays the one that was looked at."""
        other = profile.address != self.profile.address
        self.profile, self.left = profile, left
        media = list(dict.fromkeys([*profile.tunes, *media_for(profile)]))
        kept = "" if other else self.medium.value() or ""
        self.medium.set_choices([Choice(name, medium_title(name), raw=True) for name in media])
        self.medium.set_value(kept if kept in media else media[0])
        if other:
            reveal(self.said, False)
            for field in (*self.edge_fields.values(), *self.ruler_fields.values()):
                field.clear()
        self._fill()

    def retranslate(self) -> None:
        """Say everything in the window's language."""
        if self.profile.address:
            self.show_printer(self.profile, self.left)

    def tune(self) -> Tune:
        """Return the setting for the paper shown, as it is kept."""
        name = self.medium.value() or ""
        return replace(self.profile.tune(name), medium=name)

    def _fill(self) -> None:
        tune = self.tune()
        raw = self.profile.raw
        self.feed.set_value(tune.feed)
        self.gap.set_value(tune.gap_um / 1000)
        self.darkness.set_value(tune.darkness)
        self.speed.set_value(tune.speed)
        self.turn.set_value(str(tune.rotation))
        self.roll.set_value(tune.roll_pieces or None)
        for key in ("feed", "gap_um", "darkness", "speed", "rotation", "roll_pieces"):
            self.form.rows[key].setVisible(raw)
        self.new_roll.setVisible(raw and tune.roll_pieces > 0)
        self.keep.setVisible(raw)
        here = (self.profile.address, tune.medium)
        left = next((one for one in self.left if (one.address, one.medium) == here), None)
        if left is not None:
            self.left_words.say(N_("About {left} of {of} papers are left on this roll."), left=left.left, of=left.of)
        else:
            self.left_words.put("")
        self.pad.put(tune.offset_x_um, tune.offset_y_um)
        self._say_offset()
        if tune.smallest_module:
            self.finest.say(N_("Bars of {dots} dots are read here."), dots=tune.smallest_module)
        else:
            self.finest.say(N_("Not tried yet."))

    def _say_offset(self) -> None:
        tune = self.tune()
        words = self.pad.said()
        if (tune.scale_x_ppm, tune.scale_y_ppm) != (TRUE_SIZE, TRUE_SIZE):
            size = spoken(
                N_("size {across} % × {down} %"), across=f"{tune.scale_x_ppm / 10_000:.2f}",
                down=f"{tune.scale_y_ppm / 10_000:.2f}",
            )  # fmt: skip
            words = f"{words}; {size}"
        self.offset.say(N_("The print is moved: {words}."), words=words)

    def _which_way(self) -> None:
        ruler = self.way.value() == "ruler"
        self.ruler.setVisible(ruler)
        self.edges.setVisible(not ruler)

    # ------------------------------------------------------------ acts

    def save(self) -> None:
        """Keep feed, heat and direction."""
        tune = replace(
            self.tune(), feed=self.feed.value() or "gap", gap_um=self.gap.um(), darkness=self.darkness.value(),
            speed=self.speed.value(), rotation=int(self.turn.value() or "0"),
        )  # fmt: skip
        self._keep(tune, then=self._saved)

    def _saved(self) -> None:
        tune = self.tune()
        wanted = self.roll.value() or 0
        if wanted != tune.roll_pieces:
            self._roll(wanted)
        self.context.toast(N_("Kept for this printer and this paper."), tone="ok")

    def _new_roll(self) -> None:
        self._roll(self.roll.value() or 0)

    def _roll(self, pieces: int) -> None:
        act = new_roll(address=self.profile.address, medium=self.tune().medium, pieces=pieces)
        self.context.jobs.do(act, owner=self, refused=self._refused)

    def _nudged(self) -> None:
        tune = replace(self.tune(), offset_x_um=self.pad.x_um, offset_y_um=self.pad.y_um)
        self._keep(tune)
        self.offset.say(N_("The print is moved: {words}."), words=self.pad.said())

    def _keep(self, tune: Tune, then: object = None) -> None:
        self.profile = replace(self.profile, tunes={**self.profile.tunes, tune.medium: tune})
        act = tune_printer(address=self.profile.address, tune=tune)
        done = then if callable(then) else (lambda: None)
        self.context.jobs.do(act, owner=self, then=lambda _done: done(), refused=self._refused)

    def print_calibration(self) -> None:
        """Print rulers, crosses and the ladder of codes with what is set now."""
        profile, medium = self.profile, self.tune().medium
        self.print_page.setEnabled(False)
        self.context.jobs.background(
            lambda _progress: print_test(profile, medium, calibration=True), owner=self, then=self._printed,
            refused=self._not_printed,
        )  # fmt: skip

    def work_out(self) -> None:
        """Turn the numbers that were typed into an offset and perhaps a size, and keep them."""
        from deskapp.print import calibration
        from deskapp.print.media import medium

        tune = self.tune()
        try:
            if self.way.value() == "ruler":
                new = calibration.corrected(tune, medium(tune.medium), self._readings())
            else:
                new = calibration.by_edges(tune, self._edges())
        except DeskError as error:
            form = self.ruler if self.way.value() == "ruler" else self.edges
            form.refuse(error, otherwise=lambda text: self._tell("danger", text))
            return
        self._keep(new)
        self.pad.put(new.offset_x_um, new.offset_y_um)
        self._say_offset()
        for field in (*self.edge_fields.values(), *self.ruler_fields.values()):
            field.clear()
        self._tell("ok", spoken(N_("Moved. Print the calibration paper once more and compare.")))
        go_to(self.print_page)

    def _readings(self) -> Readings:
        from deskapp.print.calibration import Readings

        fields = self.ruler_fields
        left = fields["left"].value()
        if left is None:
            raise Refused(N_("Enter millimetres between 0 and 500."), field="left")
        return Readings(left, fields["top"].value(), fields["far_left"].value(), fields["far_top"].value())

    def _edges(self) -> Edges:
        from deskapp.print.calibration import Edges

        values = {name: field.value() or 0.0 for name, field in self.edge_fields.items()}
        if not any(field.text().strip() for field in self.edge_fields.values()):
            raise Refused(N_("Enter millimetres between 0 and 500."), field="left")
        return Edges(**values)

    def _scanned(self, text: str) -> None:
        from deskapp.print.calibration import smallest_read

        try:
            dots = smallest_read([text])
        except Refused as error:
            self.finest.put(say(error))
            return
        self.code.clear()
        known = self.tune().smallest_module
        finest = min(dots, known) if known else dots
        self.finest.say(N_("Bars of {dots} dots are read here."), dots=finest)
        self._keep(replace(self.tune(), smallest_module=finest))

    def _printed(self, done: Tested) -> None:
        self.print_page.setEnabled(True)
        if done.sent:
            self._tell("info", spoken(N_("The calibration paper is at the printer. Type what it shows.")))
            go_to((self.ruler_fields if self.way.value() == "ruler" else self.edge_fields)["left"])
        else:
            self._tell("warn", spoken(done.words) if done.words else spoken(N_("The printer did not take it whole.")))

    def _not_printed(self, error: DeskError) -> None:
        self.print_page.setEnabled(True)
        self._tell("danger", say(error))

    def _tell(self, role: str, words: str) -> None:
        self.said.set_role(role)
        self.said.put(words)
        reveal(self.said)

    def _refused(self, error: DeskError) -> None:
        self.form.refuse(error, otherwise=lambda text: self._tell("danger", text))
