"""Checks of what is kept: secrets, jobs, counts, and the files of the program."""

from __future__ import annotations

import datetime as dt
import platform
import re
import secrets
import sqlite3
from collections.abc import Iterator
from importlib.metadata import version

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.accounts.models import Account
from webapp.connections.crypto import Vault
from webapp.connections.models import Secret
from webapp.core.clock import utcnow
from webapp.doctor.values import Finding, broken, ok, unsafe
from webapp.extensions import cache
from webapp.jobs.models import Job
from webapp.paths import resource_dir
from webapp.plugins.recount import find_miscounts

WAITING_MAX = dt.timedelta(minutes=10)
NAMED = 10
LIBRARIES = ("flask", "sqlalchemy", "granian", "cryptography")
_CSS_FILE = re.compile(r"""url\(["']?([^"')#?]+)""")
_ADDRESS = re.compile(r"[a-z]+:")


def check_secrets(session: Session, vault: Vault) -> Iterator[Finding]:
    """Yield the names of the secrets that the keys do not decrypt, never a value."""
    statement = (
        select(Secret.name, Account.account_number, Secret.encrypted_value)
        .join(Account, Account.id == Secret.account_id)
        .order_by(Account.account_number, Secret.name)
        .execution_options(yield_per=500)
    )
    count, lost = 0, []
    for name, number, token in session.execute(statement):
        count += 1
        if not vault.can_decrypt(bytes(token)):
            lost.append(f"{name} of account {number}")
    if lost:
        more = f" and {len(lost) - NAMED} more" if len(lost) > NAMED else ""
        yield broken(
            "secrets",
            f"{len(lost)} of {count} cannot be decrypted: {', '.join(lost[:NAMED])}{more}.",
            "Add the key that they were encrypted with to PLUGDECK_ENCRYPTION_KEYS, after the first one, or set "
            "them anew.",
        )
    else:
        yield ok("secrets", f"the keys decrypt all {count}")


def check_jobs(session: Session) -> Iterator[Finding]:
    """Yield whether somebody does the work that waits."""
    now = utcnow()
    waiting = session.scalar(
        select(func.count()).select_from(Job).where(Job.state == "queued", Job.created_at < now - WAITING_MAX)
    )
    dead = session.scalar(
        select(func.count())
        .select_from(Job)
        .where(Job.state == "running", Job.lease_until < now - WAITING_MAX)
    )
    if waiting or dead:
        yield unsafe(
            "jobs",
            f"{waiting} wait and {dead} were left for more than {WAITING_MAX.seconds // 60} minutes.",
            "Start plugdeck serve: one of its threads runs them.",
        )
    else:
        yield ok("jobs", "none waits for long")


def check_counts(session: Session) -> Iterator[Finding]:
    """Yield what is kept beside the records and differs from a recount."""
    found = list(find_miscounts(session))
    for what in found:
        yield broken("counts", what, "Run: plugdeck doctor --rebuild")
    if not found:
        yield ok("counts", "as a recount gives them")


def check_cache(cache_url: str) -> Finding:
    """Return whether the cache keeps what it is given; a dead one makes pages slower, never wrong."""
    if not cache_url:
        return ok("cache", "in each process")
    key, value = f"plugdeck:doctor:{secrets.token_hex(8)}", secrets.token_hex(8)
    try:
        cache.set(key, value, timeout=10)
        found = cache.get(key)
    except Exception as error:  # Whatever a backend raises.
        return unsafe(
            "cache",
            f"It does not answer as it should ({type(error).__name__}).",
            "Check PLUGDECK_CACHE_URL and the server. Until then pages are slower, never wrong.",
        )
    if found != value:
        return unsafe("cache", "It forgets at once.", "Give it memory; pages are slower until then.")
    return ok("cache", "answers")


def check_files() -> Iterator[Finding]:
    """Yield whether the files of the program are all there."""
    missing = [name for name in ("templates", "static", "migrations") if not resource_dir(name).is_dir()]
    static = resource_dir("static")
    sheet = static / "css" / "plugdeck.css"
    if sheet.is_file():
        named = set(_CSS_FILE.findall(sheet.read_text("utf-8")))
        missing += sorted(
            name for name in named if not _ADDRESS.match(name) and not (sheet.parent / name).is_file()
        )
    else:
        missing.append(str(sheet))
    missing += [
        name for name in ("icons.svg", "js/app.js") if static.is_dir() and not (static / name).is_file()
    ]
    if missing:
        yield broken("files of the program", f"Missing: {', '.join(missing)}.", "Install Plugdeck again.")
    else:
        yield ok("files of the program", "complete")


def check_versions() -> Finding:
    """Return what runs here."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    own = f"Plugdeck {version('plugdeck')}, Python {platform.python_version()}"
    return ok("versions", f"{own}, SQLite {sqlite3.sqlite_version}, {libraries}")
