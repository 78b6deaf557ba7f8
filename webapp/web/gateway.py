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
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog

IDLE_SECONDS = 30.0
"""How long a client may send nothing while its body is not complete."""
UNREAD_SECONDS = 120.0
"""How long a client may take none of an answer: a long one holds a connection to the database."""
SLOWEST = 1024
"""How many bytes a second a body brings at least, but for its first `IDLE_SECONDS`: a byte now and then is no body."""
IN_MEMORY = 64 * 1024
"""A larger body waits in a file: as many clients as there may be send one at the same time."""
LARGEST_AT_ONCE = 8
"""For how many of the largest bodies there is room in files; whoever comes then is asked to come again."""
COME_AGAIN_SECONDS = 10
AT_ONCE = 256 * 1024
"""An answer of up to so many bytes goes out whole."""
NOT_IN_HTTP_FORM = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}

log = structlog.get_logger(__name__)


class Refused(Exception):
    """The body is not taken; the client is told why, and its connection ends."""

    def __init__(self, status: int, words: str, *headers: tuple[str, str]) -> None:
        """Take what it is answered."""
        super().__init__(words)
        self.status, self.words, self.headers = status, words, headers


class Body:
    """What of a body is here."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # Closed with the request.
        self.size = 0

    @property
    def on_disk(self) -> int:
        """Return how many bytes of it lie in a file."""
        return self.size if self.size > IN_MEMORY else 0


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
        self._on_disk = 0
        # One: it keeps one connection to the database, and what waits, waits in the loop.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="requests")

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request."""
        if scope.proto != "http":
            return
        body = Body()
        try:
            try:
                await self._collect(scope, protocol, body)
            except Refused as error:
                protocol.response_str(error.status, [*_plain(), *error.headers], f"{error.words}\n")
                return
            except Exception as error:  # Whatever a broken connection raises: nobody is there to be answered.
                log.info("request_broken_off", error=type(error).__name__)
                return
            await self._answer(protocol, _environ(scope, body))
        finally:
            self._on_disk -= body.on_disk
            body.file.close()

    async def _collect(self, scope: Any, protocol: Any, body: Body) -> None:
        """Read the body; of one that is too large by its own word nothing, so that the application says so.

        Raises:
            Refused: it is too large, too slow, not whole, or there is no room for it now.
        """
        if sum(name == "host" for name, _ in scope.headers.items()) > 1:
            # Whoever stands before us may have judged another of them (RFC 9112, 3.2).
            raise Refused(400, "The request names several hosts.")
        told = scope.headers.get("content-length")
        if told is None and scope.headers.get("transfer-encoding") is None:
            return
        if told is not None and int(told) > self._max_bytes:
            return
        began, pieces, empty = time.monotonic(), aiter(protocol), 0
        while True:
            left = began + IDLE_SECONDS + body.size / SLOWEST - time.monotonic()
            try:
                piece = await asyncio.wait_for(anext(pieces), max(min(IDLE_SECONDS, left), 0))
            except StopAsyncIteration:
                break
            except TimeoutError:
                raise Refused(408, "The request did not arrive in time.") from None
            empty += not piece
            self._keep(body, piece)
        # Of a body without a length, granian gives one empty piece for its end and another for an error before it.
        if empty != 1 if told is None else body.size != int(told):
            raise Refused(400, "The request broke off.")
        body.file.seek(0)

    def _keep(self, body: Body, piece: bytes) -> None:
        if body.size + len(piece) > self._max_bytes:
            raise Refused(413, "The request is too large.")
        before = body.on_disk
        body.size += len(piece)
        self._on_disk += body.on_disk - before
        if self._on_disk > LARGEST_AT_ONCE * self._max_bytes:
            raise Refused(
                503,
                "Too many large requests are on their way. Send it again in a moment.",
                ("retry-after", str(COME_AGAIN_SECONDS)),
            )
        body.file.write(piece)

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


def _environ(scope: Any, body: Body) -> dict[str, Any]:
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
        "wsgi.input": body.file,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        # With an underscore it would be taken for another header, one that a proxy has set.
        if "_" in name:
            continue
        key = NOT_IN_HTTP_FORM.get(name) or f"HTTP_{name.upper().replace('-', '_')}"
        if key in environ:
            environ[key] += ("; " if name == "cookie" else ",") + value
        else:
            environ[key] = value
    if scope.authority:
        # A request that names the whole address means that one, whatever else it says (RFC 9112, 3.2.2).
        environ["HTTP_HOST"] = scope.authority
    if environ.pop("HTTP_TRANSFER_ENCODING", None) is not None:
        # It is here as a whole, and this long.
        environ["CONTENT_LENGTH"] = str(body.size)
    return environ


def _address(text: str) -> tuple[str, str]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), port
