"""The ways on for a device that came without a paper: into this site's work, home, or an order begun from it."""

from __future__ import annotations

from PySide6.QtCore import Signal

from deskapp.commands.transfers_astray import Kept, begin_from_device, send_home, take_in_here, tell_outlet
from deskapp.errors import N_, DeskError
from deskapp.models.store import Command
from deskapp.queries.transfers_astray import Astray, Way
from deskapp.queries.transfers_scan import shelf_code
from deskapp.rules.numbers import ScanKind, parse_scan
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
    spoken,
)
from deskapp.ui.pages.transfer_look import TAMPER

RELEASE = N_(
    "It is in quarantine, because nobody signed for its way here. Two people release it; then it goes on here."
)
KNOWN = N_("Scan the number on its case and look at it. It goes on at this site, or home with the next van.")
BEGIN = N_(
    "Nothing is known of it here. Begin an order from the device: when the sender's record comes, that one goes on."
)
NOTHING = N_("Nothing is to be done with it here now.")


class AstrayCard(Card):
    """What is to become of one device.

    Signals:
        kept: it goes on; carries the answer.
    """

    kept = Signal(object)

    def __init__(self, context: PageContext) -> None:
        super().__init__(N_("It came without a paper"), icon="alert-triangle", hint=KNOWN)
        self.context = context
        self.one: Astray | None = None
        self.what = Text(role="heading", copy=True)
        self.serial = ScanField(N_("Scan it from the case"), name=N_("Serial number on the case"))
        self.tamper = ChoiceBar(TAMPER, name=N_("Tamper check"))
        self.shelf = LatinField(N_("Scan the shelf"), name=N_("Shelf"), limit=20)
        self.model = TextField(N_("As it stands on the case"), limit=60)
        self.words = TextField(N_("What is known of it"), limit=160)
        self.form = Form(columns=2)
        self.form.add("serial_no", N_("Serial number on the &case"), self.serial, needed=True)
        self.form.add("tamper_result", N_("&Tamper check"), self.tamper, needed=True)
        self.form.add("model", N_("&Model"), self.model, needed=True)
        self.form.add("shelf", N_("Shel&f"), self.shelf)
        self.form.add("words", N_("What is &known"), self.words, span=2)
        self.outlet = ChoiceBar([], name=N_("Outlet on its label"))
        self.form.add("outlet", N_("&Outlet on its label"), self.outlet, span=2)
        self.told = Text(role="ok", wrap=True)
        self.here = Button(N_("Take it in &here"), "primary", icon="check", clicked=lambda: self._do(Way.TAKE_IN))
        self.home = Button(N_("Send it ho&me"), icon="truck-delivery", clicked=lambda: self._do(Way.SEND_HOME))
        self.begin = Button(N_("&Begin an order"), "primary", icon="plus", clicked=lambda: self._do(Way.BEGIN))
        self.tell = Button(N_("Te&ll this outlet"), icon="bell", clicked=self._tell)
        self.release = Button(N_("Open the d&evice"), icon="external-link", clicked=self._open)
        buttons = FlowLayout(margin=0)
        for button in (self.here, self.home, self.begin, self.tell, self.release):
            buttons.addWidget(button)
        self.add(self.what)
        self.add(self.form)
        self.add(self.told)
        self.add(buttons)
        self.serial.scanned.connect(lambda _number: self.tamper.setFocus())
        self.hide()

    def show_device(self, one: Astray | None) -> None:
        """Show a device and its ways to who may go them; what is being typed about the same one is left alone."""
        one = one if self.context.may("transfer") else None
        same = self.one is not None and one is not None and self.one.event_id == one.event_id != ""
        self.one = one
        self.setVisible(one is not None)
        if one is None:
            return
        ways = one.ways
        if not same:
            self.clear()
            self.serial.setText(one.serial_no if Way.BEGIN in ways else "")  # scanned when it was noted
        self.what.put(" ".join(part for part in (one.label_no, one.serial_no) if part))
        self.hint.say(RELEASE if Way.RELEASE in ways else BEGIN if Way.BEGIN in ways else KNOWN if ways else NOTHING)
        asked = bool(ways) and Way.RELEASE not in ways
        self.form.setVisible(asked)
        for name in ("model", "words"):
            self.form.rows[name].setVisible(Way.BEGIN in ways)
        for button, way in ((self.here, Way.TAKE_IN), (self.home, Way.SEND_HOME), (self.begin, Way.BEGIN),
                            (self.tell, Way.TELL)):  # fmt: skip
            button.setVisible(way in ways)
        self._show_outlets(one, fresh=not same)
        self.release.setVisible(Way.RELEASE in ways)

    def _show_outlets(self, one: Astray, *, fresh: bool) -> None:
        """Offer the outlets that heard nothing of this van, and say which of them were told."""
        self.form.rows["outlet"].setVisible(Way.TELL in one.ways)
        chosen = one.likely if fresh else self.outlet.value()
        self.outlet.set_choices([Choice(site.id, f"{site.name}  {site.code}", raw=True) for site in one.outlets])
        self.outlet.set_value(chosen or None)
        self.told.setVisible(bool(one.told))
        self.told.say(N_("Told: {sites}. Its record comes by itself."), sites=listed(one.told))

    def clear(self) -> None:
        """Begin with nothing answered."""
        self.form.clear_errors()
        self.tamper.set_value(None)
        for field in (self.serial, self.shelf, self.model, self.words):
            field.clear()

    def scan(self, text: str) -> bool:
        """Take the number on the case, or the shelf; tells whether the card asks for it now."""
        if not self.isVisible() or not self.form.isVisibleTo(self):
            return False
        kind, number = parse_scan(text).kind, parse_scan(text).number
        if kind not in (ScanKind.SHELF, ScanKind.SERIAL, ScanKind.UNKNOWN):
            return False
        self.context.jobs.ask(lambda session: shelf_code(session, number), owner=self,
                              then=lambda code: self._scanned(code, kind, number))  # fmt: skip
        return True

    def _scanned(self, shelf: str, kind: ScanKind, number: str) -> None:
        if shelf or kind is ScanKind.SHELF:
            self.shelf.setText(shelf or number)
            self.shelf.setFocus()
        else:
            self.serial.setText(number)
            self.tamper.setFocus()

    def intact(self) -> None:
        """Somebody looked, and it is intact."""
        self.tamper.set_value("ok")

    def _do(self, way: Way) -> None:
        if self.one is not None:
            self.form.clear_errors()
            self.context.jobs.do(self._act(self.one, way), owner=self, then=self._done, refused=self._refused)

    def _tell(self) -> None:
        one, outlet = self.one, self.outlet.value() or ""
        if one is None:
            return
        self.form.clear_errors()
        if not outlet:
            self.form.rows["outlet"].refuse(spoken(N_("Which outlet? It stands on the label.")))
            return
        self.context.jobs.do(tell_outlet(event_id=one.event_id, to=outlet), owner=self, then=self._heard,
                             refused=self._refused)  # fmt: skip

    def _heard(self, site: str) -> None:
        self.context.toast(N_("{site} is told. Its record comes by itself"), tone="ok", site=site)

    def _act(self, one: Astray, way: Way) -> Command[Kept]:
        tamper, shelf, serial = self.tamper.value() or "", self.shelf.text(), self.serial.text()
        if way is Way.BEGIN:
            return begin_from_device(event_id=one.event_id, serial_no=serial, tamper_result=tamper,
                                     model=self.model.text(), fault=self.words.text(), shelf=shelf)  # fmt: skip
        act = take_in_here if way is Way.TAKE_IN else send_home
        return act(item_id=one.item_id, serial_no=serial, tamper_result=tamper, shelf=shelf)

    def _done(self, done: Kept) -> None:
        self.clear()
        if done.order_no:
            self.context.toast(N_("Order {order} is begun, its label prints: {label}"), tone="ok", order=done.order_no,
                               label=done.label_no)  # fmt: skip
        elif done.home:
            self.context.toast(N_("{label} waits for the next van to {site}"), tone="ok", label=done.label_no,
                               site=done.home)  # fmt: skip
        else:
            self.context.toast(N_("{label} goes on here"), tone="ok", label=done.label_no)
        self.kept.emit(done)

    def _refused(self, error: DeskError) -> None:
        name = error.field.rpartition(".")[2]  # the check-in counts its devices
        error.field = _FIELDS.get(name, name)
        self.form.refuse(error, otherwise=self.form.rows["serial_no"].refuse)

    def _open(self) -> None:
        if self.one is not None and self.one.item_id:
            self.context.navigate("order", id=self.one.item_id, kind="item")


_FIELDS = {"tamper": "tamper_result", "scan": "serial_no", "home": "serial_no"}
"""Where this card shows what the check-in refuses at a field of its own."""
