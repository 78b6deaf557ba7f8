"""What `plugdeck serve` runs in each of its worker processes."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import multiprocessing
import os
import signal
import sys
from dataclasses import replace

from flask import Flask
from granian import _signals
from granian._granian import WorkerSignal

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

    The terminal sends it to every process of its group; here only the server hears it, and tells its workers.
    """
    if hasattr(os, "setpgrp"):
        os.setpgrp()
    _hear_once()
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


def _hear_once() -> None:
    """Let this worker hear the first signal to stop only: granian's handler may wait for ever in a second one."""

    def set_loop_signals(loop: asyncio.AbstractEventLoop) -> WorkerSignal:
        stop, heard = WorkerSignal(), False

        def hear() -> None:
            nonlocal heard
            if not heard:
                heard = True
                stop.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, hear)
        return stop

    # It is looked up when the loop of the worker is made, after this.
    _signals.set_loop_signals = set_loop_signals


def _end_with_the_server() -> None:
    """Let this worker stop when the server that started it is killed: it holds the port (Linux).

    The kernel says so once for each thread of the server that ends, so it may be heard several times.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    server = multiprocessing.parent_process()
    # Its `is_alive` asks a pipe that other workers hold open as well.
    if server is not None and os.getppid() != server.pid:
        raise SystemExit(0)  # It ended while this worker was starting.
