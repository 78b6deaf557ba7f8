"""Which settings are unsafe for an installation that others use."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.factories import settings_for
from webapp.config import Settings
from webapp.doctor.settings import check_settings
from webapp.doctor.values import Finding


@pytest.fixture
def safe(tmp_path: Path) -> Settings:
    """Return settings that nothing is wrong with."""
    return settings_for(
        tmp_path / "instance",
        f"sqlite:///{tmp_path / 'plugdeck.db'}",
        secret_key="kX3v8Wq0ZpL5nR7tB2yM9cF4hJ6sD1gA",
        encryption_keys=(Fernet.generate_key().decode(),),
        production=True,
        public_url="https://plugdeck.example.com",
        trusted_hosts=("plugdeck.example.com",),
        trusted_proxies=1,
    )


def _unsafe(settings: Settings, **environment: str) -> list[Finding]:
    return [found for found in check_settings(settings, environment) if found.severity != "ok"]


def test_nothing_is_said_against_safe_settings(safe: Settings) -> None:
    assert _unsafe(safe) == []


@pytest.mark.parametrize(
    ("change", "check", "word"),
    [
        ({"production": False}, "environment", "PLUGDECK_ENV"),
        ({"secret_key": "short"}, "secret key", "5 characters"),
        ({"secret_key": "ab" * 30}, "secret key", "2 different"),
        ({"encryption_keys": ("A" * 43 + "=",)}, "encryption keys", "not random"),
        ({"public_url": ""}, "public address", "not set"),
        ({"public_url": "http://plugdeck.example.com"}, "public address", "http://"),
        ({"trusted_hosts": ()}, "trusted hosts", "Any host"),
        ({"trusted_proxies": 0}, "proxies", "no proxy"),
        ({"trusted_proxies": 9}, "proxies", "9 proxies"),
        ({"demo": True}, "demo", "PLUGDECK_DEMO"),
    ],
)
def test_an_unsafe_setting_is_named_with_what_to_do(
    safe: Settings, change: dict[str, object], check: str, word: str
) -> None:
    (found,) = _unsafe(replace(safe, **change))  # type: ignore[arg-type]
    assert (found.check, found.severity) == (check, "unsafe")
    assert word in found.text
    assert found.advice


def test_one_key_for_two_purposes_is_unsafe(safe: Settings) -> None:
    (found,) = _unsafe(replace(safe, secret_key=safe.encryption_keys[0]))
    assert found.check == "secret key"


def test_a_key_that_is_there_twice_is_unsafe(safe: Settings) -> None:
    (found,) = _unsafe(replace(safe, encryption_keys=safe.encryption_keys * 2))
    assert found.text == "A key is there twice."


def test_debugging_is_unsafe(safe: Settings) -> None:
    assert _unsafe(safe, FLASK_DEBUG="1")[0].check == "environment"
    assert _unsafe(safe, FLASK_DEBUG="0") == []


def test_files_that_others_can_read_are_named(safe: Settings) -> None:
    key = safe.instance_dir / "encryption-keys"
    key.write_text("x")
    key.chmod(0o644)
    safe.instance_dir.chmod(0o755)
    (found,) = _unsafe(safe)
    assert f"chmod 600 {key}" in found.advice
    safe.instance_dir.chmod(0o700)
    assert _unsafe(safe) == []


def test_no_finding_holds_a_key(safe: Settings) -> None:
    weak = replace(safe, secret_key="aaaabbbb", encryption_keys=("A" * 43 + "=",) * 2)
    texts = " ".join(found.text + found.advice for found in check_settings(weak, {}))
    assert "aaaabbbb" not in texts
    assert "AAAA" not in texts
