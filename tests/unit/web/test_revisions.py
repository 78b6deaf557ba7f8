from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from webapp.web.errors import BadParameter, NothingThere
from webapp.web.revisions import Asked, parse_asked

PATH = "/plugins/x/history"


def asked(**args: str) -> Asked:
    return parse_asked(MultiDict({name.strip("_"): value for name, value in args.items()}), PATH, 9)


@pytest.mark.parametrize(
    ("args", "sides", "chosen"),
    [
        ({}, (8, 9), 9),
        ({"revision": "4"}, (3, 4), 4),
        ({"revision": "1"}, (0, 1), 1),
        ({"revision": "4", "compare": "current"}, (4, 9), 4),
        ({"from_": "3", "to": "7"}, (3, 7), 7),
        ({"from_": "7", "to": "3"}, (7, 3), 3),
        ({"from_": "3"}, (3, 9), 9),
        ({"to": "3"}, (2, 3), 3),
    ],
)
def test_an_address_says_which_two_are_compared(
    args: dict[str, str], sides: tuple[int, int], chosen: int
) -> None:
    found = asked(**args)
    assert (found.sides, found.chosen) == (sides, chosen)
    address = found.url()
    query = MultiDict(pair.split("=") for pair in address.partition("?")[2].split("&") if pair)
    assert parse_asked(query, PATH, 9).sides == sides


@pytest.mark.parametrize(
    "args",
    [
        *({"revision": value} for value in ("x", "0", "-1", "\u0663", "1" * 30)),
        *(
            {"from_": ""},
            {"to": "1.0"},
            {"view": "all"},
            {"compare": "x"},
            {"colour": "red"},
            {"before": "a"},
        ),
    ],
)
def test_what_cannot_be_used_is_named(args: dict[str, str]) -> None:
    with pytest.raises(BadParameter) as refused:
        asked(**args)
    assert not isinstance(refused.value, NothingThere)
    assert refused.value.parameter == next(iter(args)).strip("_")


def test_a_revision_that_there_never_was_is_named() -> None:
    with pytest.raises(NothingThere, match="no revision 10"):
        asked(revision="10")


def test_a_parameter_is_given_once() -> None:
    with pytest.raises(BadParameter, match="2 times"):
        parse_asked(MultiDict([("revision", "1"), ("revision", "2")]), PATH, 9)
