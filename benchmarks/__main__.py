"""`make bench`: what each page takes beside a fixed page; exit 1 only when a page takes too many SQL statements."""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks import report
from benchmarks.load import Connection, percentile, request_bytes, requests_per_second, timed
from benchmarks.scenarios import (
    WRITES,
    Measured,
    Scenario,
    judge,
    judge_clients,
    judge_growth,
    select,
)
from benchmarks.seeding import SIZES, cache_dir, seeded
from benchmarks.serving import OURS, serving
from benchmarks.site import Site, choose_words
from benchmarks.statements import Count, count_statements

APPS = {"warm": OURS, "rows": "benchmarks.floor:create_rows_app", "cold": "benchmarks.floor:create_cold_app"}
FLOOR = "benchmarks.floor:create_floor_app"
CLIENTS = 16
# Before a page is measured: both workers have answered it, compiled their templates and filled their caches.
WARM_UP = 12


@dataclass
class Found:
    """What one size gave."""

    times: dict[str, Measured] = field(default_factory=dict)
    clients: dict[str, float] = field(default_factory=dict)
    counts: list[Count] = field(default_factory=list)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables, keep the results, and return the exit code."""
    options = _options(arguments)
    sizes: list[str] = options.size or ["100k"]
    found = {size: measure(size, options) for size in sizes}
    for size, one in found.items():
        print(f"\n{report.times_table(size, one.times)}\n")
        verdicts = [*judge(one.times), *judge_clients(one.clients)]
        print(report.goals_table(verdicts))
        print(report.counts_table(one.counts))
    if "1k" in found and "1m" in found:
        print("\n" + report.goals_table(judge_growth(found["1k"].times, found["1m"].times)))
    _keep(options.results, found)
    too_many = [one for result in found.values() for one in result.counts if not one.met]
    return 1 if too_many else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--size", action="append", choices=SIZES, help="may be repeated; 100k without it")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds (3)")
    parser.add_argument("--requests", type=int, default=60, help="of each scenario in a round (60)")
    parser.add_argument(
        "--seconds", type=float, default=3.0, help="of 16 clients in a round; 0 leaves them out"
    )
    parser.add_argument(
        "--only", action="append", default=[], help="scenarios whose name holds this; repeatable"
    )
    parser.add_argument(
        "--results", type=Path, default=cache_dir() / "results", help="folder of JSON and SVG"
    )
    return parser.parse_args(arguments)


def measure(size: str, options: argparse.Namespace) -> Found:
    """Return what one size gave: servers of each kind run side by side, and every round asks all of them."""
    with ExitStack() as stack:
        instance = stack.enter_context(seeded(SIZES[size]))
        words = choose_words(instance / "plugdeck.db")
        sites: dict[str, Site] = {}
        for name, factory in APPS.items():
            sites[name] = Site(stack.enter_context(serving(factory, instance)), words)
            stack.callback(sites[name].close)
        pages = instance / "floor"
        pages.mkdir()
        scenarios = select(options.only)
        for page in {"list", *(one.page for one in scenarios if one.floor == "page")}:
            (pages / page).write_bytes(sites["warm"].plain(page).body)
        floor = stack.enter_context(serving(FLOOR, instance, {"PLUGDECK_BENCH_FLOOR": str(pages)}))
        found = Found(times=_rounds(scenarios, sites, floor, options))
        if options.seconds:
            found.clients = _clients(sites, floor, options)
        found.counts = count_statements(instance, words)
        return found


def _rounds(
    scenarios: Sequence[Scenario], sites: Mapping[str, Site], floor: int, options: argparse.Namespace
) -> dict[str, Measured]:
    ours: dict[str, list[float]] = defaultdict(list)
    fixed: dict[str, list[float]] = defaultdict(list)
    beside = Connection(floor)
    for turn in range(options.rounds):
        for one in scenarios:
            print(f"round {turn + 1}: {one.name}", file=sys.stderr, flush=True)
            site = sites[one.cache]
            requests = _requests(one, site, turn)
            floor_request, status = _floor_request(one)
            for number in range(WARM_UP + options.requests):
                seconds = timed(site.connection, next(requests), one.status)
                floor_seconds = timed(beside, floor_request, status)
                if number >= WARM_UP:
                    ours[one.name].append(seconds * 1_000)
                    fixed[one.name].append(floor_seconds * 1_000)
    beside.close()
    return {
        name: Measured(percentile(times, 0.5), percentile(times, 0.95), percentile(fixed[name], 0.5))
        for name, times in ours.items()
    }


def _requests(scenario: Scenario, site: Site, turn: int) -> Iterator[bytes]:
    if scenario.page in WRITES:
        yield from site.writes(scenario.page, (turn + 1) * 1_000_000)
        return
    request = site.read(scenario.page)
    while True:
        yield request


def _floor_request(scenario: Scenario) -> tuple[bytes, int]:
    browser = {"Accept-Encoding": "gzip, br"}
    if scenario.floor == "write":
        return request_bytes("/write", browser, []), 303
    if scenario.floor == "unchanged":
        return request_bytes("/unchanged", browser), 304
    return request_bytes(f"/page/{scenario.page}", browser), 200


def _clients(sites: Mapping[str, Site], floor: int, options: argparse.Namespace) -> dict[str, float]:
    """Return the share of the fixed page's requests a second, warm and cold, the middle of the rounds."""
    fixed = request_bytes("/page/list", {"Accept-Encoding": "gzip, br"})
    shares: dict[str, list[float]] = defaultdict(list)
    for _ in range(options.rounds):
        base = requests_per_second(floor, fixed, clients=CLIENTS, seconds=options.seconds)
        for name in ("warm", "cold"):
            site = sites[name]
            rate = requests_per_second(site.port, site.read("list"), clients=CLIENTS, seconds=options.seconds)
            shares[name].append(rate / base)
    return {name: percentile(values, 0.5) for name, values in shares.items()}


def _keep(folder: Path, found: Mapping[str, Found]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for size, one in found.items():
        kept = {"machine": report.machine(), **asdict(one)}
        (folder / f"{size}.json").write_text(json.dumps(kept, indent=2) + "\n")
        title = f"Times the fixed page takes, {SIZES[size]:,} plugins"
        (folder / f"{size}.svg").write_text(report.chart(title, one.times))
    print(f"\nResults and charts: {folder}")


if __name__ == "__main__":
    sys.exit(main())
