"""What `plugdeck serve` runs in each of its worker processes."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import signal
import sys
from dataclasses import replace

from flask import Flask

from webapp.app import UPKEEP, create_app
from webapp.config import MIB, load_settings
from webapp.jobs.thread import JobThread
from webapp.web.gateway import Gateway
from webapp.web.logging import configure_from

COLLECT_AFTER = 20_000
"""How many objects more than there were before make the collector look; Python's own number is 700."""
_PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that a process gets when its parent ends."""


def create_worker() -> Gateway:
    """Return what a worker serves: the application behind the gateway."""
    app = create_worker_app()
    return Gateway(app, app.extensions["plugdeck"].max_import_bytes + MIB)


def create_worker_app() -> Flask:
    """Return the application of a worker, which Ctrl-C at the terminal does not reach, and start its jobs.

    The terminal sends it to every process of its group. A worker that is told to stop twice, by the terminal and by
    the server that started it, does not end; so only the server hears the terminal.
    """
    if hasattr(os, "setpgrp"):
        os.setpgrp()
    _end_with_the_server()
    settings = replace(load_settings(), serving=True)
    # A process of its own. What structlog does by default prints the locals of a traceback, and with them passwords.
    configure_from(settings)
    app = create_app(settings)
    JobThread(app, app.extensions["job_kinds"], (UPKEEP,)).start()
    _spare_the_collector()
    return app


def _spare_the_collector() -> None:
    """Let the garbage collector look at what requests leave behind, and not at the application again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 20)


def _end_with_the_server() -> None:
    """Let this worker stop when the server that started it is killed: it holds the port (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    server = multiprocessing.parent_process()
    # Its `is_alive` asks a pipe that other workers hold open as well.
    if server is not None and os.getppid() != server.pid:
        raise SystemExit(0)  # It ended while this worker was starting.
