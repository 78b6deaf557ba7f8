"""`make bench`: what each page takes beside a fixed page; exit 1 only when a page takes too many SQL statements."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks import report
from benchmarks.competitor import compare
from benchmarks.footprint import compare_footprints
from benchmarks.load import Connection, percentile, request_bytes, requests_per_second, timed
from benchmarks.scenarios import (
    Compared,
    Measured,
    Scenario,
    Verdict,
    judge,
    judge_clients,
    judge_competitor,
    judge_databases,
    judge_footprint,
    judge_growth,
    select,
)
from benchmarks.seeding import DATABASES, POSTGRESQL, SIZES, SQLITE, cache_dir, seeded
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
    """What one size gave on one database."""

    version: str = ""
    times: dict[str, Measured] = field(default_factory=dict)
    clients: dict[str, float] = field(default_factory=dict)
    counts: list[Count] = field(default_factory=list)
    footprint: dict[str, Compared] = field(default_factory=dict)
    competitor: dict[str, Compared] = field(default_factory=dict)

    @property
    def verdicts(self) -> list[Verdict]:
        """Return each goal that concerns it."""
        return [
            *judge(self.times),
            *judge_clients(self.clients),
            *judge_footprint(self.footprint),
            *judge_competitor(self.competitor),
        ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables, keep the results, and return the exit code."""
    # Stopped from outside, it still takes its servers down.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    options = _options(arguments)
    sizes: list[str] = options.size or ["100k"]
    found: dict[tuple[str, str], Found] = {}
    for size in sizes:
        for database in options.database or [SQLITE]:
            one = found[size, database] = measure(size, database, options)
            print(f"\n{report.times_table(f'{size}, {database} {one.version}', one.times)}\n")
            print(report.compared_table({**one.footprint, **one.competitor}))
            print(report.goals_table(one.verdicts))
            print(report.counts_table(one.counts), flush=True)
            _keep(options.results, size, database, one)
    across = _across(found)
    if across:
        print("\n" + report.goals_table(across))
    print(f"\n{', '.join(f'{name}: {value}' for name, value in report.machine().items())}")
    print(f"Results and charts: {options.results}")
    too_many = [one for result in found.values() for one in result.counts if not one.met]
    return 1 if too_many else 0


def _across(found: Mapping[tuple[str, str], Found]) -> list[Verdict]:
    """Return the goals that compare sizes, or databases."""
    verdicts: list[Verdict] = []
    for size, database in found:
        one = found[size, database].times
        if size == "1m" and ("1k", database) in found:
            verdicts += judge_growth(found["1k", database].times, one)
        if database == POSTGRESQL and (size, SQLITE) in found:
            verdicts += judge_databases(found[size, SQLITE].times, one)
    return verdicts


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--size", action="append", choices=SIZES, help="may be repeated; 100k without it")
    parser.add_argument(
        "--database", action="append", choices=DATABASES, help="may be repeated; sqlite without it"
    )
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


def measure(size: str, database: str, options: argparse.Namespace) -> Found:
    """Return what one size gave: servers of each kind run side by side, and every round asks all of them."""
    with ExitStack() as stack:
        installation = stack.enter_context(seeded(SIZES[size], database))
        found = Found(installation.version)
        if not options.only and database == SQLITE:
            found.footprint = compare_footprints(installation, options.rounds)
        words = choose_words(installation.database_url)
        sites: dict[str, Site] = {}
        for name, factory in APPS.items():
            sites[name] = Site(stack.enter_context(serving(factory, installation)), words)
            stack.callback(sites[name].close)
        pages = installation.folder / "floor"
        pages.mkdir()
        scenarios = select(options.only)
        for page in {"list", *(one.page for one in scenarios if one.floor == "page")}:
            (pages / page).write_bytes(sites["warm"].plain(page).body)
        floor = stack.enter_context(serving(FLOOR, installation, {"PLUGDECK_BENCH_FLOOR": str(pages)}))
        found.times = _rounds(scenarios, sites, floor, options)
        if options.seconds:
            found.clients = _clients(sites, floor, options)
        # The goal is for 100,000; at a million Django's server did not come up.
        if not options.only and database == SQLITE and size != "1m":
            found.competitor = compare(installation, sites, words, options.rounds)
        found.counts = count_statements(installation, words, small=size == "1k")
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
            requests = site.requests(one.page, (turn + 1) * 1_000_000)
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


def _keep(folder: Path, size: str, database: str, found: Found) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = size if database == SQLITE else f"{size}-{database}"
    kept = {"machine": report.machine(), **asdict(found)}
    (folder / f"{name}.json").write_text(json.dumps(kept, indent=2) + "\n")
    title = f"Times the floor takes: {SIZES[size]:,} plugins, {database}"
    (folder / f"{name}.svg").write_text(report.chart(title, found.times))


if __name__ == "__main__":
    sys.exit(main())
