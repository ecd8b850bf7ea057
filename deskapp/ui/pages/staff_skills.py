"""What a technician repairs: kinds and models, so that “next device” offers what they can do."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QWidget

from deskapp.commands.bench_skills import set_skills
from deskapp.errors import N_
from deskapp.queries import registry
from deskapp.queries.registry_cards import ModelRow, StaffRow
from deskapp.ui.kit import Button, Card, FlowLayout, PageContext, Text, row
from deskapp.ui.pages.words import choices


class SkillsCard(Card):
    """A tick for every kind and every model in use; none ticked means all of them."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("What this person repairs"), icon="tool",
                         hint=N_("Nothing ticked means everything. “Next device” goes by it."))  # fmt: skip
        self.context, self.jobs = context, context.jobs
        self.person: StaffRow | None = None
        self.ticks: dict[str, QCheckBox] = {}
        host = QWidget()
        self.flow = FlowLayout(host, gap=12, margin=0)
        self.nothing = Text(N_("Only a supervisor changes this."), "muted")
        self.save_button = Button(N_("Keep what they &repair"), icon="check", clicked=self.save)
        self.add(host)
        self.add(self.nothing)
        self.add(row(1, self.save_button))
        self.kinds = choices("device_kinds")
        for choice in self.kinds:
            self._tick(choice.value, choice.shown())
        self.hide()

    def retranslate(self) -> None:
        """Say the kinds in the window's language."""
        for choice in self.kinds:
            self._say(self.ticks[choice.value], choice.shown())

    def show_for(self, person: StaffRow | None) -> None:
        """Be about a technician; others have nothing to tick."""
        self.person = person
        on = person is not None and "technician" in person.roles and person.active
        self.setVisible(on)
        may = self.context.may("override")
        self.save_button.setVisible(may)
        self.nothing.setVisible(not may)
        if on:
            self.jobs.ask(registry.models, owner=self, then=self._models, exclusive="models")

    def save(self) -> None:
        """Keep the ticked ones."""
        if self.person is not None:
            chosen = [name for name, tick in self.ticks.items() if tick.isChecked()]
            self.jobs.do(set_skills(staff_id=self.person.id, skills=chosen), owner=self,
                         then=lambda _none: self.context.toast(N_("Saved"), tone="ok"))  # fmt: skip

    def _models(self, models: list[ModelRow]) -> None:
        for one in models:
            if one.id in self.ticks:
                self._say(self.ticks[one.id], one.title())
            elif one.active:
                self._tick(one.id, one.title())
        for name, tick in self.ticks.items():
            tick.setChecked(self.person is not None and name in self.person.skills)
            tick.setEnabled(self.context.may("override"))

    def _tick(self, value: str, words: str) -> None:
        tick = QCheckBox()
        self._say(tick, words)
        self.ticks[value] = tick
        self.flow.addWidget(tick)

    @staticmethod
    def _say(tick: QCheckBox, words: str) -> None:
        tick.setText(words)
        tick.setAccessibleName(words)
