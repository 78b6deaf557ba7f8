"""What two workers hold in memory and how long they take to the first page, beside a bare application.

The bare one imports the same libraries and serves one page on the same server, with the same options.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import psutil

from benchmarks.bare import LIBRARIES
from benchmarks.load import Connection, percentile, request_bytes
from benchmarks.scenarios import Compared
from benchmarks.seeding import Installation, clean_environ
from benchmarks.serving import OURS, free_port, running

OWN = ("webapp", "benchmarks", "tests", "__main__", "__mp_main__")
# Both workers have answered it by then, and hold what a request needs.
REQUESTS = 40
MIB = 1024 * 1024


def compare_footprints(installation: Installation, rounds: int) -> dict[str, Compared]:
    """Return MiB and seconds of both, the middle of the rounds."""
    libraries = installation.folder / "libraries.json"
    libraries.write_text(json.dumps(_libraries(installation)))
    ours: list[tuple[float, float]] = []
    bare: list[tuple[float, float]] = []
    environ = {**installation.environ, LIBRARIES: str(libraries)}
    for turn in range(rounds):
        print(f"round {turn + 1}: start and memory", file=sys.stderr, flush=True)
        ours.append(_start([sys.executable, "-m", "benchmarks.serving", OURS], environ, "/login"))
        bare.append(_start([sys.executable, "-m", "benchmarks.bare"], environ, "/"))
    middle = [[percentile(values, 0.5) for values in zip(*side, strict=True)] for side in (bare, ours)]
    return {
        "memory of 2 workers, MiB": Compared(middle[0][0], middle[1][0]),
        "start to first page, s": Compared(middle[0][1], middle[1][1]),
    }


def _start(command: Sequence[str], environ: dict[str, str], page: str) -> tuple[float, float]:
    """Return the MiB of the workers and the seconds to the first page of a server."""
    port = free_port()
    log = Path(environ[LIBRARIES]).with_name("footprint.log")
    request = request_bytes(page)
    with ExitStack() as stack:
        began = time.perf_counter()
        process = stack.enter_context(running(command, {**environ, "PORT": str(port)}, port, log, request))
        seconds = time.perf_counter() - began
        # A connection is answered by the worker that took it.
        for _ in range(REQUESTS):
            connection = Connection(port)
            connection.send(request)
            connection.close()
        workers = sorted(
            (child.memory_info().rss for child in psutil.Process(process.pid).children(recursive=True)),
            reverse=True,
        )
        return sum(workers[:2]) / MIB, seconds


def _libraries(installation: Installation) -> list[str]:
    """Return the modules that an application of ours has imported, without our own, in the order of the import."""
    code = "import json, sys; from webapp.app import create_app; create_app(); print(json.dumps(list(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**clean_environ(), **installation.environ},
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return [name for name in found if name.partition(".")[0] not in OWN]
