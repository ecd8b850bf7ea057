"""How syncing is told: the sentence of the badge, what the server decided and why, spans of time and bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from deskapp.clock import shop_day, shop_time
from deskapp.errors import N_
from deskapp.queries.syncing import Standing, SyncBadge
from deskapp.ui.speech import spoken

MINUTE_MS: Final = 60_000
DAY_MIN: Final = 1440


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence with its values, and how it looks: tone (neutral, ok, info, warn, danger) and icon."""

    text: str
    tone: str
    icon: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def words(self) -> str:
        """Return it in the window's language."""
        return spoken(self.text, **self.values)


def badge_said(badge: SyncBadge, now: int) -> Said:
    """Return how this desk stands with its server, in one short sentence."""
    count = {"count": badge.unsent}
    match badge.standing:
        case Standing.ALONE:
            return Said(N_("Not connected yet, {count} unsent"), "neutral", "cloud-off", count)
        case Standing.TROUBLE:
            return Said(N_("Not syncing, {count} unsent: {problem}"), "danger", "alert-triangle",
                        {**count, "problem": spoken(badge.problem)})  # fmt: skip
        case Standing.OFFLINE:
            if not badge.contact_at:
                return Said(N_("Offline, {count} unsent; the server was never reached"), "warn", "cloud-off", count)
            return Said(N_("Offline since {when}, {count} unsent"), "warn", "cloud-off",
                        {**count, "when": last_time(badge.contact_at, now)})  # fmt: skip
        case Standing.FILLING:
            return Said(N_("Online, the branch's records are coming; {count} unsent"), "info", "cloud", count)
    if badge.refused:
        return Said(N_("Online, {refused} refused, {count} unsent"), "warn", "alert-triangle",
                    {**count, "refused": badge.refused})  # fmt: skip
    if badge.unsent:
        return Said(N_("Online, {count} unsent"), "info", "cloud", count)
    if badge.held and badge.held == badge.photos:
        return Said(N_("Online, all sent; {count} photos wait for a line that is not paid by volume"), "info", "cloud",
                    {"count": badge.held})  # fmt: skip
    if badge.photos:
        return Said(N_("Online, all sent but {count} photos"), "info", "cloud", {"count": badge.photos})
    return Said(N_("Online, all sent, {when}"), "ok", "cloud-check", {"when": last_time(badge.contact_at, now)})


def badge_told(badge: SyncBadge, now: int) -> str:
    """Return everything about it in a few lines, for the tool tip and for a screen reader."""
    lines = [badge_said(badge, now).words()]
    if badge.contact_at:
        lines.append(spoken(N_("Last contact: {when}"), when=last_time(badge.contact_at, now)))
    if badge.problem and badge.standing is not Standing.TROUBLE:
        lines.append(spoken(badge.problem))
    if badge.refused:
        lines.append(spoken(N_("{count} acts were refused and wait for a person."), count=badge.refused))
    if badge.photos > badge.held:
        lines.append(spoken(N_("{count} photos are still uploading."), count=badge.photos - badge.held))
    if badge.held:
        lines.append(spoken(N_("{count} photos wait: this line is paid by volume."), count=badge.held))
    if badge.clock_off_ms:
        lines.append(clock_words(badge.clock_off_ms))
    return "\n".join(lines)


def clock_words(off_ms: int) -> str:
    """Say that this computer's clock is wrong; `off_ms` is what has to be added to it to get the server's time."""
    behind = off_ms > 0
    text = (
        N_("This computer's clock is {span} slow. Set it; what is done meanwhile is ordered by the server's time.")
        if behind
        else N_("This computer's clock is {span} fast. Set it; what is done meanwhile is ordered by the server's time.")
    )
    return spoken(text, span=off_by(off_ms))


def off_by(off_ms: int) -> str:
    """Return how far a clock is off, to the nearest minute: eight hours less a moment are eight hours."""
    return span(abs(off_ms) + MINUTE_MS // 2)


def span(milliseconds: int) -> str:
    """Return a length of time in its largest fitting unit."""
    minutes = max(0, milliseconds) // MINUTE_MS
    if minutes < 60:
        return spoken(N_("{count} min"), count=minutes)
    if minutes < 2 * DAY_MIN:
        return spoken(N_("{count} h"), count=minutes // 60)
    return spoken(N_("{count} days"), count=minutes // DAY_MIN)


def last_time(instant_ms: int, now: int) -> str:
    """Return an instant as the time of today, else with its day."""
    moment = shop_time(instant_ms)
    return f"{moment:%H:%M}" if shop_day(instant_ms) == shop_day(now) else f"{moment:%m-%d %H:%M}"


def size(count: int) -> str:
    """Return a number of bytes in MB, or kB where it is small."""
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{count / 1000:.0f} kB"


# -- what the server decided ---------------------------------------------------------------

CODES: Final[Mapping[str, tuple[str, str, str]]] = {
    "rejected": (N_("Refused"), "danger", "ban"),
    "merged": (N_("Came out differently"), "warn", "arrows-exchange"),
    "moved": (N_("Taken; the record has moved on"), "info", "truck-delivery"),
    "parked": (N_("Kept by the server, not finished"), "info", "clock"),
}
"""What a decision is called, its tone and icon; `ok` and `noop` are not listed."""

REASONS: Final[Mapping[str, str]] = {
    "malformed": N_("The server could not read the entry. Ask your administrator; the words are kept here."),
    "scope": N_("The record does not belong to this branch any more, so it cannot be changed from here."),
    "right": N_("By what the server knows, whoever did this may not do it. Somebody who may has to do it again; the"
                " words are kept here."),
    "site": N_("A branch changes its own details, shelves and calendar only. Have it done at the other branch."),
    "person": N_("The server does not know yet who did this. It tries again by itself once it does."),
    "in_use": N_("Others have worked with it meanwhile, so it could not be withdrawn."),
    "gone": N_("The record was withdrawn elsewhere meanwhile."),
    "value": N_("A field holds what it does not take, so nothing of the entry was taken. The words are kept here: enter"
                " it again, and tell your administrator."),
    "unknown": N_("It names a record that the server does not have yet. The server tries again by itself."),
    "behind": N_("It waits for an act before it that is not finished yet. The server tries again by itself."),
}
OTHER_REASON: Final = N_("The server gave no reason that this version of deskapp knows.")

WAYS: Final[Mapping[str, str]] = {
    "woven": N_("Somebody else changed the same text; both changes are in it now."),
    "won": N_("Somebody else had changed the same; this change came later and stays. The other is kept on a card."),
    "lost": N_("Somebody else changed the same later; that stays. This change is kept on a card."),
    "kept": N_("Numbers and names of a thing stay as they were first entered. This change is kept on a card."),
    "cut": N_("Digits of a card number were cut out before anything was stored."),
}
"""In which way something came out differently, by the server's word."""


def outcome_words(code: str, reason: str, how: tuple[str, ...]) -> str:
    """Say what the server did with an act, and why."""
    if code == "rejected":
        return spoken(REASONS.get(reason, OTHER_REASON))
    if code == "parked":
        return spoken(REASONS.get(reason, REASONS["behind"]))
    if code == "moved":
        return spoken(N_("The device or ticket was handed to another site meanwhile. Everything was kept."))
    return " ".join(spoken(WAYS[one]) for one in how if one in WAYS) or spoken(
        N_("It went together with what others did. Everything was kept.")
    )
