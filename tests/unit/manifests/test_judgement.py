"""How large a change is, and which version it asks for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core import semver
from webapp.core.semver import Part
from webapp.manifests.judgement import LEVELS, Reason, judge, suggest

numbers = st.integers(min_value=0, max_value=10**12)
versions = st.builds(
    lambda core, pre: ".".join(map(str, core)) + pre,
    st.tuples(numbers, numbers, numbers),
    st.sampled_from(["", "-rc.1", "-alpha", "-0.3.7", "+build.5", "-rc.1+exp"]),
)


@given(versions, st.sampled_from(LEVELS))
def test_a_suggested_version_is_one_and_greater_than_the_old(before: str, level: Part) -> None:
    found = suggest(before, level)
    assert semver.is_semver(found)
    assert semver.sort_key(found) > semver.sort_key(before)


@given(versions, st.sampled_from(LEVELS))
def test_the_suggested_version_fits(before: str, level: Part) -> None:
    judged = judge([Reason(level, "x")], before, suggest(before, level))
    assert judged is not None
    assert judged.verdict == "fits"
    assert not judged.asks_for_more
    assert judged.sentence == ""


@pytest.mark.parametrize(
    ("before", "level", "suggested"),
    [
        ("1.2.3", "major", "2.0.0"), ("1.2.3", "minor", "1.3.0"), ("1.2.3", "patch", "1.2.4"),
        ("0.2.3", "major", "0.3.0"), ("0.2.3", "minor", "0.2.4"), ("0.2.3", "patch", "0.2.4"),
        ("2.0.0-rc.1", "major", "2.0.0"), ("1.2.3+b", "patch", "1.2.4"), ("one", "minor", ""),
    ],
)  # fmt: skip
def test_the_lowest_release_that_says_it_is_suggested(before: str, level: Part, suggested: str) -> None:
    assert suggest(before, level) == suggested


@pytest.mark.parametrize(
    ("after", "verdict", "sentence"),
    [
        ("1.2.0", "same", "The version stays 1.2.0."),
        ("1.2.0+b", "same", "The version stays 1.2.0."),
        ("1.2.9", "small", "From 1.2.0 to 1.2.9 says less than a minor change."),
        ("1.1.0", "down", "The version goes down from 1.2.0 to 1.1.0."),
        ("1.3.0", "fits", ""), ("1.3.0-rc.1", "fits", ""), ("2.0.0", "fits", ""), ("next", "unknown", ""),
    ],
)  # fmt: skip
def test_the_written_version_is_compared_with_the_change(after: str, verdict: str, sentence: str) -> None:
    judged = judge([Reason("patch", "a word differs"), Reason("minor", "x is new")], "1.2.0", after)
    assert judged is not None
    assert (judged.level, judged.suggested, judged.verdict) == ("minor", "1.3.0", verdict)
    assert (judged.label, judged.because) == ("minor change", "x is new")
    assert judged.sentence == sentence


def test_nothing_but_a_version_is_no_change_to_judge() -> None:
    assert judge([], "1.0.0", "2.0.0") is None


def test_of_many_reasons_a_few_are_named() -> None:
    judged = judge([Reason("major", f"p{number} is removed") for number in range(9)], "1.0.0", "1.0.0")
    assert judged is not None
    assert judged.because == "p0 is removed, p1 is removed, p2 is removed and 6 more"


def test_a_version_that_would_be_too_long_is_not_suggested() -> None:
    assert suggest(f"1.0.{'9' * (semver.VERSION_MAX - 4)}", "patch") == ""
