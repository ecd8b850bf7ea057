"""Whose badge a code is."""

from __future__ import annotations

from sqlalchemy import select

from deskapp.models.people import Staff
from deskapp.models.store import ReadSession


def staff_with_badge(session: ReadSession, code: str) -> str:
    """Return the id of the active person whose badge bears a code, or nothing."""
    wanted = code.strip().upper()
    if not wanted:
        return ""
    return session.scalar(select(Staff.id).where(Staff.badge_no == wanted, Staff.active)) or ""
