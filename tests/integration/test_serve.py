"""The command that serves: how it starts, stops and reloads, and what slow clients and killed workers do to it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from tests import factories
from tests.databases import Database
from tests.markup import form_fields
from tests.servers import Answer, HttpBrowser, RunningServer, free_port, wait_for
from webapp.paths import CHECKOUT
from webapp.serving import HEADER_SECONDS

STOP_SECONDS = 60
SIGN_INS = 20
COMMAND = (sys.executable, "-c", "from webapp.cli import main; main()")
pytestmark = pytest.mark.sqlite_only

# The command with another worker, which says why it cannot start.
REFUSED = """
import granian.server
from webapp.cli import main
real = granian.server.Server
granian.server.Server = lambda target, **options: real("tests.integration.refusing:create_worker", **options)
main()
"""


def environment_of(database: Database, folder: Path) -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("PLUGDECK_")} | {
        "PLUGDECK_DATABASE_URL": database.url,
        "PLUGDECK_INSTANCE_DIR": str(folder / "instance"),
        "PLUGDECK_SECRET_KEY": factories.SECRET_KEY,
        "PLUGDECK_ENCRYPTION_KEYS": factories.ENCRYPTION_KEY,
    }


@contextmanager
def serving(
    database: Database, folder: Path, workers: int = 2, *, code: Path | None = None, wait: bool = True
) -> Iterator[RunningServer]:
    """Run the command in a group of its own, as a terminal does, and wait until it answers.

    `code` is where another copy of `webapp` is.
    """
    port, log = free_port(), folder / "serve.log"
    environment = environment_of(database, folder) | ({"PYTHONPATH": str(code)} if code else {})
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(port), "--workers", str(workers)],
            env=environment,
            cwd=code,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = RunningServer(port, process, log)
    try:
        if wait:
            wait_for(server)
        yield server
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def workers_of(server: RunningServer) -> list[int]:
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    pids = [int(pid) for pid in children.split()]
    # The multiprocessing module has a helper process of its own.
    return [pid for pid in pids if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()]


def wait_until(holds: object, seconds: float = 30) -> None:
    assert callable(holds)
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_terminal_stops_it_cleanly(database: Database, tmp_path: Path, number: signal.Signals) -> None:
    with serving(database, tmp_path) as server:
        assert HttpBrowser(server).get("/login").status == 200
        os.killpg(server.process.pid, number)  # Every process of the group hears it, as at a terminal.
        server.process.wait(STOP_SECONDS)
    log = server.log.read_text()
    assert "refused to gracefully stop" not in log
    assert "Traceback" not in log
    with pytest.raises(OSError):
        HttpBrowser(server).get("/login")


def sign_in_at_once(server: RunningServer, answers: list[Answer]) -> list[threading.Thread]:
    """Send sign-ins that take a tenth of a second of hashing each, all at the same time."""

    def one(number: int) -> None:
        browser = HttpBrowser(server, dict(cookies))
        answers.append(browser.post("/login", fields | {"username": f"n{number}", "password": "wrong"}))

    first = HttpBrowser(server)
    fields = dict(form_fields(first.get("/login").tree.all("form", None, method="post")[-1]))
    cookies = first.cookies
    threads = [threading.Thread(target=one, args=(number,)) for number in range(SIGN_INS)]
    for thread in threads:
        thread.start()
    return threads


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_requests_under_way_are_answered_before_it_stops_or_reloads(
    database: Database, tmp_path: Path, number: signal.Signals
) -> None:
    with serving(database, tmp_path) as server:
        before, answers = workers_of(server), list[Answer]()
        threads = sign_in_at_once(server, answers)
        wait_until(lambda: answers)
        server.process.send_signal(number)
        for thread in threads:
            thread.join(STOP_SECONDS)
        assert len(answers) == SIGN_INS
        assert {answer.status for answer in answers} <= {422, 429}
        if number == signal.SIGTERM:
            server.process.wait(STOP_SECONDS)
            return
        wait_until(lambda: not set(before) & set(workers_of(server)) and len(workers_of(server)) == 2)
        assert HttpBrowser(server).get("/login").status == 200


def test_a_reload_brings_the_code_that_is_there_now(database: Database, tmp_path: Path) -> None:
    code = tmp_path / "code"
    shutil.copytree(CHECKOUT / "webapp", code / "webapp", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("templates", "static", "migrations"):
        (code / name).symlink_to(CHECKOUT / name)
    with serving(database, tmp_path, workers=1, code=code) as server:
        assert "ok" in HttpBrowser(server).get("/healthz").text
        views = code / "webapp" / "operations" / "views.py"
        views.write_text(views.read_text().replace('status="ok"', 'status="newer"'))
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "newer" in HttpBrowser(server).get("/healthz").text)


def test_a_worker_that_cannot_start_says_why_once_and_ends_the_server(
    database: Database, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", REFUSED, "serve", "--port", str(free_port()), "--workers", "2"],
        env=environment_of(database, tmp_path),
        capture_output=True,
        text=True,
        timeout=STOP_SECONDS,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "Error: The moon is in the wrong phase. Wait for the next.\n"
    assert done.stdout == ""


def test_it_says_that_it_listens_once_and_when_it_does(database: Database, tmp_path: Path) -> None:
    with serving(database, tmp_path) as server:
        wait_until(lambda: "Stop it with Ctrl-C." in server.log.read_text())
        assert server.log.read_text().count("Plugdeck listens on") == 1


def test_workers_that_are_still_starting_are_stopped_at_once(database: Database, tmp_path: Path) -> None:
    with serving(database, tmp_path, wait=False) as server:
        wait_until(lambda: len(workers_of(server)) == 2)
        server.process.terminate()
        server.process.wait(STOP_SECONDS / 4)
    assert "refused to gracefully stop" not in server.log.read_text()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CACHE_URL", "memcached://localhost"),
        ("DATABASE_URL", "sqlite:////proc/nothing/plugdeck.db"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told_in_one_line(tmp_path: Path, name: str, value: str) -> None:
    environ = {**os.environ, "PLUGDECK_INSTANCE_DIR": str(tmp_path), f"PLUGDECK_{name}": value}
    done = subprocess.run(
        [*COMMAND, "serve", "--port", str(free_port())],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    assert f"PLUGDECK_{name}" in line


def test_a_worker_that_is_killed_is_replaced(database: Database, tmp_path: Path) -> None:
    with serving(database, tmp_path) as server:
        killed = workers_of(server)[0]
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: killed not in workers_of(server) and len(workers_of(server)) == 2)
        wait_for(server)  # A process that is there is not yet one that listens.
        for _ in range(10):
            assert HttpBrowser(server).get("/login").status == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /login HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\nusername=",
        b"POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"GET /help/ HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50,
    ],
    ids=["heads", "bodies", "chunks", "readers"],
)
def test_200_slow_clients_do_not_stop_the_others(database: Database, tmp_path: Path, sent: bytes) -> None:
    with serving(database, tmp_path) as server, ExitStack() as stack:
        for _ in range(200):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            client.sendall(sent)
        for _ in range(5):
            assert HttpBrowser(server).get("/login").status == 200


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ids=["nothing", "one-request", "http-2"],
)
def test_a_connection_on_which_nothing_comes_ends(database: Database, tmp_path: Path, sent: bytes) -> None:
    """As many as a worker takes would keep everybody else out for as long as they are there."""
    with serving(database, tmp_path, workers=1) as server, ExitStack() as stack:
        address = ("127.0.0.1", server.port)
        client = stack.enter_context(socket.create_connection(address, timeout=HEADER_SECONDS + 10))
        client.sendall(sent)
        while client.recv(65_536):
            pass


def test_a_chunked_body_is_taken_when_it_is_whole_and_only_then(database: Database, tmp_path: Path) -> None:
    head = b"POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n"
    with serving(database, tmp_path, workers=1) as server:
        answers = []
        for rest in (b"0\r\n\r\n", b"no size\r\n"):
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
                client.sendall(head + rest)
                answers.append(client.recv(65_536))
    # The application misses the token of a form; the gateway has asked nobody.
    assert b"<html" in answers[0]
    assert answers[1].endswith(b"The request broke off.\n")


def test_no_worker_outlives_a_server_that_is_killed(database: Database, tmp_path: Path) -> None:
    with serving(database, tmp_path) as server:
        workers = workers_of(server)
        server.process.kill()
        server.process.wait()
        wait_until(lambda: not any(psutil.pid_exists(pid) for pid in workers))
