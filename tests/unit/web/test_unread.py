"""The limit for clients that take nothing goes to what comes in at our port, and to nothing else."""

from __future__ import annotations

import errno
import socket
import sys
import time
from contextlib import ExitStack

import pytest

from webapp.web.unread import end_unread, limit_listeners

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="TCP_USER_TIMEOUT is of Linux")


def limit_of(found: socket.socket) -> int:
    return found.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)


def test_connections_that_come_in_have_the_limit_and_others_have_not() -> None:
    with ExitStack() as stack:
        ours = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        other = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        assert limit_listeners(ours.getsockname()[1], 1.5) == 1
        client = stack.enter_context(socket.create_connection(ours.getsockname()))
        accepted = stack.enter_context(ours.accept()[0])
        assert (limit_of(ours), limit_of(accepted)) == (1_500, 1_500)
        assert (limit_of(other), limit_of(client)) == (0, 0)


def test_a_client_that_takes_nothing_loses_its_connection() -> None:
    with ExitStack() as stack:
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        limit_listeners(server.getsockname()[1], 0.5)
        client = stack.enter_context(socket.socket())
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.connect(server.getsockname())
        accepted = stack.enter_context(server.accept()[0])
        accepted.settimeout(20)
        with pytest.raises(OSError) as ended:
            while True:
                accepted.sendall(b"x" * 65_536)
        assert ended.value.errno == errno.ETIMEDOUT, "not the patience of this test"


def test_a_port_at_which_nobody_listens_yet_is_waited_for() -> None:
    with socket.socket() as late:
        late.bind(("127.0.0.1", 0))
        end_unread(late.getsockname()[1], 2)
        time.sleep(0.3)
        late.listen()
        end = time.monotonic() + 10
        while limit_of(late) != 2_000:
            assert time.monotonic() < end
            time.sleep(0.05)
