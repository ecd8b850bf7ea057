"""A station as the server knows it."""

from __future__ import annotations

from dataclasses import dataclass

from deskapp.sync import scopes

STATION = "SELECT id, no, site, name, public, seq, hash, state, extra, seen_at, parked FROM station WHERE id = ?"


@dataclass(frozen=True, slots=True)
class Station:
    """A station as the server knows it; `extra` are scopes beyond its own and its site's."""

    id: str
    no: int
    site: str
    name: str
    public: str
    seq: int
    hash: str
    state: str
    extra: str
    seen_at: int
    parked: int

    @property
    def scopes(self) -> tuple[str, ...]:
        """What it may hold."""
        more = tuple(self.extra.split(",")) if self.extra else ()
        return (scopes.REF, scopes.site_scope(self.site), scopes.station_scope(self.id), *more)
