"""The address of a request of any framework."""

from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
from flask import Flask, request

from webapp.core.absolute_uri import build_absolute_uri
from webapp.core.errors import SmarterValueError


class Url:
    def __str__(self) -> str:
        return "https://plugdeck.example/plugins/"


@pytest.mark.parametrize(
    "given",
    [
        SimpleNamespace(url="https://plugdeck.example/plugins/"),
        SimpleNamespace(url=Url()),
        SimpleNamespace(build_absolute_uri=lambda: "https://plugdeck.example/plugins/"),
        SimpleNamespace(build_absolute_uri=lambda: None, url="https://plugdeck.example/plugins/"),
    ],
)
def test_anything_that_knows_its_address_is_a_request(given: object) -> None:
    assert build_absolute_uri(given) == "https://plugdeck.example/plugins/"


@pytest.mark.parametrize(
    "given",
    [
        None,
        object(),
        MagicMock(),
        "https://plugdeck.example/",
        SimpleNamespace(url=""),
        SimpleNamespace(url=None),
        SimpleNamespace(url="/plugins/"),
        SimpleNamespace(url="javascript://plugdeck.example/%0aalert(1)"),
        SimpleNamespace(url="https:///plugins/"),
        SimpleNamespace(url="https://[::1/plugins/"),
        SimpleNamespace(url="https://plugdeck.example/\r\nSet-Cookie: a=b"),
    ],
)
def test_what_knows_no_address_is_refused(given: object) -> None:
    with pytest.raises(SmarterValueError):
        build_absolute_uri(given)


def test_letters_beyond_ascii_are_escaped_and_escapes_stay() -> None:
    given = SimpleNamespace(url="https://plugdeck.example/süß?q=%C3%A4&tag=a+b")
    assert build_absolute_uri(given) == "https://plugdeck.example/s%C3%BC%C3%9F?q=%C3%A4&tag=a+b"


def test_a_host_that_the_framework_does_not_trust_is_no_address() -> None:
    app = Flask("test")
    app.config["TRUSTED_HOSTS"] = ["plugdeck.example"]
    with app.test_request_context("/plugins/", base_url="https://plugdeck.example"):
        assert build_absolute_uri(request) == "https://plugdeck.example/plugins/"
    with app.test_request_context("/plugins/"):
        request.environ["HTTP_HOST"] = "evil.example"
        request.__dict__.pop("host", None)
        request.trusted_hosts = ["plugdeck.example"]
        with pytest.raises(SmarterValueError):
            build_absolute_uri(request)
