"""What is known about one printer: its name, language, head, cutter, drawer, and who takes over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtWidgets import QVBoxLayout, QWidget

from deskapp.commands.printer_profiles import save_printer
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.rules.printer_profiles import RAW_SCHEMES, Profile, scheme_of
from deskapp.ui.kit import (
    Banner,
    Button,
    Choice,
    ChoiceBar,
    Form,
    NumberField,
    PageContext,
    TextField,
    reveal,
    row,
)
from deskapp.ui.pages.printer_words import LANGUAGES, RESOLUTIONS, printer_name
from deskapp.ui.pages.settings_fields import Pick, Tick
from deskapp.ui.tokens import MEDIUM

NOBODY = ""


class ProfileForm(QWidget):
    """The fields of one printer; `Keep` saves them."""

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self.context = context
        self.profile = Profile("")
        self.banner = Banner("danger")
        self.name = TextField(limit=60)
        self.language = ChoiceBar(LANGUAGES, numbered=False)
        self.resolution = ChoiceBar(RESOLUTIONS, numbered=False)
        self.head = NumberField(low=0, high=4096)
        self.cut = Tick(N_("It cuts the paper after each piece"))
        self.drawer = Tick(N_("A cash drawer is plugged into it"))
        self.columns = Tick(N_("Old receipt printer: pictures column by column"))
        self.shared = Tick(N_("Other computers print on it too"))
        self.fallback = Pick()
        self.form = Form(columns=2)
        self.form.add("name", N_("&Name people know it by"), self.name, span=2)
        self.form.add("language", N_("Language of the printer"), self.language, span=2,
                      hint=N_("It stands in the manual and on the printer's self-test page."))  # fmt: skip
        self.form.add("dots_per_mm", N_("Resolution"), self.resolution)
        self.form.add("head_dots", N_("Dots across the &head"), self.head, hint=N_("Empty: the usual number"))
        ticks = {"cut": self.cut, "drawer": self.drawer, "columns": self.columns, "shared": self.shared}
        for key, tick in ticks.items():
            self.form.add(key, "", tick)
        self.form.add("fallback", N_("&Takes over when this one cannot be reached"), self.fallback, span=2)
        self.keep = Button(N_("&Keep"), "primary", icon="check", clicked=self.save)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(MEDIUM)
        outer.addWidget(self.banner)
        outer.addWidget(self.form)
        outer.addLayout(row(1, self.keep))
        self.name.returnPressed.connect(self.save)
        self.head.returnPressed.connect(self.save)
        self.language.chosen.connect(lambda _value: self._fit())

    def show_printer(self, profile: Profile, profiles: Mapping[str, Profile]) -> None:
        """Show a printer. What is being typed for the same one stays."""
        if profile.address == self.profile.address and profile == self.profile:
            return
        self.profile = profile
        self.banner.clear()
        self.form.clear_errors()
        self.name.setText(profile.name)
        self.language.set_value(profile.language or None)
        self.resolution.set_value(str(profile.dots_per_mm))
        self.head.set_value(profile.head_dots or None)
        for tick, on in (
            (self.cut, profile.cut), (self.drawer, profile.drawer), (self.columns, profile.columns),
            (self.shared, profile.shared),
        ):  # fmt: skip
            tick.setChecked(on)
        others = [Choice(address, printer_name(address, profiles), raw=True) for address in profiles]
        offered = [Choice(NOBODY, N_("Nobody")), *(one for one in others if one.value != profile.address)]
        self.fallback.set_choices(offered)
        self.fallback.set_value(profile.fallback)
        self._fit()

    def _fit(self) -> None:
        """Show only what this kind of printer has."""
        raw = scheme_of(self.profile.address) in RAW_SCHEMES
        receipts = self.language.value() == "escpos"
        for key in ("language", "dots_per_mm", "head_dots", "shared"):
            reveal(self.form.rows[key], raw)
        for key in ("cut", "drawer", "columns"):
            reveal(self.form.rows[key], raw and receipts)

    def values(self) -> Profile:
        """Return the printer as the fields have it."""
        return replace(
            self.profile, name=self.name.text().strip(), language=self.language.value() or "",
            dots_per_mm=int(self.resolution.value() or "8"), head_dots=self.head.value() or 0,
            cut=self.cut.isChecked(), drawer=self.drawer.isChecked(), columns=self.columns.isChecked(),
            shared=self.shared.isChecked(), fallback=self.fallback.value() or "",
        )  # fmt: skip

    def save(self) -> None:
        """Keep what the fields say."""
        act = save_printer(profile=self.values())
        self.context.jobs.do(act, owner=self, then=self._kept, refused=self._refused)

    def _kept(self, _address: str) -> None:
        self.banner.clear()
        self.form.clear_errors()
        self.context.toast(N_("The printer is kept as shown."), tone="ok")

    def _refused(self, error: DeskError) -> None:
        self.form.refuse(error, otherwise=lambda _text: self.banner.put("danger", say(error)))
