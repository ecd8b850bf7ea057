"""The half-filled forms that wait to be taken up again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from deskapp.models.local import Draft
from deskapp.models.store import ReadSession


@dataclass(frozen=True, slots=True)
class DraftCard:
    """One saved form: whose it is, what it is about, when it was saved (ms UTC), and the form itself."""

    id: str
    page: str
    staff_id: str
    title: str
    saved_at: int
    form: dict[str, Any] = field(default_factory=dict, repr=False)


def drafts(session: ReadSession, page: str = "", staff_id: str = "") -> list[DraftCard]:
    """Return the drafts of a page and a person (of all, where empty), newest first."""
    question = select(Draft).order_by(Draft.saved_at.desc(), Draft.id)
    if page:
        question = question.where(Draft.page == page)
    if staff_id:
        question = question.where(Draft.staff_id == staff_id)
    return [
        DraftCard(row.id, row.page, row.staff_id, row.title, row.saved_at, dict(row.form))
        for row in session.scalars(question)
    ]


def draft(session: ReadSession, draft_id: str) -> DraftCard | None:
    """Return one draft, or None when it is gone."""
    row = session.get(Draft, draft_id)
    return DraftCard(row.id, row.page, row.staff_id, row.title, row.saved_at, dict(row.form)) if row else None
