"""The cached read and its breaker, over backends that work, raise and lie; no application, no database."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.caching import store
from webapp.caching.generations import Generations
from webapp.caching.store import Breaker, cached

HERE = Generations("installation", 1, ((7, 3), (9, 1)))


class Backend:
    """A cache in a dictionary that can be told to raise."""

    def __init__(self) -> None:
        self.held: dict[str, Any] = {}
        self.error: Exception | None = None
        self.asked = 0

    def get(self, key: str) -> Any:
        self._ask()
        return self.held.get(key)

    def set(self, key: str, value: Any, timeout: int) -> None:
        self._ask()
        assert timeout > 0
        self.held[key] = value

    def _ask(self) -> None:
        self.asked += 1
        if self.error:
            raise self.error


class Source:
    """What is behind the cache; counts how often it is asked."""

    def __init__(self, value: object = "value") -> None:
        self.value = value
        self.asked = 0

    def __call__(self) -> object:
        self.asked += 1
        return self.value


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Backend:
    """Put a backend of the test's own behind `cached`."""
    backend = Backend()
    monkeypatch.setattr(store, "cache", backend)
    return backend


def test_the_second_read_at_the_same_generations_asks_nobody(backend: Backend) -> None:
    source = Source()
    assert [cached("list", HERE, ("q",), source) for _ in range(3)] == ["value"] * 3
    assert source.asked == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(HERE, installation="another"),
        replace(HERE, epoch=2),
        replace(HERE, accounts=((7, 4), (9, 1))),
        replace(HERE, accounts=((7, 3), (9, 2))),
        replace(HERE, accounts=((7, 3),)),
        replace(HERE, accounts=((73, 3), (9, 1))),
    ],
)
def test_any_other_generations_are_another_entry(backend: Backend, other: Generations) -> None:
    cached("list", HERE, (), Source("old"))
    assert cached("list", other, (), Source("new")) == "new"


def test_name_and_parts_are_in_the_key(backend: Backend) -> None:
    assert cached("list", HERE, ("a", "b"), Source(1)) == 1
    assert cached("list", HERE, ("ab",), Source(2)) == 2
    assert cached("counts", HERE, ("a", "b"), Source(3)) == 3
    assert cached("list", HERE, (("a", "b"),), Source(4)) == 4


@given(
    st.lists(
        st.tuples(st.text(max_size=3), st.integers(0, 3), st.none() | st.booleans()), unique=True, max_size=20
    )
)
def test_different_parts_never_share_an_entry(many: list[tuple[object, ...]]) -> None:
    backend = Backend()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "cache", backend)
        for parts in many:
            assert cached("list", HERE, parts, Source(parts)) == parts
        for parts in many:
            assert cached("list", HERE, parts, Source("not asked")) == parts


@pytest.mark.parametrize("value", [None, False, 0, "", [], ()])
def test_an_empty_value_is_held_like_any_other(backend: Backend, value: object) -> None:
    source = Source(value)
    assert [cached("list", HERE, (), source) for _ in range(2)] == [value, value]
    assert source.asked == 1


def test_invalidate_reads_anew_and_stores_what_it_found(backend: Backend) -> None:
    cached("list", HERE, (), Source("old"))
    assert cached("list", HERE, (), Source("new"), invalidate=True) == "new"
    assert cached("list", HERE, (), Source("not asked")) == "new"


@pytest.mark.parametrize("held", ["text", 5, ("two", "values"), [1], {"a": 1}])
def test_an_entry_that_is_not_ours_is_a_miss(backend: Backend, held: object) -> None:
    cached("list", HERE, (), Source("old"))
    backend.held = dict.fromkeys(backend.held, held)
    assert cached("list", HERE, (), Source("new")) == "new"


@pytest.mark.parametrize(
    "error", [ConnectionError("gone"), TimeoutError(), ValueError("bad pickle"), MemoryError()]
)
def test_a_backend_that_raises_makes_the_read_slower_and_never_wrong(
    backend: Backend, error: Exception
) -> None:
    cached("list", HERE, (), Source("old"))
    backend.error = error
    assert cached("list", HERE, (), Source("fresh")) == "fresh"


def test_a_dead_backend_is_asked_once_and_not_at_every_read(backend: Backend) -> None:
    backend.error = ConnectionError("gone")
    for _ in range(10):
        cached("list", HERE, (), Source())
    assert backend.asked == 1


def test_the_breaker_asks_again_after_its_time(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(store, "breaker", Breaker(5.0, clock=lambda: now[0]))
    backend.error = ConnectionError("gone")
    cached("list", HERE, (), Source())
    backend.error = None
    now[0] += 4.9
    cached("list", HERE, (), Source())
    assert backend.asked == 1
    now[0] += 0.2
    source = Source()
    cached("list", HERE, (), source)
    cached("list", HERE, (), source)
    assert source.asked == 1


def test_an_error_of_the_read_itself_is_not_swallowed_and_nothing_is_stored(backend: Backend) -> None:
    def fail() -> object:
        raise LookupError("the database")

    with pytest.raises(LookupError):
        cached("list", HERE, (), fail)
    assert backend.held == {}
    assert cached("list", HERE, (), Source("value")) == "value"
