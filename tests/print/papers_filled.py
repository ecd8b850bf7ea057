"""Cards of every paper filled to the brim, and with what should never be there."""

from __future__ import annotations

import types
import typing
from dataclasses import fields, is_dataclass, replace
from enum import StrEnum

from deskapp.rules import papers
from tests.print import samples

HAN = "福建省福州市鼓楼区八一七北路老街第一食品贸易发展有限公司（总店）"
LATIN = "Northern Harbour Trading and Terminal Services Company Limited, Branch Office Seventeen "
SENTENCE = "打印头与胶辊均已老化，需要更换；走纸通道内有碎屑，已清洁。"

HOSTILE = (
    "<img src='file:///etc/passwd'/>",
    "</para><para><a href='http://x.example'>张三</a>",
    "&lt;b&gt;&amp; {number} %s {{}}",
    '=HYPERLINK("http://x.example")',
    "\u202eنص معكوس\u202c 反",
    "a\u0000b\u0007c\u001b[31m\r\nd",
    "㛃𬸚䶮 \U0003134f",
    "W" * 200,
    "囍" * 200,
    ") Tj ET (/URI",
)

KEPT = frozenset({"number", "token", "signature", "code", "id_last4", "iccid_last6"})
"""Fields whose form the program itself sets: numbers with a check character, digests, four digits."""

NUMBERS = frozenset({"order_no", "label_no", "slip_no", "receipt_no", "serial_no", "terminal_no", "tusn", "new_serial_no",
                     "old_serial_no", "merchant_no", "part_no", "bag_seal", "waybill", "badge_no", "invoice_no", "uscc"})  # fmt: skip


def filled(kind: str, *, entries: int = 3, text: str = "") -> papers.Card:
    """Return the sample of a kind with every field as long as the program lets it be; `text` fills the words instead."""
    card = samples.ALL[kind]
    return typing.cast(papers.Card, _filled(type(card), card, entries, text))


def _filled(kind: type, given: object, entries: int, text: str) -> object:
    hints = typing.get_type_hints(kind)
    values = {}
    for one in fields(kind):
        if (one.name in KEPT and given is not None) or one.name.endswith("signature"):
            continue
        old = getattr(given, one.name, None)
        values[one.name] = _value(hints[one.name], one.name, old, entries, text)
    return replace(given, **values) if given is not None else kind(**values)  # type: ignore[type-var]


def _value(hint: object, name: str, old: object, entries: int, text: str) -> object:
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        hint = next(arm for arm in typing.get_args(hint) if arm is not type(None))
    if typing.get_origin(hint) is tuple:
        inner = typing.get_args(hint)[0]
        old_row = old[0] if isinstance(old, tuple) and old else None
        return tuple(_value(inner, name, old_row, entries, text) for _ in range(entries))
    if isinstance(hint, type) and is_dataclass(hint):
        return _filled(hint, old, entries, text)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return list(hint)[-1]
    if hint is bool:
        return True
    if hint is int:
        return (
            5
            if name == "rating"
            else samples.NOW
            if name.endswith("_ms")
            else 99_999_999_999
            if name.endswith("_fen")
            else 999
        )
    if name in NUMBERS:
        return "N" + "0123456789" * 2 + "ABCDEFGHI"
    return text or (HAN if name in ("merchant", "name", "from_name", "to_name") else SENTENCE + LATIN if name in
                    ("fault", "cause", "action", "condition", "remarks", "words", "findings", "advice", "decision") else HAN[:24])  # fmt: skip
