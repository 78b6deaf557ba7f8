from __future__ import annotations

from urllib.parse import quote, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.accounts.redirects import NEXT_MAX, address_of, path_of_url, safe_next, with_parameter

HERE = "https://plugdeck.example"

TRICKS = [
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "/\r\nLocation: //evil.example",
    "/%5cevil.example",
    "/%255cevil.example",
    "/%2fevil.example",
    "/%09/evil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/a/../..//evil.example",
    "http:evil.example",
    "http:///evil.example",
    "https://plugdeck.example@evil.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    " /plugins/",
    "/plugins /",
    "/／evil.example",
    "/＼evil.example",
    "/plugins/\x00",
    "/plugins/%00",
    "/plugins/?q=\r\nSet-Cookie: a=b",
    "plugins/",
    "?next=/",
    "#top",
    "",
]


@pytest.mark.parametrize("trick", TRICKS)
def test_an_address_that_could_leave_the_site_is_not_followed(trick: str) -> None:
    assert safe_next(trick) is None


def test_nothing_and_too_much_are_not_followed() -> None:
    assert safe_next(None) is None
    assert safe_next("/" + "a" * NEXT_MAX) is None
    assert safe_next("/" + "a" * (NEXT_MAX - 1)) is not None


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/plugins/",
        "/plugins/?q=a+b&tag=caf%C3%A9&tag=%5Cd",
        "/plugins/pluginmeta-rMTAwMDAwMQx/edit",
        "/plugins/?q=https://elsewhere.example//x",
        "/a%20b",
        "/100%25",
        "/@evil.example",
    ],
)
def test_an_address_of_this_site_is_followed_as_it_is(address: str) -> None:
    assert safe_next(address) == address


def test_a_fragment_is_dropped() -> None:
    assert safe_next("/plugins/#problems") == "/plugins/"


@given(st.text(alphabet=st.sampled_from("/\\.%2f5c@:?#\t\r\n evil／＼ａ"), max_size=30))
def test_whatever_is_followed_stays_on_this_host(text: str) -> None:
    found = safe_next(text)
    if found is None:
        return
    # What a browser does before it reads an address: strip, drop tabs and line breaks, turn backslashes around.
    read = "".join(c for c in found.strip() if c not in "\t\r\n").replace("\\", "/")
    assert urlsplit(urljoin(HERE + "/login", read)).netloc == urlsplit(HERE).netloc
    assert not read.startswith("//")
    assert found.isprintable()


@given(st.text(max_size=60), st.text(max_size=30))
def test_the_address_of_any_request_is_followed_or_nothing(path: str, query: str) -> None:
    path = "/" + path.encode("utf-8", "replace").decode()
    found = address_of(path, quote(query.encode("utf-8", "replace")))
    assert found is None or safe_next(found) == found


def test_only_pages_of_this_host_are_come_back_to() -> None:
    assert path_of_url("http://here:8000/plugins/?q=a#x", "here:8000") == "/plugins/?q=a"
    assert path_of_url("http://there/plugins/", "here") is None
    assert path_of_url("javascript://here/%0aalert(1)", "here") is None
    assert path_of_url("http://[", "here") is None
    assert path_of_url("", "here") is None


def test_a_parameter_is_set_once() -> None:
    assert with_parameter("/a", "draft", "x y") == "/a?draft=x+y"
    assert with_parameter("/a?draft=old&q=1", "draft", "new") == "/a?q=1&draft=new"
