"""Fields for short codes: a symptom by two letters, accessories as one line of codes; the list helps who asks."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QLayout, QVBoxLayout, QWidget

from deskapp import catalogue
from deskapp.catalogue import Word
from deskapp.errors import N_
from deskapp.ui.kit import Button, FlowLayout, LatinField, Suggestion, Text, spoken
from deskapp.ui.widgets.suggest import SuggestPopup


def fitting(words: Sequence[Word], typed: str) -> list[Word]:
    """Return the entries for what was typed: short codes that begin with it first, then words that hold it."""
    wanted = typed.strip().casefold()
    by_code = [word for word in words if word.short.casefold().startswith(wanted)]
    by_words = [
        word for word in words if word not in by_code and wanted in f"{word.zh} {word.en} {word.code}".casefold()
    ]
    return by_code + by_words


class CodeField(LatinField):
    """One entry of a list by its short code; taken as soon as no other code can follow.

    Signals:
        chosen: an entry was taken; carries its code.
    """

    chosen = Signal(str)

    def __init__(self, name: str, hint: str = N_("Short code or words, ↓ for the list")) -> None:
        super().__init__(hint, limit=40)
        self._words = list(catalogue.words(name).values())
        self._value = ""
        self.by_itself = False
        """The entry is being taken because its last letter was typed, not because somebody pressed Enter."""
        self._popup: SuggestPopup | None = None
        self.textEdited.connect(self._typed)

    def value(self) -> str:
        """Return the code that was taken, empty when none."""
        return self._value

    def set_value(self, code: str) -> None:
        """Show an entry without telling anybody."""
        self._value = code
        self.retranslate()

    def retranslate(self) -> None:
        """Say the entry in the window's language."""
        super().retranslate()
        word = next((one for one in getattr(self, "_words", []) if one.code == self._value), None)
        if word is not None:
            self.setText(f"{word.short}  {word.title()}")
            self.setCursorPosition(0)

    def show_list(self) -> None:
        """Show the list for what is typed, the whole list when nothing is; where nothing fits, that is said."""
        typed = "" if self._value else self.text().strip()
        self._offer(fitting(self._words, typed), typed)

    def _offer(self, words: Sequence[Word], typed: str = "") -> None:
        note = "" if words else spoken(N_("There is no “{words}”. Press ↓ for the whole list."), words=typed)
        self.popup.offer([Suggestion(word.title(), data=word.code, key=word.short) for word in words], note)

    @property
    def popup(self) -> SuggestPopup:
        """The list below the field."""
        if self._popup is None:
            self._popup = SuggestPopup(self)
            self._popup.list.picked.connect(lambda item: self._take(item.data))
        return self._popup

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move in the list and take from it."""
        key, shown = event.key(), self._popup is not None and self._popup.isVisible()
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            if shown and self.popup.current() is not None:
                self.popup.move_by(1 if key == Qt.Key.Key_Down else -1)
            elif shown:
                self._offer(self._words)
            else:
                self.show_list()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            current = self._popup.current() if shown and self._popup is not None else None
            if current is not None:
                self._take(current.data)
            elif self._value:
                self.chosen.emit(self._value)
            elif self.text().strip():
                self.show_list()  # Enter on what is no code: say so again
        elif key == Qt.Key.Key_Escape and shown:
            self.popup.hide()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Show the list to who comes by mouse."""
        super().mousePressEvent(event)
        self.selectAll()
        self.show_list()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Let typing replace what is there."""
        super().focusInEvent(event)
        self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Close the list; an exact code that was typed counts."""
        super().focusOutEvent(event)
        if self._popup is not None:
            self._popup.hide()
        if not self._value and (word := self._exact(self.text())) is not None:
            self._value = word.code
            self.retranslate()

    def _typed(self, text: str) -> None:
        self._value = ""
        typed = text.strip()
        word = self._exact(typed)
        longer = [one for one in self._words if one.short.casefold().startswith(typed.casefold())]
        if word is not None and len(longer) == 1:
            self.by_itself = True
            self._take(word.code)
            self.by_itself = False
        elif typed:
            self.show_list()
        elif self._popup is not None:
            self._popup.hide()

    def _exact(self, text: str) -> Word | None:
        typed = text.strip().casefold()
        return next((word for word in self._words if typed and word.short.casefold() == typed), None)

    def _take(self, code: str) -> None:
        self.set_value(code)
        if self._popup is not None:
            self._popup.hide()
        self.chosen.emit(code)


class AccessoryLine(QWidget):
    """Accessories one by one in one line of short codes (`PA DC`), mirrored by chips to press.

    A code with a serial number behind a colon (`PP:12345678`) keeps that serial. Enter says: that is all.

    Signals:
        finished: Enter was pressed and every code is known.
        edited: what was handed in changed.
    """

    finished = Signal()
    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._words = catalogue.words("accessory_types")
        self._enter_owed = False
        self._usual: tuple[str, ...] = ("power_adapter", "data_cable", "charging_base", "battery", "sim_card")
        self.seen = False
        self.field = LatinField(N_("Codes with a blank between, such as PA DC; Enter when that is all"))
        self.field.textEdited.connect(self._edited)
        self.field.returnPressed.connect(self._entered)
        self.setFocusProxy(self.field)
        self.unknown = Text(role="error", wrap=True)
        self.unknown.hide()
        self.nothing = Text(N_("Nothing came with it? Then press Enter once more."), "muted")
        self.nothing.hide()
        self._chips = QWidget()
        self._flow = FlowLayout(self._chips, margin=0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for part in (self.field, self.unknown, self.nothing, self._chips):
            column.addWidget(part)
        self._show_chips()

    def await_enter(self, by_itself: bool) -> None:
        """Take the next Enter, if nothing is typed before it, for the one that ends the code before.

        A symptom's code goes on by itself after its last letter. Who ends it with Enter all the same, as every other
        field, must not have said with it that nothing came along.
        """
        self._enter_owed = by_itself and not self.seen and not self.field.text()

    def set_usual(self, codes: Sequence[str]) -> None:
        """Offer what usually comes with the model as chips."""
        self._usual = tuple(codes) or self._usual
        self._show_chips()

    def value(self) -> list[tuple[str, str]]:
        """Return what was handed in: code and serial number, in the order given."""
        return [(word.code, serial) for _token, word, serial in self._tokens() if word is not None]

    def set_text(self, text: str) -> None:
        """Show codes without saying that this is all."""
        self.field.setText(text)
        self._show_chips()

    def text(self) -> str:
        """Return the line as typed."""
        return self.field.text()

    def wrong(self) -> list[str]:
        """Return the codes that are in no list."""
        return [token for token, word, _serial in self._tokens() if word is None]

    def set_wrong(self, wrong: bool) -> None:
        """Mark the line as the one that has to change."""
        self.field.set_wrong(wrong)

    def retranslate(self) -> None:
        """Say the chips in the window's language."""
        self._show_chips()

    def setAccessibleName(self, name: str) -> None:
        """Name the field, which is what has the focus."""
        super().setAccessibleName(name)
        self.field.setAccessibleName(name)

    def _tokens(self) -> list[tuple[str, Word | None, str]]:
        found = []
        for token in self.field.text().replace(",", " ").split():
            code, _colon, serial = token.partition(":")
            found.append((token, catalogue.by_short("accessory_types", code), serial.upper()))
        return found

    def _edited(self) -> None:
        self.seen = self._enter_owed = False
        self._show_chips()
        self.edited.emit()

    def _entered(self) -> None:
        if self._enter_owed:
            self._enter_owed = False
            self.nothing.show()
            return
        wrong = self.wrong()
        if wrong:
            self.unknown.say(N_("{codes}: not in the list of accessories."), codes=" ".join(wrong))
            self.unknown.show()
            self.field.set_wrong(True)
            return
        self.seen = True
        self.nothing.hide()
        self.finished.emit()

    def _show_chips(self) -> None:
        self.unknown.setVisible(False)
        self.nothing.setVisible(False)
        self.field.set_wrong(False)
        here = [code for code, _serial in self.value()]
        shown = [*self._usual, *(code for code in dict.fromkeys(here) if code not in self._usual)]
        emptied(self._flow)
        for code in shown:
            word = self._words.get(code)
            if word is None:
                continue
            count = here.count(code)
            chip = Button(role="choice")
            chip.setCheckable(True)
            chip.setChecked(count > 0)
            chip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            chip.setProperty("by_key", True)  # its code in the line above does the same
            times = f" ×{count}" if count > 1 else ""
            chip.put(f"{word.short}  {word.title()}{times}")
            chip.setAccessibleName(word.title())
            chip.clicked.connect(lambda on, one=word: self._toggle(one, on))
            self._flow.addWidget(chip)
        self._chips.updateGeometry()

    def _toggle(self, word: Word, on: bool) -> None:
        tokens = [token for token, known, _serial in self._tokens() if on or known is not word]
        self.field.setText(" ".join([*tokens, *([word.short] if on else [])]))
        self._edited()
        self.field.setFocus()


def emptied(layout: QLayout) -> None:
    """Take everything out of a layout and let the widgets go."""
    for item in [layout.takeAt(0) for _place in range(layout.count())]:
        inner = item.layout() if item is not None else None
        if inner is not None:
            emptied(inner)
        old = item.widget() if item is not None else None
        if old is not None:
            old.hide()
            old.deleteLater()
