from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask


@pytest.fixture(autouse=True, scope="package")
def _context() -> Iterator[None]:
    """Give forms the context that Flask-WTF asks for; there is no application and no database."""
    app = Flask("forms")
    app.config["SECRET_KEY"] = "forms"
    with app.app_context():
        yield
