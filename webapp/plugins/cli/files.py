"""Gathering manifests from files, folders and standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from webapp.manifests.problems import visible
from webapp.manifests.sources import Source, shown_names

STDIN = "-"
SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True)
class Gathered:
    """The texts to apply; `places` are the paths that problems are shown at, by the names of the texts."""

    sources: tuple[Source, ...]
    places: Mapping[str, str]


def gather(paths: Iterable[str], limit: int) -> Gathered:
    """Return what files, folders and standard input hold, each file once.

    A folder is searched whole, by name, for files that end in one of SUFFIXES; what is hidden is left out. Its files
    are named as they stand in it, so that history says the same wherever the folder lies.

    Args:
        paths: as they were given.
        limit: how many bytes an import may have; of a larger file no more is read than shows that it is larger.

    Raises:
        click.BadParameter: something cannot be read, or a folder holds no manifest.
    """
    found: list[tuple[Source, str]] = []
    seen: set[tuple[int, int]] = set()
    for path in dict.fromkeys(paths):
        if path == STDIN:
            content = sys.stdin.buffer.read(limit + 1)
            found.append((Source("standard input", content), "standard input"))
            continue
        for name, file in _files(Path(path)):
            try:
                stat = file.stat()
                if (stat.st_dev, stat.st_ino) in seen:
                    continue
                seen.add((stat.st_dev, stat.st_ino))
                with file.open("rb") as stream:
                    found.append((Source(name, stream.read(limit + 1)), str(file)))
            except OSError as error:
                raise _unreadable(file, error) from error
    sources = tuple(source for source, _ in found)
    places = zip(shown_names(sources), (visible(place) for _, place in found), strict=True)
    return Gathered(sources, dict(places))


def _files(path: Path) -> Sequence[tuple[str, Path]]:
    """Return the files of a path with their names."""
    try:
        if not path.is_dir():
            # Where a file lies on this machine is nothing for history.
            inside = not path.is_absolute() and ".." not in path.parts
            return [(path.as_posix() if inside else path.name, path)]
        found = sorted(_walk(path), key=lambda file: file.relative_to(path).parts)
    except OSError as error:
        raise _unreadable(path, error) from error
    if not found:
        endings = f"{', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
        raise click.BadParameter(f"{visible(str(path))} holds no file that ends in {endings}.")
    return [(file.relative_to(path).as_posix(), file) for file in found]


def _walk(top: Path) -> Iterator[Path]:
    """Yield the manifests below a folder; links are followed, and no folder is entered twice."""
    entered: set[tuple[int, int]] = set()
    folders = [top]
    while folders:
        folder = folders.pop()
        stat = folder.stat()
        if (stat.st_dev, stat.st_ino) in entered:
            continue
        entered.add((stat.st_dev, stat.st_ino))
        for entry in sorted(folder.iterdir()):
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                folders.append(entry)
            elif entry.suffix.lower() in SUFFIXES:
                if not entry.is_file():
                    # Left out in silence it would look as if its records were not wanted any more.
                    raise click.BadParameter(
                        f"{visible(str(entry))} is no file, or a link that leads nowhere."
                    )
                yield entry


def _unreadable(path: Path, error: OSError) -> click.BadParameter:
    return click.BadParameter(f"{visible(error.filename or str(path))} cannot be read: {error.strerror}.")
