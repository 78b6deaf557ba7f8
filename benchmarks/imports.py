"""`python -m benchmarks.imports`: what importing costs as a multiple of PyYAML's C loader; exit 1 on a missed goal."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

RUNS = {1_000: 5, 10_000: 3}
PARSE_MAX = 4.0
IMPORT_MAX = 12.0
MEMORY_MAX = 300.0
LOCKED_MAX = 2.5

Run = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One line of the table: the best and the middle of several runs, and the most that is allowed, if anything is."""

    what: str
    documents: int
    values: Sequence[float]
    unit: str
    goal: float | None
    floors: Sequence[float]

    @property
    def missed(self) -> bool:
        """Tell whether even the best run is above the goal."""
        return self.goal is not None and min(self.values) > self.goal

    def __str__(self) -> str:
        """Return the line."""
        goal = "" if self.goal is None else f"≤ {self.goal:g} {self.unit}"
        verdict = "" if self.goal is None else "MISSED" if self.missed else "ok"
        return (
            f"{self.what:<32}{self.documents:>8,}{min(self.values):>9.2f}{median(self.values):>9.2f} {self.unit:<4}"
            f"{goal:>12}  {verdict:<7}{min(self.floors):>9.2f}{median(self.floors):>9.2f}"
        )


def rows(
    documents: int, parsed: Sequence[Run], imported: Sequence[Run], updated: Sequence[Run]
) -> Iterator[Row]:
    """Yield the lines for one number of documents."""
    floors = [run["floor"] for run in parsed]
    ratios = [run["seconds"]["parse"] / run["floor"] for run in parsed]
    yield Row("parse and validate", documents, ratios, "×", PARSE_MAX, floors)
    floors = [run["floor"] for run in imported]
    for part in ("plan", "apply"):
        name = "plan (with parsing)" if part == "plan" else part
        yield Row(
            name, documents, [run["seconds"][part] / run["floor"] for run in imported], "×", None, floors
        )
    yield from _whole(documents, "import", imported)
    yield from _whole(documents, "update", updated)


def _whole(documents: int, what: str, imported: Sequence[Run]) -> Iterator[Row]:
    floors = [run["floor"] for run in imported]
    whole = [(run["seconds"]["plan"] + run["seconds"]["apply"]) / run["floor"] for run in imported]
    large = documents == max(RUNS)
    new = large and what == "import"
    yield Row(f"whole {what}", documents, whole, "×", IMPORT_MAX if large else None, floors)
    locked = [run["seconds"]["locked"] for run in imported]
    yield Row("database locked meanwhile", documents, locked, "s", LOCKED_MAX if new else None, floors)
    computing = [run["seconds"]["computing"] for run in imported]
    yield Row("of that, computing", documents, computing, "s", None, floors)
    memory = [run["memory"] for run in imported]
    yield Row("most memory of the process", documents, memory, "MiB", MEMORY_MAX if new else None, floors)


def main() -> int:
    """Measure, print the table, and return the exit code."""
    print("Times are multiples of yaml.load_all with the C loader on the same text in the same process.\n")
    print(
        f"{'':<32}{'docs':>8}{'best':>9}{'median':>9} {'':<4}{'goal':>12}  {'':<7}{'floor s':>9}{'median':>9}"
    )
    missed = False
    for documents, runs in RUNS.items():
        parsed = [_run("parse", documents) for _ in range(runs)]
        imported = [_run("import", documents) for _ in range(runs)]
        updated = [_run("update", documents) for _ in range(runs)]
        for row in rows(documents, parsed, imported, updated):
            print(row, flush=True)
            missed = missed or row.missed
    print("\nA goal was missed." if missed else "\nEvery goal was met.")
    return 1 if missed else 0


def _run(what: str, documents: int) -> Run:
    command = [sys.executable, "-m", "benchmarks.measuring", what, str(documents)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: Run = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    sys.exit(main())
