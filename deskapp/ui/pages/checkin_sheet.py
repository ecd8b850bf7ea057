"""The form of a check-in: the scan field, a panel for each device, who hands them over, and what is known."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from deskapp.errors import N_
from deskapp.models.store import Store
from deskapp.queries.checkin import DeviceBriefing, MerchantCard, Told, device_briefing, merchant_card
from deskapp.ui import theme
from deskapp.ui.kit import Button, EmptyState, FlowLayout, PageContext, ScanField, Scroll, Text, listed, spoken
from deskapp.ui.pages.checkin_briefing import BriefingCard
from deskapp.ui.pages.checkin_codes import emptied
from deskapp.ui.pages.checkin_device import QUESTIONS, DevicePanel
from deskapp.ui.pages.checkin_draft import DraftList
from deskapp.ui.pages.checkin_files import fetch_photo
from deskapp.ui.pages.checkin_party import PartyCard
from deskapp.ui.speech import clauses
from deskapp.ui.tokens import LARGE, MEDIUM

BRIEF = 2
"""So many of the open questions are named where there is little room; the rest is counted."""


class CheckInSheet(QWidget):
    """Everything the clerk fills in before saving.

    Signals:
        edited: something was answered, typed, added or removed.
        photographed: a device got or lost a photo.
        drop_wanted: the clerk wants to start over.
        save_wanted: the clerk wants to save.
        told: an open ticket speaks of a device on the counter; carries what was said.
    """

    edited = Signal()
    photographed = Signal()
    drop_wanted = Signal()
    save_wanted = Signal()
    told = Signal(object)

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self.context, self.jobs = context, context.jobs
        self.panels: list[DevicePanel] = []
        self.current = -1
        self._build()
        self._arrange()
        self._connect()
        self.show_all()

    def _build(self) -> None:
        context = self.context
        self.serial = ScanField(
            N_("Scan the serial number on the case, or type it and press Enter"),
            name=N_("Serial number"),
            serials_only=True,
        )
        self.serial.setProperty("role", "big")
        self.tabs = QWidget()
        self._tab_flow = FlowLayout(self.tabs, margin=0)
        self.party = PartyCard(context)
        self.briefing = BriefingCard()
        self.drafts = DraftList()
        self.empty = EmptyState("scan", N_("Nothing on the counter yet. Scan the serial number of the first device."))
        self.left = Scroll(margin=0)
        self.side = Scroll(margin=0)
        self.side.add(self.briefing)
        self.devices = QVBoxLayout()
        self.devices.setSpacing(LARGE)
        for part in (self.drafts, self.empty, self.devices, self.party):
            self.left.add(part)
        self.lacks = Text(role="muted", wrap=True)
        self.drop_button = Button(N_("Start over"), "quiet", icon="trash")
        self.save_button = Button(N_("&Save and print labels"), "primary", icon="printer")
        self.save_button.show_key("Ctrl+S")

    def _arrange(self) -> None:
        self.split = QHBoxLayout()
        self.split.setSpacing(LARGE)
        self.split.addWidget(self.left, 1)
        self.split.addWidget(self.side)
        foot = QHBoxLayout()
        foot.setSpacing(MEDIUM)
        foot.addWidget(self.lacks, 1)
        foot.addWidget(self.drop_button)
        foot.addWidget(self.save_button)
        inner = QVBoxLayout(self)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(MEDIUM)
        inner.addWidget(self.serial)
        inner.addWidget(self.tabs)
        inner.addLayout(self.split, 1)
        inner.addLayout(foot)

    def _connect(self) -> None:
        self.party.edited.connect(self._edited)
        self.party.finished.connect(self.save_button.setFocus)
        self.party.focused.connect(self._into_view)
        self.drop_button.clicked.connect(lambda _on=False: self.drop_wanted.emit())
        self.save_button.clicked.connect(lambda _on=False: self.save_wanted.emit())
        self.briefing.opened.connect(lambda item_id: self.context.navigate("order", id=item_id, kind="item"))

    def retranslate(self) -> None:
        """Say what is composed here in the window's language."""
        self._show_tabs()
        self._show_lacks()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the briefing beside the form where there is room, above it where there is none."""
        super().resizeEvent(event)
        wide = self.width() >= theme.px(920)
        way = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.BottomToTop
        if self.split.direction() != way:
            self.split.setDirection(way)
        self.side.setMinimumWidth(theme.px(360) if wide else 0)
        self.side.setMaximumWidth(theme.px(360) if wide else 16777215)
        if self.briefing.compact == wide:
            self.briefing.set_compact(not wide)
            self._show_lacks()
        self._fit_side()

    def _fit_side(self) -> None:
        """Give the briefing above the form the height it needs, up to a third of the sheet."""
        wide, width = not self.briefing.compact, max(200, self.side.viewport().width())
        flows = self.briefing.hasHeightForWidth()
        needs = (self.briefing.heightForWidth(width) if flows else self.briefing.sizeHint().height()) + theme.px(4)
        self.side.setMaximumHeight(16777215 if wide else min(needs, self.height() // 3))
        self.side.setMinimumHeight(0 if wide else min(needs, self.height() // 3))

    # -- devices -----------------------------------------------------------------

    def add_panel(self, serial: str, *, typed: bool) -> DevicePanel:
        """Put another device on the counter and look up what is known about it."""
        panel = DevicePanel(self.context, serial, typed=typed)
        panel.edited.connect(self._edited)
        panel.finished.connect(self._device_finished)
        panel.focused.connect(self._into_view)
        panel.removed.connect(lambda: self._remove(panel))
        panel.photos.changed.connect(self.photographed)
        self.panels.append(panel)
        self.devices.addWidget(panel)
        now = self.context.now()
        self.jobs.ask(
            lambda session: device_briefing(session, serial, now), owner=panel,
            then=lambda briefing: self._briefed(panel, briefing),
        )  # fmt: skip
        self.show_all()
        return panel

    def _briefed(self, panel: DevicePanel, briefing: DeviceBriefing) -> None:
        panel.put_briefing(briefing)
        if briefing.merchant is not None and self.party.merchant_card is None:
            self.party.use_merchant(briefing.merchant)
        if self.shown() is panel:
            self.show_briefing()
            if panel.rows["model"].isVisible() and panel.symptom.hasFocus() and not panel.symptom.text():
                panel.go_to(panel.model)
            if panel.alike.buttons and not panel.typed_reason.hasFocus():
                panel.go_to(panel.alike)
        if briefing.told is not None:
            self._take_over(panel, briefing.told)
        self.show_all()

    def name_models(self) -> None:
        """Ask again how the models are called; what was answered and typed stays."""
        now = self.context.now()
        for panel in self.panels:
            if panel.briefing is not None:
                self.jobs.ask(
                    partial(device_briefing, serial_no=panel.serial, now=now), owner=panel,
                    then=partial(self._named, panel), exclusive="names",
                )  # fmt: skip

    def _named(self, panel: DevicePanel, briefing: DeviceBriefing) -> None:
        panel.briefing = briefing
        panel.show_extra()
        if self.shown() is panel:
            self.show_briefing()

    def _take_over(self, panel: DevicePanel, told: Told) -> None:
        """Answer what the merchant has said on the telephone already; what the clerk wrote stays."""
        if panel.symptom.text() or panel.words.text():
            return
        asked = panel.symptom.hasFocus()
        panel.symptom.set_value(told.symptom_code)
        panel.words.setText(told.words[: panel.words.maxLength()])
        if told.business_stopped:
            self.party.stopped.setChecked(True)
        self.told.emit(told)
        if asked:
            panel.go_on()

    def show_device(self, place: int) -> None:
        """Show the form of one device."""
        self.current = place
        for at, panel in enumerate(self.panels):
            panel.setVisible(at == place)
        self._show_tabs()
        self.show_briefing()
        self.left.verticalScrollBar().setValue(0)

    def _turn_to(self, place: int) -> None:
        """Show a device by hand, the keys where something is open: what takes it away must never get them by itself."""
        self.show_device(place)
        panel = self.panels[place]
        if panel.missing():
            panel.go_on()
        else:
            panel.symptom.setFocus()

    def shown(self) -> DevicePanel | None:
        """Return the panel that is shown."""
        return self.panels[self.current] if 0 <= self.current < len(self.panels) else None

    def show_briefing(self) -> None:
        """Show what is known about the device that is shown."""
        panel = self.shown()
        symptom = panel.symptom.value() if panel else ""
        chosen = self.party.merchant_card
        for_whom = (chosen.id, chosen.short_name or chosen.name) if chosen else ("", "")
        self.briefing.show_briefing(panel.briefing if panel else None, symptom, self.context.now(), for_whom)
        # Once the new lines have been measured.
        QTimer.singleShot(0, self, self._fit_side)

    def _device_finished(self) -> None:
        waiting = next((place for place, panel in enumerate(self.panels) if panel.missing()), None)
        if waiting is None:
            self.party.go_on()
        else:
            self.show_device(waiting)
            self.panels[waiting].go_on()

    def _remove(self, panel: DevicePanel) -> None:
        if len(self.panels) == 1:
            self.drop_wanted.emit()  # nothing is left to take in: no draft of it stays behind either
            return
        state = panel.state_of()
        self.panels.remove(panel)
        self.devices.removeWidget(panel)
        panel.hide()
        panel.deleteLater()
        self.show_device(min(self.current, len(self.panels) - 1))
        self._edited()
        self.serial.setFocus()
        self.context.toast(N_("{serial} was taken off this check-in."), serial=panel.serial,
                           undo=lambda: self._bring_back(state))  # fmt: skip

    def _bring_back(self, state: dict[str, Any]) -> None:
        if any(panel.serial == state["serial"] for panel in self.panels):
            return  # scanned again meanwhile
        self._put_panel(state)
        self._turn_to(len(self.panels) - 1)
        self._edited()

    def _put_panel(self, state: dict[str, Any]) -> None:
        panel = self.add_panel(str(state.get("serial", "")), typed=bool(state.get("typed")))
        panel.restore(state)
        for sha in state.get("photos", []):
            self._fetch(panel, str(sha))

    def ask_merchant(self, merchant_id: str) -> None:
        """Look a merchant up and take it over."""

        def then(card: MerchantCard | None) -> None:
            if card is not None:
                self.party.use_merchant(card)
                self.party.contacts.set_value(None)
                if self.party.name.hasFocus() and not self.party.name.text():
                    self.party.go_on()  # who brought it can be chosen now

        self.jobs.ask(lambda session: merchant_card(session, merchant_id), owner=self, then=then)

    # -- what is shown -----------------------------------------------------------

    def _edited(self) -> None:
        self.show_all()
        self.edited.emit()
        panel = self.shown()
        if panel is not None and panel.briefing is not None and self._outdated(panel):
            self.show_briefing()  # the symptom may make it a repeat fault, the merchant a foreign device

    def _outdated(self, panel: DevicePanel) -> bool:
        chosen = self.party.merchant_card
        whom = chosen.id if chosen else ""
        return self.briefing.symptom != panel.symptom.value() or self.briefing.for_whom[0] != whom

    def show_all(self) -> None:
        """Show what there is to show, and what is still open."""
        some = bool(self.panels)
        self.empty.setVisible(not some and not self.drafts.cards)
        self.drafts.setVisible(not some and bool(self.drafts.cards))
        for part in (self.side, self.tabs, self.party, self.save_button, self.drop_button, self.lacks):
            part.setVisible(some)
        self.party.ask_photos(any(not panel.photos.photos for panel in self.panels))
        self._show_tabs()
        self._show_lacks()

    def _show_tabs(self) -> None:
        emptied(self._tab_flow)
        for place, panel in enumerate(self.panels):
            tab = Button(role="choice", icon="check" if not panel.missing() else "device-mobile")
            tab.setCheckable(True)
            tab.setChecked(place == self.current)
            tab.put(f"{place + 1}  …{panel.serial[-8:]}")
            tab.setAccessibleName(spoken(N_("Device {line}, {serial}"), line=place + 1, serial=panel.serial))
            tab.clicked.connect(lambda _on=False, at=place: self._turn_to(at))
            self._tab_flow.addWidget(tab)
        self.tabs.setVisible(len(self.panels) > 1)
        self.tabs.updateGeometry()

    def _show_lacks(self) -> None:
        lacks = []
        for place, panel in enumerate(self.panels):
            names = [spoken(QUESTIONS[name]) for name in panel.missing()]
            if names:
                lacks.append(
                    spoken(N_("device {line}: {what}"), line=place + 1, what=listed(names))
                    if len(self.panels) > 1 else listed(names)
                )  # fmt: skip
        lacks += [spoken(name) for name in self.party.missing()]
        if len(lacks) > BRIEF and self.briefing.compact:  # there the lines are wanted for the form
            count = len(lacks) - BRIEF
            self.lacks.put(spoken(N_("Still open: {what}, and {count} more"), what=clauses(lacks[:BRIEF]), count=count))
        elif lacks:
            self.lacks.put(spoken(N_("Still open: {what}"), what=clauses(lacks)))
        else:
            self.lacks.put(spoken(N_("Everything is answered.")))

    def _into_view(self, widget: QWidget) -> None:
        QTimer.singleShot(0, widget, lambda: self._bring(widget))

    def _bring(self, widget: QWidget) -> None:
        # What was hidden until now has no place yet: first it gets one, or only its upper edge would come into view.
        around: QWidget | None = widget
        while around is not None and around is not self.left:
            layout = around.layout()
            if layout is not None:
                layout.activate()
            around = around.parentWidget()
        QApplication.sendPostedEvents(self.left.widget(), QEvent.Type.LayoutRequest)
        self.left.ensureWidgetVisible(widget, 0, theme.px(60))

    # -- the form as a whole -----------------------------------------------------

    def state_of(self) -> dict[str, Any]:
        """Return everything that was typed, as plain JSON."""
        return {
            "devices": [panel.state_of() for panel in self.panels], "party": self.party.state_of(),
            "current": self.current,
        }  # fmt: skip

    def restore(self, form: dict[str, Any]) -> None:
        """Show what a draft holds and go to the first open question."""
        for state in form.get("devices", []):
            self._put_panel(state)
        party = form.get("party", {})
        if party.get("merchant_id"):
            self.ask_merchant(str(party["merchant_id"]))
        self.party.restore(party)
        self.show_device(min(int(form.get("current", 0)), len(self.panels) - 1))
        self.show_all()
        self.go_on()

    def go_on(self) -> None:
        """Go to the first open question of the shown device."""
        shown = self.shown()
        if shown is not None:
            shown.go_on()

    def _fetch(self, panel: DevicePanel, sha256: str) -> None:
        store = cast("Store", self.jobs.store)
        panel.photos.add_kept(fetch_photo(store, sha256), spoken(N_("Photo")))

    def clear(self) -> None:
        """Empty the form."""
        for panel in self.panels:
            self.devices.removeWidget(panel)
            panel.hide()
            panel.deleteLater()
        self.panels, self.current = [], -1
        self.party.clear()
        self.show_briefing()
        self.show_all()

    def refuse(self, field: str, sentence: str) -> bool:
        """Show a refusal at its field; False when it has none here."""
        head, _dot, rest = field.partition(".")
        asked_once = rest.endswith(".photos")  # why there are none is asked for all devices, at the end
        if head != "devices" or not rest or asked_once:
            return self.party.refuse("photos" if asked_once else field, sentence)
        place, _dot, name = rest.partition(".")
        self.show_device(int(place))
        return self.panels[int(place)].refuse(name, sentence)
