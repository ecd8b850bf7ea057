"""The labels: device, accessory, part, shelf and test, each one drawing per size.

The code is always the bare number, and phones never stand on a label. 60 mm stock
carries QR and Code 128; 50 and 40 mm carry one of them, by the medium's setting.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from deskapp.print import fonts
from deskapp.print.drawing import Drawing
from deskapp.print.label_pen import Cell, Pen
from deskapp.print.media import Medium
from deskapp.print.words import caption, copy_mark, short_moment, word
from deskapp.rules import papers

_NAME_SIZES = (30, 28, 26, 24, 22, 20)


def draw(card: papers.Card, medium: Medium, language: str, copy_no: int = 0) -> Drawing:
    """Return the drawing of any label card on a label medium."""
    pen = Pen(medium, language)
    _DRAW[papers.kind_of(card)](pen, card, copy_no)
    return pen.page


# ---------------------------------------------------------------- device


def _device(pen: Pen, card: papers.Card, copy_no: int) -> None:
    card = cast(papers.DeviceLabelCard, card)
    line = f"{card.line_no}/{card.line_count}"
    order = Cell("paper|Order", f"{card.order_no}  {line}", len(line), "order_no")
    serial = Cell("paper|SN", card.serial_no, 8, "serial_no")
    fault = Cell("paper|Fault", card.fault, 0, "fault")
    if pen.medium.width_mm < 50:
        _small(
            pen, card.number, copy_no, card.rush, [order, Cell("paper|SN", card.serial_no[-8:], 8, "serial_no"), fault]
        )
        return
    pen.top(card.site.name, card.depot_code, rush=card.rush, copy_no=copy_no, height=30 if pen.bottom > 300 else 24)
    model = Cell("paper|Model", card.model, 0, "model")
    merchant = Cell("paper|Merchant", card.merchant, 0, "merchant")
    terminal = Cell("paper|TID", card.terminal_no, 0, "terminal_no")
    if pen.medium.width_mm < 60:
        _medium(pen, card.number, order, [[serial], [model, terminal], [merchant], [fault]])
        return
    y = _codes(pen, card.number, order)
    pen.row(y, [model, serial])
    pen.row(y + 29, [merchant, terminal])
    pen.row(y + 58, [fault])
    pen.row(
        y + 87,
        [
            Cell("paper|In", short_moment(card.received_ms)),
            Cell("paper|Wty", word(card.warranty, pen.language)),
            Cell("paper|Bin", card.shelf, 0, "shelf"),
            Cell("paper|Acc.", str(card.accessories)),
        ],
    )


def _codes(pen: Pen, number: str, order: Cell) -> int:
    """Draw the code zone of a 60 mm label and return the baseline of the first row under it."""
    pen.line(44)
    pen.square(30, 68, number)
    x = 158
    pen.bars(x, pen.right + 6, 56, 56, number)
    pen.row(137, [Cell("paper|Label", number, len(number))], x)
    pen.row(167, [order], x)
    return 213


def _medium(pen: Pen, number: str, order: Cell, rows: list[list[Cell]]) -> None:
    """Draw the codes and rows of a 50 x 30 mm label; too little room drops no row, only English."""
    if pen.medium.symbol == "qr":
        pen.line(36)
        size = pen.square(26, 58, number, 4)
        x = 26 + size + 22
        pen.row(64, [Cell("", number, len(number))], x)
        pen.row(92, [order], x)
        pen.row(120, rows[0], x)
        for place, cells in enumerate(rows[1:]):
            pen.row(178 + place * 25, cells)
        return
    pen.bars(0, pen.medium.width_mm * 8, 36, 52, number)
    pen.centred(0, pen.medium.width_mm * 8, 107, number, 20, bold=True)
    below = [[order], *rows]
    step = 30 if len(below) < 5 else 24
    for place, cells in enumerate(below):
        pen.row(106 + (place + 1) * step, cells)


def _small(pen: Pen, number: str, copy_no: int, rush: bool, cells: list[Cell]) -> None:
    """Draw a 40 x 30 mm label: code, number, and the three rows people sort by."""
    marks = ([caption("paper|RUSH", pen.language)[0]] if rush else []) + (
        [copy_mark(copy_no, pen.language).partition(" / ")[0]] if copy_no else []
    )
    if pen.medium.symbol == "qr":
        size = pen.square(24, 24, number, 4)
        x = 24 + size + 20
        pen.row(44, [Cell("", number, 7, "number")], x)
        pen.row(74, [cells[1]], x)
        if marks:
            pen.row(104, [Cell("", " ".join(marks), 99)], x)
        pen.row(150, [cells[0]])
        pen.row(182, [cells[2]])
        return
    pen.bars(0, pen.medium.width_mm * 8, 14, 62, number)
    pen.centred(0, pen.medium.width_mm * 8, 100, number, 22, bold=True)
    pen.line(110)
    pen.row(136, [Cell("", cells[0].value, cells[0].bold_tail, cells[0].field)])
    pen.row(168, [cells[1]] + ([Cell("", " ".join(marks), 99)] if marks else []))
    pen.row(200, [cells[2]])


# ---------------------------------------------------------------- accessory, part, shelf


def _accessory(pen: Pen, card: papers.Card, copy_no: int) -> None:
    card = cast(papers.AccessoryLabelCard, card)
    part = f"{card.index}/{card.count}"
    order = Cell("paper|Order", card.order_no, 0, "order_no")
    name = Cell("paper|Accessory", f"{part} {card.accessory}", 99, "accessory")
    serial = Cell("paper|SN", card.serial_no, 8, "serial_no")
    if pen.medium.width_mm < 50:
        _small(pen, card.number, copy_no, card.rush, [order, Cell("paper|SN", card.serial_no[-8:], 8), name])
        return
    pen.top(card.site.name, card.depot_code, rush=card.rush, copy_no=copy_no, height=30 if pen.bottom > 300 else 24)
    model = Cell("paper|Model", card.model, 0, "model")
    merchant = Cell("paper|Merchant", card.merchant, 0, "merchant")
    device = Cell("paper|Belongs to", card.device_label_no, 7, "device_label_no")
    if pen.medium.width_mm < 60:
        _medium(pen, card.number, order, [[name], [serial], [device], [merchant]])
        return
    y = _codes(pen, card.number, order)
    first, second = caption("paper|Accessory", pen.language)
    x = pen.text(pen.left, y + 7, first, 22) + 6
    x = pen.text(x, y + 7, second, 15) + 8
    pen.fitted(x, y + 7, pen.right - x, f"{part}  {card.accessory}", _NAME_SIZES, "accessory", bold=True)
    pen.row(y + 36, [device, Cell("paper|Bin", card.shelf, 0, "shelf")])
    pen.row(y + 64, [model, serial])
    pen.row(y + 91, [merchant, Cell("paper|In", short_moment(card.received_ms))])


def _part(pen: Pen, card: papers.Card, copy_no: int) -> None:
    card = cast(papers.PartLabelCard, card)
    narrow = pen.medium.width_mm < 50
    if pen.medium.symbol == "qr" and not narrow:
        pen.square(26, 26, card.number, 4)
        x = 134
    else:
        pen.bars(0, pen.medium.width_mm * 8, 10, 52, card.number)
        x = pen.left
    y = 84 if x == pen.left else 32
    pen.row(y, [Cell("", card.number, 99), Cell("", word(card.condition, pen.language), 99)], x)
    pen.fitted(x, y + 30, pen.right - x, card.name, (26, 24, 22, 20, 18), "name", bold=True)
    if x != pen.left:
        pen.row(y + 58, [Cell("paper|Part No", card.part_no, 0, "part_no")], x)
        y = 64
    rows = [
        [] if x != pen.left else [Cell("paper|Part No", card.part_no, 0, "part_no")],
        [Cell("paper|Qty", f"{card.quantity} {card.unit}".strip()), Cell("paper|Lot/SN", card.lot_or_serial, 6, "lot")],
        [Cell("paper|Fits", card.fits, 0, "fits"), Cell("paper|part|Bin", card.bin, 0, "bin")],
        [
            Cell("paper|Supplier", card.supplier, 0, "supplier"),
            Cell("paper|part|Received", short_moment(card.received_ms).partition(" ")[0]),
        ],
    ]
    below = y + 58
    step = 26 if pen.bottom < 300 else 36
    for place, cells in enumerate(rows):
        if below + place * step <= pen.bottom:
            pen.row(below + place * step, cells)


def _shelf(pen: Pen, card: papers.Card, copy_no: int) -> None:
    card = cast(papers.ShelfLabelCard, card)
    wide = pen.medium.width_mm * 8
    tall = pen.bottom > 300
    size = 96 if tall else 72
    sizes = tuple(range(size, 26, -4))
    base = 98 if tall else 76
    room = wide - 2 * pen.left
    made = fonts.fit(card.location, room, sizes, bold=True)
    if made.cut:
        pen.page.cut.append("location")
    pen.centred(0, wide, base, made.lines[0], made.size, bold=True)
    pen.line(base + 16)
    pen.row(
        base + 44,
        [Cell("paper|Zone", card.zone, 0, "zone"), Cell("paper|Use", word(card.use, pen.language), 99, "use")],
    )
    bars_at = base + 60
    height = 100 if tall else 62
    if pen.medium.symbol == "qr":
        pen.square(26, bars_at + 8, card.number, 3)
        pen.text(130, bars_at + 44, card.number, 22, bold=True)
        return
    pen.bars(0, wide, bars_at, height, card.number)
    pen.centred(0, wide, bars_at + height + 22, card.number, 22, bold=True)


# ---------------------------------------------------------------- test


def _test(pen: Pen, card: papers.Card, copy_no: int) -> None:
    """A frame at the printable edge, a ruler in millimetres, corner crosses, and a code that must scan."""
    card = cast(papers.TestLabelCard, card)
    wide, high = round(pen.medium.width_mm * 8), round(pen.medium.height_mm * 8)
    page = pen.page
    for x, y, w, h in (
        (4, 4, wide - 8, 2),
        (4, high - 6, wide - 8, 2),
        (4, 4, 2, high - 8),
        (wide - 6, 4, 2, high - 8),
    ):
        page.block(pen.dots(x), pen.dots(y), pen.dots(w), pen.dots(h))
    for millimetre in range(1, round(pen.medium.width_mm)):
        tall = 22 if millimetre % 10 == 0 else 14 if millimetre % 5 == 0 else 8
        page.block(pen.dots(millimetre * 8), pen.dots(6), max(1, pen.dots(1)), pen.dots(tall))
        if millimetre % 10 == 0:
            pen.centred(millimetre * 8 - 20, millimetre * 8 + 20, 44, str(millimetre), 16)
    for millimetre in range(5, round(pen.medium.height_mm), 5):
        page.block(
            pen.dots(6), pen.dots(millimetre * 8), pen.dots(16 if millimetre % 10 == 0 else 8), max(1, pen.dots(1))
        )
    first, second = caption("paper|Test label", pen.language)
    pen.centred(0, wide, 80, first, 26, bold=True)
    pen.centred(0, wide, 100, second, 16)
    pen.bars(20, wide - 20, 108, 54, card.number)
    pen.centred(0, wide, 184, card.number, 20, bold=True)
    pen.fitted(30, 212, wide - 60, card.printer, (20, 18), "printer")
    if high > 300:
        size = f"{pen.medium.width_mm:g} × {pen.medium.height_mm:g} mm   {pen.medium.dots_per_mm} dots/mm"
        pen.fitted(30, 240, wide - 60, size, (20, 18), "size")
        made = short_moment(card.made_ms) if card.made_ms is not None else ""
        pen.fitted(30, 268, wide - 60, f"{card.site.name}  {made}".strip(), (20, 18), "site")
        for place, thick in enumerate((1, 2, 3, 4)):
            for bar in range(6):
                x = 250 + place * 54 + bar * thick * 2
                page.block(pen.dots(x), pen.dots(282), max(1, pen.dots(thick)), pen.dots(22))


_DRAW: dict[str, Callable[[Pen, papers.Card, int], None]] = {
    "device_label": _device,
    "accessory_label": _accessory,
    "part_label": _part,
    "shelf_label": _shelf,
    "test_label": _test,
}
