from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webapp.plugins.queries.planning import PAGE_ROWS, choose_driver, worth_collecting

counts = st.integers(0, 2_000_000)


def test_without_a_further_filter_the_list_is_walked() -> None:
    assert choose_driver(1_000_000, 1_000_000, [], {}) is None


def test_a_rare_filter_is_collected_and_a_frequent_one_met_on_the_way() -> None:
    assert choose_driver(1_000_000, 1_000_000, [12], {"tag": 12}) == "tag"
    assert choose_driver(1_000_000, 1_000_000, [300_000], {"tag": 300_000}) is None


def test_the_smallest_set_is_collected() -> None:
    drivers = {"tag common": 90_000, "tag rare": 40, "owner": 600}
    assert choose_driver(100_000, 600, [90_000, 40], drivers) == "tag rare"


def test_filters_that_are_frequent_alone_but_rare_together_are_collected() -> None:
    shares = [8_000, 8_000]
    assert choose_driver(100_000, 100_000, [8_000], {"a": 8_000}) is None
    assert choose_driver(100_000, 1_000, shares, {"a": 8_000, "b": 8_000}) in ("a", "b")


def test_without_an_index_any_smaller_set_is_better() -> None:
    assert choose_driver(100_000, 100_000, [60_000], {"tag": 60_000}, indexed=False) == "tag"


@given(counts, counts, st.lists(counts, max_size=3), st.dictionaries(st.text(), counts, max_size=3))
def test_any_numbers_give_a_driver_that_was_offered(
    rows: int, matching: int, shares: list[int], drivers: dict[str, int]
) -> None:
    chosen = choose_driver(rows, min(matching, rows), shares, drivers)
    assert chosen is None or drivers[chosen] == min(drivers.values())


@given(st.integers(0, 10_000_000))
def test_collecting_all_hits_stays_far_below_the_number_of_records(rows: int) -> None:
    limit = worth_collecting(rows)
    assert limit >= 200
    assert limit == 200 or limit * limit <= PAGE_ROWS * rows
