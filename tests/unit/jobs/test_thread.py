"""What the thread of jobs logs when it cannot look for them."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from webapp.jobs import thread
from webapp.jobs.thread import JobThread


@pytest.mark.parametrize(
    ("error", "level", "reason"),
    [
        (
            OperationalError("SELECT 1", {}, Exception("no such table: jobs")),
            "warning",
            "no such table: jobs",
        ),
        (ValueError("ours"), "error", None),
    ],
    ids=["database", "fault of ours"],
)
def test_a_database_that_is_away_is_one_line_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, error: Exception, level: str, reason: str | None
) -> None:
    jobs = JobThread(Flask(__name__), {})

    def fail(*_args: Any) -> NoReturn:
        jobs.stop()
        raise error

    monkeypatch.setattr(thread, "run_next", fail)
    with capture_logs() as lines:
        jobs._loop()
    [line] = lines
    assert (line["event"], line["log_level"], line.get("reason")) == ("jobs_unavailable", level, reason)
    assert bool(line.get("exc_info")) == (reason is None)
