"""A worker that is told to stop several times stops."""

from __future__ import annotations

import inspect
import signal
from collections.abc import Callable

import pytest
from granian import _signals
from granian.server.mp import MPServer

from webapp import worker


class Loop:
    """Keeps the handlers of signals."""

    def __init__(self) -> None:
        self.handlers: dict[int, Callable[[], None]] = {}

    def add_signal_handler(self, number: int, handler: Callable[[], None]) -> None:
        self.handlers[number] = handler


class Stop:
    """Counts how often it is set; granian's may never return from the second time."""

    def __init__(self) -> None:
        self.times = 0

    def set(self) -> None:
        self.times += 1


def test_a_worker_hears_the_first_signal_to_stop_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_signals, "set_loop_signals", _signals.set_loop_signals)  # Put back afterwards.
    monkeypatch.setattr(worker, "WorkerSignal", Stop)
    worker._hear_once()
    loop = Loop()
    stop = _signals.set_loop_signals(loop)
    assert set(loop.handlers) == {signal.SIGINT, signal.SIGTERM}
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        loop.handlers[number]()
    assert stop.times == 1


def test_granian_looks_it_up_when_a_worker_starts() -> None:
    assert "from granian._signals import set_loop_signals" in inspect.getsource(MPServer._spawn_rsgi_worker)
