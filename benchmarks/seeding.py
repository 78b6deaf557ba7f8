"""Seeded databases, kept in a cache folder, of which each run gets a copy."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import postgresql
from benchmarks.load import LoadError

SIZES = {"1k": 1_000, "100k": 100_000, "1m": 1_000_000}
SQLITE, POSTGRESQL = DATABASES = ("sqlite", "postgresql")
CACHE_DIR = "PLUGDECK_BENCH_CACHE"
PASSWORD = "a password of seeded people only 1"


@dataclass(frozen=True)
class Installation:
    """A folder with keys and the address of a database; a benchmark may write to both."""

    folder: Path
    database_url: str
    version: str = sqlite3.sqlite_version
    """Of the database's program."""

    @property
    def environ(self) -> dict[str, str]:
        """Return the settings of its processes."""
        return {"PLUGDECK_INSTANCE_DIR": str(self.folder), "PLUGDECK_DATABASE_URL": self.database_url}


def cache_dir() -> Path:
    """Return the folder that is kept between runs."""
    given = os.environ.get(CACHE_DIR)
    return Path(given) if given else Path.home() / ".cache" / "plugdeck-bench"


def clean_environ() -> dict[str, str]:
    """Return the environment of this process without settings of another installation."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PLUGDECK_")}


@contextmanager
def seeded(plugins: int, database: str = SQLITE) -> Iterator[Installation]:
    """Give an installation with so many plugins; it is removed when the block ends."""
    copy = cache_dir() / f"run-{os.getpid()}-{database}-{plugins}"
    with _copied(plugins, database, copy) as installation:
        try:
            yield installation
        finally:
            shutil.rmtree(copy, ignore_errors=True)


@contextmanager
def _copied(plugins: int, database: str, copy: Path) -> Iterator[Installation]:
    """Copy what is kept, made first where it is not, into a folder."""
    if database == SQLITE:
        kept = cache_dir() / f"seeded-{plugins}"
        _prepare(kept, plugins, lambda folder: f"sqlite:///{folder / 'plugdeck.db'}")
        shutil.copytree(kept, copy)
        yield Installation(copy, f"sqlite:///{copy / 'plugdeck.db'}")
        return
    kept, name = cache_dir() / f"seeded-postgresql-{plugins}", f"seeded_{plugins}"
    with postgresql.running(cache_dir()) as server:
        if not (kept.is_dir() and server.has(name)):  # One without the other is of no use.
            shutil.rmtree(kept, ignore_errors=True)
            server.renew(name)
        if _prepare(kept, plugins, lambda _folder: server.url(name)):
            server.settle(name)
        shutil.copytree(kept, copy)
        with server.copied(name) as url:
            yield Installation(copy, url, server.version)


def _prepare(kept: Path, plugins: int, url: Callable[[Path], str]) -> bool:
    """Seed what is kept, or bring its schema up to date; tell whether it was seeded."""
    if kept.is_dir():
        _plugdeck(Installation(kept, url(kept)), "db", "upgrade")
        return False
    making = kept.with_name(f"{kept.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    print(f"Seeding {plugins:,} plugins once into {kept} …", file=sys.stderr, flush=True)
    installation = Installation(making, url(making))
    _plugdeck(installation, "db", "upgrade")
    _plugdeck(installation, "seed", "--plugins", str(plugins), "--password-stdin")
    making.rename(kept)
    return True


def _plugdeck(installation: Installation, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from webapp.cli import main; main()", *arguments],
        env={**clean_environ(), **installation.environ},
        input=PASSWORD,
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise LoadError(f"plugdeck {' '.join(arguments)} failed: {done.stderr.strip()[-400:]}")
