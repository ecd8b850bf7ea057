"""How printers, their languages and their paper are named on the screen, and how their condition looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from deskapp.errors import N_
from deskapp.rules.printer_profiles import Profile, base_of, scheme_of
from deskapp.ui.kit import Choice, spoken

if TYPE_CHECKING:
    from deskapp.print.printers import Condition

LANGUAGES = [
    Choice("zpl", N_("ZPL (Zebra and relatives)"), "Z"),
    Choice("tspl", N_("TSPL (TSC, Gprinter, Xprinter labels)"), "T"),
    Choice("escpos", N_("ESC/POS (receipt printers)"), "E"),
]
RESOLUTIONS = [Choice("8", N_("203 dots per inch")), Choice("12", N_("300 dots per inch"))]
MEDIA_TITLES: Mapping[str, str] = {
    "label-60x40": N_("Label 60 × 40 mm"), "label-50x30": N_("Label 50 × 30 mm"), "label-40x30": N_("Label 40 × 30 mm"),
    "roll-80": N_("80 mm roll"), "roll-58": N_("58 mm roll"), "a5": N_("A5 page"), "a4": N_("A4 page"),
    "a4-landscape": N_("A4 page, landscape"), "card-90x54": N_("Card 90 × 54 mm"),
    "form-241x93": N_("Continuous form 241 × 93 mm"), "form-241x140": N_("Continuous form 241 × 140 mm"),
    "form-241x279": N_("Continuous form 241 × 279 mm"), "a4-labels": N_("A4 sheet of labels"),
}  # fmt: skip
LABEL_MEDIA = ("label-60x40", "label-50x30", "label-40x30")
ROLL_MEDIA = ("roll-80", "roll-58")
PAGE_MEDIA = ("a4", "a5", "form-241x140", "form-241x93", "form-241x279", "a4-labels")
LOOKS: Mapping[str, tuple[str, str]] = {
    # readiness: (tone, icon)
    "ready": ("ok", "circle-check"), "stopped": ("danger", "alert-triangle"), "missing": ("danger", "alert-circle"),
    "silent": ("warn", "help"), "paused": ("warn", "player-pause"), "": ("muted", "clock"),
}  # fmt: skip


def printer_name(address: str, profiles: Mapping[str, Profile]) -> str:
    """Return what a printer is called: the name people gave it, else what its address says."""
    known = profiles.get(address)
    if known is not None and known.name:
        return known.name
    scheme, _, rest = address.partition(":")
    if scheme == "pdf":
        return spoken(N_("Folder (PDF files)"))
    return rest.removeprefix("//").removeprefix("/dev/usb/") or address


def medium_title(name: str) -> str:
    """Return what a medium is called."""
    base = base_of(name).partition(".")[0]
    title = spoken(MEDIA_TITLES[base]) if base in MEDIA_TITLES else name
    return f"{title} · {spoken(N_('QR code'))}" if name.endswith("+qr") else title


def media_for(profile: Profile) -> tuple[str, ...]:
    """Return the media a printer can hold, the likeliest first."""
    if profile.language == "escpos":
        return (*ROLL_MEDIA, *LABEL_MEDIA)
    return (*LABEL_MEDIA, *ROLL_MEDIA) if profile.language else PAGE_MEDIA


def kind_of_printer(profile: Profile) -> str:
    """Return in a word what a printer is."""
    if profile.language == "escpos":
        return spoken(N_("Receipt printer"))
    if profile.language:
        return spoken(N_("Label printer"))
    return spoken(N_("Folder")) if scheme_of(profile.address) == "pdf" else spoken(N_("Page printer"))


def icon_of(address: str, language: str = "") -> str:
    """Return the icon of a printer."""
    if scheme_of(address) == "pdf":
        return "folder"
    return {"escpos": "receipt", "zpl": "tag", "tspl": "tag"}.get(language, "printer")


def condition_look(condition: Condition | None, *, paused: bool = False) -> tuple[str, str, str]:
    """Return tone, icon and sentence (a message id) of a printer's condition."""
    if paused:
        return "warn", "player-pause", N_("Paused here. Its papers wait until it is resumed.")
    if condition is None:
        return "muted", "clock", N_("Asking …")
    tone, icon = LOOKS[condition.readiness.value]
    return tone, icon, condition.sentence
