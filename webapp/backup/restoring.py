"""Restoring a backup into an empty place, checked: the rows that stand there give the checksums of the backup."""

from __future__ import annotations

import os
import secrets
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import flask_migrate
from sqlalchemy import Connection, inspect, text

from webapp.app import create_app
from webapp.backup.archive import check_members, give_name, open_archive
from webapp.backup.loading import load_postgresql, load_sqlite
from webapp.backup.queries import count_rows, digest_of, list_tables
from webapp.backup.service import count_unreadable
from webapp.backup.values import BackupManifest, Progress, TableEntry, UnusableBackup, fingerprint
from webapp.config import Settings
from webapp.connections.crypto import Vault
from webapp.db.faults import detail_of
from webapp.db.versions import known_versions
from webapp.extensions import db
from webapp.paths import resource_dir

# What the migrations themselves put into an empty database.
OWN_ROWS = ("installation",)


def restore(
    settings: Settings,
    path: Path,
    *,
    expect: Progress = lambda rows: None,
    progress: Progress = lambda rows: None,
) -> BackupManifest:
    """Put a backup where the settings say; return what was in it.

    Nothing is there afterwards unless all of it is, with the counts and checksums of the backup. Tables of an earlier
    version are then migrated. The installation gets a new identity, so that no cache of another state is asked.

    Args:
        settings: of the place, with the encryption keys of the installation that the backup was made of.
        path: the backup.
        expect: called once with the number of rows to put there and to check.
        progress: called with the number of rows done since the last call.

    Raises:
        UnusableBackup: the place is not empty, the keys are others, or the file is damaged or too new.
    """
    with open_archive(path) as (archive, manifest):
        _check_revision(manifest)
        _check_keys(manifest, settings)
        check_members(archive, manifest)
        expect(2 * manifest.rows)
        if settings.sqlite_path:
            _restore_sqlite(settings, settings.sqlite_path, archive, manifest, progress)
        else:
            _restore_postgresql(settings, archive, manifest, progress)
    return manifest


def _check_revision(manifest: BackupManifest) -> None:
    if manifest.revision not in known_versions():
        raise UnusableBackup(
            f"The backup's tables are at migration {manifest.revision}, which this version does not know. "
            f"Restore it with Plugdeck {manifest.program} or a later one."
        )


def _check_tables(connection: Connection, manifest: BackupManifest) -> None:
    """Refuse a backup that names anything but the tables and columns that are there: names stand in statements."""
    ours = {table.name: (table.key, _names(table)) for table in list_tables(connection)}
    theirs = {table.name: (table.key, _names(table)) for table in manifest.tables}
    if len(theirs) != len(manifest.tables) or theirs != ours:
        names = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
        raise UnusableBackup(
            f"The backup does not hold the tables of migration {manifest.revision}: {', '.join(names[:3])!r}. "
            "It was not made by Plugdeck, or is damaged."
        )


def _names(table: TableEntry) -> list[str]:
    return sorted(column.name for column in table.columns)


def _check_keys(manifest: BackupManifest, settings: Settings) -> None:
    ours = {fingerprint(key) for key in settings.encryption_keys}
    if manifest.count_of("secrets") and ours.isdisjoint(manifest.keys):
        raise UnusableBackup(_wrong_key(manifest, settings))


def _wrong_key(manifest: BackupManifest, settings: Settings) -> str:
    ours = ", ".join(fingerprint(key) for key in settings.encryption_keys)
    return (
        "PLUGDECK_ENCRYPTION_KEYS holds another key than the backup's secrets were encrypted with: configured is "
        f"{ours}, the backup needs {', '.join(manifest.keys)} (fingerprints). Set the key of the installation that "
        "the backup was made of; it is not in the backup."
    )


def _restore_sqlite(
    settings: Settings, place: Path, archive: zipfile.ZipFile, manifest: BackupManifest, progress: Progress
) -> None:
    for name in ("", "-wal", "-journal"):
        taken = place.with_name(place.name + name)
        if taken.exists():
            raise UnusableBackup(
                f"{taken} exists. A backup is restored into an empty place only: move the file away, or name "
                "another one in PLUGDECK_DATABASE_URL."
            )
    made = place.with_name(f"{place.name}.restoring")
    leftovers = [made.with_name(made.name + name) for name in ("", "-wal", "-shm", "-journal")]
    for leftover in leftovers:
        leftover.unlink(missing_ok=True)
    try:
        with _installation(settings, f"sqlite:///{made}"):
            _migrate(manifest.revision)
            with db.engine.connect() as connection:
                _check_tables(connection, manifest)
            db.engine.dispose()
            with _refusals(sqlite3.Error):
                load_sqlite(made, archive, manifest, progress)
            with db.engine.begin() as connection:
                _check(connection, manifest, settings, progress)
                _renew(connection)
            _migrate("head")
        made.chmod(0o600)
        with made.open("rb") as file:
            os.fsync(file.fileno())
        give_name(made, place)
    except OSError as error:
        raise UnusableBackup(f"{place} cannot be written: {error.strerror or error}.") from error
    finally:
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)


def _restore_postgresql(
    settings: Settings, archive: zipfile.ZipFile, manifest: BackupManifest, progress: Progress
) -> None:
    with _installation(settings, settings.database_url):
        with db.engine.connect() as connection:
            taken = [
                table.name
                for table in list_tables(connection)
                if table.name not in OWN_ROWS and _has(connection, table.name)
            ]
            migrated = inspect(connection).has_table("alembic_version")
        if taken:
            raise UnusableBackup(
                f"The database holds rows already ({', '.join(taken[:3])}). A backup is restored into an empty place "
                "only: create another database, and name it in PLUGDECK_DATABASE_URL."
            )
        if migrated:
            flask_migrate.downgrade(directory=str(resource_dir("migrations")), revision="base")
        _migrate(manifest.revision)
        with db.engine.begin() as connection:
            _check_tables(connection, manifest)
            with _refusals(connection.dialect.loaded_dbapi.Error):
                load_postgresql(connection, archive, manifest, progress)
            _check(connection, manifest, settings, progress)
            _renew(connection)
            connection.exec_driver_sql("ANALYZE")
        _migrate("head")


@contextmanager
def _refusals(error_of_driver: type[Exception]) -> Iterator[None]:
    try:
        yield
    except (error_of_driver, ValueError, TypeError, IndexError, RecursionError) as error:
        raise UnusableBackup(f"The database does not take a row of the backup: {detail_of(error)}") from error


def _has(connection: Connection, table: str) -> bool:
    name = connection.dialect.identifier_preparer.quote(table)
    return connection.exec_driver_sql(f"SELECT 1 FROM {name} LIMIT 1").first() is not None  # noqa: S608


@contextmanager
def _installation(settings: Settings, database_url: str) -> Iterator[None]:
    """Work on the database of an address for a while."""
    app = create_app(replace(settings, database_url=database_url))
    with app.app_context():
        try:
            yield
        finally:
            db.session.remove()
            db.engine.dispose()


def _migrate(revision: str) -> None:
    flask_migrate.upgrade(directory=str(resource_dir("migrations")), revision=revision)


def _check(connection: Connection, manifest: BackupManifest, settings: Settings, progress: Progress) -> None:
    """Read everything back and compare it with the backup."""
    for table in manifest.tables:
        if digest_of(connection, table, progress) != (table.rows, table.sha256):
            raise UnusableBackup(
                f"Table {table.name} is not the same in the database as in the backup "
                f"({count_rows(connection, table)} rows of {table.rows}). Nothing was restored."
            )
    if count_unreadable(connection, Vault(settings.encryption_keys)) > manifest.unreadable_secrets:
        raise UnusableBackup(_wrong_key(manifest, settings))


def _renew(connection: Connection) -> None:
    connection.execute(
        text("UPDATE installation SET identity = :identity, epoch = epoch + 1"),
        {"identity": secrets.token_hex(16)},
    )
