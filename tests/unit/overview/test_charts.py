"""Charts stay in their box and say the truth, whatever the numbers."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.overview.charts import (
    BAR_MAX,
    BOTTOM,
    HEIGHT,
    SHARE_WIDTH,
    SMALLEST,
    TOP,
    WIDTH,
    Column,
    Part,
    area,
    axis,
    meter,
    shares,
    short,
    stacked_bars,
)

NUMBERS = st.integers(0, 10**12)
FLOOR = HEIGHT - BOTTOM


def columns(*stacks: tuple[int, ...]) -> list[Column]:
    return [
        Column(
            str(place),
            f"column {place}",
            tuple(Part(number, f"f-{index}") for index, number in enumerate(stack)),
        )
        for place, stack in enumerate(stacks)
    ]


@given(NUMBERS)
def test_an_axis_is_short_round_and_high_enough(highest: int) -> None:
    ticks = axis(highest)
    assert ticks[0] == 0 and ticks[-1] >= highest and 2 <= len(ticks) <= 5
    step = ticks[1]
    assert all(other - one == step for one, other in pairwise(ticks))
    assert str(step).rstrip("0") in ("1", "2", "5")


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [
        (0, (0, 1)),
        (1, (0, 1)),
        (3, (0, 1, 2, 3)),
        (5, (0, 2, 4, 6)),
        (41, (0, 20, 40, 60)),
        (1_000, (0, 500, 1_000)),
    ],
)
def test_the_axis_of(highest: int, ticks: tuple[int, ...]) -> None:
    assert axis(highest) == ticks


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1k"),
        (1_500, "1.5k"),
        (20_000, "20k"),
        (150_000, "150k"),
        (2_500_000, "2.5M"),
        (10**12, "1,000G"),
    ],
)
def test_the_axis_says(number: int, text: str) -> None:
    assert short(number) == text


@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=100))
def test_bars_stay_in_the_box_and_stand_on_each_other(stacks: list[tuple[int, int]]) -> None:
    chart = stacked_bars(columns(*stacks))
    assert len(chart.rects) == sum(bool(number) for stack in stacks for number in stack)
    for rect in chart.rects:
        assert chart.left - 0.1 <= rect.x and rect.x + rect.width <= WIDTH + 0.2
        assert rect.y >= TOP - 2 * SMALLEST - 0.2 and rect.y + rect.height <= FLOOR + 0.2
        assert 0 < rect.width <= BAR_MAX and rect.height >= SMALLEST
    for place, stack in enumerate(stacks):
        mine = [rect for rect in chart.rects if rect.title == f"column {place}"]
        if all(stack):
            below, above = mine
            assert above.y + above.height == pytest.approx(below.y, abs=0.2)


def test_nothing_one_bar_and_a_huge_one() -> None:
    assert stacked_bars([]).rects == () and stacked_bars([]).labels == ()
    assert stacked_bars(columns((0, 0))).rects == ()
    [only] = stacked_bars(columns((7,))).rects
    assert only.width == BAR_MAX and only.y + only.height == FLOOR
    small, huge = stacked_bars(columns((1,), (10**9,))).rects
    assert (small.height, huge.y, huge.height) == (SMALLEST, TOP, FLOOR - TOP)


def test_the_axis_leaves_room_for_what_it_says() -> None:
    assert stacked_bars(columns((5,))).left < stacked_bars(columns((250_000,))).left


@given(st.integers(1, 120))
def test_a_few_labels_are_spread_and_stay_in_the_box(number: int) -> None:
    chart = stacked_bars(columns(*[(1,)] * number))
    assert len(chart.labels) == min(number, 6)
    assert chart.labels[0].text == "0" and chart.labels[-1].text == str(number - 1)
    if number > 1:
        assert (chart.labels[0].anchor, chart.labels[-1].anchor) == ("start", "end")
    assert all(chart.left <= label.x <= WIDTH for label in chart.labels)


@given(st.lists(NUMBERS, min_size=1, max_size=100))
def test_a_line_goes_from_edge_to_edge_and_its_tooltips_cover_it(numbers: list[int]) -> None:
    chart = area(columns(*((number,) for number in numbers)), "hit")
    points = [tuple(map(float, point)) for point in re.findall(r"[ML]([\d.]+) ([\d.]+)", chart.line)]
    assert len(points) == len(numbers) + 2
    assert points[0][0] == chart.left and points[-1][0] == WIDTH
    assert all(TOP <= y <= FLOOR for _, y in points)
    assert chart.area.startswith(chart.line) and chart.area.endswith("Z")
    assert [rect.title for rect in chart.rects] == [f"column {place}" for place in range(len(numbers))]


def test_a_line_of_nothing_is_none() -> None:
    assert area([], "hit").line == ""


@given(st.lists(NUMBERS, max_size=6))
def test_shares_fill_the_bar_and_what_is_there_is_seen(numbers: list[int]) -> None:
    rects = shares([Part(number, "f") for number in numbers])
    assert len(rects) == sum(map(bool, numbers))
    if rects:
        assert rects[0].x == 0 and rects[-1].x + rects[-1].width == pytest.approx(SHARE_WIDTH, abs=0.3)
        assert all(rect.width > SMALLEST for rect in rects)
        assert all(one.x + one.width < other.x for one, other in pairwise(rects))


@given(NUMBERS, NUMBERS)
def test_a_meter_is_full_for_the_most_and_empty_for_nothing(number: int, highest: int) -> None:
    filled = meter(number, highest)
    assert 0 <= filled <= 100
    assert bool(filled) == bool(number and highest)
    assert meter(highest, highest) == (100 if highest else 0)
