"""Bytes on the way: JSON packed by zstd (gzip where a proxy eats it), and the limits that rubbish runs into.

Everything that comes from outside is unpacked here. Whatever the bytes are, the answer is a value or
`WireError`, in time and memory bounded by the limits below.
"""

from __future__ import annotations

import threading
import zlib
from dataclasses import dataclass
from typing import Any, Final

import orjson
import zstandard

MOST_BODY: Final = 8 * 1024 * 1024
"""Bytes of one request or reply as it travels."""

MOST_PLAIN: Final = 48 * 1024 * 1024
"""Bytes of one request or reply unpacked: a bomb stops here."""

ZSTD: Final = "zstd"
GZIP: Final = "gzip"
PLAIN: Final = "identity"
ENCODINGS: Final = (ZSTD, GZIP, PLAIN)

_LARGE: Final = 4 * 1024 * 1024
_MOST_FORMS: Final = 1_000_000
_MOST_VALUES: Final = 4_000_000
"""Lists and mappings, and values, in JSON of more than `_LARGE` bytes: read, an empty mapping of three bytes takes
seventy, so that what is small on the way would be gigabytes here. Ours have a twentieth of that."""

_SMALL: Final = 200
"""Below so many bytes packing gains nothing."""

_COLUMN: Final = 2_048
"""Bytes from which on a column is worth codes of its own."""

_SLICE: Final = 256
"""Packed bytes that are unpacked at once: four of them may stand for 128 KB of the same byte."""

_WINDOW: Final = 2**23
"""The most memory a sender may ask the unpacker to set aside (bytes)."""


class WireError(ValueError):
    """What came over the wire is not what was agreed. `code` is one word for the other side, without content."""

    def __init__(self, code: str, what: str = "") -> None:
        super().__init__(f"{code}: {what}" if what else code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Packed:
    """A body as it travels, and the name of its packing for `Content-Encoding`."""

    body: bytes
    encoding: str = ZSTD


def pack(plain: bytes, encoding: str = ZSTD, *, level: int = 1, columns: bool = False) -> Packed:
    """Pack bytes; small ones stay as they are.

    `columns`: it is JSON of long columns, each of which is packed by itself, since digits and words differ too much.
    """
    if encoding == PLAIN or len(plain) < _SMALL:
        return Packed(plain, PLAIN)
    if encoding == GZIP:
        worker = zlib.compressobj(6, zlib.DEFLATED, 31)
        return Packed(worker.compress(plain) + worker.flush(), GZIP)
    if encoding != ZSTD:
        raise WireError("encoding", encoding[:20])
    if columns and len(plain) > 2 * _COLUMN:
        return Packed(_by_columns(plain, level), ZSTD)
    return Packed(_compressor(level).compress(plain), ZSTD)


def _by_columns(plain: bytes, level: int) -> bytes:
    """Pack with a new table of codes for each long column: one frame as any other, a tenth smaller."""
    worker = _compressor(level).compressobj(size=len(plain))
    out, start, seams = [], 0, {b"],": -1, b"},": -1}
    while True:
        for mark, at in seams.items():
            if at < start + _COLUMN:
                found = plain.find(mark, start + _COLUMN)
                seams[mark] = found if found >= 0 else len(plain)
        end = min(seams.values()) + 2
        out.append(worker.compress(plain[start:end]))
        if end >= len(plain):
            return b"".join((*out, worker.flush()))
        out.append(worker.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK))
        start = end


class _Kept(threading.local):
    """One packer for each thread and level: setting one up takes longer than packing a small body."""

    def __init__(self) -> None:
        self.packers: dict[int, zstandard.ZstdCompressor] = {}


_kept: Final = _Kept()


def _compressor(level: int) -> zstandard.ZstdCompressor:
    packer = _kept.packers.get(level)
    if packer is None:
        packer = _kept.packers[level] = zstandard.ZstdCompressor(level=level, write_content_size=True)
    return packer


def unpack(body: bytes, encoding: str = ZSTD, *, most: int = MOST_PLAIN) -> bytes:
    """Return the plain bytes; raises WireError for anything torn, foreign or larger than `most`."""
    if len(body) > MOST_BODY:
        raise WireError("too_large")
    if encoding in (PLAIN, ""):
        if len(body) > most:
            raise WireError("too_large")
        return body
    if encoding == ZSTD:
        return _unpack_zstd(body, most)
    if encoding == GZIP:
        return _unpack_gzip(body, most)
    raise WireError("encoding", encoding[:20])


def _unpack_zstd(body: bytes, most: int) -> bytes:
    try:
        frame = zstandard.get_frame_parameters(body)
        if frame.window_size > _WINDOW and frame.content_size > _WINDOW:
            raise WireError("too_large")
        said = frame.content_size
        if said > most and said not in (zstandard.CONTENTSIZE_UNKNOWN, zstandard.CONTENTSIZE_ERROR):
            raise WireError("too_large")
        worker = zstandard.ZstdDecompressor(max_window_size=max(_WINDOW, most)).decompressobj()
        return _whole(worker, body, most)
    except zstandard.ZstdError as error:
        raise WireError("packing") from error


def _whole(worker: Any, body: bytes, most: int) -> bytes:
    """Unpack in slices, so that a body whose header lies about its size is stopped on the way."""
    out, size = [], 0
    for start in range(0, len(body), _SLICE):
        piece = worker.decompress(body[start : start + _SLICE])
        size += len(piece)
        if size > most:
            raise WireError("too_large")
        out.append(piece)
        if worker.eof:
            if worker.unused_data or start + _SLICE < len(body):
                raise WireError("packing", "more behind the end")
            return b"".join(out)
    raise WireError("packing", "cut")


def _unpack_gzip(body: bytes, most: int) -> bytes:
    worker = zlib.decompressobj(31)
    try:
        plain = worker.decompress(body, most + 1)
    except zlib.error as error:
        raise WireError("packing") from error
    if len(plain) > most:
        raise WireError("too_large")
    if not worker.eof or worker.unused_data:
        raise WireError("packing", "cut")
    return plain


def dump(value: Any) -> bytes:
    """Return JSON bytes; raises WireError for what JSON cannot say (numbers beyond 64 bits, half characters)."""
    try:
        return orjson.dumps(value)
    except (TypeError, orjson.JSONEncodeError, RecursionError) as error:
        raise WireError("json") from error


def canonical_bytes(value: Any) -> bytes:
    """Return canonical JSON in UTF-8, the same bytes as `models.canonical.canonical` for what the journal holds."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except (TypeError, orjson.JSONEncodeError, RecursionError) as error:
        raise WireError("json") from error


def load(plain: bytes) -> Any:
    """Return what JSON bytes say; raises WireError, also for more values than anybody has to say."""
    if len(plain) > _LARGE:
        forms = plain.count(b"{") + plain.count(b"[")
        if forms > _MOST_FORMS or plain.count(b",") > _MOST_VALUES:
            raise WireError("too_large")
    try:
        return orjson.loads(plain)
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise WireError("json") from error
