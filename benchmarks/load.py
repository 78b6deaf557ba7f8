"""The HTTP load generator: keep-alive sockets, requests that are built once, and as little work as possible."""

from __future__ import annotations

import math
import selectors
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

TIMEOUT = 120.0
HEAD_END = b"\r\n\r\n"
# What has no body, whatever its headers say.
BODILESS = (204, 304)


class LoadError(Exception):
    """A server answered otherwise than the scenario says; a time of it would mean nothing."""


@dataclass(frozen=True)
class Answer:
    """One answer as it came over the wire; the body is still compressed when compression was asked for."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def request_bytes(
    path: str, headers: Mapping[str, str] | None = None, form: Sequence[tuple[str, str]] | None = None
) -> bytes:
    """Return a request as it goes over the wire: a GET, or a POST of a form."""
    body = urlencode(form).encode() if form is not None else b""
    lines = [f"{'GET' if form is None else 'POST'} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if form is not None:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + HEAD_END + body


def parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    """Return the status and the headers of an answer's head: names in lower case, a line for each value."""
    first, *lines = head.decode("latin-1").split("\r\n")
    headers: dict[str, str] = {}
    for name, _, value in (line.partition(":") for line in lines):
        before = headers.get(name.lower())
        headers[name.lower()] = value.strip() if before is None else f"{before}\n{value.strip()}"
    return int(first.split(" ", 2)[1]), headers


class Incoming:
    """An answer that is being received; `feed` returns it once it is whole."""

    def __init__(self) -> None:
        """Start with nothing received."""
        self._received = bytearray()
        self._whole = -1
        self._head: tuple[int, dict[str, str]] = (0, {})
        self._body = 0

    @property
    def begun(self) -> bool:
        """Tell whether anything of it came."""
        return bool(self._received)

    def feed(self, data: bytes) -> Answer | None:
        """Take what came; return the answer when nothing of it is missing."""
        self._received += data
        if self._whole < 0:
            end = self._received.find(HEAD_END)
            if end < 0:
                return None
            self._head = status, headers = parse_head(bytes(self._received[:end]))
            self._body = end + len(HEAD_END)
            length = "0" if status in BODILESS else headers.get("content-length")
            if length is None:
                raise LoadError("The answer has no Content-Length.")
            self._whole = self._body + int(length)
        if len(self._received) < self._whole:
            return None
        return Answer(*self._head, bytes(self._received[self._body : self._whole]))


class Connection:
    """One keep-alive connection to a server on this machine."""

    def __init__(self, port: int) -> None:
        """Connect."""
        self._port = port
        self.socket = self._connect()

    def send(self, request: bytes) -> Answer:
        """Send a request and return its answer; connect again when the server has closed an idle connection."""
        try:
            return self._send(request)
        except ConnectionError:
            self.close()
            self.socket = self._connect()
            return self._send(request)

    def _connect(self) -> socket.socket:
        connected = socket.create_connection(("127.0.0.1", self._port), timeout=TIMEOUT)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connected

    def _send(self, request: bytes) -> Answer:
        self.socket.sendall(request)
        incoming = Incoming()
        while True:
            data = self.socket.recv(1 << 18)
            if not data:
                if incoming.begun:
                    raise LoadError("The server closed the connection within an answer.")
                raise ConnectionResetError("The server closed the connection.")
            if answer := incoming.feed(data):
                return answer

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()


def timed(connection: Connection, request: bytes, status: int) -> float:
    """Return the seconds of one request.

    Raises:
        LoadError: the answer has another status.
    """
    start = time.perf_counter()
    answer = connection.send(request)
    seconds = time.perf_counter() - start
    if answer.status != status:
        raise LoadError(f"{request.split(b' HTTP')[0].decode()} answered {answer.status}, not {status}.")
    return seconds


def requests_per_second(port: int, request: bytes, *, clients: int, seconds: float) -> float:
    """Return how many requests a second `clients` connections get answered that always wait for one each."""
    connections = [Connection(port) for _ in range(clients)]
    try:
        return _drive(connections, request, seconds)
    finally:
        for connection in connections:
            connection.close()


def _drive(connections: Sequence[Connection], request: bytes, seconds: float) -> float:
    answered = 0
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            connection.socket.sendall(request)
            selector.register(connection.socket, selectors.EVENT_READ, Incoming())
        start = time.perf_counter()
        while (now := time.perf_counter()) < start + seconds:
            for key, _ in selector.select(timeout=1.0):
                sock = key.fileobj
                assert isinstance(sock, socket.socket)
                answer = key.data.feed(sock.recv(1 << 18))
                if answer is None:
                    continue
                if answer.status != 200:
                    raise LoadError(f"A client was answered {answer.status}, not 200.")
                answered += 1
                sock.sendall(request)
                selector.modify(sock, selectors.EVENT_READ, Incoming())
    return answered / (now - start)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of the values do not exceed (nearest rank).

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("No values.")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
