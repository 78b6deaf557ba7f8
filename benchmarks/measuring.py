"""One measurement in a process of its own: times of the parts of an import, the floor beside them, and the memory."""

from __future__ import annotations

import gc
import json
import logging
import os
import resource
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import flask_migrate
import structlog
import yaml
from cryptography.fernet import Fernet
from flask import Flask

from benchmarks.documents import CONNECTIONS, manifests
from webapp.accounts.identity import Viewer
from webapp.accounts.queries.viewers import get_cli_viewer
from webapp.accounts.service import create_account, create_user
from webapp.app import create_app
from webapp.config import Settings
from webapp.db.session import current_session
from webapp.extensions import db
from webapp.manifests import service
from webapp.manifests.loader import Source, load_sources
from webapp.manifests.validation import validate

KIB_PER_MIB = 1024


@dataclass
class Times:
    """Seconds of each part, and the most memory that the process has held, in MiB."""

    documents: int
    characters: int
    floor: float = 0.0
    seconds: dict[str, float] = field(default_factory=dict)
    memory: float = 0.0


def measure(what: str, count: int) -> Times:
    """Measure `parse` (reading with line numbers, and validation), or parse, plan and apply: `import` of new records,
    `update` of as many that exist.

    What is imported is written by another process, so that only the import counts as memory of this one.
    The floor, PyYAML's C loader on the same text, runs last: its memory is not the import's.
    """
    with _application() as app:
        viewer = None if what == "parse" else _viewer(app)
        path = Path(app.instance_path) / "bench.yaml"

        def prepare() -> None:
            text = manifests(count)
            path.write_text(text if what != "update" else _changed(text), "utf-8")
            if viewer and what == "update":
                _import(app, viewer, text, Times(count, len(text)))

        _in_another_process(prepare)
        text = path.read_text("utf-8")
        times = Times(count, len(text))
        if viewer is None:
            _parse(app, text, times)
        else:
            _import(app, viewer, text, times)
    times.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MIB
    gc.collect()
    times.floor = _seconds(lambda: _floor(text))
    return times


def _changed(text: str) -> str:
    return text.replace("\n  description: >-\n", "\n  description: >-\n    Changed.\n")


def _parse(app: Flask, text: str, times: Times) -> None:
    schemas = app.extensions["manifest_kinds"].schemas()

    def parse() -> None:
        models: list[Any] = []

        def visit(document: Any) -> Any:
            model, problems = validate(document, schemas)
            assert model is not None, problems
            models.append(model)
            return document

        load_sources([Source("bench.yaml", text)], visit=visit)

    times.seconds["parse"] = _seconds(parse)


def _in_another_process(run: Callable[[], object]) -> None:
    """Run something whose memory is not ours, on the same database."""
    current_session().close()
    db.engine.dispose()
    child = os.fork()
    if child == 0:
        try:
            run()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0


def _import(app: Flask, viewer: Viewer, text: str, times: Times) -> None:
    kinds = app.extensions["manifest_kinds"]
    plans: list[Any] = []
    times.seconds["plan"] = _seconds(
        lambda: plans.append(service.plan(viewer, [Source("bench.yaml", text)], kinds))
    )
    assert not plans[0].refused, plans[0].all_problems[:3]
    with _locked(times):
        times.seconds["apply"] = _seconds(lambda: service.apply(viewer, plans[0], kinds))


@contextmanager
def _locked(times: Times) -> Any:
    """Note how long the database is locked meanwhile: from the first statement of the writer to its commit."""
    begun: list[float] = []
    computed: list[float] = []
    original = service.applying.transaction  # type: ignore[attr-defined]

    @contextmanager
    def timed() -> Any:
        with original() as session:
            begun.append(time.perf_counter())
            computed.append(time.process_time())
            yield session
        times.seconds["locked"] = time.perf_counter() - begun[-1]
        times.seconds["computing"] = time.process_time() - computed[-1]

    service.applying.transaction = timed  # type: ignore[attr-defined]
    try:
        yield
    finally:
        service.applying.transaction = original  # type: ignore[attr-defined]


def _floor(text: str) -> None:
    for _ in yaml.load_all(text, yaml.CSafeLoader):
        pass


def _seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _viewer(app: Flask) -> Viewer:
    account = create_account("Benchmark")
    create_user("bench", account.number, "staff", "a password for nobody", "Bench")
    viewer, kinds = get_cli_viewer("bench"), app.extensions["manifest_kinds"]
    service.apply(viewer, service.plan(viewer, [Source("connections.yaml", CONNECTIONS)], kinds), kinds)
    return viewer


@contextmanager
def _application() -> Any:
    with tempfile.TemporaryDirectory(prefix="plugdeck-bench-") as folder:
        app = create_app(
            Settings(
                database_url=f"sqlite:///{Path(folder) / 'bench.db'}",
                cache_url="",
                secret_key="bench",
                encryption_keys=(Fernet.generate_key().decode("ascii"),),
                instance_dir=Path(folder),
                testing=True,
            )
        )
        with app.app_context():
            flask_migrate.upgrade()
            yield app
            current_session().close()
            db.engine.dispose()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    print(json.dumps(asdict(measure(sys.argv[1], int(sys.argv[2])))))
