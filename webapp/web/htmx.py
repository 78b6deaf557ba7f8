"""What the pages and htmx 4 say to each other in headers; no other module names an HX header or sets `Vary`."""

from __future__ import annotations

import json
from collections.abc import Mapping

from flask import Response, request

FRAGMENT_VARY = ("Cookie", "HX-Request-Type")


def wants_fragment() -> bool:
    """Tell whether to answer with the partial alone.

    Only `HX-Request-Type: partial` asks for it: a history restore and a boosted link send `full`, and a browser
    that reopens a tab sends nothing.
    """
    return request.headers.get("HX-Request-Type") == "partial"


def is_htmx() -> bool:
    """Tell whether htmx sent this request, whatever it wants back."""
    return request.headers.get("HX-Request") == "true" or "HX-Request-Type" in request.headers


def current_url() -> str:
    """Return the address of the page that htmx acts on; empty without htmx."""
    return request.headers.get("HX-Current-URL", "")


def source() -> str:
    """Return which element asked, as `tag#id`; empty without htmx. What branches on it says so by `vary_by_source`."""
    return request.headers.get("HX-Source", "")


def is_ahead() -> bool:
    """Tell whether the page is fetched ahead, by the browser or by us, before anybody has asked to see it."""
    purpose = request.headers.get("Sec-Purpose") or request.headers.get("Purpose") or ""
    return "prefetch" in purpose or is_preloaded()


def is_preloaded() -> bool:
    """Tell whether a person is about to open the page, as static/js/preload.js marks it."""
    return "X-Preload" in request.headers


def vary_by_source(response: Response) -> Response:
    """Tell caches that the answer also depends on which element asked."""
    response.vary.add("HX-Source")
    return vary(response)


def vary_by_accept(response: Response) -> Response:
    """Tell caches that the answer also depends on which formats the request takes."""
    response.vary.add("Accept")
    return response


def vary(response: Response) -> Response:
    """Tell caches that the answer depends on who asks and on fragment or full."""
    response.vary.update(FRAGMENT_VARY)
    return response


def redirect_page(response: Response, url: str) -> Response:
    """Make htmx leave the page for `url`; a redirect would be followed into the swap target."""
    response.headers["HX-Redirect"] = url
    return response


def push_url(response: Response, url: str) -> Response:
    """Put `url` in the address bar and the history."""
    response.headers["HX-Push-Url"] = url
    return response


def replace_url(response: Response, url: str) -> Response:
    """Put `url` in the address bar in place of the current one."""
    response.headers["HX-Replace-Url"] = url
    return response


def keep_address(response: Response) -> Response:
    """Leave the address bar as it is, even where the element that asked would change it."""
    response.headers["HX-Push-Url"] = "false"
    return response


def keep_page(response: Response) -> Response:
    """Leave the page as it is, whatever the body holds, and the address too."""
    response.headers["HX-Reswap"] = "none"
    response.headers["HX-Push-Url"] = "false"
    return response


def retarget(response: Response, selector: str, swap: str = "innerHTML") -> Response:
    """Swap the body into another element than the one that asked."""
    response.headers["HX-Retarget"] = selector
    response.headers["HX-Reswap"] = swap
    return response


def trigger(response: Response, events: Mapping[str, object]) -> Response:
    """Fire client events after the swap; values travel as JSON, so no input can break out of the header."""
    response.headers["HX-Trigger"] = json.dumps(dict(events), ensure_ascii=True)
    return response
