"""One device on the counter: the questions in the order of the hands, each answered by a key or two."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from deskapp.commands.checkin_forms import AccessoryForm, DeviceForm
from deskapp.commands.checkin_forms import Photo as Kept
from deskapp.errors import N_
from deskapp.queries.checkin import DeviceBriefing, ModelCard, condition_items, models_like
from deskapp.rules.identifiers import Severity, judge, sentence
from deskapp.ui.kit import (
    Button,
    Card,
    Choice,
    ChoiceBar,
    FormRow,
    LatinField,
    PageContext,
    Pill,
    SuggestField,
    Suggestion,
    TextField,
    row,
    spoken,
)
from deskapp.ui.pages.checkin_codes import AccessoryLine, CodeField
from deskapp.ui.pages.checkin_looks import ConditionList, TamperList
from deskapp.ui.pages.transfer_photos import FolderStrip
from deskapp.ui.pages.words import choices
from deskapp.ui.tokens import LARGE, MEDIUM

QUESTIONS = {
    "serial_no": N_("which device it is"),
    "typed": N_("why the number was typed"),
    "model": N_("model"),
    "symptom": N_("symptom"),
    "condition": N_("condition"),
    "tamper": N_("tamper check"),
    "batch": N_("unsettled batch"),
}
"""What a device still lacks, as named in the line at the bottom."""


class DevicePanel(Card):
    """The form of one device.

    Signals:
        edited: something was answered or typed.
        finished: the last question is answered; the page decides what is next.
        removed: the device is not to be taken in.
        focused: a widget of the panel should come into view; carries it.
    """

    edited = Signal()
    finished = Signal()
    removed = Signal()
    focused = Signal(object)

    def __init__(self, context: PageContext, serial: str, *, typed: bool) -> None:
        super().__init__(icon="device-mobile")
        self.context, self.serial, self.typed = context, serial, typed
        self.briefing: DeviceBriefing | None = None
        self.device_id, self.model_id = "", ""
        self.is_new = False
        self.kept: dict[str, Kept] = {}
        self.rows: dict[str, FormRow] = {}
        self._build_head()
        self._build_fields()
        self._place_rows()
        self._connect()
        self.show_extra()

    # -- building ----------------------------------------------------------------

    def _build_head(self) -> None:
        self.title.put(self.serial)
        self.state = Pill(N_("Looking it up …"), "info")
        self.remove_button = Button(role="quiet", icon="trash", name=N_("Do not take this device in"))
        self.remove_button.clicked.connect(self.removed)
        self.head.insertWidget(2, self.state)
        self.head.addWidget(self.remove_button)

    def _build_fields(self) -> None:
        self.alike = ChoiceBar()
        self.typed_reason = ChoiceBar(choices("typed_serial_reasons"))
        self.model = SuggestField(
            self.context.jobs, lambda session, text: _models(models_like(session, text)), N_("Brand or model"), least=1
        )
        self.symptom = CodeField("symptoms")
        self.words = TextField(N_("In the merchant's words, if they help"), limit=200)
        self.accessories = AccessoryLine()
        self.condition = ChoiceBar(
            [Choice("fine", N_("Looked at, nothing noticed")), Choice("noted", N_("Something to note"))]
        )
        self.condition_list = ConditionList()
        self.tamper = ChoiceBar([
            Choice("ok", N_("Intact"), icon="shield-check"), Choice("suspect", N_("Suspicious"), icon="alert-triangle"),
        ])  # fmt: skip
        self.tamper_list = TamperList()
        self.batch = ChoiceBar(
            [Choice("no", N_("None")), Choice("yes", N_("Yes, unsettled")), Choice("unknown", N_("Not known"))]
        )
        self.power = ChoiceBar(
            [Choice("on", N_("Yes")), Choice("off", N_("No")), Choice("unstable", N_("Now and then"))]
        )
        self.terminal_no = LatinField(N_("8 digits"), limit=12)
        self.tusn = LatinField(limit=50)
        self.photos = FolderStrip(self.context)

    def _place_rows(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(LARGE)
        grid.setVerticalSpacing(MEDIUM)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self._row(grid, "serial_no", N_("Which device is it?"), self.alike, 0, 0, 2)
        self._row(grid, "typed", N_("Why is the number typed, not scanned?"), self.typed_reason, 1, 0, 2)
        self._row(grid, "model", N_("&Model"), self.model, 2, 0, 2)
        self._row(grid, "symptom", N_("Symptom"), self.symptom, 3, 0)
        self._row(grid, "words", N_("In words"), self.words, 3, 1)
        self._row(grid, "accessories", N_("Accessories, one by one"), self.accessories, 4, 0, 2)
        self._row(grid, "condition", N_("Condition"), self.condition, 5, 0, 2)
        grid.addWidget(self.condition_list, 6, 0, 1, 2)
        self._row(grid, "tamper", N_("Tamper check: seal, screws, slots, keypad, message"), self.tamper, 7, 0)
        self._row(grid, "batch", N_("Unsettled batch on it?"), self.batch, 7, 1)
        grid.addWidget(self.tamper_list, 8, 0, 1, 2)
        self._row(grid, "photos", N_("Photos"), self.photos, 9, 0, 2)
        self.more = Button(N_("Terminal number, TUSN, power"), "link", icon="chevron-down", clicked=self._toggle_more)
        self.add(grid)
        self.add(row(self.more, 1))
        self.extra = QWidget()
        below = QGridLayout(self.extra)
        below.setContentsMargins(0, 0, 0, 0)
        below.setHorizontalSpacing(LARGE)
        for column in range(3):
            below.setColumnStretch(column, 1)
        self._row(below, "terminal_no", N_("Terminal number"), self.terminal_no, 0, 0)
        self._row(below, "tusn", N_("TUSN"), self.tusn, 0, 1)
        self._row(below, "power", N_("Does it power on?"), self.power, 0, 2)
        self.extra.hide()
        self.add(self.extra)

    def _row(
        self, grid: QGridLayout, key: str, label: str, field: QWidget, line: int, column: int, span: int = 1
    ) -> None:
        made = FormRow(label, field)
        self.rows[key] = made
        grid.addWidget(made, line, column, 1, span, Qt.AlignmentFlag.AlignTop)

    def _connect(self) -> None:
        self.alike.chosen.connect(self._decided)
        self.typed_reason.chosen.connect(self.go_on)
        self.model.taken.connect(self._model_taken)
        self.model.entered.connect(self.go_on)
        self.symptom.chosen.connect(self._symptom_chosen)
        self.words.returnPressed.connect(self.go_on)
        self.words.editingFinished.connect(lambda: self._judge(self.words, "words", "symptom_words"))
        self.accessories.finished.connect(self.go_on)
        self.condition.chosen.connect(self._condition_chosen)
        self.condition_list.finished.connect(self.go_on)
        self.condition_list.focused.connect(self.focused)
        self.tamper.chosen.connect(self._tamper_chosen)
        self.tamper_list.finished.connect(self.go_on)
        self.batch.chosen.connect(self.go_on)
        self.terminal_no.editingFinished.connect(lambda: self._judge(self.terminal_no, "terminal_no", "terminal_no"))
        self.tusn.editingFinished.connect(lambda: self._judge(self.tusn, "tusn", "tusn"))
        for signal in (
            self.accessories.edited, self.condition_list.edited, self.tamper_list.edited, self.words.textEdited,
            self.terminal_no.textEdited, self.tusn.textEdited, self.photos.changed, self.power.chosen,
        ):  # fmt: skip
            signal.connect(lambda *_values: self.edited.emit())

    # -- what is known -----------------------------------------------------------

    def put_briefing(self, briefing: DeviceBriefing) -> None:
        """Fill in what the records know; what was typed meanwhile stays."""
        self.briefing = briefing
        if briefing.known:
            self.serial = briefing.serial_no
            self.title.put(self.serial)
        if briefing.model is not None:
            self._use_model(briefing.model)
        if not self.terminal_no.text():
            self.terminal_no.setText(briefing.terminal_no)
        if not self.tusn.text():
            self.tusn.setText(briefing.tusn)
        if self.typed and not briefing.known and not (self.device_id or self.is_new):
            offered = [
                Choice(one.device_id, " · ".join(p for p in (one.serial_no, one.model, one.merchant) if p), raw=True)
                for one in briefing.lookalikes
            ]
            self.alike.set_choices([*offered, Choice("", N_("None of these, a new device"))] if offered else [])
        self.show_extra()

    def show_extra(self) -> None:
        """Show the questions that this device raises, and none of the others."""
        known = self.briefing is not None and self.briefing.known
        self.rows["serial_no"].setVisible(bool(self.alike.buttons))
        self.rows["typed"].setVisible(self.typed)
        has_model = self.briefing is not None and (self.briefing.model or self.briefing.model_words)
        self.rows["model"].setVisible(self.briefing is not None and not has_model)
        self.condition_list.setVisible(self.condition.value() == "noted")
        self.tamper_list.setVisible(self.tamper.value() == "suspect")
        name = self.briefing.model.name if self.briefing and self.briefing.model else ""
        if self.briefing is None:
            self.state.show_state(N_("Looking it up …"), "info")
        elif known:
            self.state.show_state(N_("{model}, known here"), "ok", "check", model=name or self.briefing.model_words)
        else:
            self.state.show_state(N_("New here"), "info", "plus")

    def _use_model(self, model: ModelCard) -> None:
        self.model_id = model.id
        self.accessories.set_usual(model.accessories)
        self.condition_list.set_items(condition_items(model.kind, model.capabilities))

    # -- answering ---------------------------------------------------------------

    def missing(self) -> list[str]:
        """Return the names of the questions that block saving."""
        unanswered = []
        if self.alike.buttons and self.alike.value() is None:
            unanswered.append("serial_no")
        if self.typed and not self.typed_reason.value():
            unanswered.append("typed")
        if self.rows["model"].isVisibleTo(self) and not (self.model_id or self.model.text().strip()):
            unanswered.append("model")
        if not self.symptom.value() and not self.words.text().strip():
            unanswered.append("symptom")
        unanswered += [name for name in ("condition", "tamper", "batch") if not getattr(self, name).value()]
        return unanswered

    def go_on(self, *_value: object) -> None:
        """Go to the next open question of this device; after the last one, say that it is finished."""
        self.edited.emit()
        self.show_extra()
        unanswered = self.missing()
        fields = {
            "serial_no": self.alike, "typed": self.typed_reason, "model": self.model, "symptom": self.symptom,
            "accessories": self.accessories, "condition": self.condition, "tamper": self.tamper, "batch": self.batch,
        }  # fmt: skip
        for name, field in fields.items():
            if name in unanswered or (name == "accessories" and not self.accessories.seen):
                self.go_to(field)
                return
        self.finished.emit()

    def go_to(self, field: QWidget) -> None:
        """Put the focus somewhere and have it brought into view."""
        field.setFocus(Qt.FocusReason.OtherFocusReason)
        self.focused.emit(field)

    def refuse(self, name: str, sentence: str) -> bool:
        """Show a refusal at its question; False when there is no such question here."""
        wanted = {"typed_reason": "typed"}.get(name, name)
        line = self.rows.get(wanted)
        if line is None:
            return False
        if wanted in ("terminal_no", "tusn"):
            self.extra.show()
        line.setVisible(True)
        line.refuse(sentence)
        self.focused.emit(line)
        return True

    def _decided(self, device_id: str) -> None:
        self.device_id, self.is_new = device_id, not device_id
        self.go_on()

    def _model_taken(self, item: Suggestion) -> None:
        self._use_model(item.data)
        self.go_on()

    def _symptom_chosen(self, _code: str) -> None:
        self.rows["symptom"].clear_error()
        self.accessories.await_enter(self.symptom.by_itself)
        self.go_on()

    def _condition_chosen(self, value: str) -> None:
        if value == "noted" and not self.condition_list.bars:
            self.condition_list.set_items(condition_items("", ()))
        self.show_extra()
        if value == "noted":
            self.edited.emit()
            self.go_to(next(iter(self.condition_list.bars.values())))
        else:
            self.go_on()

    def _tamper_chosen(self, value: str) -> None:
        if value == "suspect":
            self.tamper_list.ask()
        self.show_extra()
        if value == "suspect":
            self.edited.emit()
            self.go_to(next(iter(self.tamper_list.boxes.values())))
        else:
            self.go_on()

    def _judge(self, field: TextField, name: str, kind: str) -> None:
        """Say at once what the record would refuse or doubt; the text itself stays for the clerk to change."""
        if not field.text().strip():
            return
        verdict = judge(kind, field.text())
        line = self.rows[name]
        doubtful = verdict.severity in (Severity.ERROR, Severity.WARNING)
        words, values = sentence(verdict)
        line.error.put(spoken(words, **values) if doubtful else "")
        line.error.setVisible(doubtful)
        field.set_wrong(verdict.severity is Severity.ERROR)

    def _toggle_more(self) -> None:
        self.extra.setVisible(self.extra.isHidden())
        if self.extra.isVisible():
            self.go_to(self.terminal_no)

    # -- handing over ------------------------------------------------------------

    def form(self, no_photo_reason: str) -> DeviceForm:
        """Return what was answered, as the check-in takes it."""
        noted, suspect = self.condition.value() == "noted", self.tamper.value() == "suspect"
        photos = tuple(self.kept[one.sha256] for one in self.photos.photos if one.sha256 in self.kept)
        return DeviceForm(
            serial_no=self.serial,
            tamper=self.tamper.value() or "",
            batch=self.batch.value() or "",
            symptom_code=self.symptom.value(),
            words=self.words.text(),
            model_id=self.model_id,
            model_words="" if self.model_id else self.model.text(),
            terminal_no=self.terminal_no.text(),
            tusn=self.tusn.text(),
            accessories=tuple(AccessoryForm(code, serial) for code, serial in self.accessories.value()),
            condition=self.condition_list.answers() if noted else {"all": "fine"} if self.condition.value() else {},
            condition_words=self.condition_list.words.text() if noted else "",
            power_state=self.power.value() or "",
            tamper_found=tuple(self.tamper_list.found()) if suspect else (),
            tamper_words=self.tamper_list.words.text() if suspect else "",
            typed_reason=(self.typed_reason.value() or "") if self.typed else "",
            photos=photos,
            no_photo_reason="" if photos else no_photo_reason,
            device_id=self.device_id,
            is_new=self.is_new,
        )

    def state_of(self) -> dict[str, Any]:
        """Return everything that was typed, as plain JSON for the draft."""
        return {
            "serial": self.serial, "typed": self.typed, "typed_reason": self.typed_reason.value() or "",
            "device_id": self.device_id, "is_new": self.is_new, "model_id": self.model_id,
            "model": self.model.text(), "symptom": self.symptom.value(), "words": self.words.text(),
            "accessories": self.accessories.text(), "accessories_seen": self.accessories.seen,
            "condition": self.condition.value() or "", "answers": self.condition_list.answers(),
            "condition_words": self.condition_list.words.text(), "tamper": self.tamper.value() or "",
            "tamper_found": self.tamper_list.found(), "tamper_words": self.tamper_list.words.text(),
            "batch": self.batch.value() or "", "power": self.power.value() or "",
            "terminal_no": self.terminal_no.text(), "tusn": self.tusn.text(), "photos": list(self.kept),
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Show what a draft holds."""
        self.device_id, self.is_new = str(state.get("device_id", "")), bool(state.get("is_new"))
        for bar, key in (
            (self.typed_reason, "typed_reason"), (self.condition, "condition"), (self.tamper, "tamper"),
            (self.batch, "batch"), (self.power, "power"),
        ):  # fmt: skip
            bar.set_value(state.get(key) or None)
        for field, key in (
            (self.model, "model"), (self.words, "words"), (self.terminal_no, "terminal_no"), (self.tusn, "tusn"),
            (self.condition_list.words, "condition_words"), (self.tamper_list.words, "tamper_words"),
        ):  # fmt: skip
            field.setText(str(state.get(key, "")))
        self.model_id = str(state.get("model_id", ""))
        self.symptom.set_value(str(state.get("symptom", "")))
        self.accessories.set_text(str(state.get("accessories", "")))
        self.accessories.seen = bool(state.get("accessories_seen"))
        if self.condition.value() == "noted":
            self.condition_list.set_items(condition_items("", ()))
            self.condition_list.set_answers(state.get("answers", {}))
        self.tamper_list.set_found(state.get("tamper_found", []))
        if self.tamper.value() == "suspect":
            self.tamper_list.ask()
        self.show_extra()

    def retranslate(self) -> None:
        """Say what is composed here in the window's language."""
        self.typed_reason.set_choices(choices("typed_serial_reasons"))
        self.show_extra()


def _models(cards: list[ModelCard]) -> list[Suggestion]:
    return [Suggestion(card.name, icon="device-mobile", data=card) for card in cards]
