"""Clients that ask and take nothing of the answer: the system ends their connections.

Neither granian nor the gateway sees whether bytes that were handed over have arrived, and as many such clients as a
worker takes would keep everybody else out for as long as they like. TCP knows it (tcp(7), TCP_USER_TIMEOUT), and a
connection has the option of the socket that it came in by; granian makes that one itself, so it is looked for.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from pathlib import Path

LOOK_SECONDS = 0.2
LOOK_FOR_SECONDS = 60.0
_OPEN_FILES = Path("/proc/self/fd")


def end_unread(port: int, seconds: float) -> None:
    """End connections to a port whose clients take nothing for a while (Linux); this process may not listen yet."""
    if sys.platform == "linux":
        threading.Thread(
            target=_wait_and_limit, args=(port, seconds), name="plugdeck-unread", daemon=True
        ).start()


def _wait_and_limit(port: int, seconds: float) -> None:
    end = time.monotonic() + LOOK_FOR_SECONDS
    while not limit_listeners(port, seconds) and time.monotonic() < end:
        time.sleep(LOOK_SECONDS)


def limit_listeners(port: int, seconds: float) -> int:
    """Give the sockets of this process that listen on a port the limit; return how many there are."""
    return sum(_limit(path, port, seconds) for path in _OPEN_FILES.iterdir())


def _limit(path: Path, port: int, seconds: float) -> bool:
    try:
        if not str(path.readlink()).startswith("socket:"):
            return False
        with socket.socket(fileno=os.dup(int(path.name))) as found:
            if found.family not in (socket.AF_INET, socket.AF_INET6) or found.getsockname()[1] != port:
                return False
            if not found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                return False
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(seconds * 1_000))
    except OSError:  # Closed meanwhile.
        return False
    return True
