"""The design system as data: colour roles, spacing, type scale, radii. No Qt in here.

Three palettes name the same roles. Text roles reach a contrast of at least 4.5 : 1 on every
ground they are used on (7 : 1 in high contrast); a test computes it.
"""

from __future__ import annotations

from typing import Final, Literal

Mode = Literal["light", "dark", "contrast"]
Role = Literal[
    "surface", "raised", "sunken", "hover", "border", "strong_border", "text", "muted", "accent", "accent_soft",
    "on_accent", "danger", "danger_soft", "warn", "warn_soft", "ok", "ok_soft", "info", "info_soft", "focus",
]  # fmt: skip

# Distances in px at 100 %.
TIGHT: Final = 4
SMALL: Final = 8
MEDIUM: Final = 12
LARGE: Final = 16
HUGE: Final = 24

RADIUS: Final = 8
INPUT_RADIUS: Final = 6
INPUT_HEIGHT: Final = 36
ROW_HEIGHT: Final = 36
RAIL_WIDTH: Final = 208
RAIL_NARROW: Final = 60

TYPE: Final[dict[str, tuple[int, int]]] = {
    # role: (size in px at 100 %, weight)
    "caption": (12, 400),
    "body": (14, 400),
    "strong": (14, 700),
    "heading": (16, 700),
    "title": (22, 700),
    "display": (30, 700),
    "number": (40, 700),
}

FAMILY: Final = "Noto Sans SC"


class Palette:
    """One set of colours by role, as #rrggbb."""

    __slots__ = (
        "surface", "raised", "sunken", "hover", "border", "strong_border", "text", "muted", "accent", "accent_soft",
        "on_accent", "danger", "danger_soft", "warn", "warn_soft", "ok", "ok_soft", "info", "info_soft", "focus",
    )  # fmt: skip

    surface: str
    raised: str
    sunken: str
    hover: str
    border: str
    strong_border: str
    text: str
    muted: str
    accent: str
    accent_soft: str
    on_accent: str
    danger: str
    danger_soft: str
    warn: str
    warn_soft: str
    ok: str
    ok_soft: str
    info: str
    info_soft: str
    focus: str

    def __init__(self, **colours: str) -> None:
        for role in self.__slots__:
            setattr(self, role, colours[role])

    def of(self, role: str) -> str:
        """Return the colour of a role."""
        colour: str = getattr(self, role)
        return colour


LIGHT: Final = Palette(
    surface="#f3f5f3", raised="#ffffff", sunken="#e9edea", hover="#eef2ef",
    border="#d8dfda", strong_border="#828d85", text="#17211b", muted="#56625a",
    accent="#00693e", accent_soft="#dff0e6", on_accent="#ffffff",
    danger="#b3261e", danger_soft="#fbe9e7", warn="#825100", warn_soft="#fcf0d6",
    ok="#1d6b37", ok_soft="#e2f3e7", info="#1f5b9c", info_soft="#e4eefa", focus="#0b7a4b",
)  # fmt: skip

DARK: Final = Palette(
    surface="#121614", raised="#1b211e", sunken="#0d100f", hover="#242c28",
    border="#313a35", strong_border="#77847c", text="#e7ede9", muted="#a3b0a8",
    accent="#5ccb95", accent_soft="#1b3a2b", on_accent="#06170e",
    danger="#ff9c93", danger_soft="#43201d", warn="#f0c069", warn_soft="#3b2d12",
    ok="#7fd39a", ok_soft="#1b3724", info="#93c1f7", info_soft="#1c2f47", focus="#7fe0b1",
)  # fmt: skip

CONTRAST: Final = Palette(
    surface="#000000", raised="#000000", sunken="#000000", hover="#1f1f1f",
    border="#ffffff", strong_border="#ffffff", text="#ffffff", muted="#e6e6e6",
    accent="#6dffb0", accent_soft="#00331a", on_accent="#000000",
    danger="#ffa399", danger_soft="#330500", warn="#ffe066", warn_soft="#332900",
    ok="#8cff9e", ok_soft="#003308", info="#a8d4ff", info_soft="#002447", focus="#ffff00",
)  # fmt: skip

PALETTES: Final[dict[str, Palette]] = {"light": LIGHT, "dark": DARK, "contrast": CONTRAST}

GROUNDS: Final = ("surface", "raised", "sunken", "hover")
TEXTS: Final = ("text", "muted", "accent", "danger", "warn", "ok", "info")
PAIRS: Final[tuple[tuple[str, str], ...]] = (
    *((text, ground) for text in ("text", "muted") for ground in GROUNDS),
    *((text, ground) for text in TEXTS for ground in ("surface", "raised")),
    ("on_accent", "accent"),
    *((tone, f"{tone}_soft") for tone in ("accent", "danger", "warn", "ok", "info")),
    *(("text", f"{tone}_soft") for tone in ("accent", "danger", "warn", "ok", "info")),
)
"""Every pair of text and ground the style sheet and the delegates use."""

ROLES: Final = Palette.__slots__


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours as WCAG 2 defines it, 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
