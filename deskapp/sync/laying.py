"""From what the server sent to what one transaction lays down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from deskapp.models import absorb
from deskapp.models.columns import known
from deskapp.queries.held import UNREAD
from deskapp.sync.intake import Act
from deskapp.sync.messages import Row
from deskapp.sync.own import OWN
from deskapp.sync.wire import Code, SyncReply

WHOLE = 400
"""Operations of an act that is never parted; larger ones are imports, and are shown page by page."""

SMALLEST, LARGEST = 20, 1_500
"""Operations of one piece."""


def says_nothing(reply: SyncReply) -> bool:
    """Say whether a reply brings nothing at all."""
    told = (reply.results, reply.feeds, reply.grant, reply.revoke, reply.resnapshot)
    return not any(told) and reply.hole is None and not reply.retire


def piece_of(acts: Sequence[Act]) -> absorb.Piece:
    """Return what one transaction lays down for whole acts."""
    entries: list[absorb.Entry] = []
    results: dict[str, absorb.Result] = {}
    seen: dict[str, None] = {}
    cursors: dict[str, tuple[int, str]] = {}
    for act in acts:
        for scope, entry in act.parts:
            seen[entry.cs] = None
            for op in entry.ops:
                if op.kind == "result":
                    results[op.id] = absorb.Result(op.id, _code(op.entity), op.values)
                else:
                    mine = op.kind.startswith(OWN)
                    entries.append(absorb.Entry(op.kind.removeprefix(OWN), *op[1:], scope, mine))
        cursors.update(act.cursors)
    plain = [cs for cs in seen if cs not in results]
    return absorb.Piece(entries=entries, seen=plain, results=list(results.values()), cursors=cursors)


def ways(piece: absorb.Piece) -> Iterator[tuple[absorb.Piece, bool]]:
    """Yield ever humbler ways to lay an act down whole: folded or not, one operation kept beside, at last all."""
    entries = piece.entries
    yield piece, True
    yield piece, False
    for at, one in enumerate(entries if len(entries) <= WHOLE else ()):
        if one.kind != "drop":
            yield replace(piece, entries=[*entries[:at], beside(one), *entries[at + 1 :]]), True
    yield replace(piece, entries=[one if one.kind == "drop" else beside(one) for one in entries]), False


def beside(one: absorb.Entry) -> absorb.Entry:
    """Return what keeps an operation beside the table that does not take it, under its id, so that both sides agree."""
    return one._replace(kind="put", entity=UNREAD + one.entity, versions={})


def _code(word: str) -> str:
    return word if word in set(Code) else Code.MERGED.value


def row_entry(scope: str, row: Row) -> absorb.Entry:
    """Return the entry that puts a record of a snapshot."""
    entity = known(row.entity)
    kind = "fact" if entity is not None and entity.fact else "put"
    return absorb.Entry(kind, row.entity, row.id, row.values, "", "", row.versions, scope)
