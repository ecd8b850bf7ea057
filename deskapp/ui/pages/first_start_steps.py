"""The steps of the first start: the branch, the first person, the key, the printers. Each checks itself."""

from __future__ import annotations

import secrets as randomness
from collections.abc import Callable

from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from deskapp.errors import N_
from deskapp.i18n import language
from deskapp.rules.access import ROLE_TITLES, Role
from deskapp.rules.pins import LONGEST, SHORTEST, pin_weak
from deskapp.ui import theme
from deskapp.ui.first_start_work import Answers
from deskapp.ui.pages.settings_fields import Tick
from deskapp.ui.speech import spoken
from deskapp.ui.tokens import MEDIUM
from deskapp.ui.widgets.choice import Choice, ChoiceBar
from deskapp.ui.widgets.fields import LatinField, PhoneField, TextField
from deskapp.ui.widgets.flow import FlowLayout
from deskapp.ui.widgets.forms import Form, column, row
from deskapp.ui.widgets.notices import Banner
from deskapp.ui.widgets.pins import PinField
from deskapp.ui.widgets.text import Button, Text

FIRST_ROLES = (
    Role.SITE_SUPERVISOR, Role.COUNTER_CLERK, Role.TECHNICIAN, Role.QC_INSPECTOR, Role.PARTS_KEEPER,
    Role.KEY_CUSTODIAN,
)  # fmt: skip
"""What the first person may be besides administrator."""


class Step(QWidget):
    """One step. `begin` when it is shown, `ready` checks and shows what is missing, `fill` hands the answers over."""

    title = ""
    hint = ""

    def __init__(self) -> None:
        super().__init__()
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(MEDIUM)
        self.body.addWidget(Text(self.title, "title"))
        self.body.addWidget(Text(self.hint, "muted", wrap=True))

    def begin(self, answers: Answers) -> None:
        """Be shown, with what was answered before."""

    def ready(self) -> bool:
        """Check the answers; say at the first wrong field what has to change."""
        return True

    def fill(self, answers: Answers) -> None:
        """Hand the answers over."""

    def first(self) -> QWidget:
        """Return where the focus begins."""
        return self

    def chain(self, fields: list[QLineEdit], last: Callable[[], object]) -> None:
        """Let Enter go from field to field, and from the last one on."""
        for here, following in zip(fields, fields[1:], strict=False):
            here.returnPressed.connect(following.setFocus)
        fields[-1].returnPressed.connect(last)


class BranchStep(Step):
    """The branch as it stands on every paper."""

    title = N_("Your branch")
    hint = N_("This stands on labels, slips and receipts. It can be changed later.")

    def __init__(self, done: Callable[[], object]) -> None:
        super().__init__()
        self.code = LatinField("35010001")
        self.name = TextField(N_("Fuzhou Gulou Post Branch"), limit=60)
        self.short = TextField(limit=20)
        self.region = TextField(limit=20)
        self.address = TextField(limit=120)
        self.phone = PhoneField()
        self.hotline = PhoneField()
        self.complaints = PhoneField()
        self.hours = TextField(N_("Mon–Sat 8:30–17:30"), limit=60)
        self.kind = ChoiceBar(
            [Choice("both", N_("Counter and workshop")), Choice("outlet", N_("Counter only")),
             Choice("depot", N_("Workshop only"))], value="both",
        )  # fmt: skip
        self.solo = ChoiceBar(
            [Choice("team", N_("Two or more people")), Choice("solo", N_("One person alone"))], value="team"
        )
        self.form = Form(columns=2)
        self.form.add("name", N_("&Name of the branch"), self.name, needed=True)
        self.form.add("code", N_("Branch co&de"), self.code, needed=True, hint=N_("The number your bank uses"))
        self.form.add("short_name", N_("&Short name, for labels"), self.short)
        self.form.add("region", N_("City or &region"), self.region)
        self.form.add("address", N_("&Address"), self.address, span=2)
        self.form.add("phone", N_("&Telephone"), self.phone)
        self.form.add("hotline", N_("Service hotl&ine"), self.hotline)
        self.form.add("complaint_phone", N_("Complaints &line"), self.complaints)
        self.form.add("hours", N_("&Opening hours"), self.hours)
        self.form.add("is_outlet", N_("What is done &here"), self.kind)
        self.form.add("solo", N_("Who &works here"), self.solo,
                      hint=N_("Alone: what needs a second person is marked and looked at later"))  # fmt: skip
        self.body.addWidget(self.form)
        self.chain([self.name, self.code, self.short, self.region, self.address, self.phone, self.hotline,
                    self.complaints, self.hours], self.kind.setFocus)  # fmt: skip
        self.kind.confirmed.connect(lambda _kind: self.solo.setFocus())
        self.solo.confirmed.connect(lambda _solo: done())

    def first(self) -> QWidget:
        return self.name

    def ready(self) -> bool:
        self.form.clear_errors()
        for key, field, sentence in (
            ("name", self.name, N_("Enter the branch's name.")), ("code", self.code, N_("Enter the branch's code.")),
        ):  # fmt: skip
            if not field.text().strip():
                self.form.rows[key].refuse(spoken(sentence))
                return False
        return True

    def fill(self, answers: Answers) -> None:
        kind = self.kind.value() or "both"
        answers.site = {
            "code": self.code.text().strip(), "name": self.name.text().strip(), "short_name": self.short.text().strip(),
            "region": self.region.text().strip(), "address": self.address.text().strip(),
            "phone": self.phone.text().strip(), "hotline": self.hotline.text().strip(),
            "complaint_phone": self.complaints.text().strip(), "hours": self.hours.text().strip(),
            "is_outlet": kind in ("both", "outlet"), "is_depot": kind in ("both", "depot"),
            "solo": self.solo.value() == "solo",
        }  # fmt: skip


class PinStep(Step):
    """A step in which a person chooses a PIN; who they are is asked by the step itself."""

    def __init__(self) -> None:
        super().__init__()
        self.staff_no = LatinField("1001", limit=20)
        self.name = TextField(limit=40)
        self.pin = PinField(name=N_("PIN"))
        self.again = PinField(name=N_("PIN once more"))
        self.form = Form(columns=2)

    def ask_pin(self) -> None:
        """Add both fields of the PIN to the form."""
        self.form.add("pin", N_("&PIN"), self.pin, needed=True,
                      hint=N_("4 to 12 digits; no dates, no rows of digits"))  # fmt: skip
        self.form.add("again", N_("PIN once &more"), self.again, needed=True)

    def pin_ready(self) -> bool:
        """Check number and PIN; say at the first wrong field what has to change."""
        pin = self.pin.text()
        if not self.staff_no.text().strip():
            return self.refuse("staff_no", spoken(N_("Enter a staff number.")))
        if not SHORTEST <= len(pin) <= LONGEST:
            sentence = spoken(N_("A PIN has {shortest} to {longest} digits."), shortest=SHORTEST, longest=LONGEST)
            return self.refuse("pin", sentence)
        if pin_weak(pin):
            return self.refuse("pin", spoken(N_("This PIN is too easy to guess.")))
        if self.again.text() != pin:
            return self.refuse("again", spoken(N_("The two PINs differ.")))
        return True

    def refuse(self, key: str, sentence: str) -> bool:
        """Say at a field what has to change."""
        self.form.rows[key].refuse(sentence)
        return False


class PersonStep(PinStep):
    """The first person: administrator, and whatever else they do."""

    title = N_("You")
    hint = N_("You will be administrator and add the others. Tick what else you do here yourself.")

    def __init__(self, done: Callable[[], object]) -> None:
        super().__init__()
        self.form.add("name", N_("Your &name"), self.name, needed=True)
        self.form.add("staff_no", N_("&Staff number"), self.staff_no, needed=True)
        self.ask_pin()
        self.ticks = {role: Tick(ROLE_TITLES[role]) for role in FIRST_ROLES}
        roles = QWidget()
        flow = FlowLayout(roles)
        administrator = Tick(ROLE_TITLES[Role.ADMINISTRATOR], True)
        administrator.setEnabled(False)
        flow.addWidget(administrator)
        for tick in self.ticks.values():
            flow.addWidget(tick)
        self.body.addWidget(self.form)
        self.body.addWidget(Text(N_("What you do here"), "label"))
        self.body.addWidget(roles)
        # Enter alone comes by the roles too: an administrator who is nothing else cannot take a device in.
        self.chain([self.name, self.staff_no, self.pin, self.again], self.ticks[FIRST_ROLES[0]].setFocus)
        for tick in self.ticks.values():
            tick.confirmed.connect(done)

    def begin(self, answers: Answers) -> None:
        if answers.site.get("solo") and not any(tick.isChecked() for tick in self.ticks.values()):
            for tick in self.ticks.values():
                tick.setChecked(True)

    def first(self) -> QWidget:
        return self.name

    def ready(self) -> bool:
        self.form.clear_errors()
        if not self.name.text().strip():
            return self.refuse("name", spoken(N_("Enter the name.")))
        return self.pin_ready()

    def fill(self, answers: Answers) -> None:
        answers.name, answers.staff_no = self.name.text().strip(), self.staff_no.text().strip()
        answers.pin = self.pin.text()
        answers.roles = [role.value for role, tick in self.ticks.items() if tick.isChecked()]


class KeyStep(Step):
    """The recovery code, and a passphrase where the computer has no key store.

    The two buttons call `printed` and `saved`, which the wizard sets.
    """

    title = N_("The recovery code")
    hint = N_(
        "The data on this computer is encrypted. If the computer breaks, is replaced, or the last administrator"
        " forgets the PIN, only this code opens it again. Print it, or copy it by hand, and lock it in the safe."
    )

    def __init__(self, code: str, done: Callable[[], object]) -> None:
        super().__init__()
        self.groups = code.split("-")
        self.asked = sorted(randomness.SystemRandom().sample(range(len(self.groups)), 2))
        self.code = Text(role="number", copy=True)
        self.code.put("  ".join(self.groups))
        self.code.setAccessibleName(" ".join(" ".join(group) for group in self.groups))
        self.print_button = Button(N_("Print"), icon="printer")
        self.save_button = Button(N_("Save as PDF …"), icon="download")
        self.note = Banner("info", dismissible=False)
        self.typed = [LatinField(limit=8), LatinField(limit=8)]
        self.check = Form(columns=2)
        for number, (place, field) in enumerate(zip(self.asked, self.typed, strict=True)):
            self.check.add(f"group{number}", _GROUP_LABELS[place], field, needed=True)
        self.passphrase = LatinField(limit=200)
        self.once_more = LatinField(limit=200)
        for field in (self.passphrase, self.once_more):
            field.setEchoMode(QLineEdit.EchoMode.Password)
        self.secret = Form(columns=2)
        self.secret.add("passphrase", N_("&Passphrase"), self.passphrase, needed=True,
                        hint=N_("At least eight characters; asked at each start of the program"))  # fmt: skip
        self.secret.add("again", N_("Passphrase once &more"), self.once_more, needed=True)
        self.without = Banner("warn", dismissible=False)
        self.without.say("warn", N_("This computer has no key store, so a passphrase locks the data."))
        self.body.addWidget(self.code)
        self.body.addLayout(row(self.print_button, self.save_button, 1))
        self.body.addWidget(self.note)
        self.body.addLayout(column(
            Text(N_("To be sure, type two groups back from the paper:"), "label", wrap=True), self.check,
        ))  # fmt: skip
        self.body.addWidget(self.without)
        self.body.addWidget(self.secret)
        self.note.hide()
        self.needs_passphrase = False
        self.show_passphrase(needed=False)
        self.chain([*self.typed, self.passphrase, self.once_more], done)
        self.typed[1].returnPressed.connect(lambda: None if self.needs_passphrase else done())

    def show_passphrase(self, *, needed: bool) -> None:
        """Ask for a passphrase, or not."""
        self.needs_passphrase = needed
        self.without.setVisible(needed)
        self.secret.setVisible(needed)

    def first(self) -> QWidget:
        return self.typed[0]

    def ready(self) -> bool:
        self.check.clear_errors()
        self.secret.clear_errors()
        for number, (place, field) in enumerate(zip(self.asked, self.typed, strict=True)):
            if field.text().strip().upper() != self.groups[place]:
                self.check.rows[f"group{number}"].refuse(spoken(N_("This is not what stands there.")))
                return False
        if not self.needs_passphrase:
            return True
        if len(self.passphrase.text()) < 8:
            self.secret.rows["passphrase"].refuse(spoken(N_("A passphrase needs at least eight characters.")))
            return False
        if self.passphrase.text() != self.once_more.text():
            self.secret.rows["again"].refuse(spoken(N_("The two passphrases differ.")))
            return False
        return True

    def fill(self, answers: Answers) -> None:
        answers.passphrase = self.passphrase.text() if self.needs_passphrase else None
        answers.language = language()

    def changeEvent(self, event: object) -> None:
        """Keep the code on one line in large text."""
        super().changeEvent(event)  # type: ignore[arg-type]
        if hasattr(self, "code"):
            self.code.setWordWrap(theme.now().scale > 120)


_GROUP_LABELS = (
    N_("First group"), N_("Second group"), N_("Third group"), N_("Fourth group"), N_("Fifth group"),
)  # fmt: skip
