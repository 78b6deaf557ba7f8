"""The file of a backup: a zip of lines of JSON, whole under its name or not there at all."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from webapp.backup.values import MANIFEST, BackupManifest, TableEntry, UnusableBackup, read_manifest

STDOUT = "-"
# Most of the time goes into compressing; the first level is three times as fast and a tenth larger.
LEVEL = 1
LINES_AT_ONCE = 2_000


@contextmanager
def new_archive(target: str, *, force: bool) -> Iterator[zipfile.ZipFile]:
    """Give an archive to write into; the file gets its name when all of it is on the disk.

    Args:
        target: where it goes, `-` for standard output.
        force: whether a file of that name is replaced.

    Raises:
        UnusableBackup: the file exists, or cannot be written.
    """
    if target == STDOUT:
        with zipfile.ZipFile(sys.stdout.buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
            yield archive
        return
    path = Path(target)
    if path.is_file() and not force:
        raise UnusableBackup(f"{path} exists. Choose another name, or replace it with --force.")
    if path.exists() and not path.is_file():
        # Replacing a device such as /dev/null would break whatever else writes to it.
        raise UnusableBackup(f"{path} is no ordinary file and is not replaced. Choose another name.")
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with _new_file(partial) as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
                yield archive
            file.flush()
            os.fsync(file.fileno())
        _name(partial, path, force=force)
    except OSError as error:
        raise UnusableBackup(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        partial.unlink(missing_ok=True)


def _new_file(path: Path) -> BinaryIO:
    # It holds everybody's data: only its owner reads it, from the first byte on.
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _name(partial: Path, path: Path, *, force: bool) -> None:
    if force:
        partial.replace(path)
    else:
        give_name(partial, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def give_name(made: Path, path: Path) -> None:
    """Give a file that is whole its name; it never replaces one that somebody has just made.

    Raises:
        UnusableBackup: somebody has.
    """
    try:
        os.link(made, path)
    except FileExistsError:
        raise UnusableBackup(f"{path} exists meanwhile. Choose another name.") from None
    except OSError:  # A file system without links.
        made.rename(path)


@contextmanager
def open_archive(path: Path) -> Iterator[tuple[zipfile.ZipFile, BackupManifest]]:
    """Give the archive and its manifest to read from.

    Raises:
        UnusableBackup: the file cannot be read, is no backup, or a part of it is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive, read_manifest(archive.read(MANIFEST))
    except KeyError as error:
        raise UnusableBackup(f"{path} is not a backup of Plugdeck, or only a part of one.") from error
    except zipfile.BadZipFile as error:
        raise UnusableBackup(f"{path} is not a backup of Plugdeck, or is damaged: {error}.") from error
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise UnusableBackup(f"{path} cannot be read: {error.strerror}.") from error


def check_members(archive: zipfile.ZipFile, manifest: BackupManifest) -> None:
    """Read everything once, before anything of it is put anywhere.

    Raises:
        UnusableBackup: a table is not what the manifest tells of.
    """
    for table in manifest.tables:
        digest, count = hashlib.sha256(), 0
        try:
            with archive.open(table.member) as file:
                while lines := list(itertools.islice(file, LINES_AT_ONCE)):
                    digest.update(b"".join(lines))
                    count += len(lines)
        except (zlib.error, EOFError) as error:
            raise UnusableBackup(f"The backup is damaged: table {table.name} cannot be read.") from error
        if (count, digest.hexdigest()) != (table.rows, table.sha256):
            raise UnusableBackup(f"The backup is damaged: table {table.name} is not what its checksum says.")


def read_member(archive: zipfile.ZipFile, table: TableEntry) -> Iterator[list[list[Any]]]:
    """Yield the rows of a table, some at a time."""
    with archive.open(table.member) as file:
        while lines := list(itertools.islice(file, LINES_AT_ONCE)):
            yield [json.loads(line) for line in lines]
