"""The cells of A4 sheets of labels: data in `resources/sheets`, or `templates/sheets` of a branch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from deskapp.errors import N_, Refused
from deskapp.paths import resource
from deskapp.print.media import MEDIA, Form
from deskapp.print.template_reader import SCHEMA, Fault, TemplateRefused, Words, files, read

DEFAULT = "3x7"
PAPER_MM = (210.0, 297.0)
_SIZES = tuple(name.removeprefix("label-") for name, one in MEDIA.items() if one.form is Form.LABEL)
_ID = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """Cells of a sheet in millimetres, counted row by row from the top left."""

    id: str
    words: Words
    columns: int
    rows: int
    left_mm: float
    top_mm: float
    pitch_x_mm: float
    pitch_y_mm: float
    width_mm: float
    height_mm: float
    label: str
    """Size of the label in a cell, as `60x40`."""

    @property
    def cells(self) -> int:
        """How many labels one sheet takes."""
        return self.columns * self.rows

    def corner_mm(self, cell: int, width_mm: float, height_mm: float) -> tuple[float, float]:
        """Return left and top of a label of that size in the middle of a cell."""
        row, column = divmod(cell, self.columns)
        x = self.left_mm + column * self.pitch_x_mm + (self.width_mm - width_mm) / 2
        y = self.top_mm + row * self.pitch_y_mm + (self.height_mm - height_mm) / 2
        return x, y

    def boxes_mm(self) -> list[tuple[float, float, float, float]]:
        """Return left, top, width, height of every cell, for a picture to choose the first free one in."""
        return [
            (*self.corner_mm(cell, self.width_mm, self.height_mm), self.width_mm, self.height_mm)
            for cell in range(self.cells)
        ]


def load(file: Path) -> SheetLayout:
    """Return the sheet of a file; TemplateRefused names every mistake."""
    source, table = read(file)
    if table.whole("template", 1, 99) > SCHEMA:
        table.wrong("template", N_("This template was made for a newer version of the program."))
    name = table.text("id", longest=40)
    if not name or not set(name) <= _ID:
        table.wrong("id", N_("Small letters, digits, - and _ are allowed here."))
    made = SheetLayout(
        name, table.words("name"), table.whole("columns", 1, 10), table.whole("rows", 1, 30),
        table.number("left", 0, 100), table.number("top", 0, 100),
        table.number("pitch_x", 1, 210), table.number("pitch_y", 1, 297),
        table.number("cell_width", 1, 210), table.number("cell_height", 1, 297), table.text("label", choices=_SIZES),
    )  # fmt: skip
    table.done()
    if not source.faults:
        label = MEDIA[f"label-{made.label}"]
        right = made.left_mm + (made.columns - 1) * made.pitch_x_mm + made.width_mm
        bottom = made.top_mm + (made.rows - 1) * made.pitch_y_mm + made.height_mm
        if right > PAPER_MM[0] + 0.05 or bottom > PAPER_MM[1] + 0.05:
            sentence = N_("The cells reach to {right} × {bottom} mm; an A4 sheet has 210 × 297.")
            table.wrong("columns", sentence, right=f"{right:.1f}", bottom=f"{bottom:.1f}")
        if (made.columns > 1 and made.pitch_x_mm < made.width_mm) or (
            made.rows > 1 and made.pitch_y_mm < made.height_mm
        ):
            table.wrong("pitch_x", N_("The cells lie over each other: a pitch is smaller than a cell."))
        if label.width_mm > made.width_mm or label.height_mm > made.height_mm:
            sentence = N_("A label of {size} mm does not fit into a cell of {width} × {height} mm.")
            table.wrong("label", sentence, size=made.label, width=made.width_mm, height=made.height_mm)
    source.settle()
    return made


@cache
def _shipped() -> Mapping[str, SheetLayout]:
    return {one.id: one for one in map(load, files(resource("sheets")))}


def layouts(own: Path | None = None) -> tuple[dict[str, SheetLayout], list[TemplateRefused]]:
    """Return all sheets by id, the shipped ones first, and the files of the branch that cannot be used."""
    found = dict(sorted(_shipped().items(), key=lambda item: (item[0] != DEFAULT, item[0])))
    broken: list[TemplateRefused] = []
    for file in files(own) if own is not None else ():
        try:
            sheet = load(file)
            if sheet.id in found:
                sentence = N_("This name is taken by {file}; give the template one of its own.")
                raise TemplateRefused(file.name, [Fault("id", sentence, {"file": sheet.id}, 1)])
            found[sheet.id] = sheet
        except TemplateRefused as problem:
            broken.append(problem)
    return found, broken


def layout(name: str, known: Mapping[str, SheetLayout] | None = None) -> SheetLayout:
    """Return the sheet of a medium's name. Refused if it is gone: other cells would spoil the sheet."""
    found = (known or _shipped()).get(name or DEFAULT)
    if found is None:
        raise Refused(N_("There is no label sheet “{name}”; choose another in the settings."), field="sheet", name=name)
    return found
