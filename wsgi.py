"""The WSGI entry point of a checkout: `granian --interface wsgi wsgi:app`."""

from __future__ import annotations

from webapp import create_app

app = create_app(serving=True)
