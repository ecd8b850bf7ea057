"""What a label template says: cells, and for each size of label what is drawn where.

Measures are dots of a 203 dpi head, eight to the millimetre, and are scaled for finer
heads. Everything drawn has a room of its own: rooms inside the printable area that do
not overlap are a condition of loading, and nothing is ever drawn outside its room. So
no value, however long, can print over another or off the label.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from deskapp.errors import N_
from deskapp.print import expressions
from deskapp.print.expressions import Names, Test, Text
from deskapp.print.label_parts import (
    GAP,
    Bars,
    Blocks,
    Box,
    Cell,
    Element,
    Headline,
    LabelBody,
    Layout,
    Line,
    Picture,
    Rows,
    Ruler,
    Square,
)  # fmt: skip  # isort: skip
from deskapp.print.template_reader import NO_WORDS, BadText, Table, Words, listed, two
from deskapp.print.templates import Family, Head, add_family
from deskapp.rules import papers

SIZES = {"60x40": (480, 320), "50x30": (400, 240), "40x30": (320, 240)}
EDGE = 4  # nothing is burnt nearer to the edge: heads stand half a millimetre off
VALUE_FLOOR, WORD_FLOOR, SMALL_FLOOR = 18, 16, 12
QR_FLOOR, BAR_FLOOR, BARS_HEIGHT = 4, 2, 40
_NARROWEST = 56  # a cell: a caption's worth of nothing, or three digits and an ellipsis
_MANY = 60


# ---------------------------------------------------------------- reading


@dataclass(slots=True)
class _Reading:
    """What is known while one layout is read."""

    names: Names
    cells: Mapping[str, Table]
    size: tuple[int, int]
    elements: list[Element] = field(default_factory=list)

    @property
    def wide(self) -> int:
        return self.size[0]

    @property
    def high(self) -> int:
        return self.size[1]

    def text(self, table: Table, key: str, default: str | None = None) -> Text:
        """Read a text with fields."""
        source = table.text(key, longest=200) if default is None else table.text(key, default, longest=200)
        try:
            return expressions.text(source, self.names)
        except BadText as problem:
            table.wrong(key, problem.sentence, **problem.values)
            return expressions.text("", self.names)

    def maybe(self, table: Table, key: str) -> Text | None:
        """Read a text that may be left out."""
        return self.text(table, key) if table.has(key) else None

    def when(self, table: Table, key: str = "when") -> Test | None:
        """Read a condition that may be left out."""
        if not table.has(key):
            return None
        source = table.text(key)
        try:
            return expressions.test(source, self.names)
        except BadText as problem:
            table.wrong(key, problem.sentence, **problem.values)
            return None

    def across(self, table: Table, x: int = 14, right: int | None = None) -> tuple[int, int]:
        """Read from where to where something reaches."""
        end = self.wide - 14 if right is None else right
        return table.whole("x", 0, self.wide, x), table.whole("right", 0, self.wide, end)

    def sizes(self, table: Table, key: str, default: tuple[int, int], floor: int) -> tuple[int, int]:
        """Read `[largest, smallest]` of a text, neither under the floor."""
        value = table.raw(key)
        if value is None:
            return default
        if (
            not isinstance(value, list)
            or len(value) != 2
            or any(isinstance(one, bool) or not isinstance(one, int) for one in value)
        ):
            table.wrong(key, N_("Two sizes are wanted here, as [26, 20]: the largest and the smallest."))
            return default
        high, low = value
        if not floor <= low <= high <= 200:
            table.wrong(key, N_("Text may be {floor} to 200 dots high here, the larger size first."), floor=floor)
            return default
        return high, low


def _told(table: Table, text: Text, names: Names, caption: Words = NO_WORDS) -> Words:
    """Return what a text is called when it was cut: `field`, else its caption, else the field's own name."""
    if caption == NO_WORDS:
        plain = [name for name in text.fields if expressions.type_of(names.scope, name) is str]
        caption = two((plain or list(text.fields) or ["text"])[0])
    return table.words("field", caption)


def _cell(reading: _Reading, table: Table, place: str, given: object) -> Cell | None:
    """Read a cell: the name of one in `[cells]`, or a table of its own that may start from one with `cell`."""
    body = given if isinstance(given, dict) else {"cell": given}
    one = Table(table.source, dict(body), place)
    if one.has("cell"):
        name = one.text("cell", choices=reading.cells)
        if name not in reading.cells:
            return None
        base = reading.cells[name]
        one.body = {**base.body, **{key: value for key, value in body.items() if key != "cell"}}
        if set(body) == {"cell"}:
            one.place = base.place
    value, end = reading.text(one, "value"), reading.maybe(one, "end")
    bold: object = one.raw("bold")
    if bold is not None and not isinstance(bold, bool) and not (isinstance(bold, int) and 0 < bold <= 40):
        one.wrong("bold", N_("true, or how many of the last characters are bold (1 to 40), is wanted here."))
        bold = None
    count = -1 if bold is True else int(bold) if isinstance(bold, int) else 0
    caption = one.words("caption", NO_WORDS)
    cell = Cell(caption, value, end, count, _told(one, value, reading.names, caption), reading.when(one))
    one.done()
    return cell


def _rows(reading: _Reading, table: Table, key: str) -> Element:
    raw = table.raw(key)
    lines = raw if key == "rows" else [raw]
    if not isinstance(lines, list) or not lines or not all(isinstance(line, list) and line for line in lines):
        table.wrong(key, N_('A list of cells is wanted here, as ["order", "serial"].'))
        lines = []
    made = []
    for number, line in enumerate(lines, 1):
        place = table.at(key) if key == "row" else f"{table.at(key)}.{number}"
        cells = [_cell(reading, table, f"{place}.{column}", cell) for column, cell in enumerate(line, 1)]
        made.append(tuple(cell for cell in cells if cell is not None))
    x, right = reading.across(table)
    y = table.whole("y", 0, reading.high)
    size = reading.sizes(table, "size", (22, VALUE_FLOOR), VALUE_FLOOR)
    step = table.whole("step", size[0] + 2, reading.high, size[0] + 4) if key == "rows" else 0
    widest = max((len(line) for line in made), default=0)
    if widest and (right - x - GAP * (widest - 1)) / widest < _NARROWEST:
        table.wrong(key, N_("Too many cells for the room: {count}."), count=widest)
    return Rows(table.place, reading.when(table), tuple(made), x, right, y, step, size)


def _words(reading: _Reading, table: Table, key: str) -> Element:
    text = reading.text(table, key)
    floor = WORD_FLOOR if text.fixed else VALUE_FLOOR
    x, right = reading.across(table)
    y = table.whole("y", 0, reading.high)
    high, low = reading.sizes(table, "size", (22, VALUE_FLOOR), floor)
    lines = table.whole("lines", 1, 6, 1)
    step = table.whole("step", high + 2, reading.high, high + 4)
    caption = table.words("caption", NO_WORDS)
    captions = reading.sizes(table, "caption_size", (18, 14), SMALL_FLOOR)
    if right - x < 2 * low:
        table.wrong(key, N_("The room for this text is too narrow: {room} dots."), room=max(0, right - x))
    fall = 2 if high <= 40 else 4
    sizes = (*range(high, low, -fall), low)
    return Line(
        table.place, reading.when(table), text, caption, captions, x, right, y, sizes, lines, step,
        table.flag("bold", False), table.text("align", "left", choices=("left", "centre", "right")),
        table.flag("keep_end", False),
        _told(table, text, reading.names, caption),
    )  # fmt: skip


def _headline(reading: _Reading, table: Table, key: str) -> Element:
    x, right = reading.across(table)
    text = reading.text(table, key)
    return Headline(
        table.place, reading.when(table), text, reading.maybe(table, "code"), table.words("mark", NO_WORDS),
        reading.when(table, "mark_when"), x, right, table.whole("y", EDGE, reading.high, 8),
        table.whole("height", 24, 40, 30), _told(table, text, reading.names, two("网点 / Site")),
    )  # fmt: skip


def _bars(reading: _Reading, table: Table, key: str) -> Element:
    x, right = reading.across(table, 0, reading.wide)
    module = table.whole("module", BAR_FLOOR, 4, BAR_FLOOR)
    y, height = table.whole("y", 0, reading.high), table.whole("height", BARS_HEIGHT, reading.high)
    if right - x < module * (35 + 20):
        table.wrong(key, N_("The room for this text is too narrow: {room} dots."), room=max(0, right - x))
    return Bars(table.place, reading.when(table), reading.text(table, key), x, right, y, height, module)


def _square(reading: _Reading, table: Table, key: str) -> Element:
    text, x, y = reading.text(table, key), table.whole("x", 0, reading.wide), table.whole("y", 0, reading.high)
    module, modules = table.whole("module", QR_FLOOR, 10, QR_FLOOR), table.whole("modules", 21, 57, 21)
    return Square(table.place, reading.when(table), text, x, y, module, modules)


def _line(reading: _Reading, table: Table, key: str) -> Element:
    x, right = reading.across(table)
    return Blocks(table.place, reading.when(table), ((x, table.whole(key, 0, reading.high), max(1, right - x), 2),))


def _block(reading: _Reading, table: Table, key: str) -> Element:
    x, right = reading.across(table)
    y, height = table.whole(key, 0, reading.high), table.whole("height", 2, reading.high)
    return Blocks(table.place, reading.when(table), ((x, y, max(1, right - x), height),))


def _frame(reading: _Reading, table: Table, key: str) -> Element:
    inset = table.whole(key, EDGE, 100)
    x, right = reading.across(table, inset, reading.wide - inset)
    y, bottom = table.whole("y", 0, reading.high, inset), table.whole("bottom", 0, reading.high, reading.high - inset)
    thick = table.whole("thick", 2, 8, 2)
    wide, high = right - x, bottom - y
    if wide < 3 * thick or high < 3 * thick:
        table.wrong(key, N_("This frame has no room inside."))
    return Blocks(table.place, reading.when(table), (
        (x, y, wide, thick), (x, bottom - thick, wide, thick), (x, y, thick, high), (right - thick, y, thick, high),
    ))  # fmt: skip


def _ladder(reading: _Reading, table: Table, key: str) -> Element:
    """Groups of six bars, one to four dots wide: what the finest is that a printer prints apart."""
    x, y = table.whole("x", 0, reading.wide), table.whole(key, 0, reading.high)
    height, pitch = table.whole("height", 10, 100, 22), table.whole("pitch", 50, 200, 54)
    bars = [
        (x + place * pitch + bar * thick * 2, y, thick, height)
        for place, thick in enumerate((1, 2, 3, 4))
        for bar in range(6)
    ]
    return Blocks(table.place, reading.when(table), tuple(bars))


def _ruler(reading: _Reading, table: Table, key: str) -> Element:
    return Ruler(table.place, reading.when(table), table.text(key, choices=("top", "left")) == "top")


def _logo(reading: _Reading, table: Table, key: str) -> Element:
    table.flag(key, True)
    return Picture(
        table.place, reading.when(table), table.whole("x", 0, reading.wide), table.whole("y", 0, reading.high),
        table.whole("width", 24, reading.wide), table.whole("height", 24, reading.high),
    )  # fmt: skip


_ELEMENTS: dict[str, Callable[[_Reading, Table, str], Element]] = {
    "head": _headline,
    "row": _rows,
    "rows": _rows,
    "text": _words,
    "bars": _bars,
    "qr": _square,
    "line": _line,
    "block": _block,
    "frame": _frame,
    "ladder": _ladder,
    "ruler": _ruler,
    "logo": _logo,
}


def parse(table: Table, head: Head) -> LabelBody:
    """Read the cells and layouts of a label template; mistakes are noted in its table."""
    named = table.table("cells")
    cells = {name: named.table(name) for name in named.names()}
    for one in cells.values():  # also those no layout uses
        _cell(_Reading(head.names(), cells, (480, 320)), one, one.place, dict(one.body))
    layouts = [_layout(one, head, cells) for one in table.tables("layout")]
    if not layouts:
        table.wrong("layout", N_("At least one [[layout]] is needed."))
    seen: set[tuple[str, str]] = set()
    for number, layout in enumerate(layouts, 1):
        if (layout.size, layout.symbol) in seen:
            table.wrong(f"layout.{number}", N_("There are two layouts for {size}."), size=layout.size)
        seen.add((layout.size, layout.symbol))
    return LabelBody(tuple(layouts))


def _layout(table: Table, head: Head, cells: Mapping[str, Table]) -> Layout:
    size = table.text("size", choices=SIZES)
    reading = _Reading(head.names(), cells, SIZES.get(size, (480, 320)))
    symbol = table.text("code", "", choices=("code128", "qr"))
    drawn = table.tables("draw")
    if not 1 <= len(drawn) <= _MANY:
        table.wrong("draw", N_("1 to {count} things can be drawn on a label."), count=_MANY)
        drawn = []
    for one in drawn:
        kinds = [key for key in one.names() if key in _ELEMENTS]
        if len(kinds) != 1:
            allowed = listed(_ELEMENTS)
            one.source.wrong(one.place, N_("Exactly one of these is wanted: {allowed}."), allowed=allowed)
            continue
        before = len(table.source.faults)
        element = _ELEMENTS[kinds[0]](reading, one, kinds[0])
        one.done()
        if len(table.source.faults) == before:
            reading.elements.append(element)
    table.done()
    if head.kind != "test_label" and not any(_says_copy(one) for one in reading.elements) and drawn:
        table.wrong("draw", N_("A reprint must be marked: use head, or a text with {{paper.copy}}."))
    _check_rooms(table, reading)
    return Layout(size, symbol, tuple(reading.elements))


def _says_copy(element: Element) -> bool:
    """Say whether a reprint is marked by this element on every label."""
    if element.when is not None:
        return False
    if isinstance(element, Headline):
        return True
    if isinstance(element, Rows):
        cells = [cell for line in element.lines for cell in line if cell.when is None]
        return any("{paper.copy" in cell.value.source for cell in cells)
    return isinstance(element, Line) and "{paper.copy" in element.text.source


def _check_rooms(table: Table, reading: _Reading) -> None:
    """Note what lies outside the printable area, and what overlaps."""
    wide, high = reading.size
    for element in reading.elements:
        edge = 0 if isinstance(element, Bars | Square) else EDGE  # their rooms end with blank quiet zones
        for box in element.boxes(reading.size):
            if (
                box[0] < edge
                or box[1] < min(edge, EDGE - 1)
                or box[2] > wide - edge
                or box[3] > high - min(edge, EDGE - 1)
                or box[2] <= box[0]
            ):
                said = " ".join(f"{side:.0f}" for side in box)
                sentence = N_(
                    "Over the printable area: left, top, right, bottom are {box}, the label is {wide} × {high}."
                )
                table.source.wrong(element.place, sentence, box=said, wide=wide, high=high)
                break
    boxes = [(one, one.boxes(reading.size)) for one in reading.elements]
    for one, mine in boxes:
        if isinstance(one, Rows | Line | Bars) and any(_overlap(a, b) for a, b in combinations(mine, 2)):
            table.source.wrong(one.place, N_("The lines of this stand too close."))
    for (one, mine), (other, theirs) in combinations(boxes, 2):
        if isinstance(one, Blocks | Ruler) and isinstance(other, Blocks | Ruler):
            continue  # black on black: a ruler may start at its frame
        if one.when is not None and other.when is not None and one.when.excludes(other.when):
            continue
        if any(_overlap(a, b) for a in mine for b in theirs):
            table.source.wrong(other.place, N_("This lies over “{other}”."), other=one.place)


def _overlap(one: Box, other: Box) -> bool:
    slack = 0.5
    return (
        one[0] < other[2] - slack
        and other[0] < one[2] - slack
        and one[1] < other[3] - slack
        and other[1] < one[3] - slack
    )


def _stands_for(body: object, medium: str) -> bool:
    assert isinstance(body, LabelBody)
    size = medium.removeprefix("label-")
    return size not in SIZES or any(one.size == size for one in body.layouts)


add_family(Family("labels", papers.LABEL_KINDS, parse, _stands_for))
