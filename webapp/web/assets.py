"""Static files under a URL that changes with their content, compressed once and cached for good."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from wsgiref.types import WSGIApplication

from whitenoise import WhiteNoise
from whitenoise.compress import Compressor

YEAR_SECONDS = 365 * 24 * 3600


def build_id(static_dir: Path) -> str:
    """Return a short digest of all static files; relative links inside them carry it along."""
    digest = hashlib.sha256()
    for path in sorted(static_dir.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(static_dir).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def compressed_copy(static_dir: Path, build: str, cache_dir: Path) -> Path:
    """Return a copy of the static files with Brotli and gzip siblings, made on first use.

    Several workers may start at once: each builds aside and renames, the first one wins. A folder that cannot be
    written leaves the files as they are.
    """
    target = cache_dir / f"static-{build}"
    if target.is_dir():
        return target
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".static-", dir=cache_dir))
    except OSError:
        return static_dir
    try:
        shutil.copytree(static_dir, aside, dirs_exist_ok=True)
        compressor = Compressor(quiet=True)
        for path in sorted(aside.rglob("*")):
            if path.is_file() and compressor.should_compress(path.name):
                list(compressor.compress(str(path)))
        aside.chmod(0o755)
        aside.rename(target)
    except OSError:
        shutil.rmtree(aside, ignore_errors=True)
        return target if target.is_dir() else static_dir
    return target


def serve_static(app: WSGIApplication, root: Path, build: str, development: bool) -> WhiteNoise:
    """Wrap the application so that `/static/<build>/…` is answered before it, with far-future caching."""
    return WhiteNoise(
        app,
        root=str(root),
        prefix=f"static/{build}/",
        max_age=YEAR_SECONDS,
        immutable_file_test=lambda _path, _url: True,
        autorefresh=development,
        add_headers_function=_static_headers,
        allow_all_origins=False,
    )


def static_url(build: str) -> Callable[[str], str]:
    """Return the template function that gives the URL of a static file."""

    def url(path: str) -> str:
        return f"/static/{build}/{path}"

    return url


def _static_headers(headers: dict[str, str], _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    # An SVG opened on its own is a document: it gets no rights at all.
    headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; sandbox"
