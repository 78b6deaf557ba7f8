"""What a run found, as a table for the terminal, a chart in SVG and the machine's description."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from benchmarks.scenarios import Compared, Times, Verdict
from benchmarks.statements import Count

BAR_HEIGHT = 18
ROW_HEIGHT = 26
LABEL_WIDTH = 220
CHART_WIDTH = 760
# Readable on white and on black alike.
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#24292f}rect{fill:#3b76d4}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}rect{fill:#6ea0f0}}"
)


def times_table(size: str, times: Times) -> str:
    """Return the times of each scenario and of the floor beside it, in milliseconds."""
    head = f"{size:<26}{'p50 ms':>10}{'p95 ms':>10}{'floor ms':>10}{'ratio':>9}"
    lines = [
        f"{name:<26}{one.p50:>10.2f}{one.p95:>10.2f}{one.floor_p50:>10.2f}{one.ratio:>8.2f}×"
        for name, one in times.items()
    ]
    return "\n".join([head, *lines])


def compared_table(found: Mapping[str, Compared]) -> str:
    """Return what a bare application or another admin takes, and ours; an empty text when nothing was compared."""
    if not found:
        return ""
    head = f"{'beside ours':<26}{'theirs':>10}{'ours':>10}"
    lines = [f"{name:<26}{one.theirs:>10.2f}{one.ours:>10.2f}" for name, one in found.items()]
    return "\n".join([head, *lines, ""])


def goals_table(verdicts: Sequence[Verdict]) -> str:
    """Return each goal with what was found."""
    return "\n".join(
        f"{one.line:>2}  {one.what:<42}{one.found:>8.2f}  {one.goal:>7}  {'met' if one.met else 'MISSED'}"
        for one in verdicts
    )


def counts_table(counts: Sequence[Count]) -> str:
    """Return each count of statements with its limit."""
    return "\n".join(
        f" 9  statements: {one.what:<42}{one.found:>4}  ≤ {one.limit:<3}  {'met' if one.met else 'MISSED'}"
        for one in counts
    )


def chart(title: str, times: Times) -> str:
    """Return a bar for each scenario, as long as it takes times its floor, as an SVG picture."""
    longest = max((one.ratio for one in times.values()), default=1.0)
    height = ROW_HEIGHT * (len(times) + 2)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {CHART_WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<text x="0" y="{ROW_HEIGHT - 8}">{escape(title)}</text>',
    ]
    for number, (name, one) in enumerate(times.items(), start=1):
        top = number * ROW_HEIGHT
        width = max(1.0, one.ratio / longest * (CHART_WIDTH - LABEL_WIDTH - 70))
        baseline = top + BAR_HEIGHT - 4
        parts += [
            f'<text x="0" y="{baseline}">{escape(name)}</text>',
            f'<rect x="{LABEL_WIDTH}" y="{top}" width="{width:.1f}" height="{BAR_HEIGHT}" rx="2"/>',
            f'<text x="{LABEL_WIDTH + width + 6:.1f}" y="{baseline}">{one.ratio:.1f}×</text>',
        ]
    return "\n".join([*parts, "</svg>\n"])


def machine() -> dict[str, str]:
    """Return what the times depend on."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{pages / 1024**3:.0f} GiB",
        "python": platform.python_version(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next(
        (line.partition(":")[2].strip() for line in lines if "model name" in line), platform.machine()
    )
