"""Canonical JSON: the one spelling under which a value is stored, hashed and sent."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical(value: Any) -> str:
    """Return canonical JSON: UTF-8, keys sorted, no blanks; integers and text only, no fractions."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(text: str) -> str:
    """Return the SHA-256 of canonical JSON as hexadecimal text."""
    return hashlib.sha256(text.encode()).hexdigest()
