from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core import meters
from webapp.core.meters import SECONDS, Meters, counter, histogram
from webapp.operations.exposition import exposition

COUNTED = counter("test_things_total", "Things with\na break.", "kind")
TOOK = histogram("test_seconds", "How long it took.", "route")
# Prometheus, text format 0.0.4: a name, labels, a value.
LINE = re.compile(
    r'[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-z_]+="(?:[^"\\\n]|\\.)*"(,[a-z_]+="(?:[^"\\\n]|\\.)*")*\})? \S+'
)


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Meters:
    """Return numbers that no other test counts in."""
    found = Meters()
    monkeypatch.setattr(meters, "METERS", found)
    return found


def lines(found: Meters) -> list[str]:
    return [line for line in exposition(found.read()).split("\n") if "test_" in line]


def test_a_counter_is_told_with_what_it_is(own: Meters) -> None:
    COUNTED.inc("a")
    COUNTED.inc("a", by=2)
    COUNTED.inc('b"\\\n')
    assert lines(own)[-3:] == [
        "# TYPE test_things_total counter",
        'test_things_total{kind="a"} 3',
        'test_things_total{kind="b\\"\\\\\\n"} 1',
    ]
    assert "# HELP test_things_total Things with\\na break." in lines(own)


@given(st.lists(st.floats(0, 20), min_size=1, max_size=40))
def test_buckets_hold_what_is_no_longer_than_they_say(taken: list[float]) -> None:
    found = Meters()
    family = TOOK
    for seconds in taken:
        at = next((index for index, bound in enumerate(SECONDS) if seconds <= bound), len(SECONDS))
        found.add((family.name, ("/", str(at))), 1)
        found.add((family.name, ("/", "sum")), seconds)
    shown = dict(line.rsplit(" ", 1) for line in lines(found) if not line.startswith("#"))
    for bound in SECONDS:
        text = str(int(bound)) if bound == int(bound) else repr(bound)
        inside = int(shown[f'test_seconds_bucket{{route="/",le="{text}"}}'])
        assert inside == sum(seconds <= bound for seconds in taken)
    assert shown['test_seconds_bucket{route="/",le="+Inf"}'] == str(len(taken))
    assert shown['test_seconds_count{route="/"}'] == str(len(taken))
    assert float(shown['test_seconds_sum{route="/"}']) == pytest.approx(sum(taken))


@given(st.dictionaries(st.text(max_size=20), st.integers(0, 1_000), max_size=20))
def test_every_line_is_one_that_prometheus_reads(counts: dict[str, int]) -> None:
    found = Meters()
    for label, number in counts.items():
        found.add((COUNTED.name, (label,)), number)
    for line in lines(found):
        assert line.startswith("# ") or LINE.fullmatch(line), line
