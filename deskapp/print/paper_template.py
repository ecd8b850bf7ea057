"""Paper templates: a list of blocks for one kind of card, read from TOML and set on any medium.

    template = 1
    id = "visit_note"
    kind = "call_note"
    version = 1
    name = "未遇通知 / Missed you"
    media = ["a5", "roll-80", "roll-58"]

    [[blocks]]
    block = "head"
    title = "未遇通知 / MISSED YOU"

Every block may say `on` (media or kinds of media) and `when` (a condition on the card).
`paper_blocks` has the blocks, `expressions` what texts may name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import cast

from deskapp.errors import N_
from deskapp.print import paper_blocks, paper_lists, strip_paint, templates
from deskapp.print.expressions import Names, Test, Text
from deskapp.print.media import MEDIA, PAPER_MEDIA, Form, Medium
from deskapp.print.paper_parts import Block, Reading, Scope, base_name, tags_of
from deskapp.print.pdf_file import Book
from deskapp.print.pieces import closing
from deskapp.print.strips import AS_IT_IS, Drawn, Facts, Laid, Paper, Story, Truing, lay, paginate
from deskapp.print.template_reader import Table, Words
from deskapp.print.words import caption, copy_mark
from deskapp.rules import papers

__all__ = ["PAPER_MEDIA", "Body", "compose", "draw", "layouts", "parts"]

BLOCKS = paper_blocks.BLOCKS
PAGES = tuple(name for name, one in MEDIA.items() if one.form in (Form.PAGE, Form.ROLL))
_DEEPEST = 6
_MOST = 200
SIZES = {"small": 0.9, "normal": 1.0, "large": 1.12}
"""What the option `size` of a paper template does to all its texts."""
SPILL = 0.3
"""A last page filled less than this is worth saving."""
ONE_PAGE_MM = 60.0
"""What is lower than this is a card to keep: nobody carries two."""
CLOSER = (1.0, 0.96, 0.92, 0.88)
AIR = 0.7
"""What is left of empty heights where a page is saved."""
TOO_TALL = (0.8, 0.65, 0.5, 0.35)


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a paper template: its media, its blocks, and the copies it comes in."""

    media: tuple[str, ...]
    blocks: tuple[Block, ...]
    copies: tuple[Words, ...] = ()


def _parse(table: Table, head: templates.Head) -> Body:
    media = table.texts("media", choices=PAGES, needed=True)
    copies = tuple(_words(one) for one in table.texts("copies"))
    return Body(media, _blocks(table, head.names(), "blocks"), copies)


def _words(text: str) -> Words:
    chinese, stroke, english = text.partition(" / ")
    return Words(chinese.strip(), english.strip() if stroke else chinese.strip())


def _blocks(table: Table, names: Names, key: str) -> tuple[Block, ...]:
    """Read a list of blocks; a mistake is noted and the block left out."""
    made = []
    found = table.tables(key)
    if table.place.count(".") > _DEEPEST * 2 or len(found) > _MOST:
        table.wrong(key, N_("There are too many blocks here, or too many in each other."))
        return ()
    if not found:
        table.wrong(key, N_("“{key}” is missing here."), key=key)
    for one in found:
        name = one.text("block", choices=tuple(BLOCKS))
        if name in BLOCKS and one.has("block"):
            made.append(BLOCKS[name](Reading(one, names, _blocks)))
            one.done()
    return tuple(made)


def _stands_for(body: object, medium: str) -> bool:
    return medium in cast("Body", body).media


FAMILY = templates.Family("papers", papers.names() - papers.LABEL_KINDS, _parse, _stands_for)
templates.add_family(FAMILY)


# ---------------------------------------------------------------- setting a card


def compose(tuned: templates.Tuned, card: papers.Card, medium: Medium, facts: Facts, part: str = "") -> Laid:
    """Set a card and deal it to pages. `part` names one of several copies.

    A paper that runs over by a few lines is set a little smaller to save its last page; one
    with a piece taller than the medium is set as small as can be read, and says so.
    """
    size = SIZES.get(str(tuned.values.get("size", "normal")), 1.0)
    paper, story = _set(tuned, card, medium, facts, part, size)
    if paper.roll:
        return lay(paper, story)
    room = paper.room
    over = [strip for strip in story if strip.height > room]
    for smaller in TOO_TALL if over else ():
        paper, story = _set(tuned, card, medium, facts, part, size * smaller)
        if all(strip.height <= room for strip in story):
            return lay(paper, story)
    if over:
        paper.cut.append(tuned.template.head.words.both(facts.language)[0])
        return lay(paper, story)
    pages = paginate(story, room)
    last = pages[-1][-1].y + pages[-1][-1].strip.height if pages[-1] else 0.0
    if len(pages) > 1 and (last < room * SPILL or medium.height_mm < ONE_PAGE_MM):
        for smaller in (*CLOSER, *TOO_TALL) if medium.height_mm < ONE_PAGE_MM else CLOSER:
            closer, strips = _set(tuned, card, medium, facts, part, size * smaller)
            for strip in strips:
                if not strip.marks:
                    strip.height *= AIR
            fewer = paginate(strips, room)
            if len(fewer) < len(pages):
                return lay(closer, strips, fewer)
    return lay(paper, story, pages)


def _set(
    tuned: templates.Tuned, card: papers.Card, medium: Medium, facts: Facts, part: str, scale: float
) -> tuple[Paper, Story]:
    body = cast("Body", tuned.template.body)
    paper = Paper(
        medium, facts, card.number, getattr(card, "site", papers.Site()), scale=scale,
        second=tuned.flag("second_language"), part=part, logo=tuned.logo, standing=_standing(tuned, facts.language),
    )  # fmt: skip
    scene = tuned.scene(facts.language, _about(medium, facts))
    story = paper_blocks.blocks_story(body.blocks, Scope(paper, card, scene, tags_of(base_name(medium))))
    return paper, [*story, *closing(paper)]


def _standing(tuned: templates.Tuned, language: str) -> Collection[str]:
    """Return the captions and fixed words of a template in one language, as pieces set them; found once."""
    found = tuned.plans.get(("standing", language))
    if not isinstance(found, frozenset):
        pairs = [one.both(language) for one in _all_words(tuned.template.body) if isinstance(one, Words)]
        pairs += [caption(one, language) for one in paper_lists.CAPTIONS]
        first = {one for pair in pairs for one in (*pair, pair[1].upper())}
        first |= {one.source for one in _all_words(tuned.template.body) if isinstance(one, Text) and one.fixed}
        found = frozenset([copy_mark(0, language), *first, *[blank + one for one in first for blank in (" ", "  ")]])
        tuned.plans["standing", language] = found
    return found


def _all_words(part: object) -> Iterator[Words | Text]:
    """Return all captions, titles and texts in a part of a template, however deep."""
    if isinstance(part, Words | Text):
        yield part
    elif isinstance(part, tuple):
        for one in part:
            yield from _all_words(one)
    elif is_dataclass(part) and not isinstance(part, type | Test):
        for one in fields(part):
            yield from _all_words(getattr(part, one.name))


def parts(tuned: templates.Tuned, language: str) -> tuple[str, ...]:
    """Return the names of the copies a paper comes in; one without a name for most."""
    copies = cast("Body", tuned.template.body).copies
    return tuple(" ".join(filter(None, words.both(language))) for words in copies) or ("",)


def layouts(tuned: templates.Tuned, card: papers.Card, medium: Medium, facts: Facts) -> list[Laid]:
    """Return every copy of a paper dealt to pages: what a test may ask where everything lies."""
    return [compose(tuned, card, medium, facts, part) for part in parts(tuned, facts.language)]


def draw(
    book: Book, tuned: templates.Tuned, card: papers.Card, medium: Medium, facts: Facts, *,
    dot_page: bool = False, truing: Truing = AS_IT_IS,
) -> Drawn:  # fmt: skip
    """Draw a card in the document: every copy, one or more pages each."""
    drawn = [
        strip_paint.draw(book, laid, dot_page=dot_page, truing=truing) for laid in layouts(tuned, card, medium, facts)
    ]
    cut = dict.fromkeys(name for one in drawn for name in one.cut)
    finest = min((one.finest for one in drawn if one.finest), default=0)
    return Drawn(sum(one.pages for one in drawn), drawn[-1].height_mm, tuple(cut), finest)


def _about(medium: Medium, facts: Facts) -> Mapping[str, str]:
    return {
        "copy": str(facts.copy_no or ""), "size": base_name(medium), "dots": str(medium.dots_per_mm),
        "printed": str(facts.printed_at_ms or ""), "language": facts.language,
    }  # fmt: skip
