"""Checks of the settings and of the files that hold keys."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from webapp.config import MAKE_ENCRYPTION_KEY, Settings
from webapp.doctor.values import Finding, ok, unsafe

KEY_LENGTH_MIN = 32
KEY_LETTERS_MIN = 10
PRIVATE_FILES = ("secret-key", "encryption-keys", "demo-sign-ins.txt")


def check_settings(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Judge the settings of an installation that others are to use.

    Args:
        settings: as they were read.
        environment: where they were read from.
    """
    yield _environment(settings, environment)
    yield from _keys(settings, environment)
    yield from _reached_from(settings)
    if settings.demo:
        yield unsafe(
            "demo", "PLUGDECK_DEMO is on.", "Leave it out: the sign-in page tells of the demo sign-ins."
        )
    if settings.trusted_hosts:
        yield ok("trusted hosts", f"Answers to {', '.join(settings.trusted_hosts)} only.")
    else:
        yield unsafe(
            "trusted hosts",
            "Any host name is answered.",
            "Set PLUGDECK_TRUSTED_HOSTS to the names that people use.",
        )
    yield from _files(settings)


def _environment(settings: Settings, environment: Mapping[str, str]) -> Finding:
    if environment.get("FLASK_DEBUG", "").lower() not in ("", "0", "false", "no"):
        return unsafe("environment", "FLASK_DEBUG is on.", "Leave it out: errors would show the program.")
    if not settings.production:
        return unsafe(
            "environment",
            "PLUGDECK_ENV is not production.",
            "Set PLUGDECK_ENV=production: then nothing starts without its own keys.",
        )
    return ok("environment", "production")


def _keys(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    secret = settings.secret_key
    if len(secret) < KEY_LENGTH_MIN or len(set(secret)) < KEY_LETTERS_MIN:
        yield unsafe(
            "secret key",
            f"PLUGDECK_SECRET_KEY has {len(secret)} characters, {len(set(secret))} different ones.",
            "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
        )
    elif secret in settings.encryption_keys:
        yield unsafe(
            "secret key", "PLUGDECK_SECRET_KEY is an encryption key, too.", "Give each of them its own."
        )
    else:
        yield ok("secret key", _origin("SECRET_KEY", environment))
    if len(set(settings.encryption_keys)) < len(settings.encryption_keys):
        yield unsafe("encryption keys", "A key is there twice.", "Name each key once.")
    elif any(len(set(key)) < KEY_LETTERS_MIN for key in settings.encryption_keys):
        yield unsafe(
            "encryption keys",
            "A key is not random.",
            f"Make one with: {MAKE_ENCRYPTION_KEY}, put it first and run: plugdeck secrets rotate",
        )
    else:
        yield ok(
            "encryption keys", f"{len(settings.encryption_keys)}, {_origin('ENCRYPTION_KEYS', environment)}"
        )


def _origin(name: str, environment: Mapping[str, str]) -> str:
    return "from the environment" if environment.get(f"PLUGDECK_{name}") else "kept in the instance folder"


def _reached_from(settings: Settings) -> Iterator[Finding]:
    if not settings.secure_cookies:
        yield unsafe(
            "public address",
            f"PLUGDECK_PUBLIC_URL is {settings.public_url or 'not set'}.",
            "Set it to the https:// address that people use: cookies are then kept off plain HTTP.",
        )
    else:
        yield ok("public address", settings.public_url)
    if settings.secure_cookies and settings.trusted_proxies == 0:
        yield unsafe(
            "proxies",
            "The address is https and no proxy is trusted.",
            "Set PLUGDECK_TRUSTED_PROXIES to how many stand in front: without it every visitor has the proxy's "
            "address, and attempts to sign in are counted together.",
        )
    elif settings.trusted_proxies > 3:
        yield unsafe(
            "proxies",
            f"{settings.trusted_proxies} proxies are trusted.",
            "Set PLUGDECK_TRUSTED_PROXIES to how many there really are: a visitor can invent the others.",
        )
    else:
        yield ok("proxies", f"{settings.trusted_proxies} trusted")


def _files(settings: Settings) -> Iterator[Finding]:
    paths = [settings.instance_dir / name for name in PRIVATE_FILES]
    if settings.sqlite_path:
        paths.append(settings.sqlite_path)
    open_ones = [path for path in paths if path.is_file() and _others_may(path)]
    for path in open_ones:
        mode = stat.S_IMODE(path.stat().st_mode)
        yield unsafe("files", f"{path} can be read by others (mode {mode:o}).", f"Run: chmod 600 {path}")
    if settings.production and (paths[2]).is_file():
        yield unsafe("files", f"{paths[2]} holds passwords.", "Disable the demo people and remove the file.")
    if not open_ones:
        yield ok("files", f"What is private in {settings.instance_dir} is closed to others.")


def _others_may(path: Path) -> bool:
    # A folder that is closed to others closes what is in it.
    return bool(path.stat().st_mode & 0o077) and bool(path.parent.stat().st_mode & 0o077)
