"""What kind of trouble the database is in, from the error that it raised."""

from __future__ import annotations


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
