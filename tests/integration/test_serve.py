"""The command that serves, as a terminal starts and stops it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests import factories
from tests.databases import Database
from tests.servers import HttpBrowser, RunningServer, free_port, wait_for

STOP_SECONDS = 60


@pytest.mark.sqlite_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_terminal_stops_it_cleanly(database: Database, tmp_path: Path, number: signal.Signals) -> None:
    port, log = free_port(), tmp_path / "serve.log"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PLUGDECK_")} | {
        "PLUGDECK_DATABASE_URL": database.url,
        "PLUGDECK_INSTANCE_DIR": str(tmp_path / "instance"),
        "PLUGDECK_SECRET_KEY": factories.SECRET_KEY,
        "PLUGDECK_ENCRYPTION_KEYS": factories.ENCRYPTION_KEY,
    }
    command = [sys.executable, "-c", "from webapp.cli import main; main()"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "serve", "--port", str(port), "--workers", "2"],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        server = RunningServer(port, process, log)
        wait_for(server)
        assert HttpBrowser(server).get("/login").status == 200
        os.killpg(process.pid, number)  # Every process of the group hears it, as at a terminal.
        process.wait(STOP_SECONDS)
    finally:
        process.kill()
        process.wait()
    assert "refused to gracefully stop" not in log.read_text()
    assert "Traceback" not in log.read_text()
    with pytest.raises(OSError):
        HttpBrowser(server).get("/login")
