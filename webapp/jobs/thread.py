"""The thread of `plugdeck serve` that runs jobs, one at a time in each worker process."""

from __future__ import annotations

import atexit
import datetime as dt
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog
from flask import Flask
from sqlalchemy.exc import DBAPIError

from webapp.db.faults import detail_of
from webapp.jobs.running import Handler, run_next
from webapp.jobs.service import ensure_recent

POLL_SECONDS = 1.0
FAILED_SECONDS = 10.0
STOP_SECONDS = 3.0
SWITCH_SECONDS = 0.001
"""How long the thread computes before a request may go on; Python's own 5 ms add up over the statements of a page."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Periodic:
    """A job of the installation that runs every so often."""

    kind: str
    title: str
    every: dt.timedelta


class JobThread:
    """Looks for jobs and runs them until it is stopped; it never keeps the process from ending."""

    def __init__(
        self, app: Flask, handlers: Mapping[str, Handler], periodic: Sequence[Periodic] = ()
    ) -> None:
        """Take the application, what to do for each kind, and the kinds that come by themselves."""
        self._app, self._handlers, self._periodic = app, handlers, periodic
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="plugdeck-jobs", daemon=True)

    def start(self) -> None:
        """Start looking for jobs."""
        sys.setswitchinterval(SWITCH_SECONDS)
        atexit.register(self.stop)
        self._thread.start()

    def stop(self) -> None:
        """Let the job that runs go at its next report, and wait a moment for that."""
        self._stopped.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(STOP_SECONDS)

    def _loop(self) -> None:
        while not self._stopped.is_set():
            try:
                with self._app.app_context():
                    if run_next(self._handlers, self._stopped.is_set):
                        continue
                    for job in self._periodic:
                        ensure_recent(job.kind, job.title, job.every)
                pause = POLL_SECONDS
            except DBAPIError as error:
                # The database is away, or has no tables yet: said every few seconds, so in one line.
                log.warning("jobs_unavailable", reason=detail_of(error.orig))
                pause = FAILED_SECONDS
            except Exception:
                log.exception("jobs_unavailable")
                pause = FAILED_SECONDS
            self._stopped.wait(pause)
