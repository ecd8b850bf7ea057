"""Canonical JSON: the one spelling under which a value is stored, hashed and sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

_ENCODE = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode
# `json.dumps` makes an encoder for every call that is not the default one.


def canonical(value: Any) -> str:
    """Return canonical JSON: UTF-8, keys sorted, no blanks; integers and text only, no fractions."""
    return _ENCODE(value)


def canonical_with(head: Mapping[str, Any], name: str, items: Sequence[str]) -> str:
    """Return `canonical({**head, name: [...]})` of items that are canonical JSON already.

    One call for thousands of items would hold every other thread up for as long as it takes.
    """
    pieces = {key: canonical(value) for key, value in head.items()}
    pieces[name] = f"[{','.join(items)}]"
    return f"{{{','.join([f'{canonical(key)}:{pieces[key]}' for key in sorted(pieces)])}}}"


def digest(text: str) -> str:
    """Return the SHA-256 of canonical JSON as hexadecimal text."""
    return hashlib.sha256(text.encode()).hexdigest()
