"""What stands in a backup: its manifest, which says what is in it and how to tell that all of it arrived."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from webapp.core.errors import PlugdeckError

FORMAT = "plugdeck-backup"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
# How values of a column are written: as they are, or as the text or number that both databases agree on.
KINDS = ("plain", "time", "flag", "json", "bytes")


# Told of how many rows were done since the last call, or once of how many there are.
Progress = Callable[[int], None]


class UnusableBackup(PlugdeckError):
    """The file is no backup, is damaged, or cannot go where it was told to."""


@dataclass(frozen=True)
class ColumnEntry:
    """One column of a table and how its values are written."""

    name: str
    kind: str


@dataclass(frozen=True)
class TableEntry:
    """One table: its columns, the key that orders its rows, and once it is written how many rows and their digest."""

    name: str
    columns: tuple[ColumnEntry, ...]
    key: tuple[str, ...]
    texts: tuple[str, ...] = ()
    """The parts of the key that are texts, which are compared bytewise."""
    rows: int = 0
    sha256: str = ""

    @property
    def member(self) -> str:
        """Return the name of the table's file in the archive."""
        return f"tables/{self.name}.jsonl"


@dataclass(frozen=True)
class BackupManifest:
    """What is in a backup."""

    program: str
    revision: str
    """The migration that the tables are at."""
    dialect: str
    created_at: str
    keys: tuple[str, ...]
    """Fingerprints of the encryption keys that were configured, never the keys."""
    unreadable_secrets: int
    tables: tuple[TableEntry, ...]
    sequences: Mapping[str, int]
    """The highest id that each table has ever given out; none is given out again."""

    @property
    def rows(self) -> int:
        """Return how many rows are in all tables."""
        return sum(table.rows for table in self.tables)

    def count_of(self, table: str) -> int:
        """Return how many rows a table has, 0 for one that is not in the backup."""
        return next((entry.rows for entry in self.tables if entry.name == table), 0)


def fingerprint(key: str) -> str:
    """Return a text that tells a key from others and does not give it away."""
    return hashlib.sha256(f"plugdeck encryption key {key}".encode()).hexdigest()[:12]


def write_manifest(manifest: BackupManifest) -> str:
    """Return the text of a manifest."""
    head = {"format": FORMAT, "format_version": FORMAT_VERSION}
    return json.dumps({**head, **dataclasses.asdict(manifest)}, indent=1)


def read_manifest(text: bytes) -> BackupManifest:
    """Return the manifest that a text holds.

    Raises:
        UnusableBackup: it is none, or one of a later version of the format.
    """
    try:
        data = json.loads(text)
        if data.pop("format") != FORMAT:
            raise UnusableBackup("The file is not a backup of Plugdeck.")
        version = data.pop("format_version")
        if version != FORMAT_VERSION:
            raise UnusableBackup(
                f"The backup has format {version!r}, this Plugdeck reads format {FORMAT_VERSION}. "
                f"Restore it with the version that made it ({data.get('program')!r}) or a later one."
            )
        tables = tuple(_table(entry) for entry in data.pop("tables"))
        made = BackupManifest(**{**data, "keys": tuple(map(str, data["keys"])), "tables": tables})
        if not (isinstance(made.revision, str) and isinstance(made.unreadable_secrets, int)):
            raise ValueError("a value of another type")
        return made
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnusableBackup("The manifest of the backup cannot be read; the file is damaged.") from error


def _table(entry: Mapping[str, Any]) -> TableEntry:
    columns = tuple(ColumnEntry(column["name"], column["kind"]) for column in entry["columns"])
    if any(column.kind not in KINDS for column in columns):
        raise ValueError("unknown kind of column")
    if not (isinstance(entry["name"], str) and isinstance(entry["rows"], int)):
        raise ValueError("a value of another type")
    return TableEntry(
        **{**entry, "columns": columns, "key": tuple(entry["key"]), "texts": tuple(entry["texts"])}
    )


_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def encode_rows(rows: Sequence[Sequence[Any]]) -> bytes:
    """Return rows as lines of JSON."""
    return "".join([f"{_ENCODE(tuple(row))}\n" for row in rows]).encode("utf-8", "surrogatepass")
