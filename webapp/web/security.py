"""Headers on every answer, request ids, and which hosts and proxies are believed."""

from __future__ import annotations

import re
import uuid

import structlog
from flask import Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp.config import Settings
from webapp.web import htmx

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)
HSTS = "max-age=31536000; includeSubDomains"
# What asks whether the process is well asks it by these names.
OF_THIS_MACHINE = ("localhost", "127.0.0.1")
PRELOADED = "private, max-age=5"
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


def init_security(app: Flask, settings: Settings) -> None:
    """Give every request an id and every answer the security headers."""
    app.config.update(
        SESSION_COOKIE_NAME="__Host-plugdeck" if settings.secure_cookies else "plugdeck",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        TRUSTED_HOSTS=[*settings.trusted_hosts, *OF_THIS_MACHINE] if settings.trusted_hosts else None,
    )
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's documented way to wrap
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )

    @app.before_request
    def name_request() -> None:
        given = request.headers.get("X-Request-ID", "") if settings.trusted_proxies else ""
        g.request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex[:16]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        headers["X-Request-ID"] = request_id()
        if settings.secure_cookies:
            headers["Strict-Transport-Security"] = HSTS
        # Whatever the request said its host was, it is not repeated to anybody.
        if (location := headers.get("Location")) and location.startswith(request.host_url):
            headers["Location"] = f"/{location.removeprefix(request.host_url)}"
        if "Cache-Control" not in headers:
            headers["Cache-Control"] = PRELOADED if _may_wait(response) else "no-store"
        return response


def _may_wait(response: Response) -> bool:
    """Tell whether the browser may keep the answer until the person opens it a moment later."""
    return request.method == "GET" and response.status_code == 200 and htmx.is_preloaded()


def request_id() -> str:
    """Return the id of this request, which its error page and its log lines name."""
    return str(g.get("request_id", "-"))
