"""Charts as geometry: numbers become rectangles, lines and labels of an SVG. Pure; colours are classes.

All sizes are those of the drawing's own box, which the page scales; a number is rounded to a tenth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDTH, HEIGHT = 760.0, 190.0
TOP, BOTTOM = 10.0, 30.0
LETTER = 6.4
"""How wide a digit of a label is, a little more than it needs."""
GAP_SHARE = 0.28
BAR_MAX = 34.0
STEPS = (1, 2, 5)
TICKS = 4
LABELS = 6
METER = 100.0
SHARE_WIDTH, SHARE_GAP = 340.0, 2.0
SMALLEST = 1.5
"""What is more than nothing can be seen, however much the rest is."""


@dataclass(frozen=True)
class Part:
    """A piece of a column or of a bar of shares: how many, in which colour, and what its tooltip says."""

    number: int
    css: str
    title: str = ""


@dataclass(frozen=True)
class Column:
    """One place along the axis: what stands on it from the bottom up, its label, and what its tooltip says."""

    label: str
    title: str
    parts: tuple[Part, ...]

    @property
    def total(self) -> int:
        """Return how high it is."""
        return sum(part.number for part in self.parts)


@dataclass(frozen=True)
class Rect:
    """A filled rectangle; `title` is what a pointer that rests on it is told."""

    x: float
    y: float
    width: float
    height: float
    css: str
    title: str = ""


@dataclass(frozen=True)
class Line:
    """A line across the chart at a number of the axis."""

    y: float
    label: str


@dataclass(frozen=True)
class Label:
    """A word below the axis; `anchor` says which end of it stands at `x`."""

    x: float
    text: str
    anchor: str


@dataclass(frozen=True)
class Chart:
    """A drawing with an axis. `line` and `area` are paths; "" in a chart of bars."""

    width: float
    height: float
    left: float
    lines: tuple[Line, ...]
    rects: tuple[Rect, ...]
    labels: tuple[Label, ...]
    line: str = ""
    area: str = ""


def axis(highest: int) -> tuple[int, ...]:
    """Return the numbers of an axis from 0 up to at least `highest`: few, whole and round."""
    if highest <= 0:
        return (0, 1)
    size = 1
    while True:
        for step in STEPS:
            if step * size * TICKS >= highest:
                steps = -(-highest // (step * size))
                return tuple(range(0, (steps + 1) * step * size, step * size))
        size *= 10


def short(number: int) -> str:
    """Return a number as an axis has room for it: 950, 1.5k, 20k, 3M."""
    for size, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if number >= size:
            whole, rest = divmod(number, size)
            tenth = rest * 10 // size
            return f"{whole:,}.{tenth}{letter}" if tenth and whole < 100 else f"{whole:,}{letter}"
    return str(number)


def stacked_bars(columns: Sequence[Column]) -> Chart:
    """Return columns of parts that stand on each other."""
    frame = _Frame.of(columns)
    rects = []
    width = min(frame.step * (1 - GAP_SHARE), BAR_MAX)
    for place, column in enumerate(columns):
        x, below = frame.middle(place) - width / 2, frame.bottom
        for part in column.parts:
            if part.number:
                height = max(frame.rise(part.number), SMALLEST)
                below -= height
                rects.append(_rect(x, below, width, height, part.css, part.title or column.title))
    return frame.chart(columns, rects)


def area(columns: Sequence[Column], css: str) -> Chart:
    """Return a line over the totals of the columns with the area below it.

    Each column has a rectangle of its whole height, so that a pointer finds its tooltip wherever it rests.
    """
    frame = _Frame.of(columns)
    points = [
        (frame.middle(place), frame.bottom - frame.rise(column.total)) for place, column in enumerate(columns)
    ]
    rects = [
        _rect(frame.left + frame.step * place, TOP, frame.step, frame.bottom - TOP, css, column.title)
        for place, column in enumerate(columns)
    ]
    if not points:
        return frame.chart(columns, rects)
    # The line goes on to both edges, so that one column alone is a line as well.
    ends = [(frame.left, points[0][1]), *points, (WIDTH, points[-1][1])]
    line = " ".join(f"{'L' if index else 'M'}{_n(x)} {_n(y)}" for index, (x, y) in enumerate(ends))
    below = f"{line} L{_n(WIDTH)} {_n(frame.bottom)} L{_n(frame.left)} {_n(frame.bottom)} Z"
    return frame.chart(columns, rects, line, below)


def shares(parts: Sequence[Part], height: float = 14.0) -> tuple[Rect, ...]:
    """Return one bar that is divided as its parts are; nothing when they are all nothing."""
    shown = [part for part in parts if part.number > 0]
    total = sum(part.number for part in shown)
    if not total:
        return ()
    room = SHARE_WIDTH - SHARE_GAP * (len(shown) - 1)
    widths = [max(room * part.number / total, SMALLEST * 2) for part in shown]
    # What the smallest were given more is taken from all.
    scale = room / sum(widths)
    rects, x = [], 0.0
    for part, width in zip(shown, widths, strict=True):
        rects.append(_rect(x, 0, width * scale, height, part.css, part.title))
        x += width * scale + SHARE_GAP
    return tuple(rects)


def meter(number: int, highest: int) -> float:
    """Return how far a meter of 100 is filled by a number out of the highest one."""
    if number <= 0 or highest <= 0:
        return 0.0
    return _n(max(METER * min(number, highest) / highest, SMALLEST))


@dataclass(frozen=True)
class _Frame:
    """Where the axis is and how far apart things stand on it."""

    left: float
    bottom: float
    step: float
    ticks: tuple[int, ...]

    @classmethod
    def of(cls, columns: Sequence[Column]) -> _Frame:
        ticks = axis(max((column.total for column in columns), default=0))
        left = 8 + LETTER * max(2, *(len(short(tick)) for tick in ticks))
        return cls(left, HEIGHT - BOTTOM, (WIDTH - left) / max(len(columns), 1), ticks)

    def middle(self, place: int) -> float:
        return self.left + self.step * (place + 0.5)

    def rise(self, number: int) -> float:
        return (self.bottom - TOP) * number / self.ticks[-1]

    def chart(
        self, columns: Sequence[Column], rects: Sequence[Rect], line: str = "", below: str = ""
    ) -> Chart:
        lines = tuple(Line(_n(self.bottom - self.rise(tick)), short(tick)) for tick in reversed(self.ticks))
        return Chart(WIDTH, HEIGHT, _n(self.left), lines, tuple(rects), self._labels(columns), line, below)

    def _labels(self, columns: Sequence[Column]) -> tuple[Label, ...]:
        """Return so many of the labels as have room, evenly spread; the first and the last stay inside the chart."""
        if not columns:
            return ()
        last = len(columns) - 1
        number = min(LABELS, len(columns))
        places = sorted({round(last * index / max(number - 1, 1)) for index in range(number)})
        found = []
        for place in places:
            anchor = "middle" if 0 < place < last or last == 0 else "start" if place == 0 else "end"
            x = self.middle(place)
            if anchor == "start":
                x = self.left
            elif anchor == "end":
                x = WIDTH
            found.append(Label(_n(x), columns[place].label, anchor))
        assert all(one.x < other.x for one, other in pairwise(found))
        return tuple(found)


def _rect(x: float, y: float, width: float, height: float, css: str, title: str) -> Rect:
    return Rect(_n(x), _n(y), _n(width), _n(height), css, title)


def _n(value: float) -> float:
    return round(value, 1)
