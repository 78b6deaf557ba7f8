"""Django's admin beside ours: the list, its deep page and a save, on the same database and the same server.

It is installed once into a virtual environment in the cache folder. Where that does not work it is left out.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks.load import Connection, LoadError, percentile, request_bytes, timed
from benchmarks.scenarios import Compared
from benchmarks.seeding import Installation, cache_dir
from benchmarks.serving import free_port, running
from benchmarks.site import BROWSER, DEPTH, Site, Words, kept_cookie
from deploy.forms import Fields, form_with

ADMIN = "/admin/django_admin/plugin/"
SIGN_IN = "/admin/login/?next=/admin/"
NAME, PASSWORD = "bench", "a password of nobody 1"
PAGE_ROWS = 50
REQUESTS = 10
WARM_UP = 4
# What is measured, and which of our applications stands beside it.
LINES = {"list": "cold", "deep": "cold", "save": "warm"}


def install() -> Path | None:
    """Return the interpreter that has Django; None when it cannot be installed."""
    folder = cache_dir() / "django"
    python = folder / "bin" / "python"
    if python.exists():
        return python
    venv.create(folder.with_suffix(".making"), with_pip=True, clear=True)
    making = folder.with_suffix(".making") / "bin" / "python"
    wanted = ["django>=5.2,<6", f"granian=={version('granian')}"]
    done = subprocess.run([making, "-m", "pip", "install", "-q", *wanted], capture_output=True, check=False)
    if done.returncode:
        return None
    folder.with_suffix(".making").rename(folder)
    return python


def compare(
    installation: Installation, sites: Mapping[str, Site], words: Words, rounds: int
) -> dict[str, Compared]:
    """Return the times of both, asked in turn; nothing when Django cannot be installed."""
    python = install()
    if python is None:
        print("Django cannot be installed here: line 12 is left out.", file=sys.stderr)
        return {}
    theirs: dict[str, list[float]] = defaultdict(list)
    ours: dict[str, list[float]] = defaultdict(list)
    with _serving(python, installation, words) as port:
        admin = Admin(port, words)
        for turn in range(rounds):
            for name, cache in LINES.items():
                print(f"round {turn + 1}: Django's admin, {name}", file=sys.stderr, flush=True)
                mine = sites[cache].requests(name, (turn + 100) * 1_000_000)
                other = admin.requests(name)
                status = 200 if name != "save" else 303
                for number in range(WARM_UP + REQUESTS):
                    seconds = timed(admin.connection, next(other), 200 if name != "save" else 302)
                    our_seconds = timed(sites[cache].connection, next(mine), status)
                    if number >= WARM_UP:
                        theirs[name].append(seconds * 1_000)
                        ours[name].append(our_seconds * 1_000)
        admin.connection.close()
    return {
        f"admin {name}": Compared(percentile(theirs[name], 0.5), percentile(ours[name], 0.5))
        for name in LINES
    }


@contextmanager
def _serving(python: Path, installation: Installation, words: Words) -> Iterator[int]:
    port = free_port()
    database = installation.database_url.removeprefix("sqlite:///")
    environ = {
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "BENCH_PORT": str(port),
        "BENCH_DATABASE": database,
        "BENCH_ACCOUNTS": f"{words.account},{words.platform}",
    }
    command = [str(python), "-m", "benchmarks.django_admin.site"]
    with running(command, environ, port, installation.folder / "django.log"):
        yield port


@dataclass
class Admin:
    """A person who is signed in to Django's admin."""

    port: int
    words: Words

    def __post_init__(self) -> None:
        """Sign in."""
        self.connection = Connection(self.port)
        self._cookies: dict[str, str] = {}
        fields = dict(form_with(self._get(SIGN_IN), "password")) | {"username": NAME, "password": PASSWORD}
        answer = self.connection.send(request_bytes(SIGN_IN, self._headers(), list(fields.items())))
        if answer.status != 302:
            raise LoadError(f"Signing in to Django's admin answered {answer.status}.")
        self._cookies |= kept_cookie(answer)

    def requests(self, name: str) -> Iterator[bytes]:
        """Yield requests for a page, or saves of a plugin from a form that was just opened."""
        deep = int(self.words.plugins * DEPTH / PAGE_ROWS)
        path = {"list": ADMIN, "deep": f"{ADMIN}?p={deep}", "save": f"{ADMIN}{self.words.first_id}/change/"}[
            name
        ]
        number = 0
        while True:
            number += 1
            if name != "save":
                yield request_bytes(path, self._headers())
                continue
            fields: Fields = form_with(self._get(path), "description")
            typed = {"description": f"Measured for the {number}th time."}
            sent = [(field, typed.get(field, value)) for field, value in fields]
            yield request_bytes(path, self._headers(), sent)

    def _headers(self) -> dict[str, str]:
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return {**BROWSER, **({"Cookie": cookie} if cookie else {})}

    def _get(self, path: str) -> str:
        headers = {name: value for name, value in self._headers().items() if name != "Accept-Encoding"}
        answer = self.connection.send(request_bytes(path, headers))
        self._cookies |= kept_cookie(answer)
        return answer.body.decode()
