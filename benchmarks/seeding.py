"""Seeded SQLite databases, kept in a cache folder, of which each run gets a copy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.load import LoadError

SIZES = {"1k": 1_000, "100k": 100_000, "1m": 1_000_000}
CACHE_DIR = "PLUGDECK_BENCH_CACHE"
PASSWORD = "a password of seeded people only 1"


def cache_dir() -> Path:
    """Return the folder that is kept between runs."""
    given = os.environ.get(CACHE_DIR)
    return Path(given) if given else Path.home() / ".cache" / "plugdeck-bench"


@contextmanager
def seeded(plugins: int) -> Iterator[Path]:
    """Give an instance folder with so many plugins; it is removed when the block ends."""
    kept = cache_dir() / f"seeded-{plugins}"
    if not (kept / "plugdeck.db").is_file():
        _seed(kept, plugins)
    copy = cache_dir() / f"run-{os.getpid()}-{plugins}"
    try:
        shutil.copytree(kept, copy)
        yield copy
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def _seed(kept: Path, plugins: int) -> None:
    making = kept.with_name(f"{kept.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    print(f"Seeding {plugins:,} plugins once into {kept} …", file=sys.stderr, flush=True)
    _plugdeck(making, "db", "upgrade")
    _plugdeck(making, "seed", "--plugins", str(plugins), "--password-stdin")
    making.rename(kept)


def _plugdeck(instance: Path, *arguments: str) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLUGDECK_")}
    done = subprocess.run(
        [sys.executable, "-c", "from webapp.cli import main; main()", *arguments],
        env={**kept, "PLUGDECK_INSTANCE_DIR": str(instance)},
        input=PASSWORD,
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise LoadError(f"plugdeck {' '.join(arguments)} failed: {done.stderr.strip()[-400:]}")
