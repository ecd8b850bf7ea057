"""Money: whole fen in, words and figures out.

An amount is a non-negative `int` of fen (1 yuan = 100 fen) everywhere in the program; there is no
float and no rounding. The capital form follows the filling rules for bills and settlement vouchers
(支付结算办法, annex) and the basic accounting rules (会计基础工作规范, article 52); where they leave a
choice, the house form is

* 整 after yuan and after jiao, never after fen;
* one 零 before jiao when the last yuan digit is 0, none before 仟 when the digit before it is 0.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from deskapp.errors import N_, Refused

MAX_FEN: Final = 99_999_999_999_999
"""The largest amount, 999 999 999 999.99 yuan: twelve digits before the point."""

_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_PLACES: Final = ("仟", "佰", "拾", "")
_SECTIONS: Final = ("亿", "万", "")

_FIGURES: Final = re.compile(r"(?P<yuan>[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.(?P<part>[0-9]*))?")
_SIGNS: Final = re.compile(r"^(?:¥|RMB|CNY|人民币)?|(?:元|圆)?$")


def amount_in_words_cn(fen: int) -> str:
    """Return the capital form of an amount in fen, with 人民币 directly before it.

    Raises ValueError for anything but an `int` from 0 to `MAX_FEN`: a refund is a paper of its own
    and never a negative amount.
    """
    _check(fen)
    yuan, rest = divmod(fen, 100)
    jiao, cent = divmod(rest, 10)
    words = f"{_whole_yuan(yuan)}元" if yuan or not rest else ""
    if jiao:
        words += "零" if yuan and yuan % 10 == 0 else ""
        words += f"{_DIGITS[jiao]}角"
    elif cent and yuan:
        words += "零"
    words += f"{_DIGITS[cent]}分" if cent else "整"
    return f"人民币{words}"


def format_yuan(fen: int) -> str:
    """Return figures such as ¥1,234.50: sign directly before, thousands separated, two decimals.

    Raises ValueError as `amount_in_words_cn` does, so that both always stand on the same paper.
    """
    _check(fen)
    yuan, rest = divmod(fen, 100)
    return f"¥{yuan:,}.{rest:02d}"


def parse_yuan(text: str) -> int:
    """Return the fen of an amount typed in yuan: "12.5", "¥1,234.50", "１２。５０元".

    Full-width characters are read as their plain forms and the Chinese full stop as the point (it is
    what the key gives while the input method is on). Raises Refused at the field `amount`, without the
    text: what was typed there by mistake may be a card number.
    """
    plain = unicodedata.normalize("NFKC", text).replace("。", ".")
    figures = _SIGNS.sub("", "".join(plain.split()).upper())
    if not figures:
        raise Refused(N_("Please enter an amount."), field="amount", code="amount_empty")
    if figures[0] in "-−–—" or figures.startswith("("):
        raise Refused(
            N_("An amount cannot be negative. A refund has its own paper."),
            field="amount",
            code="amount_negative",
        )
    found = _FIGURES.fullmatch(figures)
    if found is None or found["part"] == "":
        raise Refused(
            N_("This is not an amount. Please write it like 1234.50."),
            field="amount",
            code="amount_form",
        )
    part = found["part"] or ""
    if len(part) > 2:
        raise Refused(
            N_("An amount has at most two decimals."),
            field="amount",
            code="amount_decimals",
        )
    yuan = found["yuan"].replace(",", "").lstrip("0")
    if len(yuan) > 12:
        raise Refused(
            N_("This amount is too large. The limit is ¥999,999,999,999.99."),
            field="amount",
            code="amount_too_large",
        )
    return int(yuan or "0") * 100 + int(part.ljust(2, "0"))


def _check(fen: object) -> None:
    if isinstance(fen, bool) or not isinstance(fen, int):
        raise ValueError(f"an amount is a whole number of fen, not {type(fen).__name__}")
    if fen < 0:
        raise ValueError("an amount is never negative")
    if fen > MAX_FEN:
        raise ValueError("an amount is at most 999 999 999 999.99 yuan")


def _whole_yuan(yuan: int) -> str:
    """Return the words of the yuan part without 元; 零 for nothing."""
    if yuan == 0:
        return _DIGITS[0]
    sections = (yuan // 100_000_000, yuan // 10_000 % 10_000, yuan % 10_000)
    words = ""
    skipped = False
    for value, unit in zip(sections, _SECTIONS, strict=True):
        if value == 0:
            skipped = True
            continue
        # Between two sections 零 stands for missing thousands or for a whole missing section.
        if words and (skipped or value < 1000):
            words += _DIGITS[0]
        words += _section(value) + unit
        skipped = False
    return words


def _section(value: int) -> str:
    """Return the words of 1..9999, with one 零 for a run of zeros between two digits."""
    words = ""
    gap = False
    for digit, place in zip(f"{value:04d}", _PLACES, strict=True):
        if digit == "0":
            gap = bool(words)
            continue
        words += (_DIGITS[0] if gap else "") + _DIGITS[int(digit)] + place
        gap = False
    return words
