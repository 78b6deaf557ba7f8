"""The address of a real request: behind a proxy that is trusted, behind one that is not, from a host that is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask, request
from werkzeug.test import Client

from webapp.core.errors import SmarterValueError
from webapp.plugins.models import PluginMeta

FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "plugdeck.example"}


def _address(app: Flask, path: str, **headers: str) -> str:
    """Return what the model says while the application handles a request to `path`."""
    found: list[str] = []

    @app.before_request
    def look() -> str:
        found.append(PluginMeta.smarter_build_absolute_uri(request))
        return "seen"

    Client(app).get(path, headers=headers)
    return found[0]


@pytest.mark.sqlite_only
def test_behind_a_trusted_proxy_it_is_the_address_that_the_browser_asked_for(
    make_app: Callable[..., Flask],
) -> None:
    trusting = make_app(trusted_proxies=1)
    assert _address(trusting, "/help/?q=a&tag=b", **FORWARDED) == "https://plugdeck.example/help/?q=a&tag=b"
    assert _address(make_app(), "/help/", **FORWARDED) == "http://localhost/help/"


@pytest.mark.sqlite_only
def test_a_host_that_is_not_trusted_gives_no_address(make_app: Callable[..., Flask]) -> None:
    app = make_app(trusted_hosts=("plugdeck.example",))
    with app.test_request_context("/plugins/", headers={"Host": "evil.example"}):
        request.trusted_hosts = ["plugdeck.example"]
        with pytest.raises(SmarterValueError):
            PluginMeta.smarter_build_absolute_uri(request)
