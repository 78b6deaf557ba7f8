"""`python -m benchmarks.django_admin.site`: the admin on the server that serves Plugdeck, set by the environment."""

from __future__ import annotations

import os
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connections

NAME, PASSWORD = "bench", "a password of nobody 1"
PORT, DATABASE, ACCOUNTS = "BENCH_PORT", "BENCH_DATABASE", "BENCH_ACCOUNTS"


def configure() -> None:
    """Set Django up, as a careful operator would: WAL, immediate transactions, cached templates, compression."""
    middleware = "django.middleware.{}Middleware"
    settings.configure(
        SECRET_KEY="bench",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="benchmarks.django_admin.urls",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        STATIC_URL="static/",
        BENCH_ACCOUNTS=[int(one) for one in os.environ[ACCOUNTS].split(",")],
        INSTALLED_APPS=[
            *(f"django.contrib.{one}" for one in ("admin", "auth", "contenttypes", "sessions", "messages")),
            "django.contrib.staticfiles",
            "benchmarks.django_admin",
        ],
        MIDDLEWARE=[
            middleware.format("security.Security"),
            middleware.format("gzip.GZip"),
            "django.contrib.sessions.middleware.SessionMiddleware",
            middleware.format("common.Common"),
            middleware.format("csrf.CsrfView"),
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            middleware.format("clickjacking.XFrameOptions"),
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": os.environ[DATABASE],
                "CONN_MAX_AGE": None,
                "OPTIONS": {
                    "transaction_mode": "IMMEDIATE",
                    "timeout": 30,
                    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
                },
            }
        },
    )
    django.setup()


def create_app() -> Any:
    """Return the WSGI application of a worker, which may have been forked from a process that is set up."""
    if not settings.configured:
        configure()
    return get_wsgi_application()


def main() -> None:
    """Make Django's own tables and its one person, and serve as `plugdeck serve` does."""
    configure()
    call_command("migrate", verbosity=0)
    from django.contrib.auth.models import User  # Only after the set-up.

    if not User.objects.filter(username=NAME).exists():
        User.objects.create_superuser(NAME, password=PASSWORD)
    connections.close_all()  # A worker that is forked opens its own.
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    Server(
        "benchmarks.django_admin.site:create_app",
        factory=True,
        port=int(os.environ[PORT]),
        interface=Interfaces.WSGI,
        workers=2,
        blocking_threads=1,
        log_level=LogLevels.warning,
        workers_kill_timeout=10,
    ).serve()


if __name__ == "__main__":
    main()
