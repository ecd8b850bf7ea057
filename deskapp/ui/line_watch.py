"""What the system says of the line: another network, and whether it is paid by volume.

Qt asks NetworkManager on Linux, the list of networks on Windows, the reachability on macOS. Where no NetworkManager
runs, the GLib backend that takes its place hears of networks but knows of no volume; macOS tells none either. There a
line counts as free until a person says otherwise (`sync.line`), and the setting says so.
"""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from deskapp.errors import N_

if TYPE_CHECKING:
    from PySide6.QtNetwork import QNetworkInformation

log = logging.getLogger(__name__)

DUMB = ("glib", "dummy")
"""Backends that name the feature and cannot know: GLib learns it from NetworkManager alone, which Qt asks itself."""

CANNOT_TELL = N_("This computer's system cannot tell whether its line is paid by volume: it counts as “No”.")
BY_VOLUME = N_("As the system says, the line of now is paid by volume.")
FREE = N_("As the system says, the line of now is not paid by volume.")


class LineWatch(QObject):
    """Follows the line of this computer.

    Signals:
        changed: another network, a line that came or went, or one that is paid by volume now and was not before.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._info: QNetworkInformation | None = None

    def begin(self) -> None:
        """Listen to the system from now on; where it tells nothing, nothing is ever heard."""
        if self._info is not None:
            return
        self._info = _information()
        if self._info is None:
            return
        for told in (self._info.reachabilityChanged, self._info.transportMediumChanged, self._info.isMeteredChanged):
            told.connect(self._heard)
        log.info("the line is followed by %s", self._info.backendName())

    @property
    def metered(self) -> bool:
        """Whether the system says that the line is paid by volume; False where it cannot tell."""
        return self._info is not None and tells() and self._info.isMetered()

    def _heard(self, _how: object) -> None:
        self.changed.emit()


def tells() -> bool:
    """Say whether this computer's system can tell that a line is paid by volume."""
    info = _information()
    return info is not None and info.backendName() not in DUMB and info.supports(info.Feature.Metered)


def sentence() -> str:
    """Return what the setting says about this computer's line."""
    info = _information()
    if info is None or not tells():
        return CANNOT_TELL
    return BY_VOLUME if info.isMetered() else FREE


@functools.cache
def _network() -> type[QNetworkInformation] | None:
    """Return Qt's class, or None where a library of the system that its network module needs is missing."""
    try:
        from PySide6.QtNetwork import QNetworkInformation
    except ImportError as problem:
        log.warning("the line is not followed: %s", problem)
        return None
    return QNetworkInformation


def _information() -> QNetworkInformation | None:
    network = _network()
    if network is None:
        return None
    # What there is already counts: only one can be loaded in a process.
    return network.instance() if network.loadDefaultBackend() else None
