"""Canonical JSON: the one spelling under which a value is stored, hashed and sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

_ENCODE = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode
# `json.dumps` makes an encoder for every call that is not the default one.

_AS_ABOVE: Final = (
    orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME
)  # what the standard encoder refuses is refused here too


def canonical(value: Any) -> str:
    """Return canonical JSON: UTF-8, keys sorted, no blanks; integers and text only, no fractions.

    The quick encoder spells these as the standard one does; what it does not take (a whole number of
    more than 64 bits, half a surrogate pair) goes to the standard one.
    """
    try:
        return orjson.dumps(value, None, _AS_ABOVE).decode()
    except orjson.JSONEncodeError:
        return _ENCODE(value)


def canonical_with(head: Mapping[str, Any], name: str, items: Sequence[str]) -> str:
    """Return `canonical({**head, name: [...]})` of items that are canonical JSON already.

    One call for thousands of items would hold every other thread up for as long as it takes.
    """
    before = canonical({key: value for key, value in head.items() if key < name})[1:-1]
    after = canonical({key: value for key, value in head.items() if key > name})[1:-1]
    listed = f"{canonical(name)}:[{','.join(items)}]"
    return f"{{{','.join([part for part in (before, listed, after) if part])}}}"


def digest(text: str) -> str:
    """Return the SHA-256 of canonical JSON as hexadecimal text."""
    return hashlib.sha256(text.encode()).hexdigest()
