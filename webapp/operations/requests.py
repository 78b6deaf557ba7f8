"""Every request as one line of the log, as numbers for `/metrics`, and for staff as `Server-Timing`."""

from __future__ import annotations

import logging
import time

import structlog
from flask import Flask, Response, g, request

from webapp.accounts.signin import find_loaded_viewer
from webapp.core import meters
from webapp.core.meters import SPENT
from webapp.web import htmx

REQUESTS = meters.counter(
    "plugdeck_requests_total", "Requests that were answered.", "route", "method", "status"
)
SECONDS = meters.histogram(
    "plugdeck_request_seconds", "Seconds from the first line of a request to its answer.", "route"
)
# Asked every few seconds by machines; a line of each would hide everything else.
QUIET = frozenset({"operations.healthz", "operations.readyz", "operations.metrics", "plugins.newer"})
NO_ROUTE = "(none)"
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})

log = structlog.get_logger(__name__)


def init_requests(app: Flask) -> None:
    """Measure every request from here on; the first to be told of a request, and the last of its answer."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    SPENT.restart()
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    seconds = time.perf_counter() - g.began if "began" in g else 0.0
    # The rule, never the path: it holds what people typed, and there is no end of paths.
    route = request.url_rule.rule if request.url_rule else NO_ROUTE
    method = request.method if request.method in METHODS else "(other)"
    REQUESTS.inc(route, method, f"{response.status_code // 100}xx")
    SECONDS.observe(seconds, route)
    viewer = find_loaded_viewer()
    if viewer is not None and viewer.is_staff:
        response.headers["Server-Timing"] = _timing(seconds)
    level = logging.DEBUG if request.endpoint in QUIET else logging.INFO
    if response.status_code >= 500:
        level = logging.ERROR
    log.log(
        level,
        "request",
        route=route,
        method=method,
        status=response.status_code,
        ms=round(seconds * 1_000, 1),
        sql=SPENT.statements,
        sql_ms=round(SPENT.statement_seconds * 1_000, 1),
        cache_hits=SPENT.hits,
        cache_misses=SPENT.misses,
        bytes=response.content_length,
        fragment=htmx.wants_fragment(),
    )
    return response


def _timing(seconds: float) -> str:
    """Return what the browser's network panel shows (W3C Server Timing)."""
    database = SPENT.statement_seconds
    statements = f"{SPENT.statements} statement{'' if SPENT.statements == 1 else 's'}"
    return ", ".join(
        (
            f"total;dur={seconds * 1_000:.1f}",
            f'db;dur={database * 1_000:.1f};desc="{statements}"',
            f"app;dur={max(seconds - database, 0) * 1_000:.1f}",
            f'cache;desc="{SPENT.hits} hits, {SPENT.misses} misses"',
        )
    )
