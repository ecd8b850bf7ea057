"""From a queued job to the bytes of a raw printer: card, dots, language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deskapp.print import raw
from deskapp.print.edition import Asked, Edition
from deskapp.print.media import Form, medium
from deskapp.print.raw.bits import Bits
from deskapp.print.raw.language import piece
from deskapp.print.raw.setup import Feed, Setup
from deskapp.rules import papers
from deskapp.rules.printer_profiles import HEADS, Profile

if TYPE_CHECKING:
    from PIL.Image import Image

    from deskapp.print.media import Medium
    from deskapp.print.render import PaperWarning
    from deskapp.print.templates import Chosen


@dataclass(frozen=True, slots=True)
class Made:
    """The bytes of one job, a paper each, and what the clerk should know about them."""

    pieces: tuple[bytes, ...]
    warnings: tuple[PaperWarning, ...] = ()


def make(
    job: Asked,
    profile: Profile,
    templates: Chosen | None = None,
    pictures: Callable[[papers.Card], Mapping[str, bytes]] = lambda card: {},
) -> Made:
    """Return a job in the language of a printer, at its resolution, moved and turned as it was calibrated.

    `templates` are the branch's, `pictures` finds the signatures a card names. Raises Corrupt for a
    card that cannot be read, ValueError for a medium the paper is not made for, KeyError for a
    printer without a language.
    """
    from deskapp.print import render  # some 15 MB that a desk needs only when it prints

    target = medium(at_head(job.medium, profile.dots_per_mm))
    tune = profile.tune(job.medium)
    card = papers.from_json(job.card)
    nudge = tune.offset_x_um / 1000, tune.offset_y_um / 1000
    rendered = render.render_burned(
        job.kind, card, Edition.of_job(job, target, nudge_mm=nudge, templates=templates, pictures=pictures(card))
    )
    till = job.kind == "repair_receipt" and job.copy_no == 0
    pieces = [_piece(picture, target, profile, drawer=till) for picture in rendered.pictures]
    return Made(tuple(pieces), (*rendered.warnings, *rendered.too_fine(tune.smallest_module)))


def test_papers(profile: Profile, name: str, count: int) -> list[bytes]:
    """Return numbered test papers on a medium, with rulers and bar codes, in a printer's language."""
    from deskapp.print import calibration

    target = medium(at_head(name, profile.dots_per_mm))
    tune = profile.tune(name)
    numbers = [f"{number}/{count}" for number in range(1, count + 1)]
    return [_piece(calibration.pictures(target, number, tune)[0], target, profile) for number in numbers]


def _piece(picture: Image, target: Medium, profile: Profile, *, drawer: bool = False) -> bytes:
    """Return everything that is sent for one paper."""
    setup = setup_for(target, profile, drawer=drawer)
    return piece(raw.LANGUAGES[profile.language], Bits.of_picture(picture), setup)


def at_head(name: str, dots_per_mm: int) -> str:
    """Return the name of a medium at the resolution of a head: `label-50x30+qr` at 12 is `label-50x30@300+qr`."""
    base, plus, symbol = name.partition("+")
    base = base.partition("@")[0]
    return base + ("@300" if dots_per_mm == 12 else "") + plus + symbol


def setup_for(target: Medium, profile: Profile, *, drawer: bool = False) -> Setup:
    """Return everything a printer is told before a paper; `drawer` opens the till where one is plugged in."""
    tune = profile.tune(target.name)
    roll = target.form is Form.ROLL
    head = profile.head_dots or HEADS[profile.language]
    return Setup(
        dots_per_mm=target.dots_per_mm,
        width_dots=target.print_dots if roll else target.width_dots,
        height_dots=0 if roll else target.height_dots,
        feed=Feed.CONTINUOUS if roll else Feed(tune.feed),
        gap_mm=tune.gap_um / 1000,
        darkness=tune.darkness,
        speed=tune.speed,
        rotate=tune.rotation,
        cut=profile.cut and roll,
        drawer=profile.drawer and drawer,
        head_dots=min(head, target.print_dots) // 8 * 8 if roll else 0,
        columns=profile.columns,
    )
