"""Hashed ids and locators: one spelling per id, found as words."""

import base64
import re
import string
import time

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from webapp.core.errors import SmarterValueError
from webapp.core.locators import (
    HASH_FLOOR,
    HASH_PREFIX,
    HASH_SUFFIX,
    ID_MAX,
    decode_hashed_id,
    encode_id,
    find_hash,
    format_locator,
    hash_regex,
    parse_locator,
    split_locator,
)

ids = st.integers(1, ID_MAX)
kinds = st.from_regex(r"\A[a-z][a-z0-9]{0,20}\Z")

EXAMPLES = [
    (1, "rMTAwMDAwMQx"),
    (10, "rMTAwMDAxMAx"),
    (123, "rMTAwMDEyMwx"),
    (999_999, "rMTk5OTk5OQx"),
    (8_999_999, "rOTk5OTk5OQx"),
    (9_000_000, "rMTAwMDAwMDAx"),
    (1_000_000_000, "rMTAwMTAwMDAwMAx"),
    (2**63 - 1, "rOTIyMzM3MjAzNjg1NTc3NTgwNwx"),
]


def wrapped(digits: str | bytes) -> str:
    """Return what `digits` would look like as a hashed id, whatever they are."""
    raw = digits.encode() if isinstance(digits, str) else digits
    return HASH_PREFIX + base64.urlsafe_b64encode(raw).decode().rstrip("=") + HASH_SUFFIX


@pytest.mark.parametrize(("id", "hashed_id"), EXAMPLES)
def test_an_id_has_its_documented_spelling(id: int, hashed_id: str) -> None:
    assert encode_id(id) == hashed_id
    assert decode_hashed_id(hashed_id) == id


@given(ids)
@example(1)
@example(ID_MAX)
def test_every_id_of_the_column_makes_the_round_trip(id: int) -> None:
    hashed_id = encode_id(id)
    assert decode_hashed_id(hashed_id) == id
    assert hash_regex().fullmatch(hashed_id)
    assert re.fullmatch(r"[A-Za-z0-9]+", hashed_id), "safe in an address as it is"


@given(ids, ids)
def test_different_ids_are_spelled_differently(one: int, other: int) -> None:
    assume(one != other)
    assert encode_id(one) != encode_id(other)


@pytest.mark.parametrize("id", [0, -1, -999_999, -HASH_FLOOR, ID_MAX + 1, 10**30])
def test_what_is_no_id_is_not_encoded(id: int) -> None:
    with pytest.raises(SmarterValueError):
        encode_id(id)


@pytest.mark.parametrize(
    "text",
    [
        *["", "r", "x", "rx", "rix", "rc2x", "r!!!x", "rYWJjx", "RMTAwMDEyMwx", "rMTAwMDEyMwX"],
        *["MTAwMDEyMwx", "rMTAwMDEyMw", " rMTAwMDEyMwx", "rMTAwMDEyMwx ", "rMTAwMDEyMwx\n", "rMTAwMDEyMwx/"],
        *["rMTAw.MDEyMwx", "rMTAwMDEyMw==x", "rMTAwMDEyMwyx", "rMTAwMDEyMxx", "rMQx", "rMTAwMDEyMwxé"],
        *[
            "pluginmeta-rMTAwMDEyMwx",
            "rMTAwMDEyMwx\0",
            "rМTAwMDEyMwx",
            pytest.param("r" + "A" * 100_000 + "x", id="long"),
        ],
    ],
)
def test_a_malformed_hashed_id_does_not_decode(text: str) -> None:
    assert decode_hashed_id(text) is None


@pytest.mark.parametrize(
    "digits",
    [
        *[
            "1_000_123",
            " 1000123\n",
            "+1000123",
            "-1000123",
            "01000123",
            "1000123.0",
            "1e6",
            "0x1",
            "١٠٠٠١٢٣",
            "",
        ],
        *["1000000", "999999", "0", str(ID_MAX + HASH_FLOOR + 1), "9" * 19, "9" * 40, b"\xff\xfe"],
    ],
)
def test_a_number_spelled_another_way_or_out_of_range_does_not_decode(digits: str | bytes) -> None:
    assert decode_hashed_id(wrapped(digits)) is None


hashed_alphabet = st.text(alphabet=string.ascii_letters + string.digits + "-_=", max_size=27)


@given(hashed_alphabet.map(lambda payload: f"r{payload}x") | st.binary(max_size=20).map(wrapped) | st.text())
def test_only_the_canonical_spelling_decodes(text: str) -> None:
    id = decode_hashed_id(text)
    if id is not None:
        assert 1 <= id <= ID_MAX
        assert encode_id(id) == text


@given(ids, st.data())
def test_a_changed_character_never_decodes_to_the_same_id(id: int, data: st.DataObject) -> None:
    hashed_id = encode_id(id)
    position = data.draw(st.integers(0, len(hashed_id) - 1))
    character = data.draw(st.sampled_from(string.ascii_letters + string.digits + "-_= "))
    changed = hashed_id[:position] + character + hashed_id[position + 1 :]
    assume(changed != hashed_id)
    assert decode_hashed_id(changed) != id


@pytest.mark.parametrize(
    "text",
    [
        "rMTAwMDEyMwx",
        "/plugin/plugins/rMTAwMDEyMwx/",
        "https://matrix.example.com/plugin/plugins/rMTAwMDEyMwx/",
        "/prefix/rMTAwMDEyMwx/",
        "/secret-box/rMTAwMDEyMwx/",
        "/rMTAwMDEyMwx-extra/",
        "pluginmeta-rMTAwMDEyMwx",
        "/plugins/pluginmeta-rMTAwMDEyMwx/edit?next=/r/pluginmeta-rMTAwMDAwMQx",
        "See rix, relax, rMTAwMDEyMxx and rMTAwMDEyMwx.",
        "über rMTAwMDEyMwx\n",
    ],
)
def test_the_first_word_that_decodes_is_found(text: str) -> None:
    assert find_hash(text) == "rMTAwMDEyMwx"


@pytest.mark.parametrize(
    "text",
    [
        *[
            "",
            "nothing here",
            "relax",
            "/secret-box/",
            "arMTAwMDEyMwx",
            "rMTAwMDEyMwxy",
            "rMTAwMDEyMwx_",
            "_rMTAwMDEyMwx",
        ],
        *["érMTAwMDEyMwx", "rMTAwMDEyMwxé", "rMTAwMDEyMw==x", wrapped("1000000")],
    ],
)
def test_a_part_of_a_word_or_a_word_that_does_not_decode_is_not_found(text: str) -> None:
    assert find_hash(text) is None


@given(st.text(), ids, st.text())
def test_a_hashed_id_in_an_address_is_found_whatever_surrounds_it(before: str, id: int, after: str) -> None:
    assume(find_hash(before) is None)
    assert find_hash(f"{before}/{encode_id(id)}/{after}") == encode_id(id)


def test_searching_a_hostile_text_takes_linear_time() -> None:
    started = time.process_time()
    assert find_hash("r" + "x" * 500_000 + "é") is None
    assert find_hash("rx " * 200_000) is None
    assert time.process_time() - started < 20  # Some hundredths; minutes if it were quadratic.


def test_the_pattern_finds_a_hashed_id_anywhere_in_a_text() -> None:
    match = hash_regex().search("/plugins/pluginmeta-rMTAwMDEyMwx/")
    assert match is not None
    assert match[0] == "rMTAwMDEyMwx"


def test_a_locator_is_the_kind_and_the_hashed_id() -> None:
    assert format_locator("pluginmeta", 123) == "pluginmeta-rMTAwMDEyMwx"
    assert split_locator("pluginmeta-rMTAwMDEyMwx") == ("pluginmeta", 123)
    assert parse_locator("pluginmeta-rMTAwMDEyMwx", "pluginmeta") == 123


def test_a_locator_of_another_kind_is_not_parsed() -> None:
    assert parse_locator("secret-rMTAwMDEyMwx", "pluginmeta") is None


@given(kinds, ids)
def test_every_locator_makes_the_round_trip(kind: str, id: int) -> None:
    locator = format_locator(kind, id)
    assert split_locator(locator) == (kind, id)
    assert parse_locator(locator, kind) == id
    assert find_hash(locator) == encode_id(id)


@given(st.text() | st.tuples(st.text(), hashed_alphabet).map(lambda pair: f"{pair[0]}-r{pair[1]}x"))
@example("pluginmeta-rMTAwMDEyMwx-")
@example("pluginmeta--rMTAwMDEyMwx")
@example("-rMTAwMDEyMwx")
@example("Pluginmeta-rMTAwMDEyMwx")
@example("pluginmeta-0rMTAwMDEyMwx")
@example("pluginmeta-rMTAwMDEyMwx ")
@example("plugin meta-rMTAwMDEyMwx")
@example("rMTAwMDEyMwx")
def test_only_the_canonical_locator_is_split(text: str) -> None:
    found = split_locator(text)
    assert found is None or format_locator(*found) == text


@pytest.mark.parametrize("kind", ["", "PluginMeta", "plugin-meta", "1plugin", "plugin_meta", "é", "plugin\n"])
def test_a_kind_that_could_not_be_parsed_back_is_refused(kind: str) -> None:
    with pytest.raises(SmarterValueError):
        format_locator(kind, 1)


def test_an_unsaved_record_has_no_locator() -> None:
    with pytest.raises(SmarterValueError):
        format_locator("pluginmeta", 0)
