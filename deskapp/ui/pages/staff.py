"""The people of this branch: roles as ticks with what each may, badge, a new PIN; nobody is ever deleted."""

from __future__ import annotations

from deskapp.commands.papers_staff import queue_badge_label
from deskapp.commands.people import add_staff, change_staff, reset_pin
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.models.store import Changes
from deskapp.queries import registry
from deskapp.queries.registry_cards import StaffRow
from deskapp.rules.access import ROLE_TITLES, Role
from deskapp.ui.kit import (
    Button,
    Card,
    Cell,
    Choice,
    Column,
    DataTable,
    EmptyState,
    Form,
    LatinField,
    PageContext,
    PinField,
    Text,
    TextField,
    listed,
    reveal,
    row,
    spoken,
)
from deskapp.ui.pages.kind_fields import TickList
from deskapp.ui.pages.lists import ListPage
from deskapp.ui.pages.past import HistoryCard
from deskapp.ui.pages.records import get_values, put_values
from deskapp.ui.pages.settings_fields import Tick
from deskapp.ui.pages.staff_rights import rights_text
from deskapp.ui.pages.staff_skills import SkillsCard

ROLES = [Choice(role.value, ROLE_TITLES[role]) for role in Role if role is not Role.SYSTEM]


class StaffPage(ListPage):
    """Everybody at the left, the chosen person at the right."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Staff"))
        self.person: StaffRow | None = None
        self._wanted = ""
        self._all: list[StaffRow] = []
        self.table = DataTable(
            [
                Column("staff_no", N_("Staff number"), lambda one: one.staff_no, 124),
                Column("name", N_("Name"), lambda one: one.name, 110),
                Column("roles", N_("Roles"), _roles, 0),
                Column("active", N_("State"), _state, 130),
            ],
            name=N_("Staff"), empty=EmptyState("users", N_("Nobody fits. Type less.")),
        )  # fmt: skip
        self._build_person()
        self._build_pin()
        self.skills = SkillsCard(context)
        self.history = HistoryCard(context)
        self.new = Button(N_("&Add a person"), "primary", icon="user-plus", clicked=self.add_person)
        reveal(self.new, context.may("staff"))
        self.arrange(N_("Name or staff number"), self.new, beside=(self.card, self.skills, self.pin_card, self.history))
        self.table.selected.connect(self._selected)
        self._show_new()

    def _build_person(self) -> None:
        self.card = Card(N_("New person"), icon="user")
        self.form = Form(columns=2)
        self.form.add("staff_no", N_("&Staff number"), LatinField(limit=16), needed=True)
        self.form.add("name", N_("&Name"), TextField(), needed=True)
        self.ticks = TickList(ROLES)
        self.form.add("roles", N_("Roles"), self.ticks, needed=True, span=2)
        self.form.add("badge_no", N_("&Badge"), LatinField(N_("Empty: gets a number of ours")))
        self.form.add("pin", N_("First &PIN"), PinField(), needed=True, hint=N_("4 to 12 digits; told in person."))
        self.form.add("active", N_("State"), Tick(N_("Works here")))
        self.may = Text(role="muted", wrap=True)
        self.save_button = Button(N_("Save"), "primary", icon="check", clicked=self.save)
        self.save_button.show_key("Ctrl+S")
        self.card.add(self.form)
        self.card.add(Text(N_("What these roles may do"), "strong"))
        self.card.add(self.may)
        self.badge_button = Button(N_("Print the badge"), icon="id-badge-2", clicked=self.print_paper)
        self.badge_button.show_key("Ctrl+P")
        self.card.add(row(self.badge_button, 1, self.save_button))
        may_edit = self.context.may("staff")
        self.form.setEnabled(may_edit)
        self.save_button.setVisible(may_edit)
        for button in self.ticks.buttons:
            button.toggled.connect(lambda _on: self._say_rights())

    def _build_pin(self) -> None:
        self.pin_card = Card(
            N_("New PIN"), icon="key", hint=N_("It has to be changed at the next sign-in. Wrong tries are forgotten.")
        )
        self.pin_form = Form()
        self.pin = PinField(name=N_("New PIN"))
        self.pin_form.add("pin", N_("N&ew PIN"), self.pin)
        self.pin_button = Button(N_("Set the P&IN"), icon="key", clicked=self.set_pin)
        self.pin_card.add(self.pin_form)
        self.pin_card.add(row(1, self.pin_button))
        self.pin.entered.connect(lambda _pin: self.set_pin())

    # -- showing -----------------------------------------------------------------------

    def open(self, **args: object) -> None:
        """Show everybody; `id` names a person to choose."""
        self._wanted = str(args.get("id", ""))
        self.refresh()
        self.focus_first(self.filter_field)

    def changed(self, changes: Changes) -> None:
        """Ask again when a person was touched."""
        if changes.touches("staff"):
            self.refresh()

    def retranslate(self) -> None:
        """Say roles and rights in the window's language."""
        self._say_rights()

    def refresh(self) -> None:
        """Ask for everybody."""
        self.jobs.ask(registry.staff, owner=self, then=self._here, exclusive="list")

    def _here(self, people: list[StaffRow]) -> None:
        self._all = people
        text = self.filter_field.text().strip().casefold()
        self.show_rows([one for one in people if text in f"{one.staff_no} {one.name} {one.badge_no}".casefold()])
        wanted = self._wanted or (self.person.id if self.person else "")
        self._wanted = ""
        for place, one in enumerate(self.table.rows()):
            if one.id == wanted:
                self.table.select(place)
                self._selected(one)

    def _selected(self, person: StaffRow | None) -> None:
        if person is None:
            return
        self.person = person
        self.card.title.put(f"{person.name}  {person.staff_no}")
        put_values(
            self.form,
            {"staff_no": person.staff_no, "name": person.name, "roles": person.roles, "badge_no": person.badge_no,
             "active": person.active},
        )  # fmt: skip
        self._allow(known=True)
        self.history.show_for(person.id)

    def _show_new(self) -> None:
        self.person = None
        self.card.title.say(N_("New person"))
        put_values(self.form, {"staff_no": "", "name": "", "roles": (), "pin": "", "badge_no": "", "active": True})
        self._allow(known=False)

    def _allow(self, *, known: bool) -> None:
        number = self.form.rows["staff_no"].field
        if isinstance(number, LatinField):
            number.setReadOnly(known)
        self.form.rows["pin"].setVisible(not known)
        self.form.rows["active"].setVisible(known)
        self.pin_card.setVisible(known and (self.context.may("pin_reset")))
        self.history.setVisible(known)
        self.skills.show_for(self.person if known else None)
        here = self.person is not None and self.person.active
        self.badge_button.setVisible(here and self.context.may("staff"))
        self._say_rights()

    def _say_rights(self) -> None:
        self.may.put(rights_text(self.ticks.values()))

    def went(self, chosen: StaffRow) -> None:
        """Go to the form of the chosen person."""
        self._selected(chosen)
        (self.form.rows["name"].field if self.context.may("staff") else self.pin).setFocus()

    # -- acting ------------------------------------------------------------------------

    def scan(self, text: str) -> bool:
        """Take a badge where one is being entered."""
        badge = self.form.rows["badge_no"].field
        if isinstance(badge, LatinField) and badge.hasFocus():
            badge.setText(text)
            return True
        return False

    def add_person(self) -> None:
        """Begin a new person."""
        self.table.view.clearSelection()
        self._show_new()
        self.form.rows["staff_no"].field.setFocus()

    def save(self) -> None:
        """Save the person (Ctrl+S)."""
        if not (self.save_button.isEnabled() and self.context.may("staff")):
            return
        values = get_values(self.form)
        roles, badge = list(values["roles"]), str(values["badge_no"])
        self.save_button.setEnabled(False)
        if self.person is None:
            act = add_staff(
                staff_no=values["staff_no"], name=values["name"], roles=roles, pin=values["pin"], badge_no=badge
            )
            self.jobs.do(act, owner=self, then=self._added, refused=self._refused)
            return
        change = change_staff(
            staff_id=self.person.id, name=values["name"], roles=roles, badge_no=badge, active=values["active"]
        )
        self.jobs.do(change, owner=self, then=lambda _done: self._saved(), refused=self._refused)

    def _added(self, staff_id: str) -> None:
        self._wanted = staff_id
        self._saved()
        self.refresh()

    def _saved(self) -> None:
        self.save_button.setEnabled(True)
        self.context.toast(N_("Saved"), tone="ok")

    def _refused(self, error: DeskError) -> None:
        self.save_button.setEnabled(True)
        self.form.refuse(error, otherwise=lambda sentence: self.banner.put("danger", sentence))

    def print_paper(self) -> None:
        """Print the badge of the chosen person (Ctrl+P)."""
        if self.person is not None and not self.badge_button.isHidden():
            act = queue_badge_label(staff_id=self.person.id)
            self.jobs.do(act, owner=self, then=self._badge_queued, refused=self._refused)

    def _badge_queued(self, number: str) -> None:
        self.context.toast(N_("The badge {number} is printing"), tone="ok", number=number)

    def set_pin(self) -> None:
        """Give the person a new PIN."""
        if self.person is not None:
            act = reset_pin(staff_id=self.person.id, pin=self.pin.text())
            self.jobs.do(act, owner=self, then=lambda _done: self._pin_set(), refused=self._pin_refused)

    def _pin_set(self) -> None:
        self.pin.clear()
        self.context.toast(N_("The new PIN is set; tell it in person"), tone="ok")

    def _pin_refused(self, error: DeskError) -> None:
        self.pin_form.refuse(error, otherwise=lambda _sentence: self.banner.put("danger", say(error)))


def _roles(one: StaffRow) -> str:
    return listed(spoken(ROLE_TITLES[Role(role)]) for role in one.roles)


def _state(one: StaffRow) -> Cell:
    if one.active:
        return Cell(spoken(N_("works here")), "ok", "check", pill=True)
    return Cell(spoken(N_("has left")), "neutral", "door-exit", pill=True)
