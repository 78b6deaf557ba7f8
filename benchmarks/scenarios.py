"""The table of scenarios: what is asked of which application, what stands beside it, and the goals of issue 6."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from benchmarks.site import WRITES

Times = Mapping[str, "Measured"]


@dataclass(frozen=True)
class Scenario:
    """One line that is measured.

    Args:
        name: of the line; results are kept under it.
        page: what is asked for, a name that `benchmarks.site` knows.
        cache: `warm`, `rows` (only the rows of lists are cached) or `cold` (nothing is).
        floor: `page` (the same bytes from memory), `unchanged` (a bare 304) or `write` (one row committed).
        status: what it must answer.
    """

    name: str
    page: str
    cache: str = "warm"
    floor: str = "page"
    status: int = 200


SCENARIOS = (
    Scenario("list, warm", "list"),
    Scenario("list partial, warm", "partial"),
    Scenario("list unchanged (304)", "unchanged", floor="unchanged", status=304),
    Scenario("list, cold", "list", "cold"),
    Scenario("list, rows cached", "list", "rows"),
    Scenario("deep page, cold", "deep", "cold"),
    Scenario("tag filter, cold", "tag", "cold"),
    Scenario("common search, cold", "common", "cold"),
    Scenario("rare search, cold", "rare", "cold"),
    Scenario("record page", "record"),
    Scenario("record page, cold", "record", "cold"),
    Scenario("edit form", "edit"),
    Scenario("edit form, cold", "edit", "cold"),
    Scenario("share link", "share", status=302),
    Scenario("save", "save", floor="write", status=303),
    Scenario("create", "create", floor="write", status=303),
)


@dataclass(frozen=True)
class Measured:
    """The times of a scenario, in milliseconds, and of the floor in the same minute."""

    p50: float
    p95: float
    floor_p50: float

    @property
    def ratio(self) -> float:
        """Return how many times the floor it takes."""
        return self.p50 / self.floor_p50


@dataclass(frozen=True)
class Compared:
    """Theirs and ours of the same minute: milliseconds, seconds or MiB."""

    theirs: float
    ours: float


@dataclass(frozen=True)
class Verdict:
    """One goal and what was found."""

    line: int
    what: str
    found: float
    limit: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Tell whether the goal is met."""
        return self.found >= self.limit if self.at_least else self.found <= self.limit

    @property
    def goal(self) -> str:
        """Return the goal as it is written."""
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}"


# Line of the table, scenario, and how many times the floor it may take.
FLOOR_GOALS = (
    (1, "list, warm", 2.2),
    (1, "list partial, warm", 2.2),
    (1, "list unchanged (304)", 1.7),
    (2, "list, cold", 8.0),
    (2, "list, rows cached", 4.0),
    (6, "record page", 4.0),
    (6, "edit form", 4.0),
    (6, "save", 4.0),
    (6, "create", 4.0),
    (7, "share link", 3.0),
)
# Line, scenario, and how many times the same with 1,000 plugins it may take.
GROWTH_GOALS = (
    (3, "list, cold", 1.5),
    (3, "deep page, cold", 1.5),
    (3, "tag filter, cold", 1.5),
    (4, "common search, cold", 2.0),
    (4, "rare search, cold", 4.0),
)


def judge(times: Times) -> list[Verdict]:
    """Return the goals that concern one size; what was not measured is left out."""
    found = [
        Verdict(line, f"{name} / floor", times[name].ratio, limit)
        for line, name, limit in FLOOR_GOALS
        if name in times
    ]
    if "list, cold" in times:
        for name, limit in (("rare search, cold", 1.5), ("common search, cold", 2.0)):
            if name in times:
                found.append(
                    Verdict(5, f"{name} / list, cold", times[name].p50 / times["list, cold"].p50, limit)
                )
    for name in WRITES:
        if name in times:
            found.append(Verdict(7, f"{name} p95 / p50", times[name].p95 / times[name].p50, 3.0))
    return sorted(found, key=lambda verdict: verdict.line)


def judge_growth(small: Times, large: Times) -> list[Verdict]:
    """Return the goals that compare 1,000,000 plugins with 1,000 of the same run."""
    both = [goal for goal in GROWTH_GOALS if goal[1] in small and goal[1] in large]
    return [
        Verdict(line, f"{name}, 1m / 1k", large[name].p50 / small[name].p50, limit)
        for line, name, limit in both
    ]


def judge_clients(shares: Mapping[str, float]) -> list[Verdict]:
    """Return the goals for 16 clients at once: the share of the fixed page's requests a second."""
    goals = {"warm": 0.45, "cold": 0.2}
    return [
        Verdict(8, f"16 clients, {name}, share of req/s", shares[name], limit, at_least=True)
        for name, limit in goals.items()
        if name in shares
    ]


def judge_databases(sqlite: Times, postgresql: Times) -> list[Verdict]:
    """Return the goal for PostgreSQL: each ratio to its own floor within 1.5 of SQLite's."""
    both = [name for name in sqlite if name in postgresql]
    return [
        Verdict(11, f"{name}, PostgreSQL / SQLite", postgresql[name].ratio / sqlite[name].ratio, 1.5)
        for name in both
    ]


def judge_footprint(found: Mapping[str, Compared]) -> list[Verdict]:
    """Return the goals for memory and for the time to start, beside a bare application."""
    limits = {"memory of 2 workers, MiB": 1.4, "start to first page, s": 1.6}
    return [
        Verdict(10, f"{name.partition(',')[0]} / bare app", one.ours / one.theirs, limits[name])
        for name, one in found.items()
    ]


def judge_competitor(found: Mapping[str, Compared]) -> list[Verdict]:
    """Return the goals beside Django's admin: how many times ours it takes."""
    limits = {"admin list": 20.0, "admin deep": 60.0, "admin save": 4.0}
    return [
        Verdict(12, f"Django's {name} / ours", one.theirs / one.ours, limits[name], at_least=True)
        for name, one in found.items()
    ]


def select(words: Iterable[str]) -> tuple[Scenario, ...]:
    """Return the scenarios whose name holds one of the words, all of them without words."""
    wanted = [word.lower() for word in words]
    return tuple(one for one in SCENARIOS if not wanted or any(word in one.name for word in wanted))
