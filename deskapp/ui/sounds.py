"""Three short sounds for scans, told apart with the eyes on the boxes: right, wrong, once already.

The sounds are made here as small WAV files. They are played by the system's own player; where there is none the
system's bell stands in, once, three times or twice, so that nothing depends on a sound card.
"""

from __future__ import annotations

import math
import shutil
import struct
import sys
import tempfile
import wave
from enum import StrEnum
from pathlib import Path
from typing import Final

from PySide6.QtCore import QProcess, QTimer
from PySide6.QtWidgets import QApplication

RATE: Final = 22_050
PLAYERS: Final = (("pw-play",), ("paplay",), ("aplay", "-q"))
"""Programs of Linux desktops that play a file, the usual one first."""

BELL_GAP_MS: Final = 160


class Sound(StrEnum):
    """What a scan was."""

    OK = "ok"
    WRONG = "wrong"
    AGAIN = "again"


TUNES: Final[dict[Sound, tuple[tuple[int, int], ...]]] = {
    Sound.OK: ((1320, 90),),
    Sound.WRONG: ((220, 180), (0, 60), (220, 260)),
    Sound.AGAIN: ((880, 70), (0, 50), (880, 70)),
}
"""Tones as frequency (Hz, 0 for a rest) and length (ms)."""

BELLS: Final = {Sound.OK: 1, Sound.AGAIN: 2, Sound.WRONG: 3}

_files: dict[Sound, Path] = {}


def play(sound: Sound) -> None:
    """Play a sound and return at once; silence is never an error."""
    if QApplication.platformName() == "offscreen":
        return
    if sys.platform == "win32":
        _windows(sound)
        return
    for player in PLAYERS:
        if shutil.which(player[0]) and QProcess.startDetached(player[0], [*player[1:], str(file_of(sound))]):
            return
    for turn in range(BELLS[sound]):
        QTimer.singleShot(turn * BELL_GAP_MS, QApplication.beep)


def _windows(sound: Sound) -> None:
    if sys.platform == "win32":
        import winsound

        winsound.PlaySound(str(file_of(sound)), winsound.SND_FILENAME | winsound.SND_ASYNC | winsound.SND_NODEFAULT)


def file_of(sound: Sound) -> Path:
    """Return the WAV file of a sound, made once for this run of the program."""
    known = _files.get(sound)
    if known is None or not known.exists():
        known = Path(tempfile.mkdtemp(prefix="deskapp-sound-")) / f"{sound}.wav"
        with wave.open(str(known), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes(samples(TUNES[sound]))
        _files[sound] = known
    return known


def samples(tune: tuple[tuple[int, int], ...]) -> bytes:
    """Return a tune as 16 bit samples; each tone swells and fades so that it does not click."""
    made = bytearray()
    for hertz, length in tune:
        count = RATE * length // 1000
        for place in range(count):
            edge = min(place, count - place, RATE // 200) / (RATE // 200)
            value = 0.5 * edge * math.sin(2 * math.pi * hertz * place / RATE) if hertz else 0.0
            made += struct.pack("<h", int(value * 32_767))
    return bytes(made)
