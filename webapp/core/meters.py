"""What a process counts about itself, and the sum over all processes of this machine.

Each process writes its numbers into a file of its own that it has mapped into memory: an increment is one store of
eight bytes, and whichever process is asked can read what all of them counted, up to the last request. What an ended
process counted is taken over by the next one that starts. Without a folder (commands, tests), or while it takes no
files, the numbers stay in memory.
"""

from __future__ import annotations

import errno
import json
import mmap
import os
import secrets
import socket
import struct
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import structlog

Kind = Literal["counter", "gauge", "histogram"]
Key = tuple[str, tuple[str, ...]]
Samples = dict[Key, float]

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
FILE_BYTES = 4 * 1024 * 1024
"""What a process can count at the most; the file takes what it has reserved of it."""
RESERVED_AT_ONCE = 64 * 1024
MEMORY_BYTES = 256 * 1024
"""The same without a file."""
_HEAD = struct.Struct("<Q")
_LENGTH = struct.Struct("<Q")
_VALUE = struct.Struct("<d")

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Family:
    """A metric by its name; its values differ by the labels."""

    name: str
    help: str
    kind: Kind
    labels: tuple[str, ...] = ()

    def inc(self, *labels: str, by: float = 1.0) -> None:
        """Count one more, or `by`."""
        METERS.add((self.name, labels), by)

    def observe(self, seconds: float, *labels: str) -> None:
        """Count a duration in its bucket, and add it to the sum."""
        at = bisect_left(SECONDS, seconds)
        METERS.add((self.name, (*labels, str(at))), 1.0)
        METERS.add((self.name, (*labels, "sum")), seconds)


_FAMILIES: dict[str, Family] = {}


def counter(name: str, help_text: str, *labels: str) -> Family:
    """Declare a number that only grows."""
    return _declare(Family(name, help_text, "counter", labels))


def gauge(name: str, help_text: str, *labels: str) -> Family:
    """Declare a number that goes up and down; those of ended processes do not count."""
    return _declare(Family(name, help_text, "gauge", labels))


def histogram(name: str, help_text: str, *labels: str) -> Family:
    """Declare durations in seconds, counted in the buckets of `SECONDS`."""
    return _declare(Family(name, help_text, "histogram", labels))


def families() -> Mapping[str, Family]:
    """Return every metric that the imported modules have declared."""
    return _FAMILIES


def _declare(family: Family) -> Family:
    if _FAMILIES.setdefault(family.name, family) != family:
        raise ValueError(f"{family.name} is declared twice")
    return family


class Meters:
    """The numbers of this process."""

    def __init__(self) -> None:
        """Begin in memory."""
        self._folder: Path | None = None
        self._lock = threading.Lock()
        self._start()

    def _start(self) -> None:
        self._pid = os.getpid()
        self._bytes: bytearray | mmap.mmap | None = None
        self._path: Path | None = None
        self._reserved = 0
        self._places: dict[Key, int] = {}
        self._end = _HEAD.size

    def keep_in(self, folder: Path | None) -> None:
        """Write into a folder from now on, None for memory, and take over what ended processes have counted."""
        with self._lock:
            self._folder = folder
            self._start()

    def add(self, key: Key, by: float) -> None:
        """Add to a number."""
        with self._lock:
            self._add(key, by)

    def _add(self, key: Key, by: float) -> None:
        if self._bytes is None or self._pid != os.getpid():
            # A forked child writes a file of its own.
            self._begin()
        place = self._places.get(key)
        if place is None:
            place = self._make_place(key)
            if place is None:
                return
        assert self._bytes is not None
        _VALUE.pack_into(self._bytes, place, _VALUE.unpack_from(self._bytes, place)[0] + by)

    def _begin(self) -> None:
        """Open the file and take over what ended processes have counted; stay in memory when there is no file."""
        self._start()
        try:
            self._open()
        except OSError as error:
            log.warning("meters_in_memory", folder=str(self._folder), error=error.strerror)
            self._start()
            self._bytes = bytearray(MEMORY_BYTES)
            return
        for ended in self._ended():
            for key, value in ended.items():
                self._add(key, value)

    def _make_place(self, key: Key) -> int | None:
        assert self._bytes is not None
        text = json.dumps(key).encode()
        text += b" " * (-len(text) % 8)
        place = self._end + _LENGTH.size + len(text)
        if not self._reserve(place + _VALUE.size):
            return None  # Full: what is new is not counted, what is there goes on.
        _LENGTH.pack_into(self._bytes, self._end, len(text))
        self._bytes[self._end + _LENGTH.size : place] = text
        _VALUE.pack_into(self._bytes, place, 0.0)
        self._end = place + _VALUE.size
        # Last, so that a reader never sees half an entry.
        _HEAD.pack_into(self._bytes, 0, self._end)
        self._places[key] = place
        return place

    def _reserve(self, end: int) -> bool:
        """Make sure that the bytes up to `end` are there; tell whether they are."""
        assert self._bytes is not None
        if self._path is not None and self._reserved < end <= FILE_BYTES:
            try:
                # Written, not mapped: a full disk is an error here, and a signal that ends the process there.
                with self._path.open("r+b", buffering=0) as file:
                    file.seek(self._reserved)
                    while self._reserved < end:
                        self._reserved += file.write(bytes(RESERVED_AT_ONCE))
            except OSError:
                return False
        return end <= len(self._bytes)

    def _open(self) -> None:
        """Begin with a file, or in memory when there is no folder.

        Raises:
            OSError: the folder takes no file.
        """
        if self._folder is None:
            self._bytes = bytearray(MEMORY_BYTES)
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{_prefix()}{self._pid}-{secrets.token_hex(4)}.meters"
        with path.open("x+b") as file:
            file.truncate(FILE_BYTES)
            self._bytes = mmap.mmap(file.fileno(), FILE_BYTES)
        self._path = path
        if not self._reserve(_HEAD.size):
            path.unlink()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        _HEAD.pack_into(self._bytes, 0, _HEAD.size)

    def _ended(self) -> Iterator[Samples]:
        """Take over the files of processes that are gone; each is taken by one process only."""
        for path, pid in _files(self._folder):
            # In a container the first process always has the same id.
            if path == self._path or (pid != self._pid and _is_alive(pid)):
                continue
            taken = path.with_suffix(f".taken-{self._pid}")
            try:
                path.rename(taken)
                samples = _read(taken.read_bytes())
                taken.unlink()
            except OSError:  # Another process has taken it.
                continue
            yield {key: value for key, value in samples.items() if not _is_gauge(key)}

    def read(self) -> Samples:
        """Return the sums over all processes of this machine that write into the folder."""
        sums: Samples = defaultdict(float)
        with self._lock:
            if self._folder is not None and isinstance(self._bytes, bytearray):
                self._move_into_the_folder()
            if isinstance(self._bytes, bytearray):
                sums |= _read(bytes(self._bytes))
            folder = self._folder
        for path, pid in _files(folder):
            alive = pid == os.getpid() or _is_alive(pid)
            try:
                samples = _read(path.read_bytes())
            except FileNotFoundError:
                continue
            for key, value in samples.items():
                if alive or not _is_gauge(key):
                    sums[key] += value
        return dict(sums)

    def _move_into_the_folder(self) -> None:
        """Try again what failed when this process began, so that others can read what it counts."""
        counted = _read(bytes(self._bytes or b""))
        self._begin()
        for key, value in counted.items():
            self._add(key, value)

    def processes(self) -> tuple[int, ...]:
        """Return the ids of the processes that count now."""
        with self._lock:
            folder = self._folder
        return tuple(sorted({os.getpid(), *(pid for _, pid in _files(folder) if _is_alive(pid))}))


METERS = Meters()


def _prefix() -> str:
    host = "".join(char if char.isalnum() else "_" for char in socket.gethostname())
    return f"{host}-"


def _files(folder: Path | None) -> list[tuple[Path, int]]:
    if folder is None or not folder.is_dir():
        return []
    prefix = _prefix()
    return [
        (path, int(path.name.removeprefix(prefix).partition("-")[0]))
        for path in folder.glob(f"{prefix}*.meters")
        if path.name.removeprefix(prefix).partition("-")[0].isdigit()
    ]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_gauge(key: Key) -> bool:
    family = _FAMILIES.get(key[0])
    return family is not None and family.kind == "gauge"


def _read(data: bytes) -> Samples:
    """Return the numbers in the bytes of a file; one that is damaged ends where it is."""
    samples: Samples = {}
    if len(data) < _HEAD.size:
        return samples
    end, at = min(_HEAD.unpack_from(data)[0], len(data)), _HEAD.size
    while at + _LENGTH.size <= end:
        length = _LENGTH.unpack_from(data, at)[0]
        place = at + _LENGTH.size + length
        if place + _VALUE.size > end:
            break
        try:
            name, labels = json.loads(data[at + _LENGTH.size : place])
        except ValueError:
            break
        samples[name, tuple(labels)] = _VALUE.unpack_from(data, place)[0]
        at = place + _VALUE.size
    return samples


class Spent(threading.local):
    """What the request that this thread answers has cost so far."""

    statements = 0
    statement_seconds = 0.0
    hits = 0
    misses = 0

    def restart(self) -> None:
        """Begin with another request."""
        self.statements, self.statement_seconds, self.hits, self.misses = 0, 0.0, 0, 0


SPENT = Spent()
