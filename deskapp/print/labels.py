"""The labels: a card, a medium and a template make a drawing.

What a label shows stands in its template (`resources/labels`, or a branch's own). The
code is always the bare number, and phones never stand on a label. 60 mm stock carries
QR and Code 128; 50 and 40 mm carry one of them, by the medium's setting.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from deskapp.print import templates
from deskapp.print.drawing import Drawing
from deskapp.print.expressions import Scene
from deskapp.print.label_parts import Cell, Element, LabelBody, Rows
from deskapp.print.label_pen import Draw, Pen, compile_part
from deskapp.print.label_template import SIZES
from deskapp.print.media import Medium
from deskapp.print.words import copy_mark, moment
from deskapp.rules import papers


@dataclass(slots=True)
class Plan:
    """A template compiled for one medium and language."""

    tuned: templates.Tuned
    medium: Medium
    language: str
    draws: tuple[Draw, ...]
    _scenes: dict[tuple[int, int], Scene] = field(default_factory=dict)

    def draw(self, card: papers.Card, copy_no: int, printed_at_ms: int) -> Drawing:
        """Return the drawing of one card."""
        page = Drawing(self.medium.width_dots, self.medium.height_dots)
        scene = self._scene(copy_no, printed_at_ms)
        for draw in self.draws:
            draw(card, scene, page)
        return page

    def _scene(self, copy_no: int, printed_at_ms: int) -> Scene:
        found = self._scenes.get((copy_no, printed_at_ms))
        if found is None:
            if len(self._scenes) > 16:
                self._scenes.clear()
            mark = copy_mark(copy_no, self.language).partition(" / ")[0] if copy_no else ""
            paper = {
                "copy": mark,
                "size": f"{self.medium.width_mm:g} × {self.medium.height_mm:g} mm",
                "dots": str(self.medium.dots_per_mm),
                "printed": moment(printed_at_ms) if printed_at_ms else "",
                "language": self.language,
            }
            found = self._scenes[copy_no, printed_at_ms] = self.tuned.scene(self.language, paper)
        return found


def draw(
    card: papers.Card,
    medium: Medium,
    language: str,
    copy_no: int = 0,
    *,
    chosen: templates.Chosen | None = None,
    printed_at_ms: int = 0,
) -> Drawing:
    """Return the drawing of any label card on a label medium, by the chosen templates or the shipped ones."""
    tuned = (chosen or templates.default()).of(papers.kind_of(card), medium.base)
    return plan(tuned, medium, language).draw(card, copy_no, printed_at_ms)


def plan(tuned: templates.Tuned, medium: Medium, language: str) -> Plan:
    """Return a template compiled for a medium and a language; made once."""
    key = (medium, language)
    found = tuned.plans.get(key)
    if found is None:
        found = tuned.plans[key] = _compiled(tuned, medium, language)
    assert isinstance(found, Plan)
    return found


def _compiled(tuned: templates.Tuned, medium: Medium, language: str) -> Plan:
    body = tuned.template.body
    assert isinstance(body, LabelBody)
    size = medium.base.removeprefix("label-")
    layout = body.layout(size if size in SIZES else "60x40", medium.symbol)
    if layout is None:
        raise ValueError(f"{tuned.template.id} has no layout for {medium.name}")
    pen = Pen(medium, language, tuned.flag("second_language"), tuned.logo)
    parts = _without_options(layout.elements, tuned.scene(language, {}))
    draws = [made for part in parts if (made := compile_part(part, pen)) is not None]
    return Plan(tuned, medium, language, tuple(draws))


def _without_options(parts: tuple[Element, ...], scene: Scene) -> list[Element]:
    """Return the parts that are switched on, cells and closed-up lines considered."""
    kept: list[Element] = []
    for part in parts:
        if part.when is not None and part.when.fixed and not part.when.holds(None, scene):
            continue
        if isinstance(part, Rows):
            lines = tuple(tuple(cell for cell in line if not _off(cell, scene)) for line in part.lines)
            part = replace(part, lines=tuple(line for line in lines if line))
        kept.append(part)
    return kept


def _off(cell: Cell, scene: Scene) -> bool:
    return cell.when is not None and cell.when.fixed and not cell.when.holds(None, scene)
