"""What kind of trouble the database is in, from the error that it raised."""

from __future__ import annotations

import traceback


def is_database_error(error: Exception) -> bool:
    """Say whether it came from the database rather than from what was to be judged."""
    return hasattr(error, "sqlstate") or hasattr(error, "sqlite_errorname") or type(error).__name__ == "Again"


def is_data_error(error: Exception) -> bool:
    """Say whether the database refused what was to be written, rather than failed."""
    state = str(getattr(error, "sqlstate", "") or "")
    name = str(getattr(error, "sqlite_errorname", "") or "")
    kinds = ("DataError", "IntegrityError", "InterfaceError", "OverflowError")
    return (
        state.startswith(("22", "23"))
        or name.startswith(("SQLITE_CONSTRAINT", "SQLITE_TOOBIG", "SQLITE_MISMATCH"))
        or (type(error).__name__ in kinds and not state)
    )


def told_without_content(error: BaseException) -> str:
    """Return the kinds of an error and of those behind it, and where they were raised, without their texts."""
    lines: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(lines) < 8:
        state = getattr(seen, "sqlstate", None) or getattr(seen, "sqlite_errorname", None) or ""
        lines.append(
            f"{type(seen).__name__} {state}".rstrip() + "\n" + "".join(traceback.format_tb(seen.__traceback__))
        )
        seen = seen.__cause__ or seen.__context__
    return "\n".join(lines)
