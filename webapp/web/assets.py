"""Static files under a URL that changes with their content, compressed once and cached for good."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from wsgiref.types import WSGIApplication

from whitenoise import WhiteNoise
from whitenoise.compress import Compressor

YEAR_SECONDS = 365 * 24 * 3600

# The house style of imports in static/js; whoever writes one that this misses fails tests/browser/test_weight.py.
_IMPORT = re.compile(r"""^(?:import|export)\b[^;"']*?["'](\.{1,2}/[^"']+)["']""", re.MULTILINE)


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


def serve_static(app: WSGIApplication, root: Path, build: str) -> WhiteNoise:
    """Wrap the application so that `/static/<build>/…` is answered before it, with far-future caching."""
    return WhiteNoise(
        app,
        root=str(root),
        prefix=f"static/{build}/",
        max_age=YEAR_SECONDS,
        immutable_file_test=lambda _path, _url: True,
        autorefresh=False,
        add_headers_function=_static_headers,
        allow_all_origins=False,
    )


def static_url(build: str) -> Callable[[str], str]:
    """Return the template function that gives the URL of a static file."""

    def url(path: str) -> str:
        return f"/static/{build}/{path}"

    return url


def imported_modules(static_dir: Path, entry: str) -> tuple[str, ...]:
    """Return what an ES module imports, directly or through others, without the module itself.

    A page names them all in its head, so that the browser asks for them at once and not one import after the other.

    Args:
        static_dir: the folder of static files.
        entry: a module, relative to that folder.
    """
    found: dict[str, None] = {}
    waiting = [entry]
    while waiting:
        module = waiting.pop(0)
        folder = (static_dir / module).parent
        for target in _IMPORT.findall((static_dir / module).read_text()):
            path = (folder / target).resolve().relative_to(static_dir.resolve()).as_posix()
            if path not in found and path != entry:
                found[path] = None
                waiting.append(path)
    return tuple(found)


def module_urls(static_dir: Path, build: str) -> Callable[..., tuple[str, ...]]:
    """Return the template function that gives the URLs of everything that a module imports.

    `beside` is a module that the page has anyhow: what it imports is not named again.
    """
    url = static_url(build)
    known: dict[tuple[str, str], tuple[str, ...]] = {}

    def urls(entry: str, beside: str = "") -> tuple[str, ...]:
        if (entry, beside) not in known:
            there = {beside, *imported_modules(static_dir, beside)} if beside else set()
            found = imported_modules(static_dir, entry)
            known[entry, beside] = tuple(url(module) for module in found if module not in there)
        return known[entry, beside]

    return urls


def _static_headers(headers: dict[str, str], _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    # An SVG opened on its own is a document: it gets no rights at all.
    headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; sandbox"
