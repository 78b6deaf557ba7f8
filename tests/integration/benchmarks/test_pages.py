"""`python -m benchmarks` with a handful of plugins and real servers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import __main__ as benchmark
from benchmarks import seeding
from benchmarks.competitor import compare
from benchmarks.footprint import compare_footprints
from benchmarks.serving import OURS, serving
from benchmarks.site import Site, choose_words


@pytest.mark.soak
def test_two_scenarios_are_measured_beside_the_floor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(seeding.CACHE_DIR, str(tmp_path / "cache"))
    monkeypatch.setitem(seeding.SIZES, "1k", 100)
    results = tmp_path / "results"
    few = ["--size", "1k", "--rounds", "1", "--requests", "2", "--seconds", "0", "--results", str(results)]
    benchmark.main([*few, "--only", "share", "--only", "create"])
    found = json.loads((results / "1k.json").read_text())
    assert set(found["times"]) == {"share link", "create"}
    assert all(one["floor_p50"] > 0 for one in found["times"].values())
    assert [one["what"] for one in found["counts"]][:2] == ["list, warm", "list, cold"]
    assert (results / "1k.svg").read_text().startswith("<svg")
    assert {path.name for path in (tmp_path / "cache").iterdir()} == {"bytecode", "seeded-100"}


@pytest.mark.soak
def test_memory_start_and_django_are_measured_where_it_can_be_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(seeding.CACHE_DIR, str(tmp_path / "cache"))
    monkeypatch.setitem(seeding.SIZES, "1k", 100)
    with seeding.seeded(100) as installation:
        found = compare_footprints(installation, 1)
        words = choose_words(installation.database_url)
        with serving(OURS, installation) as port:
            site = Site(port, words)
            compared = compare(installation, {"warm": site, "cold": site}, words, 1)
            site.close()
    assert set(found) == {"memory of 2 workers, MiB", "start to first page, s"}
    assert all(one.ours > 0 and one.theirs > 0 for one in [*found.values(), *compared.values()])
