"""A server that is used all day: nothing grows that is not data (F15). `PLUGDECK_SOAK_SECONDS` says how long."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psutil
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import factories
from tests.databases import Database
from tests.integration.plugins.editing import NEW
from tests.markup import form_fields
from tests.servers import HttpBrowser, running_server

SECONDS = float(os.environ.get("PLUGDECK_SOAK_SECONDS", "600"))
PAGES = (
    "/plugins/",
    "/plugins/?q=sweet",
    "/tags/",
    "/overview/",
    "/activity/",
    "/manifests/",
    "/connections/",
)
MIB = 1024 * 1024


def measure(pid: int, database: Path) -> tuple[float, int, float]:
    """Return memory in MiB and open files of the server's processes, and the log of the database in MiB."""
    processes = [process for process in psutil.Process(pid).children() if process.num_threads() > 1]
    memory = sum(process.memory_info().rss for process in processes) / MIB
    wal = database.with_name(f"{database.name}-wal")
    return memory, sum(process.num_fds() for process in processes), wal.stat().st_size / MIB


@pytest.mark.soak
@pytest.mark.sqlite_only
def test_memory_open_files_and_the_log_stay_flat(
    app: Flask, session: Session, database: Database, tmp_path: Path
) -> None:
    owner = factories.person()
    path = Path(database.url.removeprefix("sqlite:///"))
    with running_server(tmp_path, database.url, workers=2) as server:
        browser = HttpBrowser(server)
        browser.sign_in(owner)
        number, warm = 0, None
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            page = browser.get(NEW).tree.one("main").all("form", None, method="post")[-1]
            fields = dict(form_fields(page)) | {
                "name": f"sweet_{number}",
                "description": "A sweet of a long day, made to be looked at again and again.",
                "plugin_class": "static",
                "static_data": "a: 1",
                "search_terms": "sweet",
            }
            assert browser.post(NEW, fields).status == 303
            for path_of_page in PAGES:
                assert browser.get(path_of_page).status == 200
            number += 1
            if warm is None and time.monotonic() > end - SECONDS * 0.7:
                warm = measure(server.process.pid, path)
        assert warm is not None
        memory, files, wal = measure(server.process.pid, path)
        assert memory < warm[0] * 1.3 + 20, f"{warm[0]:.0f} MiB became {memory:.0f}"
        assert files <= warm[1] + 10
        assert wal < 64
