"""Versions: what counts as one, their order, suggestions and the next one."""

import functools
import itertools
import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from webapp.core.errors import SmarterValueError
from webapp.core.semver import (
    SORT_KEY_MAX,
    VERSION_MAX,
    Part,
    SemVer,
    bump,
    is_semver,
    parse,
    sort_key,
    suggest,
)

numbers = st.integers(0, 12) | st.integers(0, 10**20)
words = st.from_regex(r"\A[0-9]{0,2}[A-Za-z-][0-9A-Za-z-]{0,3}\Z")
few_words = st.sampled_from(["a", "b", "alpha", "beta", "rc", "a-b", "a1", "A", "-", "--", "0a", "00a", "a0"])
identifiers = st.integers(0, 11).map(str) | few_words | words | st.integers(0, 10**12).map(str)
builds = st.lists(st.from_regex(r"\A[0-9A-Za-z-]{1,4}\Z"), max_size=2)
versions = st.builds(
    SemVer,
    st.integers(0, 2) | numbers,
    st.integers(0, 1) | numbers,
    st.integers(0, 1) | numbers,
    st.lists(identifiers, max_size=4).map(tuple),
    builds.map(tuple),
)


def precedence(one: SemVer, other: SemVer) -> int:
    """Compare two versions by the words of semver.org, clause 11, without any key."""
    ours, theirs = (one.major, one.minor, one.patch), (other.major, other.minor, other.patch)
    if ours != theirs:
        return -1 if ours < theirs else 1
    if not one.prerelease or not other.prerelease:
        return bool(other.prerelease) - bool(one.prerelease)
    for left, right in itertools.zip_longest(one.prerelease, other.prerelease):
        if left == right:
            continue
        if left is None or right is None:
            return -1 if left is None else 1
        if left.isdigit() and right.isdigit():
            return -1 if int(left) < int(right) else 1
        if left.isdigit() != right.isdigit():
            return -1 if left.isdigit() else 1
        return -1 if left < right else 1
    return 0


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("0.0.0", SemVer(0, 0, 0)),
        ("1.2.3", SemVer(1, 2, 3)),
        ("99999999999.0.0", SemVer(99_999_999_999, 0, 0)),
        ("1.0.0-alpha.1", SemVer(1, 0, 0, ("alpha", "1"))),
        ("1.0.0+build.5", SemVer(1, 0, 0, (), ("build", "5"))),
        ("1.0.0+001", SemVer(1, 0, 0, (), ("001",))),
        ("1.0.0-rc.1+exp.sha.5114f85", SemVer(1, 0, 0, ("rc", "1"), ("exp", "sha", "5114f85"))),
        ("1.0.0--", SemVer(1, 0, 0, ("-",))),
        ("1.0.0-0a", SemVer(1, 0, 0, ("0a",))),
    ],
)
def test_a_version_is_parsed_and_printed_back(text: str, parsed: SemVer) -> None:
    assert parse(text) == parsed
    assert str(parsed) == text
    assert is_semver(text)


@pytest.mark.parametrize(
    "text",
    [
        *[
            "",
            "1",
            "0.1",
            "v1.0.0",
            "01.0.0",
            "1.00.0",
            "1.0.0-01",
            "1.0.0-",
            "1.0.0+",
            "1.0.0.0",
            "1.0.0-a..b",
        ],
        *[
            "1.0.0\n",
            " 1.0.0",
            "1.0.0 ",
            "1١.0.0",
            "١.0.0",
            "1.0.0-é",
            "1.0.0+a+b",
            "-1.0.0",
            "1,0,0",
            "1.0.0\0",
        ],
        *["1.0.0-a_b", "1.0.0-.a", "1.0.0+a..b", "1.0.0-a.", "１.0.0"],
    ],
)
def test_what_is_no_version_is_refused(text: str) -> None:
    assert parse(text) is None
    assert not is_semver(text)


def test_a_version_of_the_greatest_length_is_accepted_and_no_longer_one() -> None:
    longest = "1.0.0-" + "a" * (VERSION_MAX - 6)
    assert is_semver(longest)
    assert not is_semver(longest + "a")


@given(versions)
def test_every_version_makes_the_round_trip(version: SemVer) -> None:
    assert parse(str(version)) == version


def test_keys_sort_as_the_specification_lists() -> None:
    ordered = [
        *["0.0.0-0", "0.0.0", "0.0.9", "0.0.10", "0.1.0", "0.9.0", "0.10.0"],
        *["1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0--", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta"],
        *["1.0.0-alpha1", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0"],
        *[
            "1.0.1-a",
            "2.0.0",
            "2.1.0",
            "2.1.1",
            "10.0.0",
            "99999999999999999999.0.0",
            "1" + "0" * 120 + ".0.0",
        ],
    ]
    shuffled = random.Random(2).sample(ordered, len(ordered))
    assert sorted(shuffled, key=sort_key) == ordered


@given(versions, versions)
@example(SemVer(1, 0, 0, ("a", "b")), SemVer(1, 0, 0, ("a-b",)))
@example(SemVer(1, 0, 0, ("a", "b")), SemVer(1, 0, 0, ("a1",)))
@example(SemVer(1, 0, 0, ("1",)), SemVer(1, 0, 0, ("1a",)))
def test_keys_compare_as_versions_do(one: SemVer, other: SemVer) -> None:
    ours, theirs = sort_key(str(one)).encode("ascii"), sort_key(str(other)).encode("ascii")
    assert (ours > theirs) - (ours < theirs) == precedence(one, other)


@given(st.lists(versions, max_size=12))
def test_a_sort_by_key_is_a_sort_by_precedence(some: list[SemVer]) -> None:
    by_key = sorted(some, key=lambda version: sort_key(str(version)))
    assert by_key == sorted(some, key=functools.cmp_to_key(precedence))


def test_build_metadata_has_no_part_in_the_order() -> None:
    assert sort_key("1.0.0+b") == sort_key("1.0.0+a") == sort_key("1.0.0")


@given(versions)
def test_a_key_is_printable_and_bounded(version: SemVer) -> None:
    key = sort_key(str(version))
    assert key.isascii()
    assert key.isprintable()
    assert " " not in key


@pytest.mark.parametrize(
    "text",
    ["1.0.0-" + ".".join("1" * 61), "1.0.0-" + ".".join("a" * 61), "1" * 124 + ".0.0", "1.0.0-" + "1" * 122],
)
def test_the_widest_keys_fit_their_column(text: str) -> None:
    assert len(text) <= VERSION_MAX
    assert len(sort_key(text)) <= SORT_KEY_MAX


@pytest.mark.parametrize("text", ["", "1.0", "latest"])
def test_what_is_no_version_has_no_key(text: str) -> None:
    with pytest.raises(SmarterValueError, match=r"1\.0\.0"):
        sort_key(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *[("0.3", "0.3.0"), ("v1.2", "1.2.0"), ("1", "1.0.0"), ("V2.0.1", "2.0.1"), ("version 3", "3.0.0")],
        *[
            ("v.1.2", "1.2.0"),
            ("01.02.03", "1.2.3"),
            (" 1.0.0\n", "1.0.0"),
            ("1.2.", "1.2.0"),
            ("00", "0.0.0"),
        ],
        *[("1.0-rc.1", "1.0.0-rc.1"), ("1+build", "1.0.0+build"), ("1.0.0", "1.0.0")],
    ],
)
def test_the_version_that_was_meant_is_suggested(text: str, meant: str) -> None:
    assert suggest(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v",
        "latest",
        "1.2.3.4",
        "1..2",
        "1.0.0-01",
        "1.0.0-",
        "1,2",
        "١.٢",
        "1 2",
        "-1",
        "9" * 127,
        pytest.param("1" * 5000, id="5000 digits"),
    ],
)
def test_nothing_is_suggested_for_what_nobody_can_read(text: str) -> None:
    assert suggest(text) is None


@given(st.text() | st.text(alphabet="v0123.-+a ", max_size=140))
def test_a_suggestion_is_always_a_version(text: str) -> None:
    meant = suggest(text)
    assert meant is None or is_semver(meant)


@given(versions)
def test_a_version_is_its_own_suggestion(version: SemVer) -> None:
    assert suggest(str(version)) == str(version)


@pytest.mark.parametrize(
    ("version", "part", "raised"),
    [
        *[("1.2.3", "major", "2.0.0"), ("1.2.3", "minor", "1.3.0"), ("1.2.3", "patch", "1.2.4")],
        *[("1.2.3+build", "patch", "1.2.4"), ("0.0.0", "patch", "0.0.1"), ("9.9.9", "minor", "9.10.0")],
        *[
            ("1.2.3-rc.1", "patch", "1.2.3"),
            ("1.2.3-rc.1", "minor", "1.3.0"),
            ("1.2.3-rc.1", "major", "2.0.0"),
        ],
        *[
            ("1.2.0-rc.1", "minor", "1.2.0"),
            ("2.0.0-rc.1", "major", "2.0.0"),
            ("2.0.0-rc.1", "patch", "2.0.0"),
        ],
    ],
)
def test_a_version_is_raised(version: str, part: Part, raised: str) -> None:
    assert bump(version, part) == raised


@given(versions, st.sampled_from(["major", "minor", "patch"]))
def test_a_raised_version_is_a_later_release(version: SemVer, part: Part) -> None:
    raised = parse(bump(str(version), part))
    assert raised is not None
    assert precedence(version, raised) < 0
    assert not raised.prerelease
    assert not raised.build


@pytest.mark.parametrize("text", ["1.0", "", "9" * 124 + ".0.0"])
def test_what_has_no_next_version_is_refused(text: str) -> None:
    with pytest.raises(SmarterValueError):
        bump(text, "major")
