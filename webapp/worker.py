"""What `plugdeck serve` runs in each of its worker processes."""

from __future__ import annotations

import os

from flask import Flask

from webapp.app import UPKEEP, create_app
from webapp.jobs.thread import JobThread


def create_worker_app() -> Flask:
    """Return the application of a worker, which Ctrl-C at the terminal does not reach, and start its jobs.

    The terminal sends it to every process of its group. A worker that is told to stop twice, by the terminal and by
    the server that started it, does not end; so only the server hears the terminal.
    """
    if hasattr(os, "setpgrp"):
        os.setpgrp()
    app = create_app()
    JobThread(app, app.extensions["job_kinds"], (UPKEEP,)).start()
    return app
