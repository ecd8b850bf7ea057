"""What a desk that was just connected knows already: its site, and whether anybody can be let in."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from deskapp.models import sync_state
from deskapp.models.people import Site, Staff
from deskapp.models.store import ReadSession
from deskapp.rules import access


@dataclass(frozen=True, slots=True)
class Welcomed:
    """The site's name (empty: not here yet), how many people are known, and whether one may let the others in."""

    site: str
    people: int
    supervised: bool

    @property
    def ready(self) -> bool:
        """Say whether the first PIN can be chosen."""
        return bool(self.site) and self.supervised


def welcomed(session: ReadSession, roles: access.Roles) -> Welcomed:
    """Return who and what has come from the server so far."""
    name = session.scalar(select(Site.name).where(Site.id == sync_state.state(session, "site"))) or ""
    held = session.scalars(select(Staff.roles).where(Staff.active)).all()
    able = any(access.may(roles, one, right) for one in held for right in ("pin_reset", "staff"))
    people = session.scalar(select(func.count()).select_from(Staff).where(Staff.active)) or 0
    return Welcomed(name, people, able)
