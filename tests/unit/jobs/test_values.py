from __future__ import annotations

import pytest

from webapp.core.clock import utcnow
from webapp.jobs.values import STATES, ShownJob


def _job(**changes: object) -> ShownJob:
    given: dict[str, object] = {
        "key": "k",
        "kind": "test",
        "title": "a.yaml",
        "state": "running",
        "stage": "",
        "done": 0,
        "total": 0,
        "cancel_requested": False,
        "created_at": utcnow(),
        "finished_at": None,
        "arguments": {},
    }
    return ShownJob(**{**given, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("done", "total", "percent"), [(0, 0, 0), (5, 0, 0), (1, 3, 33), (3, 3, 100), (4, 3, 100)]
)
def test_percent_never_leaves_its_range(done: int, total: int, percent: int) -> None:
    assert _job(done=done, total=total).percent == percent


def test_only_jobs_that_wait_or_run_are_open() -> None:
    assert [state for state in STATES if _job(state=state).is_open] == ["queued", "running"]
