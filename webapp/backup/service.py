"""Making a backup while writes go on: all tables as they are at one moment, without a program of the database."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version

from sqlalchemy import Connection, Engine

from webapp.backup.archive import new_archive
from webapp.backup.queries import count_rows, list_tables, read_rows, read_sequences
from webapp.backup.values import (
    MANIFEST,
    BackupManifest,
    Progress,
    TableEntry,
    UnusableBackup,
    encode_rows,
    fingerprint,
    write_manifest,
)
from webapp.connections.crypto import Vault
from webapp.core.clock import utcnow
from webapp.db.faults import detail_of
from webapp.db.versions import find_version


def back_up(
    engine: Engine,
    target: str,
    keys: Sequence[str],
    *,
    force: bool = False,
    expect: Progress = lambda rows: None,
    progress: Progress = lambda rows: None,
) -> BackupManifest:
    """Write everything that the database holds into a file; return what is in it.

    Args:
        engine: of the database.
        target: the file, `-` for standard output.
        keys: the encryption keys of the installation; only fingerprints of them are kept.
        force: whether a file of that name is replaced.
        expect: called once with the number of rows that there are.
        progress: called with the number of rows written since the last call.

    Raises:
        UnusableBackup: the file exists or cannot be written, or the database has no tables.
    """
    try:
        return _back_up(engine, target, keys, force, expect, progress)
    except engine.dialect.loaded_dbapi.Error as error:
        raise UnusableBackup(
            f"The database cannot be read: {detail_of(error)}. Run: plugdeck doctor"
        ) from error


def _back_up(
    engine: Engine, target: str, keys: Sequence[str], force: bool, expect: Progress, progress: Progress
) -> BackupManifest:
    vault = Vault(keys)
    # One read transaction: writers go on, and what they write is not in this backup.
    with new_archive(target, force=force) as archive, engine.connect() as found:
        connection = found
        if engine.dialect.name == "postgresql":
            connection = found.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        revision = find_version(connection)
        if revision is None:
            raise UnusableBackup("The database has no tables yet. There is nothing to back up.")
        tables = list_tables(connection)
        expect(sum(count_rows(connection, table) for table in tables))
        manifest = BackupManifest(
            program=version("plugdeck"),
            revision=revision,
            dialect=engine.dialect.name,
            created_at=utcnow().isoformat(timespec="seconds"),
            keys=tuple(fingerprint(key) for key in keys),
            unreadable_secrets=count_unreadable(connection, vault),
            tables=tuple(_write_table(archive, connection, table, progress) for table in tables),
            sequences=read_sequences(connection, [table.name for table in tables]),
        )
        archive.writestr(MANIFEST, write_manifest(manifest))
    return manifest


def _write_table(
    archive: zipfile.ZipFile, connection: Connection, table: TableEntry, progress: Progress
) -> TableEntry:
    digest, count = hashlib.sha256(), 0
    with archive.open(table.member, "w", force_zip64=True) as member:
        for rows in read_rows(connection, table):
            lines = encode_rows(rows)
            digest.update(lines)
            member.write(lines)
            count += len(rows)
            progress(len(rows))
    return replace(table, rows=count, sha256=digest.hexdigest())


def count_unreadable(connection: Connection, vault: Vault) -> int:
    """Return how many stored secrets none of the keys decrypts."""
    tokens = connection.exec_driver_sql("SELECT encrypted_value FROM secrets").scalars()
    return sum(not vault.can_decrypt(bytes(token)) for token in tokens)
