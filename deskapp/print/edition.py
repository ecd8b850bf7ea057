"""One print of a card, apart from the card: on what, in which language, which copy, how it is trued."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from deskapp.print.media import Medium
    from deskapp.print.templates import Chosen


class Asked(Protocol):
    """What a job says about its paper."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def card(self) -> str: ...
    @property
    def medium(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def copy_no(self) -> int: ...
    @property
    def created_at(self) -> int: ...
    @property
    def superseded_by(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Edition:
    """How a card is printed this time.

    `copy_no` 0 = original, n = reprint n. `superseded_by` marks a corrected paper. `nudge_mm` moves everything
    right and down, to true a printer. `templates` are those the branch chose and tuned, else the shipped ones.
    `pictures` are the drawn signatures the card names (`papers.pictures_of`), by their SHA-256.
    """

    medium: str | Medium
    language: str
    copy_no: int = 0
    job_id: str = ""
    printed_at_ms: int = 0
    superseded_by: str = ""
    nudge_mm: tuple[float, float] = (0.0, 0.0)
    templates: Chosen | None = None
    pictures: Mapping[str, bytes] = field(default_factory=dict)

    @classmethod
    def of_job(
        cls, job: Asked, medium: str | Medium = "", *, nudge_mm: tuple[float, float] = (0.0, 0.0),
        templates: Chosen | None = None, pictures: Mapping[str, bytes],
    ) -> Edition:  # fmt: skip
        """Return what a job asks for, on its own medium or on `medium`, with what the job does not know."""
        return cls(
            medium or job.medium, job.language, job.copy_no, job.id, job.created_at, job.superseded_by, nudge_mm,
            templates, pictures,
        )  # fmt: skip
