"""All checks, one after the other: one that fails is a finding and keeps none of the others from being made."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from webapp.config import Settings
from webapp.connections.crypto import Vault
from webapp.db.faults import DAMAGED, DISK_FAILS, detail_of, find_fault
from webapp.doctor import contents, database
from webapp.doctor.settings import check_settings
from webapp.doctor.values import Finding, broken, ok


def examine(
    settings: Settings, engine: Engine, session: Session, *, quick: bool = False
) -> Iterator[Finding]:
    """Yield what there is to say about an installation, in the order of what depends on what.

    Args:
        settings: of the installation.
        engine: of its database.
        session: on it, for reading.
        quick: leave out what reads the whole database.
    """
    yield contents.check_versions()
    yield from contents.check_files()
    yield from check_settings(settings, os.environ)
    yield contents.check_cache(settings.cache_url)
    reached = list(_reach(settings, engine))
    yield from reached
    if any(finding.severity == "broken" for finding in reached):
        return
    if settings.sqlite_path:
        yield from database.check_sqlite_files(settings.sqlite_path)
    yield from _tried("writing", lambda: [database.check_writable(engine)])
    vault = Vault(settings.encryption_keys)
    yield from _tried("clock", lambda: _connected(engine, database.check_clock))
    yield from _tried("secrets", lambda: contents.check_secrets(session, vault))
    yield from _tried("jobs", lambda: contents.check_jobs(session))
    if not quick:
        if settings.is_sqlite:
            yield from _tried("integrity", lambda: _connected(engine, database.check_sqlite_integrity))
        yield from _tried("counts", lambda: contents.check_counts(session))
    session.rollback()


def _reach(settings: Settings, engine: Engine) -> Iterator[Finding]:
    if settings.sqlite_path and not settings.sqlite_path.is_file():
        yield broken(
            "database",
            f"{settings.sqlite_path} does not exist.",
            "Check PLUGDECK_DATABASE_URL; for a new installation run: plugdeck db upgrade",
        )
        return
    # Its options may hold a password as well.
    address = engine.url.set(query={}).render_as_string(hide_password=True)
    reached = list(
        _tried("database", lambda: _connected(engine, lambda _connection: [ok("database", address)]))
    )
    yield from reached
    if reached[0].severity == "broken":
        return
    if not settings.is_sqlite:
        yield from _tried("database", lambda: _connected(engine, database.check_postgresql))
    yield from _tried("database", lambda: _connected(engine, database.check_schema))


def _connected(engine: Engine, check: Callable[..., Iterable[Finding]]) -> list[Finding]:
    with engine.connect() as connection:
        return list(check(connection))


def _tried(check: str, find: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    try:
        yield from list(find())
    except DBAPIError as error:
        detail = detail_of(error.orig)
        if find_fault(error) in (DAMAGED, DISK_FAILS):
            yield database.damaged(f"{detail} (while looking at: {check})")
        else:
            yield broken(
                check, f"The database says: {detail}", "Check that it runs and PLUGDECK_DATABASE_URL."
            )
    except SQLAlchemyError as error:
        yield broken(
            check, f"It cannot be looked at ({type(error).__name__}).", "Look at the log of the database."
        )
