"""Browsers and systems in words."""

from __future__ import annotations

import pytest

from webapp.accounts.devices import describe_device, is_handheld

MOZ = "Mozilla/5.0 "
LIKE = "AppleWebKit/537.36 (KHTML, like Gecko) "


@pytest.mark.parametrize(
    ("user_agent", "words", "handheld"),
    [
        (f"{MOZ}(X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux", False),
        (f"{MOZ}(Windows NT 10.0; Win64; x64) {LIKE}Chrome/140.0 Safari/537.36", "Chrome on Windows", False),
        (
            f"{MOZ}(Windows NT 10.0; Win64; x64) {LIKE}Chrome/140 Safari/537.36 Edg/140.0",
            "Edge on Windows",
            False,
        ),
        (f"{MOZ}(X11; Linux x86_64) {LIKE}HeadlessChrome/140.0 Safari/537.36", "Chrome on Linux", False),
        (f"{MOZ}(X11; CrOS x86_64 15000) {LIKE}Chrome/140 Safari/537.36", "Chrome on ChromeOS", False),
        (
            f"{MOZ}(Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML) Version/18.0 Safari/605.1",
            "Safari on macOS",
            False,
        ),
        (
            f"{MOZ}(iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604",
            "Safari on iPhone",
            True,
        ),
        (
            f"{MOZ}(iPhone; CPU iPhone OS 18_0 like Mac OS X) CriOS/140.0 Safari/604.1",
            "Chrome on iPhone",
            True,
        ),
        (f"{MOZ}(Linux; Android 15; Pixel) {LIKE}Chrome/140 Mobile Safari/537.36", "Chrome on Android", True),
        (
            f"{MOZ}(Linux; Android 14; SM-S9) {LIKE}SamsungBrowser/28.0 Chrome/130 Mobile Safari/537.36",
            "Samsung Internet on Android",
            True,
        ),
        (f"{MOZ}(Windows NT 10.0) {LIKE}Chrome/140 Safari/537.36 OPR/120.0", "Opera on Windows", False),
        ("curl/8.5.0", "curl", False),
        (f"{MOZ}(Windows NT 10.0)", "A browser on Windows", False),
        ("", "Unknown browser", False),
        ("<script>alert(1)</script>", "Unknown browser", False),
    ],
)
def test_a_browser_is_described(user_agent: str, words: str, handheld: bool) -> None:
    assert describe_device(user_agent) == words
    assert is_handheld(user_agent) is handheld
