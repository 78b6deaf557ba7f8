"""Conversion to snake_case, suggested names, folding and masking."""

import itertools
import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from webapp.core.errors import SmarterValueError
from webapp.core.text import (
    NAME_MAX,
    fold,
    is_snake_case,
    is_storable,
    mask_string,
    numbered_names,
    suggest_name,
    to_snake_case,
    with_line_feeds,
)

snake_names = st.from_regex(r"\A[a-z][a-z0-9]{0,9}(_[a-z0-9]{1,9}){0,5}\Z")
ascii_names = st.text(alphabet=st.sampled_from("abcXYZ019_- .@"), max_size=40)


@pytest.mark.parametrize("name", ["a", "a1", "1a", "2025_report", "everlasting_gobstopper", "a_b_c", "0"])
def test_lower_case_words_joined_by_underscores_are_snake_case(name: str) -> None:
    assert is_snake_case(name)


@pytest.mark.parametrize(
    "name",
    ["", "_a", "a_", "a__b", "A", "aB", "a-b", "a b", "a\n", "\na", "naïve", "a١", "a.b", "ſ", "K", "a\0"],
)
def test_anything_else_is_not_snake_case(name: str) -> None:
    assert not is_snake_case(name)


@pytest.mark.parametrize(
    ("name", "converted"),
    [
        ("everlastingGobstopper", "everlasting_gobstopper"),
        ("Everlasting Gobstopper", "everlasting_gobstopper"),
        ("camelCase", "camel_case"),
        ("HTTPServerName", "http_server_name"),
        ("LLMClient", "llm_client"),
        ("userIDNumber", "user_id_number"),
        ("getHTTPResponseCode", "get_http_response_code"),
        ("MyEverlastingSUPERDUPERGobstopper", "my_everlasting_superduper_gobstopper"),
        ("version2Name", "version2_name"),
        ("iPhone15Pro", "i_phone15_pro"),
        ("MixedUPCase99Bottles", "mixed_up_case99_bottles"),
        ("1stPlace", "1st_place"),
        ("2025Report", "2025_report"),
        ("my-plugin-name", "my_plugin_name"),
        ("FirstName LastName", "first_name_last_name"),
        ("snake_Case_Mix", "snake_case_mix"),
        ("ABC", "abc"),
        ("double__under", "double_under"),
        ("", ""),
    ],
)
def test_a_name_is_converted(name: str, converted: str) -> None:
    assert to_snake_case(name) == converted
    assert is_snake_case(converted) == bool(name)


@pytest.mark.parametrize(
    ("name", "converted"),
    [
        ("naïveName", "naïve_name"),
        ("__dunder__", "_dunder_"),
        ("trailing_", "trailing_"),
        (" leading space", "_leading_space"),
        ("a.b", "a.b"),
        ("foo/bar", "foo/bar"),
        ("name!", "name!"),
        ("Plugin (copy)", "plugin_(copy)"),
        ("日本語", "日本語"),
        ("a\n", "a\n"),
    ],
)
def test_conversion_drops_nothing_and_leaves_the_verdict_to_validation(name: str, converted: str) -> None:
    assert to_snake_case(name) == converted
    assert not is_snake_case(converted)


@given(ascii_names)
def test_words_are_split_as_two_plain_substitutions_would(name: str) -> None:
    slow = re.sub(r"[ -]", "_", name)
    slow = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", slow)
    slow = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", slow)
    assert to_snake_case(name) == re.sub(r"_+", "_", slow.lower())


@given(st.text())
def test_conversion_never_empties_a_name(name: str) -> None:
    assert bool(to_snake_case(name)) == bool(name)


@given(ascii_names)
def test_conversion_is_done_once(name: str) -> None:
    assert to_snake_case(to_snake_case(name)) == to_snake_case(name)


@given(snake_names)
def test_a_valid_name_is_not_converted(name: str) -> None:
    assert to_snake_case(name) == name


@given(ascii_names)
def test_conversion_keeps_every_letter_and_digit_in_order(name: str) -> None:
    assert to_snake_case(name).replace("_", "") == re.sub(r"[_ -]", "", name).lower()


@pytest.mark.parametrize(
    ("text", "suggested"),
    [
        ("everlastingGobstopper", "everlasting_gobstopper"),
        ("Everlasting Gobstopper", "everlasting_gobstopper"),
        ("HTTPServerName", "http_server_name"),
        ("Über naïve Straße", "uber_naive_strasse"),
        ("Ærø Łódź", "aero_lodz"),
        ("Wonka\u2019s candy", "wonkas_candy"),
        ("a.b/c@d", "a_b_c_d"),
        ("Plugin (copy)", "plugin_copy"),
        ("__x__", "x"),
        ("日本語 plugin", "plugin"),
        ("ｆｕｌｌ　ｗｉｄｔｈ", "full_width"),
        ("2025 report", "report_2025"),
        ("1st_place", "place_1st"),
        ("10 000 items sold", "items_sold_10_000"),
        ("404", "item_404"),
        ("<b>bold</b>", "b_bold_b"),
        ("x" * 65, "x" * 64),
        ("x" * 63 + " y", "x" * 63),
        ("", None),
        ("  ", None),
        ("#!", None),
        ("日本語", None),
        ("١٢", None),
    ],
)
def test_a_name_is_suggested(text: str, suggested: str | None) -> None:
    assert suggest_name(text) == suggested


@given(st.text() | ascii_names | st.text(alphabet="Ab1 _", min_size=60, max_size=200))
def test_a_suggested_name_is_valid_for_a_new_record(text: str) -> None:
    suggested = suggest_name(text)
    if suggested is not None:
        assert is_snake_case(suggested)
        assert len(suggested) <= NAME_MAX
        assert suggested[0].isalpha()


@given(st.text(), st.sampled_from("aZ5"), st.text())
@example("\u0338", "a", "")
def test_text_with_a_letter_or_digit_always_gets_a_suggestion(
    before: str, character: str, after: str
) -> None:
    assert suggest_name(before + character + after) is not None


@given(snake_names.filter(lambda name: len(name) <= NAME_MAX))
def test_a_valid_name_is_its_own_suggestion(name: str) -> None:
    assert suggest_name(name) == name


def test_conversion_of_long_capitals_takes_linear_time() -> None:
    started = time.process_time()
    to_snake_case("A" * 200_000)
    suggest_name("A" * 200_000)
    assert time.process_time() - started < 20  # Some hundredths; minutes if it were quadratic.


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Candy", "cANDY"),
        ("Straße", "STRASSE"),
        ("ﬁn", "FIN"),
        ("Ａ", "a"),
        ("é", "e\u0301"),
        ("Å", "\u212b"),
        ("①", "1"),
    ],
)
def test_two_spellings_of_one_word_fold_to_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("a", "á"), ("ı", "i"), ("a_b", "ab"), ("c++", "c")])
def test_different_words_fold_differently(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
def test_folding_is_done_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_folded_text_is_at_most_eighteen_times_as_long(text: str) -> None:
    assert len(fold(text)) <= 18 * len(text)


@pytest.mark.parametrize("text", ["", "a", "line\nbreak", "\t", "\x01", "\u202e", "👩\u200d👩", "\U0010ffff"])
def test_most_text_is_storable(text: str) -> None:
    assert is_storable(text)


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "x" + chr(0xDFFF)])
def test_nul_and_lone_surrogates_are_not_storable(text: str) -> None:
    assert not is_storable(text)


@pytest.mark.parametrize(
    ("secret", "masked"),
    [
        ("supersecretpassword", "****word"),
        ("abcdefgh", "****efgh"),
        ("abcde", "*bcde"),
        ("abcd", "****"),
        ("a", "*"),
        ("", ""),
        (None, ""),
        (12345, "*2345"),
        (b"bytesvalue", "****alue"),
        (b"\xff", "*"),
    ],
)
def test_a_secret_is_masked(secret: object, masked: str) -> None:
    assert mask_string(secret) == masked


def test_the_mask_can_be_chosen() -> None:
    assert (
        mask_string("supersecretpassword", mask_char="#", mask_length=2, string_length=12) == "##########rd"
    )
    assert mask_string("abcdef", mask_length=0) == "******"
    assert mask_string("abcdefghij", mask_length=8) == "********", "a mask that would hide nothing hides all"
    assert mask_string("abcdef", string_length=0) == ""
    assert mask_string() == ""


@pytest.mark.parametrize(
    "arguments", [{"mask_length": -1}, {"string_length": -1}, {"mask_char": ""}, {"mask_char": "**"}]
)
def test_a_senseless_mask_is_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(SmarterValueError):
        mask_string("supersecretpassword", **arguments)  # type: ignore[arg-type]


@given(
    st.text(alphabet=st.characters(exclude_characters="*"), min_size=1),
    st.integers(0, 40),
    st.integers(1, 40),
)
def test_a_secret_never_passes_unmasked(secret: str, mask_length: int, string_length: int) -> None:
    masked = mask_string(secret, mask_length=mask_length, string_length=string_length)
    assert masked.startswith("*")
    assert secret not in masked
    assert len(masked) == min(len(secret), string_length)
    assert len(masked.lstrip("*")) <= mask_length


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("orders", ["orders_copy", "orders_copy_2", "orders_copy_3"]),
        ("orders_copy", ["orders_copy", "orders_copy_2", "orders_copy_3"]),
        ("orders_copy_7", ["orders_copy", "orders_copy_2", "orders_copy_3"]),
        ("copy", ["copy_copy", "copy_copy_2", "copy_copy_3"]),
        ("copy_2", ["copy_2_copy", "copy_2_copy_2", "copy_2_copy_3"]),
        ("photocopy", ["photocopy_copy", "photocopy_copy_2", "photocopy_copy_3"]),
        ("x" * 64, ["x" * 59 + "_copy", "x" * 57 + "_copy_2", "x" * 57 + "_copy_3"]),
        ("x" * 58 + "_yz", ["x" * 58 + "_copy", "x" * 57 + "_copy_2", "x" * 57 + "_copy_3"]),
    ],
)
def test_a_name_that_says_where_it_comes_from(name: str, names: list[str]) -> None:
    assert list(itertools.islice(numbered_names(name, "copy"), 3)) == names


@given(snake_names.map(str.strip).filter(lambda name: len(name) <= NAME_MAX))
@example("x" * 58 + "_yz")
def test_every_such_name_is_valid_and_no_two_are_alike(name: str) -> None:
    names = list(itertools.islice(numbered_names(name, "copy"), 1_200))
    assert all(is_snake_case(made) and len(made) <= 64 for made in names)
    assert len(set(names)) == len(names)


def test_line_breaks_of_any_browser_become_line_feeds() -> None:
    assert with_line_feeds("a\r\nb\rc\n") == "a\nb\nc\n"
