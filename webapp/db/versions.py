"""Which schema the program that runs expects, and which one a database has.

A version is the number of a migration, a text of four digits, so versions sort. Alembic, which does the migrating, is
slow to import and not needed to know them.
"""

from __future__ import annotations

from functools import cache

from sqlalchemy import Connection, inspect, text

from webapp.paths import resource_dir


@cache
def known_versions() -> tuple[str, ...]:
    """Return the version after each migration that this program has, the newest last."""
    folder = resource_dir("migrations") / "versions"
    return tuple(sorted(path.name.partition("_")[0] for path in folder.glob("[0-9]*.py")))


def expected_version() -> str:
    """Return the version that this program works with."""
    return known_versions()[-1]


def find_version(connection: Connection) -> str | None:
    """Return the version of a database; None when it has no tables yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)
