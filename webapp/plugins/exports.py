"""Plugins as files: one YAML stream, a zip with a file each, a JSON array, or CSV.

The same plugins give the same bytes. Everything here goes through the plugins once and holds a few at a time, however
many there are.
"""

from __future__ import annotations

import csv
import io
import re
import textwrap
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from webapp.manifests.emit import dump_json, dump_yaml, dump_yaml_all
from webapp.plugins.manifest import export_mapping
from webapp.plugins.queries.exporting import Exported

PIECE = 64 * 1024
"""How many bytes are handed on at once."""

# The first moment that a zip archive can name: when a file was written says nothing about the record.
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_ZIP_MODE = 0o100644 << 16
_ZIP_UNIX = 3
# Windows takes these for devices, whatever follows the dot.
_DEVICES = re.compile(r"con|prn|aux|nul|com\d|lpt\d")

# Spreadsheets take such a cell for a formula, some of them after blanks and in full width, too.
_FORMULA = re.compile(r"\s*[=+\-@\uff0b\uff0d\uff1d\uff20]|[\t\r\n]")
# Excel reads UTF-8 only after this mark; everything else that reads CSV knows to skip it.
_CSV_MARK = "\ufeff"


@dataclass(frozen=True)
class Place:
    """Where an export is made: the account whose files stand at the top of an archive, and the console's address."""

    account_id: int
    base_url: str


@dataclass(frozen=True)
class Format:
    """One format of an export.

    Args:
        key: its word in addresses and commands, and the ending of its files.
        label: what people call it.
        note: what it is for.
        mimetype: how it is sent.
        icon: its glyph.
        write: turns plugins into pieces of the file.
    """

    key: str
    label: str
    note: str
    mimetype: str
    icon: str
    write: Callable[[Iterable[Exported], Place], Iterator[bytes]]


def write(format: Format, plugins: Iterable[Exported], place: Place) -> Iterator[bytes]:
    """Yield the file in pieces of a size that is worth sending."""
    held: list[bytes] = []
    size = 0
    for piece in format.write(plugins, place):
        held.append(piece)
        size += len(piece)
        if size >= PIECE:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def write_yaml(plugins: Iterable[Exported], place: Place) -> Iterator[bytes]:
    """Yield one stream of documents."""
    for plugin in plugins:
        yield dump_yaml_all([export_mapping(plugin.values)]).encode()


def write_json(plugins: Iterable[Exported], place: Place) -> Iterator[bytes]:
    """Yield one array of manifests."""
    before = "[\n"
    for plugin in plugins:
        # No string of JSON holds a line break, so every line may be moved.
        text = textwrap.indent(dump_json(export_mapping(plugin.values)).rstrip("\n"), "  ")
        yield f"{before}{text}".encode()
        before = ",\n"
    yield b"[]\n" if before == "[\n" else b"\n]\n"


def write_zip(plugins: Iterable[Exported], place: Place) -> Iterator[bytes]:
    """Yield an archive with a YAML file for each plugin; those of other accounts stand in a folder of their account."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for plugin in plugins:
            entry = zipfile.ZipInfo(file_name(plugin, place), _ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr, entry.create_system = _ZIP_MODE, _ZIP_UNIX
            archive.writestr(entry, dump_yaml(export_mapping(plugin.values)).encode())
            yield sink.take()
    yield sink.take()


def write_csv(plugins: Iterable[Exported], place: Place) -> Iterator[bytes]:
    """Yield a table for spreadsheets, one line a plugin; no cell of it is a formula."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    buffer.write(_CSV_MARK)
    writer.writerow(name for name, _ in COLUMNS)
    for plugin in plugins:
        writer.writerow(safe_cell(read(plugin, place)) for _, read in COLUMNS)
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue().encode()


def file_name(plugin: Exported, place: Place) -> str:
    """Return the name of a plugin's file in an archive: unique there, and one that every system takes."""
    name = plugin.values.name
    # A name never ends with an underscore, so this one is free.
    stem = f"{name}_" if _DEVICES.fullmatch(name) else name
    folder = "" if plugin.account_id == place.account_id else f"{plugin.account_number}/"
    return f"{folder}{stem}.yaml"


def safe_cell(value: object) -> object:
    """Return a text so that a spreadsheet shows it and never computes it; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def _connection(plugin: Exported) -> str:
    return getattr(plugin.values.data, "connection", "")


def _prompt(plugin: Exported, field: str) -> object:
    return getattr(plugin.values.prompt, field, "")


COLUMNS: tuple[tuple[str, Callable[[Exported, Place], object]], ...] = (
    ("Name", lambda plugin, _: plugin.values.name),
    ("Description", lambda plugin, _: plugin.values.description),
    ("Class", lambda plugin, _: plugin.values.plugin_class),
    ("Version", lambda plugin, _: plugin.values.version),
    ("Readiness", lambda plugin, _: plugin.readiness),
    ("Tags", lambda plugin, _: ", ".join(plugin.values.tags)),
    ("Owner", lambda plugin, _: plugin.owner),
    ("Account", lambda plugin, _: plugin.account_number),
    ("Directive", lambda plugin, _: getattr(plugin.values.selector, "directive", "")),
    ("Search terms", lambda plugin, _: ", ".join(getattr(plugin.values.selector, "search_terms", ()))),
    ("Provider", lambda plugin, _: _prompt(plugin, "provider")),
    ("Model", lambda plugin, _: _prompt(plugin, "model")),
    ("Temperature", lambda plugin, _: _prompt(plugin, "temperature")),
    ("Max tokens", lambda plugin, _: _prompt(plugin, "max_tokens")),
    ("Connection", lambda plugin, _: _connection(plugin)),
    ("Revision", lambda plugin, _: plugin.revision),
    ("Created", lambda plugin, _: plugin.created_at.strftime("%Y-%m-%d %H:%M:%S")),
    ("Updated", lambda plugin, _: plugin.updated_at.strftime("%Y-%m-%d %H:%M:%S")),
    ("Locator", lambda plugin, _: plugin.locator),
    ("Link", lambda plugin, place: f"{place.base_url}/r/{plugin.locator}"),
)
"""The columns of the CSV file; moments are UTC."""


class _Sink(io.RawIOBase):
    """A file that is taken away as it is written; it cannot go back, which a zip archive does not need."""

    def __init__(self) -> None:
        """Start empty."""
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        """Tell that it can be written."""
        return True

    def write(self, data: object) -> int:
        """Keep what is written until it is taken."""
        piece = bytes(data)  # type: ignore[call-overload]  # zipfile writes bytes only
        self._pieces.append(piece)
        return len(piece)

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


FORMATS: dict[str, Format] = {
    format.key: format
    for format in (
        Format(
            "yaml",
            "YAML",
            "One file that holds all manifests. Applying it changes nothing.",
            "application/yaml; charset=utf-8",
            "file-code",
            write_yaml,
        ),
        Format(
            "zip",
            "Zip of YAML files",
            "A file for each plugin, as a git repository wants them.",
            "application/zip",
            "stack-2",
            write_zip,
        ),
        Format(
            "json",
            "JSON",
            "One array of manifests, for programs. It can be applied, too.",
            "application/json",
            "code",
            write_json,
        ),
        Format(
            "csv",
            "CSV table",
            "One line for each plugin, for a spreadsheet. It cannot be applied.",
            "text/csv; charset=utf-8",
            "menu-2",
            write_csv,
        ),
    )
}
