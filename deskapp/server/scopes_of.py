"""Statements about the logs' heads that several parts share."""

from __future__ import annotations

from typing import Final

NEW_HEAD: Final = (
    "INSERT INTO head (scope, n, chain, floor, floor_chain, at) VALUES (?, 0, '', 0, '', 0) ON CONFLICT DO NOTHING"
)
