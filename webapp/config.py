"""Settings from the environment (12-factor), read once into a frozen dataclass."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from webapp.core.errors import PlugdeckError
from webapp.paths import default_instance_dir

DEFAULT_PORT = 8000
MIB = 1024 * 1024
LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("", "json", "text")
CACHE_SCHEMES = ("valkey", "valkeys", "redis", "rediss", "unix")


MAKE_ENCRYPTION_KEY = (
    "python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"
)
"""The command for a Fernet key: it needs a Python and nothing else."""


class ConfigurationError(PlugdeckError):
    """A setting is missing or unusable; the message names it and says what to do."""


@dataclass(frozen=True)
class Settings:
    """Everything that differs between installations."""

    database_url: str
    cache_url: str
    secret_key: str
    encryption_keys: tuple[str, ...]
    instance_dir: Path
    # A streaming replica of a PostgreSQL database, for pages that only read.
    replica_url: str = ""
    public_url: str = ""
    trusted_hosts: tuple[str, ...] = ()
    trusted_proxies: int = 0
    demo: bool = False
    production: bool = False
    metrics_token: str = ""
    log_level: str = "info"
    log_format: str = ""
    max_request_bytes: int = MIB
    max_import_bytes: int = 64 * MIB
    import_job_bytes: int = 8 * MIB
    import_job_documents: int = 1_000
    # The process answers requests, so nothing may take for ever, and others ask what it has counted.
    serving: bool = False
    testing: bool = False

    @property
    def secure_cookies(self) -> bool:
        """Tell whether people reach this installation over HTTPS."""
        return self.public_url.startswith("https://")

    @property
    def is_sqlite(self) -> bool:
        """Tell whether the database is a SQLite file."""
        return self.database_url.startswith("sqlite")

    @property
    def sqlite_path(self) -> Path | None:
        """Return where the SQLite file is; None for another database."""
        path = self.database_url.partition("///")[2].partition("?")[0]
        return Path(path) if self.is_sqlite and path else None


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of this process.

    Raises:
        ConfigurationError: a required setting is missing in production, or a value cannot be used.
    """
    env = os.environ if environ is None else environ
    production = _is_production(env)
    instance_dir = Path(_read(env, "INSTANCE_DIR", "") or default_instance_dir())
    secret_key, encryption_keys = _load_keys(env, instance_dir, production)
    database_url = _database_url(env, instance_dir)
    return Settings(
        database_url=database_url,
        cache_url=_cache_url(env),
        secret_key=secret_key,
        encryption_keys=encryption_keys,
        instance_dir=instance_dir,
        replica_url=_replica_url(env, database_url),
        public_url=_public_url(env),
        trusted_hosts=_trusted_hosts(env),
        trusted_proxies=_read_count(env, "TRUSTED_PROXIES", 0),
        demo=_read(env, "DEMO", "").lower() in {"1", "true", "yes", "on"},
        production=production,
        metrics_token=_read(env, "METRICS_TOKEN", ""),
        log_level=_read_choice(env, "LOG_LEVEL", "info", LOG_LEVELS),
        log_format=_read_choice(env, "LOG_FORMAT", "", LOG_FORMATS),
        max_request_bytes=_read_count(env, "MAX_REQUEST_BYTES", MIB),
        max_import_bytes=_read_count(env, "MAX_IMPORT_BYTES", 64 * MIB),
        import_job_bytes=_read_count(env, "IMPORT_JOB_BYTES", 8 * MIB),
        import_job_documents=_read_count(env, "IMPORT_JOB_DOCUMENTS", 1_000),
    )


def _read(env: Mapping[str, str], name: str, default: str) -> str:
    return env.get(f"PLUGDECK_{name}", default).strip()


def _read_choice(env: Mapping[str, str], name: str, default: str, choices: tuple[str, ...]) -> str:
    value = _read(env, name, default).lower()
    if value not in choices:
        known = ", ".join(choice for choice in choices if choice)
        raise ConfigurationError(f"PLUGDECK_{name} is {value!r}. Use one of {known}.")
    return value


def _read_count(env: Mapping[str, str], name: str, default: int) -> int:
    text = _read(env, name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit()):
        raise ConfigurationError(f"PLUGDECK_{name} is {text!r}. Set it to a whole number.")
    return int(text)


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _is_production(env: Mapping[str, str]) -> bool:
    value = _read(env, "ENV", "").lower()
    # Anything else would start with keys of its own, as if nobody depended on it.
    if value not in ("", "production"):
        raise ConfigurationError(f"PLUGDECK_ENV is {value!r}. Set it to production, or leave it out.")
    return bool(value)


def _public_url(env: Mapping[str, str]) -> str:
    url = _read(env, "PUBLIC_URL", "").rstrip("/")
    scheme, _, host = url.partition("://")
    if url and (scheme not in ("http", "https") or not host or set(host) & set("/?#@ ")):
        raise ConfigurationError(
            f"PLUGDECK_PUBLIC_URL is {url!r}. Set it to a scheme and a host, such as https://plugdeck.example.com."
        )
    return url


def _trusted_hosts(env: Mapping[str, str]) -> tuple[str, ...]:
    hosts = _split(_read(env, "TRUSTED_HOSTS", ""))
    for host in hosts:
        if set(host) & set("/*@ "):
            raise ConfigurationError(
                f"PLUGDECK_TRUSTED_HOSTS holds {host!r}. Name hosts only, such as plugdeck.example.com."
            )
    return hosts


def _database_url(env: Mapping[str, str], instance_dir: Path) -> str:
    url = _read(env, "DATABASE_URL", "")
    return _sql_url("DATABASE_URL", url) if url else f"sqlite:///{instance_dir / 'plugdeck.db'}"


def _replica_url(env: Mapping[str, str], database_url: str) -> str:
    url = _read(env, "REPLICA_URL", "")
    if not url:
        return ""
    found = _sql_url("REPLICA_URL", url)
    if not (found.startswith("postgresql") and database_url.startswith("postgresql")):
        raise ConfigurationError(
            "PLUGDECK_REPLICA_URL needs PostgreSQL on both sides. Leave it out, or set PLUGDECK_DATABASE_URL too."
        )
    return found


def _sql_url(name: str, url: str) -> str:
    _check_port(name, url)
    # psycopg 3 is the driver we ship; the plain scheme is what hosting platforms hand out.
    for plain in ("postgres://", "postgresql://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    if not url.startswith(("sqlite:", "postgresql+psycopg:")):
        scheme = url.partition(":")[0]
        raise ConfigurationError(
            f"PLUGDECK_{name} starts with {scheme!r}. Use sqlite:///file or postgresql://…"
        )
    return url


def _cache_url(env: Mapping[str, str]) -> str:
    url = _read(env, "CACHE_URL", "")
    scheme = url.partition(":")[0]
    if url and scheme not in CACHE_SCHEMES:
        raise ConfigurationError(f"PLUGDECK_CACHE_URL starts with {scheme!r}. Use valkey://host:port/0.")
    _check_port("CACHE_URL", url)
    return url


def _check_port(name: str, url: str) -> None:
    # A password may hold anything but an @.
    address = url.partition("://")[2].rpartition("@")[2].partition("/")[0].partition("?")[0]
    port = address.rpartition("]")[2].partition(":")[2]
    if port and not (port.isascii() and port.isdigit()):
        raise ConfigurationError(f"PLUGDECK_{name} has a port that is no number.")


def _load_keys(env: Mapping[str, str], instance_dir: Path, production: bool) -> tuple[str, tuple[str, ...]]:
    secret_key = _read(env, "SECRET_KEY", "")
    given = _read(env, "ENCRYPTION_KEYS", "")
    encryption_keys = _split(given)
    if given and not encryption_keys:
        raise ConfigurationError(
            "PLUGDECK_ENCRYPTION_KEYS holds no key, only commas. Set it to a Fernet key."
        )
    if production:
        for name, value in (("SECRET_KEY", secret_key), ("ENCRYPTION_KEYS", encryption_keys)):
            if not value:
                raise ConfigurationError(f"PLUGDECK_{name} is not set. Production does not start without it.")
    secret_key = secret_key or _kept(instance_dir / "secret-key", lambda: secrets.token_urlsafe(48))
    encryption_keys = encryption_keys or _split(
        _kept(instance_dir / "encryption-keys", lambda: Fernet.generate_key().decode("ascii"))
    )
    for key in encryption_keys:
        try:
            Fernet(key)
        except ValueError as error:
            raise ConfigurationError(
                "PLUGDECK_ENCRYPTION_KEYS holds a key that is not 32 url-safe base64 bytes. "
                f"Make one with: {MAKE_ENCRYPTION_KEY}"
            ) from error
    return secret_key, encryption_keys


def _kept(path: Path, make: Callable[[], str]) -> str:
    """Return the key in `path`, made on first use with a mode that only its owner can read."""
    try:
        if path.is_file() and (text := path.read_text("ascii").strip()):
            return text
    except PermissionError as error:
        # Not to be met with another folder: that would be another installation, with keys and data of its own.
        raise ConfigurationError(
            f"{path} cannot be read (Permission denied). Run this as the user that runs Plugdeck."
        ) from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Two processes may start at once: the one that creates the file decides, the other reads it.
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text("ascii").strip()
        with os.fdopen(descriptor, "w") as file:
            file.write(key := make())
        return key
    except OSError as error:
        raise ConfigurationError(
            f"{path.parent} cannot be written ({error.strerror}). "
            "Choose another folder with PLUGDECK_INSTANCE_DIR."
        ) from error
