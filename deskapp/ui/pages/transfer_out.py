"""Sending a van off: scan into bags, scan out and count, sign and hand over; afterwards, where it is."""

from __future__ import annotations

from functools import partial

from deskapp.commands.transfers import Packed, Sent, hand_over, pack, unpack
from deskapp.commands.transfers_desk import Signatures
from deskapp.commands.transfers_receive import Received
from deskapp.errors import N_, DeskError
from deskapp.models.store import Changes, ReadSession
from deskapp.models.transfers import GOING
from deskapp.queries.transfers import LineRow, Manifested, manifest
from deskapp.queries.transfers_waiting import WaitingRow, ready_to_pack
from deskapp.rules.numbers import ScanKind, parse_scan
from deskapp.rules.papers_custody import ManifestType
from deskapp.ui.kit import Button, Cell, LatinField, PageContext, Pill, TextField, row
from deskapp.ui.pages.scan_desk import ScanDesk, ScanPage
from deskapp.ui.pages.transfer_carriage import CarriageCard
from deskapp.ui.pages.transfer_give import GiveCard
from deskapp.ui.pages.transfer_lists import PackLists
from deskapp.ui.pages.transfer_papers import print_van
from deskapp.ui.pages.transfer_reasons import ReasonBar
from deskapp.ui.pages.transfer_signed import SignedPaper
from deskapp.ui.pages.transfer_strange import not_counted, not_packed
from deskapp.ui.pages.transfer_vendor import VendorCard
from deskapp.ui.pages.transfer_words import ASIDE, FIRST, VanField, find_line, kind_words, line_of_ours, state_words
from deskapp.ui.widgets.enter import into_view


class TransferOutPage(ScanPage):
    """One manifest of ours, from the first bag to the far end's signature."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, N_("Send devices"))
        self.view: Manifested | None = None
        self.seal = ""
        self.unsealed = False
        self.out: list[str] = []
        self._last = ""  # the device that was scanned last
        self.counting = False
        self._id = ""
        self.state = Pill(N_("Being packed"), "neutral", "package")
        self.head.addWidget(self.state)
        self._tools(context)
        self.lists = PackLists(self._line_state, self._ask_off, self._ask_aside)
        self.table, self.waiting = self.lists.table, self.lists.waiting
        self.waiting.opened.connect(lambda one: self.desk.take(one.label_no))
        self.carriage = CarriageCard(context, lambda: self._id)
        self.sign = GiveCard(context)
        self.sign.doubted.connect(self._ask_aside)
        self.hand = Button(N_("&Hand over and print"), "primary", icon="truck-delivery", clicked=self.save)
        self.sign.add(row(1, self.hand))
        self.sign.following = self.hand
        self.maker = VendorCard(context, lambda: self._id)
        self.signed = SignedPaper(context)
        for part in (self.desk, self.reason, self.sign, self.maker, self.lists, self.signed, self.carriage):
            self.add(part)
        for part in (self.sign, self.maker, self.carriage):
            part.hide()
        self.maker.received.connect(self._back_from_maker)
        self.table.opened.connect(self._opened)

    def _tools(self, context: PageContext) -> None:
        field = VanField(lambda: self.view, N_("Seal, label or serial number"), name=N_("Scan"))
        self.desk: ScanDesk[Packed] = ScanDesk(
            context, field, FIRST["out"], take=self._take, take_back=self._take_back, held=self._counted,
            put_down=self._uncount,
            verbs={"NEXT": self.another_bag, "OK": self._ok, "TAMPEROK": self._intact, "QUARANTINE": self._suspect,
                   "PRINT": self.print_paper},
            passed=frozenset({ScanKind.BADGE, ScanKind.MANIFEST}),
        )  # fmt: skip
        self.panel, self.field = self.desk.panel, self.desk.field
        self.reason = ReasonBar(context, lambda: self._id)
        for after in (self.panel.begin, self.field.setFocus):
            self.reason.done.connect(after)
        self.reason.aside.connect(self._aside)
        self.bag = Pill(N_("no bag open"), "warn", "lock")
        self.rma = LatinField(N_("Maker's case number"), name=N_("Maker's case number"), limit=40)
        self.consent = TextField(N_("Who agreed, if not on the slip"), limit=60, name=N_("Merchant's consent"))
        self.next_bag = Button(N_("Next &bag"), icon="lock", clicked=self.another_bag)
        self.no_seal = Button(N_("N&o seal"), "quiet", icon="lock", clicked=self.without_seal)
        self.count_button = Button(N_("S&can out"), "primary", icon="scan", clicked=self.count_out)
        self.print_button = Button(N_("&Print"), "quiet", icon="printer", clicked=self.print_paper)
        self.back_button = Button(N_("&Take back"), "quiet", icon="arrow-back-up", clicked=self.reason.ask_back)
        self.cancel_button = Button(N_("&Withdraw"), "quiet", icon="trash", clicked=self.reason.ask_cancel)
        for one in (self.rma, self.consent):
            one.setMaximumWidth(260)
        self.desk.lay(
            (self.bag, self.desk.progress),
            (self.rma, self.consent, self.next_bag, self.no_seal, self.desk.undo_button, self.count_button,
             self.print_button, self.back_button, self.cancel_button),
        )  # fmt: skip

    # -- coming here --------------------------------------------------------------------

    def open(self, **args: object) -> None:
        """Show a manifest; another one begins with no bag open and nothing counted."""
        identity = str(args.get("id") or args.get("manifest_id") or self._id)
        if identity != self._id:
            self._id, self.seal, self.out, self.counting = identity, "", [], False
            self.unsealed, self._last = False, ""
            self.desk.begin_anew()
            self.sign.clear()
            self.reason.hide()
            self.panel.quiet(FIRST.get(str(args.get("kind")), FIRST["out"]))
        self._ask()
        self.focus_first(self.field)

    def changed(self, changes: Changes) -> None:
        """Follow the manifest."""
        self.signed.files.heard(changes)
        if changes.touches("manifest", "manifest_event", "attachment"):
            self._ask()

    def scan(self, text: str) -> bool:
        """Every code is for the bags; a badge names the courier, another manifest opens."""
        if self.reason.scan(text):
            return True
        badge = parse_scan(text).kind is ScanKind.BADGE
        if badge and self._at_the_maker():
            self.maker.courier.setText(text)
        elif badge and self.counting:
            self.sign.take_badge(text)
        else:
            return super().scan(text)
        return True

    def retranslate(self) -> None:
        """Say the rows again."""
        if self.view is not None:
            self._show()

    # -- scanning -------------------------------------------------------------------------

    def _take(self, text: str) -> None:
        """A seal while no bag is open, else a device; while counting, a device that leaves."""
        self.field.setFocus()
        if self.view is not None and self._at_the_maker():
            view = self.view
            self.desk.ask_shelf_or(text, lambda _session, code: code, partial(self.maker.take_shelf, self.panel),
                                   lambda code: self.maker.take_scan(self.panel, view.lines, code))  # fmt: skip
        elif self.view is None or self.view.row.state != "draft":
            self.panel.wrong(text, N_("This van has left: nothing can be packed"))
        elif self.counting:
            self._count(text)
        elif not self.seal and not self.unsealed and self._needs_seal() and not self._is_device(text):
            self.seal = "".join(text.split()).upper()
            self.panel.next(self.seal, N_("Bag open: scan the devices that go into it"))
            self._show()
        elif not self.seal and not self.unsealed and self._needs_seal():
            self.panel.wrong(text, N_("First scan the seal of the bag"))
        else:
            act = pack(manifest_id=self._id, scanned=text, seal_no=self.seal, rma_no=self.rma.text(),
                       consent=self.consent.text(), unsealed=self.unsealed)  # fmt: skip
            self.desk.do(act, self._packed, refused=partial(self._no, parse_scan(text).number))

    def _is_device(self, text: str) -> bool:
        """Tell whether a scan is a device: its label, or the number of one that could be packed."""
        scan = parse_scan(text)
        return scan.kind is ScanKind.LABEL or scan.number in {one.label_no for one in self.waiting.rows()}

    def _counted(self) -> bool:
        return not self.reason.isHidden() or (self.counting and bool(self.out))

    def _uncount(self) -> None:
        if not self.reason.isHidden():
            self.reason.hide()
            return
        self._undone(self.out.pop())
        self._show()

    def _take_back(self, last: Packed) -> None:
        act = unpack(manifest_id=self._id, label_no=last.label_no, reason="undo")
        self.desk.do(act, lambda _none: self._undone(last.label_no), last.label_no)

    def _undone(self, label: str) -> None:
        self.panel.quiet(N_("Undone: {label}"), label=label)

    def another_bag(self) -> None:
        """Close the bag; the next scan is the next seal."""
        self.seal, self.unsealed = "", False
        self.panel.next("", N_("Scan the seal of the next bag"))
        self._show()
        self.field.setFocus()

    def without_seal(self) -> None:
        """Pack into a bag that has no seal: its number is a to-do of the manifest."""
        self.seal, self.unsealed = "", True
        self.panel.next("", N_("A bag without a seal: scan its devices. The number can be noted later"))
        self._show()

    # -- the look at what leaves ------------------------------------------------------------

    def _all_out(self) -> bool:
        return self.counting and self.view is not None and 0 < len(self.view.lines) == len(self.out)

    def _ok(self) -> None:
        """Do what is asked about; begin to count; once all is counted, say that all of it is intact."""
        if not self.reason.isHidden():
            self.reason.submit()
        elif self._at_the_maker():
            self.maker.submit()
        elif self._all_out() and not self.sign.answered():
            self._intact()
        else:
            self.count_out()

    def _intact(self) -> None:
        if not self._all_out():
            self.panel.wrong("", N_("First scan out every device, then say that all are intact"))
            return
        self.sign.intact()
        self.panel.right("", N_("All looked at, all intact: sign below"))

    def _suspect(self) -> None:
        """The device that was scanned last is suspicious, else the chosen one."""
        if self._last and self.view is not None and find_line(self.view.lines, self._last) is not None:
            self.reason.ask_aside(self._last)
        else:
            self._ask_aside()

    def _ask_aside(self) -> None:
        line: LineRow | None = self.table.current()
        if self.view is None or self.view.row.state != "draft" or line is None:
            self.panel.wrong("", N_("Scan the suspicious device first, or choose its line"))
            return
        self.reason.ask_aside(line.label_no)

    def _aside(self, label: str) -> None:
        self.out = [one for one in self.out if one != label]
        self.desk.acts = [one for one in self.desk.acts if one.label_no != label]
        self.panel.wrong(label, ASIDE)
        self.field.setFocus()

    def count_out(self) -> None:
        """Begin to count what goes to the courier; pressed again when all are counted, go to the signatures."""
        if self.view is None or self.view.row.state != "draft":
            return
        if self._all_out():
            self.sign.begin()
            return
        self.counting = True
        self.panel.next("", N_("Scan every device once more as it leaves"))
        self._show()
        self.field.setFocus()

    def save(self) -> None:
        """Hand over with both signatures."""
        if self.sign.complete():
            self.carriage.keep_typed()
            self.hand.setEnabled(False)
            self.sign.collect(self._signed, self)

    def print_paper(self) -> None:
        """Print the manifest as it stands (Ctrl+P)."""
        if self._id:
            print_van(self, self._id)

    def _needs_seal(self) -> bool:
        return self.view is None or self.view.row.kind != ManifestType.VENDOR

    def _count(self, text: str) -> None:
        lines = self.view.lines if self.view else ()
        number = parse_scan(text).number
        line = find_line(lines, number)
        if line is None:
            not_counted(self.panel, self.view, text)
        elif line.label_no in self.out:
            self.panel.again(line.label_no, N_("Counted already"))
        else:
            self.out.append(line.label_no)
            self._last = line.label_no
            words = N_("All counted. Was every device looked at?") if len(self.out) == len(lines) else N_("Counted")
            self.panel.right(f"{line.label_no}  {line.model}", words)
        self._show()
        if self._all_out():
            self.sign.begin()

    # -- answers ----------------------------------------------------------------------------

    def _packed(self, done: Packed) -> None:
        self.desk.acts.append(done)
        self._last = done.label_no
        self.panel.right(f"{done.label_no}  {done.model}", N_("Packed, number {count}"), count=done.count)

    def _no(self, number: str, error: DeskError) -> None:
        not_packed(self.panel, number, self.seal, error)
        if error.field in ("rma_no", "consent"):
            (self.rma if error.field == "rma_no" else self.consent).setFocus()
        if error.field == "seal_no":
            self.seal = ""
            self._show()

    def _signed(self, signatures: Signatures) -> None:
        act = hand_over(manifest_id=self._id, counted=tuple(self.out), courier=self.sign.courier.text(),
                        tamper_result=self.sign.tamper.value() or "", signatures=signatures)  # fmt: skip
        self.jobs.do(act, owner=self, then=self._sent, refused=self._refused)

    def _sent(self, done: Sent) -> None:
        self.hand.setEnabled(True)
        self.counting, self.out = False, []
        self.sign.clear()  # it may be taken back and given to another courier
        self.desk.acts.clear()
        self.panel.right(done.number, N_("Handed over: {count} devices. The manifest prints, two copies"),
                         count=done.count)  # fmt: skip
        self.print_button.setFocus()
        into_view(self.panel)
        self._ask()

    def _refused(self, error: DeskError) -> None:
        self.hand.setEnabled(True)
        if not self.sign.form.refuse(error, otherwise=lambda sentence: self.banner.put("danger", sentence)):
            self.panel.refused("", error)

    def _at_the_maker(self) -> bool:
        return self.view is not None and self.view.row.kind == ManifestType.VENDOR and self.view.row.state in GOING

    def _back_from_maker(self, done: Received) -> None:
        if done.quarantined:
            self.panel.wrong(done.label_no, ASIDE)
        else:
            self.panel.right(done.label_no, N_("Received, {count} of {all}"), count=done.received, all=done.expected)
        self.field.setFocus()

    def _opened(self, line: LineRow) -> None:
        if self._at_the_maker() and line.state == "open":
            self.maker.take(self.panel, (line,), line.label_no)
        elif line.item_id:
            self.context.navigate("custody", id=line.item_id, kind="item")

    def _ask_off(self) -> None:
        line: LineRow | None = self.table.current()
        if line is not None:
            self.reason.ask_off(line.label_no)

    # -- showing ----------------------------------------------------------------------------

    def _ask(self) -> None:
        identity, now = self._id, self.context.now()

        def question(session: ReadSession) -> tuple[Manifested | None, list[WaitingRow]]:
            found = manifest(session, identity, now)
            draft = found is not None and found.row.state == "draft"
            return found, ready_to_pack(session, found.row.kind) if found is not None and draft else []

        self.jobs.ask(question, owner=self, then=self._here, exclusive="manifest")

    def _here(self, answer: tuple[Manifested | None, list[WaitingRow]]) -> None:
        self.view, waiting = answer
        if self.view is None:
            self.banner.say("warn", N_("The record of this manifest is not here."))
            return
        on_it = {line.label_no for line in self.view.lines}
        self.waiting.set_rows([one for one in waiting if one.label_no not in on_it], keep=lambda one: one.label_no)
        self.carriage.show_values(self.view)
        self.signed.show_manifest(self.view)
        self._show()

    def _show(self) -> None:
        view = self.view
        if view is None:
            return
        draft = view.row.state == "draft"
        self.title.put(f"{kind_words(view.row.kind)}  {view.row.other}  {view.row.number}")
        words = state_words(view.row.state)
        self.state.show_state(N_("{state}"), "neutral" if draft else "info", "package", state=words)
        self.table.set_rows(view.lines, keep=lambda one: one.label_no)
        total = len(view.lines)
        done = len(self.out) if draft else view.received
        self.desk.progress.put(str(total) if draft and not self.counting else f"{done} / {total}")
        if self.seal:
            self.bag.show_state(N_("Bag {seal}"), "ok", "lock", seal=self.seal)
        elif self.unsealed:
            self.bag.show_state(N_("bag without a seal"), "warn", "lock")
        else:
            self.bag.show_state(N_("no bag open"), "warn", "lock")
        self._parts(draft, total, view.row.kind == ManifestType.VENDOR)

    def _parts(self, draft: bool, total: int, maker: bool) -> None:
        for part in (self.field, self.desk.undo_button, self.count_button, self.cancel_button):
            part.setVisible(draft)
        self.lists.show_parts(draft, self.counting)
        self.bag.setVisible(draft and not self.counting and not maker)
        for button in (self.next_bag, self.no_seal):
            button.setVisible(draft and not self.counting and not maker)
        for one in (self.rma, self.consent):
            one.setVisible(draft and maker and not self.counting)
        self.maker.setVisible(self._at_the_maker())
        self.field.setVisible(draft or self._at_the_maker())
        self.sign.setVisible(draft and self.counting and total > 0 and len(self.out) == total)
        if not self._all_out():
            self.sign.forget_look()
        self.back_button.setVisible(not draft and not maker and self.view is not None and self.view.received == 0
                                    and self.view.row.state == "under_way")  # fmt: skip
        self.count_button.setEnabled(total > 0)
        self.desk.show_undo()

    def _line_state(self, one: LineRow) -> Cell:
        return line_of_ours(one, self.view, self.out if self.counting else None)
