"""Which schema the program that runs expects."""

from __future__ import annotations

from functools import cache

from alembic.script import ScriptDirectory

from webapp.paths import resource_dir


@cache
def expected_version() -> str:
    """Return the newest migration's number; numbers are texts of four digits, so they sort."""
    return ScriptDirectory(str(resource_dir("migrations"))).get_current_head() or ""
