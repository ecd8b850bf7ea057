"""What a world that has come to rest went through: what the server decided, what people were asked, what was fetched.

A fault that happens and changes nothing proves nothing; these are counted beside it (`python -m tests.sim --count N` prints all of it).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.sim.world import World


def seen_at_rest(world: World) -> Counter[str]:
    """Return how often each came about, read from the tables of server and desks."""
    found = Counter[str]()
    with world.stage.centre.database.read() as tx:
        for code, times in tx.all("SELECT code, count(*) FROM change_set GROUP BY code"):
            found[f"decided {code}"] += times
        found["decided parked, still"] += tx.one("SELECT count(*) FROM parked")[0]
    for desk in world.desks.values():
        if desk.out or desk.wiped:
            continue
        for kind, times in desk.rows("SELECT kind, count(*) FROM review_card GROUP BY kind"):
            found[f"card {kind}"] += times
        found["kept for a newer program"] += desk.rows("SELECT count(*) FROM sync_extra")[0][0]
        found["a clock off by a minute or more"] += abs(desk.clock() - world.chance.now) >= 60_000
    scopes: dict[str, set[str]] = {}
    for scope, log in world.oracle.logs.items():
        for one in log[world.stage.heads.get(scope, 0) :]:
            if one.ops:
                scopes.setdefault(one.cs, set()).add(scope)
    found["an act in what all read and in a branch"] += sum("ref" in some and len(some) > 1 for some in scopes.values())
    return found
