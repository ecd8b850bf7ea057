"""Setting up a printer in four steps: which one, its language and paper, a test paper, what it is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLayout, QVBoxLayout, QWidget

from deskapp.commands.papers import LABELS
from deskapp.commands.printer_profiles import save_printer, tune_printer, use_printer
from deskapp.errors import N_, DeskError, Refused
from deskapp.i18n import say
from deskapp.rules.printer_profiles import RAW_SCHEMES, Profile, Tune, scheme_of
from deskapp.ui.kit import (
    Button,
    Card,
    Choice,
    ChoiceBar,
    Form,
    PageContext,
    Stepper,
    Text,
    TextField,
    column,
    reveal,
    row,
)
from deskapp.ui.pages.paper_words import KINDS
from deskapp.ui.pages.printer_words import LANGUAGES, RESOLUTIONS, media_for, medium_title, printer_name
from deskapp.ui.pages.printers_find import FindPrinter
from deskapp.ui.pages.printers_work import Tested, guess, print_test
from deskapp.ui.pages.settings_fields import Pick, Tick
from deskapp.ui.tokens import LARGE
from deskapp.ui.widgets.deck import Deck

STEPS = (N_("Printer"), N_("Language and paper"), N_("Test paper"), N_("What it is for"))
ANSWERS = [
    Choice("good", N_("Yes, as it should be"), icon="check"),
    Choice("off", N_("Yes, but moved or upside down"), icon="adjustments"),
    Choice("bad", N_("Nothing came, or only signs and letters"), icon="x"),
]
ROLL_KINDS = ("pickup_slip", "repair_receipt", "refund", "call_note")
PAGE_KINDS = tuple(kind for kind in KINDS if kind not in LABELS and kind not in ROLL_KINDS and kind != "recovery_code")


class SetupPanel(QWidget):
    """The guided set-up.

    Signals:
        finished: a printer was set up; carries its address, and whether it has to be trued.
        left: somebody does not want to go on.
    """

    finished = Signal(str, bool)
    left = Signal()

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self.context = context
        self.profile = Profile("")
        self.known: Mapping[str, Profile] = {}
        self.stepper = Stepper(STEPS)
        self.stack = Deck()
        self.trouble = Text(role="danger", wrap=True)
        self.back = Button(N_("&Back"), "quiet", icon="chevron-left", clicked=self.go_back)
        self.next = Button(N_("&Next"), "primary", icon="chevron-right", clicked=self.go_on)
        card = Card(N_("Add a printer"), icon="printer")
        self.finder = FindPrinter(context)
        self.found, self.address = self.finder.found, self.finder.address
        for panel in (self.finder, self._paper(), self._test(), self._use()):
            self.stack.addWidget(panel)
        for part in (self.stepper, self.trouble, self.stack, row(self.back, 1, self.next)):
            card.add(part)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(card)
        outer.addStretch(1)
        self.stepper.wanted.connect(self.go)
        self.finder.taken.connect(self.go_on)
        self.finder.refused.connect(self._refused)
        self.trouble.hide()

    # ------------------------------------------------------------ the four steps

    def _paper(self) -> QWidget:
        self.answer = Text(role="info", wrap=True)
        self.language = ChoiceBar(LANGUAGES, name=N_("Language of the printer"))
        self.medium = ChoiceBar(name=N_("Paper in the printer"))
        self.resolution = ChoiceBar(RESOLUTIONS, name=N_("Resolution"), value="8")
        self.form = Form()
        self.form.add("language", N_("&Language of the printer"), self.language,
                      hint=N_("Most label printers speak ZPL or TSPL, receipt printers ESC/POS."))  # fmt: skip
        self.form.add("medium", N_("&Paper in the printer"), self.medium, needed=True)
        self.form.add("dots_per_mm", N_("&Resolution"), self.resolution, hint=N_("203 is the usual one."))
        self.language.chosen.connect(lambda _value: self._media())
        for bar in (self.language, self.medium, self.resolution):
            bar.confirmed.connect(lambda _value: self.go_on())
        return _panel(self.answer, self.form)

    def _test(self) -> QWidget:
        self.tested = Text(role="strong", wrap=True)
        self.print_again = Button(N_("Print it &once more"), icon="printer", clicked=self.print_test)
        self.came = ChoiceBar(ANSWERS, name=N_("Did the test paper come out?"))
        form = Form()
        form.add("came", N_("&Did the test paper come out?"), self.came)
        self.came.chosen.connect(lambda _value: self._answered())
        self.came.confirmed.connect(lambda _value: self.go_on())
        line = row(self.tested, self.print_again)
        line.setStretch(0, 1)
        return _panel(line, form)

    def _use(self) -> QWidget:
        self.name = TextField(limit=60)
        self.labels = Tick(N_("Labels"))
        self.rolls = Tick(N_("Pickup slips and receipts"))
        self.pages = Tick(N_("Everything on pages"))
        self.fallback = Pick()
        self.form_use = Form(columns=2)
        hint = N_("For example: label printer, left counter")
        self.form_use.add("name", N_("&Name people know it by"), self.name, hint=hint)
        self.form_use.add("fallback", N_("&Takes over when this one cannot be reached"), self.fallback)
        self.form_use.add("uses", N_("It prints from now on:"), _panel(self.labels, self.rolls, self.pages), span=2)
        self.name.returnPressed.connect(self.go_on)
        return _panel(self.form_use)

    # ------------------------------------------------------------ going through them

    def begin(self, known: Mapping[str, Profile]) -> None:
        """Begin anew."""
        self.known = known
        self.profile = Profile("")
        self.address.clear()
        self.name.clear()
        self.language.set_value(None)
        self.medium.set_value(None)
        self.go(0)
        self.finder.look()

    def go(self, step: int) -> None:
        """Show a step."""
        self.stepper.go(step)
        self.stack.setCurrentIndex(step)
        reveal(self.trouble, False)
        self.next.say(N_("&Done") if step == len(STEPS) - 1 else N_("&Next"))
        self.next.set_icon("check" if step == len(STEPS) - 1 else "chevron-right")
        first: tuple[QWidget, ...] = (
            self.found if self.found.rows() else self.address,
            self.language,
            self.came,
            self.name,
        )
        if step == 1 and not self._raw:
            first = (first[0], self.medium, *first[2:])
        first[step].setFocus()

    def go_back(self) -> None:
        """Go one step back, or leave."""
        step = self.stepper.current()
        if step:
            self.go(step - 1)
        else:
            self.left.emit()

    def go_on(self) -> None:
        """Check the step that is shown and show the next."""
        try:
            (self._take_printer, self._take_paper, self._take_answer, self._finish)[self.stepper.current()]()
        except DeskError as error:
            self._refused(error)

    def _refused(self, error: DeskError) -> None:
        forms = (self.finder.form, self.form, None, self.form_use)
        form = forms[self.stepper.current()]
        self.next.setEnabled(True)
        if form is None or not form.refuse(error):
            self.trouble.put(say(error))
            reveal(self.trouble)

    # -- 1

    def _take_printer(self) -> None:
        address, chosen = self.finder.wanted()
        told = chosen if chosen is not None and chosen.address == address else None
        self.profile = self.known.get(address) or Profile(address, language=told.language if told else "")
        if told is not None and not self.name.text():
            self.name.setText(told.name if told.name not in address else "")
        self.language.set_value(self.profile.language or None)
        self.resolution.set_value(str(self.profile.dots_per_mm))
        raw = self._raw
        reveal(self.form.rows["language"], raw)
        reveal(self.form.rows["dots_per_mm"], raw)
        reveal(self.answer, raw)
        self._media()
        self.go(1)
        if raw and not self.profile.language:
            self._guess()
        elif raw:
            self.answer.say(N_("It says itself that it speaks this language."))

    @property
    def _raw(self) -> bool:
        return scheme_of(self.profile.address) in RAW_SCHEMES

    def _guess(self) -> None:
        self.answer.set_role("info")
        self.answer.say(N_("Asking the printer which language it speaks …"))
        profile = self.profile
        self.context.jobs.background(
            lambda _progress: guess(profile), owner=self, then=self._guessed, refused=self._not_guessed
        )

    def _guessed(self, language: str) -> None:
        if language and self.language.value() is None:
            self.language.set_value(language)
            self._media()
            self.medium.setFocus()
        if language:
            self.answer.set_role("ok")
            self.answer.say(N_("The printer has answered: its language is known."))
        else:
            self.answer.say(N_("The printer does not answer questions. Choose its language; the test paper will show."))

    def _not_guessed(self, error: DeskError) -> None:
        self.answer.set_role("warn")
        self.answer.put(say(error))

    # -- 2

    def _media(self) -> None:
        profile = replace(self.profile, language=self.language.value() or "")
        media = media_for(profile) if not self._raw or profile.language else ()
        offered = [Choice(name, medium_title(name), raw=True, words=_words(name)) for name in media]
        self.medium.set_choices(offered)
        kept = [name for name in profile.tunes if name in media]
        if self.medium.value() is None and media:
            self.medium.set_value((kept or list(media))[0])

    def _take_paper(self) -> None:
        language = self.language.value() or ""
        if self._raw and not language:
            raise Refused(N_("Choose the language of this printer: ZPL, TSPL or ESC/POS."), field="language")
        if not self.medium.value():
            raise Refused(N_("Choose a paper."), field="medium")
        dots = int(self.resolution.value() or "8")
        self.profile = replace(self.profile, language=language if self._raw else "", dots_per_mm=dots)
        self.came.set_value(None)
        self.go(2)
        self.print_test()

    # -- 3

    def print_test(self) -> None:
        """Print one test paper with what was chosen; the printer is not kept yet."""
        profile, medium = self.profile, self.medium.value() or ""
        self.tested.set_role("strong")
        self.tested.say(N_("The test paper is on its way …"))
        self.print_again.setEnabled(False)
        self.context.jobs.background(
            lambda _progress: print_test(profile, medium), owner=self, then=self._printed, refused=self._not_printed
        )

    def _printed(self, done: Tested) -> None:
        self.print_again.setEnabled(True)
        if done.sent:
            self.tested.say(N_("The printer has the test paper. Look at it."))
        elif done.words:
            self.tested.say(done.words)
        else:
            self.tested.say(N_("The printer did not take it whole."))
        self.came.setFocus()

    def _not_printed(self, error: DeskError) -> None:
        self.print_again.setEnabled(True)
        self.tested.set_role("danger")
        self.tested.put(say(error))

    def _answered(self) -> None:
        if self.came.value() == "bad":
            self.go(1)
            self.answer.set_role("warn")
            reveal(self.answer)
            self.answer.say(N_("Then try another language, or look at the cable and the address."))

    def _take_answer(self) -> None:
        if self.came.value() is None:
            raise Refused(N_("Look at the printer and say whether the test paper came out."))
        medium = self.medium.value() or ""
        labels, rolls = medium.startswith(("label", "a4-labels")), medium.startswith("roll")
        for key, tick, on in (
            ("labels", self.labels, labels or not self._raw), ("rolls", self.rolls, rolls or not self._raw),
            ("pages", self.pages, not self._raw),
        ):  # fmt: skip
            reveal(tick, on)
            tick.setChecked(
                (labels and key == "labels") or (rolls and key == "rolls") or (not self._raw and key == "pages")
            )
        others = [address for address in self.known if address != self.profile.address]
        self.fallback.set_choices(
            [Choice("", N_("Nobody")), *(Choice(one, printer_name(one, self.known), raw=True) for one in others)]
        )
        self.fallback.set_value(self.profile.fallback)
        self.go(3)

    # -- 4

    def _finish(self) -> None:
        self.profile = replace(
            self.profile, name=self.name.text().strip(), fallback=self.fallback.value() or "",
            cut=self.profile.cut, drawer=self.profile.drawer,
        )  # fmt: skip
        self.next.setEnabled(False)
        self.context.jobs.do(save_printer(profile=self.profile), owner=self, then=self._kept, refused=self._refused)

    def _kept(self, address: str) -> None:
        medium = self.medium.value() or ""
        tune = self.profile.tunes.get(medium)
        if tune is None and self._raw:
            feed = "continuous" if medium.startswith("roll") else "gap"
            self.context.jobs.do(tune_printer(address=address, tune=Tune(medium, feed=feed)), owner=self)
        uses = self._uses(medium)
        for place, (kinds, on) in enumerate(uses):
            act = use_printer(kinds=kinds, address=address, medium=on)
            last = place == len(uses) - 1
            self.context.jobs.do(
                act, owner=self, then=(lambda _done: self._over(address)) if last else None, refused=self._refused
            )
        if not uses:
            self._over(address)

    def _uses(self, medium: str) -> list[tuple[tuple[str, ...], str]]:
        """Return the kinds of document to print here, and on what."""
        uses: list[tuple[tuple[str, ...], str]] = []
        if self.labels.isChecked():
            uses.append((tuple(sorted(LABELS)), medium if self._raw else "a4-labels"))
        if self.rolls.isChecked():
            uses.append((ROLL_KINDS, medium if self._raw else "a5"))
        if self.pages.isChecked() and not self._raw:
            uses.append((PAGE_KINDS, ""))
        return uses

    def _over(self, address: str) -> None:
        self.next.setEnabled(True)
        self.context.toast(N_("The printer is set up."), tone="ok")
        self.finished.emit(address, self.came.value() == "off")


def _words(name: str) -> Callable[[], str]:
    return lambda: medium_title(name)


def _panel(*parts: QWidget | QLayout) -> QWidget:
    made = QWidget()
    stack = column(*parts, gap=LARGE)
    stack.setContentsMargins(0, 0, 0, 0)
    stack.addStretch(1)
    made.setLayout(stack)
    return made
