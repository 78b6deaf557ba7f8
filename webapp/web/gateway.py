"""Between the server and the application: a request is handed over once all of it is here.

A WSGI application reads the body itself, so a client that sends it slowly holds the thread that reads: with one thread
a worker, two such clients stop everybody. Here the event loop collects the body, as many at a time as there are
clients, and the thread gets whole requests only. Long answers (exports) go out a piece at a time, with other requests
between the pieces, so a client that reads slowly holds nothing either.

Sources: RSGI 1.5 (granian's specification) on one side, PEP 3333 on the other.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

import structlog

IDLE_SECONDS = 30.0
"""How long a client may send nothing while its body is not complete."""
UNREAD_SECONDS = 120.0
"""How long a client may take none of an answer: a long one holds a connection to the database."""
IN_MEMORY = 1024 * 1024
"""A larger body waits in a file."""
AT_ONCE = 256 * 1024
"""An answer of up to so many bytes goes out whole."""
NOT_IN_HTTP_FORM = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}

log = structlog.get_logger(__name__)


class TooLarge(Exception):
    """The body is larger than anything that the application takes."""


class Answer:
    """What the application answers with; read in the thread of the application only."""

    def __init__(self, application: Callable[..., Iterable[bytes]], environ: dict[str, Any]) -> None:
        """Ask the application, and read as much as goes out at once."""
        self.status = 500
        self.headers: list[tuple[str, str]] = []
        self._body = application(environ, self._start)
        self._pieces: Iterator[bytes] = iter(self._body)
        self.is_whole = False
        try:
            self.first = self._read_some()
        except BaseException:
            self.close()
            raise

    def _start(self, status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
        self.status, self.headers = int(status.partition(" ")[0]), headers

    def _read_some(self) -> bytes:
        pieces, size = [], 0
        for piece in self._pieces:
            pieces.append(piece)
            size += len(piece)
            if size > AT_ONCE:
                return b"".join(pieces)
        self.is_whole = True
        self.close()
        return b"".join(pieces)

    def next_piece(self) -> bytes | None:
        """Return more of the body, or None at its end."""
        return next(self._pieces, None)

    def close(self) -> None:
        """Let the application put away what the answer held."""
        close = getattr(self._body, "close", None)
        if close is not None:
            close()


class Gateway:
    """An RSGI application that serves a WSGI one."""

    def __init__(self, application: Callable[..., Iterable[bytes]], max_bytes: int) -> None:
        """Serve an application that refuses bodies of more than `max_bytes` by itself when their length is told."""
        self._application = application
        self._max_bytes = max_bytes
        # One: it keeps one connection to the database, and what waits, waits in the loop.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="requests")

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request."""
        if scope.proto != "http":
            return
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as body:
            try:
                await self._collect(scope, protocol, body)
            except TooLarge:
                protocol.response_str(413, _plain(), "The request is too large.\n")
                return
            except TimeoutError:
                protocol.response_str(408, _plain(), "The request did not arrive in time.\n")
                return
            except Exception as error:  # Whatever a broken connection raises: nobody is there to be answered.
                log.info("request_broken_off", error=type(error).__name__)
                return
            await self._answer(protocol, _environ(scope, body))

    async def _collect(self, scope: Any, protocol: Any, body: IO[bytes]) -> None:
        """Read the body; of one that is too large by its own word nothing, so that the application says so."""
        told = scope.headers.get("content-length")
        if told is None and scope.headers.get("transfer-encoding") is None:
            return
        if told is not None and told.isascii() and told.isdigit() and int(told) > self._max_bytes:
            return
        size, pieces = 0, aiter(protocol)
        while True:
            try:
                piece = await asyncio.wait_for(anext(pieces), IDLE_SECONDS)
            except StopAsyncIteration:
                break
            size += len(piece)
            if size > self._max_bytes:
                raise TooLarge
            body.write(piece)
        if told is not None and str(size) != told.strip():
            raise ConnectionError("the client left in the middle of its request")
        body.seek(0)

    async def _answer(self, protocol: Any, environ: dict[str, Any]) -> None:
        # Of its own, because requests take turns in the thread while a long answer is on its way.
        context = contextvars.Context()
        loop = asyncio.get_running_loop()

        def run(function: Callable[..., Any], *arguments: Any) -> Any:
            return loop.run_in_executor(self._thread, context.run, function, *arguments)

        try:
            answer: Answer = await run(Answer, self._application, environ)
        except Exception:
            log.exception("unanswered_request")
            protocol.response_str(500, _plain(), "Something broke here.\n")
            return
        if answer.is_whole:
            protocol.response_bytes(answer.status, answer.headers, answer.first)
            return
        try:
            stream = protocol.response_stream(answer.status, answer.headers)
            piece: bytes | None = answer.first
            while piece is not None:
                await asyncio.wait_for(stream.send_bytes(piece), UNREAD_SECONDS)
                piece = await run(answer.next_piece)
        except Exception as error:
            # The client went away, or the rest could not be made; the connection ends.
            log.info("answer_broken_off", error=type(error).__name__)
        finally:
            await run(answer.close)


def _plain() -> list[tuple[str, str]]:
    return [
        ("content-type", "text/plain; charset=utf-8"),
        ("cache-control", "no-store"),
        ("connection", "close"),
    ]


def _environ(scope: Any, body: Any) -> dict[str, Any]:
    """Return a request as PEP 3333 has it."""
    server, client = _address(scope.server), _address(scope.client)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        # Bytes as Latin-1, whatever they mean (PEP 3333, "Unicode issues").
        "PATH_INFO": scope.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server[0],
        "SERVER_PORT": server[1],
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if scope.authority:
        environ["HTTP_HOST"] = scope.authority
    for name, value in scope.headers.items():
        # With an underscore it would be taken for another header, one that a proxy has set.
        if "_" in name:
            continue
        key = NOT_IN_HTTP_FORM.get(name) or f"HTTP_{name.upper().replace('-', '_')}"
        if key in environ and key != "HTTP_HOST":
            environ[key] += ("; " if name == "cookie" else ",") + value
        else:
            environ[key] = value
    if environ.pop("HTTP_TRANSFER_ENCODING", None) is not None:
        # It is here as a whole, and this long.
        environ["CONTENT_LENGTH"] = str(body.seek(0, 2))
        body.seek(0)
    return environ


def _address(text: str) -> tuple[str, str]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), port
