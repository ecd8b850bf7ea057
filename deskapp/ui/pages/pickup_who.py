"""Who collects: slip, code or the way round a lost slip, and the document of whoever stands there."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from deskapp.commands.pickup import ID_TYPES
from deskapp.commands.pickup_forms import Collector, Proof, ProofKind, Release
from deskapp.commands.pickup_release import check_release, report_slip_lost
from deskapp.errors import N_, DeskError
from deskapp.i18n import say
from deskapp.models.store import Override
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.ui.kit import (
    Button,
    Card,
    Choice,
    ChoiceBar,
    Form,
    LatinField,
    Picture,
    ScanField,
    Text,
    TextField,
    row,
    spoken,
)
from deskapp.ui.pages.pickup_parts import Host, Step

LOST = "lost"

WAYS = (
    Choice(ProofKind.SLIP, N_("Slip"), "P", "qrcode"),
    Choice(ProofKind.CODE, N_("Pickup code"), "C", "key"),
    Choice(ProofKind.SLIP_TYPED, N_("Slip unreadable"), "T", "file-text"),
    Choice(LOST, N_("Slip lost"), "L", "help"),
)


class WhoStep(Step):
    """Proof and identity."""

    button = N_("On to the &devices")

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.ways = ChoiceBar(WAYS, name=N_("What does the collector show?"))
        self.slip = ScanField(N_("Scan the square code on the slip"), name=N_("Slip"))
        self.code = LatinField(N_("Six digits"), name=N_("Pickup code"), limit=7)
        self.tail = LatinField(N_("Last four digits"), name=N_("End of the deliverer's phone number"), limit=4)
        self.reporter = TextField(N_("Name"), name=N_("Who reports the loss"))
        self.block = Button(N_("Block the l&ost slip"), "danger", icon="ban", clicked=self._report)
        self.check = Button(N_("Chec&k"), icon="check", clicked=self.look)
        self.ask = Button(N_("Ask a &supervisor"), "link", icon="shield-check", clicked=self._supervisor)
        self.sign = Picture("qrcode", "muted", 20)
        self.answer = Text(role="body", wrap=True)
        self.form = Form()
        self.form.add("slip", N_("S&lip"), self.slip)
        self.form.add("code", N_("Pickup &code"), self.code,
                      hint=N_("As it was told on the phone or in the message; five tries."))  # fmt: skip
        self.form.add("phone_tail", N_("End of the deliverer's &phone number"), self.tail,
                      hint=N_("With the original slip in hand and the document checked."))  # fmt: skip
        self.form.add("reported_by", N_("Who &reports the loss?"), self.reporter,
                      hint=N_("The slip is blocked. Then the code or a supervisor releases the devices."))  # fmt: skip
        self._arrange()
        self._collector()
        self.ways.chosen.connect(lambda _way: self._show_way(focus=True))
        self.slip.scanned.connect(self._scanned)
        for entry in (self.code, self.tail):
            entry.returnPressed.connect(self.look)
        self.reporter.returnPressed.connect(self._report)
        self._show_way()

    def _arrange(self) -> None:
        card = Card(N_("What does the collector show?"), icon="user-check")
        card.add(self.ways)
        card.add(self.form)
        self.tools = QWidget()
        line = row(self.check, self.block, 1, self.ask)
        line.setContentsMargins(0, 0, 0, 0)
        self.tools.setLayout(line)
        card.add(self.tools)
        line = row(self.sign, self.answer, gap=10)
        line.setStretch(1, 1)
        card.add(line)
        self.column.addWidget(card)

    def _collector(self) -> None:
        self.own = ChoiceBar(
            (Choice("own", N_("The deliverer"), "D", "user"),
             Choice("agent", N_("An agent"), "A", "users")),
            name=N_("Who collects?"),
        )  # fmt: skip
        self.name = TextField(N_("Name"), name=N_("Collector's name"), limit=60)
        self.id_type = ChoiceBar([Choice(code, title) for code, title in ID_TYPES.items()], name=N_("Document"))
        self.last4 = LatinField(N_("0000"), name=N_("Last four of the document"), limit=18)
        self.last4.setMaximumWidth(220)
        self.person = Form(columns=2)
        self.person.add("own", N_("&Who collects?"), self.own, needed=True)
        self.person.add("collector_name", N_("&Name"), self.name, needed=True)
        self.person.add("id_type", N_("Docu&ment shown"), self.id_type, needed=True, span=2)
        self.person.add("id_last4", N_("Last &four characters of the document"), self.last4, needed=True,
                        hint=N_("Only these four are kept."))  # fmt: skip
        card = Card(N_("Identity"), icon="id-badge-2")
        card.add(self.person)
        self.column.addWidget(card)
        self.column.addStretch(1)
        self.own.chosen.connect(self._owner)
        self.last4.returnPressed.connect(self.host.go_on)
        self.name.returnPressed.connect(self.id_type.setFocus)
        self.id_type.chosen.connect(lambda _kind: self.last4.setFocus())

    def show_visit(self, *, anew: bool) -> None:
        """Show where the check stands."""
        card = self.visit.card
        if anew:
            self.ways.set_value(ProofKind.CODE if card.slip_blocked else ProofKind.SLIP)
            for entry in (self.slip, self.code, self.tail, self.reporter, self.name, self.last4):
                entry.clear()
            self.own.set_value(None)
            self.id_type.set_value("resident_id")
            self.form.clear_errors()
            self.person.clear_errors()
            self._say_start()
        self._show_way()

    def _say_start(self) -> None:
        card = self.visit.card
        if card.slip_blocked:
            self._say("warn", "ban", N_("This slip was reported lost and is blocked: code or supervisor only."))
        elif card.blocked:
            self._say("danger", "lock", N_("Too many wrong tries. Only a supervisor can release the devices."))
        else:
            self._say("muted", "qrcode", N_("Scan the slip anywhere on this page; it is checked at once."))

    def first(self) -> QWidget:
        """Begin with the proof, or with the person when that is settled."""
        if self.visit.release_id:
            return self.own if self.own.value() is None else self.last4
        return self._field()

    def collector(self) -> Collector:
        """Return who collects, as entered."""
        return Collector(
            self.name.text().strip(), self.own.value() == "agent", self.id_type.value() or "", self.last4.text().strip()
        )

    def done(self) -> bool:
        """Both must be there: a release, and a person with a document."""
        if not self.visit.release_id:
            self._say("danger", "alert-circle", N_("Check the slip or the code first."))
            self._field().setFocus()
            return False
        for key, entry, sentence in (
            ("own", self.own, N_("Does the deliverer come, or somebody else for them?")),
            ("id_type", self.id_type, N_("Which document is shown?")),
        ):
            if entry.value() is None:
                self.person.rows[key].refuse(spoken(sentence))
                return False
        if not self.name.text().strip():
            self.person.rows["collector_name"].refuse(spoken(N_("Enter the collector's name.")))
            return False
        if self.id_type.value() != "none" and len(self.last4.text().strip()) < 4:
            self.person.rows["id_last4"].refuse(
                spoken(N_("Enter the last four characters of the document: digits, or X at the end."))
            )
            return False
        return True

    def take(self, text: str) -> bool:
        """Take a slip; other codes are for the page."""
        scan = parse_scan(text)
        if scan.kind is not ScanKind.SLIP or scan.number != self.visit.card.slip_no:
            return False
        self._scanned(text)
        return True

    def look(self) -> None:
        """Check what was entered."""
        kind = self.ways.value()
        card = self.visit.card
        if kind == ProofKind.CODE:
            self._check(Proof(ProofKind.CODE, code=self.code.text()))
        elif kind == ProofKind.SLIP_TYPED:
            self._check(Proof(ProofKind.SLIP_TYPED, slip_no=card.slip_no, phone_tail=self.tail.text()))
        elif kind == ProofKind.SLIP and self.slip.text().strip():
            self._scanned(self.slip.text())

    def refuse(self, error: DeskError) -> bool:
        """Show a refusal of the hand-out that belongs to this step; False when it does not."""
        return self.person.refuse(error)

    def _scanned(self, text: str) -> None:
        scan = parse_scan(text)
        if scan.kind is not ScanKind.SLIP:
            sentence = N_("This is not the code of a slip. Scan the square code on the slip.")
            self.form.rows["slip"].refuse(spoken(sentence))
            return
        self.ways.set_value(ProofKind.SLIP)
        self._show_way()
        self.slip.setText(scan.number)
        self._check(Proof(ProofKind.SLIP, slip_no=scan.number, token=scan.token or ""))

    def _check(self, proof: Proof) -> None:
        self.form.clear_errors()
        self.check.setEnabled(False)
        act = check_release(order_id=self.visit.card.order_id, proof=proof)
        self.jobs.do(act, owner=self, then=self._checked, refused=self._refused)

    def _checked(self, release: Release) -> None:
        self.check.setEnabled(True)
        if not release.ok:
            self._say("danger", "alert-circle", release.sentence, **release.values)
            for entry in (self.code, self.tail):
                entry.clear()
            self._field().setFocus()
            if release.supervisor:
                self.ask.set_role("primary")
                self.ask.setFocus()
            self.host.reload()
            return
        self.visit.release_id = release.release_id
        self.ask.set_role("link")
        self._show_way()
        self._say("ok", "circle-check", N_("Checked: the devices may go."))
        self.host.touched()
        self.own.setFocus()

    def _refused(self, error: DeskError) -> None:
        self.check.setEnabled(True)
        if error.code == "no_token":
            self.ways.set_value(ProofKind.SLIP_TYPED)
            self._show_way(focus=True)
            self._say("warn", "alert-triangle", say(error))
            return
        self.form.refuse(error, lambda sentence: self._say("danger", "alert-circle", sentence))

    def _report(self) -> None:
        act = report_slip_lost(order_id=self.visit.card.order_id, reported_by=self.reporter.text())
        self.jobs.do(act, owner=self, then=lambda _done: self._blocked(), refused=self._refused)

    def _blocked(self) -> None:
        self.ways.set_value(ProofKind.CODE)
        self._show_way(focus=True)
        self._say("warn", "ban", N_("The slip is blocked. Ask for the pickup code, or a supervisor."))
        self.host.reload()

    def _supervisor(self) -> None:
        self.context.ask_supervisor(
            "override", self._vouched, why=N_("Release the devices of slip {slip} without slip and code."),
            slip=self.visit.card.slip_no,
        )  # fmt: skip

    def _vouched(self, consent: Override) -> None:
        self._check(Proof(ProofKind.SUPERVISOR, override=consent))

    def _owner(self, who: str) -> None:
        if who == "own":
            self.name.setText(self.visit.card.deliverer)
            self.last4.setFocus()
        else:
            self.name.clear()
            self.name.setFocus()

    def _field(self) -> QWidget:
        return {ProofKind.CODE: self.code, ProofKind.SLIP_TYPED: self.tail, LOST: self.reporter}.get(
            self.ways.value() or "", self.slip
        )

    def _show_way(self, *, focus: bool = False) -> None:
        way = self.ways.value() or ProofKind.SLIP
        for key, shown in (("slip", ProofKind.SLIP), ("code", ProofKind.CODE), ("phone_tail", ProofKind.SLIP_TYPED),
                           ("reported_by", LOST)):  # fmt: skip
            self.form.rows[key].setVisible(way == shown)
        # Once checked the questions go: what is left to ask is who stands there.
        checked = self.host.visit is not None and bool(self.visit.release_id)
        for part in (self.ways, self.form, self.tools):
            part.setVisible(not checked)
        self.block.setVisible(way == LOST)
        self.check.setVisible(way != LOST)
        if focus:
            self._field().setFocus()

    def _say(self, tone: str, icon: str, sentence: str, **values: object) -> None:
        self.sign.show_icon(icon, tone)
        self.answer.set_role(tone if tone != "muted" else "muted")
        self.answer.say(sentence, **values)
