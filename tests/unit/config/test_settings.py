"""Settings from the environment: defaults, refusals that name the setting, and the keys that are made and kept."""

from __future__ import annotations

import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy.engine import make_url

from webapp.config import MAKE_ENCRYPTION_KEY, ConfigurationError, Settings, load_settings

KEY = Fernet.generate_key().decode()


def _load(folder: Path, **env: str) -> Settings:
    return load_settings(
        {"PLUGDECK_INSTANCE_DIR": str(folder), **{f"PLUGDECK_{k}": v for k, v in env.items()}}
    )


def test_without_any_setting_everything_lies_in_the_instance_folder(tmp_path: Path) -> None:
    settings = _load(tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path / 'plugdeck.db'}"
    assert settings.is_sqlite
    assert not settings.production
    assert not settings.secure_cookies
    assert settings.cache_url == ""
    assert not settings.testing


def test_keys_are_made_once_kept_and_readable_by_their_owner_alone(tmp_path: Path) -> None:
    first, second = _load(tmp_path), _load(tmp_path)
    assert first.secret_key == second.secret_key
    assert first.encryption_keys == second.encryption_keys
    assert first.secret_key not in first.encryption_keys
    for name in ("secret-key", "encryption-keys"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert _load(tmp_path / "other").secret_key != first.secret_key


@pytest.mark.parametrize("given", [{}, {"SECRET_KEY": "x"}, {"ENCRYPTION_KEYS": KEY}])
def test_production_does_not_start_without_keys_and_makes_none(tmp_path: Path, given: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="is not set") as raised:
        _load(tmp_path, ENV="production", **given)
    assert "PLUGDECK_" in raised.value.message
    assert list(tmp_path.iterdir()) == []


def test_production_starts_with_both_keys(tmp_path: Path) -> None:
    settings = _load(tmp_path, ENV="Production", SECRET_KEY="s", ENCRYPTION_KEYS=f"{KEY}, {KEY}")
    assert settings.production
    assert settings.encryption_keys == (KEY, KEY)


@pytest.mark.parametrize("key", ["short", "a" * 44, KEY[:-1]], ids=["short", "no base64", "cut off"])
def test_a_key_that_cannot_encrypt_is_refused_and_not_shown(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigurationError, match="PLUGDECK_ENCRYPTION_KEYS") as raised:
        _load(tmp_path, ENCRYPTION_KEYS=key)
    assert key not in raised.value.message


@pytest.mark.parametrize(
    ("url", "used"),
    [
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql://h/d", "postgresql+psycopg://h/d"),
        ("postgresql+psycopg://h/d", "postgresql+psycopg://h/d"),
        ("sqlite:////tmp/x.db", "sqlite:////tmp/x.db"),
    ],
)
def test_the_address_of_the_database_may_have_any_usual_scheme(tmp_path: Path, url: str, used: str) -> None:
    assert _load(tmp_path, DATABASE_URL=url).database_url == used


def test_another_database_is_refused_without_showing_its_password(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="mysql") as raised:
        _load(tmp_path, DATABASE_URL="mysql://user:topsecret@host/db")
    assert "topsecret" not in raised.value.message


@pytest.mark.parametrize("name", ["DATABASE_URL", "REPLICA_URL", "CACHE_URL"])
def test_an_address_whose_port_is_no_number_is_refused_without_showing_it(tmp_path: Path, name: str) -> None:
    scheme = "valkey" if name == "CACHE_URL" else "postgresql"
    with pytest.raises(ConfigurationError, match=f"PLUGDECK_{name} .* port") as raised:
        _load(tmp_path, **{"DATABASE_URL": "postgresql://h/d", name: f"{scheme}://u:topsecret@host:port/0"})
    assert "topsecret" not in raised.value.message


@pytest.mark.parametrize(
    "rest", ["u:p/w:x@h:1/d", "[::1]:5432/d", "[::1]/d", "/d?host=/run/a:b", "h/d?x=y:z"]
)
def test_a_password_or_an_option_is_no_port(tmp_path: Path, rest: str) -> None:
    assert _load(tmp_path, DATABASE_URL=f"postgresql://{rest}").database_url.endswith(rest)


@pytest.mark.parametrize("url", ["memcached://h", "h:6379", "true"])
def test_a_cache_of_another_kind_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match="PLUGDECK_CACHE_URL"):
        _load(tmp_path, CACHE_URL=url)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:////srv/a b.db", "/srv/a b.db"),
        ("sqlite:///b.db?mode=ro", "b.db"),
        ("sqlite://", None),
        ("postgresql://h///d", None),
    ],
)
def test_the_file_of_a_sqlite_database_is_known(tmp_path: Path, url: str, path: str | None) -> None:
    settings = _load(tmp_path, DATABASE_URL=url)
    assert settings.sqlite_path == (None if path is None else Path(path))
    if settings.is_sqlite:
        assert (make_url(url).database or None) == path, "SQLAlchemy opens the same"


@pytest.mark.parametrize("name", ["TRUSTED_PROXIES", "MAX_REQUEST_BYTES", "MAX_IMPORT_BYTES"])
@pytest.mark.parametrize("value", ["many", "-1", "1.5", "١"])
def test_a_number_that_is_none_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=f"PLUGDECK_{name}"):
        _load(tmp_path, **{name: value})


@pytest.mark.parametrize(
    ("value", "on"), [("1", True), ("TRUE", True), ("yes", True), ("0", False), ("", False)]
)
def test_demo_is_a_switch(tmp_path: Path, value: str, on: bool) -> None:
    assert _load(tmp_path, DEMO=value).demo is on


def test_lists_and_the_public_address_are_tidied(tmp_path: Path) -> None:
    settings = _load(tmp_path, TRUSTED_HOSTS=" a.example , ,b.example", PUBLIC_URL="https://a.example/ ")
    assert settings.trusted_hosts == ("a.example", "b.example")
    assert settings.public_url == "https://a.example"
    assert settings.secure_cookies


@pytest.mark.parametrize("value", ["prod", "Producti0n", "1", "development"])
def test_an_environment_that_is_mistyped_does_not_start_as_if_nobody_depended_on_it(
    tmp_path: Path, value: str
) -> None:
    with pytest.raises(ConfigurationError, match=r"PLUGDECK_ENV .*production"):
        _load(tmp_path, ENV=value)
    assert list(tmp_path.iterdir()) == [], "no keys are made"


@pytest.mark.parametrize(
    "url",
    ["plugdeck.example.com", "ftp://a.example", "https://", "https://a.example/plugdeck", "//a.example"],
)
def test_a_public_address_that_makes_no_links_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigurationError, match="PLUGDECK_PUBLIC_URL"):
        _load(tmp_path, PUBLIC_URL=url)


@pytest.mark.parametrize("host", ["https://a.example", "a.example/x", "*.a.example", "a.example b.example"])
def test_a_trusted_host_that_no_request_has_is_refused(tmp_path: Path, host: str) -> None:
    with pytest.raises(ConfigurationError, match="PLUGDECK_TRUSTED_HOSTS"):
        _load(tmp_path, TRUSTED_HOSTS=f"b.example,{host}")


def test_hosts_and_addresses_may_have_a_port(tmp_path: Path) -> None:
    settings = _load(tmp_path, TRUSTED_HOSTS="localhost:8000,[::1]", PUBLIC_URL="http://[::1]:8000")
    assert settings.trusted_hosts == ("localhost:8000", "[::1]")
    assert settings.public_url == "http://[::1]:8000"


def test_a_list_of_keys_without_a_key_is_not_taken_for_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="PLUGDECK_ENCRYPTION_KEYS holds no key"):
        _load(tmp_path, ENCRYPTION_KEYS=" , ")


def test_the_command_that_makes_a_key_makes_one_with_any_python() -> None:
    words = shlex.split(MAKE_ENCRYPTION_KEY)
    assert words[:2] == ["python3", "-c"]
    made = subprocess.run([sys.executable, "-S", *words[1:]], capture_output=True, text=True, check=True)
    Fernet(made.stdout.strip())


def test_a_key_of_somebody_else_is_not_met_with_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _load(tmp_path)

    def refuse(*_args: object, **_more: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(ConfigurationError, match=r"secret-key cannot be read .*as the user") as raised:
        _load(tmp_path)
    assert "INSTANCE_DIR" not in raised.value.message


def test_a_folder_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="PLUGDECK_INSTANCE_DIR") as raised:
        _load(tmp_path / "file" / "instance")
    assert "\n" not in raised.value.message
