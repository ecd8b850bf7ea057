"""Stories whose server keeps its tables on a private PostgreSQL: the same fixture as the server's own tests."""

from __future__ import annotations

from tests.server.conftest import private_postgres

__all__ = ["private_postgres"]
