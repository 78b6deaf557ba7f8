"""`python -m benchmarks.bare`: an application of one page that has imported the libraries that ours imports.

Served with the options of `plugdeck serve`. This module imports nothing of ours, which would count as theirs.
"""

from __future__ import annotations

import json
import os
import warnings
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from flask import Flask

LIBRARIES = "PLUGDECK_BENCH_LIBRARIES"


def create_app() -> Flask:
    """Import the libraries and return the application."""
    warnings.simplefilter("ignore")
    for name in json.loads(Path(os.environ[LIBRARIES]).read_text()):
        with suppress(ImportError):  # Modules that others put there under a name of theirs.
            import_module(name)
    app = Flask("bare")
    app.add_url_rule("/", view_func=lambda: "bare")
    return app


def main() -> None:
    """Serve the application."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    Server(
        "benchmarks.bare:create_app",
        factory=True,
        port=int(os.environ["PORT"]),
        interface=Interfaces.WSGI,
        workers=2,
        blocking_threads=1,
        log_level=LogLevels.warning,
        workers_kill_timeout=10,
    ).serve()


if __name__ == "__main__":
    main()
