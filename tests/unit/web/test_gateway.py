from __future__ import annotations

import asyncio
import contextvars
import io
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from webapp.web import gateway
from webapp.web.gateway import AT_ONCE, Gateway

MAX = 10_000
CHUNKED = ("transfer-encoding", "chunked")


class Headers:
    """The headers of a request as RSGI gives them."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._pairs = list(pairs)

    def get(self, name: str) -> str | None:
        return next((value for key, value in self._pairs if key == name), None)

    def items(self) -> list[tuple[str, str]]:
        return self._pairs


@dataclass
class Scope:
    headers: Headers
    method: str = "GET"
    path: str = "/"
    query_string: str = ""
    proto: str = "http"
    http_version: str = "1.1"
    server: str = "127.0.0.1:8000"
    client: str = "[::1]:41000"
    scheme: str = "http"
    authority: str | None = None


@dataclass
class Protocol:
    """A client that sends pieces and keeps what it is answered."""

    pieces: list[bytes] = field(default_factory=list)
    stalls: bool = False
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    sent: list[bytes] = field(default_factory=list)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece
        if self.stalls:
            await asyncio.sleep(60)

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    def response_str(self, status: int, headers: list[tuple[str, str]], body: str) -> None:
        self.response_bytes(status, headers, body.encode())

    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> Protocol:
        self.status, self.headers = status, headers
        return self

    async def send_bytes(self, piece: bytes) -> None:
        self.sent.append(piece)


App = Callable[[dict[str, Any], Any], Iterable[bytes]]


def echo(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    start("200 OK", [("content-type", "text/plain")])
    return [environ["wsgi.input"].read()]


def run_alone(work: Coroutine[Any, Any, None]) -> None:
    """Run the work in a loop of its own: Playwright leaves its own running in the thread of the tests."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


def ask(app: App, scope: Scope, *protocols: Protocol) -> None:
    served = Gateway(app, MAX)

    async def run() -> None:
        await asyncio.gather(*(served.__rsgi__(scope, protocol) for protocol in protocols))

    run_alone(run())


def post(app: App, pieces: list[bytes], *headers: tuple[str, str], stalls: bool = False) -> Protocol:
    protocol = Protocol(pieces, stalls)
    ask(app, Scope(Headers(headers), method="POST"), protocol)
    return protocol


def test_a_body_arrives_whole_however_it_was_cut() -> None:
    assert post(echo, [b"ab", b"", b"c"], ("content-length", "3")).body == b"abc"


def test_a_body_without_a_length_gets_the_one_that_it_has() -> None:
    def length(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [])
        return [environ["CONTENT_LENGTH"].encode(), environ["wsgi.input"].read()]

    assert post(length, [b"ab", b"c", b""], CHUNKED).body == b"3abc"


def never(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    raise AssertionError("it was asked")


@pytest.mark.parametrize(
    ("pieces", "header"),
    [
        ([b"ab"], ("content-length", "3")),
        ([b"ab", b"", b""], CHUNKED),  # As granian tells that a client left between two chunks.
        ([b"ab"], CHUNKED),
    ],
)
def test_half_a_body_is_no_request(pieces: list[bytes], header: tuple[str, str]) -> None:
    assert post(never, pieces, header).status == 400


def test_a_length_is_a_number_however_it_is_written() -> None:
    assert post(echo, [b"abc"], ("content-length", "003")).body == b"abc"


def test_a_body_that_says_that_it_is_too_large_is_left_to_the_application() -> None:
    protocol = post(echo, [b"x" * (MAX + 1)], ("content-length", str(MAX + 1)))
    assert (protocol.status, protocol.body) == (200, b"")


def test_a_body_that_does_not_say_so_is_cut_off() -> None:
    protocol = post(echo, [b"x" * MAX, b"x"], CHUNKED)
    assert protocol.status == 413


def test_large_bodies_find_only_so_much_room_and_leave_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "IN_MEMORY", 10)
    monkeypatch.setattr(gateway, "LARGEST_AT_ONCE", 2)
    monkeypatch.setattr(gateway, "IDLE_SECONDS", 0.2)
    served = Gateway(echo, MAX)
    headers = Headers([("content-length", str(MAX))])

    async def send(pieces: list[bytes], length: Headers, *, stalls: bool = False) -> Protocol:
        client = Protocol(pieces, stalls)
        await served.__rsgi__(Scope(length, "POST"), client)
        return client

    async def run() -> None:
        first = [asyncio.ensure_future(send([b"x" * (MAX - 1)], headers, stalls=True)) for _ in range(2)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        late = await send([b"x" * MAX], headers)
        assert (late.status, dict(late.headers)["retry-after"]) == (503, "10")
        assert (await send([b"abc"], Headers([("content-length", "3")]))).body == b"abc", "small ones go on"
        assert [(await task).status for task in first] == [408, 408]
        assert (await send([b"x" * MAX], headers)).status == 200

    run_alone(run())


def test_a_byte_now_and_then_is_no_body(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "IDLE_SECONDS", 0.2)

    class Dripper(Protocol):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                yield b"x"
                await asyncio.sleep(0.02)

    dripper = Dripper()
    ask(never, Scope(Headers([("content-length", str(MAX))]), "POST"), dripper)
    assert dripper.status == 408


def test_a_request_that_names_two_hosts_is_refused() -> None:
    assert post(never, [], ("host", "plugdeck.example"), ("host", "evil.example")).status == 400


def test_a_whole_address_says_which_host_is_meant() -> None:
    def host(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [])
        return [environ["HTTP_HOST"].encode()]

    protocol = Protocol()
    ask(host, Scope(Headers([("host", "plugdeck.example")]), authority="other.example"), protocol)
    assert protocol.body == b"other.example"


def test_a_client_that_stalls_is_told_and_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "IDLE_SECONDS", 0.01)
    assert post(echo, [b"a"], ("content-length", "3"), stalls=True).status == 408


def test_those_who_send_slowly_do_not_hold_the_others() -> None:
    slow = [Protocol([b"a"], stalls=True) for _ in range(20)]
    quick = Protocol()
    served = Gateway(echo, MAX)

    async def run() -> None:
        headers = Headers([("content-length", "3")])
        waiting = [asyncio.ensure_future(served.__rsgi__(Scope(headers, "POST"), client)) for client in slow]
        await asyncio.wait_for(served.__rsgi__(Scope(Headers([])), quick), 5)
        for task in waiting:
            task.cancel()

    run_alone(run())
    assert quick.status == 200


def test_the_request_is_what_pep_3333_says() -> None:
    seen: dict[str, Any] = {}

    def note(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        seen.update(environ)
        start("204 No Content", [])
        return []

    headers = Headers(
        [
            ("host", "plugdeck.example"),
            ("x-part", "1"),
            ("x-part", "2"),
            ("cookie", "a=1"),
            ("cookie", "b=2"),
            ("x_forwarded_for", "10.0.0.1"),
            ("content-type", "text/plain"),
        ]
    )
    ask(note, Scope(headers, path="/café", query_string="q=%C3%A9"), Protocol())
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/café"
    assert seen["QUERY_STRING"] == "q=%C3%A9"
    assert (seen["HTTP_X_PART"], seen["HTTP_COOKIE"]) == ("1,2", "a=1; b=2")
    assert (seen["REMOTE_ADDR"], seen["SERVER_PORT"]) == ("::1", "8000")
    assert seen["CONTENT_TYPE"] == "text/plain"
    assert "HTTP_X_FORWARDED_FOR" not in seen, "an underscore would be a header that a proxy has set"


def test_a_long_answer_goes_out_in_pieces_between_which_others_are_answered() -> None:
    name: contextvars.ContextVar[str] = contextvars.ContextVar("name")
    order: list[str] = []

    def long(environ: dict[str, Any], start: Any) -> Iterator[bytes]:
        start("200 OK", [])
        me = environ["HTTP_ME"]
        name.set(me)
        for _ in range(3):
            assert name.get() == me, "requests do not see each other's context"
            order.append(me)
            yield b"x" * (AT_ONCE + 1)

    first, second = Protocol(), Protocol()
    served = Gateway(long, MAX)

    async def run() -> None:
        await asyncio.gather(
            served.__rsgi__(Scope(Headers([("me", "a")])), first),
            served.__rsgi__(Scope(Headers([("me", "b")])), second),
        )

    run_alone(run())
    assert len(first.sent) == len(second.sent) == 3
    assert order != sorted(order), "they take turns"


def test_what_an_answer_held_is_put_away_even_when_its_reader_leaves() -> None:
    closed = io.StringIO()

    class Body:
        def __iter__(self) -> Iterator[bytes]:
            while True:
                yield b"x" * AT_ONCE

        def close(self) -> None:
            closed.write("closed")

    def endless(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [])
        return Body()

    class Leaver(Protocol):
        async def send_bytes(self, piece: bytes) -> None:
            raise ConnectionResetError

    ask(endless, Scope(Headers([])), Leaver())
    assert closed.getvalue() == "closed"


def test_a_reader_who_takes_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "UNREAD_SECONDS", 0.01)
    closed: list[bool] = []

    def long(environ: dict[str, Any], start: Any) -> Iterator[bytes]:
        start("200 OK", [])
        try:
            for _ in range(3):
                yield b"x" * (AT_ONCE + 1)
        finally:
            closed.append(True)

    class Staller(Protocol):
        async def send_bytes(self, piece: bytes) -> None:
            await asyncio.sleep(60)

    ask(long, Scope(Headers([])), Staller())
    assert closed == [True]


def test_an_application_that_fails_is_answered_for() -> None:
    def broken(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        raise ZeroDivisionError("secret")

    protocol = Protocol()
    ask(broken, Scope(Headers([])), protocol)
    assert protocol.status == 500
    assert b"secret" not in protocol.body
