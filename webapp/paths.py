"""Where the templates, static files and migrations are: beside `webapp` in a wheel, else in the checkout."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = PACKAGE.parent


def resource_dir(name: str) -> Path:
    """Return the folder called `name` that belongs to this very copy of the package.

    A wheel carries the folder inside the package; an editable install must not find that stale copy in
    site-packages, so the search starts from this file and never from a search path.
    """
    packaged = PACKAGE / name
    return packaged if packaged.is_dir() else CHECKOUT / name


def default_instance_dir() -> Path:
    """Return where local state (database, generated keys) is kept unless a setting says otherwise."""
    checkout = CHECKOUT / "pyproject.toml"
    return CHECKOUT / "instance" if checkout.is_file() else Path.cwd() / "instance"
